package feeds

import (
	"context"
	"net/netip"
	"slices"
	"syscall"
)

// guard decides where requests may go, so that an address that somebody types in does not reach what only we can reach. It is
// asked twice. parse judges what an address says, before anything is looked up, so that people are told at once. control judges
// what each single connection is about to be made to, after its name was looked up and with nothing in between: a name cannot
// be one thing when it is checked and another when it is used. No address gets past the second that the first has overlooked.
type guard struct {
	private bool                      // for development: everything may be reached
	ports   []uint16                  // that may be reached
	public  func(netip.AddrPort) bool // whether that is a place on the public Internet
}

// newGuard allows the ports that the web uses: feeds are found nowhere else, and the others belong to services that a request
// could be made to mean something to, public or not.
func newGuard(private bool) *guard {
	reserved := reservedNetworks()
	return &guard{
		private: private,
		ports:   []uint16{80, 443, 8080, 8443},
		public:  func(at netip.AddrPort) bool { return isPublic(at.Addr(), reserved) },
	}
}

// control is net.Dialer's ControlContext: it sees every address that a connection is made to, and comes before the connection.
func (g *guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	if g.private {
		return nil
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || !g.public(at) {
		return errAddress
	}
	return nil
}

// isPublic reports whether an address is one of the public Internet.
func isPublic(a netip.Addr, reserved []netip.Prefix) bool {
	if !a.IsValid() || a.Zone() != "" { // a zone is an interface of this computer
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}

// reservedNetworks is all that is not the public Internet: the special-purpose registries of IANA,
// https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry. Of IPv6, all that is not
// assigned as global unicast (2000::/3) is out as a whole, and with it ::, ::1, IPv4-mapped and IPv4-compatible addresses, NAT64 (64:ff9b::/96 and
// 64:ff9b:1::/48), discard-only, ULA (fc00::/7, which Fly's fdaa::/16 is part of), link-local, site-local and multicast.
func reservedNetworks() []netip.Prefix {
	var networks []netip.Prefix
	for _, network := range []string{
		"0.0.0.0/8",       // this network
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // carriers' NAT
		"127.0.0.0/8",     // loopback
		"169.254.0.0/16",  // link-local; clouds answer secrets there
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // protocol assignments
		"192.0.2.0/24",    // documentation
		"192.88.99.0/24",  // relays of 6to4
		"192.168.0.0/16",  // private
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, and broadcast

		"::/3", "4000::/2", "8000::/1", // all but 2000::/3
		"2001::/23",     // protocol assignments: Teredo, which has IPv4 addresses in it, ORCHID, benchmarks
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4, which has IPv4 addresses in it
		"3fff::/20",     // documentation
	} {
		networks = append(networks, netip.MustParsePrefix(network))
	}
	return networks
}
