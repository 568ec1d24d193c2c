package conversation

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// services answers questions about cabins from what their owner has said of them.
func (t *talk) services(wants bool, topics ...understanding.Topic) {
	if len(topics) == 0 {
		topics = t.m.Topics
	}
	if len(topics) == 0 {
		topics = []understanding.Topic{understanding.TopicServices}
	}
	if t.m.Photos && !slices.ContainsFunc(topics, func(topic understanding.Topic) bool { return topic != understanding.TopicServices }) {
		t.photos()
		return
	}
	if t.transfersAtOnce(topics) {
		t.mine(Transfer)
		return
	}
	t.Topics = topics
	if id := t.cabinNamed(t.m.Cabin); id != 0 {
		t.About = id
	}
	t.question(topics, wants)
}

// question answers topics; wants says that the text is about a stay that is wanted, too.
func (t *talk) question(topics []understanding.Topic, wants bool) {
	cabins := t.askedOf()
	if len(cabins) > 1 && !wants && t.ofHisStay(topics) {
		t.Doing.Topics, t.Doing.Text = topics, chat.Cut(t.event.Text, maxText)
		t.do(Act{Kind: Mine}, toAsk)
		return
	}
	said, missing := t.answers(topics, cabins)
	if wants {
		t.lead(said)
		t.lead(t.notKnown(missing))
		t.pursue()
		return
	}
	if len(missing) > 0 {
		t.askOwner(said, missing, cabins)
		return
	}
	if len(cabins) > 1 && utf8.RuneCountInString(said) > maxAnswers {
		t.askOf(topics[0], cabins)
		return
	}
	where := pin(cabins)
	if !slices.Contains(topics, understanding.TopicAddress) {
		where = nil
	}
	t.lead(said)
	if slices.Contains(topics, understanding.TopicCancellation) && len(t.Codes) > 0 && !t.open() && t.Step != AskedCancel {
		t.lead(t.w.SayCancel)
	}
	if !t.remind() && where == nil {
		t.deliverable()
	}
	if where != nil && t.act.Kind == None {
		t.replies = append(t.replies, chat.Message{Kind: chat.FormLocation, Location: where})
	}
}

// ofHisStay reports whether a question is one that those ask who have a stay, so that it is looked up which cabin they mean.
func (t *talk) ofHisStay(topics []understanding.Topic) bool {
	if t.event.Kind == Done || t.open() {
		return false
	}
	return len(t.Codes) > 0 || slices.ContainsFunc(topics, func(topic understanding.Topic) bool {
		switch topic {
		case understanding.TopicAddress, understanding.TopicCheckIn, understanding.TopicCheckOut:
			return true
		case understanding.TopicWifi:
			return t.asksKey()
		case understanding.TopicCancellation:
			return t.asksRefund()
		}
		return false
	})
}

// asksRefund reports whether a question about cancelling is how much would go back.
func (t *talk) asksRefund() bool {
	said := plain(t.said())
	return slices.ContainsFunc([]string{"devuelv", "devolu", "reintegr", "rembols", "refund", "get back", "recuper"}, func(part string) bool {
		return strings.Contains(said, part)
	})
}

// askedOfStay answers such a question of the stay that comes next, or of all cabins.
func (t *talk) askedOfStay(stays []Stay) {
	t.known(stays)
	for _, s := range stays {
		if !s.Status.Live() || s.Reservation.Stay.Nights.To.Before(t.facts.Today) {
			continue
		}
		t.m.Cabin, t.Code = named+id64(s.Cabin), s.Reservation.Code
		if slices.Contains(t.Doing.Topics, understanding.TopicCancellation) && t.asksRefund() {
			t.Doing.Tell = t.Step != AskedCancel
			t.do(Act{Kind: Preview, Code: t.Code}, Preview)
			return
		}
		break
	}
	t.services(false, t.Doing.Topics...)
}

// maxAnswers leaves room for a question that comes after the answers in the same message.
const maxAnswers = 700

// askOf asks about which cabin a question is whose answers would not fit.
func (t *talk) askOf(topic understanding.Topic, cabins []Cabin) {
	var rows []chat.Row
	for _, c := range cabins[:min(len(cabins), chat.MaxRows)] {
		rows = append(rows, chat.Row{ID: id("faq", string(topic), id64(c.ID)), Title: chat.Cut(t.cabinName(c.ID), chat.MaxRowTitle)})
	}
	t.choose(fill(t.w.AskOf, "topic", t.w.Topics[topic]), t.w.SeeCabins, rows)
}

// transfersAtOnce reports whether who asks about paying by transfer has something to pay right now.
func (t *talk) transfersAtOnce(topics []understanding.Topic) bool {
	return t.Step == AskedPay && slices.Contains(topics, understanding.TopicPayment) && byTransfer(t.event.Text)
}

// deliverable ends an answer with what can be done next.
func (t *talk) deliverable() {
	if t.Step == AskedPay || t.Code != "" {
		return // who has a stay only wanted to know
	}
	lead := t.Doing.Lead
	t.Doing.Lead = nil
	t.say(paragraphs(lead...), t.button(t.w.MenuDates, "dates", t.Wanted.code()), t.button(t.w.MenuCabins, "cabins"))
}

