package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/queue"
	"github.com/eevans-d/sist-cabanas/shared/runs"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const (
	// On SIGTERM readiness says no for this long before connections are refused, so that proxies and probes notice first.
	drainNotice = 500 * time.Millisecond
	// Requests that have begun get this long to finish; the platform kills after 30 s.
	drainLimit = 25 * time.Second
	// Jobs get less, because those that are still not done are then told to stop, which takes up to 5 s more.
	jobsLimit = 20 * time.Second
)

// serve serves HTTP functions and works jobs until ctx ends, then drains.
func (p *program) serve(ctx context.Context, names []string) error {
	r, err := p.prepare(func(all []function.Function) ([]function.Function, error) { return pickServed(all, names) })
	if err != nil {
		return err
	}
	defer r.close()
	relaxCollector()
	r.listening = p.listening
	return r.serve(ctx, p.load, r.all)
}

// relaxCollector trades memory that the smallest machine has for time that it has not: a heap of a few megabytes would
// otherwise be collected a dozen times a second under load. The limit makes collections frequent again before 256 MB run out.
func relaxCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(160 << 20)
	}
}

// pickServed returns the functions of the given names, or all that can be served.
func pickServed(all []function.Function, names []string) ([]function.Function, error) {
	var picked []function.Function
	for _, name := range names {
		f, err := find(all, name)
		if err != nil {
			return nil, err
		}
		if f.Trigger == function.Clock {
			return nil, usagef("%s is a task; router run %s runs it", name, name)
		}
		if !slices.ContainsFunc(picked, func(p function.Function) bool { return p.Name == name }) {
			picked = append(picked, f)
		}
	}
	if len(names) > 0 {
		return picked, nil
	}
	for _, f := range all {
		if f.Trigger != function.Clock {
			picked = append(picked, f)
		}
	}
	return picked, nil
}

func (r *resources) host() *function.Host {
	return &function.Host{Metrics: r.metrics, Log: r.log, OnFly: r.process.onFly()}
}

func (r *resources) serve(ctx context.Context, load function.Loader, all []function.Function) error {
	host := r.host()
	var err error
	if host.Public, err = r.public(); err != nil {
		return err
	}
	mux := function.NewMux(host)
	for _, f := range r.served {
		if f.Trigger != function.Request {
			continue
		}
		handler, err := host.Handler(ctx, f, load)
		if err != nil {
			return err
		}
		mux.Mount(f, handler)
	}
	if err := r.openQueue(ctx, host, load, all); err != nil {
		return err
	}
	stopMetrics := r.serveMetrics(ctx)
	defer stopMetrics()
	// Jobs are stopped beside requests and not after them: the platform's patience is one for both.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- r.workJobs(ctx) }()
	err = r.listen(ctx, mux)
	cancel()
	return errors.Join(err, <-stopped)
}

// public is what wraps functions that anybody may call: origins outermost, so that a page of another site can read even a
// 429, then the rate limit.
func (r *resources) public() (func(http.Handler) http.Handler, error) {
	limiter, err := r.rate()
	if err != nil {
		return nil, err
	}
	cors := web.CORS(r.process.AllowedOrigins)
	onFly := r.process.onFly()
	return func(next http.Handler) http.Handler {
		limited := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			decision := limiter.Allow(req.Context(), web.Client(req, onFly))
			if decision.Limit > 0 {
				header := w.Header()
				header.Set("RateLimit-Limit", strconv.Itoa(decision.Limit))
				header.Set("RateLimit-Remaining", strconv.Itoa(decision.Remaining))
				header.Set("RateLimit-Reset", strconv.Itoa(int((decision.Reset+time.Second-1)/time.Second)))
			}
			if !decision.Allowed {
				web.Fail(w, req, web.ErrTooMany.WithRetryAfter(decision.Reset))
				return
			}
			next.ServeHTTP(w, req)
		}))
		if cors == nil {
			return limited
		}
		return cors(limited)
	}, nil
}

