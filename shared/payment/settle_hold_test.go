package payment_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestAPaymentUnderWayKeepsTheNightsForADay(t *testing.T) {
	t.Parallel()
	b := open(account())
	p := paying(1, payment.Pending, deposit)
	d := b.see(t, p)
	until := p.DateCreated.Add(24 * time.Hour)
	if !b.Reservation.ExpiresAt.Equal(until) || !d.Messages[0].Facts.Until.Equal(until) {
		t.Fatalf("until %s, told %+v; want %s", b.Reservation.ExpiresAt, d.Messages, until)
	}
	b.now = b.now.Add(5 * time.Hour)
	p.Status, p.LastUpdated = payment.InProcess, b.now
	if b.see(t, p); !b.Reservation.ExpiresAt.Equal(until) {
		t.Errorf("another word of the same payment moves it to %s", b.Reservation.ExpiresAt)
	}
	second := paying(2, payment.Pending, deposit, func(p *payment.Payment) { p.DateCreated = b.now })
	if b.see(t, second); !b.Reservation.ExpiresAt.Equal(b.now.Add(24 * time.Hour)) {
		t.Errorf("another payment moves it to %s", b.Reservation.ExpiresAt)
	}
}

func TestHowLongAPaymentUnderWayKeepsTheNightsCanBeSet(t *testing.T) {
	t.Parallel()
	b := open(account(func(a *payment.Account) { a.PendingHold = 2 * time.Hour }))
	p := paying(1, payment.Pending, deposit)
	if b.see(t, p); !b.Reservation.ExpiresAt.Equal(p.DateCreated.Add(2 * time.Hour)) {
		t.Errorf("until %s", b.Reservation.ExpiresAt)
	}
	long := open(account(func(a *payment.Account) {
		a.PendingHold, a.Reservation.ExpiresAt = time.Minute, noon.Add(time.Hour)
	}))
	if long.see(t, p); !long.Reservation.ExpiresAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("it is shortened to %s", long.Reservation.ExpiresAt)
	}
}

func TestNightsAreNotKeptForEverByPaymentsThatNeverCome(t *testing.T) {
	t.Parallel()
	b := open(account())
	for n := range 20 {
		p := paying(n, payment.Pending, deposit, func(p *payment.Payment) { p.DateCreated, p.LastUpdated = b.now, b.now })
		b.see(t, p)
		if b.now = b.Reservation.ExpiresAt.Add(-time.Minute); n > 0 && b.now.Sub(noon) > 72*time.Hour {
			t.Fatalf("after %d payments they are kept until %s", n+1, b.Reservation.ExpiresAt)
		}
	}
}

func TestAPaymentThatFailedLeavesTimeToTryAgain(t *testing.T) {
	t.Parallel()
	b := open(account())
	p := paying(1, payment.Pending, deposit)
	b.see(t, p)
	b.now = b.now.Add(3 * time.Hour)
	p.Status, p.StatusDetail, p.LastUpdated = payment.Rejected, "rejected_by_bank", b.now
	d := b.see(t, p)
	want{"pre_reserved", "failed", 0, nil, []string{"payment_rejected"}, ""}.of(t, d)
	if f := d.Messages[0].Facts; !b.Reservation.ExpiresAt.Equal(b.now.Add(booking.HoldFor)) || f.ReasonCode != "rejected_by_bank" || !f.Until.Equal(b.Reservation.ExpiresAt) {
		t.Errorf("until %s, told %+v", b.Reservation.ExpiresAt, f)
	}
	b.now = b.now.Add(time.Minute)
	if again := b.settle(t); !again.Empty() {
		t.Errorf("a minute later: %+v", again)
	}
}

