package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// writes has Meta tell a process of a text, and returns the status of the answer.
func writes(t *testing.T, p *process, from, id, words string) int {
	t.Helper()
	body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":[`+
		`{"from":%q,"id":%q,"timestamp":"%d","type":"text","text":{"body":%q}}]}}]}]}`, from, id, time.Now().Unix(), words)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url("/api/v1/webhooks/whatsapp"), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write([]byte(body))
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// TestGuestsAreAnsweredOnceByTheWholeProgram has every message delivered four times, to two processes.
func TestGuestsAreAnsweredOnceByTheWholeProgram(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	c.env = append(c.env[1:], "WHATSAPP_APP_SECRET="+appSecret, "WHATSAPP_VERIFY_TOKEN="+verifyToken) // each on a port of its own
	processes := []*process{c.start(), c.start()}
	const guests = 10
	var wait sync.WaitGroup
	for n := range guests {
		for copies := range 4 {
			wait.Go(func() {
				from, id := fmt.Sprintf("54911554433%02d", n), fmt.Sprint("wamid.", n)
				if got := writes(t, processes[copies%2], from, id, "hola, tenés algo del 10 al 14 de marzo para 2?"); got != http.StatusOK {
					t.Errorf("%s is answered with %d", id, got)
				}
			})
		}
	}
	wait.Wait()
	c.until("0", `select count(*)::text from inbox where settled_at is null`)
	c.until(fmt.Sprint(guests, " ", guests), `
		select count(*) || ' ' || count(distinct contact_id) from messages where kind = 'reply' and body ->> 'body' like '%Bosque%'`)
	c.until(fmt.Sprint(guests), `select count(*)::text from messages`)
}
