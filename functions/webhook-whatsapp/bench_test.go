package webhookwhatsapp_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkAcceptance is 16 clients who deliver messages over HTTP as fast as they are taken.
func BenchmarkAcceptance(bench *testing.B) {
	const clients = 16
	b := setup(bench)
	b.server.Client().Transport = pooled(clients)
	bodies := make([]string, bench.N)
	signatures := make([]string, bench.N)
	for n := range bodies {
		bodies[n] = told(text(fmt.Sprintf("wamid.HBgNNTQ5MTE1NTQ0MzMyMhUCABIYIDNFQTNCMEEwRTY3QzUwODYzMDc4NjQ4%d", n), "hola, tenés algo del 3 al 8 de enero para 4?"), "")
		signatures[n] = sign(secret, bodies[n])
	}
	took := make([]time.Duration, bench.N)
	var next atomic.Int64
	bench.ResetTimer()
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for n := int(next.Add(1)) - 1; n < bench.N; n = int(next.Add(1)) - 1 {
				begin := time.Now()
				if code, answer := b.post(bench, bodies[n], signatures[n]); code != 200 {
					bench.Errorf("%d %s", code, answer)
				}
				took[n] = time.Since(begin)
			}
		})
	}
	wait.Wait()
	bench.StopTimer()
	slices.Sort(took)
	bench.ReportMetric(float64(bench.N)/bench.Elapsed().Seconds(), "webhooks/s")
	bench.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
