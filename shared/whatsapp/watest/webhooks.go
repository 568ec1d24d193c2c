package watest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// Webhook is one notification, delivered or not.
type Webhook struct {
	ID        int64
	Phone     string     // whose chat it is about
	MessageID string     // which message
	State     chat.State // of a status; empty: it is no status
	Body      []byte
	Signature string // X-Hub-Signature-256
	Attempts  int    // deliveries so far
	Answer    int    // the status of the last answer; 0 = none
	Done      bool   // it was accepted, or dropped, or given up: it comes by itself no more
	posted    bool
}

// Disturbance is what becomes of one notification on its way.
type Disturbance struct {
	Drop   bool          // it never comes
	Copies int           // it comes so many times more
	Delay  time.Duration // it comes later: after the next, if that is not disturbed
}

// Disturb disturbs the next notifications, one each.
func (s *Server) Disturb(d ...Disturbance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.weather = append(s.weather, d...)
}

// Hold keeps notifications from now on in the Outbox, from where Deliver sends them: in any order, late, twice, never.
func (s *Server) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = true
}

// Release sends what waits, and whatever comes from now on by itself.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = false
	for _, h := range s.webhooks {
		if !h.Done && !h.posted {
			s.post(h, Disturbance{})
		}
	}
}

// Outbox returns the notifications that were neither accepted nor dropped nor given up, the oldest first.
func (s *Server) Outbox() []Webhook {
	return s.webhooksThat(func(h *Webhook) bool { return !h.Done })
}

// Webhooks returns all notifications, the oldest first.
func (s *Server) Webhooks() []Webhook {
	return s.webhooksThat(func(*Webhook) bool { return true })
}

func (s *Server) webhooksThat(ok func(*Webhook) bool) []Webhook {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Webhook
	for _, h := range s.webhooks {
		if ok(h) {
			found = append(found, *h)
		}
	}
	return found
}

// Deliver sends a notification now, once more if it was sent before, and returns the status of the answer.
func (s *Server) Deliver(ctx context.Context, id int64) (int, error) {
	s.mu.Lock()
	i := slices.IndexFunc(s.webhooks, func(h *Webhook) bool { return h.ID == id })
	var h *Webhook
	if i >= 0 {
		h = s.webhooks[i]
	}
	s.mu.Unlock()
	if h == nil {
		return 0, fmt.Errorf("watest: there is no webhook %d", id)
	}
	return s.deliver(ctx, h)
}

