package conversation

import (
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

const (
	// handedFor is how long a person has the conversation to himself if he does not give it back.
	handedFor = 12 * time.Hour
	// memory is how long after the last message of a guest what was talked about still is.
	memory = 24 * time.Hour
	// fresh is how long an offer stands without being looked up again.
	fresh = time.Hour
)

// talk is an event while it is being answered.
type talk struct {
	State

	event Event
	facts Facts
	now   time.Time
	lang  notice.Language
	w     *words
	m     understanding.Meaning
	month civil.Date // that the text names without days

	before []understanding.Topic // what was asked about just before

	replies []chat.Message
	act     Act
}

func begin(s State, e Event, f Facts, now time.Time) *talk {
	t := &talk{State: s, event: e, facts: f, now: now}
	if t.facts.Zone == nil {
		t.facts.Zone = time.FixedZone("ART", -3*60*60)
	}
	t.speak()
	return t
}

// end is what the event comes to.
func (t *talk) end() Turn {
	if !t.act.comes() {
		t.deliver()
		if t.Doing.Silent {
			t.replies = nil
		}
		t.Doing = Errand{}
	}
	for i := range t.replies {
		t.replies[i] = t.replies[i].Fit()
	}
	return Turn{State: t.State, Replies: t.replies, Act: t.act}
}

// comes reports whether the act comes back with an outcome.
func (a Act) comes() bool { return a.Kind != None && a.Kind != HandOver && a.Kind != TellLoop }

// deliver puts what is to be said first before the first message.
func (t *talk) deliver() {
	lead := paragraphs(t.Doing.Lead...)
	switch {
	case lead == "":
	case len(t.replies) == 0:
		t.say(lead)
	case t.replies[0].Kind == chat.FormLocation:
		t.replies = slices.Insert(t.replies, 0, chat.Message{Kind: chat.FormText, Body: lead})
	default:
		t.replies[0].Body = paragraphs(lead, t.replies[0].Body)
	}
}

// do begins an act for something. What goes round too often ends.
func (t *talk) do(a Act, purpose ActKind) {
	if t.Doing.Rounds >= MaxRounds {
		t.sorry()
		return
	}
	t.Doing.For = purpose
	t.Doing.Rounds++
	t.act = a
}

// ask remembers what a guest is asked.
func (t *talk) ask(step Step) { t.Step, t.AskedAt = step, t.now }

// hear takes in what a guest has done.
func (t *talk) hear() {
	if chat.AgeOf(t.event.At, t.now) == chat.Stale {
		t.keepSilently()
		return
	}
	if t.event.Kind == Taken {
		t.hush()
		return
	}
	t.forget()
	loops := t.loops()
	t.LastAt = t.now
	switch {
	case t.Step == HandedOver:
		if !t.backToBot() {
			t.keepSilently()
			return
		}
	case t.now.Before(t.Until):
		if t.event.Choice == "" {
			return // a machine presses no buttons, and who does is heard again
		}
		t.Until, t.Recent = time.Time{}, nil
	case loops:
		t.Until = t.now.Add(loopSilence)
		t.act = Act{Kind: TellLoop, Why: "loop"}
		return
	}
	t.listen()
}

// listen answers an event that is to be answered.
func (t *talk) listen() {
	t.Doing = Errand{Heard: t.event.Kind == Heard}
	switch t.event.Kind {
	case Said, Heard:
		if t.event.Choice != "" {
			t.pressed()
			return
		}
		t.text()
	case NotHeard:
		t.say(t.w.NotHeard)
	case Attached:
		t.attached()
	case Unreadable:
		if t.once("unreadable") {
			t.say(t.w.Unreadable)
		}
	case Opened:
		if !t.late() {
			t.greet()
		}
	}
}

// once reports whether something is said for the first time since the guest was last understood.
func (t *talk) once(what string) bool {
	if slices.Contains(t.Told, what) {
		return false
	}
	t.Told = append(slices.Clone(t.Told), what)
	return true
}

// understood forgets that a guest was not.
func (t *talk) understood() { t.Misses, t.Told = 0, nil }

func (t *talk) late() bool { return chat.AgeOf(t.event.At, t.now) == chat.Late }

// text reads what was written or spoken, and answers it.
func (t *talk) text() {
	if t.typed() {
		return
	}
	t.m = t.read(t.event.Text)
	t.inLight()
	t.tongue()
	if t.late() {
		t.lead(t.w.Late)
	}
	switch plain(t.event.Text) {
	case "bot":
		t.m.Restart = true
	case "":
		if t.m.Intent == understanding.Unknown && !strings.ContainsRune(t.event.Text, '?') {
			return // a smile is no question
		}
	}
	t.answer()
}

// read is what a text means in the light of what was asked last.
func (t *talk) read(text string) understanding.Meaning {
	return understanding.Read(text, understanding.Context{
		Today: t.facts.Today, Cabins: names(t.facts.Cabins, t.Step == AskedCabin || t.Step == AskedBook || t.Step == AskedPhotos, text), Holidays: t.facts.Holidays,
		Asked: t.Step.question(), CheckIn: t.Wanted.CheckIn, CheckOut: t.Wanted.CheckOut,
	})
}

// question is how the reader of texts calls what was asked.
func (s Step) question() understanding.Question {
	switch s {
	case AskedDates, AskedWhich:
		return understanding.AskedDates
	case AskedCheckOut:
		return understanding.AskedCheckOut
	case AskedGuests:
		return understanding.AskedGuests
	case AskedCabin:
		return understanding.AskedCabin
	case AskedName:
		return understanding.AskedName
	case AskedBook, AskedCancel, AskedPerson:
		return understanding.AskedYesNo
	}
	return understanding.AskedNothing
}

// forget lets go of what was talked about long ago. The names of reservations stay: they are what he comes back for.
func (t *talk) forget() {
	if t.LastAt.IsZero() || t.now.Sub(t.LastAt) < memory || t.Step == HandedOver && t.now.Before(t.Until) {
		return
	}
	t.State = State{
		Language: t.Language, Code: t.Code, Codes: t.Codes, Name: t.Name, Until: t.Until, Recent: t.Recent, LastAt: t.LastAt,
	}
}

// sorry says that something does not work now.
func (t *talk) sorry() {
	t.act = Act{}
	t.say(t.w.Sorry, t.button(t.w.ToPerson, "person", "failure"))
}
