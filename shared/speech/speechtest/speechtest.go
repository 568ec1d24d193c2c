// Package speechtest is a small endpoint that writes down recordings: it speaks OpenAI's protocol, hears what it was told to,
// and fails on request in the ways in which the originals do. Tests and the development environment talk to it. It is stricter
// than the originals where strictness finds mistakes.
package speechtest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Key is what clients are known by, unless Config says otherwise.
const Key = "sk-speechtest"

// Config says how the server behaves. The zero value is usable.
type Config struct {
	Addr    string        // where to listen; empty: a free port of 127.0.0.1
	Key     string        // the bearer token
	Model   string        // the only one that it has; empty: whichever is asked for
	Plain   bool          // it refuses verbose_json, as gpt-4o-mini-transcribe does
	Latency time.Duration // before every answer
}

// Server is a running endpoint. Its methods may be called while it serves.
type Server struct {
	URL string // for SPEECH_URL: ends in /v1

	config  Config
	http    *http.Server
	stop    context.CancelFunc // ends what hangs
	running sync.WaitGroup

	mu      sync.Mutex
	queue   []hearing
	known   map[[sha256.Size]byte]hearing
	faults  []*Fault
	arrived []Request
}

// hearing is what is heard in a recording.
type hearing struct {
	text       string
	confidence float64
}

// Request is one that came, whatever it was answered with.
type Request struct {
	Authorization  string
	Fields         map[string]string // but the file; of those that came twice the last
	FileName, Type string            // of the file, as the client says
	Audio          []byte
	Complaint      string // what is wrong with it; empty: nothing
}

// New starts a server. Close it.
func New(c Config) (*Server, error) {
	listener, err := net.Listen("tcp", cmp.Or(c.Addr, "127.0.0.1:0")) //nolint:noctx // it does not wait for anything
	if err != nil {
		return nil, fmt.Errorf("speechtest: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	c.Key = cmp.Or(c.Key, Key)
	s := &Server{URL: "http://" + listener.Addr().String() + "/v1", config: c, stop: stop, known: make(map[[sha256.Size]byte]hearing)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/audio/transcriptions", s.serve)
	mux.HandleFunc("GET /v1/models", s.models)
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	s.running.Go(func() {
		s.http.Serve(listener) //nolint:errcheck // it ends with Close
	})
	return s, nil
}

// Close ends the server, and what hangs. It may be called more than once.
func (s *Server) Close() {
	s.stop()
	s.http.Close() //nolint:errcheck // nothing that is cut off matters any more
	s.running.Wait()
}

// Handler is what the server serves, under /v1, to be mounted elsewhere too.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Say decides what is heard in the next recording that Hears does not know, one after the other. After the last it is what a
// Note says, and nothing in a recording that is none. A confidence below 0 is not told.
func (s *Server) Say(text string, confidence float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, hearing{text, confidence})
}

// Hears decides what is heard in one recording, whenever it comes.
func (s *Server) Hears(audio []byte, text string, confidence float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[sha256.Sum256(audio)] = hearing{text, confidence}
}

// Requests returns those that came, the oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.arrived)
}

// Seen returns how many requests came.
func (s *Server) Seen() int { return len(s.Requests()) }

// hear is what there is in a recording.
func (s *Server) hear(audio []byte) hearing {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h, ok := s.known[sha256.Sum256(audio)]; ok {
		return h
	}
	if len(s.queue) > 0 {
		h := s.queue[0]
		s.queue = s.queue[1:]
		return h
	}
	n, _ := readNote(audio)
	return hearing{n.Text, cmp.Or(n.Confidence, sure)}
}
