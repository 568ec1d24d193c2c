// Package webhookmp is the function that Mercado Pago tells of payments. It asks nobody anything: what is told is kept, along
// with the job of looking the payment up, and answered at once.
package webhookmp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function. It is not Public: a provider that is told 429 gives up on an event, and one that is told to
// come back does, so it is bounded by Concurrency alone.
var Spec = function.Spec{
	Name:        "webhook-mp",
	Summary:     "what Mercado Pago tells of payments: kept, to be looked up",
	Routes:      web.Routes(operations),
	Docs:        web.Docs(operations),
	Timeout:     10 * time.Second,
	Concurrency: 128,
	MaxBody:     1 << 20,
	Connections: 2,
}

// source is what events of Mercado Pago are kept under.
const source = payment.MercadoPago

// Config is what the function reads from its environment.
type Config struct {
	// Secret is that of the provider's panel, and Previous the one that it replaces, for as long as repeated deliveries
	// may still be signed with it.
	Secret   config.Secret `envconfig:"MERCADOPAGO_WEBHOOK_SECRET" validate:"needed"`
	Previous config.Secret `envconfig:"MERCADOPAGO_WEBHOOK_SECRET_PREVIOUS"`
	// Strict refuses what is not signed. Otherwise that is answered like the rest, and looked up now and then.
	Strict bool `envconfig:"MERCADOPAGO_WEBHOOK_STRICT" default:"true"`
	// Tolerance is how old a signature may be; 0 = any age. A delivery that is repeated carries the first one's, and a
	// delivery that somebody else repeats costs one look.
	Tolerance time.Duration `envconfig:"MERCADOPAGO_WEBHOOK_TOLERANCE" default:"168h" validate:"min=0,max=8760h"`
}

func (c Config) secrets() [][]byte {
	var all [][]byte
	for _, secret := range []config.Secret{c.Secret, c.Previous} {
		if secret != "" {
			all = append(all, []byte(secret.Reveal()))
		}
	}
	return all
}

// Deps is what the function is given.
type Deps struct {
	Inbox   Inbox
	Now     func() time.Time
	Metrics prometheus.Registerer
}

// Inbox is where events are kept; see postgres.Inbox.
type Inbox interface {
	// Accept keeps an event and enqueues its job (nil = none), both or neither. fresh is false for one that was kept before.
	Accept(ctx context.Context, e inbox.Event, job interface{ Kind() string }) (fresh bool, err error)
}

var operations = []web.Operation[*handler]{
	web.Raw(doc("POST /api/v1/webhooks/mercadopago", "For Mercado Pago to tell of a payment"), (*handler).accept),
	web.Raw(doc("POST /api/v1/mercadopago/webhook", "The same, under its older name"), (*handler).accept),
}

func doc(route, summary string) web.Doc {
	return web.Doc{
		Route: route, Status: http.StatusOK, Summary: summary, Request: request{}, Response: answer{},
		Problems: []*fault.Error{
			web.ErrTooLarge,
			payment.ErrSignatureMissing, payment.ErrSignatureMalformed, payment.ErrSignatureMismatch, payment.ErrSignatureStale,
		},
	}
}

// request describes what is read of a notification beside its body, which may be anything.
type request struct {
	DataID    string `query:"data.id" description:"What the notification is about: the id of the payment, which the signature vouches for"`
	Type      string `query:"type" description:"payment, or something that is kept and nothing else"`
	Signature string `header:"x-signature" description:"ts=…,v1=…, as Mercado Pago signs"`
	RequestID string `header:"x-request-id" description:"Part of what is signed"`
}

// answer is all that the provider wants to know: that it need not come again.
type answer map[string]any

type handler struct {
	inbox     Inbox
	secrets   [][]byte
	tolerance time.Duration
	strict    bool
	patience  *patience
	now       func() time.Time
	count     func(outcome string)
}

// New returns the function's handler.
func New(c Config, d Deps) (http.Handler, error) {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "mercadopago_webhooks_total", Help: "What became of notifications of Mercado Pago.",
	}, []string{"outcome"})
	if err := d.Metrics.Register(outcomes); err != nil {
		return nil, fmt.Errorf("mercadopago_webhooks_total: %w", err)
	}
	h := &handler{
		inbox: d.Inbox, secrets: c.secrets(), tolerance: c.Tolerance, strict: c.Strict, patience: &patience{}, now: d.Now,
		count: func(outcome string) { outcomes.WithLabelValues(outcome).Inc() },
	}
	return web.Mount(h, operations), nil
}

func (h *handler) accept(w http.ResponseWriter, r *http.Request) error {
	outcome, err := h.take(r)
	h.count(outcome)
	web.Note(r.Context(), "outcome", outcome)
	if err != nil {
		return err
	}
	web.WriteJSON(w, r, http.StatusOK, answer{})
	return nil
}

// take decides what becomes of a notification, and names it for whoever counts.
func (h *handler) take(r *http.Request) (outcome string, err error) {
	body, err := io.ReadAll(r.Body)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return "too_large", err
	}
	if err != nil {
		return "incomplete", web.ErrMalformed.WithDetail("The body ended before it was complete.").WithCause(err)
	}
	now := h.now()
	n := payment.ReadNotification(r.URL.Query(), body)
	n.RequestID = r.Header.Get("X-Request-Id")
	if err := payment.Verify(r.Header.Get("X-Signature"), n.RequestID, n.SignedID, h.secrets, now, h.tolerance); err != nil {
		return h.doubt(r.Context(), n, body, now, err)
	}
	e := event(n, body, now)
	if e.Signed = true; n.SignedID != "" {
		e.EventID = n.EventID() // without an id in the URL the signature says only that there was some notification
	}
	fresh, err := h.inbox.Accept(r.Context(), e, look(e))
	switch {
	case err != nil:
		return "failed", err
	case !fresh:
		return "repeated", nil
	case n.PaymentID == "":
		return "ignored", nil
	default:
		return "accepted", nil
	}
}

// doubt is what becomes of a notification that nobody vouches for: it is refused, or, where the owner wants it so, looked up,
// which costs a question to the provider and can do nothing else. It names no event: anybody could name one that is yet to come.
func (h *handler) doubt(ctx context.Context, n payment.Notification, body []byte, now time.Time, why error) (outcome string, err error) {
	reason := "unsigned"
	if f, ok := errors.AsType[*fault.Error](why); ok {
		reason = f.Code
	}
	if h.strict {
		return reason, why
	}
	web.Note(ctx, "doubt", reason)
	if n.PaymentID == "" {
		return "unsigned_ignored", nil
	}
	if !h.patience.lasts(now) {
		return "unsigned_dropped", nil
	}
	e := event(n, body, now)
	if _, err := h.inbox.Accept(ctx, e, look(e)); err != nil {
		return "failed", err
	}
	return "unsigned_accepted", nil
}

// look is the job that an event asks for, if it asks for any.
func look(e inbox.Event) interface{ Kind() string } {
	if e.Subject == "" {
		return nil
	}
	event := e.EventID
	if event == "" {
		event = "unnamed " + rand.Text() // none like another: what cannot be told from others is looked at by itself
	}
	// Whoever does not sign has a payment looked at, and the owner alarmed by nobody.
	return payment.Look{Provider: source, PaymentID: e.Subject, Event: event, Fraud: e.Signed && e.Topic == payment.TopicStopDelivery}
}

func event(n payment.Notification, body []byte, now time.Time) inbox.Event {
	return inbox.Event{Source: source, Topic: n.Topic, ResourceID: n.ResourceID, Subject: n.PaymentID, Payload: body, At: now}
}