func TestAHoldDoesNotFallBackBelowWhatElseKeepsIt(t *testing.T) {
	t.Parallel()
	voucher := paying(1, payment.Pending, deposit)
	failed := voucher
	failed.Status, failed.LastUpdated = payment.Cancelled, noon.Add(23*time.Hour+50*time.Minute)
	for name, c := range map[string]struct {
		account payment.Account
		before  func(*books)
		after   time.Duration // since noon, when it fails
		until   time.Time
	}{
		"never longer than before":       {account(), func(*books) {}, 23*time.Hour + 50*time.Minute, voucher.DateCreated.Add(24 * time.Hour)},
		"another payment under way":      {account(), func(b *books) { b.see(t, paying(0, payment.InProcess, total)) }, time.Hour, voucher.DateCreated.Add(24*time.Hour - time.Second)},
		"the owner, who is still asked":  {account(waiting), func(*books) {}, time.Hour, noon.Add(24*time.Hour - 10*time.Minute)},
		"a hold that was never extended": {account(func(a *payment.Account) { a.Reservation.ExpiresAt = noon.Add(48 * time.Hour) }), func(*books) {}, time.Hour, noon.Add(48 * time.Hour)},
		"a transfer": {account(), func(b *books) {
			d, err := payment.AwaitTransfer(b.Account, deposit, time.Hour, b.now)
			if err != nil {
				t.Error(err)
			}
			b.write(t, d)
		}, time.Hour, voucher.DateCreated.Add(24 * time.Hour)},
	} {
		b := open(c.account)
		c.before(b)
		b.see(t, voucher)
		b.now = noon.Add(c.after)
		if b.see(t, failed); !b.Reservation.ExpiresAt.Equal(c.until) || b.Reservation.Status != booking.StatusPreReserved {
			t.Errorf("%s: %s until %s, want %s", name, b.Reservation.Status, b.Reservation.ExpiresAt, c.until)
		}
	}
}

func TestAVoucherThatIsPaidInTheEndConfirms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after time.Duration
		kind  string
	}{"in time": {20 * time.Hour, "confirmed"}, "late": {30 * time.Hour, "late_confirmed"}} {
		b := open(account())
		p := paying(1, payment.Pending, deposit)
		b.see(t, p)
		b.now = noon.Add(c.after)
		p.Status, p.DateApproved, p.LastUpdated = payment.Approved, b.now, b.now
		d := b.see(t, p)
		want{"confirmed", "partially_paid", deposit, nil, []string{c.kind, "owner_confirmed"}, ""}.of(t, d)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestAHoldThatNobodyPaidForIsLeftToWhoeverExpiresHolds(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*books{
		"nothing":       open(account(lapsed)),
		"taken":         open(account(lapsed, taken)),
		"expired":       open(account(lapsed, func(a *payment.Account) { a.Reservation.Status = booking.StatusExpired })),
		"still running": open(account()),
	} {
		if d := b.settle(t); !d.Empty() {
			t.Errorf("%s: %+v", name, d)
		}
	}
	b := open(account())
	b.see(t, paying(1, payment.Rejected, deposit))
	b.now = noon.Add(time.Hour)
	if d := b.settle(t); !d.Empty() {
		t.Errorf("a refused card, an hour later: %+v", d)
	}
}

func TestWhatWasTooLittleGoesBackWhenTheHoldIsOver(t *testing.T) {
	t.Parallel()
	b := open(account())
	d := b.see(t, approved(1, deposit-100))
	if guest, owner := d.Messages[0].Facts, d.Messages[1].Facts; guest.Expected != 100 || owner.Expected != deposit || !guest.Until.Equal(b.Reservation.ExpiresAt) || guest.Amount != deposit-100 {
		t.Errorf("the guest is told %+v, the owner %+v", guest, owner)
	}
	if !b.Reservation.ExpiresAt.Equal(noon.Add(20 * time.Minute)) {
		t.Errorf("the hold lasts until %s", b.Reservation.ExpiresAt)
	}
	b.now = b.now.Add(20 * time.Minute)
	want{
		"expired", "partially_paid", deposit - 100,
		[]string{"mercadopago:143001:1 10199.00 unconfirmed"},
		[]string{"unconfirmed_refunded", "owner_unconfirmed_refunded"},
		"",
	}.of(t, b.settle(t))
	want{"expired", "refunded", 0, nil, []string{"refund_done"}, ""}.of(t, b.end(t, "mercadopago:143001:1", payment.RepaymentDone))
}

func TestAPaymentThatCameBackToNothingDoesNotConfirmTheNextOne(t *testing.T) {
	t.Parallel()
	b := open(account(lapsed, taken))
	b.see(t, approved(1, deposit))
	b.NightsFree = true // whoever had them has cancelled
	if d := b.settle(t); !d.Empty() {
		t.Fatalf("what was promised back confirms: %+v", d)
	}
	if d := b.end(t, "mercadopago:143001:1", payment.RepaymentFailed); d.Reservation.Status != booking.StatusExpired || len(d.Refunds) != 1 {
		t.Fatalf("what could not be given back confirms: %+v", d)
	}
	want{"confirmed", "partially_paid", 2 * deposit, nil, []string{"late_confirmed", "owner_confirmed"}, "refund_failing"}.of(t, b.see(t, approved(2, deposit)))
	b.end(t, "mercadopago:143001:2", payment.RepaymentDone)
	if b.Reservation.Status != booking.StatusConfirmed || b.Reservation.Paid != deposit || b.Reservation.PaymentStatus != booking.PaymentPartiallyPaid {
		t.Errorf("in the end: %+v", b.Reservation)
	}
}

func TestTheOwnersYesConfirmsWhatIsPaid(t *testing.T) {
	t.Parallel()
	b := open(account(waiting))
	b.see(t, approved(1, deposit))
	d, err := payment.Approve(b.Account, b.now)
	if err != nil {
		t.Fatal(err)
	}
	want{"confirmed", "partially_paid", deposit, nil, []string{"confirmed", "owner_confirmed"}, ""}.of(t, d)
	b.write(t, d)

	sold := open(account(waiting))
	sold.see(t, approved(1, deposit))
	sold.Clash = true
	if d, err = payment.Approve(sold.Account, sold.now); err != nil || d.Reservation.Status != booking.StatusConfirmed {
		t.Errorf("where another channel has sold the nights: %v %+v", err, d)
	}

	unpaid := open(account(waiting))
	if d, err = payment.Approve(unpaid.Account, unpaid.now); err != nil {
		t.Fatal(err)
	}
	want{"pre_reserved", "pending", 0, nil, []string{"approved"}, ""}.of(t, d)
	unpaid.write(t, d)
	if f := d.Messages[0].Facts; !f.Until.Equal(noon.Add(booking.HoldFor)) || d.Reservation.Approval != booking.ApprovalApproved {
		t.Errorf("until %s: %+v", f.Until, d.Reservation)
	}
	if _, err = payment.Approve(unpaid.Account, unpaid.now); err == nil {
		t.Error("it is approved twice")
	}
}

func TestTheOwnersWordConfirmsWhateverWasPaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account payment.Account
		seen    []payment.Payment
	}{
		"nothing":          {account(), nil},
		"too little":       {account(), []payment.Payment{approved(1, 1)}},
		"sold elsewhere":   {account(clash), nil},
		"waiting for word": {account(waiting), []payment.Payment{approved(1, deposit)}},
	} {
		b := open(c.account)
		b.see(t, c.seen...)
		d, err := payment.Confirm(b.Account, b.now)
		if err != nil || d.Reservation.Status != booking.StatusConfirmed || d.Refunds != nil || cmp.Diff([]string{"confirmed"}, kinds(d)) != "" {
			t.Errorf("%s: %v %+v", name, err, d)
		}
		b.write(t, d)
	}
	if _, err := payment.Confirm(account(lapsed), noon); err == nil {
		t.Error("a lapsed hold is confirmed")
	}
}

