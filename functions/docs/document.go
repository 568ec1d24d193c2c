package docs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// document is what the pages read of an OpenAPI document: they show what programs are told, not what we would like to have
// told them.
type document struct {
	Info struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	} `json:"info"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID          string                `json:"operationId"`
	Summary     string                `json:"summary"`
	Parameters  []parameter           `json:"parameters"`
	RequestBody *content              `json:"requestBody"`
	Responses   map[string]content    `json:"responses"`
	Security    []map[string][]string `json:"security"`
}

type parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Description string  `json:"description"`
	Required    bool    `json:"required"`
	Schema      *schema `json:"schema"`
}

// content is a request's body or a response.
type content struct {
	Description string `json:"description"`
	Content     map[string]struct {
		Schema *schema `json:"schema"`
	} `json:"content"`
}

// schema is the part of JSON Schema that our documents use.
type schema struct {
	Ref                  string             `json:"$ref"`
	Title                string             `json:"title"`
	Type                 oneOrMore          `json:"type"`
	Format               string             `json:"format"`
	Description          string             `json:"description"`
	Enum                 []any              `json:"enum"`
	Examples             []any              `json:"examples"`
	Minimum              *float64           `json:"minimum"`
	Maximum              *float64           `json:"maximum"`
	MinLength            *int               `json:"minLength"`
	MaxLength            *int               `json:"maxLength"`
	Items                *schema            `json:"items"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	AdditionalProperties *schema            `json:"additionalProperties"`
}

// oneOrMore is a type, or several of which any will do.
type oneOrMore []string

// UnmarshalJSON reads a string or a list of strings.
func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(o))
	}
	*o = []string{""}
	return json.Unmarshal(text, &(*o)[0])
}

func decode(encoded []byte) (*document, error) {
	var d document
	if err := json.Unmarshal(encoded, &d); err != nil {
		return nil, fmt.Errorf("read our own document: %w", err)
	}
	return &d, nil
}

// operation finds what the document says of a route, a ServeMux pattern.
func (d *document) operation(route string) (method, path string, found operation, ok bool) {
	method, path, _ = strings.Cut(route, " ")
	path = strings.TrimSuffix(path, "{$}")
	found, ok = d.Paths[path][strings.ToLower(method)]
	return method, path, found, ok
}

const schemasPrefix = "#/components/schemas/"

// resolve follows a reference; name is that of the component, if it is one.
func (d *document) resolve(s *schema) (name string, target *schema) {
	name, ok := strings.CutPrefix(s.Ref, schemasPrefix)
	if target = d.Components.Schemas[name]; !ok || target == nil {
		return "", s
	}
	return name, target
}

// is reports whether values of the schema may be of a type.
func (s *schema) is(name string) bool { return slices.Contains(s.Type, name) }

// names lists the properties: those that must be there as they were declared, then the others by name.
func (s *schema) names() []string {
	names := slices.Clone(s.Required)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// opensByItself reports whether following a link to the operation, without knowing anything, shows something.
func (o operation) opensByItself(method string) bool {
	return method == "GET" && len(o.Security) == 0 && !slices.ContainsFunc(o.Parameters, func(p parameter) bool { return p.Required })
}
