package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

func TestTheHealthOfMessagesOverWhatsApp(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	health := func(now time.Time) outbox.Health {
		t.Helper()
		h, err := b.Messages.Health(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	expect := func(what string, got outbox.Health, waiting int, halted string, refused int) {
		t.Helper()
		if got.Waiting != waiting || got.Halted != halted || got.Refused != refused {
			t.Errorf("%s: %+v", what, got)
		}
	}
	expect("nothing", health(noon), 0, "", 0)
	id := b.known(t, ana)
	b.say(t, id, "a", "b")
	expect("two wait", health(noon), 2, "", 0)
	turn, _ := b.next(t, id, "me", noon)
	b.unsaid(t, turn, outbox.Ending{Class: "alarm", Next: noon.Add(time.Minute)}, noon)
	expect("the account is locked", health(noon), 2, "alarm", 0)
	turn, _ = b.next(t, id, "me", noon.Add(time.Minute))
	b.unsaid(t, turn, outbox.Ending{Class: "token_dead", Next: noon.Add(2 * time.Minute)}, noon.Add(time.Minute))
	expect("the token is dead", health(noon), 2, "token_dead", 0)
	turn, _ = b.next(t, id, "me", noon.Add(2*time.Minute))
	b.unsaid(t, turn, outbox.Ending{Class: "template_down", Code: 132001}, noon.Add(2*time.Minute))
	expect("a template is refused", health(noon.Add(24*time.Hour)), 1, "", 1)
	expect("that was yesterday", health(noon.Add(25*time.Hour)), 1, "", 0)
}

func TestWhatMetaBillsIsCountedByMonth(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	id := b.known(t, ana)
	b.exec(t, `insert into messages (contact_id, kind, recipient, channel, dedupe_key, status, sent_at, created_at, billed_at, billed_category)
		select $1, 'note', 'guest', 'whatsapp', n::text, 'sent', $2, $2, at, category
		from (values (1, '2026-10-31T23:59:59Z'::timestamptz, 'utility'), (2, '2026-11-01T00:00:00Z', 'utility'), (3, '2026-11-30T23:59:59Z', 'utility'),
			(4, '2026-12-01T00:00:00Z', 'utility'), (5, '2026-12-01T11:00:00Z', 'marketing'), (6, null, '')) v (n, at, category)`, id, noon)
	h, err := b.Messages.Health(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	november, december := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	want := []outbox.Billed{
		{Month: november, Category: "utility", Messages: 2}, {Month: december, Category: "marketing", Messages: 1}, {Month: december, Category: "utility", Messages: 1},
	}
	if !slices.Equal(h.Billed, want) {
		t.Errorf("%+v", h.Billed)
	}
}
