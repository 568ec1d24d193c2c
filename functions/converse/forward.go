package converse

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// forward tells the owners what a guest has written to them: while they answer him nobody else does. What came at once is one
// message; see maxForwards for how many there are.
func (v *visit) forward(ctx context.Context, state conversation.State, mine []said) error {
	var words []string
	for _, one := range mine {
		words = append(words, told(one))
	}
	text := strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
	if text == "" {
		return nil
	}
	last := mine[len(mine)-1].inboxID
	switch n := v.forwards.count(v.session.ContactID, last, v.Now()); {
	case n > maxForwards:
		return nil
	case n == maxForwards:
		text = chat.Cut(text, mostForwarded) + " … y más (el resto de esta hora no te lo reenvío)."
	}
	stays, err := v.Conversations.Stays(ctx, v.session.ContactID, v.Now(), maxStays)
	if err != nil {
		return err
	}
	code := ""
	for _, s := range stays {
		if s.Reservation.Code == state.Code || code == "" && s.Status.Live() {
			code = s.Reservation.Code
		}
	}
	return v.inform(ctx, v.session, notice.OwnerGuestWrote, last, code, text)
}

// told is what somebody sent, in words; "" = nothing that anybody need be told.
func told(one said) string {
	m := one.message
	if m.GroupID != "" || one.echo || one.skip && m.Kind != chat.KindEdit {
		return ""
	}
	what := map[chat.Kind]string{
		chat.KindAudio: "(mandó un audio)", chat.KindImage: "(mandó una foto)", chat.KindDocument: "(mandó un documento)", chat.KindVideo: "(mandó un video)",
		chat.KindLocation: "(mandó una ubicación)", chat.KindContacts: "(mandó un contacto)", chat.KindOrder: "(mandó un pedido)",
		chat.KindUnsupported: "(mandó algo que no se puede ver acá)",
	}[m.Kind]
	text := strings.TrimSpace(one.event.Text)
	switch {
	case m.Kind == chat.KindText, m.Kind == chat.KindReply, m.Kind == chat.KindEdit:
		return text
	case what == "", text == "", m.Kind == chat.KindLocation, m.Kind == chat.KindContacts:
		return what
	}
	return what + " " + text
}

const (
	// maxForwards is how many messages of one guest the owners are told of in an hour; the last of them says that there are more.
	maxForwards = 21
	// mostForwarded is how much of that last one they are told.
	mostForwarded = 300
)

// forwards counts what owners are told of each guest. It is of this process: another that counts anew does no harm.
type forwards struct {
	mu sync.Mutex
	of map[int64]forwarded
}

type forwarded struct {
	since time.Time
	last  int64 // by inbox id: asked again about the same, it is the same
	n     int
}

// count is how many there have been in this hour, with this one.
func (f *forwards) count(contactID, inboxID int64, now time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil || len(f.of) > 10_000 { // nobody answers so many guests at once
		f.of = map[int64]forwarded{}
	}
	one := f.of[contactID]
	if now.Sub(one.since) >= time.Hour {
		one = forwarded{since: now}
	}
	if one.last != inboxID {
		one.last, one.n = inboxID, one.n+1
	}
	f.of[contactID] = one
	return one.n
}

// silent reports whether a person answers the guest, and nobody else.
func silent(s conversation.State, now time.Time) bool {
	return s.Step == conversation.HandedOver && now.Before(s.Until)
}
