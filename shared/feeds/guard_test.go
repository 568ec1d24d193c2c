package feeds_test

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/feeds"
)

// town is a public Internet of one server and one private network of one canary, which is at another port of the same
// computer.
type town struct {
	public  *http.ServeMux
	at      netip.AddrPort // of the public server
	private *canary
	names   *names
	client  *feeds.Client
	dialed  *atomic.Int64
}

// newTown opens it. answers are the names' addresses, to which feeds.example is added.
func newTown(t *testing.T, answers map[string][][]netip.Addr) *town {
	t.Helper()
	w := &town{public: http.NewServeMux(), private: newCanary(t), dialed: new(atomic.Int64)}
	s := serve(t, w.public.ServeHTTP)
	w.at = atOf(s)
	if answers == nil {
		answers = make(map[string][][]netip.Addr)
	}
	answers["feeds.example"] = [][]netip.Addr{{w.at.Addr()}}
	w.names = newNames(t, answers)
	w.client = guarded(t, feeds.Stage{
		Public: []netip.AddrPort{w.at}, Ports: []uint16{w.private.at().Port()}, Resolver: w.names.resolver(), Dialed: w.dialed,
	})
	return w
}

// url is where a path of the public server is, under a name.
func (w *town) url(host, path string) string {
	return "http://" + net.JoinHostPort(host, strconv.Itoa(int(w.at.Port()))) + path
}

func (w *town) calendar(rw http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(rw, calendarText)
}

func TestANameThatLeadsToThePublicInternetIsRead(t *testing.T) {
	t.Parallel()
	w := newTown(t, nil)
	w.public.HandleFunc("/x.ics", w.calendar)
	got, err := w.client.Fetch(t.Context(), w.url("feeds.example", "/x.ics"), "", "")
	if err != nil || string(got.Body) != calendarText {
		t.Fatalf("got %+v, %v", got, err)
	}
	if n := w.names.questions("feeds.example"); n != 1 {
		t.Errorf("the name was looked up %d times for one connection: what is judged must be what is used", n)
	}
}

func TestNamesThatLeadToWhatIsNotPublicAreRefused(t *testing.T) {
	t.Parallel()
	private := addresses("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1",
		"198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::127.0.0.1",
		"64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::1", "2001:0:7f00:1::1", "fc00::1", "fdaa::3", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1")
	answers := make(map[string][][]netip.Addr)
	for i, a := range private {
		answers[fmt.Sprintf("host%d.attacker.example", i)] = [][]netip.Addr{{a}}
	}
	w := newTown(t, answers)
	for i, a := range private {
		name := fmt.Sprintf("host%d.attacker.example", i)
		address := "http://" + name + ":" + w.private.port() + "/"
		if err := feeds.CheckURL(strings.Replace(address, ":"+w.private.port(), "", 1), false); err != nil {
			t.Errorf("%v: its address alone tells nothing, and yet: %v", a, err)
		}
		if got := codeOf(t, fetch(t, w.client, address)); got != "feed_refused_address" {
			t.Errorf("%v: %q", a, got)
		}
	}
	if n := w.dialed.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
	w.private.untouched(t)
}

// The public server and the canary have one address here, and differ in their port.
func TestANameWithPublicAndPrivateAddressesNeverLeadsToThePrivateOnes(t *testing.T) {
	t.Parallel()
	for _, mixed := range [][]netip.Addr{
		addresses("10.0.0.1", "127.0.0.1"), addresses("127.0.0.1", "10.0.0.1"), addresses("fdaa::3", "127.0.0.1"), addresses("::1", "10.0.0.1", "127.0.0.1"),
	} {
		w := newTown(t, map[string][][]netip.Addr{"mixed.example": {mixed}})
		w.public.HandleFunc("/x.ics", w.calendar)
		if err := fetch(t, w.client, w.url("mixed.example", "/x.ics")); err != nil {
			t.Errorf("%v: its public address can be read: %v", mixed, err)
		}
		if n := w.dialed.Load(); n != 1 {
			t.Errorf("%v: %d connections were made", mixed, n)
		}
		wantCode(t, fetch(t, w.client, "http://mixed.example:"+w.private.port()+"/"), "feed_refused_address")
		w.private.untouched(t)
	}
}

func TestANameThatChangesItsMindIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t, map[string][][]netip.Addr{"rebind.example": {addresses("127.0.0.1"), addresses("127.0.0.2")}})
	w.public.HandleFunc("/x.ics", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Connection", "close") // so that the next request needs to look it up again
		w.calendar(rw, r)
	})
	address := w.url("rebind.example", "/x.ics")
	if err := fetch(t, w.client, address); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		wantCode(t, fetch(t, w.client, address), "feed_refused_address")
	}
	if n := w.dialed.Load(); n != 1 {
		t.Errorf("%d connections were made", n)
	}
}

func TestANameThatChangesItsMindBetweenTwoRedirectsIsRefused(t *testing.T) {
	t.Parallel()
	w := newTown(t, map[string][][]netip.Addr{"rebind.example": {addresses("127.0.0.1"), addresses("10.0.0.1")}})
	w.public.HandleFunc("/x.ics", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Connection", "close")
		http.Redirect(rw, r, "/y.ics", http.StatusFound)
	})
	w.public.HandleFunc("/y.ics", w.calendar)
	wantCode(t, fetch(t, w.client, w.url("rebind.example", "/x.ics")), "feed_refused_address")
	if n := w.dialed.Load(); n != 1 {
		t.Errorf("%d connections were made", n)
	}
}

func TestRedirectsToHostileAddressesAreRefusedAtEveryHop(t *testing.T) {
	t.Parallel()
	w := newTown(t, map[string][][]netip.Addr{"inside.example": {addresses("127.0.0.1")}})
	var target atomic.Pointer[string]
	w.public.HandleFunc("/{hops}", func(rw http.ResponseWriter, r *http.Request) {
		if hops := r.PathValue("hops"); hops != "0" {
			http.Redirect(rw, r, "/"+string(hops[0]-1), http.StatusTemporaryRedirect)
			return
		}
		rw.Header()["Location"] = []string{*target.Load()}
		rw.WriteHeader(http.StatusMovedPermanently)
	})
	more := []string{"http://inside.example:PORT/", "//inside.example:PORT/", "//127.0.0.1:PORT/", "//localhost:PORT/", "https://[::1]:PORT/"}
	for _, pattern := range append(more, hostile...) {
		to := strings.ReplaceAll(pattern, "PORT", w.private.port())
		if isRelative(to) || strings.ContainsAny(to, "\r\n\x00") || len(to) > 500 || strings.Contains(to, "example.com/") {
			continue // it stays where it is, is no header's value, or is refused for what a person may type and a server may send
		}
		target.Store(&to)
		for hops := range 3 {
			err := fetch(t, w.client, w.url("feeds.example", fmt.Sprintf("/%d", hops)))
			if got := codeOf(t, err); got != "feed_refused_address" {
				t.Errorf("to %q after %d: %q", to, hops, got)
			}
		}
	}
	w.private.untouched(t)
}

// isRelative reports whether a redirect there stays at the same host.
func isRelative(to string) bool {
	return to == "" || to[0] == '/' && !strings.HasPrefix(to, "//") || !strings.Contains(to, ":")
}

func TestAProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	w := newTown(t, nil)
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, "http://"+w.private.at().String())
	}
	w.public.HandleFunc("/x.ics", w.calendar)
	if err := fetch(t, w.client, w.url("feeds.example", "/x.ics")); err != nil {
		t.Fatal(err)
	}
	w.private.untouched(t)
}
