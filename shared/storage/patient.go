package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// patient gives every request as long as it needs, provided that it gets on: a deadline that suits a large part on a slow
// line would be no help against a server that hangs.
type patient struct {
	next       http.RoundTripper
	stall      time.Duration
	consistent bool
}

// RoundTrip cancels a request in which nothing has moved for a while, its answer included.
func (p *patient) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	watch := &watchdog{stall: p.stall, timer: time.AfterFunc(p.stall, func() { cancel(errStalled) })}
	r = r.Clone(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &moving{r.Body, ctx, watch, nil}
	}
	if p.consistent {
		// Tigris: what one region has stored, another sees at once.
		r.Header.Set("X-Tigris-Consistent", "true")
	}
	answer, err := p.next.RoundTrip(r)
	if err != nil {
		watch.stop()
		cancel(nil)
		return nil, stalledOr(ctx, err)
	}
	watch.moved()
	answer.Body = &moving{answer.Body, ctx, watch, func() { watch.stop(); cancel(nil) }}
	return answer, nil
}

// stalledOr tells a stall from an end that the caller has ordered. It is not the context's own error, by which the client
// would take it for the latter and not try again.
func stalledOr(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return fmt.Errorf("%w: %v", errStalled, err) //nolint:errorlint // on purpose, see above
	}
	return err
}

// watchdog bites when nobody has moved for a while.
type watchdog struct {
	mu      sync.Mutex
	timer   *time.Timer
	stall   time.Duration
	stopped bool
}

func (w *watchdog) moved() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.timer.Reset(w.stall)
	}
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}

// moving is a body that keeps a watchdog calm.
type moving struct {
	io.ReadCloser
	ctx   context.Context
	watch *watchdog
	after func() // on Close; may be nil
}

func (m *moving) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	if n > 0 {
		m.watch.moved()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = stalledOr(m.ctx, err)
	}
	return n, err
}

func (m *moving) Close() error {
	err := m.ReadCloser.Close()
	if m.after != nil {
		m.after()
	}
	return err
}
