package postgres_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// BenchmarkAccept keeps events that come from many at once, each with its job.
func BenchmarkAccept(b *testing.B) {
	for _, clients := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			k := setupTill(b)
			inbox := postgres.NewInbox(k.pool.Share(2), enqueueMany)
			var next atomic.Int64
			each(b, clients, func() error {
				name := fmt.Sprint(next.Add(1))
				e, job := event(name, name)
				_, err := inbox.Accept(b.Context(), e, job)
				return err
			})
		})
	}
}

// BenchmarkSettlePayments confirms holds, each with its payment, messages and jobs.
func BenchmarkSettlePayments(b *testing.B) {
	for _, workers := range []int{1, 4, 16} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			k := setupTill(b)
			k.Payments = postgres.NewPayments(k.pool.Share(4), enqueueMany, postgres.Rules{})
			all := make(chan payment.Payment, b.N)
			cabin := k.Cabin
			for n := range b.N {
				if n%100 == 99 {
					cabin = k.cabin(b)
				}
				r := wish(cabin, civil.Nights{From: civil.New(2027, 1, 1).AddDays(n % 100), To: civil.New(2027, 1, 2).AddDays(n % 100)})
				k.exec(b, `insert into reservations (code, accommodation_id, check_in, check_out, status, total_price, deposit_amount, expires_at, created_at) values ($1, $2, $3, $4, 'pre_reserved', 34000, 10200, $5, $6)`,
					fmt.Sprint(r.Code, n), cabin, r.Stay.Nights.From, r.Stay.Nights.To, r.ExpiresAt, noon)
				r.Code = fmt.Sprint(r.Code, n)
				all <- paid(r, 1000+n, r.Deposit)
			}
			b.ResetTimer()
			each(b, workers, func() error {
				_, err := k.Payments.Settle(b.Context(), <-all, noon.Add(time.Minute))
				return err
			})
		})
	}
}

// each does something b.N times, so many at once, and reports how often a second.
func each(b *testing.B, workers int, do func() error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "/s")
}
