package feeds_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
)

// raw is a channel that answers with these very bytes, and is then silent or gone.
func raw(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				answer(conn)
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "http://" + l.Addr().String() + "/calendar/secret.ics"
}

func say(text string) func(net.Conn) { return func(c net.Conn) { io.WriteString(c, text) } }

func TestServersOfAllAgesAndMannersAreUnderstoodOrRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ answer, code string }{
		"HTTP/1.0 without a length": {"HTTP/1.0 200 OK\r\n\r\n" + calendarText, ""},
		"bare line ends":            {"HTTP/1.1 200 OK\nContent-Type: text/calendar\nConnection: close\n\n" + calendarText, ""},
		"a length that is too long": {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + calendarText, "feed_broken_off"},
		"a length beyond the limit": {"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nBEGIN", "feed_too_large"},
		"chunks without an end":     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nBEGIN\r\n", "feed_broken_off"},
		"chunks that are none":      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nBEGIN\r\n", "feed_unreadable"},
		"two lengths":               {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "feed_unreadable"},
		"no HTTP":                   {"SSH-2.0-OpenSSH_9.6\r\n", "feed_unreadable"},
		"nothing":                   {"", "feed_broken_off"},
		"half a header":             {"HTTP/1.1 200 OK\r\nContent-", "feed_unreadable"},
		"a long header":             {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 70<<10) + "\r\n\r\n", "feed_unreadable"},
		"many headers":              {"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: x\r\n", 20<<10) + "\r\n", "feed_unreadable"},
		"hints without end":         {strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 20<<10) + "HTTP/1.1 200 OK\r\n\r\n", "feed_unreadable"},
		"a redirect with a user":    {"HTTP/1.1 302 Found\r\nLocation: http://a:b@127.0.0.1/\r\n\r\n", "feed_refused_address"},
		"a redirect to nonsense":    {"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n", "feed_refused_address"},
		"a redirect to a file":      {"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", "feed_refused_address"},
	} {
		address := raw(t, say(test.answer))
		got, err := developing(t).Fetch(t.Context(), address, "", "")
		if code := codeOf(t, err); code != test.code {
			t.Errorf("%s: %v, want %q", name, err, test.code)
		}
		if err == nil && string(got.Body) != calendarText {
			t.Errorf("%s: read %q", name, got.Body)
		}
		tellsNothing(t, err, address)
	}
}

func TestServersThatDoNotEndAreLeft(t *testing.T) {
	t.Parallel()
	forever := func(first, more string) func(net.Conn) {
		return func(c net.Conn) {
			for _, err := io.WriteString(c, first); err == nil; _, err = io.WriteString(c, more) {
				time.Sleep(time.Millisecond)
			}
		}
	}
	silent := func(c net.Conn) { io.Copy(io.Discard, c) } //nolint:errcheck // until the client goes
	for name, answer := range map[string]func(net.Conn){
		"that say nothing":      silent,
		"that drip":             forever("HTTP/1.1 200 OK\r\n\r\n", "B"),
		"that drip headers":     forever("HTTP/1.1 200 OK\r\n", "X: x\r\n"),
		"that stop in the body": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nBEGIN"); silent(c) },
	} {
		address := raw(t, answer)
		at := netip.MustParseAddrPort(strings.Split(address, "/")[2])
		client := guarded(t, feeds.Stage{Public: []netip.AddrPort{at}, Timeout: 100 * time.Millisecond})
		err := fetch(t, client, address)
		wantCode(t, err, "feed_timeout")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v is no deadline", name, err)
		}
		tellsNothing(t, err, address)
	}
}

func TestANameThatNobodyAnswersForIsLeft(t *testing.T) {
	t.Parallel()
	silent := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	err := fetch(t, guarded(t, feeds.Stage{Resolver: silent, Timeout: 100 * time.Millisecond}), "http://silent.example/secret.ics")
	wantCode(t, err, "feed_timeout")
	tellsNothing(t, err, "http://silent.example/secret.ics")
}

func TestAFetchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	address := raw(t, func(c net.Conn) { cancel(); io.Copy(io.Discard, c) }) //nolint:errcheck // until the client goes
	_, err := developing(t).Fetch(ctx, address, "", "")
	wantCode(t, err, "feed_interrupted")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not say that it was cancelled", err)
	}
	_, err = developing(t).Fetch(ctx, address, "", "")
	wantCode(t, err, "feed_interrupted")

	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = developing(t).Fetch(ctx, raw(t, func(c net.Conn) { io.Copy(io.Discard, c) }), "", "") //nolint:errcheck // the same
	wantCode(t, err, "feed_timeout")
}

func TestNobodyThereIsSaidPlainly(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(nil)
	s.Close()
	err := fetch(t, developing(t), s.URL+"/secret.ics")
	wantCode(t, err, "feed_unreachable")
	tellsNothing(t, err, s.URL+"/secret.ics")

	w := newTown(t, nil)
	err = fetch(t, w.client, w.url("no-such.example", "/secret.ics"))
	wantCode(t, err, "feed_unreachable")
	if f, _ := errors.AsType[*fault.Error](err); !strings.Contains(f.Detail, "name") {
		t.Errorf("%q does not say that it is the name", f.Detail)
	}
	tellsNothing(t, err, w.url("no-such.example", "/secret.ics"))
}

func TestOnlyTrustedEncryptionOfTodayIsSpoken(t *testing.T) {
	t.Parallel()
	open := func(version uint16) (*httptest.Server, *x509.CertPool) {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, calendarText) }))
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version} //nolint:gosec // an old server is what this is about
		s.Config.ErrorLog = silence()
		s.StartTLS()
		t.Cleanup(s.Close)
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		return s, pool
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s, roots := open(version)
		if err := fetch(t, guarded(t, feeds.Stage{Public: []netip.AddrPort{atOf(s)}, Roots: roots}), s.URL); err != nil {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		err := fetch(t, guarded(t, feeds.Stage{Public: []netip.AddrPort{atOf(s)}}), s.URL)
		wantCode(t, err, "feed_insecure") // nobody knows who has signed it
		tellsNothing(t, err, s.URL)

		names := newNames(t, map[string][][]netip.Addr{"other.name": {{atOf(s).Addr()}}})
		stage := feeds.Stage{Public: []netip.AddrPort{atOf(s)}, Roots: roots, Resolver: names.resolver()}
		wantCode(t, fetch(t, guarded(t, stage), fmt.Sprintf("https://other.name:%d/", atOf(s).Port())), "feed_insecure")
	}
	s, roots := open(tls.VersionTLS11)
	wantCode(t, fetch(t, guarded(t, feeds.Stage{Public: []netip.AddrPort{atOf(s)}, Roots: roots}), s.URL), "feed_insecure")

	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	wantCode(t, fetch(t, developing(t), strings.Replace(plain.URL, "http:", "https:", 1)), "feed_insecure")
}
