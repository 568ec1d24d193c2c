package payment_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// confirmed is an account on which these were paid in time.
func confirmed(t *testing.T, seen ...payment.Payment) *books {
	t.Helper()
	b := open(account())
	if b.see(t, seen...); b.Reservation.Status != booking.StatusConfirmed {
		t.Fatalf("it is %s", b.Reservation.Status)
	}
	return b
}

// cancel cancels so many days before check-in, whatever was told before then.
func (b *books) cancel(t *testing.T, who payment.Who, daysBefore int, override *money.Cents) payment.Decision {
	t.Helper()
	b.now = b.Reservation.Stay.Nights.From.AddDays(-daysBefore).Time(b.Zone).Add(12 * time.Hour)
	d, err := payment.Cancel(b.Account, who, "lluvia", override, b.now)
	if err != nil {
		t.Fatal(err)
	}
	preview, err := payment.PreviewCancel(b.Account, who, override, b.now)
	if err != nil || preview.Kept != *d.Reservation.Kept || preview.Refund != d.Messages[0].Facts.Refund || preview.Refund+preview.Kept != preview.Paid {
		t.Errorf("the preview says %+v, %v", preview, err)
	}
	b.write(t, d)
	return d
}

func TestACancellationGivesBackWhatThePolicySays(t *testing.T) {
	t.Parallel()
	own := booking.Steps{{DaysBefore: 4, Percent: 80}, {DaysBefore: 0, Percent: 10}}
	for _, c := range []struct {
		policy booking.Policy
		steps  booking.Steps
		days   int
		back   money.Cents // of the deposit
	}{
		{booking.PolicyFlexible, nil, 1, deposit},
		{booking.PolicyModerate, nil, 5, deposit},
		{booking.PolicyModerate, nil, 4, deposit / 2},
		{booking.PolicyStrict, nil, 7, deposit / 2},
		{booking.PolicyStrict, nil, 6, 0},
		{booking.PolicyCustom, own, 4, deposit * 8 / 10},
		{booking.PolicyFlexible, own, 1, deposit / 10},
		{booking.PolicyCustom, nil, 8, 0},
	} {
		b := confirmed(t, approved(1, deposit))
		b.Policy, b.Steps = c.policy, c.steps
		d := b.cancel(t, payment.ByGuest, c.days, nil)
		about := fmt.Sprintf("%s %v %d days before", c.policy, c.steps, c.days)
		var back money.Cents
		for _, r := range d.Refunds {
			back += r.Amount
		}
		if back != c.back || *d.Reservation.Kept != deposit-c.back || d.Reservation.Status != booking.StatusCancelled {
			t.Errorf("%s: %s goes back, %s is kept; want %s", about, back, *d.Reservation.Kept, c.back)
		}
		if diff := cmp.Diff([]string{"cancelled_by_guest", "owner_cancelled"}, kinds(d)); diff != "" {
			t.Errorf("%s:\n%s", about, diff)
		}
		for _, r := range d.Refunds {
			b.end(t, r.Key(), payment.RepaymentDone)
		}
		wanted := map[money.Cents]booking.PaymentStatus{0: "partially_paid", deposit: "refunded"}[c.back]
		if wanted == "" {
			wanted = "partially_refunded"
		}
		if b.Reservation.Paid != deposit-c.back || b.Reservation.PaymentStatus != wanted || b.Reservation.RefundBy(nil, civil.Date{}) != 0 {
			t.Errorf("%s: in the end %s is paid, %s", about, b.Reservation.Paid, b.Reservation.PaymentStatus)
		}
	}
}

