package converse_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/converse"
	"github.com/eevans-d/sist-cabanas/shared/cashier"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// noon is when tests begin: Tuesday, 1 December, 9 in the morning where the cabins are.
var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

var (
	ana   = chat.Contact{WaID: "5491155443322", Name: "Ana Pérez"}
	bruno = chat.Contact{BSUID: "AR.77", WaID: "5492944000000", Name: "Bruno"}
	marta = chat.Contact{WaID: "5492944111111", Name: "Marta"} // the owner
)

// logged is a log that is read while it is written.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// bundle is the function over a real database, with a world whose parts a test may replace before it begins.
type bundle struct {
	db       *pgxpool.Pool
	inbox    *postgres.Inbox
	talks    *postgres.Conversations
	worker   function.Worker[conversation.Talk]
	registry *prometheus.Registry
	log      *logged

	mu    sync.Mutex
	now   time.Time
	seen  []string // messages that were marked as read
	later []conversation.Talk
	ids   int
}

func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) move(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// setup has two cabins: number 1 sleeps 4 for 10 000 a night, 12 000 on Fridays and Saturdays, and takes transfers; number 2
// sleeps 6 for twice as much.
func setup(t testing.TB, adjust ...func(*converse.Config, *converse.Deps)) *bundle {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 10, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	q, err := queue.Open(pool.Raw(), []queue.Consumer{
		queue.Declare[conversation.Talk]("converse", time.Minute), queue.Declare[notice.Deliver]("deliver", time.Minute),
		queue.Declare[payment.Look]("settle", time.Minute), queue.Declare[payment.Return]("refund", time.Minute), queue.Declare[payment.Close]("close-checkouts", time.Minute),
	}, zerolog.Nop(), queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := pool.Share(6)
	b := &bundle{db: pool.Raw(), now: noon, log: &logged{}, registry: prometheus.NewRegistry()}
	b.inbox, b.talks = postgres.NewInbox(pool.Share(2), q.Insert), postgres.NewConversations(db, q.Insert)
	c := converse.Config{
		AccessConfig: web.AccessConfig{GuestSecret: "the guests' key, of these tests only"}, SiteConfig: web.SiteConfig{BaseURL: "https://c.example/"},
		Config: desk.Config{FreshFor: 10 * time.Minute, WhenStale: "accept"}, Owners: config.List{"+54 9 2944 11-1111"}, TransferHold: 24 * time.Hour,
	}
	d := converse.Deps{
		Conversations: b.talks, Bookings: postgres.NewBookings(db), Calendars: calendars{},
		Payments: postgres.NewPayments(db, q.Insert, postgres.Rules{}), Cashier: till{},
		Seen: b.mark, KeepReceipt: b.talks.KeepReceipt, Tell: postgres.NewMessages(db, q.Insert).Tell, Enqueue: b.enqueue,
		Now: b.clock, Log: zerolog.New(b.log), Metrics: b.registry,
	}
	for _, a := range adjust {
		a(&c, &d)
	}
	if b.worker, err = converse.New(c, d); err != nil {
		t.Fatal(err)
	}
	b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price, transfer_alias, transfer_holder) values
		('lago', 'Cabaña del Lago', 'cabin', 4, 10000, 'refugio.lago', 'Marta Gómez')`)
	b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price) values ('bosque', 'Cabaña del Bosque', 'cabin', 6, 20000)`)
	return b
}

// calendars are those of other channels, of which there are none.
type calendars struct{}

func (calendars) Refresh(context.Context, int64) bool { return true }

// till is a provider of payments who knows of none.
type till struct{ err error }

func (t till) Find(context.Context, string, []payment.Found) ([]cashier.Settled, error) {
	return nil, t.err
}

func (b *bundle) mark(_ context.Context, messageID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, messageID)
	return errors.New("the courtesy failed, and nobody cares")
}

func (b *bundle) enqueue(_ context.Context, job conversation.Talk) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.later = append(b.later, job)
	return nil
}

// arrive has a message delivered, sent at this instant unless it says otherwise, and returns the job that it asks for.
func (b *bundle) arrive(t testing.TB, m chat.Inbound) conversation.Talk {
	t.Helper()
	b.mu.Lock()
	b.ids++
	m.ID = fmt.Sprint("wamid.", b.ids)
	now := b.now
	b.mu.Unlock()
	if m.At.IsZero() {
		m.At = now
	}
	e, err := inbox.Said(m, now)
	if err != nil {
		t.Fatal(err)
	}
	job := conversation.Talk{Key: e.Subject, Event: e.EventID}
	if _, err := b.inbox.Accept(context.WithoutCancel(t.Context()), e, job); err != nil {
		t.Fatal(err)
	}
	return job
}

