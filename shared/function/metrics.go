package function

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what functions do. Labels hold names of functions, routes and codes only, never anything a client sent.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	panics   *prometheus.CounterVec
	runs     *prometheus.CounterVec
	runTime  *prometheus.HistogramVec
	jobs     *prometheus.CounterVec
}

// NewMetrics registers the metrics of functions.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests answered.",
		}, []string{"function", "route", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"function", "route"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests being answered now.",
		}, []string{"function"}),
		panics: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "function_panics_total", Help: "Panics that were caught; the other functions went on.",
		}, []string{"function"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "task_runs_total", Help: "Runs of tasks that ended in this process.",
		}, []string{"task", "outcome"}),
		runTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "task_run_seconds", Help: "Time a task took.", Buckets: prometheus.ExponentialBuckets(.01, 4, 9),
		}, []string{"task"}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "jobs_total", Help: "Jobs worked on, by how the attempt ended.",
		}, []string{"function", "outcome"}),
	}
	r.MustRegister(m.requests, m.duration, m.inFlight, m.panics, m.runs, m.runTime, m.jobs)
	return m
}

// outcome is the label of how something ended.
func outcome(err error) string {
	if err != nil {
		return "failed"
	}
	return "succeeded"
}
