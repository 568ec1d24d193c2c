package conversation

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// Why a cabin is not offered, as the rules of booking and the stores call it.
const (
	whyPast     = "past_date"
	whyFar      = "too_far"
	whyGuests   = "too_many_guests"
	whyShort    = "min_nights"
	whyLong     = "max_nights"
	whyTaken    = "dates_taken"
	whyPets     = "pets_not_allowed"
	whyPrice    = "price_changed"
	whyApproval = "awaiting_approval"
	unavailable = "unavailable"
)

// offers tells what came of a search.
func (t *talk) offers() {
	o := t.event.Outcome
	if t.Doing.For == toAlter {
		t.altered()
		return
	}
	if o.Refused != "" {
		t.refused(o.Refused)
		return
	}
	var free, not []Offer
	for _, offer := range o.Offers {
		if t.petsRefused(offer.Cabin) {
			offer.WhyNot = whyPets
		}
		if offer.WhyNot == "" {
			free = append(free, offer)
		} else {
			not = append(not, offer)
		}
	}
	slices.SortStableFunc(free, func(a, b Offer) int { return cmp.Compare(a.Quote.Total, b.Quote.Total) })
	if t.Wanted.Cabin != 0 {
		if i := slices.IndexFunc(free, func(o Offer) bool { return o.Cabin == t.Wanted.Cabin }); i >= 0 {
			t.show(free[i], fill(t.w.Free, "cabin", t.boldName(free[i].Cabin)))
			return
		}
		if t.wantedRefused(free, not) {
			return
		}
	}
	switch {
	case len(free) == 0:
		t.none(not, o.Near)
	case len(free) == 1 && len(t.facts.Cabins) > 1:
		t.show(free[0], fill(t.w.OnlyFree, "cabin", t.boldName(free[0].Cabin)))
	case len(free) == 1:
		t.show(free[0], fill(t.w.Free, "cabin", t.boldName(free[0].Cabin)))
	default:
		t.several(free)
	}
}

func (t *talk) petsRefused(cabin int64) bool {
	c := t.cabin(cabin)
	return t.Wanted.Pets > 0 && c != nil && c.Pets != nil && !*c.Pets
}

func (t *talk) boldName(cabin int64) string { return "*" + t.cabinName(cabin) + "*" }

// wantedRefused says why the cabin that was asked for is not to be had, where others are. It reports whether that was all.
func (t *talk) wantedRefused(free, not []Offer) bool {
	i := slices.IndexFunc(not, func(o Offer) bool { return o.Cabin == t.Wanted.Cabin })
	if i < 0 {
		t.Wanted.Cabin = 0 // there is no such cabin any more
		return false
	}
	if len(free) == 0 {
		return false
	}
	t.lead(t.reason(not[i]))
	if not[i].WhyNot == whyShort {
		t.longer(not[i : i+1])
		return true
	}
	return false
}

// reason is why a cabin is not to be had, in words.
func (t *talk) reason(o Offer) string {
	c := t.cabin(o.Cabin)
	if c == nil {
		return ""
	}
	sentence := t.w.Taken
	switch o.WhyNot {
	case whyGuests:
		sentence = t.w.TooSmall
	case whyShort:
		sentence = t.w.TooShort
	case whyLong:
		sentence = t.w.TooLong
	case whyPets:
		sentence = t.w.PetsRefused
	}
	return capital(fill(sentence, "cabin", t.boldName(o.Cabin), "guests", t.lang.Guests(c.Capacity),
		"least", t.lang.Nights(t.least(o)), "most", t.lang.Nights(c.MaxNights)))
}

// least is how many nights a stay would have to be of.
func (t *talk) least(o Offer) int {
	if c := t.cabin(o.Cabin); o.Least == 0 && c != nil {
		return c.Night(o.Stay.Nights.From).MinNights
	}
	return o.Least
}

// show shows the one cabin that is free, or that was chosen, with all that has to be known before it is booked.
func (t *talk) show(o Offer, first string) {
	w := &t.Wanted
	w.Cabin = o.Cabin
	if all := w.anyCabin(); t.Listed != all || !slices.Contains(t.Offered, o.Cabin) {
		t.Listed, t.Offered = all, []int64{o.Cabin}
	}
	t.Shown = Shown{Cabin: o.Cabin, Nights: o.Stay.Nights, Guests: o.Stay.Guests, Total: o.Quote.Total, Deposit: o.Quote.Deposit, For: w.code(), At: t.now}
	t.ask(AskedBook)
	t.say(paragraphs(
		lines(first, capital(t.span(o.Stay.Nights))+" ("+t.lang.Nights(o.Stay.Nights.Len())+"), "+t.party(*w)),
		t.priceLines(o.Quote),
		t.petsNote(o.Cabin),
		t.w.AskBook,
	), t.bookButtons()...)
}

// bookButtons are those below an offer that was shown.
func (t *talk) bookButtons() []chat.Button {
	w := t.Wanted
	book := t.button(t.w.Book, "book", w.code(), strconv.FormatInt(int64(t.Shown.Total), 10))
	photos := t.button(t.w.SeePhotos, "photos", strconv.FormatInt(w.Cabin, 10))
	if c := t.cabin(w.Cabin); c != nil && len(c.Photos) == 0 {
		photos.Title = t.w.SeeMore
	}
	if len(t.facts.Cabins) == 1 {
		return []chat.Button{book, photos, t.button(t.w.OtherDates, "dates", w.code())}
	}
	w.Cabin = 0
	return []chat.Button{book, photos, t.button(t.w.OtherCabins, "want", w.code())}
}

