package web

import (
	"errors"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-playground/validator/v10"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// newValidator checks request structs by their validate tags. Beside validator's own rules there are `line` and `text`: no
// control characters, which no name or request needs and which would deceive whoever reads it; text may have line breaks.
func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(wireName)
	mustRegister(v, "line", func(f validator.FieldLevel) bool { return clean(f.Field().String(), "") })
	mustRegister(v, "text", func(f validator.FieldLevel) bool { return clean(f.Field().String(), "\n\r\t\u2028\u2029") })
	return v
}

func mustRegister(v *validator.Validate, tag string, rule validator.Func) {
	if err := v.RegisterValidation(tag, rule); err != nil {
		panic(err) // only for an empty or reserved tag name, which these are not
	}
}

// wireName is what a client calls a field.
func wireName(f reflect.StructField) string {
	for _, tag := range []string{"json", "query", "path", "header"} {
		if name, _, _ := strings.Cut(f.Tag.Get(tag), ","); name != "" && name != "-" {
			return name
		}
	}
	return f.Name
}

// clean reports whether a text has no control characters and line separators but the allowed ones, and none of the marks that reorder what
// follows them (Unicode TR 36 §2.10). Emoji and right-to-left scripts are as clean as any.
func clean(text, allowed string) bool {
	for _, r := range text {
		switch {
		case strings.ContainsRune(allowed, r):
		case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp), r == utf8.RuneError:
			return false
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return false
		}
	}
	return true
}

// check applies the rules of v's tags; every field that breaks one is named.
func check(rules *validator.Validate, v any) error {
	failures, ok := errors.AsType[validator.ValidationErrors](rules.Struct(v))
	if !ok {
		return nil
	}
	fields := make([]fault.Field, len(failures))
	for i, f := range failures {
		fields[i] = fault.Field{Field: f.Field(), Message: ruleMessage(f)}
	}
	return fault.ErrInvalid.WithFields(fields...)
}

func ruleMessage(f validator.FieldError) string {
	text := f.Kind() == reflect.String
	switch f.Tag() {
	case "required":
		return "is required"
	case "min", "gte":
		if text {
			return "must have at least " + f.Param() + " characters"
		}
		return "must be at least " + f.Param()
	case "max", "lte":
		if text {
			return "must have at most " + f.Param() + " characters"
		}
		return "must be at most " + f.Param()
	case "oneof":
		return "must be one of: " + strings.ReplaceAll(f.Param(), " ", ", ")
	case "email":
		return "must be an e-mail address"
	case "line", "text":
		return "must not contain control characters"
	case "printascii":
		return "must be printable ASCII"
	default:
		return "must satisfy " + f.Tag()
	}
}
