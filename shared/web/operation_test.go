package web_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type nothing struct{}

// answering is the handler of a GET that answers with v.
func answering[Res any](cached bool, v Res) http.Handler {
	return one(web.Doc{Route: "GET /thing", Status: http.StatusOK, Cached: cached}, func(nothing) (Res, error) { return v, nil })
}

func TestAnAnswerIsJSONThatNobodyKeeps(t *testing.T) {
	t.Parallel()
	a := ask(t, answering(false, map[string]string{"url": "https://x/?a=1&t=<k>"}), http.MethodGet, "/thing", "").is(200)
	if got := a.Body.String(); got != `{"url":"https://x/?a=1&t=<k>"}`+"\n" {
		t.Errorf("got %s", got)
	}
	want := http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}, "Content-Length": {strconv.Itoa(a.Body.Len())}}
	if d := cmp.Diff(want, a.Header()); d != "" {
		t.Error(d)
	}
}

func TestABodyThatCannotBeEncodedIsAnErrorAndNotHalfAnAnswer(t *testing.T) {
	t.Parallel()
	a := ask(t, answering(true, map[string]any{"a": 1, "b": math.Inf(1)}), http.MethodGet, "/thing", "").is(http.StatusInternalServerError)
	if p := a.problem(); p.Code != "internal" {
		t.Errorf("got %+v", p)
	}
}

func TestAnErrorOfTheActIsAnsweredAsWhatItIs(t *testing.T) {
	t.Parallel()
	h := one(web.Doc{Route: "GET /thing", Status: http.StatusOK}, func(nothing) (string, error) { return "never shown", fault.ErrNotFound })
	if p := ask(t, h, http.MethodGet, "/thing", "").is(http.StatusNotFound).problem(); p.Code != "not_found" {
		t.Errorf("got %+v", p)
	}
}

func TestAnEncodedBodyIsSentByteForByte(t *testing.T) {
	t.Parallel()
	stored := web.Encoded[echo]{Bytes: []byte("{ \"stored\" :\t\"<as it was>\u00a0\"}"), Header: map[string]string{"Idempotent-Replayed": "true"}}
	h := one(web.Doc{Route: "GET /thing", Status: http.StatusCreated}, func(nothing) (web.Encoded[echo], error) { return stored, nil })
	for range 3 { // buffers are used again
		a := ask(t, h, http.MethodGet, "/thing", "").is(http.StatusCreated)
		if got := a.Body.String(); got != string(stored.Bytes) {
			t.Errorf("got %q", got)
		}
		if a.Header().Get("Idempotent-Replayed") != "true" || a.Header().Get("Content-Type") != "application/json" {
			t.Errorf("the headers are %v", a.Header())
		}
	}
}

func TestEncodeMakesWhatAHandlerWouldSend(t *testing.T) {
	t.Parallel()
	v := echo{ID: 3, Key: "<&>\u2028"}
	encoded, err := web.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(ask(t, answering(false, v), http.MethodGet, "/thing", "").Body.String(), string(encoded)); d != "" {
		t.Error(d)
	}
	if _, err := web.Encode(math.NaN()); err == nil {
		t.Error("a number that JSON does not have was encoded")
	}
}

// long writes its own JSON.
type long struct{ text string }

func (l long) AppendJSON(b []byte) []byte { return append(append(append(b, '"'), l.text...), '"') }

func TestABodyMayWriteItsOwnJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"short", strings.Repeat("long ", 40_000), "short again"} {
		a := ask(t, answering(true, long{text}), http.MethodGet, "/thing", "").is(200)
		if got := a.Body.String(); got != `"`+text+`"` {
			t.Errorf("got %d bytes for %d", len(got), len(text)+2)
		}
	}
}

