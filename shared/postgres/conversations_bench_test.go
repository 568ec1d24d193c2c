package postgres_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// BenchmarkAcceptingMessages is what keeping a message costs that WhatsApp delivers, at 16 clients.
func BenchmarkAcceptingMessages(b *testing.B) {
	f := setupFront(b)
	kept := postgres.NewInbox(f.pool.Share(2), enqueueMany)
	var mu sync.Mutex
	var times []time.Duration
	work := make(chan int)
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 16 {
		wg.Go(func() {
			for n := range work {
				m := text(chat.Contact{BSUID: fmt.Sprint("AR.", n%500), WaID: fmt.Sprint("54911", n%500)}, fmt.Sprint("w", n), "hola, tenés algo para el finde?", noon)
				began := time.Now()
				e, err := inbox.Said(m, noon)
				if err == nil {
					_, err = kept.AcceptAll(b.Context(), inbox.Arrival{Event: e, Job: conversation.Talk{Key: e.Subject, Event: e.EventID}})
				}
				if err != nil {
					b.Error(err)
				}
				mu.Lock()
				times = append(times, time.Since(began))
				mu.Unlock()
			}
		})
	}
	for n := range b.N {
		work <- n
	}
	close(work)
	wg.Wait()
	b.StopTimer()
	slices.Sort(times)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkAConversation is a message taken up, answered, sent, and told to have been delivered, among 20,000 conversations.
func BenchmarkAConversation(b *testing.B) {
	f := setupFront(b)
	f.exec(b, `insert into contacts (bsuid, wa_id, created_at) select 'AR.' || n, '54911' || n, $1 from generate_series(1, 20000) n`, noon)
	f.exec(b, `insert into conversations (contact_id, updated_at) select id, $1 from contacts`, noon)
	f.exec(b, `insert into inbox (source, event_id, subject, signed, received_at, settled_at) select 'whatsapp', 'old' || n, 'AR.' || n % 20000 + 1, true, $1, $1 from generate_series(1, 100000) n`, noon)
	f.exec(b, `insert into messages (contact_id, kind, recipient, channel, dedupe_key, body, status, provider_id, created_at, sent_at)
		select n % 20000 + 1, 'reply', 'guest', 'whatsapp', 'old' || n, '{}', 'sent', 'old' || n, $1, $1 from generate_series(1, 100000) n`, noon)
	f.exec(b, `analyze`)
	n := 0
	for b.Loop() {
		n++
		who := chat.Contact{BSUID: fmt.Sprint("AR.", n%20000+1), WaID: fmt.Sprint("54911", n%20000+1)}
		f.write(b, noon, text(who, fmt.Sprint("w", n), "hola", noon))
		s := f.mustTakeUp(b, who.Key(), noon)
		f.answer(b, s, noon)
		turn, ok := f.next(b, s.ContactID, "me", noon)
		if !ok {
			b.Fatal("nothing to say")
		}
		f.said(b, turn, fmt.Sprint("wamid", n), noon)
		f.told(b, noon, chat.Status{MessageID: fmt.Sprint("wamid", n), State: chat.Delivered, At: noon, Data: turn.Data()})
	}
}
