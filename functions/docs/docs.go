// Package docs is the function that says what is served here: to programs as an OpenAPI document, to people as two pages
// that need neither JavaScript nor anything from another host.
package docs

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "docs",
	Summary:     "what is served here: a front page, a reference to read, and OpenAPI",
	Routes:      web.Routes(operations),
	Docs:        web.Docs(operations),
	Public:      true,
	Timeout:     5 * time.Second,
	Concurrency: 32,
	MaxBody:     1 << 10,
}

// Config is what the function reads from its environment.
type Config struct {
	web.SiteConfig // where the examples send their requests
}

// Deps is what the function is given.
type Deps struct {
	Served func() []function.Spec // what this process serves, this function included
	Now    func() time.Time       // the examples' dates lie ahead of it
}

var operations = []web.Operation[*handler]{
	web.Raw(web.Doc{
		Route: "GET /{$}", Status: http.StatusOK, Media: "text/html", Response: "",
		Summary: "The front page: everything that is served here, with links",
	}, (*handler).front),
	web.Raw(web.Doc{
		Route: "GET /docs", Status: http.StatusOK, Media: "text/html", Response: "",
		Summary: "This API as a page to read",
	}, (*handler).reference),
	web.Act(web.Doc{
		Route: "GET /api/v1/openapi.json", Status: http.StatusOK, Cached: true,
		Summary: "This API as an OpenAPI 3.1 document",
	}, (*handler).openapi),
}

type handler struct {
	Deps
	baseURL string
	policy  string // Content-Security-Policy of the pages
	// Made at the first request, when everything is served that will be; the same ever after.
	encoded func() ([]byte, error)
	decoded func() (*document, error)
}

// New returns the function's handler.
func New(c Config, d Deps) http.Handler {
	h := &handler{Deps: d, baseURL: c.URL(), policy: contentSecurityPolicy()}
	h.encoded = sync.OnceValues(func() ([]byte, error) { return web.OpenAPI("/", routesOf(h.Served())) })
	h.decoded = sync.OnceValues(func() (*document, error) {
		encoded, err := h.encoded()
		if err != nil {
			return nil, err
		}
		return decode(encoded)
	})
	return web.Mount(h, operations)
}

func routesOf(served []function.Spec) []web.Doc {
	var all []web.Doc
	for _, spec := range served {
		all = append(all, spec.Docs...)
	}
	return all
}

type noRequest struct{}

func (h *handler) openapi(context.Context, noRequest) (web.Encoded[map[string]any], error) {
	encoded, err := h.encoded()
	return web.Encoded[map[string]any]{Bytes: encoded}, err
}

func (h *handler) front(w http.ResponseWriter, _ *http.Request) error {
	d, err := h.decoded()
	if err != nil {
		return err
	}
	return h.render(w, "front.html", newFront(d, h.Served()))
}

func (h *handler) reference(w http.ResponseWriter, _ *http.Request) error {
	d, err := h.decoded()
	if err != nil {
		return err
	}
	return h.render(w, "reference.html", newReference(d, h.Served(), h.baseURL, h.Now()))
}
