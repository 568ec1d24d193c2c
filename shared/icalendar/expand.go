package icalendar

import (
	"math"
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// window is the days in which recurrences are wanted: from the first to the one before until, since 1970-01-01.
type window struct{ from, until int }

func (w window) isEmpty() bool { return w.from >= w.until }

// has reports whether one of the nights is in the window.
func (w window) has(n civil.Nights) bool {
	return dayOfCivil(n.From) < w.until && dayOfCivil(n.To) > w.from
}

// effort is what following all rules of a text may cost, in days looked at times conditions checked. A rule of the most
// common sort needs some hundreds; all of it together takes about a second.
const effort = 5_000_000

// ending is the last day and time at which an instance may begin, and how to tell.
type ending struct {
	day  int // none is later than this; roughly, for a time
	past func(s stamp) bool
}

// ending works out the UNTIL of a rule for instances of a clock (RFC 5545 §3.3.10). A date includes the whole of that day
// as the event's clock has it; a time counts as a date where the event has no time; a time without Z is of the event's clock.
func (r *rule) ending(start stamp, instant func(stamp) int64) ending {
	until := r.until
	e := ending{day: int(until.day) + 2}
	switch {
	case until.clock == none:
		return ending{day: math.MaxInt32, past: func(stamp) bool { return false }}
	case until.clock == allDay || !start.isTimed():
		e.past = func(s stamp) bool { return s.day > until.day }
	case until.clock == utc:
		e.past = func(s stamp) bool { return instant(s) > until.wall() }
	default:
		e.past = func(s stamp) bool { return s.wall() > until.wall() }
	}
	return e
}

// expand hands on the instances of a rule in a window, in order, until it is told to stop. The start itself is not among
// them: it is one whether or not it fits the rule, being a date that the author named. (RFC 5545 §3.8.5.3 leaves that case
// open.) An error means that the effort was spent before the end of the window.
func (r *rule) expand(start stamp, w window, end ending, budget *int, visit func(stamp) bool) error {
	x := expansion{rule: r.completed(start), start: start, budget: budget}
	x.times = x.rule.times(start)
	last := min(w.until-1, end.day)
	count := r.count
	period := 0
	if count == 0 {
		period = x.periodBefore(w.from)
	}
	for ; *budget > 0; period++ {
		first, after := x.days(period)
		if first > last {
			return nil
		}
		for _, s := range x.candidates(first, after) {
			if s.wall() < start.wall() {
				continue
			}
			if end.past(s) || int(s.day) > last {
				return nil
			}
			if int(s.day) >= w.from && s != start && !visit(s) {
				return nil
			}
			if count--; count == 0 {
				return nil
			}
		}
	}
	return errEffort
}

// completed is the rule with what it leaves to the start.
func (r *rule) completed(start stamp) *rule {
	c := *r
	_, month, day := dateOf(int(start.day))
	if len(c.weeks) == 0 && len(c.yearDays) == 0 && len(c.monthDays) == 0 && len(c.weekdays) == 0 {
		switch c.frequency {
		case yearly:
			if c.months == 0 {
				c.months = 1 << month
			}
			c.monthDays = []int{day}
		case monthly:
			c.monthDays = []int{day}
		case weekly:
			c.weekdays = []weekday{{day: weekdayOf(int(start.day))}}
		case daily:
		}
	}
	return &c
}

// times are the seconds of the day at which the rule has instances.
func (r *rule) times(start stamp) []int32 {
	if !start.isTimed() {
		return []int32{0}
	}
	or := func(list []int, n int32) []int {
		if len(list) == 0 {
			return []int{int(n)}
		}
		return list
	}
	var times []int32
	for _, h := range or(r.hours, start.second/3600) {
		for _, m := range or(r.minutes, start.second/60%60) {
			for _, s := range or(r.seconds, start.second%60) {
				times = append(times, int32(h*3600+m*60+s))
			}
		}
	}
	return times
}

// expansion is a rule at work.
type expansion struct {
	rule   *rule
	start  stamp
	times  []int32
	budget *int
	found  []stamp // of one period, reused
}

// days are those of a period from the one of the start, the last exclusive.
func (x *expansion) days(period int) (first, after int) {
	start, n := int(x.start.day), period*x.rule.interval
	switch x.rule.frequency {
	case weekly:
		first = x.weekOf(start) + 7*n
		return first, first + 7
	case monthly:
		year, month, _ := dateOf(start)
		return dayOf(year, int(month)+n, 1), dayOf(year, int(month)+n+1, 1)
	case yearly:
		year, _, _ := dateOf(start)
		return dayOf(year+n, 1, 1), dayOf(year+n+1, 1, 1)
	default:
		return start + n, start + n + 1
	}
}

// periodBefore is the last period that begins on a day or before it, or the first of all.
func (x *expansion) periodBefore(day int) int {
	if day <= int(x.start.day) {
		return 0
	}
	var n int
	year, month, _ := dateOf(int(x.start.day))
	yearThen, monthThen, _ := dateOf(day)
	switch x.rule.frequency {
	case weekly:
		n = (day - x.weekOf(int(x.start.day))) / 7
	case monthly:
		n = (yearThen-year)*12 + int(monthThen-month)
	case yearly:
		n = yearThen - year
	default:
		n = day - int(x.start.day)
	}
	return n / x.rule.interval
}

// candidates are the instances of a period, in order; of the first period also those before the start.
func (x *expansion) candidates(first, after int) []stamp {
	r := x.rule
	x.found = x.found[:0]
	*x.budget--
	for day := first; day < after; {
		year, month, of := dateOf(day)
		days := daysIn(year, int(month))
		if r.months != 0 && r.months&(1<<month) == 0 {
			*x.budget--
			day += days - of + 1
			continue
		}
		m := monthDays{first: day - of + 1, days: days, year: dayOf(year, 1, 1), yearDays: 365 + daysIn(year, 2) - 28}
		for ; day < after && day < m.first+days; day++ {
			*x.budget -= 1 + len(r.monthDays) + len(r.yearDays) + len(r.weeks) + len(r.weekdays)
			if !r.fits(day, m) {
				continue
			}
			for _, second := range x.times {
				*x.budget--
				x.found = append(x.found, stamp{day: int32(day), second: second, clock: x.start.clock})
			}
		}
	}
	if len(r.positions) > 0 {
		x.pick()
	}
	return x.found
}

// monthDays are the days of a month and its year.
type monthDays struct{ first, days, year, yearDays int }

// fits reports whether a day, of a month that fits, fulfils the other conditions.
func (r *rule) fits(day int, m monthDays) bool {
	if len(r.monthDays) > 0 && !isNumbered(r.monthDays, day-m.first, m.days) {
		return false
	}
	if len(r.yearDays) > 0 && !isNumbered(r.yearDays, day-m.year, m.yearDays) {
		return false
	}
	if len(r.weeks) > 0 {
		first := firstWeek(day, r.weekStart)
		if !isNumbered(r.weeks, (day-first)/7, (firstWeek(first+7*53, r.weekStart)-first)/7) {
			return false
		}
	}
	if len(r.weekdays) == 0 {
		return true
	}
	first, days := m.first, m.days
	if r.frequency == yearly && r.months == 0 {
		first, days = m.year, m.yearDays
	}
	today := weekdayOf(day)
	return slices.ContainsFunc(r.weekdays, func(w weekday) bool {
		return w.day == today && (w.n == 0 || r.frequency < monthly ||
			w.n == (day-first)/7+1 || w.n == -((first+days-1-day)/7+1))
	})
}

// isNumbered reports whether the place of something among so many, from 0, is in a list that counts from 1 or from the end.
func isNumbered(list []int, place, among int) bool {
	return slices.Contains(list, place+1) || slices.Contains(list, place-among)
}

// firstWeek is the day on which the year begins that the week of a day belongs to: its first week is the first that has
// four days or more in it.
func firstWeek(day int, weekStart time.Weekday) int {
	week := day - (int(weekdayOf(day))-int(weekStart)+7)%7
	year, _, _ := dateOf(week + 3)
	fourth := dayOf(year, 1, 4)
	return fourth - (int(weekdayOf(fourth))-int(weekStart)+7)%7
}

// pick leaves of the candidates those at the positions that the rule asks for.
func (x *expansion) pick() {
	picked := make([]bool, len(x.found))
	for _, p := range x.rule.positions {
		*x.budget--
		if p < 0 {
			p += len(x.found) + 1
		}
		if p > 0 && p <= len(x.found) {
			picked[p-1] = true
		}
	}
	n := 0
	for i, s := range x.found {
		if picked[i] {
			x.found[n] = s
			n++
		}
	}
	x.found = x.found[:n]
}

func (x *expansion) weekOf(day int) int {
	return day - (int(weekdayOf(day))-int(x.rule.weekStart)+7)%7
}

// weekdayOf is the weekday of a day since 1970-01-01, a Thursday.
func weekdayOf(day int) time.Weekday { return time.Weekday(((day+4)%7 + 7) % 7) }