func TestRefundsTakeTheLatestPaymentFirst(t *testing.T) {
	t.Parallel()
	b := confirmed(t, approved(1, deposit), approved(2, 100_00), approved(3, 200_00, by(payment.Cash)))
	half := (deposit + 300_00) / 2
	want{
		"cancelled", "partially_paid", deposit + 300_00,
		[]string{
			"cash:hand-143003:1 200.00 cancelled by hand", "mercadopago:143002:1 100.00 cancelled",
			"mercadopago:143001:1 " + (half - 300_00).String() + " cancelled",
		},
		[]string{"cancelled_by_guest", "owner_cancelled", "owner_refund_by_hand"},
		"refund_by_hand",
	}.of(t, b.cancel(t, payment.ByGuest, 2, nil))
	b.row("cash:hand-143003:1").ByHand = true
	want{"cancelled", "partially_refunded", deposit + 100_00, nil, []string{"refund_done"}, ""}.of(t, b.end(t, "cash:hand-143003:1", payment.RepaymentDone))
}

func TestAnOwnerMaySayOtherwise(t *testing.T) {
	t.Parallel()
	for _, back := range []money.Cents{0, 1, deposit} {
		b := confirmed(t, approved(1, deposit))
		d := b.cancel(t, payment.ByOwner, 3, &back)
		if *d.Reservation.Kept != deposit-back || d.Messages[0].Facts.Refund != back || !d.Messages[0].Facts.ByOwner || d.Messages[0].Facts.Reason != "lluvia" {
			t.Errorf("%s: %+v", back, d)
		}
		if diff := cmp.Diff([]string{"cancelled_by_owner", "owner_cancelled"}, kinds(d)); diff != "" {
			t.Errorf("%s:\n%s", back, diff)
		}
	}
	b := confirmed(t, approved(1, deposit))
	for _, c := range []struct {
		who  payment.Who
		back money.Cents
	}{{payment.ByOwner, -1}, {payment.ByOwner, deposit + 1}, {payment.ByGuest, 1}} {
		var f *fault.Error
		if _, err := payment.Cancel(b.Account, c.who, "", &c.back, b.now); !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fields[0].Field != "refund_amount" {
			t.Errorf("%s says %s: %v", c.who, c.back, err)
		}
		if _, err := payment.PreviewCancel(b.Account, c.who, &c.back, b.now); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s is shown %s: %v", c.who, c.back, err)
		}
	}
}

