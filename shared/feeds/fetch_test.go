package feeds_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
)

func TestARequestSaysWhoAsksAndNothingMore(t *testing.T) {
	t.Parallel()
	var seen http.Header
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
		fmt.Fprint(w, calendarText)
	})
	client := feeds.New(feeds.Config{AllowPrivate: true, Contact: "https://cabanas.example/some/path?x=y"})
	t.Cleanup(client.Close)
	for range 2 { // a cookie would come with the second
		got, err := client.Fetch(t.Context(), s.URL+"/x.ics", "", "")
		if err != nil || got.Status != http.StatusOK || got.NotModified || string(got.Body) != calendarText {
			t.Fatalf("got %+v, %v", got, err)
		}
		want := http.Header{
			"User-Agent": {"Cabanas/1.0 (+https://cabanas.example)"}, "Accept": {"text/calendar, text/plain;q=0.9, */*;q=0.8"}, "Accept-Encoding": {"gzip"},
		}
		if fmt.Sprint(seen) != fmt.Sprint(want) {
			t.Errorf("sent %v, want %v", seen, want)
		}
	}
}

func TestWithoutAnAddressOfItsOwnTheServiceStillHasAName(t *testing.T) {
	t.Parallel()
	for _, contact := range []string{"", "cabanas", "http://%", "/x"} {
		var agent string
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) { agent = r.UserAgent() })
		client := feeds.New(feeds.Config{AllowPrivate: true, Contact: contact})
		t.Cleanup(client.Close)
		if err := fetch(t, client, s.URL); err != nil || agent != "Cabanas/1.0" {
			t.Errorf("%q: %q, %v", contact, agent, err)
		}
	}
}

func TestAFeedThatHasNotChangedIsNotReadAgain(t *testing.T) {
	t.Parallel()
	const etag, modified = `W/"5-x"`, "Mon, 02 Mar 2026 10:00:00 GMT"
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		w.Header().Set("Last-Modified", modified)
		if r.Header.Get("If-None-Match") == etag && r.Header.Get("If-Modified-Since") == modified {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, calendarText)
	})
	client := developing(t)
	first, err := client.Fetch(t.Context(), s.URL, "", "")
	if err != nil || first.NotModified || first.ETag != etag || first.LastModified != modified {
		t.Fatalf("first: %+v, %v", first, err)
	}
	second, err := client.Fetch(t.Context(), s.URL, first.ETag, first.LastModified)
	if err != nil || !second.NotModified || len(second.Body) != 0 || second.Status != http.StatusNotModified || second.ETag != etag || second.LastModified != modified {
		t.Fatalf("second: %+v, %v", second, err)
	}
}

func TestAnswersThatNothingHasChangedKeepTheValidators(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	client := developing(t)
	got, err := client.Fetch(t.Context(), s.URL, `"a"`, "Mon, 02 Mar 2026 10:00:00 GMT")
	if err != nil || !got.NotModified || got.ETag != `"a"` || got.LastModified != "Mon, 02 Mar 2026 10:00:00 GMT" {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = client.Fetch(t.Context(), s.URL, "", "")
	wantCode(t, err, "feed_status") // nobody asked
	if got.NotModified || got.Status != http.StatusNotModified {
		t.Errorf("got %+v", got)
	}
}

func TestValidatorsThatCannotBeKeptOrSentAreDropped(t *testing.T) {
	t.Parallel()
	var seen []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = slices.Concat(r.Header["If-None-Match"], r.Header["If-Modified-Since"])
		w.Header()["Etag"] = []string{"\"\xff\""}
		w.Header()["Last-Modified"] = []string{strings.Repeat("x", 600)}
	})
	got, err := developing(t).Fetch(t.Context(), s.URL, "\"a\"\r\nX: y", strings.Repeat("x", 600))
	if err != nil || got.ETag != "" || got.LastModified != "" || len(seen) != 0 {
		t.Errorf("got %+v, %v; sent %q", got, err, seen)
	}
}

