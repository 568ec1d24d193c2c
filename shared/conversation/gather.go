package conversation

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// Events makes events of what one guest has sent, in order: what he wrote and said in a row is one event, answered once, and so
// is what he wrote along with pictures. A button that he pressed is always one of its own. Voice notes come with what was
// understood of them as Text, or none. What was deleted or edited since is taken as it is now, and what is not a guest's own
// word to us (groups, news of his number) is left out.
func Events(batch []chat.Inbound, now time.Time) []Event {
	g := gathering{now: now}
	for _, i := range asItIs(batch) {
		g.take(i)
	}
	return g.events
}

// asItIs is the messages without those that were deleted, and with what edited ones say now.
func asItIs(batch []chat.Inbound) []chat.Inbound {
	var out []chat.Inbound
	at := func(id string) int {
		return slices.IndexFunc(out, func(o chat.Inbound) bool { return id != "" && o.ID == id })
	}
	for _, i := range batch {
		if i.GroupID != "" {
			continue
		}
		before := at(i.Context)
		switch {
		case i.Kind == chat.KindRevoke && before >= 0:
			out = slices.Delete(out, before, before+1)
		case i.Kind == chat.KindEdit && before >= 0:
			out[before].Text = i.Text
		case i.Kind != chat.KindRevoke && i.Kind != chat.KindSystem:
			out = append(out, i)
		}
	}
	return out
}

// gathering is events in the making; more may be added to the last one.
type gathering struct {
	now    time.Time
	events []Event
}

func (g *gathering) take(i chat.Inbound) {
	e := Event{ID: i.ID, Kind: Wordless, Text: i.Text, Burst: 1, At: i.At}
	switch i.Kind {
	case chat.KindText, chat.KindEdit, chat.KindOrder:
		e.Kind = Said
	case chat.KindReply:
		e.Kind, e.Choice = Said, i.ReplyID
		if e.Text == "" {
			e.Text = i.ReplyTitle
		}
	case chat.KindAudio:
		e.Kind = Heard
		if strings.TrimSpace(i.Text) == "" {
			e.Kind = NotHeard
		}
	case chat.KindImage, chat.KindDocument:
		e.Kind, e.Files = Attached, []string{i.ID}
	case chat.KindVideo:
		e.Kind = Unreadable
	case chat.KindUnsupported, chat.KindOther:
		e.Kind = Unreadable
	case chat.KindWelcome:
		e.Kind = Opened
	case chat.KindEcho:
		e.Kind = Taken
	}
	if e.Kind == Unreadable && strings.TrimSpace(e.Text) != "" {
		e.Kind = Said // a caption can be read, whatever it is under
	}
	if e.Kind == Said && e.Choice == "" && strings.TrimSpace(e.Text) == "" {
		e.Kind = Wordless
	}
	if e.Kind == Wordless {
		e.Text = "" // the emoji of a reaction, the name of a place
	}
	if last := len(g.events) - 1; last >= 0 && g.joins(g.events[last], e) {
		g.events[last] = joined(g.events[last], e)
		return
	}
	g.events = append(g.events, e)
}

// joins reports whether two events are one burst. What is too old to be answered does not make young what comes after it.
func (g *gathering) joins(a, b Event) bool {
	if a.Choice != "" || b.Choice != "" || (chat.AgeOf(a.At, g.now) == chat.Stale) != (chat.AgeOf(b.At, g.now) == chat.Stale) {
		return false
	}
	if a.Kind == b.Kind {
		return a.Kind != Done && a.Kind != Opened
	}
	words := func(k EventKind) bool { return k == Said || k == Heard || k == Attached || k == Wordless }
	return words(a.Kind) && words(b.Kind)
}

// joined is two events as one. Of what was written and what was spoken it is spoken, which is trusted less; with a picture it is
// the picture.
func joined(a, b Event) Event {
	out := Event{
		ID: b.ID, Kind: a.Kind, Text: lines(strings.TrimSpace(a.Text), strings.TrimSpace(b.Text)),
		Burst: a.Burst + b.Burst, Files: slices.Concat(a.Files, b.Files), At: b.At,
	}
	for _, kind := range []EventKind{Said, Heard, Attached} { // the last of them that is there wins
		if a.Kind == kind || b.Kind == kind {
			out.Kind = kind
		}
	}
	return out
}

// Pause is how long a worker waits after a message that is not complete for what comes next.
const Pause = 2 * time.Second

// Complete reports whether an event can be answered at once. A greeting, or "somos 4" out of the blue, may be the beginning of a
// burst: answered after a short Pause, it is answered once.
func (s State) Complete(e Event, f Facts) bool {
	if e.Kind != Said || e.Choice != "" || utf8.RuneCountInString(e.Text) > 60 || strings.ContainsRune(e.Text, '?') {
		return true
	}
	t := begin(s, e, f, e.At)
	t.m = t.read(e.Text)
	m := t.m
	switch m.Intent {
	case understanding.Greeting:
		return false
	case understanding.Availability, understanding.Unknown:
	default:
		return true
	}
	if !says(m) {
		return m.Intent != understanding.Unknown
	}
	if t.open() {
		return true // it is an answer
	}
	t.merge()
	return t.Wanted.whole()
}
