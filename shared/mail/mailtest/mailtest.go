// Package mailtest is a small SMTP server that keeps what it is sent, and a web page on which that can be read. It is as
// strict as the strictest servers are, and fails on demand.
package mailtest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Fault is what goes wrong with one connection.
type Fault int

// The faults.
const (
	Busy          Fault = iota + 1 // 421 instead of a greeting
	Silent                         // no greeting, until the client gives up
	Greylist                       // 451 for the recipient
	RefuseSender                   // 550 for the sender
	RefuseRelay                    // 550 5.7.1 for the recipient
	RefuseMessage                  // 554 for the content
	Cut                            // the connection ends in the middle of the message
	Hang                           // the message is kept, but no answer comes until the client gives up
	LostAnswer                     // the message is kept, but the connection ends before the answer
	RefuseLogin                    // 454: signing in fails for now
)

// What is kept and taken at most.
const (
	maxMessages = 500
	maxBytes    = 10 << 20
	maxSessions = 100
	sessionTime = time.Minute
)

// Options are what a server offers and demands.
type Options struct {
	User, Password string // demanded if set
	StartTLS       bool   // offered, and demanded before signing in
	TLS            bool   // from the first byte
	LoginOnly      bool   // AUTH LOGIN, and no PLAIN
	Bare           bool   // neither 8BITMIME nor SMTPUTF8
	Address        string // to listen on; empty = a free port of this machine
}

// Server is one SMTP server with its mailbox.
type Server struct {
	Host string
	Port int

	options  Options
	tls      *tls.Config
	roots    *x509.CertPool
	listener net.Listener
	done     sync.WaitGroup

	mu       sync.Mutex
	conns    map[net.Conn]bool
	closed   bool
	messages []Message // the oldest first
	nextID   int
	faults   []Fault
	refused  map[string]bool
	sessions int
	arrived  chan struct{} // closed, and made anew, with each message
}

// New starts a server that ends with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server, which Close ends.
func Start(o Options) (*Server, error) {
	s := &Server{options: o, conns: make(map[net.Conn]bool), refused: make(map[string]bool), arrived: make(chan struct{})}
	if o.TLS || o.StartTLS {
		if err := s.certify(); err != nil {
			return nil, err
		}
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	var err error
	s.listener, err = net.Listen("tcp", o.Address) //nolint:noctx // it ends with Close
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return nil, errors.Join(err, s.listener.Close())
	}
	s.Host = host
	s.Port, _ = strconv.Atoi(port) // it is one
	s.done.Go(s.accept)
	return s, nil
}

// Close hangs up on everybody. What has been taken can still be read.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	_ = s.listener.Close() // twice is once
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}

// Roots is what a client must trust.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Fail makes the next connections go wrong, one fault each.
func (s *Server) Fail(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// Refuse makes the server say 550 to a recipient from now on.
func (s *Server) Refuse(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[address] = true
}

// Messages returns what has been taken, the newest first: 500 of them at most.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	messages := slices.Clone(s.messages)
	slices.Reverse(messages)
	return messages
}

// Message returns one of them.
func (s *Server) Message(id int) (Message, bool) {
	for _, m := range s.Messages() {
		if m.ID == id {
			return m, true
		}
	}
	return Message{}, false
}

// Arrived is closed when the next message has been taken.
func (s *Server) Arrived() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived
}

// Sessions returns how many connections there have been.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

func (s *Server) keep(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextID++
	m.ID = s.nextID
	s.messages = append(s.messages, m)
	if len(s.messages) > maxMessages {
		s.messages = slices.Clone(s.messages[len(s.messages)-maxMessages:])
	}
	close(s.arrived)
	s.arrived = make(chan struct{})
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		fault, ok := s.admit(conn)
		if !ok {
			_ = conn.Close()
			continue
		}
		s.done.Go(func() {
			defer s.dismiss(conn)
			s.serve(conn, fault)
		})
	}
}

func (s *Server) admit(conn net.Conn) (fault Fault, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.conns) >= maxSessions {
		return 0, false
	}
	s.conns[conn] = true
	s.sessions++
	if len(s.faults) > 0 {
		fault, s.faults = s.faults[0], s.faults[1:]
	}
	return fault, true
}

func (s *Server) dismiss(conn net.Conn) {
	_ = conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

func (s *Server) refuses(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused[address]
}
