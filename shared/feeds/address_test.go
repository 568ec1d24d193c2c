package feeds_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
)

// hostile are addresses that lead, or try to lead, where nobody may go. PORT is the canary's.
var hostile = []string{
	// This computer, as it is usually written, and as it once was.
	"http://127.0.0.1:PORT/", "https://127.0.0.1:PORT/", "http://127.0.0.2:PORT/", "http://127.255.255.254:PORT/",
	"http://2130706433:PORT/", "http://017700000001:PORT/", "http://0x7f000001:PORT/", "http://0x7F000001:PORT/",
	"http://127.1:PORT/", "http://127.0.1:PORT/", "http://0177.0.0.1:PORT/", "http://0x7f.0.0.1:PORT/", "http://0x7f.1:PORT/",
	"http://127.0.0.01:PORT/", "http://127.0.0.0x1:PORT/", "http://127.0.0.1.:PORT/", "http://127.0.0.1.1:PORT/", "http://00000127.0.0.1:PORT/",
	"http://0:PORT/", "http://0.0.0.0:PORT/", "http://0.1.2.3:PORT/", "http://0x:PORT/", "http://1.0x:PORT/",
	"http://localhost:PORT/", "http://LocalHost:PORT/", "http://localhost.:PORT/", "http://localhost..:PORT/", "http://feeds.localhost:PORT/",
	"http://localhost.localdomain:PORT/", "http://printer.local:PORT/", "http://router.home.arpa:PORT/", "http://intranet:PORT/",
	// The same in IPv6.
	"http://[::1]:PORT/", "http://[0:0:0:0:0:0:0:1]:PORT/", "http://[::]:PORT/", "http://[::%25lo]:PORT/", "http://[::1%25lo]:PORT/",
	"http://[::ffff:127.0.0.1]:PORT/", "http://[::ffff:7f00:1]:PORT/", "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/",
	"http://[::127.0.0.1]:PORT/", "http://[::ffff:0:127.0.0.1]:PORT/", "http://[::ffff:8.8.8.8]:PORT/",
	"http://[64:ff9b::127.0.0.1]:PORT/", "http://[64:ff9b:1::7f00:1]:PORT/", "http://[2002:7f00:1::]:PORT/", "http://[2001:0:7f00:1::1]:PORT/",
	"http://[fe80::1]:PORT/", "http://[fe80::1%25eth0]:PORT/", "http://[fec0::1]:PORT/", "http://[fc00::1]:PORT/", "http://[fdaa:0:1::3]:PORT/",
	"http://[ff02::1]:PORT/", "http://[100::1]:PORT/", "http://[2001:db8::1]:PORT/", "http://[3fff::1]:PORT/", "http://[5f00::1]:PORT/",
	"http://[2001:4860:4860::8888%251]:PORT/", "http://[::1]:PORT\\@example.com/", "http://::1:PORT/",
	// Networks that are not public.
	"http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://100.64.0.1/", "http://100.100.100.200/",
	"http://169.254.169.254/latest/meta-data/", "http://192.0.0.192/", "http://192.0.2.1/", "http://192.88.99.1/", "http://198.18.0.1/",
	"http://198.19.255.255/", "http://198.51.100.1/", "http://203.0.113.1/", "http://224.0.0.1/", "http://239.255.255.255/", "http://240.0.0.1/",
	"http://255.255.255.255/",
	// Names that only our side of the world knows.
	"http://metadata.google.internal/computeMetadata/v1/", "http://_api.internal:4280/v1/apps", "http://cabanas.internal:8080/",
	"http://CABANAS.INTERNAL/", "http://cabanas.internal./", "http://iad.cabanas.internal:9091/metrics", "http://cabanas.flycast/", "http://internal/",
	"http://metadata/",
	// Something else than the web, and other ports than the web's.
	"file:///etc/passwd", "file://127.0.0.1/etc/passwd", "gopher://127.0.0.1:PORT/_x", "ftp://127.0.0.1:PORT/", "dict://127.0.0.1:PORT/",
	"ldap://127.0.0.1:PORT/", "unix:///var/run/docker.sock", "data:text/calendar,BEGIN:VCALENDAR", "javascript:alert(1)", "jar:http://127.0.0.1:PORT!/",
	"http:127.0.0.1:PORT", "http:/127.0.0.1:PORT/", "http:///127.0.0.1:PORT/", "//127.0.0.1:PORT/", "127.0.0.1:PORT", "/etc/passwd", "", "http://", "https:///x",
	"http://example.com:22/", "http://example.com:25/", "http://example.com:5432/", "http://example.com:6379/", "http://example.com:0/",
	"http://example.com:65616/", "http://example.com:-80/", "http://example.com:80:PORT/",
	// Who is who.
	"http://example.com@127.0.0.1:PORT/", "http://example.com:80@127.0.0.1:PORT/", "http://user:secret@example.com/", "http://@example.com/", "http://:@example.com/",
	"http://127.0.0.1:PORT\\@example.com/", "http://example.com\\@127.0.0.1:PORT/", "http://example.com%40127.0.0.1:PORT/", "http://example.com%2f@127.0.0.1:PORT/",
	"http://127.0.0.1:PORT%2f.example.com/", "http://[example.com]/", "http://[127.0.0.1]:PORT/",
	// Characters that somebody may take for others.
	"http://１２７.０.０.１:PORT/", "http://127。0。0。1:PORT/", "http://①②⑦.⓪.⓪.①:PORT/", "http://ⓛocalhost:PORT/", "http://loc\u00adalhost:PORT/", "http://localhost\u200b:PORT/",
	"http://ｌocalhost:PORT/", "http://%31%32%37.0.0.1:PORT/", "http://%6c%6f%63%61%6c%68%6f%73%74:PORT/", "http://127.0.0.1%00.example.com:PORT/",
	"http://example.com\x00.internal/", "http://exämple.com/", "http://example..com/", "http://.example.com/", "http://ex ample.com/", "http://example.com%0d%0aHost:x/",
	"http://example.com/\r\nHost: 127.0.0.1", "http://example.com/ HTTP/1.1\r\n\r\nGET /", "http://example.com/\n", "http://example.com/a b", "http://example.com/\t", " http://example.com/",
	"http://example.com/\u00a0", "http://example.com/\xff", "http://example.com;127.0.0.1:PORT/", "http://*.example.com/", "http://example.com,127.0.0.1/",
	"http://" + strings.Repeat("a", 64) + ".example.com/", "http://" + strings.Repeat("a.", 130) + "example.com/", "http://example.com/" + strings.Repeat("a", 2000),
	"webcal://127.0.0.1:PORT/", "HTTP://127.0.0.1:PORT/",
}

