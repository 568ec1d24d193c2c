// Package pay is the function that takes a guest to the checkout: it is made when the guest wants to pay and not before, so that
// reserving needs nobody else, and it is one however often the guest asks.
package pay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function. Its time is that of one question to the provider, with all its repetitions, and some more.
var Spec = function.Spec{
	Name:        "pay",
	Summary:     "the way to the checkout",
	Routes:      web.Routes(operations),
	Docs:        web.Docs(operations),
	Public:      true,
	Timeout:     20 * time.Second,
	Concurrency: 64,
	MaxBody:     1 << 10,
	Connections: 2,
}

// Config is what the function reads from its environment.
type Config struct {
	web.AccessConfig
	web.SiteConfig
	// PendingHold is how long nights are kept at most for a payment that is made in a shop or looked at by the provider: no
	// voucher can be paid for longer.
	PendingHold time.Duration `envconfig:"PAYMENT_PENDING_HOLD" default:"24h" validate:"min=30m,max=168h"`
}

// Deps is what the function is given.
type Deps struct {
	Checkouts Checkouts
	// Create asks the provider for a page on which the guest can pay, with errors of shared/payment; nil = nobody takes payments.
	Create  func(context.Context, payment.Checkout) (payment.Link, error)
	Now     func() time.Time
	Metrics prometheus.Registerer
}

// Checkouts is where the pages are kept that the provider has made; see postgres.Checkouts for what each method promises.
type Checkouts interface {
	// Open finds the page on which a part of a reservation can be paid, or claims to have it made. Refusals are
	// fault.ErrNotFound, and with the reservation booking.ErrInvalidState, booking.ErrAwaitingApproval and payment.ErrNothingOwed.
	Open(ctx context.Context, code, what string, now time.Time) (payment.Opening, error)
	Store(ctx context.Context, id int64, link payment.Link) error
	Release(ctx context.Context, id int64) error
}

// Faults of paying.
var (
	ErrPaymentsOff = fault.New(fault.Unavailable, "payments_off", "Payments are not taken here yet; the owner will tell you how to pay.")

	errElsewhere = fault.New(fault.Unavailable, "payments_unavailable", "The payment page is being made; try again in a moment.").WithRetryAfter(2 * time.Second)
)

var operations = []web.Operation[*handler]{
	web.Raw(web.Doc{
		Route: "GET /pay/{code}", Status: http.StatusSeeOther, Request: payRequest{}, Secured: web.GuestOrAdmin,
		Summary: "Pay the deposit, or with amount=total all that is owed: leads to the provider's checkout",
		Problems: []*fault.Error{
			fault.ErrNotFound, booking.ErrInvalidState, booking.ErrAwaitingApproval, payment.ErrNothingOwed,
			ErrPaymentsOff, payment.ErrUnavailable,
		},
	}, (*handler).pay),
}

type payRequest struct {
	Code string `path:"code" description:"The code of the reservation; case, spaces and dashes do not matter"`
	What string `query:"amount" validate:"omitempty,oneof=deposit total" description:"deposit if not said; total is all that is still owed"`
}

type handler struct {
	Deps
	access      *web.Access
	baseURL     string
	pendingHold time.Duration
	count       func(outcome string)
}

// New returns the function's handler.
func New(c Config, d Deps) (http.Handler, error) {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "checkouts_total", Help: "What became of guests who wanted to pay.",
	}, []string{"outcome"})
	if err := d.Metrics.Register(outcomes); err != nil {
		return nil, fmt.Errorf("checkouts_total: %w", err)
	}
	h := &handler{
		Deps: d, access: web.NewAccess(c.AccessConfig, d.Now), baseURL: c.URL(), pendingHold: c.PendingHold,
		count: func(outcome string) { outcomes.WithLabelValues(outcome).Inc() },
	}
	return web.Mount(h, operations), nil
}

