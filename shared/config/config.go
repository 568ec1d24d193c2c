// Package config reads configuration: a struct per function or adapter, with envconfig tags for the variables' names and
// validator tags for what they may hold. Everything wrong is found before anything opens, and named; values are never
// repeated, because the wrong one may be a secret.
package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"
	"github.com/kelseyhightower/envconfig"
)

// Production is the ENVIRONMENT in which everything that needs a secret refuses to start without it.
const Production = "production"

// Environment is where the process runs. Every configuration may ask for it; `validate:"needed"` is decided by it.
type Environment struct {
	// Name is production, development or test.
	Name string `envconfig:"ENVIRONMENT" default:"development" validate:"oneof=production development test"`
}

// Production reports whether this is the real thing.
func (e Environment) Production() bool { return e.Name == Production }

// Problem is one variable that is missing or wrong.
type Problem struct {
	Variable string // its name in the environment
	Message  string // what is wrong and what is allowed; never the value
}

// Problems is every Problem of one configuration; as an error it is one line each.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Variable + " " + problem.Message
	}
	return strings.Join(lines, "\n")
}

// Loader fills a configuration, a pointer to a struct, and checks it. A failure is a Problems. Functions are given a Loader
// rather than the process's environment, so that tests can load from anywhere.
type Loader func(into any) error

// FromEnvironment loads from the variables of the process.
//
// Beside validator's own rules a field may say `validate:"needed"` (required in production) or
// `validate:"omitempty,key"` (at least 32 characters in production, so that it cannot be guessed).
func FromEnvironment() Loader {
	production := os.Getenv("ENVIRONMENT") == Production
	validate := newValidator(production)
	return func(into any) error {
		if err := envconfig.Process("", into); err != nil {
			return parseProblem(err)
		}
		err := validate.Struct(into)
		if failures, ok := errors.AsType[validator.ValidationErrors](err); ok {
			return problems(failures)
		}
		if err != nil {
			return err
		}
		if found := checkEach(reflect.ValueOf(into).Elem()); found != nil {
			return found
		}
		return nil
	}
}

// Checked is a configuration that can tell more than its tags whether it is usable. One that embeds others leaves it to them.
type Checked interface{ Check() Problems }

func checkEach(v reflect.Value) Problems {
	var found Problems
	embeds := false
	for i := range v.NumField() {
		if field := v.Type().Field(i); field.Anonymous && field.IsExported() && field.Type.Kind() == reflect.Struct {
			embeds = true
			found = append(found, checkEach(v.Field(i))...)
		}
	}
	if checked, ok := reflect.TypeAssert[Checked](v.Addr()); ok && !embeds {
		found = append(found, checked.Check()...)
	}
	return found
}

// parseProblem turns envconfig's error into ours: theirs repeats the value.
func parseProblem(err error) error {
	if parse, ok := errors.AsType[*envconfig.ParseError](err); ok {
		return Problems{{Variable: parse.KeyName, Message: "must be " + kindWords(parse.TypeName)}}
	}
	return fmt.Errorf("configuration struct: %w", err)
}

func kindWords(typeName string) string {
	switch {
	case strings.Contains(typeName, "Duration"):
		return "a duration such as 30s or 10m"
	case strings.HasPrefix(typeName, "int"), strings.HasPrefix(typeName, "uint"):
		return "a whole number"
	case typeName == "bool":
		return "true or false"
	default:
		return "readable as " + typeName
	}
}

func newValidator(production bool) *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get("envconfig") })
	mustRegister(v, "needed", func(f validator.FieldLevel) bool {
		return !production || !(f.Field().IsZero() || f.Field().Kind() == reflect.Slice && f.Field().Len() == 0)
	})
	mustRegister(v, "key", func(f validator.FieldLevel) bool {
		return !production || f.Field().Len() >= 32
	})
	return v
}

func mustRegister(v *validator.Validate, tag string, rule validator.Func) {
	// callValidationEvenIfNull: "needed" is about the empty value.
	if err := v.RegisterValidation(tag, rule, true); err != nil {
		panic(err) // only for an empty or reserved tag name, which these are not
	}
}

func problems(failures validator.ValidationErrors) Problems {
	out := make(Problems, len(failures))
	for i, f := range failures {
		out[i] = Problem{Variable: f.Field(), Message: ruleWords(f.Tag(), f.Param())}
	}
	return out
}

func ruleWords(tag, param string) string {
	switch tag {
	case "needed":
		return "is missing: production needs it"
	case "required":
		return "is missing"
	case "key":
		return "is too short: production wants at least 32 characters"
	case "min", "gte":
		return "must be at least " + param
	case "max", "lte":
		return "must be at most " + param
	case "oneof":
		return "must be one of: " + param
	case "url", "http_url":
		return "must be a URL"
	case "email":
		return "must be an e-mail address"
	default:
		if strings.Contains(tag, "startswith=") {
			return "must start with " + strings.NewReplacer("startswith=", "", "|", " or ").Replace(tag)
		}
		return strings.TrimSpace("must satisfy " + tag + " " + param)
	}
}

// Variables lists every variable that a configuration, a struct or a pointer to one, reads.
func Variables(of any) []string {
	t := reflect.TypeOf(of)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var names []string
	for field := range t.Fields() {
		if name := field.Tag.Get("envconfig"); name != "" {
			names = append(names, name)
		} else if field.Anonymous && field.Type.Kind() == reflect.Struct {
			names = append(names, Variables(reflect.New(field.Type).Interface())...)
		}
	}
	return names
}
