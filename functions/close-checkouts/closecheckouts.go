// Package closecheckouts is the function that closes the provider's pages of a reservation on which nothing is to be paid any more.
package closecheckouts

import (
	"context"
	"errors"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "close-checkouts",
	Summary:     "close the pages on which nothing is to be paid any more",
	Timeout:     time.Minute,
	Concurrency: 2,
	Connections: 1,
}

// Deps is what the function is given.
type Deps struct {
	Pages Pages
	// Expire closes a page as of an instant that is past; nil = nobody takes payments here.
	Expire func(ctx context.Context, id string, at time.Time) error
	Now    func() time.Time
}

// Pages is where the provider's pages are kept; see postgres.Checkouts for what each method promises.
type Pages interface {
	ToClose(ctx context.Context, code string, now time.Time) (payment.Closing, error)
	Closed(ctx context.Context, id int64, now time.Time) error
}

// clocksDiffer is by how much the provider's clock may be behind ours without a page that we close being open for a while.
const clocksDiffer = time.Minute

// errMore has the queue ask again: a guest's click may have a page made while his reservation is cancelled.
var errMore = errors.New("there are more pages to close, or one is being made")

// New returns the worker. Where a page could not be closed, or is still being made, the queue asks again; whether anything is to be
// closed is looked at each time.
func New(d Deps) function.Worker[payment.Close] {
	return func(ctx context.Context, job payment.Close) error {
		if d.Expire == nil {
			return nil
		}
		closing, err := d.Pages.ToClose(ctx, job.Code, d.Now())
		if errors.Is(err, fault.ErrNotFound) {
			return nil // somebody has deleted it
		}
		if err != nil {
			return err
		}
		var failed []error
		for _, page := range closing.Pages {
			failed = append(failed, d.close(ctx, page))
		}
		if closing.More {
			failed = append(failed, errMore)
		}
		return errors.Join(failed...)
	}
}

// close closes a page and writes that down, also of one that there is not, or that the provider does not let us close: nobody is to
// be sent there. Closing it again, where it was not written down, does no harm.
func (d Deps) close(ctx context.Context, page payment.OpenPage) error {
	now := d.Now()
	err := d.Expire(ctx, page.Link.ID, now.Add(-clocksDiffer))
	if err != nil && !errors.Is(err, payment.ErrNotFound) && !errors.Is(err, payment.ErrRefused) {
		return err
	}
	return d.Pages.Closed(ctx, page.ID, now)
}
