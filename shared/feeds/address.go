package feeds

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// maxURL is how long an address may be, in bytes.
const maxURL = 2000

// What is wrong with an address, as what follows "The address …".
const (
	notWeb     = "must be a whole web address, such as https://www.airbnb.com/calendar/ical/123.ics"
	notPublic  = "must be on the public Internet: not on this computer, in a private network or in a reserved range"
	notHost    = "must have a host of letters, digits, hyphens and dots; one with other letters, in the form that begins with xn--"
	notNumber  = "must have a host with a name, or an IP address in its usual form"
	notPort    = "must be at port 80, 443, 8080 or 8443"
	noPort     = "must have a port from 1 to 65535, or none"
	notBlank   = "must not have blanks or line ends in it"
	notAccount = "must not have a user or a password in it"
	notLong    = "must be at most 2000 characters long"
)

// CheckURL says whether an address may be that of a feed, as far as that can be said without looking anything up: its form and
// length, http or https, no user in it, a port of the web, and a host that is not plainly in a private network. Names that lead
// into one are found by Fetch. What it refuses is a fault.Invalid for the field "url". It changes nothing: see Normalize.
func CheckURL(text string, allowPrivate bool) error {
	if _, refused := newGuard(allowPrivate).parse(text); refused != "" {
		return fault.InField("url", refused)
	}
	return nil
}

// Normalize makes an address as people paste it one that CheckURL may accept: without blanks around it, and with https in place
// of webcal and webcals, which is what links to subscribe to a calendar begin with. Neither says whether http or https is meant;
// whoever gives out such links serves https.
func Normalize(text string) string {
	text = strings.TrimSpace(text)
	scheme, rest, found := strings.Cut(text, "://")
	if found && (strings.EqualFold(scheme, "webcal") || strings.EqualFold(scheme, "webcals")) {
		return "https://" + rest
	}
	return text
}

// Mask is as much of a feed's address as may be shown: scheme and host. The rest of it is what opens the calendar.
func Mask(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "…"
	}
	return u.Scheme + "://" + u.Host + "/…"
}

// parse reads an address and judges it. refused is what is wrong with it, "" = nothing.
func (g *guard) parse(text string) (u *url.URL, refused string) {
	if len(text) > maxURL {
		return nil, notLong
	}
	if !utf8.ValidString(text) {
		return nil, notWeb
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return nil, notBlank
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, notWeb
	}
	return u, g.judge(u)
}

// judge says what is wrong with an address, "" = nothing.
func (g *guard) judge(u *url.URL) string {
	if u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" || u.Hostname() == "" {
		return notWeb
	}
	if u.User != nil {
		return notAccount
	}
	port, err := portOf(u)
	if err != nil || port == 0 {
		return noPort
	}
	if !g.private && !slices.Contains(g.ports, port) {
		return notPort
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil {
		if a.Zone() != "" || !g.private && !g.public(netip.AddrPortFrom(a, port)) {
			return notPublic
		}
		return ""
	}
	return g.judgeName(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")))
}

func portOf(u *url.URL) (uint16, error) {
	switch {
	case u.Port() != "":
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		return uint16(port), err
	case u.Scheme == "http":
		return 80, nil
	default:
		return 443, nil
	}
}

// judgeName says what is wrong with a host's name in lower case, "" = nothing.
func (g *guard) judgeName(name string) string {
	labels := strings.Split(name, ".")
	if len(name) > 253 || !allLabels(labels) {
		return notHost
	}
	last := labels[len(labels)-1]
	if isNumber(last) {
		// 127.1, 0x7f.0.0.1, 2130706433: old ways to write an IPv4 address, which some still read as one.
		return notNumber
	}
	if !g.private && (len(labels) == 1 || isPrivateName(name)) {
		return notPublic
	}
	return ""
}

// allLabels reports whether every label is one that hosts have: ASCII, so that nothing between here and the network maps a
// character to another.
func allLabels(labels []string) bool {
	for _, label := range labels {
		strange := func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, strange) {
			return false
		}
	}
	return true
}

// isNumber reports whether a label is what the URL standard calls a number, https://url.spec.whatwg.org/#ends-in-a-number-checker.
func isNumber(label string) bool {
	digits := "0123456789"
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		label, digits = hex, "0123456789abcdef"
	}
	return strings.Trim(label, digits) == ""
}

// isPrivateName reports whether a name is never one of the public Internet: of this computer, of a local network, or of Fly's.
func isPrivateName(name string) bool {
	for _, zone := range []string{"internal", "flycast", "localhost", "localdomain", "local", "home.arpa"} {
		if name == zone || strings.HasSuffix(name, "."+zone) {
			return true
		}
	}
	return false
}
