package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/admin"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

const feeds = "/api/v1/admin/accommodations/1/feeds"

// shown is a feed as owners see it. It is written down here once more, so that a renamed field is noticed.
type shown struct {
	ID               int64   `json:"id"`
	Source           string  `json:"source"`
	URL              string  `json:"url"`
	State            string  `json:"state"`
	LastSuccessAt    *string `json:"last_success_at"`
	NightsBlocked    int     `json:"nights_blocked"`
	ExportURL        string  `json:"export_url"`
	LastError        string  `json:"last_error"`
	QuarantineReason string  `json:"quarantine_reason,omitempty"`
	LastReadAt       string  `json:"last_read_at,omitempty"`
	CreatedAt        string  `json:"created_at"`
	Change           *change `json:"change,omitempty"`
}

type change struct {
	Added        int       `json:"added"`
	Moved        int       `json:"moved"`
	Freed        int       `json:"freed"`
	Echoes       int       `json:"echoes"`
	NightsClosed []stretch `json:"nights_closed"`
	NightsOpened []stretch `json:"nights_opened"`
}

type stretch struct {
	From string `json:"from"`
	To   string `json:"to"`
}

type list struct {
	Feeds []shown `json:"feeds"`
	Next  string  `json:"next,omitempty"`
}

func (a answer) feed(t testing.TB, status int) shown {
	t.Helper()
	return decode[shown](t, a, status)
}

// add gives cabin 1 a feed.
func (b *bundle) add(t testing.TB, body string) shown {
	t.Helper()
	return b.do(t, http.MethodPost, feeds, body).feed(t, http.StatusCreated)
}

// stay is an event of a guest.
func stay(uid string, year int, month time.Month, day, n int) calendar.Listed {
	from := civil.New(year, month, day)
	return calendar.Listed{UID: uid, Nights: civil.Nights{From: from, To: from.AddDays(n)}, Kind: calendar.Reserved}
}

func (s shown) path(act string) string { return fmt.Sprintf("%s/%d%s", feeds, s.ID, act) }