func TestAHoldThatIsCancelledGivesEverythingBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account  payment.Account
		who      payment.Who
		seen     []payment.Payment
		back     []string
		messages []string
	}{
		"by the guest": {account(), payment.ByGuest, []payment.Payment{approved(1, 100_00)}, []string{"100.00"}, []string{"cancelled_by_guest", "owner_cancelled"}},
		"by the owner": {account(), payment.ByOwner, []payment.Payment{approved(1, 100_00)}, []string{"100.00"}, []string{"cancelled_by_owner", "owner_cancelled"}},
		"turned down":  {account(waiting), payment.ByOwner, nil, nil, []string{"approval_rejected", "owner_cancelled"}},
		"turned down with money in": {
			account(waiting), payment.ByOwner, []payment.Payment{approved(1, deposit)}, []string{deposit.String()}, []string{"cancelled_by_owner", "owner_cancelled"},
		},
		"dollars": {account(), payment.ByGuest, []payment.Payment{approved(1, total, inDollars)}, []string{total.String()}, []string{"cancelled_by_guest", "owner_cancelled"}},
	} {
		b := open(c.account)
		b.Policy = booking.PolicyStrict
		b.see(t, c.seen...)
		d, err := payment.Cancel(b.Account, c.who, "", nil, b.now)
		if err != nil {
			t.Fatal(err)
		}
		b.write(t, d)
		var back []string
		for _, r := range d.Refunds {
			back = append(back, r.Amount.String())
		}
		if diff := cmp.Diff(c.back, back) + cmp.Diff(c.messages, kinds(d)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	if _, err := payment.Cancel(account(lapsed), payment.ByGuest, "", nil, noon); !errors.Is(err, booking.ErrInvalidState) {
		t.Errorf("a lapsed hold is cancelled: %v", err)
	}
	begun := confirmed(t, approved(1, deposit))
	begun.now = begun.Reservation.Stay.Nights.From.Time(begun.Zone)
	if _, err := payment.Cancel(begun.Account, payment.ByGuest, "", nil, begun.now); !errors.Is(err, booking.ErrInvalidState) {
		t.Errorf("a stay that has begun is cancelled by the guest: %v", err)
	}
	if _, err := payment.Cancel(begun.Account, payment.ByOwner, "", nil, begun.now); err != nil {
		t.Errorf("nor by the owner: %v", err)
	}
}

func TestWhatIsPaidForACancelledReservationGoesBack(t *testing.T) {
	t.Parallel()
	b := confirmed(t, approved(1, deposit))
	b.cancel(t, payment.ByGuest, 2, nil)
	want{
		"cancelled", "paid", deposit + total,
		[]string{"mercadopago:143002:1 34000.00 cancelled_late"},
		[]string{"cancelled_refunded", "owner_cancelled_refunded"},
		"",
	}.of(t, b.see(t, approved(2, total, func(p *payment.Payment) { p.DateApproved = b.now.Add(time.Minute) })))
	for _, key := range []string{"mercadopago:143001:1", "mercadopago:143002:1"} {
		b.end(t, key, payment.RepaymentDone)
	}
	if b.Reservation.Paid != deposit/2 || b.Reservation.PaymentStatus != booking.PaymentPartiallyRefunded {
		t.Errorf("in the end %s is paid, %s", b.Reservation.Paid, b.Reservation.PaymentStatus)
	}
}

func TestWhatCameBeforeACancellationByHandIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := confirmed(t, approved(1, deposit))
	b.now = noon.Add(time.Hour)
	b.Reservation.Status, b.Reservation.CancelledAt = booking.StatusCancelled, b.now // by SQL
	if d := b.settle(t); !d.Empty() {
		t.Fatalf("%+v", d)
	}
	after := func(p *payment.Payment) { p.DateApproved = b.now.Add(time.Minute) }
	if d := b.see(t, approved(2, 700, after), approved(3, 300, after, inDollars)); len(b.Refunds) != 2 || b.Refunds[0].Amount != 700 || b.Refunds[1].Amount != 300 {
		t.Errorf("%+v", d)
	}
}

func TestWhatTheProviderRefusesIsTriedAgainAndThenLeftToTheOwner(t *testing.T) {
	t.Parallel()
	b := open(account(lapsed, taken))
	b.see(t, approved(1, deposit))
	var waits []time.Duration
	told := map[string]int{}
	for n := 1; n <= 7; n++ {
		key := fmt.Sprintf("mercadopago:143001:%d", n)
		d := b.end(t, key, payment.RepaymentFailed)
		for _, m := range d.Messages {
			told[string(m.Kind)]++
		}
		if len(d.Refunds) != 1 || d.Refunds[0].Amount != deposit || d.Refunds[0].Retries != n || d.Refunds[0].Because != payment.BecauseLate {
			t.Fatalf("after %d refusals: %+v", n, d.Refunds)
		}
		if d.Refunds[0].ByHand != (n == 7) {
			t.Fatalf("after %d refusals: %+v", n, d.Refunds[0])
		}
		if n < 7 {
			waits = append(waits, d.Refunds[0].NotBefore.Sub(b.now))
			b.now = d.Refunds[0].NotBefore
		}
	}
	if diff := cmp.Diff("[1h0m0s 2h0m0s 4h0m0s 8h0m0s 16h0m0s 24h0m0s]", fmt.Sprint(waits)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"owner_refund_failing": 1, "owner_refund_by_hand": 1}, told); diff != "" {
		t.Error(diff)
	}
	want{"expired", "refunded", 0, nil, []string{"refund_done"}, ""}.of(t, b.end(t, "mercadopago:143001:8", payment.RepaymentDone))
}

