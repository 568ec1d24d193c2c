//go:build bench

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// TestBenchWhatsApp prints how fast messages are taken while WhatsApp hangs, and how long guests wait for an answer.
func TestBenchWhatsApp(t *testing.T) {
	b := newBench(t)
	b.router.kill()
	b.exec(`update accommodations set active = id <= 4`)
	b.webhooks("alone", "SERVE=webhook-whatsapp healthz")
	b.webhooks("beside answering them")
	b.answers()
}

// messaging starts a router that people write to.
func (b *bench) messaging(graph string, extra ...string) *process {
	return startRouter(b.T, b.router.binary, b.server.DSN("postgres"), append([]string{
		"WHATSAPP_TOKEN=" + watest.Token, "WHATSAPP_PHONE_ID=" + watest.PhoneID, "WHATSAPP_BASE_URL=" + graph,
		"WHATSAPP_APP_SECRET=" + watest.AppSecret, "WHATSAPP_VERIFY_TOKEN=" + watest.VerifyToken, "TASKS_INLINE=",
	}, extra...)...)
}

func (b *bench) graph(c watest.Config) *watest.Server {
	b.Helper()
	graph, err := watest.New(c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(graph.Close)
	return graph
}

// written is a signed webhook, as it goes over the wire: what the n-th message says is written by one of 5000 guests.
func written(n int64) *call {
	body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"field":"messages","value":{`+
		`"messaging_product":"whatsapp","metadata":{"display_phone_number":"5492944000000","phone_number_id":%q},`+
		`"contacts":[{"profile":{"name":"Ana P\u00e9rez"},"wa_id":"549115%07d","user_id":"AR.13549115%07d"}],`+
		`"messages":[{"from":"549115%07d","from_user_id":"AR.13549115%07d","id":"wamid.HBgNNTQ5MTE1NTQ0MzMyMhUCABIYIDNFQTNCMEEwRTY3QzUwODYzMDc4%d",`+
		`"timestamp":"%d","type":"text","text":{"body":"hola, ten\u00e9s algo del 3 al 8 de enero para 4?"}}]}}]}]}`,
		watest.PhoneID, n%5000, n%5000, n%5000, n%5000, n, time.Now().Unix())
	return &call{fmt.Appendf(nil, "POST /api/v1/webhooks/whatsapp HTTP/1.1\r\nHost: bench\r\nX-Hub-Signature-256: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", watest.Sign(watest.AppSecret, []byte(body)), len(body), body)}
}

// webhooks: (g) webhooks per second while nothing can be sent.
func (b *bench) webhooks(how string, extra ...string) {
	graph := b.graph(watest.Config{})
	graph.Fail(watest.Fault{Hang: true})
	var n atomic.Int64
	for _, clients := range []int{16, 64} {
		b.exec(`truncate inbox, river_job, messages, conversations, contacts, receipts, reservations cascade`)
		p := b.messaging(graph.URL, extra...)
		took := load(b.T, p.addr, clients, 5*time.Second, func(int, int) *call { return written(n.Add(1)) }, expect200(b.T))
		fmt.Printf("(g) %2d clients: %6.0f webhooks/s, p50 %s p99 %s worst %s, while WhatsApp hangs, %s; resident %d MB\n",
			clients, took.perSecond(), took.at(.5), took.at(.99), took.at(1), how, p.residentMB())
		p.kill()
	}
	b.exec(`truncate inbox, river_job, messages, conversations, contacts, receipts, reservations cascade`)
}

// answers: (h) from a guest's pressing "send" to the answer's being handed to WhatsApp, at 20 guests per second.
func (b *bench) answers() {
	graph := b.graph(watest.Config{})
	heard := &arrivals{at: map[string]time.Time{}}
	front := httptest.NewServer(heard.before(graph.Handler()))
	b.Cleanup(front.Close)
	p := b.messaging(front.URL)
	graph.SetWebhook(p.url("/api/v1/webhooks/whatsapp"))
	b.ask(graph, heard, "5491161000", 40, "hola, tenés algo del 3 al 8 de enero para 4?")
	for _, c := range []struct{ name, phones, words string }{
		{"who say all they want", "5491162000", "hola, tenés algo del 3 al 8 de enero para 4?"},
		{"who ask something else", "5491163000", "a qué hora es el check in?"},
		{"who only greet, and are left to go on for 1.5 s", "5491164000", "hola"},
	} {
		took := b.ask(graph, heard, c.phones, 200, c.words)
		fmt.Printf("(h) 20 guests/s %s: answered after p50 %s p95 %s p99 %s worst %s\n", c.name, took.at(.5), took.at(.95), took.at(.99), took.at(1))
	}
	if err := graph.Wait(context.Background()); err != nil {
		b.Fatal(err)
	}
	fmt.Printf("(h) resident after %d conversations: %d MB\n", len(heard.at), p.residentMB())
	p.kill()
}

// ask has one guest after the other write, 20 in a second, whoever has been answered meanwhile.
func (b *bench) ask(graph *watest.Server, heard *arrivals, phones string, guests int, words string) (took result) {
	b.Helper()
	sent := map[string]time.Time{}
	tick := time.NewTicker(time.Second / 20)
	defer tick.Stop()
	for n := range guests {
		<-tick.C
		phone := fmt.Sprintf("%s%03d", phones, n)
		graph.Meet(watest.Person{Phone: phone, Name: "Ana"})
		sent[phone] = time.Now()
		graph.Say(phone, words)
	}
	for phone, at := range sent {
		for end := time.Now().Add(time.Minute); heard.of(phone).IsZero(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				b.Fatalf("%s is not answered", phone)
			}
		}
		took.latencies = append(took.latencies, heard.of(phone).Sub(at))
	}
	slices.Sort(took.latencies)
	return took
}

// arrivals is when the first message to each phone reached WhatsApp.
type arrivals struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (a *arrivals) of(phone string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at[phone]
}

func (a *arrivals) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var m struct{ Recipient string }
		_ = json.Unmarshal(body, &m) // what is no message is to nobody
		phone := strings.TrimPrefix(m.Recipient, "AR.13")
		a.mu.Lock()
		if _, known := a.at[phone]; phone != "" && !known {
			a.at[phone] = now
		}
		a.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}