// TestAGuestInAChatIsToldThereAlone of what he has just done; that a transfer comes is known all the same.
func TestAGuestInAChatIsToldThereAlone(t *testing.T) {
	t.Parallel()
	b := open(account())
	for range 2 {
		d, err := payment.AwaitTransfer(b.Account, deposit, 24*time.Hour, b.now)
		if d = d.Answered(); err != nil {
			t.Fatal(err)
		}
		if !d.Empty() {
			want{"pre_reserved", "pending", 0, nil, []string{"owner_transfer_waiting"}, ""}.of(t, d)
		}
		b.write(t, d)
		b.now = b.now.Add(time.Hour)
	}
	if until := noon.Add(24 * time.Hour); !b.Reservation.ExpiresAt.Equal(until) {
		t.Errorf("kept until %s", b.Reservation.ExpiresAt)
	}
	d, err := payment.Cancel(b.Account, payment.ByGuest, "", nil, b.now)
	if d = d.Answered(); err != nil {
		t.Fatal(err)
	}
	want{"cancelled", "pending", 0, nil, []string{"owner_cancelled"}, ""}.of(t, d)
}

func TestATransferIsAwaitedOnce(t *testing.T) {
	t.Parallel()
	b := open(account())
	d, err := payment.AwaitTransfer(b.Account, deposit, 24*time.Hour, b.now)
	if err != nil {
		t.Fatal(err)
	}
	want{"pre_reserved", "pending", 0, nil, []string{"transfer_details", "owner_transfer_waiting"}, ""}.of(t, d)
	until := noon.Add(24 * time.Hour)
	if f := d.Messages[0].Facts; f.Amount != deposit || !f.Until.Equal(until) || !d.Reservation.ExpiresAt.Equal(until) {
		t.Errorf("%+v until %s", f, d.Reservation.ExpiresAt)
	}
	b.write(t, d)
	b.now = b.now.Add(time.Hour)
	if d, err = payment.AwaitTransfer(b.Account, deposit, 24*time.Hour, b.now); err != nil || !d.Empty() {
		t.Errorf("said again: %v %+v", err, d)
	}
	if d, err = payment.AwaitTransfer(b.Account, total, 24*time.Hour, b.now); err != nil || !d.Reservation.ExpiresAt.Equal(until) || len(d.Messages) != 2 {
		t.Errorf("another amount: %v %+v", err, d)
	}
	want{"confirmed", "partially_paid", deposit, nil, []string{"transfer_received", "owner_confirmed"}, ""}.of(t, b.see(t, approved(1, deposit, by(payment.Transfer))))
	if d, err = payment.AwaitTransfer(b.Account, total-deposit, 24*time.Hour, b.now); err != nil || !d.Messages[0].Facts.Until.IsZero() {
		t.Errorf("the balance: %v %+v", err, d)
	}
	for name, c := range map[string]struct {
		account payment.Account
		amount  money.Cents
	}{"lapsed": {account(lapsed), deposit}, "not approved": {account(waiting), deposit}, "nothing": {account(), 0}, "less": {account(), -1}} {
		if _, err := payment.AwaitTransfer(c.account, c.amount, time.Hour, noon); err == nil {
			t.Errorf("%s: a transfer is awaited", name)
		}
	}
}