func TestARefundThatWorksInTheEndIsToldToTheOwnerToo(t *testing.T) {
	t.Parallel()
	b := open(account(lapsed, taken))
	b.see(t, approved(1, deposit))
	want{
		"expired", "partially_paid", deposit, []string{"mercadopago:143001:2 10200.00 late"}, []string{"owner_refund_failing"}, "refund_failing",
	}.of(t, b.end(t, "mercadopago:143001:1", payment.RepaymentFailed))
	b.end(t, "mercadopago:143001:2", payment.RepaymentSent)
	b.end(t, "mercadopago:143001:2", payment.RepaymentInProcess)
	want{"expired", "refunded", 0, nil, []string{"refund_done", "owner_refund_done"}, ""}.of(t, b.end(t, "mercadopago:143001:2", payment.RepaymentDone))
}

func TestWhatOthersGiveBackIsNotGivenBackAgain(t *testing.T) {
	t.Parallel()
	b := open(account(lapsed, taken))
	b.see(t, approved(1, deposit))
	d := b.see(t, paying(1, payment.Refunded, deposit, at(1), func(p *payment.Payment) { p.Refunded = deposit }))
	want{"expired", "refunded", 0, nil, []string{"refund_done", "owner_payment_refunded"}, ""}.of(t, d)
	if diff := cmp.Diff([]string{"mercadopago:143001:1"}, d.Withdrawn); diff != "" {
		t.Error(diff)
	}

	part := confirmed(t, approved(1, total), approved(2, 100_00))
	d = part.see(t, approved(2, 100_00, at(1), func(p *payment.Payment) { p.Refunded = 30_00 }))
	if part.row("mercadopago:143002:1").State != payment.RepaymentWithdrawn || len(d.Refunds) != 1 || d.Refunds[0].Amount != 70_00 {
		t.Errorf("%+v", d)
	}
}

func TestARefundWhoseAnswerWasLostIsOurs(t *testing.T) {
	t.Parallel()
	b := open(account(lapsed, taken))
	b.see(t, approved(1, deposit))
	b.end(t, "mercadopago:143001:1", payment.RepaymentSent)
	want{"expired", "refunded", 0, nil, nil, ""}.of(t, b.see(t, paying(1, payment.Refunded, deposit, at(1), func(p *payment.Payment) { p.Refunded = deposit })))
	b.row("mercadopago:143001:1").State = payment.RepaymentDone
	want{"expired", "refunded", 0, nil, []string{"refund_done"}, ""}.of(t, b.settle(t))
}

func TestADoneRefundCountsBeforeThePaymentSaysSo(t *testing.T) {
	t.Parallel()
	b := open(account(lapsed, taken))
	b.see(t, approved(1, deposit))
	b.row("mercadopago:143001:1").State = payment.RepaymentDone
	want{"expired", "refunded", 0, nil, []string{"refund_done"}, ""}.of(t, b.settle(t))
	if d := b.see(t, paying(1, payment.Refunded, deposit, at(1), func(p *payment.Payment) { p.Refunded = deposit })); !d.Empty() {
		t.Errorf("it counts twice: %+v", d)
	}
}

func TestAnExcessIsKeptWhenAnotherPaymentIsChargedBack(t *testing.T) {
	t.Parallel()
	b := confirmed(t, approved(1, total), approved(2, 100_00))
	d := b.see(t, paying(1, payment.ChargedBack, total, at(1)))
	if diff := cmp.Diff([]string{"mercadopago:143002:1"}, d.Withdrawn); diff != "" || d.Refunds != nil {
		t.Fatalf("%s: %+v", diff, d.Refunds)
	}
	want{"confirmed", "partially_refunded", 100_00, nil, []string{"owner_chargeback", "payment_received", "owner_payment_received"}, "charged_back"}.of(t, d)
	d = b.see(t, approved(1, total, at(2)))
	want{
		"confirmed", "paid", total + 100_00,
		[]string{"mercadopago:143002:2 100.00 excess"},
		[]string{"owner_dispute_over", "excess_refunded", "owner_excess_refunded"},
		"",
	}.of(t, d)

	partly := confirmed(t, approved(1, 100_00), approved(2, total))
	partly.see(t, approved(3, 500_00))
	d = partly.see(t, paying(1, payment.ChargedBack, 100_00, at(1)))
	if diff := cmp.Diff([]string{"mercadopago:143003:1"}, d.Withdrawn); diff != "" || len(d.Refunds) != 1 || d.Refunds[0].Amount != 400_00 {
		t.Errorf("%s: %+v", diff, d.Refunds)
	}
}

