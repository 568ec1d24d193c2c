package main

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// modulePath is cut off wherever a package of ours is named here.
const modulePath = "github.com/eevans-d/sist-cabanas/"

// floor is how high a package stands. Arrows point down only: it imports what stands lower, and nothing beside it.
type floor int

const (
	ground     floor = iota + 1 // standard library only
	know                        // no I/O
	settings                    // what every adapter may read
	touch                       // adapters
	top                         // how a function meets the world
	functional                  // one folder, one function
	roof                        // the binary
)

// house says where every package stands. A new one is one line; a new function or test helper needs none.
var house = map[string]floor{
	"shared/fault": ground, "shared/money": ground, "shared/civil": ground,
	"shared/booking": know, "shared/runs": know, "shared/icalendar": know, "shared/calendar": know, "shared/payment": know, "shared/notice": know, "shared/chat": know, "shared/conversation": know, "shared/understanding": know, "shared/command": know, "shared/inbox": know, "shared/outbox": know,
	"shared/config": settings, "migrations": settings,
	"shared/postgres": touch, "shared/queue": touch, "shared/limit": touch, "shared/machines": touch, "shared/storage": touch, "shared/feeds": touch,
	"shared/mercadopago": touch, "shared/whatsapp": touch, "shared/mail": touch, "shared/speech": touch,
	"shared/web": top, "shared/function": top, "shared/channels": top, "shared/cashier": top, "shared/desk": top,
	"functions/*": functional,
	"router":      roof,
}

// beside lists the arrows that stay on a floor.
var beside = map[string][]string{
	"shared/function":     {"shared/web"},
	"shared/channels":     {"shared/web"},
	"shared/calendar":     {"shared/icalendar"},
	"shared/notice":       {"shared/booking"},
	"shared/payment":      {"shared/booking", "shared/notice"},
	"shared/conversation": {"shared/booking", "shared/chat", "shared/notice", "shared/understanding"},
	"shared/inbox":        {"shared/chat"},
	"shared/outbox":       {"shared/chat", "shared/conversation", "shared/notice"},
	"shared/command":      {"shared/booking", "shared/chat", "shared/notice", "shared/understanding"},
}

// granted is what a function declares in its Deps and never imports.
var granted = []string{"shared/postgres", "shared/queue", "shared/limit", "shared/machines", "shared/storage", "shared/feeds", "shared/mail", "shared/mercadopago", "shared/whatsapp", "shared/speech", "migrations"}

// shipped is every module of others that may be in the binary, and who may import it.
var shipped = map[string][]string{
	"github.com/jackc/pgx/v5":                {"shared/postgres", "shared/queue"},
	"github.com/pressly/goose/v3":            {"shared/postgres"},
	"github.com/riverqueue/river":            {"shared/queue"},
	"github.com/redis/go-redis/v9":           {"shared/limit"},
	"github.com/kelseyhightower/envconfig":   {"shared/config"},
	"github.com/go-playground/validator/v10": {"shared/config", "shared/web"},
	"github.com/golang-jwt/jwt/v5":           {"shared/web"},
	"github.com/rs/cors":                     {"shared/web"},
	"github.com/swaggest/jsonschema-go":      {"shared/web"},
	"github.com/swaggest/openapi-go":         {"shared/web"},
	"github.com/nyaruka/phonenumbers":        {"functions/reserve"},
	// Everything measures itself and logs, but what has no I/O.
	"github.com/prometheus/client_golang": {
		"shared/postgres", "shared/queue", "shared/limit", "shared/function", "functions/*", "router",
	},
	"github.com/prometheus/client_model": nil, // tests read with it what was measured
	"github.com/superfly/fly-go":         {"shared/machines"},
	"filippo.io/age":                     {"shared/storage"},
	"github.com/klauspost/compress":      {"shared/storage"},
	"github.com/minio/minio-go/v7":       {"shared/storage"},
	"github.com/wneessen/go-mail":        {"shared/mail"},
	"github.com/rs/zerolog": {
		"shared/queue", "shared/limit", "shared/machines", "shared/web", "shared/function", "shared/channels", "functions/*", "router",
	},
}

