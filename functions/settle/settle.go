// Package settle is the function that looks payments up which somebody has told of, and settles what the provider says of them.
package settle

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/cashier"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Spec describes the function. Its time is that of a question to the provider with all its repetitions, of a look at the
// calendars, and some more.
var Spec = function.Spec{
	Name:        "settle",
	Summary:     "look up payments that somebody tells of, and settle them",
	Timeout:     45 * time.Second,
	Concurrency: 16,
	Connections: 4,
}

// Deps is what the function is given.
type Deps struct {
	// Cashier looks at payments; nil = nobody takes payments here, and what is told of them waits until somebody does.
	Cashier Cashier
	// Dismiss settles what was told of a payment until an instant, which there is not.
	Dismiss func(ctx context.Context, source, paymentID, outcome string, now time.Time) error
	// Alarm has the owner told, once, that the provider takes a payment for fraud.
	Alarm   func(ctx context.Context, provider, id string, now time.Time) error
	Enqueue func(ctx context.Context, job payment.Look) error
	Now     func() time.Time
	Log     zerolog.Logger
	Metrics prometheus.Registerer
}

// Cashier asks the provider and settles what it says; see cashier.Cashier.
type Cashier interface {
	Look(ctx context.Context, id string) (cashier.Settled, error)
	Find(ctx context.Context, code string, known []payment.Found) ([]cashier.Settled, error)
}

type worker struct {
	Deps
	count func(status string)
}

// New returns the worker.
func New(d Deps) (function.Worker[payment.Look], error) {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "payments_total", Help: "Payments that were looked at, by what the provider says of them.",
	}, []string{"status"})
	if err := d.Metrics.Register(outcomes); err != nil {
		return nil, fmt.Errorf("payments_total: %w", err)
	}
	w := &worker{Deps: d, count: func(status string) { outcomes.WithLabelValues(status).Inc() }}
	return w.look, nil
}

// errOff has the job tried again, for a day: perhaps somebody has only forgotten to say who takes payments.
var errOff = errors.New("MERCADOPAGO_ACCESS_TOKEN is not set: nobody can be asked about payments")

func (w *worker) look(ctx context.Context, job payment.Look) error {
	if job.Fraud { // first: that is told once, and a guest may be on his way
		if err := w.Alarm(ctx, job.Provider, job.PaymentID, w.Now()); err != nil {
			return err
		}
	}
	if w.Cashier == nil {
		return errOff
	}
	if code := job.Reservation(); code != "" {
		settled, err := w.Cashier.Find(ctx, code, nil)
		for _, s := range settled {
			w.tell(s)
		}
		return err
	}
	settled, err := w.Cashier.Look(ctx, job.PaymentID)
	switch {
	case errors.Is(err, payment.ErrNotFound), errors.Is(err, payment.ErrRefused): // refused is a number that cannot be an id
		return w.notFound(ctx, job)
	case err != nil:
		w.count("unknown")
		return err
	}
	w.tell(settled)
	return nil
}

// tell counts what was found, and leaves a line for the operator where it changed anything.
func (w *worker) tell(s cashier.Settled) {
	w.count(label(s.Payment.Status))
	if !s.News {
		return
	}
	line := w.Log.Info()
	if s.Flag != "" {
		line = w.Log.Warn().Str("flag", string(s.Flag))
	}
	line.Str("function", Spec.Name).Str("payment", s.Payment.ID).Str("status", string(s.Payment.Status)).Msg("payment settled")
}

// label bounds the metric: a status is whatever the provider says.
func label(s payment.Status) string {
	switch s {
	case payment.Pending, payment.Approved, payment.Authorized, payment.InProcess, payment.InMediation,
		payment.Rejected, payment.Cancelled, payment.Refunded, payment.ChargedBack:
		return string(s)
	default:
		return "other"
	}
}

// notFoundPauses are between looks for a payment that the provider knows nothing of: one of a moment ago is told of before it
// can be asked for.
var notFoundPauses = []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute}

// notFound looks again later, and gives up in the end. Later looks are jobs of their own, so that one that is made up costs
// six questions and not a day of them.
func (w *worker) notFound(ctx context.Context, job payment.Look) error {
	w.count("not_found")
	event, looks := looksOf(job.Event)
	if looks < len(notFoundPauses) {
		job.Event, job.After = event+again+strconv.Itoa(looks+1), w.Now().Add(notFoundPauses[looks])
		return w.Enqueue(ctx, job)
	}
	w.Log.Warn().Str("function", Spec.Name).Str("payment", job.PaymentID).Msg("the provider knows of no such payment")
	return w.Dismiss(ctx, payment.MercadoPago, job.PaymentID, "not_found", w.Now())
}

// again is between what made us look, and how often that was in vain.
const again = " again "

// looksOf splits what made us look from how often that was in vain.
func looksOf(reason string) (event string, looks int) {
	event, times, _ := strings.Cut(reason, again)
	looks, err := strconv.Atoi(times)
	if err != nil || looks < 0 {
		return event, 0
	}
	return event, looks
}
