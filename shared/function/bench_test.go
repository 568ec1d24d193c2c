package function_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/function"
)

// silent is an answer that costs nothing, so that what is measured is ours.
type silent struct {
	header http.Header
	code   int
}

func (s *silent) Header() http.Header         { return s.header }
func (s *silent) WriteHeader(code int)        { s.code = code }
func (s *silent) Write(p []byte) (int, error) { return len(p), nil }

// benchmark puts the same request to functions again and again.
func benchmark(b *testing.B, status int, method, path, body string, functions ...function.Function) {
	b.Helper()
	bundle := setup(b)
	bundle.Log = zerolog.New(io.Discard)
	mux := bundle.mux(b, functions...)
	text := strings.NewReader(body)
	r := httptest.NewRequestWithContext(b.Context(), method, path, text)
	r.Header.Set("Content-Type", "application/json")
	w := &silent{header: make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		text.Reset(body)
		clear(w.header)
		mux.ServeHTTP(w, r)
		if w.code != status {
			b.Fatal(w.code)
		}
	}
}

// BenchmarkTrivial is what the contract, the dispatch, the log line and the metrics of a request cost.
func BenchmarkTrivial(b *testing.B) {
	benchmark(b, http.StatusNoContent, http.MethodGet, "/things/7", "", served(spec("trivial", "GET /things/{id}"),
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
}

// BenchmarkQuiet is the same for a probe, which is not logged.
func BenchmarkQuiet(b *testing.B) {
	quiet := spec("quiet", "GET /things/{id}")
	quiet.Quiet = true
	benchmark(b, http.StatusNoContent, http.MethodGet, "/things/7", "", served(quiet,
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
}

// BenchmarkJSON is a whole request with a small body.
func BenchmarkJSON(b *testing.B) {
	benchmark(b, http.StatusCreated, http.MethodPost, "/notes", `{"text":"three nights"}`, notes())
}
