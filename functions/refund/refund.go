// Package refund is the function that gives money back through the provider. What is to go back is a row, written with the decision;
// then the provider is asked, and then the outcome is written beside it. A process may die between any two of these.
package refund

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "refund",
	Summary:     "give money back, and see that it has gone",
	Timeout:     45 * time.Second,
	Concurrency: 4,
	Connections: 2,
}

// Deps is what the function is given.
type Deps struct {
	Refunds Refunds
	// Provider gives money back; nil = nobody does here, and what is to go back waits until somebody does.
	Provider Provider
	Enqueue  func(ctx context.Context, job payment.Return) error
	Now      func() time.Time
	Log      zerolog.Logger
	Metrics  prometheus.Registerer
}

// Refunds is where refunds are kept; see postgres.Payments for what each method promises.
type Refunds interface {
	// RefundSent takes a refund for one attempt. claimed is false for one that is settled, and while somebody else is at it.
	RefundSent(ctx context.Context, id int64, now time.Time) (r payment.RepaymentRow, claimed bool, err error)
	RefundEnded(ctx context.Context, id int64, end payment.RepaymentEnd, by string, now time.Time) (payment.Outcome, error)
	Book(ctx context.Context, code string) (payment.Book, error)
}

// Provider is who has the money; see mercadopago.Client. Errors are those of shared/payment.
type Provider interface {
	CreateRefund(ctx context.Context, of payment.RefundOrder) (payment.Refund, error)
	GetRefunds(ctx context.Context, paymentID string) ([]payment.Refund, error)
}

type worker struct {
	Deps
	count func(state payment.RepaymentState)
}

// New returns the worker.
func New(d Deps) (function.Worker[payment.Return], error) {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "refunds_total", Help: "What became of attempts to give money back.",
	}, []string{"state"})
	if err := d.Metrics.Register(outcomes); err != nil {
		return nil, fmt.Errorf("refunds_total: %w", err)
	}
	w := &worker{Deps: d, count: func(s payment.RepaymentState) { outcomes.WithLabelValues(string(s)).Inc() }}
	return w.giveBack, nil
}

// errOff has the job tried again, for a day, and then by the task that reconciles.
var errOff = errors.New("MERCADOPAGO_ACCESS_TOKEN is not set: nobody can be asked to give money back")

func (w *worker) giveBack(ctx context.Context, job payment.Return) error {
	if w.Provider == nil {
		return errOff
	}
	row, claimed, err := w.Refunds.RefundSent(ctx, job.RefundID, w.Now())
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	if err != nil || !claimed {
		return err // whoever has it may die with it; then it is due again, which reconcile sees
	}
	refund, failure := w.ask(ctx, row)
	end := judge(row, refund, failure, w.Now())
	// Whatever came of it is written down, also when the time of the attempt is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if _, err := w.Refunds.RefundEnded(ctx, row.ID, end, payment.MercadoPago, w.Now()); err != nil {
		return fmt.Errorf("write down what has become of a refund: %w", err)
	}
	w.count(end.State)
	w.tell(row, end)
	if end.Next.IsZero() {
		return nil
	}
	return w.Enqueue(ctx, payment.Return{RefundID: row.ID, After: end.Next})
}

// ask has the money given back. What may have been asked for before is looked for first: the provider knows a repeated order for
// some 24 hours only.
func (w *worker) ask(ctx context.Context, row payment.RepaymentRow) (payment.Refund, error) {
	if row.FirstSent.IsZero() {
		return w.Provider.CreateRefund(ctx, row.Order())
	}
	made, found, err := w.look(ctx, row)
	switch {
	case err != nil:
		return payment.Refund{}, err
	case found:
		return made, nil
	case row.ProviderID != "":
		// It was there, and money must not go back twice because a list is behind.
		return payment.Refund{}, payment.ErrUnreadable.WithCause(errors.New("the refund is not among those of its payment"))
	}
	return w.Provider.CreateRefund(ctx, row.Order())
}

// skew is how far the provider's clock and ours may be apart.
const skew = 5 * time.Minute

