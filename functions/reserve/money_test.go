package reserve_test

import (
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/reserve"
)

// preview is what a cancellation would give back, as clients see it.
type preview struct {
	Code       string        `json:"code"`
	Status     string        `json:"status"`
	Currency   string        `json:"currency"`
	PaidAmount string        `json:"paid_amount"`
	RefundDue  string        `json:"refund_due"`
	Kept       string        `json:"kept"`
	ByHand     string        `json:"by_hand"`
	Policy     string        `json:"policy"`
	Steps      []previewStep `json:"steps"`
}

type previewStep struct {
	Until   string `json:"until"`
	Percent int    `json:"percent"`
}

// account is how to transfer, as clients see it.
type account struct {
	Code      string `json:"code"`
	Amount    string `json:"amount"`
	Currency  string `json:"currency"`
	Alias     string `json:"alias,omitempty"`
	CBU       string `json:"cbu,omitempty"`
	Holder    string `json:"holder,omitempty"`
	Bank      string `json:"bank,omitempty"`
	Reference string `json:"reference"`
	Until     string `json:"until,omitempty"`
}

func (b *bundle) preview(t *testing.T, s shown, who []string) preview {
	t.Helper()
	return decode[preview](t, b.get(t, s.path("/cancel-preview"), who...), http.StatusOK)
}

