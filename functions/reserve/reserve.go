// Package reserve is the function that guests and their agents book with: cabins, availability, quotes, holds, and what
// becomes of a reservation until somebody pays for it.
package reserve

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "reserve",
	Summary:     "cabins, availability, quotes and reservations",
	Routes:      web.Routes(operations),
	Docs:        web.Docs(operations),
	Public:      true,
	Timeout:     10 * time.Second,
	Concurrency: 256,
	MaxBody:     16 << 10,
	Connections: 8,
}

// Config is what the function reads from its environment.
type Config struct {
	web.AccessConfig
	web.SiteConfig
	desk.Config
	// TransferHold is how long nights are kept for a guest who says that he transfers the money.
	TransferHold time.Duration `envconfig:"TRANSFER_HOLD" default:"24h" validate:"min=30m,max=168h"`
}

// Deps is what the function is given.
type Deps struct {
	Bookings  Bookings
	Payments  Payments
	Calendars desk.Calendars
	Now       func() time.Time
	Metrics   prometheus.Registerer
}

// Bookings is where reservations are kept; see postgres.Bookings for what each method promises.
type Bookings interface {
	desk.Bookings
	Accommodation(ctx context.Context, ref string) (*booking.Accommodation, error)
	Reservation(ctx context.Context, code string) (booking.Reservation, booking.Terms, error)
	Change(ctx context.Context, code, by, event string, now time.Time, rule func(*booking.Reservation) error) (booking.Reservation, booking.Terms, error)
}

// Payments is where it is decided what money has to do with a reservation; see postgres.Payments for what each method promises.
type Payments interface {
	Confirm(ctx context.Context, code, by string, now time.Time) (payment.Outcome, error)
	Approve(ctx context.Context, code, by string, now time.Time) (payment.Outcome, error)
	Cancel(ctx context.Context, code string, who payment.Who, by, reason string, override *money.Cents, now time.Time) (payment.Outcome, error)
	CancelPreview(ctx context.Context, code string, who payment.Who, override *money.Cents, now time.Time) (payment.Preview, payment.Outcome, error)
	AwaitTransfer(ctx context.Context, code, by string, amount money.Cents, hold time.Duration, now time.Time) (payment.Outcome, error)
	Folio(ctx context.Context, code string) (payment.Folio, error)
}

var operations = []web.Operation[*handler]{
	web.Act(web.Doc{
		Route: "GET /api/v1/accommodations", Status: http.StatusOK, Cached: true,
		Summary: "The cabins that take reservations",
	}, (*handler).list),
	web.Act(web.Doc{
		Route: "GET /api/v1/accommodations/{id}", Status: http.StatusOK, Cached: true,
		Summary: "One cabin, by id or slug", Problems: []*fault.Error{fault.ErrNotFound},
	}, (*handler).get),
	web.Act(web.Doc{
		Route: "GET /api/v1/accommodations/{id}/availability", Status: http.StatusOK, Cached: true,
		Summary:  "Night by night: free or not, price, and the shortest stay that may begin",
		Problems: []*fault.Error{fault.ErrNotFound, fault.ErrInvalid},
	}, (*handler).availability),
	web.Act(web.Doc{
		Route: "GET /api/v1/accommodations/{id}/quote", Status: http.StatusOK,
		Summary: "What a stay costs, line by line, and whether its nights are free", Problems: append(stayRules, fault.ErrNotFound),
	}, (*handler).quote),
	web.Act(web.Doc{
		Route: "GET /api/v1/availability", Status: http.StatusOK,
		Summary: "The cabins that are free for a stay and accept it, each with its price", Problems: []*fault.Error{fault.ErrInvalid, booking.ErrPastDate, booking.ErrTooFar},
	}, (*handler).search),
	web.Act(holdDoc("POST /api/v1/reservations", "Hold nights for 30 minutes"), (*handler).hold),
	web.Act(holdDoc("POST /api/v1/reservations/pre-reserve", "The same, under its older name"), (*handler).hold),
	web.Act(web.Doc{
		Route: "GET /api/v1/reservations/{code}", Status: http.StatusOK, Secured: web.GuestOrAdmin,
		Summary: "A reservation", Problems: []*fault.Error{fault.ErrNotFound},
	}, (*handler).view),
	web.Act(web.Doc{
		Route: "GET /api/v1/reservations/{code}/cancel-preview", Status: http.StatusOK, Secured: web.GuestOrAdmin,
		Summary: "What would be given back if it were cancelled now, and until when how much", Problems: changeProblems,
	}, (*handler).previewCancel),
	web.Act(web.Doc{
		Route: "POST /api/v1/reservations/{code}/cancel", Status: http.StatusOK, Secured: web.GuestOrAdmin,
		Summary: "Cancel a hold or a confirmed reservation, and give back what the cabin's policy says", Problems: changeProblems,
	}, (*handler).cancel),
	web.Act(web.Doc{
		Route: "POST /api/v1/reservations/{code}/transfer", Status: http.StatusOK, Secured: web.GuestOrAdmin,
		Summary:  "Say that it is paid by bank transfer: where to, and a hold is kept for longer, once",
		Problems: append(changeProblems, booking.ErrAwaitingApproval, payment.ErrTransferNotOffered, payment.ErrNothingOwed),
	}, (*handler).transfer),
	web.Act(web.Doc{
		Route: "POST /api/v1/reservations/{code}/extend", Status: http.StatusOK, Secured: web.GuestOrAdmin,
		Summary: "Keep a hold for another 30 minutes, once", Problems: append(changeProblems, booking.ErrAwaitingApproval),
	}, (*handler).extend),
	web.Act(web.Doc{
		Route: "POST /api/v1/reservations/{code}/approve", Status: http.StatusOK, Secured: web.AdminOnly,
		Summary:  "Say yes to a hold that was taken while a calendar could not be read: the guest has 30 minutes to pay",
		Problems: append(changeProblems, booking.ErrTaken),
	}, (*handler).approve),
	web.Act(web.Doc{
		Route: "POST /api/v1/reservations/{code}/confirm", Status: http.StatusOK, Secured: web.AdminOnly,
		Summary: "Confirm a hold by the owner's word", Problems: append(changeProblems, booking.ErrTaken),
	}, (*handler).confirm),
}

