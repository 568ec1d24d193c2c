package closecheckouts_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	closecheckouts "github.com/eevans-d/sist-cabanas/functions/close-checkouts"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

const code = "ABC234"

// bundle is the function over a real database, and a provider that speaks the wire protocol.
type bundle struct {
	db       *pgxpool.Pool
	provider *mptest.Server
	client   *mercadopago.Client
	deps     closecheckouts.Deps
	pages    *postgres.Checkouts
	payments *postgres.Payments
}

// setup has a hold that costs 340.00, with a deposit of 102.00, until half past twelve.
func setup(t *testing.T) *bundle {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 4, prometheus.NewRegistry())
	check(t, err)
	t.Cleanup(pool.Close)
	q, err := queue.Open(pool.Raw(), []queue.Consumer{
		queue.Declare[payment.Close]("close-checkouts", time.Minute), queue.Declare[notice.Deliver]("deliver", time.Minute),
	}, zerolog.Nop(), queue.Options{})
	check(t, err)
	b := &bundle{db: pool.Raw()}
	now := func() time.Time { return noon }
	b.provider, err = mptest.New(mptest.Config{Clock: now})
	check(t, err)
	t.Cleanup(b.provider.Close)
	b.client, err = mercadopago.New(mercadopago.Config{AccessToken: mptest.Token, BaseURL: b.provider.URL, Timeout: time.Second, Backoff: time.Millisecond})
	check(t, err)
	t.Cleanup(b.client.Close)
	db := pool.Share(4)
	b.pages, b.payments = postgres.NewCheckouts(db, time.Minute), postgres.NewPayments(db, q.Insert, postgres.Rules{})
	b.deps = closecheckouts.Deps{Pages: b.pages, Expire: b.client.ExpireCheckout, Now: now}
	_, err = b.db.Exec(t.Context(), `insert into accommodations (slug, name, type, capacity, base_price) values ('bosque', 'Cabaña del Bosque', 'cabin', 4, 100)`)
	check(t, err)
	_, err = b.db.Exec(t.Context(), `
		insert into reservations (code, accommodation_id, check_in, check_out, guests, contact_name, contact_phone, contact_email, total_price, deposit_amount, expires_at, created_at)
		values ($1, 1, '2026-12-04', '2026-12-07', 2, 'Ana Pérez', '+5491155443322', 'ana@example.com', 340, 102, $2, $3)`, code, noon.Add(30*time.Minute), noon)
	check(t, err)
	return b
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open has the provider make a page, as the function pay does.
func (b *bundle) open(t *testing.T, what string) payment.Link {
	t.Helper()
	o, err := b.pages.Open(t.Context(), code, what, noon)
	check(t, err)
	link, err := b.client.CreateCheckout(t.Context(), payment.Checkout{
		Reference: code, Title: what, Amount: o.Amount, Currency: "ARS", ExpiresAt: o.ExpiresAt, Edition: o.Edition,
	})
	check(t, err)
	check(t, b.pages.Store(t.Context(), o.ID, link))
	return link
}

func (b *bundle) cancel(t *testing.T) {
	t.Helper()
	_, err := b.payments.Cancel(t.Context(), code, payment.ByOwner, "owner", "", nil, noon)
	check(t, err)
}

// waiting is the job that the queue has.
func (b *bundle) waiting(t *testing.T) payment.Close {
	t.Helper()
	var args []byte
	check(t, b.db.QueryRow(t.Context(), `select args from river_job where kind = 'close_checkouts' and queue = 'close-checkouts'`).Scan(&args))
	var job payment.Close
	check(t, json.Unmarshal(args, &job))
	return job
}

// pay presses the button of a page.
func (b *bundle) pay(t *testing.T, link payment.Link) int {
	t.Helper()
	at, err := url.Parse(link.InitPoint)
	check(t, err)
	form := at.Query()
	form.Set("outcome", string(payment.Approved))
	at.RawQuery = ""
	response, err := http.PostForm(at.String(), form)
	check(t, err)
	check(t, response.Body.Close())
	return response.StatusCode
}

