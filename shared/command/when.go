package command

import (
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// OtherYear is what is wrong with a date that was said without its year, and is half a year off and more only because this year's
// is over: Readings says both.
const OtherYear understanding.Ask = "other_year"

const (
	lately = 30  // days that an owner still speaks of as of now
	far    = 183 // days from which on next year's date is asked back
)

// when is what an owner says of dates, and words[from:to] that say so. A guest means what is to come; an owner what is going on,
// too: a stretch that contains today, or began lately, is that one and not next year's. Begun reports that it did before today.
func (r *reader) when(words []word) (m understanding.Meaning, from, to int, begun bool) {
	m, from, to = r.window(words)
	old, oldFrom, oldTo := r.as(r.Today.AddDays(-lately)).window(words)
	before, _, _ := r.as(r.Today.AddDays(-lately - 1)).window(words)
	switch {
	case !same(old, before): // it goes by what day it is: "hoy", "el viernes"
	case old.Ask != "" || old.CheckIn.IsZero() || !old.CheckIn.Before(r.Today):
	case m.Ask != "" && m.Ask != understanding.PastDate, m.Ask == "" && dayOf(m.CheckIn) != dayOf(old.CheckIn):
	case ends(old).After(r.Today) || r.said == Agenda && (m.Ask != "" || nextYears(old.CheckIn).Equal(m.CheckIn)):
		return old, oldFrom, oldTo, true
	case m.Ask == "" && nextYears(old.CheckIn).Equal(m.CheckIn):
		m.Ask = understanding.PastDate
	}
	return m, from, to, false
}

// otherYear reads dates as those of the year before, if nothing that was said speaks against it; they are far off.
func (r *reader) otherYear(words []word, m understanding.Meaning) (civil.Nights, bool) {
	if r.said != Block || m.Ask != "" || m.CheckIn.Sub(r.Today) <= far {
		return civil.Nights{}, false
	}
	y, month, day := m.CheckIn.YMD()
	if now, _, _ := r.Today.YMD(); now == y {
		return civil.Nights{}, false // this year's is still to come
	}
	its := civil.New(y-1, month, day)
	old, _, _ := r.as(its).window(words)
	return nightsOf(old.Dates), old.Ask == "" && old.CheckIn.Equal(its)
}

// as is the same text, had it been written on another day.
func (r *reader) as(today civil.Date) *reader {
	other := *r
	other.Today = today
	return &other
}

func ends(m understanding.Meaning) civil.Date {
	if n := nightsOf(m.Dates); n.Valid() {
		return n.To
	}
	return m.CheckIn.AddDays(1)
}

func dayOf(d civil.Date) int {
	_, _, day := d.YMD()
	return day
}

func nextYears(d civil.Date) civil.Date {
	y, month, day := d.YMD()
	return civil.New(y+1, month, day)
}
