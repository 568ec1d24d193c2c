package conversation

import (
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// pursue asks for what is still to be known of the stay that is wanted, one thing at a time, or looks for it.
func (t *talk) pursue() {
	w := &t.Wanted
	switch {
	case t.m.Ask == understanding.AmbiguousDate && t.clear():
		t.askWhich()
	case t.m.Ask == understanding.PastDate:
		t.remember()
		t.askDates(t.w.PastDate)
	case t.m.Ask == understanding.InvalidDate:
		t.askDates(t.w.InvalidDate)
	case !w.CheckIn.IsZero() && w.CheckIn.Before(t.facts.Today):
		w.CheckIn, w.CheckOut = civil.Date{}, civil.Date{}
		t.askDates(t.w.PastDate)
	case w.CheckIn.IsZero():
		t.askDates("")
	case w.CheckOut.IsZero():
		t.askCheckOut()
	case w.Guests == 0:
		t.askGuests()
	default:
		t.search()
	}
}

// search asks which cabins are free. It asks for all of them, so that whoever wants one that is not free is told of the others.
func (t *talk) search() {
	w := t.Wanted
	t.do(Act{Kind: Search, Stay: w.stay(), Babies: w.Babies, Pets: w.Pets}, Search)
}

// askDates asks when, after why it has to be asked.
func (t *talk) askDates(why string) {
	t.ask(AskedDates)
	if why == "" && !t.Wanted.Month.IsZero() {
		t.askDays()
		return
	}
	question := t.w.AskDates
	switch w := t.Wanted; {
	case w.Nights > 0:
		question = fill(t.w.AskFrom, "nights", t.lang.Nights(w.Nights))
	case w.Guests > 0 && why == "":
		question = fill(t.w.AskDatesFor, "guests", t.party(w))
	}
	this, next := weekends(t.facts.Today)
	t.say(paragraphs(why, question, fill(t.w.Weekends, "this", t.brief(this), "next", t.brief(next))),
		t.nightsButton(t.w.ThisWeekend, this), t.nightsButton(t.w.NextWeekend, next), t.otherDates())
}

// nightsButton wants the same stay in some nights.
func (t *talk) nightsButton(title string, n civil.Nights) chat.Button {
	w := t.Wanted
	w.CheckIn, w.CheckOut = n.From, n.To
	return t.button(title, "want", w.code())
}

func (t *talk) otherDates() chat.Button {
	w := t.Wanted
	w.CheckIn, w.CheckOut = civil.Date{}, civil.Date{}
	return t.button(t.w.OtherDates, "dates", w.code())
}

// askDays asks which days of the month that he has named.
func (t *talk) askDays() {
	w := t.Wanted
	year, month, _ := w.Month.YMD()
	name := t.w.Months[month-1]
	question := fill(t.w.AskMonth, "month", name)
	switch {
	case w.Nights > 0:
		t.say(fill(t.w.AskFromMonth, "nights", t.lang.Nights(w.Nights), "month", name), t.otherDates())
		return
	case w.Guests > 0:
		question = fill(t.w.AskMonthFor, "month", name, "guests", t.party(w))
	}
	half, last := civil.New(year, month, 16), civil.New(year, month+1, 1).AddDays(-1)
	buttons := []chat.Button{t.nightsButton(t.w.SecondHalf, civil.Nights{From: half, To: last}), t.otherDates()}
	if !w.Month.Before(t.facts.Today) {
		buttons = slices.Insert(buttons, 0, t.nightsButton(t.w.FirstHalf, civil.Nights{From: w.Month, To: half.AddDays(-1)}))
	}
	if half.Before(t.facts.Today) {
		buttons = buttons[1:]
	}
	t.say(question, buttons...)
}

// weekends are this one and the one after it, from Friday to Sunday; on a Saturday this one is tonight's.
func weekends(today civil.Date) (this, next civil.Nights) {
	friday := today.AddDays((int(time.Friday) - int(today.Weekday()) + 7) % 7)
	this = civil.Nights{From: friday, To: friday.AddDays(2)}
	if today.Weekday() == time.Saturday {
		this = civil.Nights{From: today, To: today.AddDays(1)}
		friday = today.AddDays(-1)
	}
	return this, civil.Nights{From: friday.AddDays(7), To: friday.AddDays(9)}
}

func (t *talk) askCheckOut() {
	t.ask(AskedCheckOut)
	w := t.Wanted
	var buttons []chat.Button
	for _, n := range t.lengths() {
		w.CheckOut = w.CheckIn.AddDays(n)
		buttons = append(buttons, t.button(t.lang.Nights(n), "want", w.code()))
	}
	t.say(fill(t.w.AskCheckOut, "from", t.date(w.CheckIn)), buttons...)
}

// lengths is of how many nights a stay is offered: none that the cabin would refuse, or all of those that are large enough.
func (t *talk) lengths() []int {
	least, w := 0, t.Wanted
	for i := range t.facts.Cabins {
		c := &t.facts.Cabins[i]
		if w.Cabin != 0 && w.Cabin != c.ID || c.Capacity < w.Guests {
			continue
		}
		if n := c.Night(w.CheckIn).MinNights; least == 0 || n < least {
			least = n
		}
	}
	least = max(least, 2)
	return []int{least, least + 1, max(least+2, 7)}
}

func (t *talk) askGuests() {
	t.ask(AskedGuests)
	w := t.Wanted
	most := 0
	for _, c := range t.facts.Cabins {
		most = max(most, c.Capacity)
	}
	var buttons []chat.Button
	for _, n := range []int{2, 3, 4, 1} {
		if n > most || len(buttons) == chat.MaxButtons {
			continue
		}
		w.Guests = n
		buttons = append(buttons, t.button(t.lang.Guests(n), "want", w.code()))
	}
	t.say(fill(t.w.AskGuests, "dates", capital(t.span(w.nights()))), buttons...)
}

// again asks once more what is still to be answered.
func (t *talk) again() {
	switch t.Step {
	case AskedName:
		t.askName("")
	case AskedBook:
		t.search()
	case AskedCabin:
		if t.focus(); t.Wanted.Cabin != 0 {
			t.search()
			return
		}
		t.remind()
	case AskedWhich:
		t.remind()
	default:
		t.pursue()
	}
}
