package postgres_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestARefundIsARowThenACallThenAnOutcome(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	b.settle(t, paid(r, 143, r.Deposit), noon)
	if _, err := b.Payments.Cancel(t.Context(), r.Code, payment.ByOwner, "admin:marta@example.com", "", nil, noon); err != nil {
		t.Fatal(err)
	}
	id := one[int64](t, b.bundle, `select id from refunds`)
	row, claimed, err := b.Payments.RefundSent(t.Context(), id, noon)
	if err != nil || !claimed || row.Payment != "143" || row.Amount != r.Deposit || row.State != payment.RepaymentSent || !row.FirstSent.IsZero() || row.ReservationCode != r.Code {
		t.Fatalf("%v %+v, %v", claimed, row, err)
	}
	if _, claimed, err := b.Payments.RefundSent(t.Context(), id, noon.Add(time.Minute)); claimed || err != nil {
		t.Errorf("two at once, %v", err)
	}
	if due, err := b.Payments.RefundDue(t.Context(), noon.Add(2*time.Minute), 10); err != nil || len(due) != 1 {
		t.Errorf("nobody came back from it: %v, %v", due, err)
	}
	row, claimed, err = b.Payments.RefundSent(t.Context(), id, noon.Add(2*time.Minute))
	if err != nil || !claimed || !row.FirstSent.Equal(noon) || row.Attempts != 1 {
		t.Errorf("%v %+v, %v", claimed, row, err)
	}
	end := payment.RepaymentEnd{State: payment.RepaymentQueued, Failure: "payments_unavailable", Next: noon.Add(10 * time.Minute)}
	if _, err := b.Payments.RefundEnded(t.Context(), id, end, "mercadopago", noon.Add(3*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, claimed, _ := b.Payments.RefundSent(t.Context(), id, noon.Add(9*time.Minute)); claimed {
		t.Error("too early")
	}
	if _, claimed, _ := b.Payments.RefundSent(t.Context(), id, noon.Add(10*time.Minute)); !claimed {
		t.Error("now it is time")
	}
	end = payment.RepaymentEnd{State: payment.RepaymentDone, Refund: payment.Refund{ID: "9", Amount: r.Deposit, Status: payment.RefundApproved}}
	for range 2 {
		out, err := b.Payments.RefundEnded(t.Context(), id, end, "mercadopago", noon.Add(11*time.Minute))
		if err != nil || out.Reservation.Paid != 0 || out.Reservation.PaymentStatus != booking.PaymentRefunded {
			t.Errorf("%+v, %v", out.Reservation, err)
		}
	}
	if kinds := b.kinds(t, r.Code); !slices.Contains(kinds, "refund_done") {
		t.Errorf("messages %v", kinds)
	}
	done, err := b.Payments.Repayment(t.Context(), id)
	if err != nil || done.State != payment.RepaymentDone || done.ProviderID != "9" || !done.DoneAt.Equal(noon.Add(11*time.Minute)) {
		t.Errorf("%+v, %v", done, err)
	}
	b.balanced(t)
	// What the provider says in the end is the same.
	p := paid(r, 143, r.Deposit)
	p.Status, p.Refunded, p.LastUpdated = payment.Refunded, r.Deposit, noon.Add(11*time.Minute)
	b.settle(t, p, noon.Add(12*time.Minute))
	if got := b.state(t, r.Code); got != "cancelled refunded 0.00" {
		t.Error(got)
	}
	b.balanced(t)
	if _, err := b.Payments.RefundEnded(t.Context(), 999, end, "x", noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, _, err := b.Payments.RefundSent(t.Context(), 999, noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestMoneyThatCameByHandGoesBackByHand(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	// An operator has written what was paid by hand, before or beside the program.
	b.exec(t, `update reservations set status = 'confirmed', paid_amount = 10200, payment_status = 'partially_paid'`)
	if _, err := b.Payments.Cancel(t.Context(), r.Code, payment.ByOwner, "admin:marta@example.com", "", nil, noon); err != nil {
		t.Fatal(err)
	}
	b.balanced(t)
	undone, err := b.Payments.RefundsUndone(t.Context(), 0, 10)
	if err != nil || len(undone) != 1 || !undone[0].ByHand || undone[0].Amount != 1020000 || undone[0].ReservationCode != r.Code {
		t.Fatalf("%+v, %v", undone, err)
	}
	if _, claimed, err := b.Payments.RefundSent(t.Context(), undone[0].ID, noon.Add(time.Hour)); claimed || err != nil {
		t.Errorf("nobody else gives it back: %v", err)
	}
	if slices.ContainsFunc(b.jobs(t), func(job string) bool { return strings.HasPrefix(job, "payment_return ") }) {
		t.Errorf("jobs %v", b.jobs(t))
	}
	out, err := b.Payments.RefundEnded(t.Context(), undone[0].ID, payment.RepaymentEnd{State: payment.RepaymentDone}, "admin:marta@example.com", noon.Add(time.Hour))
	if err != nil || out.Reservation.Paid != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	b.balanced(t)
	// And where he writes less than the ledger knows of, the ledger is right.
	b.exec(t, `update reservations set paid_amount = -5`)
	if _, err := b.Payments.Resettle(t.Context(), r.Code, noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	b.balanced(t)
}
