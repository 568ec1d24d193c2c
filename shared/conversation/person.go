package conversation

import (
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// HandedTo is the state of a conversation that a person takes over: the bot says nothing until it is given back, or half a day
// has passed.
func (s State) HandedTo(now time.Time) State {
	s.Step, s.Until = HandedOver, now.Add(handedFor)
	return s
}

// GivenBack is the state of a conversation that the bot carries on.
func (s State) GivenBack() State {
	if s.Step == HandedOver {
		s.Step = Idle
	}
	s.Until, s.Misses = time.Time{}, 0
	return s
}

// toPerson hands the conversation over to the owner.
func (t *talk) toPerson(why string) {
	if why == "" {
		why = "asked"
	}
	t.understood()
	t.State = t.HandedTo(t.now)
	t.Why = ""
	t.act = Act{Kind: HandOver, Why: why, Code: t.Code, Stay: t.Wanted.stay(), Cabin: t.Wanted.Cabin}
	t.say(t.hosted(t.w.HandedOver, t.Wanted.Cabin), t.button(t.w.BackToBot, "bot"))
}

// hush falls silent because the owner writes himself.
func (t *talk) hush() { t.State = t.HandedTo(t.now) }

// backToBot reports whether the bot may speak again: the time is over, or the guest calls for it by its name.
func (t *talk) backToBot() bool {
	p, _ := parsePressing(t.event.Choice)
	called := p.verb == "bot" || p.verb == "menu" ||
		t.event.Kind == Said && t.event.Choice == "" && slices.Contains([]string{"menu", "bot", "volver al bot", "robot", "back to bot"}, plain(t.event.Text))
	if !called && t.now.Before(t.Until) {
		return false
	}
	t.State = t.GivenBack()
	return true
}

// hosted puts the name of who lets a cabin into a sentence.
func (t *talk) hosted(sentence string, cabin int64) string {
	host := ""
	if c := t.cabin(cabin); c != nil {
		host = safe(c.HostName, maxName)
	}
	for i := 0; host == "" && i < len(t.facts.Cabins); i++ {
		host = safe(t.facts.Cabins[i].HostName, maxName)
	}
	if host == "" {
		host = t.w.Host
	}
	return fill(sentence, "host", host)
}

// askOwner offers to ask the owner what nobody has written down.
func (t *talk) askOwner(said string, missing []understanding.Topic, cabins []Cabin) {
	if said == "" && len(cabins) == 1 && len(t.facts.Cabins) > 1 {
		said = t.boldName(cabins[0].ID)
	}
	t.askPerson(string(missing[0]))
	question := t.w.AskOwner
	if len(missing) == 1 && slices.Contains([]understanding.Topic{understanding.TopicActivities, understanding.TopicServices, understanding.TopicChildren}, missing[0]) {
		question = t.w.AskOwnerThat // the label of so wide a topic is none of what was asked
	}
	t.say(lines(said, fill(t.hosted(question, t.Wanted.Cabin), "topics", t.labels(missing))),
		t.button(t.w.YesAsk, "person", t.Why), t.button(t.w.NoNeed, "no"))
}

// askPerson remembers that it is asked whether a person shall answer, and what was asked before that.
func (t *talk) askPerson(why string) {
	if t.open() || t.Step == AskedPay {
		t.Back = t.Step
	}
	t.ask(AskedPerson)
	t.Why = why
}

// notKnown is the same in a message that is about something else.
func (t *talk) notKnown(missing []understanding.Topic) string {
	if len(missing) == 0 {
		return ""
	}
	return fill(t.w.NotKnown, "topics", t.labels(missing))
}

func (t *talk) labels(topics []understanding.Topic) string {
	var all []string
	for _, topic := range topics {
		if label := t.label(topic); label != "" {
			all = append(all, label)
		}
	}
	if len(all) == 0 {
		return t.w.That
	}
	return t.list(all)
}

// label is what a topic is called, as it was asked about.
func (t *talk) label(topic understanding.Topic) string {
	if topic == understanding.TopicWifi && t.asksKey() {
		return t.w.WifiKey
	}
	return t.w.Topics[topic]
}

// asksKey reports whether a question is about how to get into the wifi, and not whether there is one.
func (t *talk) asksKey() bool {
	return has(t.said(), "clave", "contraseña", "contrasena", "pas", "pasword", "senha", "key", "codigo")
}

// greet greets. In the middle of something it only comes back to that.
func (t *talk) greet() {
	if t.late() {
		t.say(t.w.HelloLate)
		t.Doing.Lead = nil
		return
	}
	if t.open() {
		t.lead(t.w.HelloAgain)
		t.remind()
		return
	}
	name := firstName(t.guestName())
	if name != "" {
		name = " " + name
	}
	t.menu(t.hosted(fill(t.w.Hello, "name", name), 0))
}

func (t *talk) menu(text string) {
	t.say(text, t.menuButtons()...)
}

// miss is for what nobody understands: help at first, and then a person.
func (t *talk) miss() {
	t.Misses++
	switch {
	case t.Step == AskedPerson && t.Why == "large_group" && has(t.event.Text, "cabañas", "cabanas", "cabins", "dos", "duas", "two", "varias"):
		t.toPerson(t.Why) // in several cabins
	case t.Misses >= 2:
		t.askPerson("not_understood")
		t.say(t.hosted(t.w.MissedTwice, 0), t.button(t.w.ToPerson, "person", t.Why), t.button(t.w.MenuHelp, "help"))
	case t.open():
		t.lead(t.w.Missed)
		t.remind()
	case t.Step == AskedCancel:
		t.lead(t.w.Missed)
		t.remind()
	default:
		t.help(t.w.Missed)
	}
}

// help lists all that can be done here.
func (t *talk) help(first string) {
	rows := []chat.Row{
		{ID: id("dates", t.Wanted.code()), Title: t.w.MenuDates, Description: t.w.MenuDatesMore},
		{ID: id("cabins"), Title: t.w.MenuCabins, Description: t.w.MenuCabinsMore},
		{ID: id("mine"), Title: t.w.MenuMine, Description: t.w.MenuMineMore},
		{ID: id("faq", string(understanding.TopicAddress)), Title: t.w.HowToGet, Description: t.w.HowToGetMore},
		{ID: id("faq", string(understanding.TopicServices)), Title: t.w.MenuServices, Description: t.w.MenuServicesMore},
		{ID: id("faq", string(understanding.TopicPayment)), Title: t.w.MenuPayment, Description: t.w.MenuPaymentMore},
		{ID: id("person", "asked"), Title: t.w.ToPerson, Description: t.w.ToPersonMore},
	}
	t.replies = append(t.replies, chat.Message{
		Kind: chat.FormList, Body: lines(first, t.w.Help), List: &chat.List{Button: t.w.SeeOptions, Sections: []chat.Section{{Rows: rows}}},
	})
}

// remind asks once more what was asked before something else came up. It reports whether there was anything.
func (t *talk) remind() bool {
	switch t.Step {
	case AskedDates, AskedCheckOut, AskedGuests:
		t.m.Ask = ""
		t.pursue()
	case AskedWhich:
		if t.Wanted.whole() {
			t.search() // what was offered instead
			return true
		}
		t.which(t.Readings)
	case AskedName:
		t.askName("")
	case AskedCabin:
		var rows []chat.Row
		for _, c := range t.Offered[:min(len(t.Offered), chat.MaxRows)] {
			w := t.Wanted
			w.Cabin = c
			rows = append(rows, chat.Row{ID: id("want", w.code()), Title: chat.Cut(t.cabinName(c), chat.MaxRowTitle)})
		}
		t.choose(t.w.AskCabin, t.w.SeeCabins, rows)
	case AskedBook:
		t.say(fill(t.w.AskBookAgain, "cabin", t.cabinName(t.Wanted.Cabin), "dates", t.span(t.Wanted.nights()), "total", t.money(t.Shown.Total, t.currency())),
			t.bookButtons()...)
	case AskedCancel:
		t.Doing.Redo = t.Then == toRedo
		t.do(Act{Kind: Preview, Code: t.Code}, Preview)
	default:
		return false
	}
	return true
}