// openQueue opens the queue of every process that has a database: any may enqueue, and those that serve a function triggered
// by jobs work them. All functions are declared everywhere: the leader looks after jobs of kinds that it does not serve.
func (r *resources) openQueue(ctx context.Context, host *function.Host, load function.Loader, all []function.Function) error {
	var consumers []queue.Consumer
	for _, f := range all {
		if f.Trigger != function.Queued {
			continue
		}
		consumer := f.Declared()
		if slices.ContainsFunc(r.served, func(s function.Function) bool { return s.Name == f.Name }) {
			var err error
			if consumer, err = host.Consumer(ctx, f, load); err != nil {
				return err
			}
		}
		consumers = append(consumers, consumer)
	}
	if r.pool == nil || len(consumers) == 0 {
		return nil
	}
	r.jobsMu.Lock()
	defer r.jobsMu.Unlock()
	var err error
	r.jobs, err = queue.Open(r.pool.Raw(), consumers, r.log, queue.Options{
		Now: r.now, Periodic: []queue.Periodic{{Job: runs.Tick{}, Every: tickEvery}, {Job: conversation.Track{}, Every: trackEvery}},
	})
	return err
}

// workJobs works jobs until ctx ends, and returns once those that had begun are done or put back. It begins as soon as the
// database lets it: one that is down must not keep requests from being served.
func (r *resources) workJobs(ctx context.Context) error {
	if r.jobs == nil {
		return nil
	}
	for ctx.Err() == nil {
		err := r.jobs.Start(ctx)
		if err == nil {
			break
		}
		r.log.Warn().Err(err).Msg("jobs are not worked yet")
		pause(ctx, 5*time.Second)
	}
	<-ctx.Done()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobsLimit)
	defer cancel()
	return r.jobs.Stop(limit)
}

// listen answers requests until ctx ends, then drains: readiness says no, listening stops, and what has begun is finished.
// A second signal ends the process at once.
func (r *resources) listen(ctx context.Context, handler http.Handler) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", ":"+strconv.Itoa(r.process.Port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d is taken by another program; set PORT to a free one", r.process.Port)
	}
	if err != nil {
		return err
	}
	server := r.newServer(handler)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	r.log.Info().Str("addr", listener.Addr().String()).Strs("functions", r.servedNames()).Msg("serving")
	if r.listening != nil {
		r.listening(listener.Addr().String())
	}

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	r.draining.Store(true)
	server.SetKeepAlivesEnabled(false)
	r.log.Info().Msg("draining")
	again, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	pause(again, drainNotice)
	limit, cancel := context.WithTimeout(again, drainLimit)
	defer cancel()
	if err := server.Shutdown(limit); err != nil {
		server.Close() //nolint:errcheck // what is left is cut off, that is the error to tell
		return fmt.Errorf("requests were still running %s after the signal: %w", drainLimit, err)
	}
	r.log.Info().Msg("stopped")
	return nil
}

func (r *resources) newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(serverLog{r}, "", 0),
	}
}

// serverLog takes what net/http has to say, which is about connections that went wrong.
type serverLog struct{ r *resources }

func (s serverLog) Write(p []byte) (int, error) {
	s.r.log.Debug().Str("server", strings.TrimSpace(string(p))).Send()
	return len(p), nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (r *resources) servedNames() []string {
	names := make([]string, len(r.served))
	for i, f := range r.served {
		names[i] = f.Name
	}
	return names
}

// serveMetrics exposes the metrics on a port of their own, which the platform keeps private. A second process on the same
// machine finds the port taken; that costs it its private metrics, not its service.
func (r *resources) serveMetrics(ctx context.Context) (stop func()) {
	if r.process.MetricsPort == 0 {
		return func() {}
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", ":"+strconv.Itoa(r.process.MetricsPort))
	if err != nil {
		r.log.Warn().Int("metrics_port", r.process.MetricsPort).Msg("the port for private metrics is taken; they are on /metrics only")
		return func() {}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(r.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	go server.Serve(listener)        //nolint:errcheck // it ends with the process
	return func() { server.Close() } //nolint:errcheck // the process ends
}
