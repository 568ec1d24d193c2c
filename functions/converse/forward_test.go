package converse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
)

// forwarded is what owners were told that guests had written to them, each with how she is named.
func (b *bundle) forwarded(t *testing.T) []string {
	t.Helper()
	return list[string](t, b, `
		select (facts->'Contact'->>'Name') || ' (' || (facts->>'Chat') || '): ' || (facts->>'Reason') from messages where kind = 'owner_guest_wrote' order by id`)
}

func TestWhatAGuestWritesToTheOwnerIsBroughtToHim(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.say(t, ana, "quiero hablar con una persona")
	b.arrive(t, text(ana, "llego tarde"))
	b.work(t, b.arrive(t, text(ana, "tipo 23 hs")))
	b.does(t, chat.Inbound{From: ana, Kind: chat.KindImage, Type: "image", Text: "mirá", Media: &chat.Media{ID: "M1", MIME: "image/jpeg"}})
	b.does(t, chat.Inbound{From: ana, Kind: chat.KindAudio, Type: "audio", Media: &chat.Media{ID: "M2", MIME: "audio/ogg", Voice: true}})
	b.does(t, chat.Inbound{From: ana, Kind: chat.KindDocument, Type: "document", Media: &chat.Media{ID: "M3", MIME: "application/pdf"}})
	for _, kind := range []chat.Kind{chat.KindReaction, chat.KindSticker, chat.KindSystem, chat.KindRevoke} {
		b.does(t, chat.Inbound{From: ana, Kind: kind, Text: "👍"})
	}
	who := "Ana Pérez (#" + one[string](t, b, `select id::text from contacts`) + "): "
	want := []string{who + "llego tarde tipo 23 hs", who + "(mandó una foto) mirá", who + "(mandó un audio)", who + "(mandó un documento)"}
	if got := b.forwarded(t); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	b.press(t, ana, "bot")
	b.say(t, ana, asked)
	if got := b.forwarded(t); len(got) != len(want) {
		t.Errorf("the bot answers her again, and the owner is told %q", got[len(want):])
	}
	if n := one[int](t, b, `select count(*)::int from messages m join inbox i on m.dedupe_key = 'owner_guest_wrote:' || i.id`); n != len(want) {
		t.Errorf("%d are named by what made them necessary", n)
	}
}

func TestAfterTheOwnersAnswerAGuestIsBroughtToHimByHerReservation(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	b.say(t, ana, "hola")
	code := b.keep(t, 3, 8, booking.ApprovalNone)
	b.orders(t, "responder "+code+" te espero a las 14")
	b.say(t, ana, "dale, y cómo llego?")
	if got := b.forwarded(t); !slices.Equal(got, []string{"Ana Pérez (" + code + "): dale, y cómo llego?"}) {
		t.Errorf("%q", got)
	}
}

func TestAnOwnerIsNotFloodedByOneGuest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.say(t, ana, "quiero hablar con una persona")
	for n := range 24 {
		b.say(t, ana, fmt.Sprint("y otra cosa ", n))
	}
	got := b.forwarded(t)
	if len(got) != 21 || !strings.Contains(got[20], "… y más") || strings.Contains(got[19], "… y más") {
		t.Errorf("%d: %q", len(got), got)
	}
	b.move(time.Hour)
	b.say(t, ana, "seguís ahí?")
	if again := b.forwarded(t)[len(got):]; len(again) != 1 || !strings.HasSuffix(again[0], "seguís ahí?") {
		t.Errorf("%q", again)
	}
}

func TestWhatIsWorkedTwiceIsBroughtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.say(t, ana, "quiero hablar con una persona")
	var job conversation.Talk
	for range 3 {
		job = b.arrive(t, text(ana, "sigo acá"))
	}
	b.work(t, job)
	b.work(t, job)
	if got := b.forwarded(t); len(got) != 1 || strings.Count(got[0], "sigo acá") != 3 {
		t.Errorf("%q", got)
	}
}
