package conversation_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
)

func TestWhatIsSentInARowIsOneEvent(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 24, 10, 0, 0, 0, time.UTC)
	at := func(ago time.Duration) time.Time { return now.Add(-ago) }
	text := func(id, text string, ago time.Duration) chat.Inbound {
		return chat.Inbound{ID: id, Kind: chat.KindText, Text: text, At: at(ago)}
	}
	of := func(id string, kind chat.Kind, text string) chat.Inbound {
		return chat.Inbound{ID: id, Kind: kind, Text: text, At: now}
	}
	pressed := chat.Inbound{ID: "p", Kind: chat.KindReply, ReplyID: "1:menu", ReplyTitle: "Menú", At: now}
	about := func(i chat.Inbound, id string) chat.Inbound {
		i.Context = id
		return i
	}
	for _, c := range []struct {
		name  string
		batch []chat.Inbound
		want  []conversation.Event
	}{
		{"nothing", nil, nil},
		{"three texts", []chat.Inbound{text("a", "hola", 9*time.Second), text("b", " somos 4\n", 5*time.Second), text("c", "para el finde", 0)}, []conversation.Event{
			{ID: "c", Kind: conversation.Said, Text: "hola\nsomos 4\npara el finde", Burst: 3, At: now},
		}},
		{"a button between texts", []chat.Inbound{text("a", "hola", 0), pressed, text("b", "y?", 0)}, []conversation.Event{
			{ID: "a", Kind: conversation.Said, Text: "hola", Burst: 1, At: now},
			{ID: "p", Kind: conversation.Said, Text: "Menú", Choice: "1:menu", Burst: 1, At: now},
			{ID: "b", Kind: conversation.Said, Text: "y?", Burst: 1, At: now},
		}},
		{"a voice note among texts is trusted less", []chat.Inbound{text("a", "hola", 0), of("v", chat.KindAudio, "somos 4")}, []conversation.Event{
			{ID: "v", Kind: conversation.Heard, Text: "hola\nsomos 4", Burst: 2, At: now},
		}},
		{"a voice note nobody understood", []chat.Inbound{of("v", chat.KindAudio, " ")}, []conversation.Event{
			{ID: "v", Kind: conversation.NotHeard, Text: " ", Burst: 1, At: now},
		}},
		{"pictures and words", []chat.Inbound{text("a", "ahí va", 0), of("i", chat.KindImage, ""), of("d", chat.KindDocument, "el comprobante")}, []conversation.Event{
			{ID: "d", Kind: conversation.Attached, Text: "ahí va\nel comprobante", Burst: 3, Files: []string{"i", "d"}, At: now},
		}},
		{"one of last week, and one of now", []chat.Inbound{text("a", "hola", 96*time.Hour), text("b", "hola", 0)}, []conversation.Event{
			{ID: "a", Kind: conversation.Said, Text: "hola", Burst: 1, At: at(96 * time.Hour)},
			{ID: "b", Kind: conversation.Said, Text: "hola", Burst: 1, At: now},
		}},
		{"edited and deleted", []chat.Inbound{text("a", "somos 4", 0), text("b", "no, nada", 0), about(of("e", chat.KindEdit, "somos 5"), "a"), about(of("r", chat.KindRevoke, ""), "b")}, []conversation.Event{
			{ID: "a", Kind: conversation.Said, Text: "somos 5", Burst: 1, At: now},
		}},
		{"an edit of what was answered long ago is a text", []chat.Inbound{about(of("e", chat.KindEdit, "somos 5"), "x")}, []conversation.Event{
			{ID: "e", Kind: conversation.Said, Text: "somos 5", Burst: 1, At: now},
		}},
		{"what has no words", []chat.Inbound{of("s", chat.KindSticker, ""), of("r", chat.KindReaction, "❤"), of("l", chat.KindLocation, "")}, []conversation.Event{
			{ID: "l", Kind: conversation.Wordless, Burst: 3, At: now},
		}},
		{"a sticker after a text", []chat.Inbound{text("a", "gracias", 0), of("s", chat.KindSticker, "")}, []conversation.Event{
			{ID: "s", Kind: conversation.Said, Text: "gracias", Burst: 2, At: now},
		}},
		{"what cannot be read", []chat.Inbound{of("u", chat.KindUnsupported, ""), of("v", chat.KindVideo, "")}, []conversation.Event{
			{ID: "v", Kind: conversation.Unreadable, Burst: 2, At: now},
		}},
		{"the words under a video", []chat.Inbound{of("v", chat.KindVideo, "es esta?")}, []conversation.Event{
			{ID: "v", Kind: conversation.Said, Text: "es esta?", Burst: 1, At: now},
		}},
		{"groups, and news of a number", []chat.Inbound{{ID: "g", Kind: chat.KindText, Text: "hola", GroupID: "g1", At: now}, of("y", chat.KindSystem, "changed")}, nil},
		{"the owner himself, and a chat that was opened", []chat.Inbound{of("o", chat.KindWelcome, ""), of("e", chat.KindEcho, "Hola, soy Marta")}, []conversation.Event{
			{ID: "o", Kind: conversation.Opened, Burst: 1, At: now},
			{ID: "e", Kind: conversation.Taken, Text: "Hola, soy Marta", Burst: 1, At: now},
		}},
	} {
		if diff := cmp.Diff(c.want, conversation.Events(c.batch, now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestOnlyWhatMoreMayFollowWaitsForIt(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	for text, want := range map[string]bool{
		"hola": false, "buenas tardes": false, "somos 4": false, "para el finde": false, "Hola, ¿cómo va?": true,
		"hay lugar del 3 al 8 de enero para 4": true, "para el finde somos 4": true, "aceptan mascotas?": true, "cancelar": true, "quiero hablar con una persona": true,
	} {
		e := conversation.Event{Kind: conversation.Said, Text: text, At: p.w.now}
		if got := (conversation.State{}).Complete(e, p.w.facts()); got != want {
			t.Errorf("%q is complete: %t", text, got)
		}
	}
	asked := conversation.State{Step: conversation.AskedGuests}
	if !asked.Complete(conversation.Event{Kind: conversation.Said, Text: "somos 4", At: p.w.now}, p.w.facts()) {
		t.Error("an answer is not complete")
	}
	for _, e := range []conversation.Event{{Kind: conversation.Said, Choice: "1:menu"}, {Kind: conversation.NotHeard}, {Kind: conversation.Attached}} {
		if !(conversation.State{}).Complete(e, p.w.facts()) {
			t.Errorf("%+v is not complete", e)
		}
	}
}