// unshipped is what only tests, their helpers and the development environment are made with.
var unshipped = []string{
	"github.com/alicebob/miniredis/v2",
	"github.com/arran4/golang-ical",
	"github.com/emersion/go-ical",
	"github.com/fergusstrange/embedded-postgres",
	"github.com/google/go-cmp",
	"github.com/lib/pq",               // embedded-postgres brings it
	"github.com/pelletier/go-toml/v2", // fly.toml
	"github.com/santhosh-tekuri/jsonschema/v6",
	"github.com/teambition/rrule-go",
	"go.uber.org/goleak",
	"pgregory.net/rapid",
}

// doesIO is what packages that only know things keep away from.
var doesIO = []string{"database/sql", "log", "log/slog", "net", "net/http", "net/smtp", "os", "os/exec", "os/signal", "syscall"}

// hollow are names that say nothing of what a package is about.
var hollow = []string{"common", "helper", "helpers", "model", "models", "pkg", "type", "types", "util", "utils"}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath, Name                   string
	Imports, TestImports, XTestImports []string
}

// graph is all our packages, as one set of build tags sees them.
type graph struct {
	packages []pkg
	dev      bool // the binary holds the development environment, which is made of whatever tests are made of
}

func TestArrowsPointDown(t *testing.T) {
	t.Parallel()
	for _, tags := range []string{"", "dev,bench"} {
		t.Run("tags "+tags, func(t *testing.T) {
			t.Parallel()
			g := graph{packages: listPackages(t, tags), dev: tags != ""}
			if len(g.packages) < 10 {
				t.Fatalf("go list finds only %d packages", len(g.packages))
			}
			for _, broken := range g.violations() {
				t.Error(broken)
			}
		})
	}
}

func TestNothingOfTestsIsInTheBinary(t *testing.T) {
	t.Parallel()
	linked := strings.Fields(goList(t, "-deps", "./router"))
	if !slices.Contains(linked, modulePath+"shared/web") {
		t.Fatal("go list does not see what the binary is made of")
	}
	for _, broken := range strays(linked) {
		t.Error(broken)
	}
}