var (
	stayRules = []*fault.Error{
		fault.ErrInvalid, booking.ErrPastDate, booking.ErrTooFar, booking.ErrTooManyGuests, booking.ErrMinNights, booking.ErrMaxNights,
		booking.ErrAmountTooLarge,
	}
	changeProblems = slices.Clip([]*fault.Error{fault.ErrNotFound, booking.ErrInvalidState})
)

func holdDoc(route, summary string) web.Doc {
	return web.Doc{
		Route: route, Status: http.StatusCreated, Summary: summary,
		Problems: append([]*fault.Error{
			web.ErrMalformed, fault.ErrNotFound, booking.ErrTaken, booking.ErrKeyInProgress, booking.ErrKeyMismatch,
		}, stayRules...),
	}
}

type handler struct {
	bookings  Bookings
	payments  Payments
	calendars desk.Calendars
	desk      *desk.Desk
	access    *web.Access
	now       func() time.Time
	baseURL   string
	transfers time.Duration // how long nights are kept for one
	outcomes  *prometheus.CounterVec
}

// New returns the function's handler.
func New(c Config, d Deps) (http.Handler, error) {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "reservations_total", Help: "What became of requests to hold, approve, confirm, cancel or extend.",
	}, []string{"channel", "outcome"})
	if err := d.Metrics.Register(outcomes); err != nil {
		return nil, fmt.Errorf("reservations_total: %w", err)
	}
	// Milliseconds are what JSON shows and Postgres keeps: the answer to a hold is what is read of it later.
	now := func() time.Time { return d.Now().UTC().Truncate(time.Millisecond) }
	h := &handler{
		bookings: d.Bookings, payments: d.Payments, calendars: d.Calendars,
		desk:   desk.New(c.Config, desk.Deps{Bookings: d.Bookings, Calendars: d.Calendars, Now: now}),
		access: web.NewAccess(c.AccessConfig, d.Now), now: now, baseURL: c.URL(), transfers: c.TransferHold, outcomes: outcomes,
	}
	return web.Mount(h, operations), nil
}

// count bounds the label: the database takes any channel, and an operator may have written one.
func (h *handler) count(channel, outcome string) {
	if !booking.ValidChannel(channel) {
		channel = "other"
	}
	h.outcomes.WithLabelValues(channel, outcome).Inc()
}
