package conversation

import (
	"slices"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// tooMany tells that no cabin is large enough.
func (t *talk) tooMany() {
	most, all := 0, 0
	for _, c := range t.facts.Cabins {
		most, all = max(most, c.Capacity), all+c.Capacity
	}
	cabin := t.Wanted.Cabin
	if cabin != 0 && t.capacity(cabin) < most && t.Wanted.Guests <= most {
		t.smallCabin(cabin)
		return
	}
	body := fill(t.w.TooMany, "guests", t.lang.Guests(t.Wanted.Guests), "most", t.lang.Guests(most))
	if t.Wanted.Guests <= all {
		body = lines(body, t.hosted(t.w.SeveralCabins, 0))
	}
	t.ask(AskedPerson)
	t.Why = "large_group"
	w := t.Wanted
	w.Cabin, w.Guests, w.Babies = 0, 0, 0
	t.say(body, t.button(t.w.ToPerson, "person", t.Why), t.button(t.w.OtherGuests, "want", w.code()))
}

// smallCabin tells that the cabin that was asked for is too small, where a larger one may be had.
func (t *talk) smallCabin(cabin int64) {
	w := t.Wanted
	w.Cabin = 0
	t.say(t.reason(Offer{Cabin: cabin, WhyNot: whyGuests}), t.otherButtons(w)...)
}

// longer offers what is to be had for more nights.
func (t *talk) longer(not []Offer) {
	var rows []chat.Row
	var reasons []string
	t.Readings = nil
	for _, o := range not {
		if least := t.least(o); o.WhyNot == whyShort && least > 0 && len(rows) < chat.MaxRows {
			w := t.Wanted
			w.Cabin, w.CheckOut = o.Cabin, w.CheckIn.AddDays(least)
			t.Readings = append(t.Readings, w)
			rows = append(rows, chat.Row{ID: id("want", w.code()), Title: fill(t.w.WithNights, "nights", t.lang.Nights(least)), Description: t.cabinName(o.Cabin)})
			reasons = append(reasons, t.reason(o))
		}
	}
	t.ask(AskedWhich)
	w := t.Wanted
	if len(rows) != 1 {
		w.Cabin = 0
		t.choose(paragraphs(lines(reasons[:min(len(reasons), 5)]...), t.w.AskLonger), t.w.SeeOptions, rows)
		return
	}
	body := t.w.AskLonger
	if !slices.Contains(t.Doing.Lead, reasons[0]) {
		body = lines(reasons[0], body)
	}
	t.say(body, t.button(rows[0].Title, "want", idArg(rows[0].ID)), t.button(t.w.OtherDates, "dates", w.code()))
}

// idArg is the first argument of an id.
func idArg(choice string) string {
	p, _ := parsePressing(choice)
	return p.arg(0)
}

// tooLong offers the longest stay that there is instead of a longer one.
func (t *talk) tooLong(not []Offer) {
	most := 0
	for _, o := range not {
		if c := t.cabin(o.Cabin); o.WhyNot == whyLong && c != nil {
			most = max(most, c.MaxNights)
		}
	}
	w := t.Wanted
	w.CheckOut = w.CheckIn.AddDays(most)
	sentence := fill(t.w.TooLongAll, "most", t.lang.Nights(most), "dates", t.span(w.nights()))
	t.ask(AskedWhich)
	t.Readings = []Wanted{w}
	t.say(sentence, t.button(fill(t.w.WithNights, "nights", t.lang.Nights(most)), "want", w.code()), t.otherDates(), t.button(t.w.ToPerson, "person", "long_stay"))
}

// noPets tells that an animal is not welcome where there would be room.
func (t *talk) noPets() {
	w := t.Wanted
	cabin := w.Cabin
	w.Pets = 0
	body := t.w.NoPets
	if cabin != 0 {
		body = t.reason(Offer{Cabin: cabin, WhyNot: whyPets})
	}
	t.Why = "pets"
	t.ask(AskedPerson)
	t.say(body, t.button(t.w.WithoutPets, "want", w.code()), t.button(t.w.OtherDates, "dates", t.Wanted.code()), t.button(t.w.ToPerson, "person", t.Why))
}

// taken tells that nothing is free, and what is nearest to it.
func (t *talk) taken(near []Offer) {
	w := t.Wanted
	what := t.w.NoneFree
	if w.Cabin != 0 {
		what = t.w.NoneFreeCabin
	}
	first := fill(what, "cabin", t.cabinName(w.Cabin), "dates", t.span(w.nights()), "guests", t.party(w))
	var rows []chat.Row
	var list []string
	t.Readings = nil
	for _, o := range near {
		if o.WhyNot != "" || t.petsRefused(o.Cabin) || len(rows) == chat.MaxRows || !o.Stay.Nights.Valid() {
			continue
		}
		w.Cabin, w.CheckIn, w.CheckOut = o.Cabin, o.Stay.Nights.From, o.Stay.Nights.To
		t.Readings = append(t.Readings, w)
		price := t.money(o.Quote.Total, o.Quote.Currency)
		rows = append(rows, chat.Row{
			ID: id("want", w.code()), Title: t.brief(o.Stay.Nights), Description: chat.Cut(price+" · "+t.cabinName(o.Cabin), chat.MaxDescription),
		})
		list = append(list, "• "+t.brief(o.Stay.Nights)+", "+t.cabinName(o.Cabin)+": "+price)
	}
	t.ask(AskedWhich)
	if len(rows) == 0 {
		t.ask(AskedDates)
		t.say(lines(first, t.w.NoneNear), t.otherButtons(Wanted{Guests: t.Wanted.Guests, Babies: t.Wanted.Babies, Pets: t.Wanted.Pets})...)
		return
	}
	w = t.Wanted
	w.CheckIn, w.CheckOut = civil.Date{}, civil.Date{}
	rows = append(rows, chat.Row{ID: id("dates", w.code()), Title: t.w.OtherDates})
	t.replies = append(t.replies, chat.Message{
		Kind: chat.FormList, Body: paragraphs(first, lines(append([]string{t.w.Nearest}, list...)...)),
		List: &chat.List{Button: t.w.SeeOptions, Sections: []chat.Section{{Rows: rows[:min(len(rows), chat.MaxRows)]}}},
	})
}

// prices is what a night costs at the least, for who does not say when he comes.
func (t *talk) prices() {
	cabins := t.facts.Cabins
	if c := t.cabin(t.Wanted.Cabin); c != nil {
		cabins = []Cabin{*c}
	}
	var list []string
	for i := range cabins[:min(len(cabins), 10)] {
		c := &cabins[i]
		list = append(list, fill(t.w.FromPrice, "cabin", t.boldName(c.ID), "price", t.money(lowest(c), c.Currency), "guests", t.lang.Guests(c.Capacity)))
	}
	t.lead(lines(list...))
	t.pursue()
}

// refused tells that something could not be looked up, or was not accepted.
func (t *talk) refused(why string) {
	switch why {
	case whyPast:
		t.askDates(t.w.PastDate)
	case whyFar:
		t.askDates(t.w.TooFar)
	case unavailable:
		w := t.Wanted
		t.say(t.w.Unavailable, t.button(t.w.TryAgain, "want", w.code()), t.button(t.w.ToPerson, "person", "failure"))
	default:
		t.sorry()
	}
}

// lowest is the least that a night of a cabin costs.
func lowest(c *Cabin) money.Cents {
	least := c.BasePrice
	for _, r := range c.Rates {
		least = min(least, r.Price)
	}
	return least
}
