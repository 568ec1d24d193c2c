package channels_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// reads is how often a feed was read.
func (p *feedPage) times() int {
	reads, _, _ := p.seen()
	return reads
}

func TestALookClosesWhatWasSoldMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	_, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13))
	b.all(t)
	b.clock.move(11 * time.Minute)
	page.lists(nights(10, 13), nights(20, 22))
	if !b.Refresh(t.Context(), cabin) || b.free(t, cabin, nights(20, 22)) {
		t.Error("what was sold meanwhile is not closed")
	}
	before := b.statements(t)
	if !b.Refresh(t.Context(), cabin) || page.times() != 2 || b.statements(t)-before != 1 {
		t.Errorf("it was read %d times", page.times())
	}
}

func TestALookThatSeesNothingNewIsOneRequestAndTwoStatements(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13))
	b.all(t)
	b.clock.move(11 * time.Minute)
	before := b.statements(t)
	if !b.Refresh(t.Context(), cabin) || b.statements(t)-before != 2 || page.times() != 2 {
		t.Errorf("%d statements, %d requests", b.statements(t)-before, page.times())
	}
	if now := b.feed(t, f); !now.LastSuccess.Equal(b.clock.now()) {
		t.Errorf("as of %s", now.LastSuccess)
	}
}

func TestALookFreesNothingHoweverOftenItIsTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	_, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13), nights(20, 22))
	b.all(t)
	page.lists(nights(20, 22))
	for range 4 {
		b.clock.move(11 * time.Minute)
		if !b.Refresh(t.Context(), cabin) || b.free(t, cabin, nights(10, 13)) {
			t.Fatal("freed")
		}
	}
	b.all(t)
	if b.free(t, cabin, nights(10, 13)) {
		t.Error("the looks were counted")
	}
	b.all(t)
	if !b.free(t, cabin, nights(10, 13)) {
		t.Error("not freed after two readings")
	}
}

func TestAHundredWhoAskAtOnceCostOneLook(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	_, one := b.add(t, cabin, "one")
	_, two := b.add(t, cabin, "two")
	one.lists(nights(10, 13))
	two.lists(nights(20, 22))
	one.set(func(p *feedPage) { p.began, p.goOn = make(chan struct{}, 1), make(chan struct{}) })
	var asking sync.WaitGroup
	var fresh atomic.Int64
	asking.Go(func() {
		<-one.began
		for range 99 {
			asking.Go(func() {
				if b.Refresh(t.Context(), cabin) {
					fresh.Add(1)
				}
			})
		}
		close(one.goOn)
	})
	ctx, leave := context.WithCancel(t.Context())
	asking.Go(func() { <-one.goOn; leave() })
	asking.Go(func() { b.Refresh(ctx, cabin) }) // the first, who leaves
	asking.Wait()
	if fresh.Load() != 99 || one.times() != 1 || two.times() != 1 {
		t.Errorf("%d of 99 are told that it is fresh, after %d and %d requests", fresh.Load(), one.times(), two.times())
	}
}

func TestALookLastsTwoSecondsAtMostAndIsNotRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, slow := b.add(t, cabin, "slow")
	_, good := b.add(t, cabin, "good")
	slow.set(func(p *feedPage) { p.hang = true })
	good.lists(nights(10, 13))
	begin := time.Now()
	if b.Refresh(t.Context(), cabin) {
		t.Error("fresh, though a feed hangs")
	}
	if took := time.Since(begin); took > 15*time.Second { // what hangs, hangs for ever
		t.Errorf("it took %s", took)
	}
	if b.free(t, cabin, nights(10, 13)) {
		t.Error("what the other feed says is lost")
	}
	slow.set(func(p *feedPage) { p.hang = false })
	for range 10 {
		if b.Refresh(t.Context(), cabin) {
			t.Error("fresh, though nobody has read it")
		}
	}
	if slow.times() != 1 {
		t.Errorf("it was asked %d times", slow.times())
	}
	if now := b.feed(t, f); now.Failures != 0 || !now.NextAttempt.IsZero() {
		t.Errorf("a guest's request decides when the task reads it: %+v", now)
	}
	b.clock.move(31 * time.Second)
	if !b.Refresh(t.Context(), cabin) || slow.times() != 2 {
		t.Error("it is not asked again")
	}
}

