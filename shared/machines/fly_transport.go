package machines

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// maxRefusal is how much of an answer that says no is read.
const maxRefusal = 64 << 10

// guard is the lowest layer of the client that is ours. It sends every request once: fly-go's own layer above repeats any
// request, POST too, up to three times on 502, on 503 and on what calls itself temporary, which can make four machines out
// of one launch. What it is given here is neither. It also keeps Fly's limits, and leads to the API that the configuration
// names, of which fly-go knows only the process's environment.
type guard struct {
	base  *url.URL
	next  http.RoundTripper
	pacer *pacer
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.pacer.wait(r.Context(), r.Method, r.URL.Path); err != nil {
		if r.Body != nil {
			r.Body.Close() //nolint:errcheck // nobody will read it
		}
		return nil, err
	}
	there := r.Clone(r.Context())
	there.URL.Scheme, there.URL.Host, there.Host = g.base.Scheme, g.base.Host, ""
	there.URL.Path = strings.TrimSuffix(g.base.Path, "/") + there.URL.Path
	response, err := g.next.RoundTrip(there)
	if err != nil {
		// Wrapped, it has no Temporary method any more: net's errors do, and a deadline's.
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err)
	}
	// 3xx too: the API does not redirect, and a client follows some with the same POST.
	retried := response.StatusCode == http.StatusBadGateway || response.StatusCode == http.StatusServiceUnavailable
	if retried || response.StatusCode/100 == 3 {
		defer response.Body.Close() //nolint:errcheck // it was only read
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusal))
		return nil, &refusal{status: response.StatusCode, body: body, requestID: response.Header.Get("Fly-Request-Id")}
	}
	return response, nil
}

// pacer keeps the limits of the Machines API, https://fly.io/docs/machines/api/working-with-machines-api/#rate-limits: one
// request a second for every action on every machine (or app, where there is none yet), at most three at once; five and ten
// for looking at a machine.
type pacer struct {
	every time.Duration

	mu   sync.Mutex
	next map[string]time.Time // action → when it would be used up, counted without its burst (GCRA's arrival time)
}

func newPacer(every time.Duration) *pacer {
	return &pacer{every: every, next: make(map[string]time.Time)}
}

// wait waits for a request's turn.
func (p *pacer) wait(ctx context.Context, method, path string) error {
	if ctx.Err() != nil {
		return notSent(ctx)
	}
	delay := p.reserve(method, path, time.Now())
	if delay <= 0 {
		return nil
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return notSent(ctx)
	}
}

// reserve takes the next turn and says how long it is until then.
func (p *pacer) reserve(method, path string, now time.Time) time.Duration {
	key, every, burst := p.limit(method, path)
	p.mu.Lock()
	defer p.mu.Unlock()
	turn := p.next[key]
	if turn.Before(now) {
		turn = now
	}
	p.next[key] = turn.Add(every)
	const many = 256 // machines come and go; their turns must not stay for ever
	if len(p.next) > many {
		for other, turn := range p.next {
			if turn.Before(now) {
				delete(p.next, other)
			}
		}
	}
	return turn.Sub(now) - every*time.Duration(burst-1)
}

// limit is what a request counts as, and how often that may be done. Paths are /v1/apps/{app}/machines[/{id}[/{verb}]].
func (p *pacer) limit(method, path string) (key string, every time.Duration, burst int) {
	key, every, burst = method+" "+path, p.every, 3
	if parts := strings.Split(strings.Trim(path, "/"), "/"); method == http.MethodGet && len(parts) == 5 {
		every, burst = p.every/5, 10
	}
	return key, every, burst
}
