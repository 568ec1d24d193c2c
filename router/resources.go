package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/healthz"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/limit"
	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/queue"
	"github.com/eevans-d/sist-cabanas/shared/speech"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp"
)

// processConfig is what the process itself reads, whatever it serves.
type processConfig struct {
	config.Environment
	Clock
	limit.Config
	Port           int         `envconfig:"PORT" default:"8080" validate:"min=0,max=65535"`
	MetricsPort    int         `envconfig:"METRICS_PORT" default:"9091" validate:"min=0,max=65535"`
	AllowedOrigins config.List `envconfig:"ALLOWED_ORIGINS" validate:"dive,http_url"`
	LogLevel       string      `envconfig:"LOG_LEVEL" default:"info" validate:"oneof=debug info warn error"`
	FlyMachineID   string      `envconfig:"FLY_MACHINE_ID"`
}

func (c processConfig) onFly() bool { return c.FlyMachineID != "" }

// resources is what functions share, opened when the first of them asks. Functions never see it: they are given what they
// declare. It is used by one goroutine until the process serves.
type resources struct {
	process  processConfig
	load     function.Loader
	log      zerolog.Logger
	output   io.Writer // where the log goes; what child processes say goes there too
	registry *prometheus.Registry
	metrics  *function.Metrics
	now      func() time.Time
	draining atomic.Bool
	all      []function.Function // that there are, for the clock
	served   []function.Function // what this process was asked to run
	said     function.Values     // to the task that this process runs

	listening func(address string)

	pool     *postgres.Pool
	limiter  *limit.Limiter
	jobsMu   sync.Mutex
	jobs     *queue.Queue // set once everything is built; nil where nothing could be enqueued, or nothing was yet
	runs     *postgres.Runs
	machines machines.Placement
	reader   *channels.Channels
	feeds    *feeds.Client
	payer    *mercadopago.Client
	phone    *whatsapp.Client
	ears     *speech.Client // writes down what guests say; nil until somebody needs it, and where nothing does
	reports  sync.Map       // task → what it last said that it did
}

func newResources(c processConfig, log io.Writer) *resources {
	level, _ := zerolog.ParseLevel(c.LogLevel) // one of four, checked
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &resources{
		process: c, output: log, registry: registry, metrics: function.NewMetrics(registry), now: time.Now,
		log: zerolog.New(log).Level(level).With().Timestamp().Logger(),
	}
}

// database opens the pool: as large as the shares of everything that this process runs, so that no share waits for another.
func (r *resources) database(c Database) (*postgres.Pool, error) {
	if r.pool != nil {
		return r.pool, nil
	}
	size := recordConnections + channelsConnections
	for _, f := range r.served {
		size += f.Connections
	}
	var err error
	r.pool, err = postgres.Open(c, max(size, 1), r.registry)
	return r.pool, err
}

// share is a function's part of the pool.
func (r *resources) share(c Database, spec function.Spec) (*postgres.DB, error) {
	pool, err := r.database(c)
	if err != nil {
		return nil, err
	}
	return pool.Share(spec.Connections), nil
}

// rate is the limiter that all public functions share.
func (r *resources) rate() (*limit.Limiter, error) {
	if r.limiter != nil {
		return r.limiter, nil
	}
	var err error
	r.limiter, err = limit.New(r.process.Config, r.now, r.registry, r.log)
	return r.limiter, err
}

// specs describes everything that this process serves.
func (r *resources) specs() []function.Spec {
	specs := make([]function.Spec, len(r.served))
	for i, f := range r.served {
		specs[i] = f.Spec
	}
	return specs
}

// checks are what deep health looks at.
func (r *resources) checks(db *postgres.DB) []healthz.Check {
	return []healthz.Check{
		{Name: "database", Vital: true, Look: func(ctx context.Context) healthz.Finding {
			begin := time.Now()
			err := db.Ping(ctx)
			return healthz.Timed(time.Since(begin), err)
		}},
		{Name: "redis", Look: r.lookAtRedis},
	}
}

func (r *resources) lookAtRedis(ctx context.Context) healthz.Finding {
	limiter, err := r.rate()
	if err != nil {
		return healthz.Finding{Status: healthz.Error}
	}
	health := limiter.Ping(ctx)
	if !health.Configured {
		return healthz.Finding{Status: healthz.Off}
	}
	if !health.Up {
		return healthz.Timed(health.Latency, errors.New("down"))
	}
	return healthz.Timed(health.Latency, nil)
}

// close gives everything back.
func (r *resources) close() {
	if r.machines != nil {
		r.machines.Close() //nolint:errcheck // child processes are ended, nothing can be done about one that will not
	}
	if r.reader != nil {
		r.reader.Close()
		r.feeds.Close()
	}
	if r.payer != nil {
		r.payer.Close()
	}
	if r.phone != nil {
		r.phone.Close()
	}
	r.ears.Close()
	if r.limiter != nil {
		_ = r.limiter.Close() // what it holds ends with the process
	}
	if r.pool != nil {
		r.pool.Close()
	}
}