// TestTheRulesBite breaks each rule once.
func TestTheRulesBite(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		of   pkg
		want string // in the violation; empty = there is none
	}{
		{"a function uses the edge and what we know", pkg{ImportPath: "functions/a", Imports: []string{"net/http", "shared/web", "shared/booking", "shared/notice"}}, ""},
		{"a function imports another", pkg{ImportPath: "functions/a", Imports: []string{"functions/b"}}, "functions/a imports functions/b"},
		{"a function takes the database", pkg{ImportPath: "functions/a", Imports: []string{"shared/postgres"}}, "the router grants"},
		{"a function's test takes the database", pkg{ImportPath: "functions/a", XTestImports: []string{"functions/a", "shared/postgres", "shared/postgres/pgtest"}}, ""},
		{"a function's test imports another", pkg{ImportPath: "functions/a", TestImports: []string{"functions/b"}}, "functions/a imports functions/b in its tests"},
		{"a library knows a function", pkg{ImportPath: "shared/web", Imports: []string{"functions/a"}}, "shared/web imports functions/a"},
		{"an adapter imports another", pkg{ImportPath: "shared/queue", Imports: []string{"shared/postgres"}}, "shared/queue imports shared/postgres"},
		{"an adapter reads its configuration", pkg{ImportPath: "shared/limit", Imports: []string{"shared/config", "shared/fault"}}, ""},
		{"an adapter imports the edge", pkg{ImportPath: "shared/mail", Imports: []string{"shared/web"}}, "shared/mail imports shared/web"},
		{"what we know does I/O", pkg{ImportPath: "shared/booking", Imports: []string{"net/http"}}, "shared/booking does I/O with net/http"},
		{"what we know reads configuration", pkg{ImportPath: "shared/booking", Imports: []string{"shared/config"}}, "shared/booking imports shared/config"},
		{"an arrow along a floor", pkg{ImportPath: "shared/function", Imports: []string{"shared/web"}}, ""},
		{"the same arrow backwards", pkg{ImportPath: "shared/web", Imports: []string{"shared/function"}}, "shared/web imports shared/function"},
		{"the ground has a cellar", pkg{ImportPath: "shared/money", Imports: []string{"shared/fault"}}, "shared/money imports shared/fault"},
		{"a test helper in the binary", pkg{ImportPath: "router", Imports: []string{"shared/postgres/pglocal"}}, "router imports the test helper shared/postgres/pglocal"},
		{"a test helper in a test", pkg{ImportPath: "shared/queue", XTestImports: []string{"shared/postgres/pgtest"}}, ""},
		{"a test helper uses what it stands beside", pkg{ImportPath: "shared/postgres/pgtest", Imports: []string{"shared/postgres", "shared/postgres/pglocal", "migrations"}}, ""},
		{"a test helper knows a function", pkg{ImportPath: "shared/mail/mailtest", Imports: []string{"functions/a"}}, "shared/mail/mailtest imports functions/a"},
		{"a stranger's module", pkg{ImportPath: "router", Imports: []string{"github.com/evil/left-pad"}}, "github.com/evil/left-pad is not among"},
		{"a stranger's module in a test", pkg{ImportPath: "router", TestImports: []string{"github.com/evil/left-pad"}}, "github.com/evil/left-pad is not among"},
		{"a module in the wrong hands", pkg{ImportPath: "shared/web", Imports: []string{"github.com/jackc/pgx/v5/pgconn"}}, "shared/web may not import github.com/jackc/pgx/v5"},
		{"a module of tests in the product", pkg{ImportPath: "shared/web", Imports: []string{"pgregory.net/rapid"}}, "shared/web may not import pgregory.net/rapid"},
		{"a module whose name only begins alike", pkg{ImportPath: "shared/queue", Imports: []string{"github.com/riverqueue/riverui"}}, "github.com/riverqueue/riverui is not among"},
		{"a hollow name", pkg{ImportPath: "functions/utils"}, "says nothing"},
		{"a hollow name inside", pkg{ImportPath: "functions/a", Name: "helpers"}, "says nothing"},
		{"a package nobody placed", pkg{ImportPath: "shared/zeppelin"}, "shared/zeppelin stands nowhere"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expectOne(t, graph{packages: []pkg{test.of}}.violations(), test.want)
		})
	}
	t.Run("a test helper in the development environment", func(t *testing.T) {
		t.Parallel()
		of := pkg{ImportPath: "router", Imports: []string{"shared/postgres/pglocal", "github.com/alicebob/miniredis/v2", "github.com/jackc/pgx/v5"}}
		expectOne(t, graph{packages: []pkg{of}, dev: true}.violations(), "")
	})
	t.Run("what is linked in", func(t *testing.T) {
		t.Parallel()
		expectOne(t, strays([]string{"fmt", modulePath + "shared/web", modulePath + "shared/mail/mailtest"}), "shared/mail/mailtest")
		expectOne(t, strays([]string{"fmt", "pgregory.net/rapid", "github.com/rs/zerolog"}), "pgregory.net/rapid")
	})
}

func expectOne(t *testing.T, got []string, want string) {
	t.Helper()
	switch {
	case want == "" && len(got) > 0:
		t.Errorf("got %q, want nothing", got)
	case want != "" && (len(got) != 1 || !strings.Contains(got[0], want)):
		t.Errorf("got %q, want one that says %q", got, want)
	}
}

func (g graph) violations() []string {
	var broken []string
	for _, p := range g.packages {
		from := strings.TrimPrefix(p.ImportPath, modulePath)
		for _, name := range append(strings.Split(from, "/"), p.Name) {
			if slices.Contains(hollow, name) {
				broken = append(broken, from+": the name "+name+" says nothing of what is in it")
			}
		}
		if standing(from) == 0 {
			broken = append(broken, from+" stands nowhere: give it a floor in house")
			continue
		}
		for _, to := range p.Imports {
			broken = append(broken, g.arrow(from, strings.TrimPrefix(to, modulePath))...)
		}
		for _, to := range slices.Concat(p.TestImports, p.XTestImports) {
			broken = append(broken, arrowOfTests(from, strings.TrimPrefix(to, modulePath))...)
		}
	}
	return broken
}

