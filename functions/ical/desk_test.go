package ical_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

func start(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// stays counts the stays in a feed.
func stays(text string) int { return strings.Count(text, "SUMMARY:Reservado") }

// gate is a database whose looks a test lets go one after the other; what a look sees is decided when it begins.
type gate struct {
	version atomic.Int64
	looks   atomic.Int64
	release chan struct{}
}

func (g *gate) export(cabin int64, token string) (calendar.Export, error) {
	g.looks.Add(1)
	seen := int(g.version.Load())
	<-g.release
	return lists(seen)(cabin, token)
}

func TestReadersShareALookAndNobodySeesWhatWasBeforeHeAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{release: make(chan struct{})}
		b := with(t, &fake{export: g.export})
		var readers sync.WaitGroup
		// crowd sends readers who must all see a version.
		crowd := func(n, want int) {
			for range n {
				readers.Go(func() {
					if a := b.get(feedPath); a.status != http.StatusOK || stays(a.body) != want {
						t.Errorf("%d, %d stays, want %d", a.status, stays(a.body), want)
					}
				})
			}
			synctest.Wait()
		}
		g.version.Store(1)
		crowd(1, 1)
		g.version.Store(2) // a guest books while the look goes on
		crowd(100, 2)
		if n := g.looks.Load(); n != 1 {
			t.Errorf("%d looks at once", n)
		}
		g.release <- struct{}{}
		synctest.Wait()
		g.version.Store(3)
		crowd(50, 3)
		g.release <- struct{}{}
		g.release <- struct{}{}
		readers.Wait()
		if n := g.looks.Load(); n != 3 {
			t.Errorf("%d looks for 151 readers, want 3", n)
		}
		readers.Go(func() { b.get(feedPath) })
		g.release <- struct{}{}
		readers.Wait()
	})
}

func TestReadersOfOtherFeedsDoNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		b := with(t, &fake{export: func(cabin int64, token string) (calendar.Export, error) {
			if cabin == 1 {
				<-hold
			}
			return lists(1)(1, token)
		}})
		var readers sync.WaitGroup
		readers.Go(func() { b.get(feedPath) })
		synctest.Wait()
		if a := b.get("/api/v1/ical/2/" + token); a.status != http.StatusOK {
			t.Errorf("%d", a.status)
		}
		close(hold)
		readers.Wait()
	})
}

func TestReadersWhoHangUpTakeNothingFromTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := &gate{release: make(chan struct{})}
		b := with(t, &fake{export: g.export})
		impatient, hangUp := context.WithCancel(t.Context())
		var readers sync.WaitGroup
		statuses := make(chan int, 4)
		ask := func(ctx context.Context) {
			readers.Go(func() { statuses <- b.do(ctx, http.MethodGet, feedPath, "").status })
			synctest.Wait()
		}
		ask(impatient) // looks
		ask(impatient) // waits for the next look, and is the only one
		hangUp()
		synctest.Wait()
		if status := <-statuses; status != 499 {
			t.Errorf("who waited and hung up: %d", status)
		}
		ask(t.Context())
		ask(t.Context())
		g.release <- struct{}{}
		g.release <- struct{}{}
		readers.Wait()
		<-statuses
		if first, second := <-statuses, <-statuses; first != http.StatusOK || second != http.StatusOK || g.looks.Load() != 2 {
			t.Errorf("the others: %d %d after %d looks", first, second, g.looks.Load())
		}
	})
}

func TestALookThatPanicsIsNotWaitedForForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		hold := make(chan struct{})
		b := with(t, &fake{export: func(cabin int64, token string) (calendar.Export, error) {
			if looks.Add(1) == 1 {
				<-hold
				panic("hunter2")
			}
			return lists(1)(cabin, token)
		}})
		var readers sync.WaitGroup
		var first, second int
		readers.Go(func() { first = b.get(feedPath).status })
		synctest.Wait()
		readers.Go(func() { second = b.get(feedPath).status })
		synctest.Wait()
		close(hold)
		readers.Wait()
		if first != http.StatusInternalServerError || second != http.StatusOK {
			t.Errorf("%d and %d", first, second)
		}
	})
}

// TestNobodyReadsThePast sends readers, some of whom hang up, while nights are booked.
func TestNobodyReadsThePast(t *testing.T) {
	t.Parallel()
	var booked atomic.Int64
	b := with(t, &fake{export: func(cabin int64, token string) (calendar.Export, error) {
		return lists(int(booked.Load()))(cabin, token)
	}})
	var readers sync.WaitGroup
	for range 16 {
		readers.Go(func() {
			for range 200 {
				ctx, hangUp := context.WithCancel(t.Context())
				if rand.IntN(4) == 0 {
					go hangUp()
				}
				before := booked.Load()
				a := b.do(ctx, http.MethodGet, feedPath, "")
				if a.status == http.StatusOK && stays(a.body) < int(before) {
					t.Errorf("%d stays, though %d were booked before", stays(a.body), before)
				}
				if a.status != http.StatusOK && a.status != 499 {
					t.Errorf("%d %s", a.status, a.body)
				}
				if rand.IntN(200) == 0 && booked.Load() < 20 {
					booked.Add(1)
				}
				hangUp()
			}
		})
	}
	readers.Wait()
	if a := b.get(feedPath); stays(a.body) != int(booked.Load()) {
		t.Errorf("%d of %d stays", stays(a.body), booked.Load())
	}
}
