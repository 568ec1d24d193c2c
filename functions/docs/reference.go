package docs

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
)

// reference is what the page to read shows.
type reference struct {
	Title, Description string
	Groups             []group
	General            [][]span // the refusals that any route may give
	Objects            []objectView
	TokenSteps         string
}

// group is the operations of one function.
type group struct {
	Name, Summary string
	Operations    []operationView
}

type operationView struct {
	ID, Method, Path, Summary, Callers string
	Opens                              bool // following a link to it shows something
	Parameters, Fields                 []fieldView
	Responses                          []responseView
	Example                            string
}

type fieldView struct {
	Name, In    string
	Required    bool
	Kind        kind
	Description [][]span
}

type responseView struct {
	Status, Words string
	Bodies        []bodyView
	Description   [][]span
}

type bodyView struct {
	Media string
	Kind  kind
}

type objectView struct {
	Name   string
	Fields []fieldView
}

// holdPath is the route whose answer has what the guest's examples need.
const holdPath = "/api/v1/reservations"

func newReference(d *document, served []function.Spec, baseURL string, now time.Time) reference {
	r := reference{Title: d.Info.Title, Description: d.Info.Description}
	e := newExamples(d, baseURL, now)
	shift := 0
	general := make(map[string]bool)
	for _, spec := range served {
		g := group{Name: spec.Name, Summary: spec.Summary}
		for _, doc := range spec.Docs {
			method, path, o, ok := d.operation(doc.Route)
			if !ok {
				continue
			}
			if method != http.MethodGet {
				shift++
			}
			g.Operations = append(g.Operations, d.view(method, path, o, e.curl(method, path, o, shift)))
			for _, paragraph := range paragraphs(o.Responses["default"].Description) {
				if code := paragraph[0].Text; !general[code] {
					general[code] = true
					r.General = append(r.General, paragraph)
				}
			}
		}
		if g.Operations != nil {
			r.Groups = append(r.Groups, g)
		}
	}
	r.Objects = d.objects()
	r.TokenSteps = e.tokenSteps(holdPath, shift+1)
	return r
}

func (d *document) view(method, path string, o operation, example string) operationView {
	v := operationView{
		ID: o.ID, Method: method, Path: path, Summary: o.Summary, Callers: callers(o.Security),
		Opens: o.opensByItself(method), Responses: d.responses(o), Example: example,
	}
	for _, p := range slices.SortedStableFunc(slices.Values(o.Parameters), byPlace) {
		v.Parameters = append(v.Parameters, fieldView{
			Name: p.Name, In: p.In, Required: p.Required, Kind: d.kindOf(p.Schema), Description: paragraphs(p.Description),
		})
	}
	if o.RequestBody != nil {
		if media, ok := o.RequestBody.Content["application/json"]; ok {
			_, body := d.resolve(media.Schema)
			v.Fields = d.fields(body)
		}
	}
	return v
}

func (d *document) fields(s *schema) []fieldView {
	var fields []fieldView
	for _, name := range s.names() {
		property := s.Properties[name]
		_, target := d.resolve(property)
		fields = append(fields, fieldView{
			Name: name, Required: slices.Contains(s.Required, name), Kind: d.kindOf(property),
			Description: paragraphs(cmp.Or(property.Description, target.Description)),
		})
	}
	return fields
}

// responses lists what an operation may answer, by status.
func (d *document) responses(o operation) []responseView {
	var all []responseView
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		if status == "default" {
			continue // the page says it once for all operations
		}
		response := o.Responses[status]
		code, _ := strconv.Atoi(status)
		v := responseView{Status: status, Words: http.StatusText(code)}
		if response.Description != v.Words {
			v.Description = paragraphs(response.Description)
		}
		for _, media := range slices.Sorted(maps.Keys(response.Content)) {
			v.Bodies = append(v.Bodies, bodyView{media, d.kindOf(response.Content[media].Schema)})
		}
		all = append(all, v)
	}
	return all
}

// objects lists the objects that answers are made of. What requests are made of is shown with them.
func (d *document) objects() []objectView {
	asked := make(map[string]bool)
	for _, methods := range d.Paths {
		for _, o := range methods {
			if o.RequestBody == nil {
				continue
			}
			for _, media := range o.RequestBody.Content {
				name, _ := d.resolve(media.Schema)
				asked[name] = true
			}
		}
	}
	var all []objectView
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		if s := d.Components.Schemas[name]; s.is("object") && !asked[name] {
			all = append(all, objectView{name, d.fields(s)})
		}
	}
	return all
}
