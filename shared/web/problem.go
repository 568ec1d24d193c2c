package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// Problem is the body of every refusal, application/problem+json (RFC 9457).
type Problem struct {
	Type      string        `json:"type" required:"true" description:"A URN that names the code"`
	Title     string        `json:"title" required:"true" description:"The status in words"`
	Status    int           `json:"status" required:"true"`
	Code      string        `json:"code" required:"true" description:"Stable: programs may depend on it"`
	Detail    string        `json:"detail,omitempty" description:"What is wrong and what is allowed"`
	RequestID string        `json:"request_id" required:"true"`
	Errors    []fault.Field `json:"errors,omitempty" description:"What is wrong with which field"`
}

// StatusClientGone is logged, never sent: the client hung up before the answer (nginx's 499).
const StatusClientGone = 499

// Faults of the edge itself.
var (
	ErrMalformed        = fault.New(fault.Malformed, "malformed", "The body is not valid JSON.")
	ErrTooLarge         = fault.New(fault.TooLarge, "too_large", "The body is larger than this route accepts.")
	ErrUnsupportedMedia = fault.New(fault.UnsupportedMedia, "unsupported_media_type", "Send the body as application/json.")
	ErrNoRoute          = fault.New(fault.NotFound, "not_found", "No such page.")
	ErrMethod           = fault.New(fault.MethodNotAllowed, "method_not_allowed", "This page does not take that method; see the Allow header.")
	ErrTimeout          = fault.New(fault.Unavailable, "timeout", "This took too long and was given up; try again.").WithRetryAfter(time.Second)
	ErrTooMany          = fault.New(fault.TooMany, "too_many_requests", "Too many requests; wait a little and try again.")

	errInternal = fault.New(fault.Internal, "internal", "Something went wrong on our side; the request id helps us find it.")
)

// StatusOf is the one place where kinds become statuses.
func StatusOf(kind fault.Kind) int {
	switch kind {
	case fault.Malformed:
		return http.StatusBadRequest
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// Fail answers a request with what err allows to be shown, and leaves err itself for the log. A client that has gone is
// not answered. Where the answer has begun already, nothing can be taken back: the connection is cut, so that half an
// answer is not taken for a whole one. Panicking with http.ErrAbortHandler is how net/http is told to.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	e := EventOf(ctx)
	e.fail(err)
	if answer, ok := w.(interface{ Begun() bool }); ok && answer.Begun() {
		panic(http.ErrAbortHandler)
	}
	shown := shownAs(ctx, err)
	if shown == nil {
		w.WriteHeader(StatusClientGone)
		return
	}
	status := StatusOf(shown.Kind)
	header := w.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Cache-Control", "no-store")
	header.Del("ETag")
	if shown.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int((shown.RetryAfter+time.Second-1)/time.Second)))
	}
	if status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", "Bearer")
	}
	body, _ := json.Marshal(Problem{ // a struct of strings and numbers always encodes
		Type: "urn:cabanas:problem:" + shown.Code, Title: http.StatusText(status), Status: status,
		Code: shown.Code, Detail: shown.Detail, RequestID: e.ID, Errors: shown.Fields,
	})
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck // the client has gone: nothing is left to tell it
}

// shownAs decides what of an error a client sees; nil when there is no client left.
func shownAs(ctx context.Context, err error) *fault.Error {
	cause := context.Cause(ctx)
	large, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch f, ok := errors.AsType[*fault.Error](err); {
	case errors.Is(cause, ErrTimeout):
		return ErrTimeout
	case errors.Is(cause, context.Canceled):
		return nil
	case ok && StatusOf(f.Kind) != http.StatusInternalServerError:
		return f
	case tooLarge:
		return ErrTooLarge.WithDetail(fmt.Sprintf("The body may have at most %d bytes.", large.Limit))
	case errors.Is(err, context.DeadlineExceeded):
		return ErrTimeout
	default:
		return errInternal
	}
}
