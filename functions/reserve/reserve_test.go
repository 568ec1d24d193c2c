package reserve_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/functions/reserve"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// TestRoutes holds on to what clients were promised: a route may be added here, never taken away.
func TestRoutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	held := b.held(t, nights("2026-12-20", "2026-12-22"))
	promised := []struct {
		route, path, body string
		status            int
	}{
		{"GET /api/v1/accommodations", "/api/v1/accommodations", "", 200},
		{"GET /api/v1/accommodations/{id}", "/api/v1/accommodations/bosque", "", 200},
		{"GET /api/v1/accommodations/{id}/availability", "/api/v1/accommodations/1/availability", "", 200},
		{"GET /api/v1/accommodations/{id}/quote", "/api/v1/accommodations/1/quote" + weekend, "", 200},
		{"GET /api/v1/availability", "/api/v1/availability" + weekend, "", 200},
		{"POST /api/v1/reservations", reservations, asked(nil), 201},
		{"POST /api/v1/reservations/pre-reserve", reservations + "/pre-reserve", asked(nights("2026-12-10", "2026-12-11")), 201},
		{"GET /api/v1/reservations/{code}", held.path(""), "", 200},
		{"POST /api/v1/reservations/{code}/extend", held.path("/extend"), "", 200},
		{"POST /api/v1/reservations/{code}/approve", held.path("/approve"), "", 409},
		{"POST /api/v1/reservations/{code}/confirm", held.path("/confirm"), "", 200},
		{"POST /api/v1/reservations/{code}/transfer", held.path("/transfer"), "", 409},
		{"GET /api/v1/reservations/{code}/cancel-preview", held.path("/cancel-preview"), "", 200},
		{"POST /api/v1/reservations/{code}/cancel", held.path("/cancel"), "", 200},
	}
	for _, p := range promised {
		if !slices.Contains(reserve.Spec.Routes, p.route) {
			t.Errorf("%s is gone", p.route)
		}
		method, _, _ := strings.Cut(p.route, " ")
		a := b.do(t, method, p.path, p.body, b.asOwner(t)...)
		if a.status != p.status || a.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %d %s", p.route, a.status, a.body)
		}
		if method == http.MethodGet {
			if head := b.do(t, http.MethodHead, p.path, "", b.asOwner(t)...); head.status != p.status || len(head.body) != 0 {
				t.Errorf("HEAD of %s: %d", p.route, head.status)
			}
		}
	}
	if len(promised) != len(reserve.Spec.Routes) {
		t.Errorf("%d routes are tried, there are %d", len(promised), len(reserve.Spec.Routes))
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	b := serve(t, keeper(t.Errorf))

	t.Run("metrics that are registered already are an error, not a panic", func(t *testing.T) {
		t.Parallel()
		d := reserve.Deps{Bookings: &fake{}, Now: b.clock.now, Metrics: prometheus.NewRegistry()}
		if _, err := reserve.New(reserve.Config{}, d); err != nil {
			t.Fatal(err)
		}
		if _, err := reserve.New(reserve.Config{}, d); err == nil || !strings.Contains(err.Error(), "reservations_total") {
			t.Errorf("%v", err)
		}
	})

	t.Run("without a base URL links lead to this machine", func(t *testing.T) {
		t.Parallel()
		handler, err := reserve.New(reserve.Config{SiteConfig: web.SiteConfig{Port: 9000}}, reserve.Deps{
			Bookings: keeper(t.Errorf), Now: b.clock.now, Metrics: prometheus.NewRegistry(),
		})
		if err != nil {
			t.Fatal(err)
		}
		local := &bundle{mux: handler}
		got := local.direct(http.MethodPost, reservations, strings.NewReader(asked(nil))).reservation(t, http.StatusCreated)
		if !strings.HasPrefix(got.PaymentURL, "http://localhost:9000/pay/") || !strings.HasPrefix(got.ManageURL, "http://localhost:9000/r/") {
			t.Errorf("%+v", got)
		}
	})
}

// TestConfig is not parallel: the environment belongs to the process.
func TestConfig(t *testing.T) {
	good := map[string]string{
		"JWT_SECRET": strings.Repeat("j", 32), "GUEST_TOKEN_SECRET": strings.Repeat("g", 32),
		"ADMIN_ALLOWED_EMAILS": "a@example.com,b@example.com", "BASE_URL": "https://example.com",
		"ICAL_WHEN_STALE": "accept", "ICAL_FRESH_FOR": "10m",
	}
	for name, c := range map[string]struct {
		environment string
		change      map[string]string
		want        []string // variables that are wrong
	}{
		"a laptop needs nothing":             {"development", map[string]string{"JWT_SECRET": "", "GUEST_TOKEN_SECRET": "", "ADMIN_ALLOWED_EMAILS": "", "BASE_URL": ""}, nil},
		"production with everything":         {"production", nil, nil},
		"production without the owners' key": {"production", map[string]string{"JWT_SECRET": ""}, []string{"JWT_SECRET"}},
		"production with guessable keys":     {"production", map[string]string{"JWT_SECRET": "secret", "GUEST_TOKEN_SECRET": "secret"}, []string{"JWT_SECRET", "GUEST_TOKEN_SECRET"}},
		"production without owners":          {"production", map[string]string{"ADMIN_ALLOWED_EMAILS": ""}, []string{"ADMIN_ALLOWED_EMAILS"}},
		"production without its address":     {"production", map[string]string{"BASE_URL": ""}, []string{"BASE_URL"}},
		"an owner who is no address":         {"development", map[string]string{"ADMIN_ALLOWED_EMAILS": "a@example.com,bob"}, []string{"ADMIN_ALLOWED_EMAILS"}},
		"an address that is none":            {"development", map[string]string{"BASE_URL": "example.com"}, []string{"BASE_URL"}},
		"an owner who wants to be asked":     {"production", map[string]string{"ICAL_WHEN_STALE": "owner", "ICAL_FRESH_FOR": "1h"}, nil},
		"a third way with stale calendars":   {"development", map[string]string{"ICAL_WHEN_STALE": "refuse"}, []string{"ICAL_WHEN_STALE"}},
		"calendars that are never stale":     {"development", map[string]string{"ICAL_FRESH_FOR": "25h"}, []string{"ICAL_FRESH_FOR"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("ENVIRONMENT", c.environment)
			t.Setenv("PORT", "8080")
			for variable, value := range good {
				if changed, there := c.change[variable]; there {
					value = changed
				}
				t.Setenv(variable, value)
			}
			var loaded reserve.Config
			err := config.FromEnvironment()(&loaded)
			problems, _ := errors.AsType[config.Problems](err)
			var got []string
			for _, p := range problems {
				name, _, _ := strings.Cut(p.Variable, "[")
				got = append(got, name)
			}
			if !slices.Equal(got, c.want) || err != nil && problems == nil {
				t.Errorf("%v, want complaints about %v", err, c.want)
			}
		})
	}
}
