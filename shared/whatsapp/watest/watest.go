// Package watest is a small WhatsApp: the Cloud API as a server, with the phones of those who write to it. It holds everything that is
// sent to the limits which Meta documents, sends signed webhooks, and fails on request in the ways in which the original does.
// Tests and the development environment talk over it. It is stricter than the original where strictness finds mistakes.
package watest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// What the server knows its client by, unless its Config says otherwise.
const (
	Token       = "EAAwatest"        // the bearer token
	PhoneID     = "106540352242922"  // of the number that is written to
	Number      = "5492944000000"    // that number
	AppSecret   = "watest-secret"    // what webhooks are signed with
	VerifyToken = "watest-subscribe" // what the handshake is made with
)

// Config says how the server behaves. The zero value is usable.
type Config struct {
	Addr      string // where to listen; empty: a free port of 127.0.0.1
	PublicURL string // what the addresses of files begin with; empty: the server's own
	Token     string
	PhoneID   string
	Number    string
	AppSecret string
	Clock     func() time.Time // nil: time.Now; asked by many at once
	Latency   time.Duration    // before every answer of the API

	WebhookURL string // where webhooks go; empty: nowhere, until SetWebhook
	// Pauses are between the deliveries of a webhook that was not answered with 200. nil: some that grow, in place of Meta's,
	// which go on for seven days; empty: it is delivered once.
	Pauses []time.Duration
	// Patience is how long a receiver may take to answer; 0: 10 seconds.
	Patience time.Duration

	// Templates are those that are approved; nil: whatever is asked for.
	Templates []Approved
	// AllowList makes the number one for tests, which writes to these alone, spelled exactly so; nil: to everybody.
	AllowList []string

	// File is where chats are kept, so that a server that comes after this one knows of them; empty: nowhere.
	File string
}

// Approved is a template.
type Approved struct {
	Name, Language string
	Parameters     int  // of its body
	URLButton      bool // its first button has an address that ends with a parameter
}

// Server is a running WhatsApp. Its methods may be called while it serves.
type Server struct {
	URL string // for WHATSAPP_BASE_URL

	config  Config
	http    *http.Server
	hooks   *http.Client
	ctx     context.Context //nolint:containedctx // of what goes on after a request: deliveries; it ends with Close
	stop    context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{}      // closed, and replaced, whenever anything has changed
	chats    []*chatLog         // the oldest first
	byID     map[string]located // every message
	files    map[string]*file
	faults   []*Fault
	weather  []Disturbance
	held     bool
	webhooks []*Webhook
	lines    map[string][]*Webhook // by phone: what waits for its turn
	underway int
	sequence int64
	seen     map[Action]int
	requests []Request
}

// New starts a server. Close it.
func New(c Config) (*Server, error) {
	listener, err := net.Listen("tcp", cmp.Or(c.Addr, "127.0.0.1:0")) //nolint:noctx // it does not wait for anything
	if err != nil {
		return nil, fmt.Errorf("watest: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		URL: "http://" + listener.Addr().String(), ctx: ctx, stop: stop, changed: make(chan struct{}),
		files: make(map[string]*file), byID: make(map[string]located), lines: make(map[string][]*Webhook), seen: make(map[Action]int),
	}
	s.config = s.withDefaults(c)
	if err := s.recall(); err != nil {
		stop()
		return nil, errors.Join(fmt.Errorf("watest: %w", err), listener.Close())
	}
	s.hooks = &http.Client{
		Timeout: s.config.Patience, Transport: &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.http = &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	s.running.Go(func() {
		s.http.Serve(listener) //nolint:errcheck // it ends with Close
	})
	return s, nil
}

func (s *Server) withDefaults(c Config) Config {
	c.PublicURL = cmp.Or(c.PublicURL, s.URL)
	c.Token, c.AppSecret = cmp.Or(c.Token, Token), cmp.Or(c.AppSecret, AppSecret)
	c.PhoneID, c.Number = cmp.Or(c.PhoneID, PhoneID), cmp.Or(c.Number, Number)
	c.Patience = cmp.Or(c.Patience, 10*time.Second)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Pauses == nil {
		c.Pauses = []time.Duration{
			time.Second, 3 * time.Second, 10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour,
		}
	}
	return c
}

// Close ends the server, and every delivery. It may be called more than once.
func (s *Server) Close() {
	s.stop()
	s.http.Close() //nolint:errcheck // nothing that is cut off matters any more
	s.running.Wait()
	s.hooks.CloseIdleConnections()
}

// Handler is what the server serves, to be mounted elsewhere too: behind http.StripPrefix, with a PublicURL that says so.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// SetWebhook says where webhooks go from now on.
func (s *Server) SetWebhook(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.WebhookURL = url
}

// Changed is closed as soon as anything changes in any chat, or a delivery ends. Ask before looking.
func (s *Server) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// broadcast wakes whoever waits for a change. It is called with the lock held.
func (s *Server) broadcast() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// now is the time as WhatsApp knows it: to the second.
func (s *Server) now() time.Time { return s.config.Clock().UTC().Truncate(time.Second) }