func TestAnOwnerAddsAFeed(t *testing.T) {
	t.Parallel()

	t.Run("and sees at once what it closes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.reads(stay("a", 2026, 12, 4, 3))
		got := b.add(t, `{"source":"Airbnb","url":" https://example.com/secret.ics "}`)
		if !regexp.MustCompile(`^https://cabins\.test/api/v1/ical/1/[0-9a-f]{32}\.ics$`).MatchString(got.ExportURL) {
			t.Errorf("exported at %s", got.ExportURL)
		}
		if got.Source != "airbnb" || got.URL != "https://example.com/…" || got.State != "ok" || got.NightsBlocked != 3 || got.LastError != "" ||
			got.LastSuccessAt == nil || *got.LastSuccessAt != "2026-12-01T12:00:00Z" || got.CreatedAt != "2026-12-01T12:00:00Z" {
			t.Errorf("%+v", got)
		}
		if got.Change == nil || got.Change.Added != 1 || !slices.Equal(got.Change.NightsClosed, []stretch{{"2026-12-04", "2026-12-07"}}) {
			t.Errorf("%+v", got.Change)
		}
		listed := decode[list](t, b.do(t, http.MethodGet, feeds, ""), http.StatusOK)
		got.Change = nil
		if len(listed.Feeds) != 1 || fmt.Sprint(listed.Feeds[0].ID, listed.Feeds[0].ExportURL) != fmt.Sprint(got.ID, got.ExportURL) {
			t.Errorf("%+v", listed)
		}
		if log := b.log.String(); strings.Contains(log, "secret") {
			t.Errorf("the log has its address: %s", log)
		}
	})

	t.Run("that cannot be read, and is told why", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.fails()
		got := b.add(t, `{"source":"booking","url":"https://example.com/b.ics"}`)
		if got.State != "failing" || got.LastError != "The calendar answers 502." || got.LastSuccessAt != nil || got.Change != nil {
			t.Errorf("%+v", got)
		}
	})

	t.Run("that takes its time, and does not wait for ever", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sync = func(ctx context.Context, _ calendar.Feed) (calendar.Change, error) {
			if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 3*time.Second {
				t.Errorf("the feed may take until %v", deadline)
			}
			return calendar.Change{}, fault.ErrUnavailable.WithCause(context.DeadlineExceeded)
		}
		if got := b.add(t, `{"source":"vrbo","url":"https://example.com/v.ics"}`); got.State != "ok" || got.LastSuccessAt != nil {
			t.Errorf("%+v", got)
		}
	})

	t.Run("without an address, for a channel that only reads ours", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first, second := b.add(t, `{"source":"google"}`), b.add(t, `{"source":"google","url":""}`)
		if first.URL != "" || first.State != "ok" || first.ExportURL == second.ExportURL {
			t.Errorf("%+v %+v", first, second)
		}
		b.do(t, http.MethodPost, first.path("/sync"), "").refusal(t, http.StatusConflict, "feed_without_address")
	})

	t.Run("but none that makes no sense", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for body, field := range map[string]string{
			`{"url":"https://example.com/a"}`:                    "source",
			`{"source":""}`:                                      "source",
			`{"source":"my friend"}`:                             "source",
			`{"source":"-x"}`:                                    "source",
			`{"source":"a\u0000"}`:                               "source",
			`{"source":"airbnb","url":"http://127.0.0.1/"}`:      "url",
			`{"source":"airbnb","url":"` + repeat(2001) + `"}`:   "url",
			`{"source":"airbnb","uri":"https://example.com/a"}`:  "uri",
			`{"source":"airbnb","state":"ok"}`:                   "state",
			`{"source":"airbnb","AccommodationID":2,"url":null}`: "AccommodationID",
		} {
			b.do(t, http.MethodPost, feeds, body).refusal(t, http.StatusUnprocessableEntity, "invalid", field)
		}
		b.do(t, http.MethodPost, strings.Replace(feeds, "/1/", "/3/", 1), `{"source":"airbnb"}`).refusal(t, http.StatusNotFound, "not_found")
		b.reads()
		b.add(t, `{"source":"airbnb","url":"https://example.com/a"}`)
		b.do(t, http.MethodPost, feeds, `{"source":"other","url":"https://example.com/a"}`).refusal(t, http.StatusConflict, "feed_exists")
	})
}

func repeat(n int) string { return strings.Repeat("x", n) }

func TestFeedsAreListedPageByPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 3 {
		b.add(t, `{"source":"other"}`)
	}
	first := decode[list](t, b.do(t, http.MethodGet, feeds+"?limit=2", ""), http.StatusOK)
	if len(first.Feeds) != 2 || first.Next == "" {
		t.Fatalf("%+v", first)
	}
	second := decode[list](t, b.do(t, http.MethodGet, feeds+"?limit=2&after="+first.Next, ""), http.StatusOK)
	if len(second.Feeds) != 1 || second.Next != "" || second.Feeds[0].ID <= first.Feeds[1].ID {
		t.Errorf("%+v", second)
	}
	if a := b.do(t, http.MethodGet, strings.Replace(feeds, "/1/", "/2/", 1), ""); a.body != `{"feeds":[]}`+"\n" {
		t.Errorf("%s", a.body)
	}
}

func TestAnOwnerReadsAFeedNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.reads(stay("a", 2026, 12, 4, 3))
	f := b.add(t, `{"source":"airbnb","url":"https://example.com/a"}`)
	b.clock.move(time.Minute)
	b.reads(stay("a", 2026, 12, 5, 3))
	got := b.do(t, http.MethodPost, f.path("/sync"), "").feed(t, http.StatusOK)
	if got.Change == nil || got.Change.Moved != 1 || got.NightsBlocked != 3 || *got.LastSuccessAt != "2026-12-01T12:01:00Z" {
		t.Errorf("%+v %+v", got, got.Change)
	}

	b.clock.move(time.Minute)
	b.do(t, http.MethodPatch, f.path(""), `{"state":"paused"}`).feed(t, http.StatusOK)
	got = b.do(t, http.MethodPost, f.path("/sync"), "").feed(t, http.StatusOK)
	if got.State != "paused" || got.Change == nil || *got.LastSuccessAt != "2026-12-01T12:02:00Z" {
		t.Errorf("one that is paused is read for whoever asks for it, and stays so: %+v", got)
	}
	b.do(t, http.MethodPatch, f.path(""), `{"state":"ok"}`).feed(t, http.StatusOK)

	b.clock.move(time.Minute)
	b.fails()
	got = b.do(t, http.MethodPost, f.path("/sync"), "").feed(t, http.StatusOK)
	if got.State != "failing" || got.LastError == "" || got.Change != nil || got.NightsBlocked != 3 {
		t.Errorf("%+v", got)
	}
	if strings.Contains(b.log.String(), "hunter2") {
		t.Errorf("%s", b.log)
	}

	b.sync = func(context.Context, calendar.Feed) (calendar.Change, error) {
		return calendar.Change{}, calendar.ErrOutrun
	}
	b.do(t, http.MethodPost, f.path("/sync"), "").feed(t, http.StatusOK)

	b.reads()
	b.do(t, http.MethodPost, f.path("/sync"), "").feed(t, http.StatusOK)
	b.sync = func(context.Context, calendar.Feed) (calendar.Change, error) {
		return calendar.Change{}, errors.New("hunter2")
	}
	b.do(t, http.MethodPost, f.path("/sync"), "").refusal(t, http.StatusInternalServerError, "internal")
}

