package feeds_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
)

func silence() *log.Logger { return log.New(io.Discard, "", 0) }

// tellsNothing fails if an error, or one in it, however it is printed, has any part of an address in it, or of where that led.
func tellsNothing(t *testing.T, err error, address string) {
	t.Helper()
	parts := []string{"secret", "127.0.0.1", "10.9.8.7", "::1", "/etc", address}
	if u, parseErr := url.Parse(address); parseErr == nil && u.Host != "" {
		parts = append(parts, u.Host, u.Hostname())
		if len(u.Path) > 1 {
			parts = append(parts, u.Path)
		}
		if u.Port() != "" {
			parts = append(parts, ":"+u.Port())
		}
	}
	queue := []error{err}
	for i := 0; i < len(queue); i++ {
		e := queue[i]
		if e == nil {
			continue
		}
		asJSON, _ := json.Marshal(e)
		for _, shown := range []string{e.Error(), fmt.Sprintf("%v %+v %#v %q", e, e, e, e), string(asJSON)} {
			for _, part := range parts {
				if part != "" && strings.Contains(shown, part) {
					t.Errorf("%T shows %q: %s", e, part, shown)
				}
			}
		}
		queue = append(queue, errors.Unwrap(e))
		if many, ok := e.(interface{ Unwrap() []error }); ok {
			queue = append(queue, many.Unwrap()...)
		}
	}
}

func TestNoErrorTellsAnAddress(t *testing.T) {
	t.Parallel()
	w := newTown(t, map[string][][]netip.Addr{"inside.example": {addresses("10.9.8.7")}})
	w.public.HandleFunc("/secret/status", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusTeapot) })
	w.public.HandleFunc("/secret/loop", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/secret/loop", http.StatusFound) })
	w.public.HandleFunc("/secret/hangup", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })

	tried := 0
	try := func(address string) {
		err := fetch(t, w.client, address)
		if err == nil {
			t.Errorf("%q was read", address)
			return
		}
		tried++
		tellsNothing(t, err, address)
		if checked := feeds.CheckURL(address, false); checked != nil {
			tellsNothing(t, checked, address)
		}
	}
	for _, path := range []string{"/secret/status?token=secret", "/secret/loop", "/secret/hangup", "/secret/missing"} {
		try(w.url("feeds.example", path))
	}
	for _, host := range []string{"inside.example", "no-such.example", "10.9.8.7"} {
		try(w.url(host, "/secret?token=secret"))
	}
	for _, address := range []string{
		"http://user:secret@feeds.example/", "http://feeds.example:secret/", "http://sec ret/secret", "http://[secret]/", "http://feeds.example/%zzsecret",
		"http://feeds.example/secret\x7f", "secret", "secret://secret", "http://feeds.example:65616/secret",
	} {
		try(address)
	}
	if tried < 16 {
		t.Errorf("only %d were tried", tried)
	}
}

func TestNoErrorTellsWhereARedirectLeads(t *testing.T) {
	t.Parallel()
	w := newTown(t, map[string][][]netip.Addr{"inside.example": {addresses("10.9.8.7")}})
	for i, to := range []string{
		"http://10.9.8.7/secret", "http://inside.example:8080/secret", "file:///etc/secret", "http://user:secret@feeds.example/", "http://[::1/secret",
		"http://feeds.example:99999/secret", "http://feeds.example/%zzsecret", "\x7fsecret", "http://no-such.example:8080/secret",
	} {
		path := fmt.Sprintf("/secret/%d", i)
		w.public.HandleFunc(path, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header()["Location"] = []string{to}
			rw.WriteHeader(http.StatusFound)
		})
		err := fetch(t, w.client, w.url("feeds.example", path))
		if err == nil {
			t.Fatalf("%q was read", to)
		}
		tellsNothing(t, err, w.url("feeds.example", path))
		tellsNothing(t, err, to)
	}
}

func TestProductionNeverReadsItsOwnNetwork(t *testing.T) {
	for _, test := range []struct {
		environment, private string
		fine                 bool
	}{
		{"production", "true", false}, {"production", "false", true}, {"production", "", true}, {"development", "true", true}, {"test", "true", true}, {"", "true", true},
	} {
		t.Setenv("ENVIRONMENT", test.environment)
		t.Setenv("ICAL_ALLOW_PRIVATE_HOSTS", test.private)
		if test.private == "" {
			t.Setenv("ICAL_ALLOW_PRIVATE_HOSTS", "false")
		}
		into := new(struct{ feeds.Config })
		err := config.FromEnvironment()(into)
		if (err == nil) != test.fine {
			t.Errorf("%+v: %v", test, err)
		}
		if err != nil && !strings.Contains(err.Error(), "ICAL_ALLOW_PRIVATE_HOSTS") {
			t.Errorf("%v does not name the variable", err)
		}
		if err == nil && (into.Environment != test.environment && test.environment != "" || into.AllowPrivate != (test.private == "true")) {
			t.Errorf("%+v was read as %+v", test, into)
		}
	}
	private := newCanary(t)
	client := feeds.New(feeds.Config{Environment: config.Production, AllowPrivate: true}) // as if nobody had checked
	t.Cleanup(client.Close)
	wantCode(t, fetch(t, client, "http://"+private.at().String()), "feed_refused_address")
	private.untouched(t)
}
