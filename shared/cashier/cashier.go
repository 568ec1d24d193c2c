// Package cashier asks the provider how payments stand, and has what it says settled. Whoever hears of a payment only names it: the
// worker of notifications, the task that looks for what was missed.
package cashier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Deps is what a Cashier is given.
type Deps struct {
	Provider Provider
	Payments Payments
	// Reservation finds the reservation of a code: fault.ErrNotFound.
	Reservation func(ctx context.Context, code string) (booking.Reservation, booking.Terms, error)
	// Refresh reads the calendars of other channels for a cabin that were not read lately, within two seconds or so.
	Refresh func(ctx context.Context, accommodationID int64) (fresh bool)
	Now     func() time.Time
}

// Provider takes payments for us; see mercadopago.Client for what each method promises. Errors are those of shared/payment.
type Provider interface {
	GetPayment(ctx context.Context, id string) (payment.Payment, error)
	SearchPayments(ctx context.Context, q payment.Search) (payment.Page, error)
}

// Payments is where payments are kept, and what follows from them; see postgres.Payments.
type Payments interface {
	Settle(ctx context.Context, seen payment.Payment, now time.Time) (payment.Decision, error)
}

// Cashier is safe for use by many at once.
type Cashier struct {
	deps Deps

	mu    sync.Mutex
	quiet time.Time // until when the provider has asked not to be asked anything
}

// New returns a cashier.
func New(d Deps) *Cashier { return &Cashier{deps: d} }

// Settled is what a look has found.
type Settled struct {
	Payment payment.Payment
	// News reports whether it changed anything.
	News bool
	// Flag is why the owner has to look at it; "" = all is well.
	Flag payment.Flag
}

// Look asks how a payment stands and settles it. Errors of the provider are those of shared/payment, and then nothing has changed:
// ErrNotFound may be a payment of a moment ago, all others will pass. What the provider has not said is never concluded.
func (c *Cashier) Look(ctx context.Context, id string) (Settled, error) {
	if err := c.silence(); err != nil {
		return Settled{}, err
	}
	// Before the question, so that what happens between the answer and its being settled is not taken for settled.
	asked := c.deps.Now()
	seen, err := c.deps.Provider.GetPayment(ctx, id)
	if err != nil {
		c.heed(err)
		return Settled{}, fmt.Errorf("ask for a payment: %w", err)
	}
	seen.Provider = payment.MercadoPago
	if seen.Status == payment.Approved {
		if err := c.lookAround(ctx, seen.ExternalReference); err != nil {
			return Settled{}, err
		}
	}
	decided, err := c.deps.Payments.Settle(ctx, seen, asked)
	if err != nil {
		return Settled{}, fmt.Errorf("settle a payment: %w", err)
	}
	return Settled{Payment: seen, News: !decided.Empty(), Flag: decided.Flag}, nil
}

// lookAround reads the calendars of other channels before a payment may confirm a reservation: what they have sold meanwhile
// is seen by whoever settles. One that cannot be read keeps nobody from a stay that is paid.
func (c *Cashier) lookAround(ctx context.Context, code string) error {
	found, _, err := c.deps.Reservation(ctx, code)
	if errors.Is(err, fault.ErrNotFound) {
		return nil // not ours; settling says so
	}
	if err != nil {
		return fmt.Errorf("look up the reservation of a payment: %w", err)
	}
	if found.Status == booking.StatusPreReserved || found.Status == booking.StatusExpired {
		c.deps.Refresh(ctx, found.AccommodationID)
	}
	return nil
}

// maxPages bounds a search: no reservation has so many payments.
const maxPages = 10

// Find settles all payments of a reservation that a search finds, but for those that are known to stand as it says. The search
// lags behind: what it does not find may be there. It returns what it has settled, also beside an error.
func (c *Cashier) Find(ctx context.Context, code string, known []payment.Found) (settled []Settled, err error) {
	stands := make(map[string]payment.Found, len(known))
	for _, k := range known {
		stands[k.ID] = k
	}
	for offset, page := 0, 0; page < maxPages; page++ {
		found, err := c.search(ctx, payment.Search{ExternalReference: code, Offset: offset})
		if err != nil {
			return settled, err
		}
		for _, f := range found.Found {
			if k, ok := stands[f.ID]; ok && k.Status == f.Status && !f.LastUpdated.After(k.LastUpdated) {
				continue
			}
			one, err := c.Look(ctx, f.ID)
			if err != nil {
				return settled, err
			}
			settled = append(settled, one)
		}
		if offset = found.Next; offset == 0 {
			return settled, nil
		}
	}
	return settled, nil
}

func (c *Cashier) search(ctx context.Context, q payment.Search) (payment.Page, error) {
	if err := c.silence(); err != nil {
		return payment.Page{}, err
	}
	found, err := c.deps.Provider.SearchPayments(ctx, q)
	if err != nil {
		c.heed(err)
		return payment.Page{}, fmt.Errorf("search for payments: %w", err)
	}
	return found, nil
}

// longestSilence bounds what the provider may ask for: a guest waits for the answer.
const longestSilence = 5 * time.Minute

// heed remembers for how long the provider wants to be left alone.
func (c *Cashier) heed(err error) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || !errors.Is(err, payment.ErrRateLimited) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := c.deps.Now().Add(min(f.RetryAfter, longestSilence)); until.After(c.quiet) {
		c.quiet = until
	}
}

// silence refuses to ask while the provider wants to be left alone.
func (c *Cashier) silence() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if left := c.quiet.Sub(c.deps.Now()); left > 0 {
		return payment.ErrRateLimited.WithRetryAfter(left)
	}
	return nil
}
