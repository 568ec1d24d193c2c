package function

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

// nameForm is also what the queue accepts: single hyphens, in between.
var nameForm = regexp.MustCompile(`^[a-z][a-z0-9]+(-[a-z0-9]+)*$`)

const longestName = 40

// Check looks at functions before anything opens: names, limits, routes that clash, and every configuration. It returns all
// that is wrong, one line each, joined.
func Check(functions []Function, load Loader) error {
	var wrong []error
	names := make(map[string]bool)
	kinds := make(map[string]string)
	for _, f := range functions {
		if names[f.Name] {
			wrong = append(wrong, fmt.Errorf("%s: two functions have this name", f.Name))
		}
		names[f.Name] = true
		if other, taken := kinds[f.Kind]; taken && f.Kind != "" {
			wrong = append(wrong, fmt.Errorf("%s: %s already consumes jobs of kind %s", f.Name, other, f.Kind))
		}
		kinds[f.Kind] = f.Name
		wrong = append(wrong, f.checkSpec()...)
	}
	wrong = append(wrong, checkRoutes(functions)...)
	wrong = append(wrong, checkConfigurations(functions, load)...)
	return errors.Join(wrong...)
}

func (f Function) checkSpec() []error {
	var wrong []error
	refuse := func(bad bool, what string) {
		if bad {
			wrong = append(wrong, fmt.Errorf("%s: %s", f.Name, what))
		}
	}
	refuse(!nameForm.MatchString(f.Name) || len(f.Name) > longestName, "a name is up to 40 lower-case letters and digits, with single hyphens in between")
	refuse(f.Summary == "", "has no summary")
	refuse(f.Timeout <= 0, "has no timeout")
	refuse(f.Trigger != Clock && f.Concurrency <= 0, "has no concurrency limit")
	refuse(f.Trigger != Clock && f.Every != 0, "only tasks have a period")
	refuse(f.Trigger == Clock && f.Every < 0, "a period cannot be negative")
	refuse(f.Trigger == Request && len(f.Routes) == 0, "has no routes")
	refuse(f.Trigger == Request && f.MaxBody <= 0, "has no body limit")
	refuse(f.Trigger != Request && len(f.Routes) != 0, "only functions triggered by requests have routes")
	refuse(f.Connections < 0, "cannot hold a negative number of connections")
	refuse(f.Trigger != Clock && len(f.Flags) != 0, "only tasks have flags")
	for i, flag := range f.Flags {
		if what := flag.wrong(f.Flags[:i]); what != "" {
			refuse(true, fmt.Sprintf("flag %q %s", flag.Name, what))
		}
	}
	return wrong
}

// checkRoutes registers every pattern the way the router will. ServeMux panics on a clash; here that is an error that names
// both patterns and both functions.
func checkRoutes(functions []Function) []error {
	var wrong []error
	mux := http.NewServeMux()
	of := make(map[string]string)
	for _, f := range functions {
		for _, route := range f.Routes {
			if err := register(mux, route, of); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: route %q %w", f.Name, route, err))
				continue
			}
			of[route] = f.Name
		}
	}
	return wrong
}

func register(mux *http.ServeMux, route string, of map[string]string) (err error) {
	if !strings.Contains(route, " ") {
		return errors.New("has no method")
	}
	defer func() {
		if r := recover(); r != nil {
			err = errors.New(clashWords(fmt.Sprint(r), of))
		}
	}()
	mux.Handle(route, http.NotFoundHandler())
	return nil
}

// clashWords keeps of ServeMux's explanation the line that matters: which patterns clash, not where they were registered.
func clashWords(text string, of map[string]string) string {
	first, _, _ := strings.Cut(text, "\n")
	if _, other, ok := strings.Cut(first, "conflicts with pattern "); ok {
		pattern, _, _ := strings.Cut(other, " (registered")
		return fmt.Sprintf("clashes with %s of %s", pattern, of[strings.Trim(pattern, `"`)])
	}
	return "is not a pattern: " + first
}

// checkConfigurations reports a variable once, however many functions read it.
func checkConfigurations(functions []Function, load Loader) []error {
	var wrong []error
	seen := make(map[config.Problem]bool)
	for _, f := range functions {
		err := f.check(load)
		problems, ok := errors.AsType[config.Problems](err)
		if err != nil && !ok {
			wrong = append(wrong, fmt.Errorf("%s: %w", f.Name, err))
		}
		for _, p := range problems {
			if !seen[p] {
				seen[p] = true
				wrong = append(wrong, fmt.Errorf("%s: %s %s", f.Name, p.Variable, p.Message))
			}
		}
	}
	return wrong
}