func (h *handler) pay(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Vary", "Accept")
	o, err := h.checkout(r)
	if err == nil {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer") // the address that the guest comes from opens the reservation
		header.Set("Location", o.Link.InitPoint)
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	h.count(outcomeOf(err))
	if wantsJSON(r) {
		return h.offer(err)
	}
	return h.explain(w, r, o, err)
}

// checkout finds where the guest pays. The opening tells of the reservation also where nothing can be paid, if whoever asks may
// know of it.
func (h *handler) checkout(r *http.Request) (payment.Opening, error) {
	what := r.URL.Query().Get("amount")
	if what == "" {
		what = payment.Deposit
	}
	if what != payment.Deposit && what != payment.Total {
		return payment.Opening{}, fault.InField("amount", "must be one of: deposit total")
	}
	credentials := web.Credentials{
		Authorization: r.Header.Get("Authorization"), GuestHeader: r.Header.Get("X-Guest-Token"), GuestQuery: r.URL.Query().Get("t"),
	}
	var o payment.Opening
	var err error
	for _, code := range codes(r.PathValue("code")) {
		if _, err = h.access.GuestOrAdmin(credentials, code); err == nil {
			o, err = h.open(r.Context(), code, what)
		}
		if !errors.Is(err, fault.ErrNotFound) && !errors.Is(err, web.ErrDenied) {
			break
		}
	}
	return o, err
}

// codes are what the reservation may be called: what was typed, and what that means as one of ours.
func codes(typed string) []string {
	if !utf8.ValidString(typed) || strings.ContainsRune(typed, 0) {
		return []string{""} // which none is called: Postgres takes no such text
	}
	if code, ok := booking.NormalizeCode(typed); ok && code != typed {
		return []string{typed, code}
	}
	return []string{typed}
}

const (
	// lookEvery and looks are how long a click waits for the page that another one is having made.
	lookEvery = 100 * time.Millisecond
	looks     = 50
)

// open finds the page, or has it made by one click of all that want it.
func (h *handler) open(ctx context.Context, code, what string) (payment.Opening, error) {
	if h.Create == nil {
		return payment.Opening{}, ErrPaymentsOff
	}
	var o payment.Opening
	for range looks {
		var err error
		o, err = h.Checkouts.Open(ctx, code, what, h.Now())
		if o.Reservation.Code != "" {
			web.Note(ctx, "reservation", o.Reservation.Code)
		}
		switch {
		case err != nil:
			return o, err
		case o.Link.InitPoint != "":
			h.count("again")
			return o, nil
		case o.Mine:
			return h.create(ctx, o)
		}
		if !sleep(ctx, lookEvery) {
			return o, context.Cause(ctx)
		}
	}
	return o, errElsewhere
}

// create has the page made. What was made and could not be written down is no loss: asked for the same again, the provider
// answers with the same page.
func (h *handler) create(ctx context.Context, o payment.Opening) (payment.Opening, error) {
	link, err := h.Create(ctx, h.order(o))
	// Whoever waits for this click is not to suffer from its guest going away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err != nil {
		if again := h.Checkouts.Release(ctx, o.ID); again != nil {
			web.Note(ctx, "not_released", again.Error())
		}
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Unavailable {
			err = payment.ErrUnavailable.WithCause(err) // it is not the guest who can do something about it
		}
		return o, err
	}
	if err := h.Checkouts.Store(ctx, o.ID, link); err != nil {
		web.Note(ctx, "not_stored", err.Error())
	}
	o.Link = link
	h.count("created")
	return o, nil
}

// order is what the provider is asked for. Nothing in it depends on when exactly somebody clicks, so that clicks that come
// through two processes at once are the same order.
func (h *handler) order(o payment.Opening) payment.Checkout {
	back := h.manageURL(o.Reservation.Code)
	order := payment.Checkout{
		Reference: o.Reservation.Code, Title: title(o), Amount: o.Amount, Currency: o.Currency, ExpiresAt: o.ExpiresAt.UTC(),
		NotificationURL: h.baseURL + "/api/v1/webhooks/mercadopago?source_news=webhooks",
		Back:            payment.Back{Success: back, Pending: back, Failure: back},
		Payer:           payer(o.Reservation.Contact),
		Edition:         o.Edition,
		Statement:       o.Terms.AccommodationName,
	}
	if o.Reservation.Status == booking.StatusPreReserved {
		// From the click on, so that a voucher is good for no longer than nights are kept for it.
		order.VoucherUntil = order.ExpiresAt.Add(h.pendingHold - booking.HoldFor)
	}
	return order
}

// manageURL is the guest's own page.
func (h *handler) manageURL(code string) string {
	return h.baseURL + "/r/" + url.PathEscape(code) + "?t=" + h.access.GuestToken(code)
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func outcomeOf(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case ok && f.Kind == fault.Unavailable:
		return "unavailable"
	case ok:
		return "refused"
	default:
		return "failed"
	}
}
