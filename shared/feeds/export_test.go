package feeds

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// Stage is a world for a client that is guarded as in production: servers of a test stand for the public Internet.
type Stage struct {
	Public   []netip.AddrPort
	Ports    []uint16 // that may be reached beside those of Public, so that nothing is refused for its port alone
	Resolver *net.Resolver
	Roots    *x509.CertPool
	Timeout  time.Duration
	Dialed   *atomic.Int64 // counts the connections that were let through
}

// NewOn makes a client for a stage.
func NewOn(c Config, s Stage) *Client {
	g := newGuard(false)
	isPublic := g.public
	g.public = func(at netip.AddrPort) bool { return isPublic(at) || slices.Contains(s.Public, at) }
	for _, at := range s.Public {
		g.ports = append(g.ports, at.Port())
	}
	g.ports = append(g.ports, s.Ports...)
	client := newClient(c, g, s.Resolver)
	if s.Roots != nil {
		client.transport.TLSClientConfig.RootCAs = s.Roots
	}
	if s.Timeout != 0 {
		client.timeout = s.Timeout
	}
	if dial := client.transport.DialContext; s.Dialed != nil {
		client.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err == nil {
				s.Dialed.Add(1)
			}
			return conn, err
		}
	}
	return client
}

// IsPublic is the guard's word on an address.
func IsPublic(a netip.Addr) bool { return newGuard(false).public(netip.AddrPortFrom(a, 443)) }
