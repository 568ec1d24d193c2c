package converse_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// BenchmarkAnswer is a question about dates by somebody new, from the job to the answer being ready to be sent.
func BenchmarkAnswer(bench *testing.B) {
	b := setup(bench)
	took := make([]time.Duration, 0, bench.N)
	for n := 0; bench.Loop(); n++ {
		bench.StopTimer()
		job := b.arrive(bench, text(chat.Contact{WaID: fmt.Sprintf("549115%07d", n), Name: "Ana"}, asked))
		bench.StartTimer()
		begin := time.Now()
		if err := b.worker(context.Background(), job); err != nil {
			bench.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	bench.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
}