func TestHostileAddressesAreRefusedAndNothingIsConnectedTo(t *testing.T) {
	t.Parallel()
	private := newCanary(t)
	var dialed atomic.Int64
	client := guarded(t, feeds.Stage{
		Ports:    []uint16{private.at().Port()},
		Resolver: newNames(t, nil).resolver(), // all that is looked up in spite of all is not found, and the code says so
		Dialed:   &dialed,
	})
	for _, pattern := range hostile {
		address := strings.ReplaceAll(pattern, "PORT", private.port())
		err := feeds.CheckURL(address, false)
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Field != "url" || f.Fields[0].Message == "" {
			t.Errorf("CheckURL of %q: %v", address, err)
		}
		if got := codeOf(t, fetch(t, client, address)); got != "feed_refused_address" {
			t.Errorf("Fetch of %q: %q", address, got)
		}
	}
	if n := dialed.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
	private.untouched(t)
}

func fetch(t *testing.T, c *feeds.Client, address string) error {
	t.Helper()
	_, err := c.Fetch(t.Context(), address, "", "")
	return err
}

func TestOrdinaryAddressesOfFeedsAreAccepted(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://www.airbnb.com/calendar/ical/12345.ics?s=0123456789abcdef&locale=es-AR",
		"https://www.airbnb.com.ar/calendar/ical/12345.ics?t=a%20b",
		"https://ical.booking.com/v1/export?t=11111111-2222-3333-4444-555555555555",
		"http://www.vrbo.com/icalendar/0123456789abcdef.ics?nonTentative",
		"https://calendar.google.com/calendar/ical/someone%40gmail.com/private-0123/basic.ics",
		"https://outlook.office365.com/owa/calendar/x@y.com/z/calendar.ics",
		"https://p12-caldav.icloud.com/published/2/Mj-_~x",
		"https://feeds.example.com:8443/x.ics", "http://feeds.example.com:8080/x.ics", "https://feeds.example.com:443/x.ics", "http://feeds.example.com:80",
		"HTTPS://Feeds.Example.COM/x.ics", "https://feeds.example.com./x.ics", "https://xn--cabaas-zwa.com.ar/x.ics", "https://under_score.example.com/x.ics",
		"https://feeds.example.com/cabañas.ics", "https://feeds.example.com/x.ics#today", "https://8.8.8.8/x.ics", "https://[2606:4700::1111]/x.ics",
		"https://internal.example.com/x.ics", "https://notlocalhost.com/x.ics", "https://1e100.net/x.ics", "https://feeds.0x7f.example/x.ics",
		"https://feeds.example.com/" + strings.Repeat("a", 2000-len("https://feeds.example.com/")),
	} {
		if err := feeds.CheckURL(address, false); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestDevelopersMayReadTheirOwnNetworkAndNothingElseIsLoosened(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"http://localhost:8080/dev/feeds/airbnb.ics", "http://127.0.0.1:39123/x.ics", "http://[::1]:39123/x.ics", "http://postgres:5432/", "http://10.0.0.1/",
		"http://cabanas.internal:9091/", "https://www.airbnb.com/x.ics",
	} {
		if err := feeds.CheckURL(address, true); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{
		"file:///etc/passwd", "ftp://localhost/", "http://user@localhost/", "http://127.1/", "http://[::1%25lo]/", "http://localhost:0/", "http://local host/",
		"http://localhost/" + strings.Repeat("a", 2000), "",
	} {
		if feeds.CheckURL(address, true) == nil {
			t.Errorf("%s: accepted", address)
		}
	}
}

func TestTheMessageSaysWhatIsAllowed(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"ftp://example.com/x.ics":         "https://",
		"http://example.com:22/":          "80, 443, 8080 or 8443",
		"http://10.1.2.3/":                "public Internet",
		"http://u:p@example.com/":         "user or a password",
		"http://cabañas.example.com/":     "xn--",
		"https://example.com/a b.ics":     "blanks",
		"https://example.com:99999/":      "65535",
		strings.Repeat("https://a/", 400): "2000",
	} {
		err := feeds.CheckURL(address, false)
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || !strings.Contains(f.Fields[0].Message, want) {
			t.Errorf("%.40s: %v does not say %q", address, err, want)
		}
	}
}

