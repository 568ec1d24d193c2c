package web_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// desk is a handler that answers what it was asked, so that tests see what reached it.
type desk struct{}

// stay is a request with everything that one can have.
type stay struct {
	ID     int64  `path:"id" json:"-" validate:"min=1"`
	Key    string `header:"Idempotency-Key" json:"-" validate:"omitempty,max=8,printascii"`
	DryRun string `query:"dry_run" json:"-"`
	stayBody
}

type stayBody struct {
	CheckIn  civil.Date  `json:"check_in" validate:"required"`
	Guests   int         `json:"guests" validate:"min=1,max=6"`
	Name     string      `json:"contact_name" validate:"required,max=20,line"`
	Requests string      `json:"special_requests,omitempty" validate:"omitempty,max=200,text"`
	Email    string      `json:"contact_email,omitempty" validate:"omitempty,email"`
	Channel  string      `json:"channel,omitempty" validate:"omitempty,oneof=web phone"`
	Price    money.Cents `json:"price"`
	Pets     bool        `json:"pets,omitempty"`
	Address  *address    `json:"address,omitempty"`
}

type address struct {
	Street string `json:"street"`
	Number int    `json:"number"`
}

type echo struct {
	ID     int64    `json:"id"`
	Key    string   `json:"key"`
	DryRun string   `json:"dry_run"`
	Body   stayBody `json:"body"`
}

func (desk) stay(_ context.Context, r stay) (echo, error) {
	return echo{ID: r.ID, Key: r.Key, DryRun: r.DryRun, Body: r.stayBody}, nil
}

var deskOperations = []web.Operation[desk]{
	web.Act(web.Doc{Route: "POST /stays/{id}", Status: http.StatusCreated}, desk.stay),
}

const goodStay = `{"check_in":"2026-12-04","guests":2,"contact_name":"Ana"}`

// post sends a body to the desk as JSON.
func post(t testing.TB, body string) answer {
	t.Helper()
	return ask(t, web.Mount(desk{}, deskOperations), http.MethodPost, "/stays/7", body, "Content-Type", "application/json")
}

// answer is what came back.
type answer struct {
	t testing.TB
	*httptest.ResponseRecorder
}

// ask puts one request to a handler; headers are names and values in turn.
func ask(t testing.TB, h http.Handler, method, target, body string, headers ...string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{t, w}
}

// is checks the status, and shows the body when it is another.
func (a answer) is(status int) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("got %d, want %d: %s", a.Code, status, a.Body)
	}
	return a
}

// problem reads the answer as the problem document that it must be.
func (a answer) problem() web.Problem {
	a.t.Helper()
	if kind := a.Header().Get("Content-Type"); kind != "application/problem+json" {
		a.t.Fatalf("%d is no problem document but %q: %s", a.Code, kind, a.Body)
	}
	var p web.Problem
	decoder := json.NewDecoder(a.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		a.t.Fatal(err)
	}
	if p.Status != a.Code {
		a.t.Errorf("the body says %d, the status line %d", p.Status, a.Code)
	}
	return p
}

// fields are the messages of a problem document by field.
func fields(p web.Problem) map[string]string {
	all := make(map[string]string, len(p.Errors))
	for _, f := range p.Errors {
		all[f.Field] = f.Message
	}
	return all
}

func decode[T any](t testing.TB, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

// one is the handler of a single operation.
func one[Req, Res any](doc web.Doc, act func(Req) (Res, error)) http.Handler {
	return web.Mount(desk{}, []web.Operation[desk]{
		web.Act(doc, func(_ desk, _ context.Context, r Req) (Res, error) { return act(r) }),
	})
}

func request(t testing.TB, method, target string, body io.Reader) *http.Request {
	t.Helper()
	return httptest.NewRequestWithContext(t.Context(), method, target, body)
}

func serve(t testing.TB, h http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{t, w}
}

// broken is a body whose sender has gone.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (broken) Close() error             { return nil }
