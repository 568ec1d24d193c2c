package mptest

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
	"strconv"
	"time"
)

// Webhook is one notification, delivered or not.
type Webhook struct {
	ID        int64
	Kind      string // webhook, ipn, merchant_order
	Action    string // payment.created, payment.updated
	PaymentID string
	URL       string
	Header    http.Header
	Body      []byte
	Attempts  int  // deliveries so far
	Answer    int  // the status of the last answer; 0 = none
	Done      bool // it was accepted, or dropped, or given up: it comes by itself no more
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

// Held reports whether notifications are kept in the Outbox.
func (s *Server) Held() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// Release sends what waits, and whatever comes from now on by itself.
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = false
	for _, h := range s.webhooks {
		if !h.Done && h.Attempts == 0 {
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
	h := s.webhook(id)
	s.mu.Unlock()
	if h == nil {
		return 0, fmt.Errorf("mptest: there is no webhook %d", id)
	}
	return s.deliver(ctx, h)
}

// Drop loses a notification.
func (s *Server) Drop(id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.webhook(id)
	if h == nil {
		return fmt.Errorf("mptest: there is no webhook %d", id)
	}
	h.Done = true
	return nil
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

// webhook is called with the lock held.
func (s *Server) webhook(id int64) *Webhook {
	i := slices.IndexFunc(s.webhooks, func(h *Webhook) bool { return h.ID == id })
	if i < 0 {
		return nil
	}
	return s.webhooks[i]
}

// tell makes the notifications of a change. It is called with the lock held.
func (s *Server) tell(p *paid, action string) {
	to := s.config.NotificationURL
	if p.preference != nil && p.preference.NotificationURL != "" {
		to = p.preference.NotificationURL // it wins over the panel's
	}
	address, err := url.Parse(to)
	if to == "" || err != nil || !p.Live && !s.config.NotifyTest {
		return
	}
	if address.Query().Get("source_news") != "webhooks" {
		s.tellOldWay(p, address, action)
	}
	now, id := s.now(), s.next()
	body, _ := json.Marshal(map[string]any{ // nothing in it can fail
		"action": action, "api_version": "v1", "data": map[string]string{"id": p.ID}, "date_created": now.Format(time.RFC3339),
		"id": 128_483_944_000 + id, "live_mode": p.Live, "type": "payment", "user_id": CollectorID,
	})
	requestID := fmt.Sprintf("2066ca19-c6f1-498a-be75-%012d", id)
	ts := now.UnixMilli()
	if s.config.Seconds {
		ts = now.Unix()
	}
	s.enqueue(&Webhook{
		ID: id, Kind: "webhook", Action: action, PaymentID: p.ID,
		URL: with(address, "data.id", p.ID, "type", "payment"), Body: body,
		Header: http.Header{"X-Request-Id": {requestID}, "X-Signature": {Sign(s.config.Secret, requestID, p.ID, ts)}},
	})
}

// tellOldWay makes the unsigned notifications that come beside the signed one, unless they are refused with source_news. It
// is called with the lock held.
func (s *Server) tellOldWay(p *paid, to *url.URL, action string) {
	order := p.order()
	for _, h := range []*Webhook{
		{Kind: "merchant_order", URL: with(to, "id", order, "topic", "merchant_order"), Body: []byte(
			`{"resource":"https://api.mercadolibre.com/merchant_orders/` + order + `","topic":"merchant_order"}`)},
		{Kind: "ipn", URL: with(to, "id", p.ID, "topic", "payment"), Body: []byte(`{"resource":"` + p.ID + `","topic":"payment"}`)},
	} {
		h.ID, h.PaymentID, h.Action, h.Header = s.next(), p.ID, action, http.Header{}
		h.Header.Set("X-Request-Id", fmt.Sprintf("2066ca19-c6f1-498a-be75-%012d", h.ID))
		s.enqueue(h)
	}
}

// with is an address with two more parameters.
func with(address *url.URL, name, value, otherName, otherValue string) string {
	a, query := *address, address.Query()
	query.Set(name, value)
	query.Set(otherName, otherValue)
	a.RawQuery = query.Encode()
	return a.String()
}

// Sign is the header x-signature of a notification; ts is seconds or milliseconds. What is signed is written out here again,
// so that the check has something to disagree with.
func Sign(secret, requestID, dataID string, ts int64) string {
	text := ""
	if dataID != "" {
		text += "id:" + dataID + ";"
	}
	if requestID != "" {
		text += "request-id:" + requestID + ";"
	}
	text += "ts:" + strconv.FormatInt(ts, 10) + ";"
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return "ts=" + strconv.FormatInt(ts, 10) + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// enqueue is called with the lock held.
func (s *Server) enqueue(h *Webhook) {
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

// post delivers a notification until it is accepted, beside whatever else goes on. It is called with the lock held.
func (s *Server) post(h *Webhook, d Disturbance) {
	if d.Drop || s.ctx.Err() != nil {
		h.Done = true
		return
	}
	for range d.Copies + 1 {
		s.underway++
		s.running.Go(func() {
			s.insist(h, d.Delay)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.underway--
			s.broadcast()
		})
	}
}

// insist delivers until somebody accepts, as often as the Config has pauses for.
func (s *Server) insist(h *Webhook, wait time.Duration) {
	for attempt := 0; ; attempt++ {
		if !s.sleep(wait) {
			return
		}
		if status, err := s.deliver(s.ctx, h); err == nil && accepted(status) {
			return
		}
		if attempt == len(s.config.Pauses) {
			break
		}
		wait = s.config.Pauses[attempt]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.Done = true
}

func (s *Server) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

func accepted(status int) bool { return status == http.StatusOK || status == http.StatusCreated }

// deliver sends a notification once.
func (s *Server) deliver(ctx context.Context, h *Webhook) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(h.Body))
	if err != nil {
		return 0, err
	}
	r.Header = h.Header.Clone()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "MercadoPago WebHook v1.0 payment")
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
	h.Done = h.Done || accepted(status)
	return status, err
}