// asides answers what else was asked in a text that is about a stay.
func (t *talk) asides() {
	topics := slices.DeleteFunc(slices.Clone(t.m.Topics), func(topic understanding.Topic) bool {
		return topic == understanding.TopicPets && t.Wanted.Pets > 0 || topic == understanding.TopicCapacity && t.Wanted.Guests > 0
	})
	if len(topics) == 0 {
		return
	}
	said, missing := t.answers(topics, t.askedOf())
	t.lead(said)
	t.lead(t.notKnown(missing))
}

// askedOf is the cabins that a question is about.
func (t *talk) askedOf() []Cabin {
	id := t.cabinNamed(t.m.Cabin)
	if id == 0 {
		id = t.Wanted.Cabin
	}
	if c := t.cabin(id); c != nil {
		return []Cabin{*c}
	}
	var offered []Cabin
	if t.Step == AskedCabin {
		for _, id := range t.Offered {
			if c := t.cabin(id); c != nil {
				offered = append(offered, *c)
			}
		}
	}
	if len(offered) > 0 {
		return offered
	}
	return t.facts.Cabins
}

// answers answers each topic for the cabins, once where they agree. What nobody has written down of any of them is missing.
func (t *talk) answers(topics []understanding.Topic, cabins []Cabin) (string, []understanding.Topic) {
	var all []string
	var missing []understanding.Topic
	for _, topic := range topics {
		if said := t.answerFor(topic, cabins); said != "" {
			all = append(all, said)
		} else {
			missing = append(missing, topic)
		}
	}
	if len(all) > 0 && len(cabins) == 1 && len(t.facts.Cabins) > 1 {
		all = append([]string{t.boldName(cabins[0].ID)}, all...)
	}
	return lines(all...), missing
}

// maxListed is how many cabins are answered for one by one.
const maxListed = 8

func (t *talk) answerFor(topic understanding.Topic, cabins []Cabin) string {
	label := t.label(topic)
	if label == "" {
		return ""
	}
	answers := make([]string, len(cabins))
	known := 0
	for i := range cabins {
		if answers[i] = t.know(topic, &cabins[i]); answers[i] != "" {
			known++
		}
	}
	switch {
	case known == 0:
		return ""
	case len(slices.Compact(slices.Clone(answers))) == 1:
		return label + ": " + answers[0]
	}
	list := []string{label + ":"}
	for i, answer := range answers[:min(len(answers), maxListed)] {
		if answer == "" {
			answer = t.w.NotNoted
		}
		list = append(list, "• "+t.boldName(cabins[i].ID)+": "+chat.Cut(answer, 160))
	}
	return lines(list...)
}

// know is what is known of a cabin, or "". The owner's own words come first.
func (t *talk) know(topic understanding.Topic, c *Cabin) string {
	own := owners(c.Answers[string(topic)], maxOwners)
	switch topic {
	case understanding.TopicAddress:
		return t.place(c, own)
	case understanding.TopicPets:
		if c.Pets != nil && *c.Pets {
			return dash(t.w.PetsYes, own)
		} else if c.Pets != nil {
			return dash(t.w.PetsNo, own)
		}
	case understanding.TopicServices:
		return dash(amenities(c, 40), own)
	}
	if own != "" || topic == understanding.TopicWifi && t.asksKey() {
		return own
	}
	return t.knowByRule(topic, c)
}

// dash is what is known, and what the owner adds.
func dash(known, own string) string {
	if known == "" || own == "" {
		return known + own
	}
	if !strings.HasPrefix(own, "http") {
		own = capital(own)
	}
	return known + ". " + own
}

// knowByRule is what follows from how a cabin is let.
func (t *talk) knowByRule(topic understanding.Topic, c *Cabin) string {
	switch topic {
	case understanding.TopicCheckIn:
		if c.CheckIn > 0 {
			return fill(t.w.FromTime, "time", t.lang.Clock(c.CheckIn))
		}
	case understanding.TopicCheckOut:
		if c.CheckOut > 0 {
			return fill(t.w.ToTime, "time", t.lang.Clock(c.CheckOut))
		}
	case understanding.TopicCapacity:
		if c.Capacity > 0 {
			return fill(t.w.UpTo, "guests", t.lang.Guests(c.Capacity))
		}
	case understanding.TopicMinimum:
		return fill(t.w.AtLeast, "nights", t.lang.Nights(max(c.MinNights, 1)))
	case understanding.TopicPayment:
		return t.payments(c)
	case understanding.TopicDeposit:
		if c.DepositPercent == 0 {
			return t.w.NoDeposit
		}
		return fill(t.w.DepositIs, "percent", strconv.Itoa(c.DepositPercent))
	case understanding.TopicCancellation:
		return t.policy(c)
	default:
		if hasAmenity(topic, c) {
			return t.w.Has
		}
	}
	return ""
}

