// Package web is the HTTP edge: one log event per request, errors as problem documents, typed acts as handlers, and the
// description of both for OpenAPI. Nothing here knows what is reserved or paid.
package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// HeaderRequestID names the request in answers, logs and problem documents.
const HeaderRequestID = "X-Request-ID"

// Event is what one request leaves in the log: a single line, enriched by whoever handles it.
type Event struct {
	ID       string
	Function string // the function that answered; empty when no route matched
	Route    string // the pattern, never the URL: URLs carry tokens

	mu    sync.Mutex // a handler that outlives its deadline goes on noting
	err   error      // why the answer is not a success
	notes []note
}

type note struct{ key, value string }

type eventKey struct{}

// NewEvent starts an event; onFly says whether the proxy in front names requests (Fly-Request-Id) and may be believed.
func NewEvent(r *http.Request, onFly bool) *Event {
	if id := r.Header.Get("Fly-Request-Id"); onFly && id != "" && len(id) <= 64 {
		return &Event{ID: id}
	}
	var raw [12]byte
	rand.Read(raw[:])
	return &Event{ID: hex.EncodeToString(raw[:])}
}

// WithEvent returns a context that carries the event.
func WithEvent(ctx context.Context, e *Event) context.Context {
	return context.WithValue(ctx, eventKey{}, e)
}

// EventOf returns the request's event; outside of a request one that nobody reads.
func EventOf(ctx context.Context) *Event {
	if e, ok := ctx.Value(eventKey{}).(*Event); ok {
		return e
	}
	return &Event{}
}

// Note adds a field to the request's log line. Never a guest's name, phone, e-mail or text, never a secret.
func Note(ctx context.Context, key, value string) {
	e := EventOf(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.notes = append(e.notes, note{key, value})
}

func (e *Event) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

// Log writes the event's line: unknown errors at error, what is down or busy at warn, the rest at info. A fault's fields are left out, they may quote input.
func (e *Event) Log(log zerolog.Logger, method string, status int, took time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	line := log.Info()
	if status >= http.StatusInternalServerError {
		line = log.Error()
		if isFault(e.err) {
			line = log.Warn() // busy, or a part is down: known, and not to be overlooked
		}
	}
	if e.Function != "" {
		line = line.Str("function", e.Function).Str("route", e.Route)
	}
	line = line.Str("method", method).Int("status", status).
		Float64("ms", float64(took.Microseconds())/1000).Str("request_id", e.ID)
	for _, n := range e.notes {
		line = line.Str(n.key, n.value)
	}
	if e.err != nil {
		line = line.AnErr("error", e.err)
	}
	line.Send()
}

func isFault(err error) bool {
	_, ok := errors.AsType[*fault.Error](err)
	return ok
}