// arrow judges an import of what is built.
func (g graph) arrow(from, to string) []string {
	development := g.dev && from == "router"
	switch {
	case ours(to) && isHelper(to) && !isHelper(from) && !development:
		return []string{from + " imports the test helper " + to}
	case ours(to) && standing(from) == functional && slices.Contains(granted, to):
		return []string{from + " imports " + to + ", which the router grants to those who declare it in their Deps"}
	case ours(to):
		return downward(from, to, "")
	case isStandard(to) && standing(from) <= know && slices.Contains(doesIO, to):
		return []string{from + " does I/O with " + to}
	case isStandard(to):
		return nil
	}
	module := moduleOf(to)
	allowed := isHelper(from) || development || matches(shipped[module], from)
	switch {
	case module == "":
		return []string{from + ": " + to + " is not among the modules that we use"}
	case !allowed:
		return []string{from + " may not import " + module}
	}
	return nil
}

// arrowOfTests judges an import of a test. Tests may use helpers and every module that we use, and put a function together
// with its adapters as the router does; but what they test does not come to know its neighbours that way.
func arrowOfTests(from, to string) []string {
	switch {
	case ours(to) && to != from && !isHelper(to):
		return downward(from, to, " in its tests")
	case !ours(to) && !isStandard(to) && moduleOf(to) == "":
		return []string{from + ": " + to + " is not among the modules that we use"}
	}
	return nil
}

// downward complains of an arrow that points up or along a floor. A helper stands where its parent stands, and uses it.
func downward(from, to, where string) []string {
	along := slices.Contains(beside[from], to) || isHelper(from) && standing(from) == standing(to)
	if standing(to) < standing(from) || along {
		return nil
	}
	return []string{from + " imports " + to + where}
}

// strays are packages that have no business in the binary.
func strays(linked []string) []string {
	var found []string
	for _, full := range linked {
		short := strings.TrimPrefix(full, modulePath)
		if ours(short) && isHelper(short) || slices.Contains(unshipped, moduleOf(short)) {
			found = append(found, "the binary contains "+short)
		}
	}
	return found
}

func ours(p string) bool { return standing(p) != 0 || strings.HasPrefix(p, "shared/") }

// isHelper reports whether a package of ours is there for tests and development only.
func isHelper(p string) bool {
	_, inside, _ := strings.Cut(strings.TrimPrefix(p, "shared/"), "/")
	name, _, _ := strings.Cut(inside, "/")
	return strings.HasPrefix(p, "shared/") && (strings.HasSuffix(name, "test") || name == "pglocal")
}

func standing(p string) floor {
	if isHelper(p) {
		owner, _, _ := strings.Cut(strings.TrimPrefix(p, "shared/"), "/")
		return house["shared/"+owner]
	}
	if path.Dir(p) == "functions" {
		return house["functions/*"]
	}
	return house[p]
}

func isStandard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".")
}

// moduleOf returns the module among those we use that an import comes from, or nothing.
func moduleOf(imported string) string {
	for module := range maps.Keys(shipped) {
		if within(imported, module) {
			return module
		}
	}
	for _, module := range unshipped {
		if within(imported, module) {
			return module
		}
	}
	return ""
}

func within(imported, module string) bool {
	return imported == module || strings.HasPrefix(imported, module+"/")
}

func matches(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, p)
		return ok && err == nil
	})
}

func listPackages(t *testing.T, tags string) []pkg {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(goList(t, "-tags="+tags, "-json=ImportPath,Name,Imports,TestImports,XTestImports", "./...")))
	var packages []pkg
	for {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func goList(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	command.Dir = ".."
	var complaints strings.Builder
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaints.String())
	}
	return string(out)
}
