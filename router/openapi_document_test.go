package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// specification is the OpenAPI document that a site serves, with what its answers are measured against.
type specification struct {
	root     map[string]any
	compiler *jsonschema.Compiler // over the strict document
	general  map[string]bool      // codes that any route may give

	mu   sync.Mutex
	seen map[string]bool
}

// readSpecification fetches the document from the site.
func readSpecification(t *testing.T, s *service) *specification {
	t.Helper()
	w := s.answer(t, to("GET /api/v1/openapi.json", ""))
	if w.Code != http.StatusOK {
		t.Fatalf("the document is %d: %s", w.Code, w.Body)
	}
	d := &specification{seen: make(map[string]bool), general: make(map[string]bool)}
	if err := json.Unmarshal(w.Body.Bytes(), &d.root); err != nil {
		t.Fatal(err)
	}
	strict, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	closeObjects(strict)
	d.compiler = jsonschema.NewCompiler()
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("openapi.json", strict); err != nil {
		t.Fatal(err)
	}
	for _, o := range d.operations() {
		for _, code := range codesOf(at(o.value, "responses", "default", "content", "application/problem+json")) {
			d.general[code] = true
		}
	}
	return d
}

// closeObjects makes every object schema refuse what it does not mention, so that an answer with a field that nobody
// documented is found. Clients are told no such thing: fields may be added.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, open := v["additionalProperties"]; !open && v["type"] == "object" && v["properties"] != nil {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range v {
			closeObjects(inner)
		}
	}
}

// at descends into a document; nil where there is nothing.
func at(v any, path ...string) any {
	for _, name := range path {
		object, _ := v.(map[string]any)
		v = object[name]
	}
	return v
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// describedOperation is one operation of the document.
type describedOperation struct {
	route string // "GET /api/v1/things/{id}"
	value map[string]any
}

func (d *specification) operations() []describedOperation {
	var all []describedOperation
	for _, path := range slices.Sorted(maps.Keys(object(d.root["paths"]))) {
		for _, method := range slices.Sorted(maps.Keys(object(at(d.root, "paths", path)))) {
			all = append(all, describedOperation{strings.ToUpper(method) + " " + path, object(at(d.root, "paths", path, method))})
		}
	}
	return all
}

// codesOf lists the codes of a problem document's content.
func codesOf(content any) []string {
	values, _ := at(content, "schema", "properties", "code", "enum").([]any)
	codes := make([]string, len(values))
	for i, v := range values {
		codes[i] = fmt.Sprint(v)
	}
	return codes
}

// schema compiles what stands at a place of the document.
func (d *specification) schema(t *testing.T, path ...string) *jsonschema.Schema {
	t.Helper()
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	for i, part := range path {
		path[i] = escape.Replace(part)
	}
	d.mu.Lock() // a compiler is for one goroutine
	defer d.mu.Unlock()
	compiled, err := d.compiler.Compile("openapi.json#/" + strings.Join(path, "/"))
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// expected lists everything that the document says may be answered, each as check names it.
func (d *specification) expected() []string {
	var all []string
	for _, o := range d.operations() {
		for status, response := range object(o.value["responses"]) {
			contents := object(at(response, "content"))
			if len(contents) == 0 {
				all = append(all, o.route+": "+status+" nothing")
			}
			for media, content := range contents {
				if media != problemMedia {
					all = append(all, o.route+": "+status+" "+media)
				}
				for _, code := range codesOf(content) {
					all = append(all, d.key(o.route, status, code))
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

const problemMedia = "application/problem+json"

// key names a refusal. One that any route may give is the same wherever it is given.
func (d *specification) key(route, status, code string) string {
	if d.general[code] {
		return "any route: " + code
	}
	return route + ": " + status + " " + code
}

// check measures an answer against the document, remembers that it was seen, and returns its name: the status, and the code
// of a refusal.
func (d *specification) check(t *testing.T, route string, w *httptest.ResponseRecorder) string {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	method, status := strings.ToLower(method), strconv.Itoa(w.Code)
	responses := object(at(d.root, "paths", path, method, "responses"))
	if responses == nil {
		t.Fatalf("%s is not described", route)
	}
	described := status
	if responses[status] == nil {
		described = "default"
	}
	contents := object(at(responses[described], "content"))
	if w.Header().Get("X-Request-ID") == "" {
		t.Errorf("%s: %s has no request id", route, status)
	}
	if len(contents) == 0 {
		if w.Body.Len() > 0 || w.Header().Get("Content-Type") != "" {
			t.Errorf("%s: %s has a body, and none is described", route, status)
		}
		d.remember(route + ": " + status + " nothing")
		return status
	}
	media, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if err != nil || contents[media] == nil {
		t.Errorf("%s: %s is of type %q, described are %q: %s", route, status, media, slices.Sorted(maps.Keys(contents)), w.Body)
		return status
	}
	if strings.HasSuffix(media, "json") {
		d.validate(t, w.Body.Bytes(), route+": "+status, "paths", path, method, "responses", described, "content", media, "schema")
	}
	if media != problemMedia {
		d.remember(route + ": " + status + " " + media)
		return status
	}
	var problem struct{ Code string }
	_ = json.Unmarshal(w.Body.Bytes(), &problem) // it is valid, or an error already
	d.remember(d.key(route, status, problem.Code))
	return status + " " + problem.Code
}

// validate measures JSON against the schema at a place of the document.
func (d *specification) validate(t *testing.T, text []byte, what string, place ...string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Errorf("%s: not JSON: %v", what, err)
		return
	}
	if err := d.schema(t, place...).Validate(value); err != nil {
		t.Errorf("%s: not as described: %v\n%s", what, err, text)
	}
}

func (d *specification) remember(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen[name] = true
}
