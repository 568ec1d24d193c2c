package web

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// binder fills a request struct: fields tagged path, query or header from there, and fields tagged json from the body.
// It is built once per route, so that a request costs no look at tags.
type binder struct {
	fields  []boundField
	hasBody bool
}

type boundField struct {
	index []int
	from  string // path, query or header
	name  string
	set   func(reflect.Value, string) error
}

func newBinder(t reflect.Type) *binder {
	b := &binder{}
	var open []string
	for _, field := range reflect.VisibleFields(t) {
		if bodyName(field) != "" {
			b.hasBody = true
			continue
		}
		for _, from := range []string{"path", "query", "header"} {
			if name := field.Tag.Get(from); name != "" {
				b.fields = append(b.fields, boundField{field.Index, from, name, setter(field.Type)})
				if field.Tag.Get("json") != "-" {
					open = append(open, field.Name)
				}
			}
		}
	}
	if b.hasBody && open != nil {
		// encoding/json would fill them by their Go names: a body could bring its own credentials.
		panic(fmt.Sprintf("web: %s has a body, so these fields need json:\"-\": %s", t, strings.Join(open, ", ")))
	}
	return b
}

// bodyName is what a field is called in the body; empty: it is not in there.
func bodyName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" {
		return ""
	}
	return name
}

// bind fills the struct that v points to. Several wrong fields are reported together.
func (b *binder) bind(r *http.Request, v reflect.Value) error {
	if b.hasBody {
		if err := decodeBody(r, v.Interface()); err != nil {
			return err
		}
	}
	var query url.Values
	if r.URL.RawQuery != "" {
		query = r.URL.Query()
	}
	var wrong []fault.Field
	for _, f := range b.fields {
		text := ""
		switch f.from {
		case "path":
			text = r.PathValue(f.name)
		case "query":
			text = query.Get(f.name)
		case "header":
			text = r.Header.Get(f.name)
		}
		if text == "" {
			continue
		}
		err := errNotText
		if isText(text) {
			err = f.set(v.Elem().FieldByIndex(f.index), text)
		}
		if err != nil {
			if f.from == "path" {
				return fault.ErrNotFound // a path that names nothing: /reservations/99999999999999999999
			}
			wrong = append(wrong, fault.Field{Field: f.name, Message: err.Error()})
		}
	}
	if wrong != nil {
		return fault.ErrInvalid.WithFields(wrong...)
	}
	return nil
}

var errNotText = errors.New("must be text in UTF-8")

// isText refuses what Postgres cannot hold: an id of %00 is a page that does not exist, not an error of the database.
func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

func setter(t reflect.Type) func(reflect.Value, string) error {
	switch {
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		return func(v reflect.Value, text string) error {
			return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)) //nolint:forcetypeassert // checked above
		}
	case t.Kind() == reflect.String:
		return func(v reflect.Value, text string) error { v.SetString(text); return nil }
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		return func(v reflect.Value, text string) error {
			n, err := strconv.ParseInt(text, 10, t.Bits())
			if err != nil {
				return errors.New("must be a whole number")
			}
			v.SetInt(n)
			return nil
		}
	default:
		panic(fmt.Sprintf("web: a request field cannot be a %s", t)) // found by the first test that mounts the route
	}
}

// decodeBody reads the whole JSON body into v, a pointer to a struct, which must know every field of it. An absent body
// leaves v as it is: whether that is enough, the fields' rules say.
func decodeBody(r *http.Request, v any) error {
	buffer := takeBuffer()
	defer giveBack(buffer)
	if _, err := buffer.ReadFrom(r.Body); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return err // Fail knows what to say of it, whoever reads the body
		}
		return ErrMalformed.WithDetail("The body ended before it was complete.").WithCause(err)
	}
	body := buffer.Bytes()
	if len(body) == 0 {
		return nil
	}
	if kind := r.Header.Get("Content-Type"); kind != "" && !isJSON(kind) {
		return ErrUnsupportedMedia
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return explain(body, reflect.TypeOf(v).Elem(), err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return ErrMalformed.WithDetail("Something follows the JSON object.")
	}
	if isNull(body) {
		return errNoObject
	}
	return nil
}

var errNoObject = fault.InField("body", "must be a JSON object")

// isNull reports whether a body that was decoded without an error is null, of which encoding/json makes an empty struct.
func isNull(body []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("n")) }

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// explain finds out what is wrong with a body that encoding/json refused: json stops at the first error and does not always
// say where, so each field is tried alone. It costs nothing to requests that are right.
func explain(body []byte, t reflect.Type, refused error) error {
	var values map[string]json.RawMessage
	err := json.Unmarshal(body, &values)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return errNoObject
	}
	if err != nil {
		return ErrMalformed.WithCause(err)
	}
	known := make(map[string]reflect.Type)
	for _, field := range reflect.VisibleFields(t) {
		if name := bodyName(field); name != "" {
			known[name] = field.Type
		}
	}
	var wrong []fault.Field
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(wrong) == maxFieldErrors {
			break
		}
		if inner, message := fieldProblem(known[name], values[name]); message != "" {
			wrong = append(wrong, fault.Field{Field: shorten(name, 64) + inner, Message: message})
		}
	}
	if wrong == nil {
		return hiddenTwin(refused)
	}
	return fault.ErrInvalid.WithFields(wrong...)
}

// hiddenTwin is the fault of a wrong value that another of the same name comes after, so that only json has seen it. What json
// says of it is not kept: it quotes the value.
func hiddenTwin(refused error) error {
	if f, ok := errors.AsType[*json.UnmarshalTypeError](refused); ok && f.Field != "" {
		return fault.InField(shorten(f.Field, 64), "must be "+typeWords(f.Type)+", and there only once")
	}
	return ErrMalformed
}

// maxFieldErrors bounds the answer to a body of ten thousand unknown fields.
const maxFieldErrors = 20

// shorten bounds what of a client's own words is said back to it.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// fieldProblem says what is wrong with the value of a field, and where inside of it: ".street" of an address.
func fieldProblem(t reflect.Type, value json.RawMessage) (inner, message string) {
	if t == nil {
		return "", "is not a field of this request"
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(reflect.New(t).Interface())
	if err == nil {
		return "", ""
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field != "" {
			inner = "." + wrong.Field
		}
		return inner, "must be " + typeWords(wrong.Type)
	}
	// encoding/json has no type for this error, only a text.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return "", "has a field that is not one of this request: " + shorten(name, 64)
	}
	return "", shorten(err.Error(), 200)
}

func typeWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64, reflect.Int32:
		return "a whole number"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	default:
		return "of another type"
	}
}
