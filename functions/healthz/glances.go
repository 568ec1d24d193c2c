package healthz

import (
	"context"
	"sync"
	"time"
)

// glances looks at something at most once a second, for whoever asks.
type glances[Known any] struct {
	from interface {
		Health(ctx context.Context, now time.Time) (Known, error)
	}
	now func() time.Time

	mu    sync.Mutex
	known Known
	err   error
	at    time.Time
}

// look returns what was seen less than a second ago, and when, or looks again. Whoever comes meanwhile waits for the same
// look, which is bounded, and which does not end because the one who began it has gone.
func (g *glances[Known]) look(ctx context.Context) (Known, time.Time, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.now(); g.at.IsZero() || now.Sub(g.at) >= shared {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
		defer cancel()
		g.known, g.err = g.from.Health(bounded, now)
		g.at = now
	}
	return g.known, g.at, g.err
}
