package converse

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// said is something that a person has done, as it is answered.
type said struct {
	inboxID int64
	message chat.Inbound
	event   conversation.Event
	media   []string // the files that came with it
	parts   []said   // of what was written at once: each by itself
	echo    bool     // the owner wrote to him
	skip    bool     // it asks for nothing, and changes nothing
}

// read is what a session has to answer, in order. What nobody can read is settled with the rest.
func (w *worker) read(s conversation.Session) []said {
	var all []said
	for _, p := range s.Pending {
		var m chat.Inbound
		if err := json.Unmarshal(p.Payload, &m); err != nil {
			w.Log.Error().Str("function", Spec.Name).Int64("inbox", p.InboxID).Msg("what was kept of a message cannot be read")
			continue
		}
		if m.At.IsZero() {
			m.At = p.At
		}
		if m.ID == "" {
			m.ID = "inbox " + strconv.FormatInt(p.InboxID, 10)
		}
		one := said{inboxID: p.InboxID, message: m, event: conversation.Event{ID: m.ID, At: m.At, Text: m.Text}}
		one.event.Kind = conversation.Wordless
		switch m.Kind {
		case chat.KindText:
			one.event.Kind = conversation.Said
		case chat.KindReply:
			one.event.Kind, one.event.Choice = conversation.Said, m.ReplyID
		case chat.KindAudio:
			one.event.Kind = conversation.Heard // if somebody can
		case chat.KindImage, chat.KindDocument:
			one.event.Kind = conversation.Attached
		case chat.KindUnsupported, chat.KindVideo, chat.KindOrder:
			one.event.Kind = conversation.Unreadable
		case chat.KindEcho:
			one.echo = true
		case chat.KindSystem, chat.KindRevoke, chat.KindWelcome, chat.KindReaction, chat.KindEdit, chat.KindOther:
			one.skip = true
		}
		if m.Kind == chat.KindEdit || m.Kind == chat.KindRevoke {
			amend(all, m)
		}
		all = append(all, one)
	}
	return all
}

// amend has a message say what its sender has made of it before anybody answered: something else, or nothing. What has been
// answered stays as it was.
func amend(before []said, m chat.Inbound) {
	for n := range before {
		one := &before[n]
		if one.message.ID != m.Context || one.event.Kind != conversation.Said || one.event.Choice != "" {
			continue
		}
		one.event.Text = m.Text
		one.skip = m.Kind == chat.KindRevoke || m.Text == ""
	}
}

// events are what a guest has done, as conversation.Events has it, each with the last message that it is made of. Voice notes are
// heard first.
func (v *visit) events(ctx context.Context, written []said) []said {
	ctx, cancel := context.WithTimeout(ctx, hearTimeout)
	defer cancel()
	batch := make([]chat.Inbound, len(written))
	for n, one := range written {
		batch[n] = one.message
		if one.event.Kind == conversation.Heard {
			batch[n].Text = v.hear(ctx, one)
		}
	}
	var all []said
	next := 0
	for _, e := range conversation.Events(batch, v.Now()) {
		last := slices.IndexFunc(written, func(w said) bool { return w.message.ID == e.ID })
		one := said{inboxID: written[last].inboxID, message: written[last].message, event: e}
		if last >= next {
			one.parts, next = written[next:last+1], last+1
		}
		for _, w := range written {
			if w.message.Media != nil && slices.Contains(e.Files, w.message.ID) {
				one.media = append(one.media, w.message.Media.ID)
			}
		}
		all = append(all, one)
	}
	return all
}

// pause is how long a guest should be left to go on: who has only begun to say something, and that a moment ago.
func (w *worker) pause(s conversation.Session, written []said) time.Duration {
	if w.BurstWait <= 0 || len(written) == 0 || s.State.Step != conversation.Idle || w.Owner != nil && w.isOwner(s.Phone) {
		return 0
	}
	last, text := written[len(written)-1], ""
	for _, one := range written {
		if one.event.Kind != conversation.Said || one.event.Choice != "" || one.echo || one.skip {
			return 0
		}
		text += one.event.Text + "\n"
	}
	// The provider's time is in whole seconds, of which its half is the best guess.
	left := w.BurstWait - w.Now().Sub(last.message.At.Add(time.Second/2))
	if left <= 0 || left > w.BurstWait+skew || !w.begins(text) {
		return 0
	}
	return min(left, w.BurstWait)
}

// skew is how far the provider's clock may be ahead of ours before it is not worth being patient by it.
const skew = 3 * time.Second

// maxBeginning is how many characters a text has at most that may be only the beginning of what somebody wants to say.
const maxBeginning = 40

// begins reports whether a text asks for nothing that could be answered as it is: a greeting, or a part of a stay.
func (w *worker) begins(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text, "?¿") || utf8.RuneCountInString(text) > maxBeginning {
		return false
	}
	m := understanding.Read(text, understanding.Context{Today: civil.Of(w.Now(), argentina), Holidays: w.Holidays})
	switch m.Intent {
	case understanding.Greeting:
		return true
	case understanding.Unknown, understanding.Availability, understanding.Price, understanding.Book:
		whole := !m.CheckIn.IsZero() && !m.CheckOut.IsZero() && m.Guests != nil
		return !whole && !m.Restart && m.Ask == "" && len(m.Topics) == 0 && !m.Photos && m.Code == ""
	default:
		return false
	}
}

// argentina is where cabins are that do not say.
var argentina = time.FixedZone("ART", -3*60*60)

// isOwner reports whether a phone is one of the owners', be it written with the 9 or without.
func (w *worker) isOwner(phone string) bool {
	number, ok := chat.NormalizeNumber(phone)
	if phone == "" || !ok {
		return false
	}
	for _, owner := range w.Owners {
		if its, ok := chat.NormalizeNumber(owner); ok && chat.SameNumber(its, number) {
			return true
		}
	}
	return false
}
