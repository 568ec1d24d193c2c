package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

func event(name, paymentID string) (inbox.Event, payment.Look) {
	return inbox.Event{
		Source: "mercadopago", EventID: name, Topic: "payment", ResourceID: paymentID, Subject: paymentID,
		Payload: []byte(`{"id":1}` + "\x00\xff"), Signed: true, At: noon,
	}, payment.Look{Provider: "mercadopago", PaymentID: paymentID, Event: name}
}

func (b *till) accept(t testing.TB, e inbox.Event, job postgres.Job) bool {
	t.Helper()
	fresh, err := b.Inbox.Accept(t.Context(), e, job)
	if err != nil {
		t.Fatal(err)
	}
	return fresh
}

func TestAnEventIsKeptAsItCameWithItsJob(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	e, job := event("a", "143")
	if !b.accept(t, e, job) {
		t.Error("it is new")
	}
	got := one[string](t, b.bundle, `select concat_ws(' ', source, event_id, topic, resource_id, subject, encode(payload, 'hex'), signed, received_at at time zone 'UTC', settled_at, outcome) from inbox`)
	if want := "mercadopago a payment 143 143 7b226964223a317d00ff t 2026-12-01 12:00:00 "; got != want {
		t.Errorf("kept %q", got)
	}
	if got := b.jobs(t); len(got) != 1 || !strings.Contains(got[0], `"payment_id": "143"`) {
		t.Errorf("jobs %v", got)
	}
}

func TestAnEventThatComesAgainAsksForNothing(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	e, job := event("a", "143")
	b.accept(t, e, job)
	if b.accept(t, e, job) {
		t.Error("it is not new")
	}
	e.At = noon.Add(time.Minute)
	if b.accept(t, e, job) || len(b.jobs(t)) != 1 {
		t.Errorf("jobs %v", b.jobs(t))
	}
	e.At = noon.Add(15 * time.Minute) // nobody has settled it: the job is lost
	if b.accept(t, e, job) || len(b.jobs(t)) != 2 {
		t.Errorf("jobs %v", b.jobs(t))
	}
	if err := b.Inbox.Dismiss(t.Context(), e.Source, e.Subject, "not_found", noon); err != nil {
		t.Fatal(err)
	}
	e.At = noon.Add(time.Hour)
	if b.accept(t, e, job) || len(b.jobs(t)) != 2 {
		t.Errorf("jobs %v", b.jobs(t))
	}
}

func TestOnlyWhatIsSignedTakesAName(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	forged, job := event("a", "143")
	forged.Signed = false
	for range 2 {
		if !b.accept(t, forged, job) {
			t.Error("nobody knows whether it is the same")
		}
	}
	genuine, job := event("a", "143")
	if !b.accept(t, genuine, job) {
		t.Error("suppressed by a forged one")
	}
	if got := one[int](t, b.bundle, `select count(*) from inbox`); got != 3 {
		t.Errorf("%d rows", got)
	}
}

func TestAnEventAboutNothingIsSettledAtOnce(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	e, _ := event("a", "")
	if !b.accept(t, e, nil) || len(b.jobs(t)) != 0 {
		t.Errorf("jobs %v", b.jobs(t))
	}
	if got := one[string](t, b.bundle, `select outcome from inbox where settled_at = received_at`); got != "ignored" {
		t.Errorf("outcome %s", got)
	}
	if got, err := b.Inbox.Unsettled(t.Context(), noon.Add(time.Hour), 0, 10); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestEventsThatComeTogetherShareACommit(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	e, job := event("a", "143")
	b.accept(t, e, job) // the statements are prepared
	tx := b.begin(t)
	if _, err := tx.Exec(t.Context(), `lock table inbox in share mode`); err != nil {
		t.Fatal(err)
	}
	before := one[int64](t, b.bundle, `select xact_commit from pg_stat_database where datname = current_database()`)
	_ = before
	const events, copies = 40, 3
	var wg sync.WaitGroup
	var mu sync.Mutex
	fresh := map[string]int{}
	for n := range events * copies {
		wg.Go(func() {
			name := fmt.Sprint("n", n%events)
			e, job := event(name, fmt.Sprint(1000+n%events))
			isNew, err := b.Inbox.Accept(t.Context(), e, job)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if isNew {
				fresh[name]++
			}
		})
	}
	b.awaitWaiting(t, 1)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	for name, times := range fresh {
		if times != 1 {
			t.Errorf("%s was new %d times", name, times)
		}
	}
	if len(fresh) != events || len(b.jobs(t)) != events+1 {
		t.Errorf("%d were new, %d jobs", len(fresh), len(b.jobs(t)))
	}
	if got := one[int](t, b.bundle, `select count(distinct xmin::text) from inbox`); got > 5 {
		t.Errorf("%d transactions", got)
	}
}

func TestAnEventThatCannotBeKeptTakesNoOtherAlong(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	b.exec(t, `alter table inbox add check (topic <> 'poison')`)
	tx := b.begin(t)
	if _, err := tx.Exec(t.Context(), `lock table inbox in share mode`); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	failed := make([]error, 20)
	for n := range failed {
		wg.Go(func() {
			e, job := event(fmt.Sprint("n", n), "143")
			if n%5 == 0 {
				e.Topic = "poison"
			}
			_, failed[n] = b.Inbox.Accept(t.Context(), e, job)
		})
	}
	b.awaitWaiting(t, 1)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	for n, err := range failed {
		if (err != nil) != (n%5 == 0) {
			t.Errorf("%d: %v", n, err)
		}
	}
	if kept, jobs := one[int](t, b.bundle, `select count(*) from inbox`), len(b.jobs(t)); kept != 16 || jobs != 16 {
		t.Errorf("%d kept, %d jobs", kept, jobs)
	}
	for _, odd := range []inbox.Event{
		{Source: "mercadopago", Topic: "a\x00b"}, {Source: "mercadopago", Topic: "\xff"}, {Source: "mercadopago", EventID: strings.Repeat("x", 201)}, {},
	} {
		if _, err := b.Inbox.Accept(t.Context(), odd, nil); err == nil {
			t.Errorf("%+v is kept", odd)
		}
	}
}

func TestNeitherEventNorJobWithoutTheOther(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	broken := errors.New("no such queue")
	inbox := postgres.NewInbox(b.pool.Share(1), func(context.Context, pgx.Tx, ...postgres.Job) error { return broken })
	e, job := event("a", "143")
	if fresh, err := inbox.Accept(t.Context(), e, job); fresh || !errors.Is(err, broken) {
		t.Errorf("%v, %v", fresh, err)
	}
	if got := one[int](t, b.bundle, `select count(*) from inbox`); got != 0 {
		t.Errorf("%d rows", got)
	}
	if !b.accept(t, e, job) {
		t.Error("it is new when it comes again")
	}
}

// TestWhoeverGivesUpWaitingLeavesTheOthersTheirTurn has callers go away at every moment, the one that is to lead among them.
func TestWhoeverGivesUpWaitingLeavesTheOthersTheirTurn(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	var wg sync.WaitGroup
	for n := range 300 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%30)*100*time.Microsecond)
			defer cancel()
			if n%3 == 0 {
				ctx = t.Context()
			}
			e, job := event(fmt.Sprint("n", n), "143")
			_, err := b.Inbox.Accept(ctx, e, job)
			if err != nil && (n%3 == 0 || !errors.Is(err, context.DeadlineExceeded)) {
				t.Errorf("%d: %v", n, err)
			}
		})
	}
	wg.Wait()
	e, job := event("last", "143")
	if !b.accept(t, e, job) {
		t.Error("nobody leads any more")
	}
}

