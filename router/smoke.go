package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// smoke asks a running system, from outside, for the cheapest proof of each thing it does. Without -book it writes nothing.
func (p *program) smoke(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("smoke", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	book := flags.Bool("book", false, "")
	cabin := flags.String("cabin", "", "")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		return usagef("usage: router smoke [-book -cabin slug] <https://where.it.runs>")
	}
	if *book && *cabin == "" {
		return usagef("smoke: -book needs -cabin, the slug or number of a cabin that is there for tests: its nights are taken for a moment")
	}
	base := strings.TrimRight(flags.Arg(0), "/")
	if !strings.HasPrefix(base, "http://") && !strings.HasPrefix(base, "https://") {
		return usagef("smoke takes a URL that begins with http:// or https://")
	}
	now, err := p.loadClock()
	if err != nil {
		return err
	}
	s := &smoker{base: base, cabin: *cabin, now: now, client: &http.Client{
		Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	probes := append(s.probes(), s.bookProbe(*book)...)
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	failed := 0
	for _, probe := range probes {
		begin := time.Now()
		err := probe.try(ctx)
		verdict, why := "ok", ""
		if err != nil {
			verdict, why = "FAIL", err.Error()
			failed++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", verdict, probe.what, time.Since(begin).Round(time.Millisecond), why)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d probes failed", failed, len(probes))
	}
	return nil
}

// smokeProbe is one question and what must come back.
type smokeProbe struct {
	what string
	try  func(context.Context) error
}

type smoker struct {
	base   string
	cabin  string // the only one that may be quoted and booked, by its slug or number; "" = any
	now    func() time.Time
	client *http.Client
}

func (s *smoker) probes() []smokeProbe {
	return []smokeProbe{
		{"readiness", s.expect("GET", "/readyz", "", http.StatusOK, `"ready"`)},
		{"health", s.expect("GET", "/healthz", "", http.StatusOK, `"database":{"status":"ok"`)},
		{"metrics, or who may read them", s.metrics},
		{"OpenAPI document", s.expect("GET", "/api/v1/openapi.json", "", http.StatusOK, `"openapi":"3.1`)},
		{"a page to read", s.expect("GET", "/docs", "", http.StatusOK, "<html")},
		{"a quote", s.quote},
		{"a reservation without its token is refused", s.expect("GET", "/api/v1/reservations/000000", "", http.StatusUnauthorized, `"unauthenticated"`)},
		{"a confirmation without the owner's token is refused", s.expect("POST", "/api/v1/reservations/000000/confirm", "", http.StatusUnauthorized, `"unauthenticated"`)},
		{"a booking that makes no sense is refused", s.expect("POST", "/api/v1/reservations", "{}", http.StatusUnprocessableEntity, `"invalid"`)},
		{"what is not there is a problem document", s.expect("GET", "/nothing/here", "", http.StatusNotFound, `"not_found"`)},
	}
}

// expect is the probe that asks once and wants a status and a piece of the body.
func (s *smoker) expect(method, path, body string, status int, contains string) func(context.Context) error {
	return func(ctx context.Context) error {
		got, text, err := s.ask(ctx, method, path, body)
		if err != nil {
			return err
		}
		if got != status || !strings.Contains(text, contains) {
			return fmt.Errorf("%s %s: got %d, want %d with %s in it", method, path, got, status, contains)
		}
		return nil
	}
}

func (s *smoker) ask(ctx context.Context, method, path, body string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.base+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, "", errors.New("no answer: " + withoutQuery(err))
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	return response.StatusCode, string(text), err
}

// withoutQuery shortens a client's error to its cause: its text quotes the URL, and URLs carry tokens.
func withoutQuery(err error) string {
	if cause := errors.Unwrap(err); cause != nil {
		return cause.Error()
	}
	return "the request failed"
}

func (s *smoker) metrics(ctx context.Context) error {
	status, text, err := s.ask(ctx, http.MethodGet, "/metrics", "")
	switch {
	case err != nil:
		return err
	case status == http.StatusUnauthorized, status == http.StatusOK && strings.Contains(text, "app_up 1"):
		return nil
	default:
		return fmt.Errorf("GET /metrics: got %d", status)
	}
}

// freeStay is what one guest could book.
type freeStay struct {
	id       int64
	from, to civil.Date
}

// freeStay finds a cabin and a stay that it accepts, half a year ahead.
func (s *smoker) findStay(ctx context.Context) (freeStay, error) {
	from := civil.Of(s.now(), time.UTC).AddDays(180)
	for nights := 1; nights <= 14; nights++ {
		to := from.AddDays(nights)
		status, text, err := s.ask(ctx, http.MethodGet, fmt.Sprintf("/api/v1/availability?check_in=%s&check_out=%s&guests=1", from, to), "")
		if err != nil {
			return freeStay{}, err
		}
		var found struct {
			Accommodations []struct {
				ID   int64
				Slug string
			}
		}
		if status != http.StatusOK || json.Unmarshal([]byte(text), &found) != nil {
			return freeStay{}, fmt.Errorf("GET /api/v1/availability: got %d", status)
		}
		for _, a := range found.Accommodations {
			if s.cabin == "" || s.cabin == a.Slug || s.cabin == strconv.FormatInt(a.ID, 10) {
				return freeStay{a.ID, from, to}, nil
			}
		}
	}
	return freeStay{}, errors.New("no cabin takes a guest in half a year's time")
}

func (s *smoker) quote(ctx context.Context) error {
	want, err := s.findStay(ctx)
	if err != nil {
		return err
	}
	return s.expect(http.MethodGet, fmt.Sprintf("/api/v1/accommodations/%d/quote?check_in=%s&check_out=%s&guests=1", want.id, want.from, want.to), "",
		http.StatusOK, `"total_price":"`)(ctx)
}

// bookProbe books and cancels. It is the only one that writes.
func (s *smoker) bookProbe(book bool) []smokeProbe {
	if !book {
		return nil
	}
	return []smokeProbe{{"a booking, and its cancellation", s.bookAndCancel}}
}

// cancelTries is how often a cancellation is asked for: what the test has booked must not stay held.
const cancelTries = 3

func (s *smoker) bookAndCancel(ctx context.Context) error {
	want, err := s.findStay(ctx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{
		"accommodation_id": want.id, "check_in": want.from, "check_out": want.to, "guests": 1,
		"contact_name": "Smoke test", "contact_phone": "+541143210000", "channel": "other",
	})
	if err != nil {
		return err
	}
	status, text, err := s.ask(ctx, http.MethodPost, "/api/v1/reservations", string(body))
	if err != nil {
		return err
	}
	var made struct {
		Code      string
		ManageURL string `json:"manage_url"`
	}
	if json.Unmarshal([]byte(text), &made) != nil || status != http.StatusCreated {
		return fmt.Errorf("POST /api/v1/reservations: got %d", status)
	}
	_, query, _ := strings.Cut(made.ManageURL, "?")
	cancel := s.expect(http.MethodPost, "/api/v1/reservations/"+made.Code+"/cancel?"+query, `{"reason":"smoke test"}`, http.StatusOK, `"cancelled"`)
	// Interrupted or not: what was booked is cancelled.
	ctx = context.WithoutCancel(ctx)
	for range cancelTries {
		if err = cancel(ctx); err == nil {
			return nil
		}
	}
	// Without what was asked, which has the guest's token in it.
	return fmt.Errorf("reservation %s was made and could not be cancelled; it is held until it expires", made.Code)
}