// Wait waits until no delivery is under way or to be repeated.
func (s *Server) Wait(ctx context.Context) error {
	for {
		s.mu.Lock()
		underway, changed := s.underway, s.changed
		s.mu.Unlock()
		if underway == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// statusOf tells how far a message of the business has come. It is called with the lock held.
func (s *Server) statusOf(c *chatLog, e *Entry, state chat.State) {
	said := map[string]any{"id": e.ID, "status": state, "timestamp": unix(s.now())}
	if !c.Hidden {
		said["recipient_id"] = c.Phone
	}
	if !c.Old {
		said["recipient_user_id"] = c.BSUID
	}
	var sent struct {
		Data string `json:"biz_opaque_callback_data"`
	}
	_ = json.Unmarshal(e.Raw, &sent) // it was taken
	if sent.Data != "" {
		said["biz_opaque_callback_data"] = sent.Data
	}
	pricing := map[string]any{"billable": false, "pricing_model": "PMP", "category": "service", "type": "free_customer_service"}
	if e.Kind == "template" && !chat.WindowOpen(c.lastInbound, e.At) {
		pricing = map[string]any{"billable": true, "pricing_model": "PMP", "category": "utility", "type": "regular"}
	}
	switch state {
	case chat.Sent, chat.Delivered:
		said["pricing"] = pricing
	case chat.Failed:
		said["errors"] = []any{map[string]any{
			"code": e.Code, "title": "told to fail", "message": "told to fail", "error_data": map[string]any{"details": "told to fail"},
		}}
	}
	s.tell(c, e.ID, "messages", map[string]any{"contacts": []any{c.describe()}, "statuses": []any{said}})
	s.webhooks[len(s.webhooks)-1].State = state
}

// tell makes a notification. It is called with the lock held.
func (s *Server) tell(c *chatLog, messageID, field string, value map[string]any) {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = map[string]any{"display_phone_number": s.config.Number, "phone_number_id": s.config.PhoneID}
	body, _ := json.Marshal(map[string]any{ // nothing in it can fail
		"object": "whatsapp_business_account",
		"entry":  []any{map[string]any{"id": "102290129340398", "changes": []any{map[string]any{"field": field, "value": value}}}},
	})
	body = escape(body)
	s.sequence++
	h := &Webhook{ID: s.sequence, Phone: c.Phone, MessageID: messageID, Body: body, Signature: Sign(s.config.AppSecret, body)}
	s.webhooks = append(s.webhooks, h)
	if s.held {
		return
	}
	var d Disturbance
	if len(s.weather) > 0 {
		d, s.weather = s.weather[0], s.weather[1:]
	}
	s.post(h, d)
}

// escape writes JSON as Meta does: in ASCII, and with slashes escaped.
func escape(body []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(body) {
		switch {
		case r == '/':
			b.WriteString(`\/`)
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		}
	}
	return b.Bytes()
}

// Sign is the header X-Hub-Signature-256 of a body. What is signed is written out here again, so that the check has something
// to disagree with.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// post delivers a notification: after those of the same phone that came before it, unless it is late. It is called with the lock
// held.
func (s *Server) post(h *Webhook, d Disturbance) {
	if d.Drop || s.ctx.Err() != nil || s.config.WebhookURL == "" {
		h.Done = true
		return
	}
	h.posted = true
	for range d.Copies + 1 {
		s.underway++
		if d.Delay > 0 {
			s.running.Go(func() { s.insist(h, d.Delay, 0) })
			continue
		}
		line, busy := s.lines[h.Phone]
		s.lines[h.Phone] = append(line, h)
		if !busy {
			s.running.Go(func() { s.work(h.Phone) })
		}
	}
}

// work delivers what waits for one phone, one after the other. What is not accepted comes again later, and holds up nobody.
func (s *Server) work(phone string) {
	for {
		s.mu.Lock()
		line := s.lines[phone]
		if len(line) == 0 {
			delete(s.lines, phone)
			s.mu.Unlock()
			return
		}
		h := line[0]
		s.lines[phone] = line[1:]
		s.mu.Unlock()
		if status, err := s.deliver(s.ctx, h); err == nil && status == http.StatusOK || len(s.config.Pauses) == 0 || s.ctx.Err() != nil {
			s.end(h)
			continue
		}
		s.running.Go(func() { s.insist(h, s.config.Pauses[0], 1) })
	}
}

// insist delivers until somebody accepts, as often as the Config has pauses for.
func (s *Server) insist(h *Webhook, wait time.Duration, attempt int) {
	defer s.end(h)
	for ; ; attempt++ {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-s.ctx.Done():
			timer.Stop()
			return
		}
		if status, err := s.deliver(s.ctx, h); err == nil && status == http.StatusOK || attempt >= len(s.config.Pauses) {
			return
		}
		wait = s.config.Pauses[attempt]
	}
}

func (s *Server) end(h *Webhook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.Done = true
	s.underway--
	s.broadcast()
}

// deliver sends a notification once.
func (s *Server) deliver(ctx context.Context, h *Webhook) (int, error) {
	s.mu.Lock()
	to := s.config.WebhookURL
	s.mu.Unlock()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(h.Body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "facebookexternalua")
	r.Header.Set("X-Hub-Signature-256", h.Signature)
	status := 0
	response, err := s.hooks.Do(r)
	if err == nil {
		status = response.StatusCode
		io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)) //nolint:errcheck // so that the connection can be used again
		response.Body.Close()                                       //nolint:errcheck // it was only read
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.Attempts++
	h.Answer = status
	h.Done = h.Done || status == http.StatusOK
	if _, e := s.entry(h.MessageID); status == http.StatusOK && e != nil && !e.FromBusiness && e.State == chat.Sent {
		e.State = chat.Delivered
		s.broadcast()
	}
	return status, err
}

// Subscribe makes the handshake with the receiver of webhooks, as Meta does when its address is entered.
func (s *Server) Subscribe(ctx context.Context, verifyToken string) error {
	s.mu.Lock()
	to := s.config.WebhookURL
	s.mu.Unlock()
	const challenge = "1158201444"
	query := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {verifyToken}, "hub.challenge": {challenge}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, to+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	response, err := s.hooks.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || string(answer) != challenge {
		return fmt.Errorf("watest: the handshake was answered with %d %q", response.StatusCode, answer)
	}
	return nil
}