func TestThePagesOfACancelledReservationTakeNoPayment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	links := []payment.Link{b.open(t, payment.Deposit), b.open(t, payment.Total)}
	b.cancel(t)
	worker, job := closecheckouts.New(b.deps), b.waiting(t)
	check(t, worker(t.Context(), job))
	check(t, worker(t.Context(), job)) // again: it does no harm
	for _, link := range links {
		if status := b.pay(t, link); status != http.StatusGone {
			t.Errorf("the button answers %d", status)
		}
	}
	if paid := b.provider.Payments(code); len(paid) != 0 {
		t.Errorf("paid: %+v", paid)
	}
}

func TestAPageThatIsStillBeingMadeIsComeBackFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o, err := b.pages.Open(t.Context(), code, payment.Deposit, noon)
	check(t, err)
	b.cancel(t)
	worker, job := closecheckouts.New(b.deps), b.waiting(t)
	if err := worker(t.Context(), job); err == nil {
		t.Error("the job is taken for done")
	}
	link, err := b.client.CreateCheckout(t.Context(), payment.Checkout{Reference: code, Title: "x", Amount: o.Amount, Currency: "ARS", ExpiresAt: o.ExpiresAt})
	check(t, err)
	check(t, b.pages.Store(t.Context(), o.ID, link))
	check(t, worker(t.Context(), job))
	if status := b.pay(t, link); status != http.StatusGone {
		t.Errorf("the button answers %d", status)
	}
}

// TestWhatCanBePaidAgainIsNotClosed is about a job that comes late.
func TestWhatCanBePaidAgainIsNotClosed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	link := b.open(t, payment.Deposit)
	b.cancel(t)
	job := b.waiting(t)
	_, err := b.db.Exec(t.Context(), `update reservations set status = 'pre_reserved', cancelled_at = null`)
	check(t, err)
	check(t, closecheckouts.New(b.deps)(t.Context(), job))
	if b.pay(t, link); len(b.provider.Payments(code)) != 1 {
		t.Error("the page was closed")
	}
}

// TestAGuestGetsANewPageForOneThatWasClosed asks for the same amount until the same instant: the provider must not answer with the
// page that it has made for that before.
func TestAGuestGetsANewPageForOneThatWasClosed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	closed := b.open(t, payment.Deposit)
	b.cancel(t)
	check(t, closecheckouts.New(b.deps)(t.Context(), b.waiting(t)))
	_, err := b.db.Exec(t.Context(), `update reservations set status = 'pre_reserved', cancelled_at = null`)
	check(t, err)
	again := b.open(t, payment.Deposit)
	if again.ID == closed.ID {
		t.Fatal("he is sent to a closed page")
	}
	if b.pay(t, again); len(b.provider.Payments(code)) != 1 {
		t.Error("the new page takes no payment")
	}
}

func TestAPageIsPayableUntilItIsClosed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	link := b.open(t, payment.Deposit)
	b.cancel(t)
	off := b.deps
	off.Expire = nil
	check(t, closecheckouts.New(off)(t.Context(), b.waiting(t))) // nobody takes payments here
	if b.pay(t, link); len(b.provider.Payments(code)) != 1 {
		t.Error("the button of an open page pays nothing")
	}
}

func TestWhatTheProviderCannotCloseNowIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		again  bool
	}{
		"there is no such page": {http.StatusNotFound, false},
		"it refuses":            {http.StatusBadRequest, false},
		"it fails":              {http.StatusInternalServerError, true},
		"another token":         {http.StatusUnauthorized, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.open(t, payment.Deposit)
			b.open(t, payment.Total)
			b.cancel(t)
			asked := map[string]bool{}
			expire := b.deps.Expire
			b.deps.Expire = func(ctx context.Context, id string, at time.Time) error {
				asked[id] = true
				return expire(ctx, id, at)
			}
			worker := closecheckouts.New(b.deps)
			b.provider.Fail(mptest.Fault{Status: c.status})
			if err := worker(t.Context(), b.waiting(t)); (err != nil) != c.again || len(asked) != 2 {
				t.Errorf("%v; %d pages", err, len(asked))
			}
			b.provider.Heal()
			check(t, worker(t.Context(), b.waiting(t)))
		})
	}
}
