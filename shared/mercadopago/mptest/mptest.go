// Package mptest is a small Mercado Pago: it speaks the wire protocol of checkouts, payments and refunds, shows a checkout
// page, sends signed webhooks, and fails on request in the ways in which the original does. Tests and the development
// environment pay with it. It is stricter than the original where strictness finds mistakes.
package mptest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// What the server knows its client by, unless its Config says otherwise.
const (
	Token  = "APP_USR-mptest" // the bearer token
	Secret = "mptest-secret"  // what webhooks are signed with
)

// CollectorID is the account that payments go to.
const CollectorID = "239610915"

// Config says how the server behaves. The zero value is usable.
type Config struct {
	Addr      string // where to listen; empty: a free port of 127.0.0.1
	PublicURL string // what the addresses of checkouts begin with; empty: the server's own
	Token     string
	Secret    string
	Clock     func() time.Time // nil: time.Now; asked by many at once
	Latency   time.Duration    // before every answer of the API

	NotificationURL string // of the panel: where a payment's webhooks go if its checkout names nothing
	Test            bool   // payments are made with test credentials: live_mode is false
	NotifyTest      bool   // and all the same are told of, which Mercado Pago does not
	Seconds         bool   // signatures are dated in seconds, not milliseconds

	// Pauses are between the deliveries of a webhook that was not answered with 200 or 201. nil: Mercado Pago's, which begin
	// with 15 minutes; empty: it is delivered once.
	Pauses []time.Duration
	// Patience is how long a receiver may take to answer; 0: Mercado Pago's 22 seconds.
	Patience time.Duration

	// File is where everything is kept, so that a server that comes after this one knows of it; empty: nowhere.
	File string
}

// Server is a running Mercado Pago. Its methods may be called while it serves.
type Server struct {
	URL string // for MERCADOPAGO_BASE_URL

	config  Config
	http    *http.Server
	hooks   *http.Client
	ctx     context.Context //nolint:containedctx // of what goes on after a request: deliveries; it ends with Close
	stop    context.CancelFunc
	running sync.WaitGroup

	mu          sync.Mutex
	changed     chan struct{} // closed, and replaced, whenever a delivery ends
	sequence    int64
	preferences []*preference // the oldest first
	payments    []*paid       // the oldest first
	byID        map[string]*paid
	answered    map[string]remembered // by idempotency key
	refundsWill []payment.RefundStatus
	faults      []*Fault
	weather     []Disturbance
	held        bool
	webhooks    []*Webhook
	underway    int
	seen        map[Action]int
	keys        []string
}

// paid is a payment with what the API does not say of it.
type paid struct {
	payment.Payment

	preference *preference // nil: it was made without one
	title      string
	refunds    []*payment.Refund
}

