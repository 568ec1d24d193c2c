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

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/queue"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const (
	// On SIGTERM readiness says no for this long before connections are refused, so that proxies and probes notice first.
	drainNotice = 500 * time.Millisecond
	// What has begun gets this long to finish; the platform kills after 30 s.
	drainLimit = 25 * time.Second
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
	return r.serve(ctx, p.load, p.functions(r))
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
	jobs, err := r.consume(ctx, host, load, all)
	if err != nil {
		return err
	}
	stopMetrics := r.serveMetrics(ctx)
	defer stopMetrics()
	return errors.Join(r.listen(ctx, mux), stopJobs(jobs))
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

// consume starts to work the jobs of the served functions. Where none is served and none exists, there is no queue.
func (r *resources) consume(ctx context.Context, host *function.Host, load function.Loader, all []function.Function) (*queue.Queue, error) {
	served := make(map[string]bool)
	for _, f := range r.served {
		served[f.Name] = f.Trigger == function.Queued
	}
	var consumers []queue.Consumer
	working := false
	for _, f := range all {
		if f.Trigger != function.Queued {
			continue
		}
		consumer := f.Declared()
		if served[f.Name] {
			var err error
			if consumer, err = host.Consumer(ctx, f, load); err != nil {
				return nil, err
			}
			working = true
		}
		consumers = append(consumers, consumer)
	}
	if !working || r.pool == nil {
		return nil, nil
	}
	jobs, err := queue.Open(r.pool.Raw(), consumers, r.log, queue.Options{})
	if err != nil {
		return nil, err
	}
	return jobs, jobs.Start(ctx)
}

func stopJobs(jobs *queue.Queue) error {
	if jobs == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainLimit)
	defer cancel()
	return jobs.Stop(ctx)
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
