package limit

import "github.com/prometheus/client_golang/prometheus"

// outcomes are the counters of rate_limit_requests_total, all of them present from the start: an alert on a series that
// appears only when it is too late would never fire.
type outcomes struct {
	allowed, limited, fallbackAllowed, fallbackLimited prometheus.Counter
}

func registerOutcomes(metrics prometheus.Registerer) (outcomes, error) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "rate_limit_requests_total",
		Help: "Limited requests by outcome; fallback_ = counted in this process because Redis was not answering.",
	}, []string{"outcome"})
	return outcomes{
		allowed:         requests.WithLabelValues("allowed"),
		limited:         requests.WithLabelValues("limited"),
		fallbackAllowed: requests.WithLabelValues("fallback_allowed"),
		fallbackLimited: requests.WithLabelValues("fallback_limited"),
	}, metrics.Register(requests)
}

func (o outcomes) count(allowed, fallback bool) {
	switch {
	case allowed && fallback:
		o.fallbackAllowed.Inc()
	case allowed:
		o.allowed.Inc()
	case fallback:
		o.fallbackLimited.Inc()
	default:
		o.limited.Inc()
	}
}

func newLatency() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "redis_latency_seconds",
		Help:    "How long Redis took to count a request, failures included.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25},
	})
}