func TestWhatFailedAndIsNotNeededAnyMoreIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	b := confirmed(t, approved(1, total), approved(2, 100_00))
	b.row("mercadopago:143002:1").State = payment.RepaymentFailed // and nobody has settled that yet
	if d := b.see(t, paying(1, payment.ChargedBack, total, at(1))); d.Refunds != nil {
		t.Errorf("%+v", d.Refunds)
	}
}

func TestWhatFailedForAnotherReasonGoesBackWhenAllDoes(t *testing.T) {
	t.Parallel()
	b := open(account(waiting))
	b.see(t, approved(1, total), approved(2, 100_00))
	b.row("mercadopago:143002:1").State = payment.RepaymentFailed
	b.Payments[0], _ = payment.Merge(b.Payments[0], paying(1, payment.ChargedBack, total, at(1)))
	d, err := payment.Cancel(b.Account, payment.ByOwner, "", nil, b.now)
	if err != nil || len(d.Refunds) != 1 || d.Refunds[0].Amount != 100_00 || d.Refunds[0].Retries != 1 {
		t.Fatalf("%v %+v", err, d.Refunds)
	}
	b.write(t, d)
}

func TestNothingIsTooMuchBecauseOfWhatIsDisputed(t *testing.T) {
	t.Parallel()
	b := open(account())
	b.see(t, paying(1, payment.InMediation, total))
	want{"confirmed", "paid", total + deposit, nil, []string{"confirmed", "owner_confirmed"}, "in_mediation"}.of(t, b.see(t, approved(2, deposit)))
	want{
		"confirmed", "paid", total + deposit,
		[]string{"mercadopago:143002:1 10200.00 excess"},
		[]string{"paid_in_full", "owner_payment_received", "owner_dispute_over", "excess_refunded", "owner_excess_refunded"},
		"",
	}.of(t, b.see(t, approved(1, total, func(p *payment.Payment) { p.LastUpdated = noon })))
}

func TestMoneyThatIsHeldGoesBackWhenItIsFree(t *testing.T) {
	t.Parallel()
	b := open(account(lapsed, taken))
	if d := b.see(t, paying(1, payment.InMediation, deposit)); d.Refunds != nil || d.Reservation.Status != booking.StatusExpired {
		t.Fatalf("%+v", d)
	}
	if d := b.see(t, approved(1, deposit, at(1))); len(d.Refunds) != 1 || d.Refunds[0].Amount != deposit {
		t.Errorf("%+v", d)
	}
}

func TestWhatIsPaidWithoutALedgerStaysPaid(t *testing.T) {
	t.Parallel()
	b := open(account(func(a *payment.Account) {
		a.Reservation.Status, a.Reservation.Paid, a.Reservation.PaymentStatus = booking.StatusConfirmed, deposit, booking.PaymentPartiallyPaid
	}))
	if d := b.settle(t); !d.Empty() {
		t.Fatalf("%+v", d)
	}
	want{"confirmed", "paid", total, nil, []string{"paid_in_full", "owner_payment_received"}, ""}.of(t, b.see(t, approved(1, total-deposit)))
	b.Policy = booking.PolicyFlexible
	d := b.cancel(t, payment.ByGuest, 2, nil)
	preview, err := payment.PreviewCancel(confirmedBy(b), payment.ByGuest, nil, b.now)
	if err != nil || d.Messages[0].Facts.Refund != total || preview.ByHand != deposit {
		t.Errorf("%v %+v %+v", err, preview, d.Messages)
	}
}

// confirmedBy is the account as it was before it was cancelled.
func confirmedBy(b *books) payment.Account {
	a := b.Account
	a.Reservation.Status, a.Reservation.Kept, a.Refunds = booking.StatusConfirmed, nil, nil
	return a
}