func (t *talk) payments(c *Cabin) string {
	var ways []string
	if t.facts.Online {
		ways = append(ways, t.w.PayOnline)
	}
	if c.Transfer {
		ways = append(ways, t.w.ByTransfer)
	}
	return t.list(ways)
}

// policy is the terms of cancellation in words.
func (t *talk) policy(c *Cabin) string {
	steps := slices.Clone(c.Policy.Or(c.Steps))
	if len(steps) == 0 {
		return ""
	}
	slices.SortFunc(steps, func(a, b booking.PolicyStep) int { return b.DaysBefore - a.DaysBefore })
	var parts []string
	for _, s := range steps {
		share := fill(t.w.RefundShare, "percent", strconv.Itoa(s.Percent))
		switch s.Percent {
		case 100:
			share = t.w.RefundWhole
		case 50:
			share = t.w.RefundHalf
		case 0:
			continue
		}
		days := several(s.DaysBefore, t.w.Day, t.w.Days)
		if days == "" {
			parts = append(parts, fill(t.w.RefundSameDay, "share", share))
			continue
		}
		parts = append(parts, fill(t.w.RefundUntil, "days", days, "share", share))
	}
	return strings.Join(append(parts, t.w.RefundAfter), "; ")
}

// place is where a cabin is, in words; pin is the same on a map.
func (t *talk) place(c *Cabin, own string) string {
	address := safe(c.Address, maxPlace)
	if c.MapURL != "" && c.Latitude == 0 && c.Longitude == 0 {
		return lines(dash(address, own), c.MapURL)
	}
	if address == "" && own == "" && (c.Latitude != 0 || c.Longitude != 0) {
		return t.w.OnTheMap
	}
	return dash(address, own)
}

// pin is the place of the cabins, if they are all in one.
func pin(cabins []Cabin) *chat.Location {
	if len(cabins) == 0 {
		return nil
	}
	c := cabins[0]
	if c.Latitude == 0 && c.Longitude == 0 {
		return nil
	}
	for _, o := range cabins[1:] {
		if o.Latitude != c.Latitude || o.Longitude != c.Longitude {
			return nil
		}
	}
	place := &chat.Location{Latitude: c.Latitude, Longitude: c.Longitude, Address: safe(c.Address, maxPlace)}
	if len(cabins) == 1 {
		place.Name = safe(c.Name, maxName)
	}
	return place
}

// amenities is what a cabin has, as its owner has listed it.
func amenities(c *Cabin, most int) string {
	var all []string
	for _, a := range c.Amenities[:min(len(c.Amenities), most)] {
		if a = safe(a, maxName); a != "" {
			all = append(all, a)
		}
	}
	return chat.Cut(strings.Join(all, ", "), maxOwners)
}

// hasAmenity reports whether an owner has listed what a question is about. That it is not listed does not mean that it is not
// there.
func hasAmenity(topic understanding.Topic, c *Cabin) bool {
	return slices.ContainsFunc(c.Amenities, func(a string) bool {
		said := plain(a)
		return slices.ContainsFunc(amenityWords(topic), func(word string) bool { return strings.Contains(said, plain(word)) })
	})
}

// amenityWords is how owners call in their lists what guests ask about.
func amenityWords(topic understanding.Topic) []string {
	switch topic {
	case understanding.TopicWifi:
		return []string{"wifi", "wi fi", "internet", "starlink"}
	case understanding.TopicParking:
		return []string{"estacionamiento", "cochera", "parking", "garage", "garaje"}
	case understanding.TopicPool:
		return []string{"pileta", "piscina", "pool"}
	case understanding.TopicGrill:
		return []string{"parrilla", "asador", "quincho", "grill", "bbq", "churrasqueira"}
	case understanding.TopicKitchen:
		return []string{"cocina", "kitchen", "cozinha"}
	case understanding.TopicHeating:
		return []string{"calefaccion", "salamandra", "hogar", "estufa", "heating", "losa radiante", "chimenea"}
	case understanding.TopicAir:
		return []string{"aire", "air cond", "split"}
	case understanding.TopicTV:
		return []string{"tv", "televis", "netflix"}
	case understanding.TopicTowels:
		return []string{"toalla", "toallon", "towel"}
	case understanding.TopicLinen:
		return []string{"ropa de cama", "ropa blanca", "sabana", "linen"}
	case understanding.TopicBreakfast:
		return []string{"desayuno", "breakfast"}
	case understanding.TopicFirewood:
		return []string{"leña", "firewood"}
	case understanding.TopicHotWater:
		return []string{"agua caliente", "hot water", "termotanque"}
	case understanding.TopicLaundry:
		return []string{"lavarropa", "lavadora", "washing", "laundry", "lavadero"}
	case understanding.TopicChildren:
		return []string{"cuna", "practicuna", "niños", "crib", "juegos"}
	case understanding.TopicAccess:
		return []string{"rampa", "accesib", "silla de ruedas", "wheelchair"}
	case understanding.TopicCleaning:
		return []string{"limpieza", "mucama", "cleaning"}
	}
	return nil
}
