package docs

import "github.com/eevans-d/sist-cabanas/shared/function"

// front is what the front page shows.
type front struct {
	Title     string
	Quick     []route // the pages to begin with
	Functions []frontFunction
}

type frontFunction struct {
	Name, Summary string
	Routes        []route
}

type route struct {
	Method, Path, Summary string
	Opens                 bool // a browser that goes there without more sees something
}

// quickPaths are what people look for first. Those that this process does not serve are left out: no link leads nowhere.
func quickPaths() []string { return []string{"/docs", "/healthz", "/metrics", "/api/v1/openapi.json"} }

func newFront(d *document, served []function.Spec) front {
	f := front{Title: d.Info.Title}
	known := make(map[string]route)
	for _, spec := range served {
		shown := frontFunction{Name: spec.Name, Summary: spec.Summary}
		for _, pattern := range spec.Routes {
			method, path, o, ok := d.operation(pattern)
			r := route{Method: method, Path: path, Summary: o.Summary, Opens: ok && o.opensByItself(method)}
			shown.Routes = append(shown.Routes, r)
			if r.Opens {
				known[path] = r
			}
		}
		f.Functions = append(f.Functions, shown)
	}
	for _, path := range quickPaths() {
		if r, ok := known[path]; ok {
			f.Quick = append(f.Quick, r)
		}
	}
	return f
}
