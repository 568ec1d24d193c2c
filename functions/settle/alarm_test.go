package settle_test

import (
	"net/http"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// alarm is what comes of a notification that the provider takes a payment for fraud.
func (b *bundle) alarm(t *testing.T, id, event string) {
	t.Helper()
	if _, err := b.inbox.Accept(t.Context(), payment.InboxEvent{
		Source: payment.MercadoPago, EventID: event, Topic: payment.TopicStopDelivery, PaymentID: id, Signed: true, At: noon,
	}, nil); err != nil {
		t.Fatal(err)
	}
	job := payment.Look{Provider: payment.MercadoPago, PaymentID: id, Event: event, Fraud: true}
	for { // until nothing is left for later
		b.later = nil
		if err := b.worker(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if len(b.later) == 0 {
			return
		}
		job = b.later[0]
		b.move(job.After.Sub(b.clock()))
	}
}

func TestAFraudAlertIsToldOnceAndChangesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.paid(t, mptest.Buy{})
	if err := b.look(t, p.ID); err != nil {
		t.Fatal(err)
	}
	before := one[string](t, b, `select r::text || p::text from reservations r, payments p`)
	b.alarm(t, p.ID, "e1")
	b.alarm(t, p.ID, "e2")
	if after := one[string](t, b, `select r::text || p::text from reservations r, payments p`); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	const alerts = `select string_agg(recipient || ' ' || coalesce(reservation_id::text, 'none') || ' ' || (facts ->> 'Payment') || ' ' || coalesce(facts ->> 'Amount', ''), ';')
		from messages where kind = 'owner_fraud_alert'`
	if got := one[string](t, b, alerts); got != "owner 1 "+p.ID+" 102.00" {
		t.Errorf("told: %s", got)
	}
	if n := one[int64](t, b, `select count(*) from river_job j join messages m on (j.args ->> 'message_id')::bigint = m.id where m.kind = 'owner_fraud_alert'`); n != 1 {
		t.Errorf("%d jobs deliver it", n)
	}
	if n := one[int64](t, b, `select count(*) from inbox where settled_at is null`); n != 0 {
		t.Errorf("%d notifications are not settled", n)
	}
}

func TestAFraudAlertIsToldOfAPaymentThatNobodyKnows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alarm(t, "99", "e1")
	if got := one[string](t, b, `select kind || ' ' || (facts ->> 'Payment') from messages where reservation_id is null`); got != "owner_fraud_alert 99" {
		t.Errorf("told: %s", got)
	}
	if got := one[string](t, b, `select outcome from inbox where settled_at is not null`); got != "not_found" {
		t.Errorf("the notification is %q", got)
	}
}

func TestAFraudAlertIsToldAlsoWhereNobodyCanBeAsked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Fail(mptest.Fault{Status: http.StatusInternalServerError})
	if err := b.worker(t.Context(), payment.Look{Provider: payment.MercadoPago, PaymentID: "99", Event: "e1", Fraud: true}); err == nil {
		t.Error("the look is taken for done")
	}
	if n := one[int64](t, b, `select count(*) from messages where kind = 'owner_fraud_alert'`); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// TestAPaymentOfAnotherAccountIsDismissed is about whoever makes up a notification that names one.
func TestAPaymentOfAnotherAccountIsDismissed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Fail(mptest.Fault{Status: http.StatusForbidden})
	if _, err := b.inbox.Accept(t.Context(), payment.InboxEvent{Source: payment.MercadoPago, PaymentID: "99", At: noon}, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.worker(t.Context(), payment.Look{Provider: payment.MercadoPago, PaymentID: "99", Event: "x again 5"}); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, `select outcome from inbox where settled_at is not null`); got != "not_found" || len(b.later) != 0 {
		t.Errorf("the notification is %q; %v", got, b.later)
	}
}