// sold is a confirmed reservation from 20 to 22 January of which so much was paid, by a provider or by hand.
func (b *bundle) sold(t *testing.T, provider, amount string) shown {
	t.Helper()
	held := b.held(t, nights("2027-01-20", "2027-01-22"))
	confirmed := b.post(t, held.path("/confirm"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
	b.sql(t, `
		with p as (insert into payments (provider, provider_id, reservation_id, status, amount, currency, approved_at, first_seen_at, changed_at)
				select $2, '143', id, 'approved', $3::numeric, currency, $4, $4, $4 from reservations where code = $1 returning id, reservation_id)
		insert into ledger (reservation_id, payment_id, at, kind, amount) select reservation_id, id, $4, 'payment', $3::numeric from p`, held.Code, provider, amount, noon)
	b.sql(t, `update reservations set paid_amount = $2::numeric, payment_status = 'partially_paid' where code = $1`, held.Code, amount)
	return confirmed
}

func TestWhatACancellationWouldGiveBack(t *testing.T) {
	t.Parallel()

	t.Run("is what it then gives back, and looking changes nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `update accommodations set cancellation_policy = 'moderate'`)
		sold := b.sold(t, "mercadopago", "6000.01")
		b.clock.set(time.Date(2027, 1, 16, 12, 0, 0, 0, time.UTC))
		before := b.contents(t)
		got := b.preview(t, sold, sold.asGuest(t))
		want := preview{sold.Code, "confirmed", "ARS", "6000.01", "3000.01", "3000.00", "0.00", "moderate", []previewStep{{"2027-01-19", 50}}}
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(b.preview(t, sold, b.asOwner(t)), want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if after := b.contents(t); after != before {
			t.Errorf("before %s\nafter  %s", before, after)
		}
		cancelled := b.post(t, sold.path("/cancel"), `{"reason":"Llueve"}`, sold.asGuest(t)...).reservation(t, http.StatusOK)
		if cancelled.Status != "cancelled" || cancelled.RefundDue == nil || *cancelled.RefundDue != "3000.01" {
			t.Errorf("%+v", cancelled)
		}
		if row := one[string](t, b, `select concat_ws(' ', amount, reason, by_hand, state, asked_by) from refunds`); row != "3000.01 cancelled f queued guest" {
			t.Errorf("the refund is %s", row)
		}
		told := one[[]string](t, b, `select array_agg(kind order by kind) from messages where kind like '%cancel%'`)
		if !slices.Equal(told, []string{"cancelled_by_guest", "owner_cancelled"}) {
			t.Errorf("told %q", told)
		}
		b.get(t, sold.path("/cancel-preview"), sold.asGuest(t)...).refusal(t, http.StatusConflict, "invalid_state")
	})

	t.Run("by the steps of the cabin's own, on each day", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `update accommodations set cancellation_policy = 'strict', cancellation_steps = '[{"days_before":10,"percent":80},{"days_before":3,"percent":25}]'`)
		sold := b.sold(t, "cash", "1000")
		for day, want := range map[int]preview{
			10: {RefundDue: "800.00", Kept: "200.00", ByHand: "800.00", Steps: []previewStep{{"2027-01-10", 80}, {"2027-01-17", 25}}},
			11: {RefundDue: "250.00", Kept: "750.00", ByHand: "250.00", Steps: []previewStep{{"2027-01-17", 25}}},
			18: {RefundDue: "0.00", Kept: "1000.00", ByHand: "0.00", Steps: []previewStep{}},
		} {
			want.Code, want.Status, want.Currency, want.PaidAmount, want.Policy = sold.Code, "confirmed", "ARS", "1000.00", "custom"
			b.clock.set(time.Date(2027, 1, day, 23, 0, 0, 0, time.UTC))
			if got := b.preview(t, sold, sold.asGuest(t)); !reflect.DeepEqual(got, want) {
				t.Errorf("on January %d got  %+v\nwant %+v", day, got, want)
			}
		}
		b.clock.set(time.Date(2027, 1, 20, 12, 0, 0, 0, time.UTC)) // the guest may be inside
		b.get(t, sold.path("/cancel-preview"), sold.asGuest(t)...).refusal(t, http.StatusConflict, "invalid_state")
		b.preview(t, sold, b.asOwner(t))
	})

	t.Run("of a hold is all of it", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `update accommodations set cancellation_policy = 'strict'`)
		held := b.held(t, nil)
		b.sql(t, `update reservations set paid_amount = 100`)
		if got := b.preview(t, held, held.asGuest(t)); got.Status != "pre_reserved" || got.RefundDue != "100.00" || got.Kept != "0.00" || got.ByHand != "100.00" || len(got.Steps) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestTheOwnerSaysWhatGoesBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sold := b.sold(t, "mercadopago", "6000")
	for body, field := range map[string]string{
		`{"refund_amount":"6000.01"}`: "refund_amount", `{"refund_amount":"-1"}`: "refund_amount", `{"refund_amount":"much"}`: "refund_amount",
		`{"refund_amount":1000}`: "refund_amount", `{"refund_amount":"1.999"}`: "refund_amount",
	} {
		b.post(t, sold.path("/cancel"), body, b.asOwner(t)...).refusal(t, http.StatusUnprocessableEntity, "invalid", field)
	}
	b.post(t, sold.path("/cancel"), `{"refund_amount":"1000"}`, sold.asGuest(t)...).refusal(t, http.StatusUnprocessableEntity, "invalid", "refund_amount")
	if seen := b.get(t, sold.link(t)).reservation(t, http.StatusOK); seen.Status != "confirmed" {
		t.Errorf("%+v", seen)
	}
	got := b.post(t, sold.path("/cancel"), `{"refund_amount":"1234.5"}`, b.asOwner(t)...).reservation(t, http.StatusOK)
	if got.Status != "cancelled" || got.RefundDue == nil || *got.RefundDue != "1234.50" {
		t.Errorf("%+v", got)
	}
	if amount := one[string](t, b, `select amount::text from refunds`); amount != "1234.50" {
		t.Errorf("%s goes back", amount)
	}
}

