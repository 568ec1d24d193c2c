// Package site is the function that shows guests what they need to see: for now each his own reservation, with what is to be
// paid, how to arrive, and the way out. It is plain pages: they need no JavaScript and nothing from another host.
package site

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function. Its routes are for people: the same can be had as JSON elsewhere.
var Spec = function.Spec{
	Name:        "site",
	Summary:     "a reservation's own page for its guest",
	Routes:      web.Routes(operations),
	Public:      true,
	Timeout:     10 * time.Second,
	Concurrency: 64,
	MaxBody:     16 << 10,
	Connections: 4,
}

// Config is what the function reads from its environment.
type Config struct {
	web.AccessConfig
	web.SiteConfig
	// TransferHold is how long nights are kept for a guest who says that he transfers the money.
	TransferHold time.Duration `envconfig:"TRANSFER_HOLD" default:"24h" validate:"min=30m,max=168h"`
}

// Deps is what the function is given.
type Deps struct {
	Folio func(ctx context.Context, code string) (payment.Folio, error) // see postgres.Payments; fault.ErrNotFound
	// Preview says what a cancellation by the guest would give back, and Cancel cancels; booking.ErrInvalidState where there is
	// nothing to be cancelled by a guest.
	Preview func(ctx context.Context, code string, now time.Time) (payment.Preview, error)
	Cancel  func(ctx context.Context, code, reason string, now time.Time) error
	// Transfer keeps the nights for a guest who says that he transfers an amount, for so long; booking.ErrInvalidState and
	// booking.ErrAwaitingApproval where there is nothing to be transferred for.
	Transfer func(ctx context.Context, code string, amount money.Cents, hold time.Duration, now time.Time) error
	// Look has a payment looked up. The guest names it, which proves nothing.
	Look func(ctx context.Context, job payment.Look) error
	// Online says that somebody takes payments for us.
	Online bool
	Now    func() time.Time
}

var operations = []web.Operation[*handler]{
	web.Raw(web.Doc{Route: "GET /r/{code}"}, (*handler).show),
	web.Raw(web.Doc{Route: "GET /r/{code}/cancelar"}, (*handler).askToCancel),
	web.Raw(web.Doc{Route: "POST /r/{code}/cancelar"}, (*handler).cancel),
	web.Raw(web.Doc{Route: "POST /r/{code}/transferencia"}, (*handler).transfer),
	web.Raw(web.Doc{Route: "GET /r/{code}/estadia.ics"}, (*handler).calendar),
}

type handler struct {
	Deps
	access       *web.Access
	transferHold time.Duration
	host         string // this service's: events of guests' calendars are named by it
	returns      returns
}

// New returns the function's handler.
func New(c Config, d Deps) http.Handler {
	h := &handler{Deps: d, access: web.NewAccess(c.AccessConfig, d.Now), transferHold: c.TransferHold}
	if base, err := url.Parse(c.URL()); err == nil {
		h.host = base.Hostname()
	}
	return guarded(web.Mount(h, operations))
}

// guarded is what holds for every answer, redirects and refusals too: the address that it came for opens the reservation, so it
// goes nowhere else, and nothing of it is kept or found.
func guarded(next http.Handler) http.Handler {
	policy := contentSecurityPolicy()
	protected := crossOrigin(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Robots-Tag", "noindex, nofollow")
		header.Set("Content-Security-Policy", policy)
		protected.ServeHTTP(w, r)
	})
}

// crossOrigin refuses forms of other sites. Who may do what is decided by the token in the form, which other sites do not know;
// this keeps them from trying.
func crossOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A browser to which we are not secure, as by plain HTTP in a house's own network, does not say Sec-Fetch-Site, and for our
		// Referrer-Policy it sends no origin with our own forms either.
		if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
			next.ServeHTTP(w, r)
			return
		}
		refuse(w, r, errElsewhere)
	}))
	return protection.Handler(next)
}

// folio returns the reservation that a request is about, if its token opens it. Token and code that do not go together are the
// same to whoever tries as a code that does not exist.
func (h *handler) folio(r *http.Request, token string) (payment.Folio, error) {
	for _, code := range codes(r.PathValue("code")) {
		if _, err := h.access.GuestOrAdmin(web.Credentials{GuestQuery: token}, code); err != nil {
			continue
		}
		f, err := h.Folio(r.Context(), code)
		if err != nil {
			return payment.Folio{}, err
		}
		web.Note(r.Context(), "reservation", f.Reservation.Code)
		return f, nil
	}
	return payment.Folio{}, web.ErrDenied
}

// codes are what the reservation may be called: what was typed, and what that means as one of ours.
func codes(typed string) []string {
	if !fitForPostgres(typed) {
		return nil
	}
	if code, ok := booking.NormalizeCode(typed); ok && code != typed {
		return []string{typed, code}
	}
	return []string{typed}
}

// self is the address of a guest's page, or of one below it.
func (h *handler) self(code, below string) string {
	return pathTo(code, below) + "?t=" + h.access.GuestToken(code)
}

// pathTo is that address without the token that opens it.
func pathTo(code, below string) string { return "/r/" + url.PathEscape(code) + below }