// New starts a server. Close it.
func New(c Config) (*Server, error) {
	listener, err := net.Listen("tcp", cmp.Or(c.Addr, "127.0.0.1:0")) //nolint:noctx // it does not wait for anything
	if err != nil {
		return nil, fmt.Errorf("mptest: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		URL: "http://" + listener.Addr().String(), ctx: ctx, stop: stop,
		changed: make(chan struct{}), byID: make(map[string]*paid), answered: make(map[string]remembered), seen: make(map[Action]int),
	}
	s.config = s.withDefaults(c)
	if err := s.recall(); err != nil {
		stop()
		return nil, errors.Join(fmt.Errorf("mptest: %w", err), listener.Close())
	}
	s.hooks = &http.Client{
		Timeout: s.config.Patience, Transport: &http.Transport{MaxIdleConnsPerHost: 16},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.http = &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	s.running.Go(func() {
		s.http.Serve(listener) //nolint:errcheck // it ends with Close
	})
	return s, nil
}

func (s *Server) withDefaults(c Config) Config {
	c.PublicURL = cmp.Or(c.PublicURL, s.URL)
	c.Token, c.Secret = cmp.Or(c.Token, Token), cmp.Or(c.Secret, Secret)
	c.Patience = cmp.Or(c.Patience, 22*time.Second)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Pauses == nil {
		c.Pauses = []time.Duration{
			15 * time.Minute, 15 * time.Minute, 15 * time.Minute, 6 * time.Hour, 48 * time.Hour, 96 * time.Hour,
		}
	}
	return c
}

// Close ends the server, and every delivery. It may be called more than once.
func (s *Server) Close() {
	s.stop()
	s.http.Close() //nolint:errcheck // nothing that is cut off matters any more
	s.running.Wait()
	s.hooks.CloseIdleConnections()
}

// Handler is what the server serves, to be mounted elsewhere too: behind http.StripPrefix, with a PublicURL that says so.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// next is a number that was not used before. It is called with the lock held.
func (s *Server) next() int64 {
	s.sequence++
	return s.sequence
}

// now is the time as the API writes it: to the millisecond.
func (s *Server) now() time.Time { return s.config.Clock().UTC().Truncate(time.Millisecond) }

// broadcast wakes whoever waits for a delivery. It is called with the lock held.
func (s *Server) broadcast() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Buy is what a guest does at a checkout. But for Checkout all of it may be left out: then what is asked for is paid, by card.
type Buy struct {
	Checkout  string         // a preference's id, or an external_reference: of the newest one
	Status    payment.Status // empty: approved
	Detail    string         // empty: what goes with the status
	Amount    money.Cents    // instead of what is asked for
	Currency  string         // the same
	Reference string         // an external_reference instead of the checkout's
	Method    string         // empty: visa
	Type      string         // empty: credit_card
	Test      bool           // with test credentials, whatever the Config says
}

// Pay makes a payment, and tells of it. It does not mind that a checkout has expired: the payment was begun before. With no
// Checkout at all it is a payment that has nothing to do with us, as for something else that the owner sells.
func (s *Server) Pay(b Buy) (payment.Payment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.keep()
	var of *preference
	if b.Checkout != "" {
		if of = s.preference(b.Checkout); of == nil {
			return payment.Payment{}, fmt.Errorf("mptest: there is no checkout %q", b.Checkout)
		}
	}
	return s.pay(of, b).Payment, nil
}

// Approve pays what a checkout asks for.
func (s *Server) Approve(checkout string) (payment.Payment, error) {
	return s.Pay(Buy{Checkout: checkout})
}

// Pending leaves a voucher to be paid in a shop; Change pays it.
func (s *Server) Pending(checkout string) (payment.Payment, error) {
	return s.Pay(Buy{Checkout: checkout, Status: payment.Pending, Method: "rapipago", Type: "ticket"})
}

// Reject has a card refused; an empty detail is a card without money.
func (s *Server) Reject(checkout, detail string) (payment.Payment, error) {
	return s.Pay(Buy{Checkout: checkout, Status: payment.Rejected, Detail: detail})
}

// Change brings a payment into another state, and tells of it; an empty detail is what goes with the state.
func (s *Server) Change(id string, status payment.Status, detail string) error {
	return s.with(id, func(p *paid) error {
		s.become(p, status, detail)
		return nil
	})
}

// Chargeback has the cardholder's bank take an approved payment back.
func (s *Server) Chargeback(id string) error { return s.Change(id, payment.ChargedBack, "") }

// RefundFromPanel gives money back as the owner does in Mercado Pago's own panel; an amount of 0 is all that is left.
func (s *Server) RefundFromPanel(id string, amount money.Cents) (payment.Refund, error) {
	var made payment.Refund
	err := s.with(id, func(p *paid) error {
		r, no := s.refund(p, amount, payment.RefundApproved)
		if no.status != 0 {
			return fmt.Errorf("mptest: the refund is refused with %d", no.status)
		}
		made = *r
		return nil
	})
	return made, err
}

// RefundsBecome decides what the next refunds that are asked for are answered with, one each; later ones are approved.
func (s *Server) RefundsBecome(statuses ...payment.RefundStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refundsWill = append(s.refundsWill, statuses...)
}

// SettleRefund decides a refund that is in process.
func (s *Server) SettleRefund(paymentID, id string, status payment.RefundStatus) error {
	return s.with(paymentID, func(p *paid) error {
		i := slices.IndexFunc(p.refunds, func(r *payment.Refund) bool { return r.ID == id })
		if i < 0 || p.refunds[i].Status != payment.RefundInProcess {
			return fmt.Errorf("mptest: payment %s has no refund %s in process", paymentID, id)
		}
		p.refunds[i].Status = status
		s.account(p)
		return nil
	})
}

// with does something to a payment.
func (s *Server) with(id string, do func(*paid) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.byID[id]
	if p == nil {
		return fmt.Errorf("mptest: there is no payment %q", id)
	}
	defer s.keep()
	return do(p)
}

// Payments returns the payments of an external_reference, or all for an empty one, the oldest first.
func (s *Server) Payments(reference string) []payment.Payment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []payment.Payment
	for _, p := range s.payments {
		if reference == "" || p.ExternalReference == reference {
			found = append(found, p.Payment)
		}
	}
	return found
}

// Refunds returns the refunds of a payment, the oldest first.
func (s *Server) Refunds(paymentID string) []payment.Refund {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []payment.Refund
	if p := s.byID[paymentID]; p != nil {
		for _, r := range p.refunds {
			found = append(found, *r)
		}
	}
	return found
}

// Checkouts returns the ids of the preferences of an external_reference, or all for an empty one, the oldest first.
func (s *Server) Checkouts(reference string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for _, p := range s.preferences {
		if reference == "" || p.ExternalReference == reference {
			found = append(found, p.id)
		}
	}
	return found
}

// Seen returns how often something was asked for, whatever the answer.
func (s *Server) Seen(a Action) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[a]
}

// Keys returns the idempotency keys that came, in order, repeated ones too.
func (s *Server) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.keys)
}