func TestRedirectsAreFollowedAndCarryNothingToOtherHosts(t *testing.T) {
	t.Parallel()
	var there http.Header
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		there = r.Header
		w.Header().Set("ETag", `"theirs"`)
		w.Header().Set("Last-Modified", "Mon, 02 Mar 2026 10:00:00 GMT")
		fmt.Fprint(w, calendarText)
	})
	var here, back http.Header
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			here = r.Header
			http.Redirect(w, r, other.URL+"/x.ics", http.StatusPermanentRedirect)
		case "/near":
			http.Redirect(w, r, "near/by?a=b#c", http.StatusSeeOther)
		default:
			back = r.Header
			w.Header().Set("ETag", `"ours"`)
			fmt.Fprint(w, calendarText)
		}
	})
	client := developing(t)
	away, err := client.Fetch(t.Context(), s.URL+"/away?secret=1", `"a"`, "Mon, 02 Mar 2026 10:00:00 GMT")
	if err != nil || string(away.Body) != calendarText || away.ETag != "" || away.LastModified != "" {
		t.Errorf("away: %+v, %v: the other host's validators would be sent to this one", away, err)
	}
	if here.Get("If-None-Match") != `"a"` || there.Get("If-None-Match") != "" || there.Get("If-Modified-Since") != "" || there.Get("Referer") != "" {
		t.Errorf("sent %v, then %v", here, there)
	}
	near, err := client.Fetch(t.Context(), s.URL+"/near?secret=1", `"a"`, "")
	if err != nil || near.ETag != `"ours"` || back.Get("If-None-Match") != `"a"` || back.Get("Referer") != "" {
		t.Errorf("near: %+v, %v; sent %v", near, err, back)
	}
}

func TestThreeRedirectsAreFollowedAndNoMore(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if left, _ := strconv.Atoi(r.URL.Path[1:]); left != 0 {
			http.Redirect(w, r, "/"+strconv.Itoa(left-1), http.StatusFound)
			return
		}
		fmt.Fprint(w, calendarText)
	})
	client := developing(t)
	if err := fetch(t, client, s.URL+"/3"); err != nil {
		t.Error(err)
	}
	asked.Store(0)
	wantCode(t, fetch(t, client, s.URL+"/1000000"), "feed_too_many_redirects")
	if n := asked.Load(); n != 4 {
		t.Errorf("%d requests were made", n)
	}
}

func TestEveryOtherStatusIsAFailureWithASentence(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Path[1:])
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(status)
		if status >= 200 && status != http.StatusNoContent {
			fmt.Fprint(w, calendarText)
		}
	})
	client := developing(t)
	for status, want := range map[int]string{
		404: "The channel answers 404: the address may have changed.",
		410: "The channel answers 410: the address may have changed.",
		403: "The channel answers 403: it does not let us read this calendar; the address may have been withdrawn.",
		429: "The channel answers 429: it was asked too often; it will be asked again later.",
		503: "The channel answers 503: it has trouble of its own; it will be asked again.",
		500: "The channel answers 500: it has trouble of its own; it will be asked again.",
		302: "The channel answers 302: that is no calendar.", // without saying where to
		300: "The channel answers 300: that is no calendar.",
		206: "The channel answers 206: that is no calendar.",
		204: "The channel answers 204: that is no calendar.",
		418: "The channel answers 418: that is no calendar.",
	} {
		got, err := client.Fetch(t.Context(), fmt.Sprintf("%s/%d", s.URL, status), "", "")
		wantCode(t, err, "feed_status")
		f, _ := errors.AsType[*fault.Error](err)
		if f.Detail != want || f.Kind != fault.Unavailable || got.Status != status || got.Body != nil {
			t.Errorf("%d: %+v, %+v", status, f, got)
		}
		if patient := status == 429 || status == 503; (f.RetryAfter == time.Minute) != patient || !patient && f.RetryAfter != 0 {
			t.Errorf("%d: again after %s", status, f.RetryAfter)
		}
	}
}

