package watest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const phone = "5492944123456"

// bundle is a WhatsApp and somebody who receives its webhooks.
type bundle struct {
	*watest.Server

	mu       sync.Mutex
	now      time.Time
	answers  []int // of the receiver, one each; then 200
	messages []chat.Inbound
	statuses []chat.Status
	posts    int
}

func setup(t *testing.T, c watest.Config) *bundle {
	t.Helper()
	b := &bundle{now: time.Date(2026, time.December, 1, 15, 0, 0, 0, time.UTC)}
	receiver := httptest.NewServer(http.HandlerFunc(b.receive))
	t.Cleanup(receiver.Close)
	c.Clock, c.WebhookURL = b.clock, receiver.URL
	if c.Pauses == nil {
		c.Pauses = []time.Duration{time.Millisecond, time.Millisecond}
	}
	s, err := watest.New(c)
	check(t, err)
	t.Cleanup(s.Close)
	b.Server = s
	return b
}

func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// receive keeps what is signed and can be read.
func (b *bundle) receive(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		if r.URL.Query().Get("hub.verify_token") != watest.VerifyToken {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		io.WriteString(w, r.URL.Query().Get("hub.challenge"))
		return
	}
	body, _ := io.ReadAll(r.Body)
	batch, err := chat.Read(body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.posts++
	if chat.Verify(r.Header.Get("X-Hub-Signature-256"), body, watest.AppSecret) != nil || err != nil || len(batch.Others) > 0 {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	if len(b.answers) > 0 {
		status := b.answers[0]
		b.answers = b.answers[1:]
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
	}
	b.messages = append(b.messages, batch.Messages...)
	b.statuses = append(b.statuses, batch.Statuses...)
}

// received waits until everything has come, and returns it.
func (b *bundle) received(t *testing.T) ([]chat.Inbound, []chat.Status) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	check(t, b.Wait(ctx))
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.messages, b.statuses
}

// post sends something, and returns the status, the code, and the id.
func (b *bundle) post(t *testing.T, body string) (status, code int, id string) {
	t.Helper()
	return b.postWith(t, "/v26.0/"+watest.PhoneID+"/messages", watest.Token, body)
}

func (b *bundle) postWith(t *testing.T, path, token, body string) (status, code int, id string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.URL+path, bytes.NewBufferString(body))
	check(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(r)
	check(t, err)
	defer response.Body.Close()
	var answer struct {
		Messages []struct{ ID string }
		Error    struct{ Code int }
	}
	check(t, json.NewDecoder(response.Body).Decode(&answer))
	http.DefaultClient.CloseIdleConnections()
	if len(answer.Messages) > 0 {
		id = answer.Messages[0].ID
	}
	return response.StatusCode, answer.Error.Code, id
}

// wrap is a message to the guest, with these fields.
func wrap(fields string) string {
	return `{"messaging_product":"whatsapp","recipient_type":"individual","to":"` + phone + `",` + fields + `}`
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