func TestAnAnswerThatTheClientHasIsNotSentAgain(t *testing.T) {
	t.Parallel()
	h := answering(true, "the calendar of December")
	first := ask(t, h, http.MethodGet, "/thing", "").is(200)
	tag := first.Header().Get("ETag")
	if got := first.Header().Get("Cache-Control"); got != "no-cache" || len(tag) < 10 {
		t.Fatalf("the ETag is %q, Cache-Control %q", tag, got)
	}
	tests := map[string]struct {
		held   []string
		status int
	}{
		"the same":               {[]string{tag}, 304},
		"the same, weakly":       {[]string{"W/" + tag}, 304},
		"one of a list":          {[]string{`"a", "b" ,` + tag + `, "c"`}, 304},
		"one of a list of lines": {[]string{`"a"`, tag}, 304},
		"any":                    {[]string{"*"}, 304},
		"another":                {[]string{`"a"`}, 200},
		"without quotes":         {[]string{strings.Trim(tag, `"`)}, 200},
		"empty":                  {[]string{""}, 200},
		"garbage":                {[]string{`W/W/,",`}, 200},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var headers []string
			for _, held := range test.held {
				headers = append(headers, "If-None-Match", held)
			}
			a := ask(t, h, http.MethodGet, "/thing", "", headers...).is(test.status)
			if a.Header().Get("ETag") != tag || a.Header().Get("Cache-Control") != "no-cache" {
				t.Errorf("the headers are %v", a.Header())
			}
			if test.status == http.StatusNotModified && (a.Body.Len() > 0 || a.Header().Get("Content-Length") != "") {
				t.Errorf("a 304 has a body: %v %s", a.Header(), a.Body)
			}
		})
	}
	if other := ask(t, answering(true, "of January"), http.MethodGet, "/thing", "").Header().Get("ETag"); other == tag {
		t.Error("another answer has the same tag")
	}
	if got := ask(t, answering(false, "never kept"), http.MethodGet, "/thing", "", "If-None-Match", "*").is(200).Header().Get("ETag"); got != "" {
		t.Errorf("an answer that is not cached has the tag %s", got)
	}
}

func TestAHandlerThatWritesItsOwnAnswerReturnsItsErrors(t *testing.T) {
	t.Parallel()
	h := web.Mount(desk{}, []web.Operation[desk]{
		web.Raw(web.Doc{Route: "GET /ok"}, func(_ desk, w http.ResponseWriter, r *http.Request) error {
			web.WriteJSON(w, r, http.StatusAccepted, 7)
			return nil
		}),
		web.Raw(web.Doc{Route: "GET /refused"}, func(desk, http.ResponseWriter, *http.Request) error { return fault.ErrBusy }),
		web.Raw(web.Doc{Route: "GET /broken"}, func(desk, http.ResponseWriter, *http.Request) error { return errors.New("private") }),
	})
	if got := ask(t, h, http.MethodGet, "/ok", "").is(http.StatusAccepted).Body.String(); got != "7\n" {
		t.Errorf("got %q", got)
	}
	if p := ask(t, h, http.MethodGet, "/refused", "").is(http.StatusServiceUnavailable).problem(); p.Code != "busy" {
		t.Errorf("got %+v", p)
	}
	ask(t, h, http.MethodGet, "/broken", "").is(http.StatusInternalServerError)
}

func TestOperationsListTheirRoutesAndTheirDescriptions(t *testing.T) {
	t.Parallel()
	operations := []web.Operation[desk]{
		web.Act(web.Doc{Route: "GET /a"}, func(desk, context.Context, nothing) (echo, error) { return echo{}, nil }),
		web.Raw(web.Doc{Route: "POST /b", Response: 7}, func(desk, http.ResponseWriter, *http.Request) error { return nil }),
	}
	if d := cmp.Diff([]string{"GET /a", "POST /b"}, web.Routes(operations)); d != "" {
		t.Error(d)
	}
	docs := web.Docs(operations)
	if docs[0].Request != any(nothing{}) || docs[0].Route != "GET /a" || docs[1].Response != 7 {
		t.Errorf("got %+v", docs)
	}
	if _, ok := docs[0].Response.(echo); !ok {
		t.Errorf("the answer is described as a %T", docs[0].Response)
	}
}
