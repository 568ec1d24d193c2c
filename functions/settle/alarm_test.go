package settle_test

import (
	"net/http"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// alarm is what comes of a notification that the provider takes a payment for fraud.
func (b *bundle) alarm(t *testing.T, id, event string) {
	t.Helper()
	if _, err := b.inbox.Accept(t.Context(), inbox.Event{
		Source: payment.MercadoPago, EventID: event, Topic: payment.TopicStopDelivery, Subject: id, Signed: true, At: noon,
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

func TestAFraudAlertIsToldOnceAndChangesNothingElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.paid(t, mptest.Buy{})
	if err := b.look(t, p.ID); err != nil {
		t.Fatal(err)
	}
	const rest = `select r::text || (to_jsonb(p) - 'flag') from reservations r, payments p`
	before := one[string](t, b, rest)
	b.alarm(t, p.ID, "e1")
	b.alarm(t, p.ID, "e2")
	if after := one[string](t, b, rest); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	b.marked(t)
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

// marked complains unless the reservation's history tells once of a fraud alert, without its guest, and the payment is flagged.
func (b *bundle) marked(t *testing.T) {
	t.Helper()
	const history = `select string_agg(reservation_id || ' ' || actor || ' ' || details, ';') from reservation_events where event = 'payment_fraud_alert'`
	name := one[string](t, b, `select provider || ':' || provider_id from payments`)
	if got, want := one[string](t, b, history), `1 mercadopago {"payment": "`+name+`"}`; got != want {
		t.Errorf("the history says %s, want %s", got, want)
	}
	if rows, err := b.payments.List(t.Context(), true, 0, 10); err != nil || len(rows) != 1 || rows[0].Flag != payment.FlagFraudAlert {
		t.Errorf("flagged are %+v, %v", rows, err)
	}
}

func TestAFraudAlertStaysUntilNothingIsLeftOfThePayment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.paid(t, mptest.Buy{})
	b.alarm(t, p.ID, "e1") // before anybody knows of the payment: the look finds it
	b.alarm(t, p.ID, "e2")
	b.marked(t)
	if got := one[string](t, b, `select string_agg(coalesce(reservation_id::text, 'none'), ';') from messages where kind = 'owner_fraud_alert'`); got != "1" {
		t.Errorf("told of reservation %s", got)
	}
	if err := b.look(t, p.ID); err != nil {
		t.Fatal(err)
	}
	b.marked(t)
	b.sql(t, `update payments set status = 'refunded', refunded_amount = amount`)
	if _, err := b.payments.Resettle(t.Context(), code, b.clock()); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, `select flag from payments`); got == string(payment.FlagFraudAlert) {
		t.Error("it is still flagged")
	}
}

func TestAFraudAlertAboutAPaymentOfNoReservationIsKeptWithIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.paid(t, mptest.Buy{})
	b.sql(t, `update reservations set code = 'ZZZ234'`) // which the payment does not name
	if err := b.look(t, p.ID); err != nil {
		t.Fatal(err)
	}
	for _, event := range []string{"e1", "e2"} {
		b.alarm(t, p.ID, event)
		if got := one[string](t, b, `select flag from payments`); got != string(payment.FlagFraudAlert) {
			t.Errorf("flagged %q", got)
		}
	}
	if n := one[int64](t, b, `select count(*) from messages where kind = 'owner_fraud_alert' and reservation_id is null`); n != 1 {
		t.Errorf("told %d times", n)
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
	if _, err := b.inbox.Accept(t.Context(), inbox.Event{Source: payment.MercadoPago, Subject: "99", At: noon}, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.worker(t.Context(), payment.Look{Provider: payment.MercadoPago, PaymentID: "99", Event: "x again 5"}); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, b, `select outcome from inbox where settled_at is not null`); got != "not_found" || len(b.later) != 0 {
		t.Errorf("the notification is %q; %v", got, b.later)
	}
}
