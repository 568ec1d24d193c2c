package postgres_test

import (
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func (b *till) health(t *testing.T, now time.Time) payment.Health {
	t.Helper()
	h, err := b.Payments.Health(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHealthCountsRefundsUntilTheyAreDone(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	b.settle(t, paid(r, 143, r.Total), noon)
	if _, err := b.Payments.Cancel(t.Context(), r.Code, payment.ByOwner, "marta", "", nil, noon); err != nil {
		t.Fatal(err)
	}
	undone := func(now time.Time) payment.Health {
		h := b.health(t, now)
		h.MessagesQueued, h.MessagesLate = 0, 0
		return h
	}
	for after, want := range map[time.Duration]payment.Health{
		time.Hour - time.Second: {RefundsUndone: 1}, time.Hour: {RefundsUndone: 1, RefundsLate: 1},
	} {
		if got := undone(noon.Add(after)); got != want {
			t.Errorf("after %s: %+v", after, got)
		}
	}
	id := one[int64](t, b.bundle, `select id from refunds`)
	if _, err := b.Payments.RefundEnded(t.Context(), id, payment.RepaymentEnd{State: payment.RepaymentFailed, Failure: "refused"}, "refund", noon); err != nil {
		t.Fatal(err)
	}
	if got := undone(noon); got != (payment.Health{RefundsUndone: 1, RefundsFailing: 1}) {
		t.Errorf("refused: %+v", got)
	}
	b.exec(t, `update refunds set by_hand = true, next_attempt_at = null where state = 'queued'`)
	if got := undone(noon.Add(2 * time.Hour)); got != (payment.Health{RefundsUndone: 1, RefundsByHand: 1}) {
		t.Errorf("by hand: %+v", got)
	}
	id = one[int64](t, b.bundle, `select id from refunds where by_hand`)
	if _, err := b.Payments.RefundEnded(t.Context(), id, payment.RepaymentEnd{State: payment.RepaymentDone}, "marta", noon); err != nil {
		t.Fatal(err)
	}
	if got := undone(noon.Add(2 * time.Hour)); got != (payment.Health{}) {
		t.Errorf("done: %+v", got)
	}
}

func TestHealthCountsMessagesThatNobodyGets(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	id := b.tell(t, r, "a", notice.Confirmed, notice.Facts{Now: noon})
	noAddress := b.tell(t, r, "b", notice.Confirmed, notice.Facts{Now: noon})
	expect := func(what string, now time.Time, want payment.Health) {
		t.Helper()
		if got := b.health(t, now); got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	failed := func(id int64, class string, next, now time.Time) {
		t.Helper()
		if err := b.Messages.Failed(t.Context(), id, class, next, now); err != nil {
			t.Fatal(err)
		}
	}
	expect("written", noon.Add(59*time.Minute), payment.Health{MessagesQueued: 2})
	expect("an hour later", noon.Add(time.Hour), payment.Health{MessagesQueued: 2, MessagesLate: 2})
	failed(noAddress, "no_address", time.Time{}, noon)
	failed(b.tell(t, r, "c", notice.HoldMade, notice.Facts{Now: noon}), "late", time.Time{}, noon)
	b.claim(t, id, noon.Add(time.Hour))
	failed(id, "temporary", noon.Add(2*time.Hour), noon.Add(time.Hour))
	expect("tried", noon.Add(119*time.Minute), payment.Health{MessagesFailed: 1})
	expect("tried an hour ago", noon.Add(2*time.Hour), payment.Health{MessagesFailed: 1, MessagesLate: 1})
	lost := noon.Add(25 * time.Hour)
	failed(id, "temporary", time.Time{}, lost)
	expect("given up", lost.Add(24*time.Hour-time.Second), payment.Health{MessagesGivenUp: 1})
	expect("given up long ago", lost.Add(24*time.Hour), payment.Health{})
	if err := b.Messages.Again(t.Context(), id, lost); err != nil {
		t.Fatal(err)
	}
	expect("to be sent again", lost.Add(59*time.Minute), payment.Health{MessagesQueued: 1})
	if err := b.Messages.Sent(t.Context(), id, "", lost); err != nil {
		t.Fatal(err)
	}
	expect("sent", lost.Add(3*time.Hour), payment.Health{})
}