// look finds a refund among those that the provider has made: by its id, or, where an answer was lost, one of the same amount
// that no other of ours is.
func (w *worker) look(ctx context.Context, row payment.RepaymentRow) (made payment.Refund, found bool, err error) {
	all, err := w.Provider.GetRefunds(ctx, row.Payment)
	if err != nil {
		return made, false, err
	}
	if row.ProviderID != "" {
		for _, r := range all {
			if r.ID == row.ProviderID {
				return r, true, nil
			}
		}
		return made, false, nil
	}
	others, err := w.others(ctx, row)
	if err != nil {
		return made, false, err
	}
	for _, r := range all {
		before := !r.At.IsZero() && r.At.Before(row.FirstSent.Add(-skew))
		if r.Amount == row.Amount && !before && !others[r.ID] {
			return r, true, nil
		}
	}
	return made, false, nil
}

// others are the refunds at the provider that are known to be other rows.
func (w *worker) others(ctx context.Context, row payment.RepaymentRow) (map[string]bool, error) {
	ids := make(map[string]bool)
	if row.ReservationCode == "" {
		return ids, nil
	}
	book, err := w.Refunds.Book(ctx, row.ReservationCode)
	if err != nil {
		return nil, fmt.Errorf("read the refunds of a reservation: %w", err)
	}
	for _, r := range book.Repayments {
		if r.ID != row.ID && r.ProviderID != "" {
			ids[r.ProviderID] = true
		}
	}
	return ids, nil
}

const (
	pollFirst = time.Minute // how soon it is asked what has become of a refund in process, and then less and less often
	pollLast  = 10 * time.Minute
	tryFirst  = 10 * time.Second // how soon an attempt is repeated, and then less and less often
	tryLast   = time.Hour
)

// judge says what an answer means, or that there was none.
func judge(row payment.RepaymentRow, refund payment.Refund, failure error, now time.Time) payment.RepaymentEnd {
	if failure != nil {
		return judgeFailure(row, failure, now)
	}
	end := payment.RepaymentEnd{Refund: refund}
	switch refund.Status {
	case payment.RefundApproved:
		end.State = payment.RepaymentDone
	case payment.RefundRejected, payment.RefundCancelled:
		end.State, end.Failure = payment.RepaymentFailed, string(refund.Status)
	default: // in_process, and words that nobody knows
		pause := min(max(now.Sub(row.CreatedAt)/4, pollFirst), pollLast)
		end.State, end.Next = payment.RepaymentInProcess, now.Add(pause)
	}
	return end
}

func judgeFailure(row payment.RepaymentRow, failure error, now time.Time) payment.RepaymentEnd {
	end := payment.RepaymentEnd{State: payment.RepaymentSent, Failure: "failed", Next: now.Add(pauseAfter(row.Attempts))}
	f, ok := errors.AsType[*fault.Error](failure)
	if ok {
		end.Failure = f.Code
	}
	switch {
	case errors.Is(failure, payment.ErrRefused), errors.Is(failure, payment.ErrNotFound):
		return payment.RepaymentEnd{State: payment.RepaymentFailed, Failure: end.Failure}
	case row.State == payment.RepaymentInProcess:
		end.State = payment.RepaymentInProcess // it is there; only nobody could say how it stands
	case errors.Is(failure, payment.ErrUnauthorized), errors.Is(failure, payment.ErrRateLimited):
		end.State = payment.RepaymentQueued // nothing was done
	}
	if ok && f.RetryAfter > end.Next.Sub(now) {
		end.Next = now.Add(min(f.RetryAfter, tryLast))
	}
	return end
}

// pauseAfter is how long after so many attempts the next is made.
func pauseAfter(attempts int) time.Duration {
	if attempts > 10 {
		return tryLast
	}
	return min(tryFirst<<max(attempts-1, 0), tryLast)
}

func (w *worker) tell(row payment.RepaymentRow, end payment.RepaymentEnd) {
	line := w.Log.Info()
	if end.Failure != "" {
		line = w.Log.Warn().Str("reason", end.Failure)
	}
	line.Str("function", Spec.Name).Int64("refund", row.ID).Str("reservation", row.ReservationCode).Str("state", string(end.State)).Msg("refund")
}
