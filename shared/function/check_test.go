package function_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
)

// found are the lines of what Check says.
func found(functions ...function.Function) []string {
	err := function.Check(functions, noConfig)
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

type job struct {
	ID int `json:"id"`
}

func (job) Kind() string { return "test_job" }

func (job) work(context.Context, job) error { return nil }

// consumed declares a function that works jobs.
func consumed(s function.Spec, work function.Worker[job]) function.Function {
	return function.Consume(s, func(context.Context, struct{}) (function.Worker[job], error) { return work, nil })
}

// task declares a task.
func task(s function.Spec, run function.Task) function.Function {
	return function.Run(s, func(context.Context, struct{}) (function.Task, error) { return run, nil })
}

func nothing(http.ResponseWriter, *http.Request) {}

func TestFunctionsInOrderPass(t *testing.T) {
	t.Parallel()
	if got := found(
		served(spec("reserve", "GET /a/{id}", "POST /a/{id}", "GET /a/{id}/b"), nothing),
		served(spec("webhook-mp", "DELETE /a/{code}", "GET /{$}"), nothing),
		consumed(function.Spec{Name: "settle", Summary: "s", Timeout: 1, Concurrency: 1}, job{}.work),
		task(function.Spec{Name: "expire", Summary: "s", Timeout: 1, Every: time.Minute}, nil),
		task(function.Spec{Name: "migrate", Summary: "s", Timeout: 1}, nil),
	); got != nil {
		t.Errorf("got %q", got)
	}
}

func TestEveryLimitThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	request := func(change func(*function.Spec)) function.Function {
		s := spec("frail", "GET /a")
		change(&s)
		return served(s, nothing)
	}
	tests := map[string]struct {
		declared function.Function
		want     string
	}{
		"timeout":         {request(func(s *function.Spec) { s.Timeout = 0 }), "frail: has no timeout"},
		"no time at all":  {request(func(s *function.Spec) { s.Timeout = -1 }), "frail: has no timeout"},
		"concurrency":     {request(func(s *function.Spec) { s.Concurrency = 0 }), "frail: has no concurrency limit"},
		"body":            {request(func(s *function.Spec) { s.MaxBody = 0 }), "frail: has no body limit"},
		"routes":          {request(func(s *function.Spec) { s.Routes = nil }), "frail: has no routes"},
		"summary":         {request(func(s *function.Spec) { s.Summary = "" }), "frail: has no summary"},
		"connections":     {request(func(s *function.Spec) { s.Connections = -1 }), "frail: cannot hold a negative number of connections"},
		"a period":        {request(func(s *function.Spec) { s.Every = 1 }), "frail: only tasks have a period"},
		"a job's timeout": {consumed(function.Spec{Name: "frail", Summary: "s", Concurrency: 1}, job{}.work), "frail: has no timeout"},
		"a job's concurrency": {
			consumed(function.Spec{Name: "frail", Summary: "s", Timeout: 1}, job{}.work), "frail: has no concurrency limit",
		},
		"a job's routes": {
			consumed(function.Spec{Name: "frail", Summary: "s", Timeout: 1, Concurrency: 1, Routes: []string{"GET /a"}}, job{}.work),
			"frail: only functions triggered by requests have routes",
		},
		"a task's timeout": {task(function.Spec{Name: "frail", Summary: "s"}, nil), "frail: has no timeout"},
		"a task's routes": {
			task(function.Spec{Name: "frail", Summary: "s", Timeout: 1, Routes: []string{"GET /a"}}, nil),
			"frail: only functions triggered by requests have routes",
		},
		"a task's period": {
			task(function.Spec{Name: "frail", Summary: "s", Timeout: 1, Every: -1}, nil), "frail: a period cannot be negative",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff([]string{test.want}, found(test.declared)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNamesAreWhatAnOperatorCanType(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"reserve": true, "webhook-mp": true, "v2": true, "": false, "a": false, "Reserve": false, "web hook": false, "2fast": false,
		"réserve": false, "a_b": false, "-a": false, "--help": false, strings.Repeat("a", 42): false,
	} {
		if got := found(served(spec(name, "GET /a"), nothing)); (got == nil) != good {
			t.Errorf("%q: %q", name, got)
		}
	}
	got := found(served(spec("twice", "GET /a"), nothing), served(spec("twice", "GET /b"), nothing))
	if d := cmp.Diff([]string{"twice: two functions have this name"}, got); d != "" {
		t.Error(d)
	}
}

func TestNamesOfConsumersAreNamesOfQueues(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{"send-mail": true, "send--mail": false, "send-": false} {
		s := function.Spec{Name: name, Summary: "s", Timeout: time.Second, Concurrency: 1}
		if got := found(consumed(s, job{}.work)); (got == nil) != good {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestTwoConsumersOfOneKindAreNamed(t *testing.T) {
	t.Parallel()
	s := function.Spec{Name: "first", Summary: "s", Timeout: 1, Concurrency: 1}
	other := s
	other.Name = "second"
	got := found(consumed(s, job{}.work), consumed(other, job{}.work))
	if d := cmp.Diff([]string{"second: first already consumes jobs of kind test_job"}, got); d != "" {
		t.Error(d)
	}
}

func TestRoutesThatClashAreNamedWithBothPatternsAndBothFunctions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		first, second, want string
	}{
		"the same":          {"GET /a", "GET /a", `second: route "GET /a" clashes with "GET /a" of first`},
		"under other names": {"GET /a/{id}", "GET /a/{code}", `second: route "GET /a/{code}" clashes with "GET /a/{id}" of first`},
		"overlapping":       {"GET /a/{id}", "GET /{x}/b", `second: route "GET /{x}/b" clashes with "GET /a/{id}" of first`},
		"no method":         {"GET /a", "/a", `second: route "/a" has no method`},
		"no path":           {"GET /a", "GET a/b{", `second: route "GET a/b{" is not a pattern`},
		"an empty one":      {"GET /a", "", `second: route "" has no method`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := found(served(spec("first", test.first), nothing), served(spec("second", test.second), nothing))
			if len(got) != 1 || !strings.HasPrefix(got[0], test.want) || strings.Contains(got[0], ".go:") {
				t.Errorf("got %q", got)
			}
		})
	}
}

// KeyConfig is exported because envconfig passes over embedded structs that are not.
type KeyConfig struct {
	config.Environment
	Key config.Secret `envconfig:"TEST_FUNCTION_KEY" validate:"required"`
}

// URLConfig has more variables, and one of the same.
type URLConfig struct {
	KeyConfig
	URL   string `envconfig:"TEST_FUNCTION_URL" validate:"url"`
	Limit int    `envconfig:"TEST_FUNCTION_LIMIT"`
}

// configured declares a function with a configuration.
func configured[C any](name string) function.Function {
	return function.Serve(spec(name, "GET /"+name), func(context.Context, C) (http.Handler, error) {
		return nil, errors.New("built, although nothing may open")
	})
}

func TestVariablesAreNamedOnceAndTheirValuesNever(t *testing.T) {
	t.Setenv("TEST_FUNCTION_URL", "s3cret is no url")
	functions := []function.Function{configured[KeyConfig]("one"), configured[KeyConfig]("two"), configured[URLConfig]("three")}
	err := function.Check(functions, config.FromEnvironment())
	if err == nil {
		t.Fatal("all is well")
	}
	lines := strings.Split(err.Error(), "\n")
	slices.Sort(lines)
	want := []string{"one: TEST_FUNCTION_KEY is missing", "three: TEST_FUNCTION_URL must be a URL"}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}

	t.Setenv("TEST_FUNCTION_LIMIT", "s3cret")
	err = function.Check(functions[2:], config.FromEnvironment())
	if err == nil || !strings.Contains(err.Error(), "three: TEST_FUNCTION_LIMIT must be a whole number") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}

func TestAConfigurationThatCannotBeLoadedIsNamedByItsFunction(t *testing.T) {
	t.Parallel()
	broken := errors.New("no such struct")
	err := function.Check([]function.Function{configured[KeyConfig]("one")}, func(any) error { return broken })
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "one: ") {
		t.Errorf("got %v", err)
	}
}

func TestAFunctionListsTheVariablesItReads(t *testing.T) {
	t.Parallel()
	want := []string{"ENVIRONMENT", "TEST_FUNCTION_KEY", "TEST_FUNCTION_URL", "TEST_FUNCTION_LIMIT"}
	if d := cmp.Diff(want, configured[URLConfig]("one").Variables()); d != "" {
		t.Error(d)
	}
}

func TestWhatCannotBeBuiltIsNamedByItsFunction(t *testing.T) {
	t.Parallel()
	b := setup(t)
	refused := errors.New("variable missing")
	refuse := func(any) error { return refused }
	failed := errors.New("cannot dial")
	s := function.Spec{Name: "frail", Summary: "s", Timeout: 1, Concurrency: 1}
	handler := function.Serve(s, func(context.Context, struct{}) (http.Handler, error) { return nil, failed })
	consumer := function.Consume(s, func(context.Context, struct{}) (function.Worker[job], error) { return nil, failed })
	ran := function.Run(s, func(context.Context, struct{}) (function.Task, error) { return nil, failed })
	for _, test := range []struct {
		load function.Loader
		want error
	}{{refuse, refused}, {noConfig, failed}} {
		_, handlerErr := b.Handler(t.Context(), handler, test.load)
		_, consumerErr := b.Consumer(t.Context(), consumer, test.load)
		for _, err := range []error{handlerErr, consumerErr, b.RunTask(t.Context(), ran, test.load)} {
			if !errors.Is(err, test.want) || !strings.HasPrefix(err.Error(), "frail: ") {
				t.Errorf("got %v, want %v", err, test.want)
			}
		}
	}
}

func TestAConsumerIsDeclaredWithoutBeingBuilt(t *testing.T) {
	t.Parallel()
	s := function.Spec{Name: "settle", Summary: "s", Timeout: time.Second, Concurrency: 1}
	f := function.Consume(s, func(context.Context, struct{}) (function.Worker[job], error) {
		return nil, errors.New("built, although it is only declared")
	})
	declared := f.Declared()
	if f.Trigger != function.Queued || f.Kind != "test_job" || declared.Kind != "test_job" || declared.Name != "settle" {
		t.Errorf("got %+v", declared)
	}
}
