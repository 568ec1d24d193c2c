package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
)

// documented is what .env.example says of one variable.
type documented struct{ value, comment string }

// readExample reads .env.example the way a shell does, and the comment that stands right above each variable.
func readExample(t *testing.T) map[string]documented {
	t.Helper()
	text, err := os.ReadFile("../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	variables := make(map[string]documented)
	var comment []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if words, ok := strings.CutPrefix(line, "# "); ok {
			comment = append(comment, words)
			continue
		}
		if name, value, ok := strings.Cut(line, "="); ok {
			if _, twice := variables[name]; twice {
				t.Errorf("%s is there twice", name)
			}
			if strings.ContainsAny(value, " \t'\"$`\\&;") {
				t.Errorf("%s: a shell reads %q differently from other programs", name, value)
			}
			variables[name] = documented{value, strings.Join(comment, " ")}
		} else if line != "" {
			t.Errorf("neither a comment nor a variable: %q", line)
		}
		comment = nil
	}
	return variables
}

// everyVariable lists what the process and all functions read.
func everyVariable() []string {
	names := config.Variables(&processConfig{})
	for _, f := range functions(newResources(processConfig{}, io.Discard)) {
		names = append(names, f.Variables()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// setEnvironment makes variables all that the process finds in its environment, of those that it looks for.
func setEnvironment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, name := range everyVariable() {
		t.Setenv(name, "") // for the test's end, which restores what was there
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

// invoke runs a verb as main does, with the environment as it is.
func invoke(t *testing.T, all func(*resources) []function.Function, args ...string) (code int, out, complaint string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := &program{out: &stdout, log: &stdout, errors: &stderr, load: config.FromEnvironment(), functions: all}
	code = p.run(t.Context(), args)
	return code, stdout.String(), stderr.String()
}

func TestEnvExampleDescribesEveryVariable(t *testing.T) {
	t.Parallel()
	example, read := readExample(t), everyVariable()
	for _, name := range read {
		if _, ok := example[name]; !ok {
			t.Errorf("%s is read and not described", name)
		}
	}
	for name, variable := range example {
		if !slices.Contains(read, name) {
			t.Errorf("%s is described, and nothing reads it", name)
		}
		if len(variable.comment) < 40 {
			t.Errorf("%s is not described: %q", name, variable.comment)
		}
	}
}

func TestEnvExampleIsInOrder(t *testing.T) {
	values := make(map[string]string)
	for name, variable := range readExample(t) {
		values[name] = variable.value
	}
	setEnvironment(t, values)
	if code, _, complaint := invoke(t, functions, "check"); code != exitOK || complaint != "" {
		t.Errorf("exit %d: %s", code, complaint)
	}
}

// secretOfTests is in every value below, and must never be printed.
const secretOfTests = "hunter2"

// production is everything that production needs.
func production() map[string]string {
	return map[string]string{
		"ENVIRONMENT":          config.Production,
		"DATABASE_URL":         "postgres://u:" + secretOfTests + "@127.0.0.1:1/cabanas",
		"JWT_SECRET":           strings.Repeat(secretOfTests, 5),
		"GUEST_TOKEN_SECRET":   strings.Repeat(secretOfTests, 6),
		"ADMIN_ALLOWED_EMAILS": secretOfTests + "@example.com",
		"BASE_URL":             "https://" + secretOfTests + ".example",

		"BACKUP_AGE_RECIPIENTS": "age1" + secretOfTests,

		"MERCADOPAGO_ACCESS_TOKEN":   "APP_USR-" + secretOfTests,
		"MERCADOPAGO_WEBHOOK_SECRET": secretOfTests,

		"WHATSAPP_TOKEN":        secretOfTests,
		"WHATSAPP_PHONE_ID":     "106540352242922",
		"WHATSAPP_APP_SECRET":   secretOfTests,
		"WHATSAPP_VERIFY_TOKEN": secretOfTests,
	}
}

func TestProductionRefusesToStartWithoutEachOfItsSecrets(t *testing.T) {
	t.Run("complete", func(t *testing.T) {
		setEnvironment(t, production())
		if code, _, complaint := invoke(t, functions, "check"); code != exitOK {
			t.Errorf("exit %d: %s", code, complaint)
		}
	})
	for missing := range production() {
		if missing == "ENVIRONMENT" {
			continue
		}
		t.Run(missing, func(t *testing.T) {
			some := production()
			delete(some, missing)
			setEnvironment(t, some)
			expectRefusal(t, functions, []string{"check"}, missing+" is missing")
			if missing != "BACKUP_AGE_RECIPIENTS" { // a task's: what serves has no use for it
				expectRefusal(t, functions, []string{"serve"}, missing+" is missing")
			}
		})
	}
	t.Run("nothing set", func(t *testing.T) {
		setEnvironment(t, map[string]string{"ENVIRONMENT": config.Production})
		_, _, complaint := invoke(t, functions, "check")
		var named []string
		for _, name := range everyVariable() {
			if strings.Contains(complaint, " "+name+" ") {
				named = append(named, name)
			}
		}
		needed := production()
		delete(needed, "ENVIRONMENT")
		if want := slices.Sorted(maps.Keys(needed)); !slices.Equal(named, want) {
			t.Errorf("needs %v, this test knows of %v", named, want)
		}
		if lines := strings.Count(complaint, "\n"); lines != len(needed) {
			t.Errorf("%d lines for %d variables:\n%s", lines, len(needed), complaint)
		}
	})
}

func TestAWrongValueIsNamedAndNotRepeated(t *testing.T) {
	wrong := map[string]string{
		"ENVIRONMENT": secretOfTests, "DATABASE_URL": "mysql://" + secretOfTests, "REDIS_URL": "http://" + secretOfTests,
		"JWT_SECRET": secretOfTests, "GUEST_TOKEN_SECRET": secretOfTests, "METRICS_TOKEN": secretOfTests,
		"ADMIN_ALLOWED_EMAILS": "a@example.com," + secretOfTests, "BASE_URL": secretOfTests, "ALLOWED_ORIGINS": secretOfTests,
		"PORT": secretOfTests, "METRICS_PORT": "65536", "LOG_LEVEL": secretOfTests,
		"RATE_LIMIT_ENABLED": secretOfTests, "RATE_LIMIT_REQUESTS": "0", "RATE_LIMIT_WINDOW_SECONDS": "-1",
	}
	for name, value := range wrong {
		t.Run(name, func(t *testing.T) {
			variables := production()
			variables[name] = value
			setEnvironment(t, variables)
			expectRefusal(t, functions, []string{"check"}, name)
		})
	}
}

func TestMisuseIsOneLine(t *testing.T) {
	setEnvironment(t, production())
	clashing := func(r *resources) []function.Function {
		second := function.Serve(function.Spec{
			Name: "second", Summary: "takes a route of another", Timeout: time.Second, Concurrency: 1, MaxBody: 1,
			Routes: []string{"GET /api/v1/accommodations"},
		}, handsNothingOut)
		return append(functions(r), second)
	}
	doubled := func(r *resources) []function.Function {
		all := functions(r)
		return append(all, all[len(all)-1])
	}
	tests := []struct {
		name string
		of   func(*resources) []function.Function
		args []string
		want string
	}{
		{"a misspelt function", functions, []string{"serve", "resreve"}, `no function is called "resreve"; there are: `},
		{"a misspelt function among others", functions, []string{"serve", "reserve", "helthz"}, `"helthz"`},
		{"a task to serve", functions, []string{"serve", "expire"}, "expire is a task; router run expire runs it"},
		{"a function to run", functions, []string{"run", "reserve"}, "reserve is not a task; router serve reserve serves it"},
		{"a misspelt task", functions, []string{"run", "migrat"}, `no function is called "migrat"`},
		{"no task", functions, []string{"run"}, "run takes the name of one task"},
		{"an unknown verb", functions, []string{"sevre"}, `no verb is called "sevre"`},
		{"a stranger's token", functions, []string{"token", "stranger@example.com"}, "ADMIN_ALLOWED_EMAILS"},
		{"half a token", functions, []string{"token"}, "usage: router token"},
		{"two functions on a route", clashing, []string{"serve"}, `second: route "GET /api/v1/accommodations"`},
		{"two functions of a name", doubled, []string{"check"}, "two functions have this name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { expectRefusal(t, test.of, test.args, test.want) })
	}
}

func handsNothingOut(context.Context, struct{}) (http.Handler, error) {
	return http.NotFoundHandler(), nil
}

// expectRefusal wants exit code 2, nothing done, and one line that says want and shows no value.
func expectRefusal(t *testing.T, all func(*resources) []function.Function, args []string, want string) {
	t.Helper()
	code, out, complaint := invoke(t, all, args...)
	switch {
	case code != exitUsage:
		t.Errorf("%v: exit %d, want %d: %s", args, code, exitUsage, complaint)
	case out != "":
		t.Errorf("%v: printed %q", args, out)
	case strings.Count(complaint, "\n") != 1 || !strings.HasSuffix(complaint, "\n"):
		t.Errorf("%v: not one line:\n%s", args, complaint)
	case !strings.HasPrefix(complaint, "router: ") || !strings.Contains(complaint, want):
		t.Errorf("%v: %q, want it to say %q", args, complaint, want)
	case strings.Contains(complaint, secretOfTests):
		t.Errorf("%v: a value is shown: %q", args, complaint)
	}
}
