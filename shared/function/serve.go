package function

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Host is what all functions of a process share.
type Host struct {
	Metrics *Metrics
	Log     zerolog.Logger
	OnFly   bool                            // the proxy in front may be believed
	Public  func(http.Handler) http.Handler // what public functions are wrapped in: origins and rate limit; nil: nothing
}

// Handler builds a function triggered by requests and puts the contract around it.
func (h *Host) Handler(ctx context.Context, f Function, load Loader) (http.Handler, error) {
	inner, err := f.handler(ctx, load)
	if err != nil {
		return nil, err
	}
	h.Metrics.panics.WithLabelValues(f.Name) // so that the first panic is an increase, and not the birth of a series
	guarded := http.Handler(&guard{
		spec: f.Spec, next: inner, slots: make(chan struct{}, f.Concurrency), host: h,
		inFlight: h.Metrics.inFlight.WithLabelValues(f.Name),
	})
	if f.Public && h.Public != nil {
		guarded = h.Public(guarded)
	}
	return guarded, nil
}

// guard is the contract around one function's handler.
type guard struct {
	spec     Spec
	next     http.Handler
	slots    chan struct{}
	host     *Host
	inFlight prometheus.Gauge
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case g.slots <- struct{}{}:
	default:
		web.Fail(w, r, fault.ErrBusy)
		return
	}
	defer func() { <-g.slots }()
	g.inFlight.Inc()
	defer g.inFlight.Dec()

	ctx, cancel := context.WithTimeoutCause(r.Context(), g.spec.Timeout, web.ErrTimeout)
	defer cancel()
	r = r.WithContext(ctx)
	r.Body = http.MaxBytesReader(w, r.Body, g.spec.MaxBody)
	answer := newAnswer(w)
	defer answer.finish()
	// A handler that ignores its context is answered for: the client gets its 503 at the deadline, and only the slot stays
	// taken until the handler returns.
	stop := context.AfterFunc(ctx, func() { answer.giveUp(r) })
	defer stop()
	defer g.recover(answer, r)
	g.next.ServeHTTP(answer, r)
}

// recover turns a panic into a 500 that tells nothing, a counter and a stack in the log. The panic's own text is left out
// unless the runtime wrote it: a value that a handler panics with may hold a guest's data.
func (g *guard) recover(w http.ResponseWriter, r *http.Request) {
	value := recover()
	if value == nil {
		return
	}
	if value == http.ErrAbortHandler { //nolint:errorlint // a sentinel that net/http compares in the same way
		panic(value)
	}
	g.host.Metrics.panics.WithLabelValues(g.spec.Name).Inc()
	err := panicError(value)
	g.host.Log.Error().Str("function", g.spec.Name).AnErr("panic", err).Bytes("stack", debug.Stack()).
		Str("request_id", web.EventOf(r.Context()).ID).Msg("panic")
	web.Fail(w, r, err)
}

// panicError is what of a panic may be logged.
func panicError(value any) error {
	if err, ok := value.(runtime.Error); ok {
		return err
	}
	return fmt.Errorf("panic with a %T", value)
}
