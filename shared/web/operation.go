package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/go-playground/validator/v10"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// Operation is one route of a handler of type H: what it answers to, how it is described, and the act behind it. A function's
// operations are one table, from which its routes, its handler and its part of the OpenAPI document all follow.
type Operation[H any] struct {
	Doc
	bind func(H, *validator.Validate) http.Handler
}

// Doc describes one route for people and for OpenAPI.
type Doc struct {
	Route    string // a ServeMux pattern with its method: "GET /api/v1/things/{id}"
	Summary  string // one line
	Status   int    // of success
	Request  any    // zero value of the request struct
	Response any    // zero value of the success body; nil: none
	Media    string // content type of success; empty: application/json
	// AlsoStatus is another status with the body of success, where a refusal tells as much as a success: health.
	AlsoStatus int
	Problems   []*fault.Error // the refusals a client should expect beside those that any route may give
	Secured    Security       // who may ask
	Cached     bool           // answers carry an ETag, and 304 when the client has it already
}

// Security says who may call a route.
type Security uint8

// Who may call.
const (
	Public       Security = iota // anybody
	GuestOrAdmin                 // whoever holds the reservation's token, or the owner
	AdminOnly                    // the owner
)

// Act declares an operation whose body and answer are JSON: act gets the decoded, checked request and returns the body of
// the answer or an error, usually a fault.
func Act[H, Req, Res any](doc Doc, act func(H, context.Context, Req) (Res, error)) Operation[H] {
	var request Req
	var response Res
	doc.Request, doc.Response = request, response
	return Operation[H]{Doc: doc, bind: func(h H, rules *validator.Validate) http.Handler {
		return newJSONHandler(doc, rules, func(ctx context.Context, request Req) (Res, error) { return act(h, ctx, request) })
	}}
}

// Raw declares an operation that writes its own answer.
func Raw[H any](doc Doc, serve func(H, http.ResponseWriter, *http.Request) error) Operation[H] {
	return Operation[H]{Doc: doc, bind: func(h H, _ *validator.Validate) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := serve(h, w, r); err != nil {
				Fail(w, r, err)
			}
		})
	}}
}

// Routes lists the patterns of operations, for a function's Spec.
func Routes[H any](operations []Operation[H]) []string {
	routes := make([]string, len(operations))
	for i, o := range operations {
		routes[i] = o.Route
	}
	return routes
}

// Docs lists the descriptions of operations, for a function's Spec.
func Docs[H any](operations []Operation[H]) []Doc {
	docs := make([]Doc, len(operations))
	for i, o := range operations {
		docs[i] = o.Doc
	}
	return docs
}

// Mount returns the handler of all operations, acting on h.
func Mount[H any](h H, operations []Operation[H]) http.Handler {
	mux := http.NewServeMux()
	rules := newValidator()
	for _, o := range operations {
		mux.Handle(o.Route, o.bind(h, rules))
	}
	return mux
}

// Encoded is a body that is already JSON: what was stored is sent byte for byte, with the headers that go with it. Of is the
// type that it documents.
type Encoded[Of any] struct {
	Bytes  []byte
	Header map[string]string
}

// encoded is what write and the OpenAPI document ask of an Encoded, whatever it is of.
type encoded interface {
	stored() ([]byte, map[string]string)
	documented() any
}

func (e Encoded[Of]) stored() ([]byte, map[string]string) { return e.Bytes, e.Header }

func (e Encoded[Of]) documented() any {
	var of Of
	return of
}

// Appender is a body that writes its own JSON: the same as encoding/json would, faster. For long lists of small things.
type Appender interface{ AppendJSON([]byte) []byte }

// Encode returns v as the JSON that a handler would send.
func Encode(v any) ([]byte, error) {
	var buffer bytes.Buffer
	err := encodeTo(&buffer, v)
	return buffer.Bytes(), err
}

// encodeTo leaves <, > and & as they are: the bodies are JSON, never HTML, and links stay readable.
func encodeTo(buffer *bytes.Buffer, v any) error {
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// newJSONHandler is the one place where a request is decoded and checked and an answer encoded.
func newJSONHandler[Req, Res any](doc Doc, rules *validator.Validate, act func(context.Context, Req) (Res, error)) http.Handler {
	binder := newBinder(reflect.TypeFor[Req]())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request Req
		if err := binder.bind(r, reflect.ValueOf(&request)); err != nil {
			Fail(w, r, err)
			return
		}
		if err := check(rules, &request); err != nil {
			Fail(w, r, err)
			return
		}
		response, err := act(r.Context(), request)
		if err != nil {
			Fail(w, r, err)
			return
		}
		write(w, r, doc, response)
	})
}

// WriteJSON answers with a body that is not kept by anybody, for handlers that write their own answers.
func WriteJSON(w http.ResponseWriter, r *http.Request, status int, body any) {
	write(w, r, Doc{Status: status}, body)
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func takeBuffer() *bytes.Buffer {
	return buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // the pool holds nothing else
}

// giveBack keeps a buffer for the next request, unless it grew so large that few would need it.
func giveBack(buffer *bytes.Buffer) {
	if buffer.Cap() > 64<<10 {
		return
	}
	buffer.Reset()
	buffers.Put(buffer)
}

// write encodes to a buffer first, so that a body that cannot be encoded is an error and never half an answer.
func write(w http.ResponseWriter, r *http.Request, doc Doc, response any) {
	buffer := takeBuffer()
	defer giveBack(buffer)
	header := w.Header()
	if e, ok := response.(encoded); ok {
		body, headers := e.stored()
		buffer.Write(body)
		for name, value := range headers {
			header.Set(name, value)
		}
	} else if a, ok := response.(Appender); ok {
		buffer.Write(a.AppendJSON(buffer.AvailableBuffer()))
	} else if err := encodeTo(buffer, response); err != nil {
		Fail(w, r, err)
		return
	}
	header.Set("Cache-Control", "no-store")
	if doc.Cached && notModified(w, r, buffer.Bytes()) {
		return
	}
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(buffer.Len()))
	w.WriteHeader(doc.Status)
	w.Write(buffer.Bytes()) //nolint:errcheck // the client has gone: nothing is left to tell it
}

// notModified tags the body, and answers 304 when the client holds the same one (RFC 9110 §13.1.2).
func notModified(w http.ResponseWriter, r *http.Request, body []byte) bool {
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "no-cache") // keep it, but ask before using it: nights are sold by the minute
	if !HasTag(r, tag) {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

// HasTag reports whether the client says with If-None-Match that it has what an ETag names (RFC 9110 §13.1.2), for handlers
// that write their own answers.
func HasTag(r *http.Request, tag string) bool {
	held := strings.Join(r.Header.Values("If-None-Match"), ",") // a list may be spread over lines
	for candidate := range strings.SplitSeq(held, ",") {
		if candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/"); candidate == tag || candidate == "*" {
			return true
		}
	}
	return false
}
