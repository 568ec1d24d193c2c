package docs_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/docs"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type listRequest struct {
	Limit int `query:"limit" validate:"omitempty,min=1,max=200" description:"How many at most"`
}

type things struct {
	Things []thing `json:"things" required:"true" nullable:"false"`
}

type thing struct {
	Name string     `json:"name" required:"true" description:"What it is <called>"`
	Made civil.Date `json:"made" required:"true"`
}

type makeRequest struct {
	Code string `path:"code" json:"-" description:"Whose it is"`
	Name string `json:"name" validate:"required,max=80" description:"What to call it"`
	Size string `json:"size,omitempty" validate:"omitempty,oneof=small large"`
	web.Credentials
}

var errTooMany = fault.New(fault.Conflict, "enough_things", "There are enough things.")

// served is what the pages under test describe: a function with routes, one with none, and the pages' own.
func served() []function.Spec {
	return []function.Spec{
		{Name: "things", Summary: "things to have", Routes: []string{"GET /api/v1/things", "POST /api/v1/things/{code}"}, Docs: []web.Doc{
			{Route: "GET /api/v1/things", Status: http.StatusOK, Summary: "All things", Request: listRequest{}, Response: things{}, Cached: true},
			{
				Route: "POST /api/v1/things/{code}", Status: http.StatusCreated, Summary: "Make a <b>thing</b>", Request: makeRequest{}, Response: thing{},
				Secured: web.GuestOrAdmin, Problems: []*fault.Error{errTooMany},
			},
		}},
		{Name: "sweep", Summary: "throw things away"},
		docs.Spec,
	}
}

var now = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

func get(t *testing.T, path string, edit ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	h := docs.New(docs.Config{SiteConfig: web.SiteConfig{BaseURL: "https://cabins.example/"}}, docs.Deps{Served: served, Now: func() time.Time { return now }})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for _, f := range edit {
		f(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func page(t *testing.T, path string) string {
	t.Helper()
	w := get(t, path)
	if w.Code != http.StatusOK {
		t.Fatalf("%s answers %d: %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func TestTheFrontPageShowsEveryFunctionWithItsRoutes(t *testing.T) {
	t.Parallel()
	shown := text(t, page(t, "/"))
	for _, want := range []string{
		"Cabañas", "things to have", "GET /api/v1/things All things", "POST /api/v1/things/{code} Make a <b>thing</b>",
		"sweep", "throw things away", "It has no routes", "/docs", "/api/v1/openapi.json",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page does not say %q:\n%s", want, shown)
		}
	}
}

func TestTheFrontPageLinksToWhatOpensAndToNothingElse(t *testing.T) {
	t.Parallel()
	links := attributes(t, page(t, "/"), "a", "href")
	slices.Sort(links)
	// /healthz and /metrics are not served here.
	want := []string{"/", "/api/v1/openapi.json", "/api/v1/things", "/docs"}
	if got := slices.Compact(links); !slices.Equal(got, want) {
		t.Errorf("links to %q, want %q", got, want)
	}
}

func TestTheReferenceTellsAllAboutAnOperation(t *testing.T) {
	t.Parallel()
	shown := text(t, page(t, "/docs"))
	for _, want := range []string{
		"GET /api/v1/things", "All things.", "Who may call: Anybody.",
		"limit query, optional whole number, 1 to 200 How many at most",
		"304 Not Modified none If-None-Match names the current ETag.",
		"POST /api/v1/things/{code}", "Who may call: The guest, with the reservation's token, or an owner.",
		"code path text Whose it is", "name text, 1 to 80 characters What to call it", "size optional one of: small, large",
		"201 Created DocsTestThing application/json",
		"400 Bad Request WebProblem application/problem+json malformed: The body is not valid JSON.",
		"401 Unauthorized", "denied: That token does not open this.", "enough_things: There are enough things.",
		"made date", "What it is <called>",
		// What holds for all of them.
		"Amounts", "half-open", "Idempotency-Key", "RateLimit-Remaining", "X-Guest-Token", "router token EMAIL",
		"too_many_requests: Too many requests; wait a little and try again.", "too_large: ",
	} {
		if !strings.Contains(strings.ToLower(shown), strings.ToLower(want)) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if t.Failed() {
		t.Log(shown)
	}
}

func TestExamplesAreCommandsThatWork(t *testing.T) {
	t.Parallel()
	shown := elements(t, page(t, "/docs"), "pre")
	for _, want := range []string{
		"curl https://cabins.example/api/v1/things",
		`curl -X POST "https://cabins.example/api/v1/things/$CODE" \` + "\n" +
			`  -H "X-Guest-Token: $GUEST_TOKEN" \` + "\n" +
			`  -H 'Content-Type: application/json' \` + "\n" +
			`  -d '{"name":"text"}'`,
	} {
		if !slices.Contains(shown, want) {
			t.Errorf("there is no example\n%s\namong\n%s", want, strings.Join(shown, "\n\n"))
		}
	}
}

func TestExamplesHaveDatesAhead(t *testing.T) {
	t.Parallel()
	type stayRequest struct {
		CheckIn  civil.Date `query:"check_in" validate:"required" required:"true"`
		CheckOut civil.Date `query:"check_out" validate:"required" required:"true"`
	}
	spec := function.Spec{Name: "stays", Routes: []string{"GET /stays"}, Docs: []web.Doc{
		{Route: "GET /stays", Status: http.StatusOK, Request: stayRequest{}, Response: thing{}},
	}}
	h := docs.New(docs.Config{SiteConfig: web.SiteConfig{Port: 8080}}, docs.Deps{Served: func() []function.Spec { return []function.Spec{spec, docs.Spec} }, Now: func() time.Time { return now }})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/docs", nil))
	const want = "curl 'http://localhost:8080/stays?check_in=2027-02-22&check_out=2027-02-26'"
	if shown := elements(t, w.Body.String(), "pre"); !slices.Contains(shown, want) {
		t.Errorf("there is no example %s among\n%s", want, strings.Join(shown, "\n"))
	}
}

func TestTheDocumentIsJSONThatMayBeKept(t *testing.T) {
	t.Parallel()
	first := get(t, "/api/v1/openapi.json")
	tag := first.Header().Get("ETag")
	if first.Code != http.StatusOK || first.Header().Get("Content-Type") != "application/json" || tag == "" {
		t.Fatalf("got %d, %v", first.Code, first.Header())
	}
	var document struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(first.Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1") || document.Paths["/api/v1/things"] == nil || document.Paths["/docs"] == nil {
		t.Errorf("openapi %q with paths %v", document.OpenAPI, document.Paths)
	}
	again := get(t, "/api/v1/openapi.json", func(r *http.Request) { r.Header.Set("If-None-Match", tag) })
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
		t.Errorf("with the tag it answers %d and %d bytes", again.Code, again.Body.Len())
	}
}

func TestTheDocumentIsMadeOnce(t *testing.T) {
	t.Parallel()
	made := 0
	h := docs.New(docs.Config{}, docs.Deps{Served: func() []function.Spec { made++; return served() }, Now: time.Now})
	for range 3 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/openapi.json", nil))
		if w.Code != http.StatusOK {
			t.Fatalf("got %d", w.Code)
		}
	}
	if made != 1 {
		t.Errorf("it was made %d times", made)
	}
}