func TestAFeedThatCannotBeReadIsNotFresh(t *testing.T) {
	t.Parallel()
	for name, breakIt := range map[string]func(*feedPage){
		"an error":    func(p *feedPage) { p.status = http.StatusInternalServerError },
		"no calendar": func(p *feedPage) { p.text = "<html>" },
		"gone":        func(p *feedPage) { p.status = http.StatusGone },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			cabin := b.cabin(t)
			f, page := b.add(t, cabin, "a")
			page.lists(nights(10, 13))
			b.all(t)
			page.set(breakIt)
			if !b.Refresh(t.Context(), cabin) {
				t.Error("it was read a moment ago")
			}
			b.clock.move(11 * time.Minute)
			if b.Refresh(t.Context(), cabin) || b.free(t, cabin, nights(10, 13)) {
				t.Error("fresh")
			}
			if now := b.feed(t, f); now.Failures != 0 || !now.QuarantinedAt.IsZero() {
				t.Errorf("%+v", now)
			}
		})
	}
}

func TestAChannelThatWantsToBeLeftAloneIsNotLookedAt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	_, page := b.add(t, cabin, "a")
	page.set(func(p *feedPage) {
		p.status, p.header = http.StatusTooManyRequests, http.Header{"Retry-After": {"300"}}
	})
	b.Refresh(t.Context(), cabin)
	b.clock.move(299 * time.Second)
	if b.Refresh(t.Context(), cabin) || page.times() != 1 {
		t.Errorf("it was asked %d times", page.times())
	}
}

func TestALookAtAFeedInQuarantineIsFresh(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13), nights(20, 22), nights(30, 34))
	b.all(t)
	page.lists()
	b.all(t)
	if b.feed(t, f).QuarantinedAt.IsZero() {
		t.Fatal("no quarantine")
	}
	b.clock.move(11 * time.Minute)
	if !b.Refresh(t.Context(), cabin) || b.free(t, cabin, nights(10, 13)) {
		t.Error("it was read now, and closes what it closed")
	}
}

func TestACabinWithoutFeedsIsFresh(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, page := b.add(t, cabin, "paused")
	if err := b.calendars.Pause(t.Context(), cabin, f.ID); err != nil {
		t.Fatal(err)
	}
	if !b.Refresh(t.Context(), cabin) || page.times() != 0 {
		t.Error("not fresh")
	}
}

func TestAStoreThatDoesNotAnswerIsNotFresh(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	f, page := b.add(t, cabin, "a")
	page.lists(nights(10, 13))
	broken := &fails{stale: fault.ErrUnavailable}
	c, _ := b.process(t, func(s *postgres.Calendars) channels.Store { broken.Store = s; return broken })
	if c.Refresh(t.Context(), cabin) {
		t.Error("fresh")
	}
	broken.stale, broken.apply = nil, errors.New("no disk")
	if c.Refresh(t.Context(), cabin) {
		t.Error("fresh")
	}
	broken.apply = nil
	if !c.Refresh(t.Context(), cabin) || b.feed(t, f).LastSuccess.IsZero() { // that was no fault of the feed
		t.Error("not fresh")
	}
}

// TestNoMoreThanSixteenFeedsAreLookedAtAtOnce has twenty guests ask for twenty cabins while no channel answers.
func TestNoMoreThanSixteenFeedsAreLookedAtAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var now, most, asked atomic.Int64
	c := b.with(odd(func(ctx context.Context) (feeds.Response, error) {
		asked.Add(1)
		at := now.Add(1)
		defer now.Add(-1)
		for seen := most.Load(); at > seen && !most.CompareAndSwap(seen, at); seen = most.Load() {
		}
		<-ctx.Done()
		return feeds.Response{}, fault.ErrUnavailable
	}))
	var asking sync.WaitGroup
	for i := range 20 {
		cabin := b.cabin(t)
		b.add(t, cabin, fmt.Sprintf("f%d", i))
		asking.Go(func() {
			if c.Refresh(t.Context(), cabin) {
				t.Error("fresh")
			}
		})
	}
	asking.Wait()
	if most.Load() > 16 || asked.Load() < 16 {
		t.Errorf("%d at once, %d in all", most.Load(), asked.Load())
	}
}

func TestAStoreThatPanicsIsNotFreshAndHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	c, _ := b.process(t, func(*postgres.Calendars) channels.Store { return &fails{} }) // nil underneath
	for range 2 {
		if c.Refresh(t.Context(), cabin) {
			t.Error("fresh")
		}
	}
}
