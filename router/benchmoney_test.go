//go:build bench

package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// TestBenchMoney prints how fast notifications are taken while the provider hangs, and how fast payments are settled while it
// answers after 20 ms.
func TestBenchMoney(t *testing.T) {
	b := newBench(t)
	b.router.kill()
	b.notifications()
	b.settling()
}

// taking starts a router that takes payments through a provider.
func (b *bench) taking(provider *mptest.Server, extra ...string) *process {
	return startRouter(b.T, b.router.binary, b.server.DSN("postgres"), append([]string{
		"MERCADOPAGO_ACCESS_TOKEN=" + mptest.Token, "MERCADOPAGO_BASE_URL=" + provider.URL, "MERCADOPAGO_WEBHOOK_SECRET=" + mptest.Secret, "TASKS_INLINE=",
	}, extra...)...)
}

func (b *bench) provider(c mptest.Config) *mptest.Server {
	b.Helper()
	provider, err := mptest.New(c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(provider.Close)
	return provider
}

// notification is a signed one, as it goes over the wire.
func notificationOf(id string) *call {
	request := "r-" + id
	body := fmt.Sprintf(`{"action":"payment.updated","api_version":"v1","data":{"id":%q},"date_created":"2026-12-01T12:00:00Z","id":%s,"live_mode":true,"type":"payment","user_id":"239610915"}`, id, id)
	return &call{fmt.Appendf(nil, "POST /api/v1/webhooks/mercadopago?data.id=%s&type=payment HTTP/1.1\r\nHost: bench\r\nX-Request-Id: %s\r\nX-Signature: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", id, request, mptest.Sign(mptest.Secret, request, id, time.Now().UnixMilli()), len(body), body)}
}

// notifications: (e) notifications per second while nobody can be asked about them.
func (b *bench) notifications() {
	provider := b.provider(mptest.Config{})
	provider.Fail(mptest.Fault{Hang: true})
	p := b.taking(provider)
	var n atomic.Int64
	for _, clients := range []int{16, 64} {
		took := load(b.T, p.addr, clients, 5*time.Second, func(int, int) *call {
			return notificationOf(fmt.Sprint(100_000_000_000 + n.Add(1)))
		}, expect200(b.T))
		fmt.Printf("(e) %2d clients: %6.0f notifications/s, p50 %s p99 %s worst %s, while the provider hangs\n", clients, took.perSecond(), took.at(.5), took.at(.99), took.at(1))
	}
	p.kill()
	b.exec(`truncate inbox, river_job`)
}

// settling: (f) payments settled per second, each of which confirms a hold and tells two people.
func (b *bench) settling() {
	const payments = 3000
	provider := b.provider(mptest.Config{Latency: 20 * time.Millisecond})
	provider.Hold()
	b.exec(`
		insert into reservations (code, accommodation_id, check_in, check_out, contact_name, total_price, deposit_amount, expires_at, created_at)
		select 'P' || n, n % $1 + 1, $2::date + n / $1, $2::date + n / $1 + 1, 'Test User', 340, 102, now() + interval '1 hour', now() from generate_series(1, $3) n`,
		benchCabins, b.first, payments)
	p := b.taking(provider, "SERVE=webhook-mp healthz")
	ids := make([]string, payments)
	for i := range ids {
		made, err := provider.Pay(mptest.Buy{Reference: fmt.Sprint("P", i+1), Amount: 10200, Currency: "ARS", Status: payment.Approved})
		if err != nil {
			b.Fatal(err)
		}
		ids[i] = made.ID
	}
	for _, id := range ids {
		b.tell(p, id)
	}
	p.kill()
	p = b.taking(provider)
	begin, first := time.Now(), b.confirmed()
	for b.confirmed() < payments && time.Since(begin) < 2*time.Minute {
		time.Sleep(50 * time.Millisecond)
	}
	fmt.Printf("(f) %.0f payments settled/s by one process, the provider answers after 20 ms; resident %d MB\n",
		float64(b.confirmed()-first)/time.Since(begin).Seconds(), p.residentMB())
}

// tell sends one notification.
func (b *bench) tell(p *process, id string) {
	b.Helper()
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	exchange(b.T, conn, bufio.NewReader(conn), notificationOf(id), 0, &result{}, expect200(b.T))
}

func (b *bench) confirmed() (n int) {
	if err := b.pool.QueryRow(context.Background(), `select count(*) from reservations where status = 'confirmed'`).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}
