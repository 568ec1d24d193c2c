// Package docs is the function that says what is served here, to people and to programs.
package docs

import (
	"net/http"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "docs",
	Summary:     "what is served here: OpenAPI and a page to read",
	Routes:      web.Routes(operations),
	Docs:        web.Docs(operations),
	Public:      true,
	Timeout:     5 * time.Second,
	Concurrency: 32,
	MaxBody:     1 << 10,
}

// Deps is what the function is given.
type Deps struct {
	// Served describes every route of the process, this function's included.
	Served func() []web.Doc
}

var operations = []web.Operation[*handler]{
	web.Raw(web.Doc{
		Route: "GET /api/v1/openapi.json", Status: http.StatusOK, Response: map[string]any{}, Cached: true,
		Summary: "This API as an OpenAPI 3.1 document",
	}, (*handler).openapi),
}

type handler struct{ Deps }

// New returns the function's handler.
func New(d Deps) http.Handler { return web.Mount(&handler{d}, operations) }

func (h *handler) openapi(w http.ResponseWriter, r *http.Request) error {
	document, err := web.OpenAPI("/", h.Served())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(document)
	return err
}
