// Package converse is the function that answers guests on WhatsApp: it takes up a conversation, lets shared/conversation say what
// follows from what was written, does that, and leaves the replies to be sent. One person's messages are answered in order,
// different people's at the same time.
package converse

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/cashier"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function. Its time is less than that for which a conversation is its own, see postgres.Conversations. Many
// are at work at once because some of them wait for a guest to go on writing.
var Spec = function.Spec{
	Name:        "converse",
	Summary:     "answer guests on WhatsApp",
	Timeout:     50 * time.Second,
	Concurrency: 96,
	Connections: 6,
}

// Config is what the function reads from its environment.
type Config struct {
	web.AccessConfig
	web.SiteConfig
	desk.Config
	HolidaysConfig
	// Owners are the phones of owners, E.164: who writes from one of them is no guest.
	Owners config.List `envconfig:"OWNER_PHONES"`
	// BurstWait is how long somebody who has only begun to say something is left to go on; 0 = he is answered at once.
	BurstWait time.Duration `envconfig:"WHATSAPP_BURST_WAIT" default:"1500ms" validate:"min=0,max=10s"`
	// TransferHold is how long nights are kept for a guest who says that he transfers the money.
	TransferHold time.Duration `envconfig:"TRANSFER_HOLD" default:"24h" validate:"min=30m,max=168h"`
}

// Deps is what the function is given.
type Deps struct {
	Conversations Conversations
	Bookings      desk.Bookings
	Calendars     desk.Calendars
	Payments      Payments
	Cashier       Cashier // nil = nobody takes payments for us
	// Owner does what an owner writes; nil = whoever Orders makes, or owners are guests like others.
	Owner Owner
	// Orders is what it takes to do that here; nil = nobody does.
	Orders *OwnerDeps
	// Seen marks a message as read, and shows that an answer is being written. Best effort.
	Seen func(ctx context.Context, messageID string) error
	// Hear has a voice note written down. Any error says that nobody could make it out.
	Hear func(ctx context.Context, note chat.Media) (text string, err error)
	// Fetch downloads what came with a message, of most bytes at most.
	Fetch func(ctx context.Context, mediaID string, most int64) (chat.File, error)
	// KeepReceipt keeps what somebody sent to show that he has paid, the same once.
	KeepReceipt func(ctx context.Context, r conversation.Receipt, now time.Time) (id int64, err error)
	// Tell leaves a message to the owners, about the reservation of a code ("" = about none): one of each key.
	Tell func(ctx context.Context, kind notice.Kind, key, code string, f notice.Facts, now time.Time) error
	// Enqueue leaves a job for later.
	Enqueue  func(ctx context.Context, job conversation.Talk) error
	Holidays *understanding.Holidays // nil = those of HolidaysConfig
	Now      func() time.Time
	Log      zerolog.Logger
	Metrics  prometheus.Registerer
}

// Conversations is where conversations are kept; see postgres.Conversations for what each method promises.
type Conversations interface {
	// Begin takes a conversation up; not ok = there is nothing to be done. Finish writes what has become of it, Release nothing.
	Begin(ctx context.Context, key string, now time.Time) (s conversation.Session, ok bool, err error)
	Finish(ctx context.Context, s conversation.Session, state conversation.State, replies []conversation.Outgoing, settled []int64, now time.Time) error
	Release(ctx context.Context, s conversation.Session) error
	// Cabins are those that take reservations, and Account where deposits for one of them are transferred to.
	Cabins(ctx context.Context) ([]conversation.Cabin, error)
	Account(ctx context.Context, cabin int64) (notice.Transfer, error)
	// Stays are a person's reservations, those to come first, and Own says that one is his.
	Stays(ctx context.Context, id int64, now time.Time, limit int) ([]conversation.Stay, error)
	Own(ctx context.Context, id int64, code string) error
}

// Payments is where it is decided what money has to do with a reservation; see postgres.Payments.
type Payments interface {
	Folio(ctx context.Context, code string) (payment.Folio, error)
	CancelPreview(ctx context.Context, code string, who payment.Who, override *money.Cents, now time.Time) (payment.Preview, payment.Outcome, error)
	Decide(ctx context.Context, code, by string, now time.Time, rule func(payment.Account) (payment.Decision, error)) (payment.Outcome, error)
}

// Cashier asks the provider how a reservation's payments stand; see cashier.Cashier.
type Cashier interface {
	Find(ctx context.Context, code string, known []payment.Found) ([]cashier.Settled, error)
}

// Owner does what an owner writes from his phone (E.164), and answers him.
type Owner interface {
	Command(ctx context.Context, phone string, e conversation.Event) ([]chat.Message, error)
}

type worker struct {
	Deps
	Config
	access   *web.Access
	desk     *desk.Desk
	baseURL  string
	naps     chan struct{} // so many may wait for a guest at once
	failures *failures
	forwards *forwards
	count    func(outcome string)
	took     func(time.Duration)
}

// New returns the worker.
func New(c Config, d Deps) (function.Worker[conversation.Talk], error) {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "conversation_turns_total", Help: "What became of jobs to answer somebody on WhatsApp.",
	}, []string{"outcome"})
	replies := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "whatsapp_reply_seconds", Help: "From a guest's message to its answer being ready to be sent.",
		Buckets: []float64{.05, .1, .15, .25, .5, 1, 2, 3, 5, 10, 30, 60, 300},
	})
	for _, m := range []prometheus.Collector{outcomes, replies} {
		if err := d.Metrics.Register(m); err != nil {
			return nil, fmt.Errorf("metrics of conversations: %w", err)
		}
	}
	// Milliseconds are what Postgres keeps, as elsewhere.
	clock := d.Now
	now := func() time.Time { return clock().UTC().Truncate(time.Millisecond) }
	d.Now = now
	if d.Holidays == nil {
		d.Holidays = c.Days()
	}
	w := &worker{
		Deps: d, Config: c, access: web.NewAccess(c.AccessConfig, now), baseURL: c.URL(),
		desk:     desk.New(c.Config, desk.Deps{Bookings: d.Bookings, Calendars: d.Calendars, Now: now}),
		naps:     make(chan struct{}, Spec.Concurrency*2/3),
		failures: &failures{}, forwards: &forwards{},
		count: func(outcome string) { outcomes.WithLabelValues(outcome).Inc() },
		took:  func(d time.Duration) { replies.Observe(max(0, d).Seconds()) },
	}
	if w.Owner == nil && w.Orders != nil {
		orders := *w.Orders
		orders.Search, orders.Holidays, orders.Now, orders.Log = w.desk.Search, w.Holidays, now, w.Log
		w.Owner = newOwner(orders)
	}
	return w.talk, nil
}
