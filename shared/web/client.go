package web

import (
	"net"
	"net/http"
	"net/netip"
)

// Client is the address that a request is counted under: the connection's peer, or behind Fly's proxy what the proxy says
// (Fly-Client-IP, which it always overwrites). X-Forwarded-For is never believed: anybody can write it. IPv6 clients are
// counted by /64, because one customer is given at least that many addresses.
func Client(r *http.Request, onFly bool) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if said := r.Header.Get("Fly-Client-IP"); onFly && said != "" {
		host = said
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, err := address.Prefix(64)
	if err != nil {
		return address.String()
	}
	return prefix.String()
}