func TestPastedAddressesAreMadeUsable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" https://example.com/x.ics\n":           "https://example.com/x.ics",
		"webcal://example.com/x.ics?a=webcal://": "https://example.com/x.ics?a=webcal://",
		"WebCals://example.com/x.ics":            "https://example.com/x.ics",
		"http://example.com/x.ics":               "http://example.com/x.ics",
		"webcal:example.com":                     "webcal:example.com",
		"https://example.com/webcal://x":         "https://example.com/webcal://x",
		"":                                       "",
	} {
		if got := feeds.Normalize(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestAMaskShowsNoMoreThanTheHost(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://www.airbnb.com/calendar/ical/1.ics?s=secret": "https://www.airbnb.com/…",
		"https://user:secret@example.com:8443/x#y":            "https://example.com:8443/…",
		"https://example.com":                                 "https://example.com/…",
		"file:///etc/secret":                                  "…",
		"secret":                                              "…",
		"https://exa mple/secret":                             "…",
		"":                                                    "…",
	} {
		if got := feeds.Mask(address); got != want {
			t.Errorf("%q is shown as %q, want %q", address, got, want)
		}
	}
}

// The edges of each range, from inside and from outside.
func TestWhatIsPublicEndsWhereTheRegistriesSay(t *testing.T) {
	t.Parallel()
	for text := range strings.FieldsSeq(`0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 169.254.0.0 172.16.0.0 172.31.255.255
		192.0.0.255 192.0.2.255 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0 203.0.113.255 224.0.0.0 255.255.255.255 :: ::1 ::8.8.8.8 ::ffff:8.8.8.8
		64:ff9b::8.8.8.8 64:ff9b:1::1 100::1 1fff:ffff::1 2001:: 2001:0:1::1 2001:1ff:ffff::1 2001:db8:ffff::1 2002:808:808::1 3fff:fff::1 4000:: 5f00::1 8000::1
		fc00::1 fdaa::3 fe80::1 febf::1 fec0::1 ff00::1 ffff::1 2606:4700::1%eth0`) {
		if feeds.IsPublic(netip.MustParseAddr(text)) {
			t.Errorf("%s is taken for public", text)
		}
	}
	for text := range strings.FieldsSeq(`1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255
		172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 203.0.112.255 203.0.114.0 223.255.255.255
		2001:200:: 2001:4860:4860::8888 2001:db7:ffff::1 2001:db9:: 2003:: 2606:4700::1111 2a09:8280:1::1 3ffe:ffff::1 3fff:1000::1`) {
		if !feeds.IsPublic(netip.MustParseAddr(text)) {
			t.Errorf("%s is taken for private", text)
		}
	}
	if feeds.IsPublic(netip.Addr{}) {
		t.Error("no address is taken for public")
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, address := range hostile {
		f.Add(address)
	}
	f.Add("https://www.airbnb.com/calendar/ical/1.ics?s=x")
	f.Fuzz(func(t *testing.T, address string) {
		if feeds.CheckURL(address, false) != nil {
			return
		}
		if err := feeds.CheckURL(address, true); err != nil {
			t.Errorf("%q may be read in production only: %v", address, err)
		}
		if feeds.Normalize(address) != address {
			t.Errorf("%q is accepted, and yet would be changed", address)
		}
		if mask := feeds.Mask(address); !strings.HasPrefix(strings.ToLower(address), strings.ToLower(strings.TrimSuffix(mask, "/…"))) {
			t.Errorf("%q is masked as %q", address, mask)
		}
	})
}