func TestAPaymentOfNobodyIsTheOwnersToKnow(t *testing.T) {
	t.Parallel()
	p := approved(1, 500, func(p *payment.Payment) { p.ExternalReference = "POS-17" })
	d := payment.Stray(p, noon)
	if d.Flag != payment.FlagUnknownReference || len(d.Marks) != 1 || d.Ledger != nil || cmp.Diff([]string{"owner_unknown_reference"}, kinds(d)) != "" {
		t.Fatalf("%+v", d)
	}
	if m := d.Messages[0]; m.Key != "owner_paid:mercadopago:143001" || m.Facts.Reference != "POS-17" || m.Facts.Amount != 500 || m.Facts.Currency != "ARS" {
		t.Errorf("%+v", m)
	}
	if d := payment.Stray(paying(1, payment.Pending, 500), noon); d.Messages != nil {
		t.Errorf("he is told of what may never come: %+v", d.Messages)
	}
}

func TestNumbersAreReadOverWhatIsKnownOfTheGuest(t *testing.T) {
	t.Parallel()
	m := payment.Message{Facts: notice.Facts{Paid: 0, Amount: 150, Until: noon, ReasonCode: "expired"}}
	text, err := m.Numbers()
	if err != nil {
		t.Fatal(err)
	}
	known := notice.Facts{Cabin: "Cabaña 1", Currency: "ARS", Paid: 700, Total: 900, Code: "7K3M9Q", Contact: booking.Contact{Name: "Ana"}}
	want := known
	want.Paid, want.Amount, want.Until, want.ReasonCode = 0, 150, noon, "expired"
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, known); diff != "" {
		t.Errorf("from %s (-want +got):\n%s", text, diff)
	}
	all := payment.Message{Facts: notice.Facts{
		Paid: 1, Currency: "USD", AmountCurrency: "BRL", Amount: 2, Expected: 3, Refund: 4, Provider: "cash", Payment: "1",
		Reference: "x", ReasonCode: "y", Reason: "z", ByOwner: true, Until: noon,
	}}
	if text, err = all.Numbers(); err != nil {
		t.Fatal(err)
	}
	var back notice.Facts
	if err := json.Unmarshal(text, &back); err != nil || cmp.Diff(all.Facts, back) != "" {
		t.Errorf("%s: %v\n%s", text, err, cmp.Diff(all.Facts, back))
	}
}

func TestLooksAreUniqueByWhatMadeUsLook(t *testing.T) {
	t.Parallel()
	a, b := payment.Look{Provider: "mercadopago", PaymentID: "1", Event: "e"}, payment.Look{PaymentID: "1", Event: "e", After: noon}
	if a.UniqueKey() != b.UniqueKey() || !b.RunAt().Equal(noon) {
		t.Errorf("%q and %q", a.UniqueKey(), b.UniqueKey())
	}
	if other := (payment.Look{PaymentID: "1", Event: "f"}); other.UniqueKey() == a.UniqueKey() {
		t.Error("a second change is not looked at")
	}
	r := payment.Return{RefundID: 3, After: noon}
	if a.Kind() == r.Kind() || !r.RunAt().Equal(noon) || strings.Contains(fmt.Sprint(a.Kind(), r.Kind()), " ") {
		t.Error(a.Kind(), r.Kind())
	}
}
