package feeds_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const calendarText = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nEND:VCALENDAR\r\n"

// codeOf is the code of a fault, "" = no error. What is no fault fails the test.
func codeOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatalf("not a fault: %v", err)
	}
	return f.Code
}

// wantCode fails unless err is the fault of a code.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := codeOf(t, err); got != code {
		t.Fatalf("got %q (%v), want %q", got, err, code)
	}
}

// serve is a channel: a server on loopback.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// developing is a client as a developer has it, that may read this computer.
func developing(t *testing.T) *feeds.Client {
	t.Helper()
	c := feeds.New(feeds.Config{AllowPrivate: true})
	t.Cleanup(c.Close)
	return c
}

// guarded is a client on a stage.
func guarded(t *testing.T, s feeds.Stage) *feeds.Client {
	t.Helper()
	c := feeds.NewOn(feeds.Config{}, s)
	t.Cleanup(c.Close)
	return c
}

// canary is a server in the private network, which nobody may reach.
type canary struct {
	listener net.Listener
	touched  atomic.Int64
}

func newCanary(t *testing.T) *canary {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &canary{listener: l}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.touched.Add(1)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return c
}

func (c *canary) at() netip.AddrPort { return netip.MustParseAddrPort(c.listener.Addr().String()) }
func (c *canary) port() string       { return strings.TrimPrefix(c.listener.Addr().String(), "127.0.0.1:") }

// untouched fails if anybody has connected. One connection of the test's own, which is counted last, shows that the others
// would have been.
func (c *canary) untouched(t *testing.T) {
	t.Helper()
	before := c.touched.Load()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", c.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Read(make([]byte, 1)) //nolint:errcheck // it ends when the connection has been counted and closed
	if after := c.touched.Load(); before != 0 || after != 1 {
		t.Errorf("the private server was connected to %d times", after-1)
	}
}

// atOf is where a server is.
func atOf(s *httptest.Server) netip.AddrPort {
	return netip.MustParseAddrPort(s.Listener.Addr().String())
}

// names is a server of the domain name system, over UDP, with answers that a test decides.
type names struct {
	conn    net.PacketConn
	mu      sync.Mutex
	answers map[string][][]netip.Addr // by name; each question for IPv4 uses up one, but the last
	asked   map[string]int
}

func newNames(t *testing.T, answers map[string][][]netip.Addr) *names {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{conn: conn, answers: answers, asked: make(map[string]int)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		packet := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			conn.WriteTo(n.answer(packet[:size]), from) //nolint:errcheck // whoever asked has gone
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return n
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", n.conn.LocalAddr().String())
	}}
}

// questions is how often the IPv4 addresses of a name were asked for.
func (n *names) questions(name string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked[name]
}

// answer makes the answer to one question (RFC 1035, section 4).
func (n *names) answer(packet []byte) []byte {
	const header, ipv4, ipv6 = 12, 1, 28
	var labels []string
	i := header
	for packet[i] != 0 {
		size := int(packet[i])
		labels = append(labels, strings.ToLower(string(packet[i+1:i+1+size])))
		i += 1 + size
	}
	end := i + 5
	kind := binary.BigEndian.Uint16(packet[i+1:])
	addresses, known := n.lookup(strings.Join(labels, "."), kind == ipv4)

	out := append([]byte{packet[0], packet[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, packet[header:end]...)
	if !known {
		out[3] |= 3 // no such name
	}
	for _, a := range addresses {
		if a.Is4() != (kind == ipv4) || a.Is6() != (kind == ipv6) {
			continue
		}
		out[7]++
		out = append(out, 0xc0, header) // the name in the question
		out = binary.BigEndian.AppendUint16(out, kind)
		out = append(out, 0, 1, 0, 0, 0, 0) // Internet; do not keep it
		raw := a.AsSlice()
		out = binary.BigEndian.AppendUint16(out, uint16(len(raw)))
		out = append(out, raw...)
	}
	return out
}

func (n *names) lookup(name string, counts bool) (addresses []netip.Addr, known bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	rounds, known := n.answers[name]
	if !known {
		return nil, false
	}
	addresses = rounds[min(n.asked[name], len(rounds)-1)]
	if counts {
		n.asked[name]++
	}
	return addresses, true
}

// addresses reads some.
func addresses(texts ...string) []netip.Addr {
	var all []netip.Addr
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}