func TestAChannelMayAskForPatienceWithinReason(t *testing.T) {
	t.Parallel()
	const date = "Mon, 02 Mar 2026 10:00:00 GMT"
	for _, test := range []struct {
		said, date string
		want       time.Duration
	}{
		{"", date, 0},
		{"0", date, 0},
		{"120", date, 2 * time.Minute},
		{"86400", date, time.Hour},
		{"99999999999999999999999", date, time.Hour},
		{"-5", date, 0},
		{"soon", date, 0},
		{"1.5", date, 0},
		{"Mon, 02 Mar 2026 10:05:00 GMT", date, 5 * time.Minute},
		{"Mon, 02 Mar 2026 09:00:00 GMT", date, 0},
		{"Fri, 31 Dec 9999 23:59:59 GMT", date, time.Hour},
		{"Mon, 02 Mar 2026 10:05:00 GMT", "yesterday", 0},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", test.said)
			w.Header().Set("Date", test.date)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		err := fetch(t, developing(t), s.URL)
		if f, ok := errors.AsType[*fault.Error](err); !ok || f.RetryAfter != test.want {
			t.Errorf("%q at %q: %v, want %s", test.said, test.date, err, test.want)
		}
	}
}

func TestABodyIsReadUpToItsLimit(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(r.URL.Query().Get("size"))
		if r.URL.Query().Has("said") {
			w.Header().Set("Content-Length", strconv.Itoa(size))
		}
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for size > 0 {
			n, err := w.Write(chunk[:min(size, len(chunk))])
			if err != nil {
				return
			}
			size -= n
		}
	})
	client := developing(t)
	for _, said := range []string{"", "&said"} {
		got, err := client.Fetch(t.Context(), fmt.Sprintf("%s?size=%d%s", s.URL, feeds.MaxBody, said), "", "")
		if err != nil || len(got.Body) != feeds.MaxBody {
			t.Errorf("at the limit%s: %d bytes, %v", said, len(got.Body), err)
		}
		wantCode(t, fetch(t, client, fmt.Sprintf("%s?size=%d%s", s.URL, feeds.MaxBody+1, said)), "feed_too_large")
	}
}

// packed makes a gzip of as many zeros as there are MB.
func packed(t *testing.T, megabytes int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for range megabytes {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackedBodiesAreUnpacked(t *testing.T) {
	t.Parallel()
	bodies := map[string][]byte{"/good": packed(t, 2), "/cut": packed(t, 2)[:1000], "/plain": []byte(calendarText)}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bodies[r.URL.Path]) //nolint:errcheck // the client goes when it has enough
	})
	client := developing(t)
	got, err := client.Fetch(t.Context(), s.URL+"/good", "", "")
	if err != nil || len(got.Body) != 2<<20 {
		t.Errorf("good: %d bytes, %v", len(got.Body), err)
	}
	wantCode(t, fetch(t, client, s.URL+"/cut"), "feed_broken_off")
	wantCode(t, fetch(t, client, s.URL+"/plain"), "feed_unreadable")
}

func TestBodiesWithoutAnEndAreCut(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64 // MB
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var body io.Writer = w
		if r.URL.Path == "/bomb" { // a thousand zeros in each byte
			w.Header().Set("Content-Encoding", "gzip")
			body = gzip.NewWriter(w)
		}
		for err := error(nil); err == nil; {
			_, err = body.Write(make([]byte, 1<<20))
			if r.URL.Path == "/plain" {
				sent.Add(1)
			}
		}
	})
	wantCode(t, fetch(t, developing(t), s.URL+"/bomb"), "feed_too_large")
	wantCode(t, fetch(t, developing(t), s.URL+"/plain"), "feed_too_large")
	if n := sent.Load(); n > 64 { // what the network holds on its way is sent, too
		t.Errorf("%d MB were sent", n)
	}
}

func TestABodyThatIsPackedAsNobodyAskedForIsNotTakenForACalendar(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", r.URL.Path[1:])
		fmt.Fprint(w, calendarText)
	})
	wantCode(t, fetch(t, developing(t), s.URL+"/br"), "feed_unreadable")
	if err := fetch(t, developing(t), s.URL+"/Identity"); err != nil {
		t.Error(err)
	}
}
