package outbox_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

func TestATicketIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		turn := outbox.Turn{Delivery: notice.Delivery{ID: rapid.Int64Min(1).Draw(r, "id"), Attempts: rapid.IntRange(1, 1<<30).Draw(r, "attempts")}}
		if id, attempt, ok := outbox.ReadTicket(turn.Data()); !ok || id != turn.ID || attempt != turn.Attempts {
			r.Errorf("%s: %d %d %v", turn.Data(), id, attempt, ok)
		}
	})
	for _, text := range []string{"", ".", "1", "1.", ".1", "0.1", "1.0", "-1.1", "1.-1", "1.1.1", "99999999999999999999.1", "somebody else's"} {
		if _, _, ok := outbox.ReadTicket(text); ok {
			t.Errorf("%q is one of ours", text)
		}
	}
}