func text(from chat.Contact, words string) chat.Inbound {
	return chat.Inbound{From: from, Kind: chat.KindText, Type: "text", Text: words}
}

// work does a job, which must succeed; one that finds too much going on is done again, as the queue does it.
func (b *bundle) work(t testing.TB, job conversation.Talk) {
	t.Helper()
	var err error
	for range 20 {
		if err = b.worker(context.WithoutCancel(t.Context()), job); !errors.Is(err, fault.ErrBusy) {
			break
		}
	}
	if err != nil {
		t.Error(err) // and not Fatal: several do this at once
	}
}

// say has somebody write, waits until he is answered, and returns what he was told since.
func (b *bundle) say(t testing.TB, from chat.Contact, words string) []chat.Message {
	t.Helper()
	return b.does(t, text(from, words))
}

func (b *bundle) does(t testing.TB, m chat.Inbound) []chat.Message {
	t.Helper()
	before := len(b.told(t, m.From))
	b.work(t, b.arrive(t, m))
	b.move(10 * time.Second)
	return b.told(t, m.From)[before:]
}

// press is a button, or a row of a list, whose title or id has some words in it, of the last message that has any.
func (b *bundle) press(t testing.TB, from chat.Contact, words string) []chat.Message {
	t.Helper()
	for _, m := range slices.Backward(b.told(t, from)) {
		choices := slices.Clone(m.Buttons)
		if m.List != nil {
			for _, section := range m.List.Sections {
				for _, row := range section.Rows {
					choices = append(choices, chat.Button{ID: row.ID, Title: row.Title})
				}
			}
		}
		for _, choice := range choices {
			if strings.Contains(choice.Title+" "+choice.ID, words) {
				return b.does(t, chat.Inbound{From: from, Kind: chat.KindReply, Type: "interactive", ReplyID: choice.ID, ReplyTitle: choice.Title, Text: choice.Title})
			}
		}
		if len(choices) > 0 {
			t.Fatalf("no choice says %q: %v", words, choices)
		}
	}
	t.Fatalf("there is nothing to press")
	return nil
}

// told is all that somebody was told, in order.
func (b *bundle) told(t testing.TB, who chat.Contact) []chat.Message {
	t.Helper()
	bodies := list[[]byte](t, b, `
		select m.body from messages m join contacts c on c.id = m.contact_id
		where m.body is not null and (c.wa_id = $1 or c.bsuid = $2) order by m.id`, who.WaID, who.BSUID)
	told := make([]chat.Message, len(bodies))
	for n, body := range bodies {
		if err := json.Unmarshal(body, &told[n]); err != nil {
			t.Fatal(err)
		}
	}
	return told
}

// owners is what owners were told, by kind.
func (b *bundle) owners(t testing.TB) []string {
	t.Helper()
	return list[string](t, b, `select kind from messages where recipient = 'owner' order by id`)
}

func (b *bundle) sql(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := b.db.Exec(context.WithoutCancel(t.Context()), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func list[T any](t testing.TB, b *bundle, query string, args ...any) []T {
	t.Helper()
	rows, err := b.db.Query(context.WithoutCancel(t.Context()), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatal(query, err)
	}
	return all
}

func one[T any](t testing.TB, b *bundle, query string, args ...any) T {
	t.Helper()
	all := list[T](t, b, query, args...)
	if len(all) != 1 {
		t.Fatalf("%s: %v", query, all)
	}
	return all[0]
}

// waiting is how many messages nobody has answered.
func (b *bundle) waiting(t testing.TB) int {
	t.Helper()
	return one[int](t, b, `select count(*)::int from inbox where settled_at is null`)
}

// words is all that messages say.
func words(messages []chat.Message) string {
	var all strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&all, "%s\n", m.Plain())
	}
	return all.String()
}

// counted is how often a turn came to an outcome.
func (b *bundle) counted(t testing.TB, outcome string) float64 {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "conversation_turns_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			if m.GetLabel()[0].GetValue() == outcome {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}