func TestWithoutADatabaseEventsAreRefusedForNow(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	b.pool.Close()
	inbox := postgres.NewInbox(b.pool.Share(1), enqueue)
	e, job := event("a", "143")
	if _, err := inbox.Accept(t.Context(), e, job); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestUnsettledPaymentsComeInPages(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	for n := range 6 {
		e, job := event(fmt.Sprint("n", n), fmt.Sprint(100+n%3))
		e.At = noon.Add(time.Duration(n) * time.Second)
		b.accept(t, e, job)
	}
	young, job := event("young", "200")
	young.At = noon.Add(time.Hour)
	b.accept(t, young, job)
	var found []string
	after := int64(0)
	for {
		page, err := b.Inbox.Unsettled(t.Context(), noon.Add(time.Minute), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, u := range page {
			found = append(found, u.PaymentID+" "+u.Since.Format("05"))
		}
		after = page[len(page)-1].ID
	}
	if diff := cmp.Diff([]string{"100 00", "101 01", "102 02"}, found); diff != "" {
		t.Error(diff)
	}
	if err := b.Inbox.Dismiss(t.Context(), "mercadopago", "100", "not_found", noon.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	rest, err := b.Inbox.Unsettled(t.Context(), noon.Add(time.Minute), 0, 10)
	if err != nil || !slices.ContainsFunc(rest, func(u payment.Unsettled) bool { return u.PaymentID == "100" }) {
		t.Errorf("what came after the look is not settled by it: %v, %v", rest, err)
	}
}

func TestADeliveryIsKeptWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	all := make([]inbox.Arrival, 150) // more than share a commit
	for n := range all {
		e, job := event(fmt.Sprint("n", n%140), "143")
		all[n] = inbox.Arrival{Event: e, Job: job}
	}
	fresh, err := b.Inbox.AcceptAll(t.Context(), all...)
	if err != nil || len(fresh) != 150 || slices.Contains(fresh[:140], false) || slices.Contains(fresh[140:], true) {
		t.Fatalf("%v, %v", fresh, err)
	}
	if got := one[int](t, b.bundle, `select count(distinct xmin::text) from inbox`); got != 1 || len(b.jobs(t)) != 140 {
		t.Errorf("%d transactions, %d jobs", got, len(b.jobs(t)))
	}
	b.exec(t, `alter table inbox add check (topic <> 'poison')`)
	good, job := event("good", "1")
	bad, _ := event("bad", "2")
	bad.Topic = "poison"
	if _, err := b.Inbox.AcceptAll(t.Context(), inbox.Arrival{Event: good, Job: job}, inbox.Arrival{Event: bad}); err == nil {
		t.Error("half of it is kept")
	}
	bad.Topic = "\xff"
	if _, err := b.Inbox.AcceptAll(t.Context(), inbox.Arrival{Event: good, Job: job}, inbox.Arrival{Event: bad}); err == nil {
		t.Error("half of it is kept")
	}
	if got := one[int](t, b.bundle, `select count(*) from inbox where event_id = 'good'`); got != 0 || len(b.jobs(t)) != 140 {
		t.Errorf("%d kept, %d jobs", got, len(b.jobs(t)))
	}
	if fresh, err := b.Inbox.AcceptAll(t.Context()); err != nil || fresh != nil {
		t.Errorf("%v, %v", fresh, err)
	}
}

func TestAJobThatManyAskForIsEnqueuedOnce(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	var all []inbox.Arrival
	for n := range 5 {
		e, _ := event(fmt.Sprint("n", n), "143")
		all = append(all, inbox.Arrival{Event: e, Job: payment.Look{PaymentID: "same"}})
	}
	if _, err := b.Inbox.AcceptAll(t.Context(), all...); err != nil || len(b.jobs(t)) != 1 {
		t.Errorf("jobs %v, %v", b.jobs(t), err)
	}
}