// otherButtons are for who did not like what was shown.
func (t *talk) otherButtons(w Wanted) []chat.Button {
	buttons := []chat.Button{t.button(t.w.OtherDates, "dates", w.code())}
	if len(t.facts.Cabins) > 1 && w.whole() {
		buttons = append(buttons, t.button(t.w.OtherCabins, "want", w.code()))
	}
	return append(buttons, t.button(t.w.ToPerson, "person", "asked"))
}

// priceLines is what a stay costs, line by line, and what of it is paid to book. Nights in a row that cost the same are one line.
func (t *talk) priceLines(q booking.Quote) string {
	var all []string
	for i := 0; i < len(q.Nights); {
		n, same := q.Nights[i], i+1
		for same < len(q.Nights) && q.Nights[same].Price == n.Price && q.Nights[same].Season == n.Season {
			n.Weekend = n.Weekend && q.Nights[same].Weekend
			same++
		}
		label := t.nightsLabel(n, same-i)
		if same-i > 1 {
			label += " × " + t.money(n.Price, q.Currency)
		}
		all = append(all, label+": "+t.money(n.Price.Times(same-i), q.Currency))
		i = same
	}
	for _, l := range q.Lines {
		switch l.Kind {
		case booking.LineExtraGuests:
			all = append(all, t.w.ExtraGuests+": "+t.money(l.Amount, q.Currency))
		case booking.LineCleaning:
			all = append(all, t.w.Cleaning+": "+t.money(l.Amount, q.Currency))
		}
	}
	if len(all) > 8 {
		all = nil // who stays for months does not read every weekend
	}
	all = append(all, t.w.Total+": *"+t.money(q.Total, q.Currency)+"*")
	if q.Deposit > 0 {
		all = append(all, t.w.Deposit+": "+t.money(q.Deposit, q.Currency))
	}
	return lines(all...)
}

func (t *talk) nightsLabel(n booking.Night, nights int) string {
	label := t.lang.Nights(nights)
	if n.Weekend {
		label += " " + t.w.OfWeekend
	}
	if n.Season != "" {
		label += " (" + safe(n.Season, 30) + ")"
	}
	return label
}

// petsNote says to who brings an animal whether it is welcome, or that nobody has said.
func (t *talk) petsNote(cabin int64) string {
	c := t.cabin(cabin)
	switch {
	case t.Wanted.Pets == 0 || c == nil:
		return ""
	case c.Pets == nil:
		return t.w.PetsNotSaid
	}
	return t.w.PetsWelcome
}

// several shows the cabins that are free, the cheapest first.
func (t *talk) several(free []Offer) {
	skip := min(t.Doing.Skip, len(free)-1)
	shown := free[skip:]
	more := len(shown) > maxOffers
	if more {
		shown = shown[:maxOffers]
	}
	t.Offered, t.Listed, t.About = nil, t.Wanted.anyCabin(), 0
	var rows []chat.Row
	var list []string
	for _, o := range shown {
		w := t.Wanted
		w.Cabin = o.Cabin
		t.Offered = append(t.Offered, o.Cabin)
		price, room := t.money(o.Quote.Total, o.Quote.Currency), fill(t.w.UpTo, "guests", t.lang.Guests(t.capacity(o.Cabin)))
		list = append(list, "• "+t.boldName(o.Cabin)+": "+price+" ("+room+")")
		rows = append(rows, chat.Row{ID: id("want", w.code()), Title: chat.Cut(t.cabinName(o.Cabin), chat.MaxRowTitle), Description: price + " · " + room})
	}
	w := t.Wanted
	w.Cabin = 0
	if more {
		rows = append(rows, chat.Row{ID: id("more", w.code(), strconv.Itoa(skip+maxOffers)), Title: t.w.MoreCabins})
	}
	if c := t.Wanted.Cabin; c != 0 {
		w.Cabin = c
		rows = append(rows, chat.Row{ID: id("near", w.code()), Title: t.w.OtherDates, Description: chat.Cut(t.cabinName(c), chat.MaxDescription)})
		t.Wanted.Cabin = 0
	}
	t.Shown = Shown{}
	t.ask(AskedCabin)
	first := fill(t.w.FreeSeveral, "dates", t.span(t.Wanted.nights()), "nights", t.lang.Nights(t.Wanted.nights().Len()), "guests", t.party(t.Wanted))
	t.choose(paragraphs(first, lines(list...), t.w.AskCabin), t.w.SeeCabins, rows)
}

// maxOffers leaves two rows of a list for what else may be chosen.
const maxOffers = chat.MaxRows - 2

// none tells that there is nothing to be had, and what there is instead.
func (t *talk) none(not, near []Offer) {
	why := mainReason(not, t.Wanted.Cabin)
	switch why {
	case whyPast:
		t.Wanted.CheckIn, t.Wanted.CheckOut = civil.Date{}, civil.Date{}
		t.askDates(t.w.PastDate)
	case whyFar:
		t.Wanted.CheckIn, t.Wanted.CheckOut = civil.Date{}, civil.Date{}
		t.askDates(t.w.TooFar)
	case whyGuests:
		t.tooMany()
	case whyShort:
		t.longer(not)
	case whyLong:
		t.tooLong(not)
	case whyPets:
		t.noPets()
	default:
		t.taken(near)
	}
}

// mainReason is the one that is the easiest to get around: who could stay if he came for longer is told that, and not that
// another cabin is too small.
func mainReason(not []Offer, cabin int64) string {
	if i := slices.IndexFunc(not, func(o Offer) bool { return o.Cabin == cabin }); i >= 0 {
		return not[i].WhyNot
	}
	for _, why := range []string{whyPast, whyFar, whyTaken, whyShort, whyLong, whyPets, whyGuests} {
		if slices.ContainsFunc(not, func(o Offer) bool { return o.WhyNot == why }) {
			return why
		}
	}
	return ""
}
