package payment_test

import (
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// TestEveryPaymentHasItsConsequences is the table of decisions: an account, what is seen of its payments one after the other, and
// what the last of it leads to.
func TestEveryPaymentHasItsConsequences(t *testing.T) {
	t.Parallel()
	type seen = []payment.Payment
	for name, c := range map[string]struct {
		account payment.Account
		seen    seen
		want    want
	}{
		"the deposit confirms a hold": {
			account(),
			seen{approved(1, deposit)},
			want{"confirmed", "partially_paid", deposit, nil, []string{"confirmed", "owner_confirmed"}, ""},
		},
		"the total confirms it and pays it": {
			account(),
			seen{approved(1, total)},
			want{"confirmed", "paid", total, nil, []string{"confirmed", "owner_confirmed"}, ""},
		},
		"a cent less than the deposit does not": {
			account(),
			seen{approved(1, deposit-1)},
			want{"pre_reserved", "partially_paid", deposit - 1, nil, []string{"payment_short", "owner_amount_wrong"}, "amount_short"},
		},
		"what was short is topped up": {
			account(),
			seen{approved(1, deposit-1), approved(2, 1)},
			want{"confirmed", "partially_paid", deposit, nil, []string{"confirmed", "owner_confirmed"}, ""},
		},
		"where no deposit is asked any money confirms": {
			account(func(a *payment.Account) { a.Reservation.Deposit = 0 }),
			seen{approved(1, 1)},
			want{"confirmed", "partially_paid", 1, nil, []string{"confirmed", "owner_confirmed"}, ""},
		},
		"dollars never count": {
			account(),
			seen{approved(1, total, inDollars)},
			want{"pre_reserved", "pending", 0, nil, []string{"payment_in_review", "owner_amount_wrong"}, "wrong_currency"},
		},
		"dollars go back when the hold is over": {
			account(lapsed),
			seen{approved(1, total, inDollars)},
			want{"expired", "pending", 0, []string{"mercadopago:143001:1 34000.00 unconfirmed"}, []string{"unconfirmed_refunded", "owner_unconfirmed_refunded"}, "wrong_currency"},
		},
		"the rest pays the stay": {
			account(),
			seen{approved(1, deposit), approved(2, total-deposit)},
			want{"confirmed", "paid", total, nil, []string{"paid_in_full", "owner_payment_received"}, ""},
		},
		"a part of the rest is received": {
			account(),
			seen{approved(1, deposit), approved(2, 500_00)},
			want{"confirmed", "partially_paid", deposit + 500_00, nil, []string{"payment_received", "owner_payment_received"}, ""},
		},
		"what exceeds the total goes back": {
			account(),
			seen{approved(1, deposit), approved(2, total)},
			want{
				"confirmed", "paid", total + deposit,
				[]string{"mercadopago:143002:1 10200.00 excess"},
				[]string{"paid_in_full", "owner_payment_received", "excess_refunded", "owner_excess_refunded"},
				"",
			},
		},
		"a second payment of everything goes back whole": {
			account(),
			seen{approved(1, total), approved(2, total)},
			want{
				"confirmed", "paid", 2 * total,
				[]string{"mercadopago:143002:1 34000.00 excess"},
				[]string{"excess_refunded", "owner_excess_refunded"},
				"",
			},
		},
		"a first payment of too much confirms, and the excess goes back": {
			account(),
			seen{approved(1, total+100)},
			want{
				"confirmed", "paid", total + 100,
				[]string{"mercadopago:143001:1 1.00 excess"},
				[]string{"confirmed", "owner_confirmed", "excess_refunded", "owner_excess_refunded"},
				"",
			},
		},
		"a lapsed hold with free nights is confirmed late": {
			account(lapsed),
			seen{approved(1, deposit)},
			want{"confirmed", "partially_paid", deposit, nil, []string{"late_confirmed", "owner_confirmed"}, ""},
		},
		"so is one whose row says already that it is over": {
			account(lapsed, func(a *payment.Account) { a.Reservation.Status = booking.StatusExpired }),
			seen{approved(1, deposit)},
			want{"confirmed", "partially_paid", deposit, nil, []string{"late_confirmed", "owner_confirmed"}, ""},
		},
		"where the nights are gone all goes back": {
			account(lapsed, taken),
			seen{approved(1, deposit)},
			want{
				"expired", "partially_paid", deposit,
				[]string{"mercadopago:143001:1 10200.00 late"},
				[]string{"late_refunded", "owner_late_refunded"},
				"",
			},
		},
		"where another channel has sold them too": {
			account(lapsed, clash),
			seen{approved(1, deposit)},
			want{
				"expired", "partially_paid", deposit,
				[]string{"mercadopago:143001:1 10200.00 late"},
				[]string{"late_refunded", "owner_late_refunded"},
				"",
			},
		},
		"a stay that has begun is not confirmed late": {
			account(lapsed, func(a *payment.Account) { a.Reservation.Stay.Nights.From = a.Reservation.Stay.Nights.From.AddDays(-10) }),
			seen{approved(1, deposit)},
			want{
				"expired", "partially_paid", deposit,
				[]string{"mercadopago:143001:1 10200.00 late"},
				[]string{"late_refunded", "owner_late_refunded"},
				"",
			},
		},
		"too little too late goes back though the nights are free": {
			account(lapsed),
			seen{approved(1, deposit-1)},
			want{
				"expired", "partially_paid", deposit - 1,
				[]string{"mercadopago:143001:1 10199.99 unconfirmed"},
				[]string{"unconfirmed_refunded", "owner_unconfirmed_refunded"},
				"",
			},
		},
		"a live hold of nights that another channel has sold is called off": {
			account(clash),
			seen{approved(1, deposit)},
			want{
				"cancelled", "partially_paid", deposit,
				[]string{"mercadopago:143001:1 10200.00 clash"},
				[]string{"clash_refunded", "owner_clash_refunded"},
				"",
			},
		},
		"a clash is nothing to a hold that is not paid": {
			account(clash),
			seen{approved(1, deposit-1)},
			want{"pre_reserved", "partially_paid", deposit - 1, nil, []string{"payment_short", "owner_amount_wrong"}, "amount_short"},
		},
		"money that comes before the owner's yes waits for it": {
			account(waiting),
			seen{approved(1, deposit)},
			want{"pre_reserved", "partially_paid", deposit, nil, []string{"payment_awaits_approval", "owner_payment_waits"}, "awaits_approval"},
		},
		"an approval that never came gives it back": {
			account(waiting, lapsed),
			seen{approved(1, deposit)},
			want{
				"expired", "partially_paid", deposit,
				[]string{"mercadopago:143001:1 10200.00 unconfirmed"},
				[]string{"unconfirmed_refunded", "owner_unconfirmed_refunded"},
				"",
			},
		},
		"a payment under way is told": {
			account(),
			seen{paying(1, payment.Pending, deposit)},
			want{"pre_reserved", "pending", 0, nil, []string{"payment_pending"}, ""},
		},
		"a payment under way does not revive a hold": {
			account(lapsed),
			seen{paying(1, payment.InProcess, deposit)},
			want{"pre_reserved", "pending", 0, nil, nil, ""},
		},
		"money reserved on a card is not paid": {
			account(),
			seen{paying(1, payment.Authorized, deposit)},
			want{"pre_reserved", "pending", 0, nil, []string{"payment_pending"}, ""},
		},
		"a refused card is told": {
			account(),
			seen{paying(1, payment.Rejected, deposit)},
			want{"pre_reserved", "failed", 0, nil, []string{"payment_rejected"}, ""},
		},
		"a second card may work": {
			account(),
			seen{paying(1, payment.Rejected, deposit), approved(2, deposit)},
			want{"confirmed", "partially_paid", deposit, nil, []string{"confirmed", "owner_confirmed"}, ""},
		},
		"test money confirms nothing in production": {
			account(),
			seen{approved(1, deposit, inTest)},
			want{"pre_reserved", "pending", 0, nil, []string{"owner_test_payment"}, "test_payment"},
		},
		"elsewhere it does": {
			account(func(a *payment.Account) { a.Production = false }),
			seen{approved(1, deposit, inTest)},
			want{"confirmed", "partially_paid", deposit, nil, []string{"confirmed", "owner_confirmed"}, ""},
		},
		"money on another account confirms nothing": {
			account(),
			seen{approved(1, deposit, func(p *payment.Payment) { p.CollectorID = "666" })},
			want{"pre_reserved", "pending", 0, nil, []string{"owner_unknown_reference"}, "wrong_account"},
		},
		"a transfer confirms": {
			account(),
			seen{approved(1, deposit, by(payment.Transfer))},
			want{"confirmed", "partially_paid", deposit, nil, []string{"transfer_received", "owner_confirmed"}, ""},
		},
		"so does cash": {
			account(),
			seen{approved(1, total, by(payment.Cash))},
			want{"confirmed", "paid", total, nil, []string{"confirmed", "owner_confirmed"}, ""},
		},
		"a transfer for nights that are gone is given back by hand": {
			account(lapsed, taken),
			seen{approved(1, deposit, by(payment.Transfer))},
			want{
				"expired", "partially_paid", deposit,
				[]string{"transfer:hand-143001:1 10200.00 late by hand"},
				[]string{"owner_refund_by_hand", "late_refunded", "owner_late_refunded"},
				"refund_by_hand",
			},
		},
		"a refund elsewhere leaves the stay confirmed": {
			account(),
			seen{approved(1, total), paying(1, payment.Refunded, total, at(1), func(p *payment.Payment) { p.Refunded = total })},
			want{"confirmed", "refunded", 0, nil, []string{"refund_done", "owner_payment_refunded"}, "refunded_outside"},
		},
		"a part refunded elsewhere too": {
			account(),
			seen{approved(1, total), approved(1, total, at(1), func(p *payment.Payment) { p.Refunded = 100 })},
			want{"confirmed", "partially_refunded", total - 100, nil, []string{"refund_done", "owner_payment_refunded"}, "refunded_outside"},
		},
		"what is charged back is not paid, and the stay stays": {
			account(),
			seen{approved(1, deposit), paying(1, payment.ChargedBack, deposit, at(1))},
			want{"confirmed", "refunded", 0, nil, []string{"owner_chargeback"}, "charged_back"},
		},
		"money in mediation is held, and paid": {
			account(),
			seen{approved(1, deposit), paying(1, payment.InMediation, deposit, at(1))},
			want{"confirmed", "partially_paid", deposit, nil, []string{"owner_mediation"}, "in_mediation"},
		},
		"a dispute that is won is over": {
			account(),
			seen{approved(1, deposit), paying(1, payment.ChargedBack, deposit, at(1)), approved(1, deposit, at(2))},
			want{"confirmed", "partially_paid", deposit, nil, []string{"owner_dispute_over"}, ""},
		},
		"money in mediation confirms nothing": {
			account(),
			seen{paying(1, payment.InMediation, deposit)},
			want{"pre_reserved", "partially_paid", deposit, nil, []string{"owner_mediation"}, "in_mediation"},
		},
		"a word that nobody knows confirms nothing": {
			account(),
			seen{paying(1, "enchanted", deposit)},
			want{"pre_reserved", "pending", 0, nil, nil, "unknown_status"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(c.account)
			c.want.of(t, b.see(t, c.seen...))
		})
	}
}

// at is a payment as it stands so many hours after noon.
func at(hours int) func(*payment.Payment) {
	return func(p *payment.Payment) {
		p.LastUpdated = noon.Add(time.Duration(hours) * time.Hour)
		if !p.DateApproved.IsZero() {
			p.DateApproved = p.DateCreated // as it was
		}
	}
}