func TestTheOwnersWordTellsTheGuest(t *testing.T) {
	t.Parallel()
	b := setup(t, withOwner)
	held := b.held(t, nil)
	b.sql(t, `update reservations set approval = 'waiting'`)
	b.post(t, held.path("/approve"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
	b.post(t, held.path("/confirm"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
	told := one[[]string](t, b, `select array_agg(kind || ' ' || recipient order by id) from messages`)
	if !slices.Equal(told, []string{"approved guest", "confirmed guest"}) {
		t.Errorf("told %q", told)
	}
}

// offered has the cabin take transfers.
func (b *bundle) offered(t *testing.T) {
	t.Helper()
	b.sql(t, `update accommodations set transfer_alias = 'bosque.mp', transfer_cbu = '0000003100010000000001', transfer_holder = 'Marta Ruiz', transfer_bank = 'Nación'`)
}

func twelveHours(c *reserve.Config) { c.TransferHold = 12 * time.Hour }

func TestTransfers(t *testing.T) {
	t.Parallel()

	t.Run("a guest who transfers is told where to, and the nights are kept for longer, once", func(t *testing.T) {
		t.Parallel()
		b := setup(t, twelveHours)
		b.offered(t)
		held := b.held(t, nil)
		b.clock.move(10 * time.Minute)
		want := account{held.Code, "10200.00", "ARS", "bosque.mp", "0000003100010000000001", "Marta Ruiz", "Nación", held.Code, "2026-12-02T00:10:00Z"}
		for range 2 {
			if got := decode[account](t, b.post(t, held.path("/transfer"), "", held.asGuest(t)...), http.StatusOK); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			b.clock.move(time.Hour)
		}
		if seen := b.get(t, held.link(t)).reservation(t, http.StatusOK); seen.Status != "pre_reserved" || seen.ExpiresAt != want.Until {
			t.Errorf("%+v", seen)
		}
		told := one[[]string](t, b, `select array_agg(kind || ' ' || recipient order by id) from messages`)
		if !slices.Equal(told, []string{"transfer_details guest", "owner_transfer_waiting owner"}) {
			t.Errorf("told %q", told)
		}
		if got := decode[account](t, b.post(t, held.path("/transfer"), `{"amount":"total"}`, held.asGuest(t)...), http.StatusOK); got.Amount != "34000.00" || got.Until != want.Until {
			t.Errorf("%+v", got)
		}
		b.post(t, held.path("/transfer"), `{"amount":"half"}`, held.asGuest(t)...).refusal(t, http.StatusUnprocessableEntity, "invalid", "amount")
	})

	t.Run("of a confirmed stay the rest can be transferred, until there is none", func(t *testing.T) {
		t.Parallel()
		b := setup(t, twelveHours)
		b.offered(t)
		sold := b.sold(t, "cash", "6000")
		got := decode[account](t, b.post(t, sold.path("/transfer"), "", sold.asGuest(t)...), http.StatusOK)
		if got.Amount != "14000.00" || got.Until != "" || got.Code != sold.Code {
			t.Errorf("%+v", got)
		}
		b.sql(t, `update reservations set paid_amount = total_price`)
		b.post(t, sold.path("/transfer"), "", sold.asGuest(t)...).refusal(t, http.StatusConflict, "nothing_owed")
	})

	t.Run("not where the cabin takes none, the owner is asked first, or it is over", func(t *testing.T) {
		t.Parallel()
		b := setup(t, twelveHours)
		held := b.held(t, nil)
		b.post(t, held.path("/transfer"), "", held.asGuest(t)...).refusal(t, http.StatusConflict, "transfer_not_offered")
		b.offered(t)
		b.sql(t, `update reservations set approval = 'waiting'`)
		b.post(t, held.path("/transfer"), "", held.asGuest(t)...).refusal(t, http.StatusConflict, "awaiting_approval")
		b.sql(t, `update reservations set approval = 'approved'`)
		b.clock.move(31 * time.Minute)
		b.post(t, held.path("/transfer"), "", held.asGuest(t)...).refusal(t, http.StatusConflict, "invalid_state")
		b.post(t, reservations+"/ZZZZZZ/transfer", "", b.asOwner(t)...).refusal(t, http.StatusNotFound, "not_found")
		if n := one[int](t, b, `select count(*)::int from messages`); n != 0 {
			t.Errorf("%d messages", n)
		}
	})
}
