package healthz

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// shared is how long one look at everything is good for, however often it is asked for.
	shared = time.Second
	// lookTime is how long a look may take; what has not answered by then is down.
	lookTime = 2 * time.Second
)

// look returns what was seen less than a second ago, or looks again; whoever asks meanwhile waits for the same look.
func (h *handler) look(ctx context.Context) (report, error) {
	h.mu.Lock()
	if !h.at.IsZero() && h.Now().Sub(h.at) < shared {
		defer h.mu.Unlock()
		return h.last, nil
	}
	if ended := h.looking; ended != nil {
		h.mu.Unlock()
		return h.await(ctx, ended)
	}
	ended := make(chan struct{})
	h.looking = ended
	h.mu.Unlock()

	// Others wait for this look too: it must not end because the one who began it has gone.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	found := h.examine(bounded)

	h.mu.Lock()
	defer h.mu.Unlock()
	h.last, h.at, h.looking = found, h.Now(), nil
	close(ended)
	return found, nil
}

func (h *handler) await(ctx context.Context, ended <-chan struct{}) (report, error) {
	select {
	case <-ended:
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.last, nil
	case <-ctx.Done():
		return report{}, ctx.Err()
	}
}

func (h *handler) examine(ctx context.Context) report {
	found := report{Status: "healthy", Checks: make(map[string]Finding, len(h.probes)), Timestamp: h.Now().UTC().Truncate(time.Millisecond)}
	findings := make([]Finding, len(h.probes))
	var group sync.WaitGroup
	for i, p := range h.probes {
		group.Go(func() { findings[i] = p.look(ctx) })
	}
	group.Wait()
	for i, p := range h.probes {
		found.Checks[p.Name] = findings[i]
		switch bad := findings[i].Status != OK && findings[i].Status != Off; {
		case bad && p.Vital:
			found.Status = "unhealthy"
		case bad && found.Status == "healthy":
			found.Status = "degraded"
		}
	}
	return found
}

// probe is a check that can neither hang nor panic.
type probe struct {
	Check
	busy atomic.Bool
}

var errHangs = errors.New("the look before this one has not come back")

// look returns at the latest when ctx ends, whether the check does or not. A check that hangs is left alone until it comes
// back, so that it holds one goroutine and not one for every look.
func (p *probe) look(ctx context.Context) Finding {
	if !p.busy.CompareAndSwap(false, true) {
		return Finding{Status: Error, err: errHangs}
	}
	begin := time.Now()
	seen := make(chan Finding, 1)
	go func() {
		finding := p.guarded(ctx)
		p.busy.Store(false)
		seen <- finding
	}()
	select {
	case finding := <-seen:
		return finding
	case <-ctx.Done():
		return Timed(time.Since(begin), ctx.Err())
	}
}

// guarded catches a panic where it happens: in a goroutine of its own it would take the process with it. What it says is
// left out, as everywhere.
func (p *probe) guarded(ctx context.Context) (finding Finding) {
	defer func() {
		if value := recover(); value != nil {
			finding = Finding{Status: Error, err: fmt.Errorf("panic with a %T", value)}
		}
	}()
	return p.Look(ctx)
}