func TestAnOwnerPausesAndResumesAFeed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fails()
	f := b.add(t, `{"source":"airbnb","url":"https://example.com/a"}`)
	due := func() int {
		t.Helper()
		found, err := b.calendars.Due(t.Context(), b.clock.now(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	set := func(state string) shown {
		t.Helper()
		return b.do(t, http.MethodPatch, f.path(""), `{"state":"`+state+`"}`).feed(t, http.StatusOK)
	}
	if due() != 0 {
		t.Error("a feed that failed is due at once")
	}
	if got := set("paused"); got.State != "paused" || got.ID != f.ID {
		t.Errorf("%+v", got)
	}
	b.clock.move(2 * time.Hour)
	if due() != 0 {
		t.Error("a feed that is paused is due")
	}
	b.clock.move(-2 * time.Hour)
	if got := set("ok"); got.State != "failing" || got.Change != nil || due() != 1 {
		t.Errorf("%+v, and %d are due", got, due())
	}
	for body, field := range map[string]string{`{}`: "state", `{"state":"failing"}`: "state", `{"state":"ok","url":"x"}`: "url"} {
		b.do(t, http.MethodPatch, f.path(""), body).refusal(t, http.StatusUnprocessableEntity, "invalid", field)
	}
}

func TestAnOwnersWordEndsAQuarantine(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var many []calendar.Listed
	for i := range 5 {
		many = append(many, stay(fmt.Sprint(i), 2026, 12, 4+4*i, 3))
	}
	b.reads(many...)
	f := b.add(t, `{"source":"airbnb","url":"https://example.com/a"}`)
	b.clock.move(time.Minute)
	b.reads()
	got := b.do(t, http.MethodPost, f.path("/sync"), "").feed(t, http.StatusOK)
	if got.State != "quarantined" || got.QuarantineReason == "" || got.NightsBlocked != 15 {
		t.Errorf("%+v", got)
	}
	b.do(t, http.MethodPatch, f.path(""), `{"state":"paused"}`).feed(t, http.StatusOK)
	if got := b.do(t, http.MethodPatch, f.path(""), `{"state":"ok"}`).feed(t, http.StatusOK); got.State != "quarantined" || got.NightsBlocked != 15 {
		t.Errorf("what is paused is resumed, and not believed: %+v", got)
	}
	got = b.do(t, http.MethodPatch, f.path(""), `{"state":"ok"}`).feed(t, http.StatusOK)
	if got.State != "ok" || got.QuarantineReason != "" || got.NightsBlocked != 0 || got.Change == nil || got.Change.Freed != 5 || len(got.Change.NightsOpened) == 0 {
		t.Errorf("%+v %+v", got, got.Change)
	}
}

func TestAnOwnerRotatesAndDeletesAFeed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.reads(stay("a", 2026, 12, 4, 3))
	f := b.add(t, `{"source":"airbnb","url":"https://example.com/a"}`)
	rotated := b.do(t, http.MethodPost, f.path("/rotate"), "").feed(t, http.StatusOK)
	if rotated.ExportURL == f.ExportURL || rotated.ID != f.ID || rotated.NightsBlocked != 3 {
		t.Errorf("%+v", rotated)
	}
	a := b.do(t, http.MethodDelete, f.path(""), "")
	if a.status != http.StatusNoContent || a.body != "" || a.header.Get("Content-Type") != "" {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	b.do(t, http.MethodDelete, f.path(""), "").refusal(t, http.StatusNotFound, "not_found")
	var closing int
	if err := b.db.QueryRow(t.Context(), `select count(*) from calendar_events where active`).Scan(&closing); err != nil || closing != 0 {
		t.Errorf("%d of its events close nights: %v", closing, err)
	}
	if a := b.do(t, http.MethodGet, feeds, ""); a.body != `{"feeds":[]}`+"\n" {
		t.Errorf("%s", a.body)
	}
}

func TestNothingIsForStrangersAndNothingLeadsToAnotherCabin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f := b.add(t, `{"source":"airbnb"}`)
	closed := decode[block](t, b.do(t, http.MethodPost, blocks, `{"from":"2027-01-04","to":"2027-01-05"}`), http.StatusCreated)
	tried := 0
	for _, route := range admin.Spec.Routes {
		method, path, _ := strings.Cut(route, " ")
		fill := func(cabin string) string {
			return strings.NewReplacer("{id}", cabin, "{feed}", fmt.Sprint(f.ID), "{block}", fmt.Sprint(closed.ID), "{code}", "ABCDEF", "{refund}", "1", "{message}", "1", "{contact}", "1").Replace(path)
		}
		body := ""
		switch {
		case method == http.MethodPatch:
			body = `{"state":"ok"}`
		case strings.HasSuffix(path, "/feeds") && method == http.MethodPost:
			body = `{"source":"x"}`
		case strings.HasSuffix(path, "/blocks") && method == http.MethodPost:
			body = `{"from":"2027-01-08","to":"2027-01-09"}`
		case strings.HasSuffix(path, "/payments") && method == http.MethodPost:
			body = `{"provider":"cash","amount":"1"}`
		case strings.HasSuffix(path, "/reply"):
			body = `{"text":"Hola"}`
		}
		for _, headers := range [][]string{nil, {"Authorization", "Bearer nonsense"}, {"X-Guest-Token", "x"}} {
			b.as(t, headers, method, fill("1"), body).refusal(t, http.StatusUnauthorized, "unauthenticated")
		}
		if !strings.Contains(path, "{id}") {
			continue
		}
		cabins := []string{"3", "bosque", "99999999999999999999", "0", "-1"}
		if strings.Contains(path, "{feed}") || strings.Contains(path, "{block}") {
			cabins = append(cabins, "2")
		}
		for _, cabin := range cabins {
			b.do(t, method, fill(cabin), body).refusal(t, http.StatusNotFound, "not_found")
			tried++
		}
	}
	if tried < 40 {
		t.Errorf("only %d were tried", tried)
	}
	if n := len(decode[list](t, b.do(t, http.MethodGet, feeds, ""), http.StatusOK).Feeds); n != 1 {
		t.Errorf("there are %d feeds now", n)
	}
}
