// Package webhookwhatsapp is the function that Meta tells of what happens on WhatsApp: what guests write, what has become of our
// messages, and all else. It asks nobody anything: what is told is kept, along with the jobs of looking at it, and answered at once.
package webhookwhatsapp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function. It is not Public: Meta comes again for seven days to who answers anything but 200, and leaves for
// good who does so for long, so it is bounded by Concurrency alone. Payloads have up to 3 MB.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
var Spec = function.Spec{
	Name:        "webhook-whatsapp",
	Summary:     "what Meta tells of WhatsApp: kept, to be answered",
	Routes:      web.Routes(operations),
	Docs:        web.Docs(operations),
	Timeout:     10 * time.Second,
	Concurrency: 128,
	MaxBody:     3 << 20,
	Connections: 2,
}

// Config is what the function reads from its environment.
type Config struct {
	// VerifyToken is what Meta shows when somebody enters the address of this function in its panel.
	VerifyToken config.Secret `envconfig:"WHATSAPP_VERIFY_TOKEN" validate:"needed"`
	// Secret is that of Meta's app, which signs, and Previous the one that it replaces, for as long as repeated deliveries may
	// still be signed with it.
	Secret   config.Secret `envconfig:"WHATSAPP_APP_SECRET" validate:"needed"`
	Previous config.Secret `envconfig:"WHATSAPP_APP_SECRET_PREVIOUS"`
	// PhoneID is our number, as Meta names it: what is told of others is somebody else's. Empty: all are ours.
	PhoneID string `envconfig:"WHATSAPP_PHONE_ID"`
}

// Deps is what the function is given.
type Deps struct {
	Inbox   Inbox
	Now     func() time.Time
	Metrics prometheus.Registerer
}

// Inbox is where events are kept; see postgres.Inbox.
type Inbox interface {
	// AcceptAll keeps events and enqueues their jobs: all of it, or nothing. It reports of each whether it is new.
	AcceptAll(ctx context.Context, all ...inbox.Arrival) (fresh []bool, err error)
}

const route = "/api/v1/webhooks/whatsapp"

var operations = []web.Operation[*handler]{
	web.Raw(web.Doc{
		Route: "GET " + route, Status: http.StatusOK, Media: "text/plain; charset=utf-8", AlsoStatus: http.StatusForbidden, Request: handshake{},
		Summary: "For Meta to see that this is the address it was told: the challenge comes back",
	}, (*handler).shake),
	web.Raw(web.Doc{
		Route: "POST " + route, Status: http.StatusOK, Request: request{}, Response: answer{},
		Summary: "For Meta to tell of messages and of what has become of ours",
		Problems: []*fault.Error{
			web.ErrTooLarge, chat.ErrSignatureMissing, chat.ErrSignatureMalformed, chat.ErrSignatureMismatch,
		},
	}, (*handler).accept),
}

// handshake is what Meta asks once.
type handshake struct {
	Mode      string `query:"hub.mode" required:"true" description:"subscribe"`
	Token     string `query:"hub.verify_token" required:"true" description:"What WHATSAPP_VERIFY_TOKEN says"`
	Challenge string `query:"hub.challenge" required:"true" description:"What comes back"`
}

// request describes what is read of a notification beside its body.
type request struct {
	Signature string `header:"X-Hub-Signature-256" description:"sha256=…, as Meta signs the body"`
}

// answer is all that Meta wants to know: that it need not come again.
type answer map[string]any

type handler struct {
	inbox   Inbox
	token   config.Secret
	secrets []string
	phone   string
	now     func() time.Time
	count   func(outcome string)
}

// New returns the function's handler.
func New(c Config, d Deps) (http.Handler, error) {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "whatsapp_webhooks_total", Help: "What became of notifications of WhatsApp.",
	}, []string{"outcome"})
	if err := d.Metrics.Register(outcomes); err != nil {
		return nil, fmt.Errorf("whatsapp_webhooks_total: %w", err)
	}
	h := &handler{
		inbox: d.Inbox, token: c.VerifyToken, secrets: []string{c.Secret.Reveal(), c.Previous.Reveal()}, phone: c.PhoneID, now: d.Now,
		count: func(outcome string) { outcomes.WithLabelValues(outcome).Inc() },
	}
	return web.Mount(h, operations), nil
}

// maxChallenge is how much is said after anybody who knows the token. Meta's challenges are numbers of ten digits.
const maxChallenge = 1 << 10

// shake answers as Meta wants it: the challenge as it is, or 403 and not a word.
func (h *handler) shake(w http.ResponseWriter, r *http.Request) error {
	// Whoever has the token may have us say anything: no browser is to see more in it than text.
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	query := r.URL.Query()
	challenge := query.Get("hub.challenge")
	if query.Get("hub.mode") != "subscribe" || !same(h.token, query.Get("hub.verify_token")) || len(challenge) > maxChallenge {
		h.count("handshake_refused")
		web.Note(r.Context(), "outcome", "handshake_refused")
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
	h.count("handshake")
	web.Note(r.Context(), "outcome", "handshake")
	io.WriteString(w, challenge) //nolint:errcheck // the client has gone: nothing is left to tell it
	return nil
}

// same compares in a time that tells nothing, not even how long the token is. No token is nobody's.
func same(token config.Secret, given string) bool {
	want, got := sha256.Sum256([]byte(token.Reveal())), sha256.Sum256([]byte(given))
	return token != "" && subtle.ConstantTimeCompare(want[:], got[:]) == 1
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
	if err := chat.Verify(r.Header.Get("X-Hub-Signature-256"), body, h.secrets...); err != nil {
		return refusal(err), err
	}
	arrivals, outcome, err := h.sort(body)
	if err != nil {
		return "failed", err
	}
	fresh, err := h.inbox.AcceptAll(r.Context(), arrivals...)
	if err != nil {
		return "failed", err
	}
	for _, isNew := range fresh {
		if isNew {
			return outcome, nil
		}
	}
	if len(arrivals) == 0 {
		return outcome, nil
	}
	return "repeated", nil
}

func refusal(why error) string {
	if f, ok := errors.AsType[*fault.Error](why); ok {
		return f.Code
	}
	return "unsigned"
}
