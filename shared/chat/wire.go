package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What Meta's fields may hold at most here: far more than they do.
const (
	maxID   = 256      // bytes; a wamid has 60 to 130
	maxName = 256      // bytes
	maxText = 16 << 10 // bytes; 4096 characters of four bytes
	maxURL  = 4 << 10  // bytes
)

// decode reads what fits into what is expected, and passes over the rest: one field of an unexpected form must not make a
// message unreadable. It reports whether the text is what it should be on the outside: an object, an array.
func decode(raw json.RawMessage, into any) bool {
	err := json.Unmarshal(raw, into)
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return mismatch.Field != ""
	}
	return err == nil
}

// word is an id, a code, a number: a JSON string or number as it is written, one line of it. What is anything else, or too
// long to be one, is "".
type word string

func (w *word) UnmarshalJSON(text []byte) error {
	s := scalar(text)
	if len(s) > maxURL {
		s = ""
	}
	*w = word(oneLine(s))
	return nil
}

// id is the word if it is short enough to be an id.
func (w word) id() string {
	if len(w) > maxID {
		return ""
	}
	return string(w)
}

// wa is the word as a number without its plus.
func (w word) wa() string { return strings.TrimPrefix(w.id(), "+") }

// number is the word as a number of whatever it counts; 0 = it is none.
func (w word) number() int64 {
	n, err := strconv.ParseInt(string(w), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// at is the word as an instant: seconds since 1970. What is as large as milliseconds are is taken for those: as seconds it
// would be the year 33658.
func (w word) at() time.Time {
	const millisecondsFrom, last = 1_000_000_000_000, 253_402_300_799_000
	switch n := w.number(); {
	case n <= 0, n > last:
		return time.Time{}
	case n >= millisecondsFrom:
		return time.UnixMilli(n).UTC()
	default:
		return time.Unix(n, 0).UTC()
	}
}

// degrees is the word as an angle; whether it is one is for the caller to see.
func (w word) degrees() (float64, bool) {
	f, err := strconv.ParseFloat(string(w), 64)
	return f, err == nil
}

// prose is what somebody wrote: a JSON string without control characters but for new lines and tabs.
type prose string

func (p *prose) UnmarshalJSON(text []byte) error {
	*p = prose(shorten(clean(scalar(text)), maxText))
	return nil
}

// line is a prose of one line, and not a long one.
func (p prose) line() string { return shorten(oneLine(string(p)), maxName) }

// yes is true for true alone.
type yes bool

func (y *yes) UnmarshalJSON(text []byte) error {
	*y = yes(string(text) == "true")
	return nil
}

// scalar is what a JSON string says, or a number as it is written; "" for anything else.
func scalar(text []byte) string {
	switch {
	case len(text) == 0:
		return ""
	case text[0] == '"' && bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text):
		return string(text[1 : len(text)-1])
	case text[0] == '"':
		var s string
		if json.Unmarshal(text, &s) != nil {
			return ""
		}
		return s
	case text[0] == '-' || text[0] >= '0' && text[0] <= '9':
		return string(text)
	default:
		return ""
	}
}

// clean takes out what neither Postgres nor a page can show: control characters, broken UTF-8, blanks of no width, and the marks
// that turn the direction in which a line is read.
func clean(s string) string {
	if !strings.ContainsFunc(s, unwanted) && utf8.ValidString(s) {
		return s
	}
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r', r == '\u2028', r == '\u2029':
			return '\n'
		case unwanted(r):
			return -1
		}
		return r
	}, s)
}

func unwanted(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || r >= '\u2028' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' ||
		r == '\u200B' || r == '\u2060' || r == '\uFEFF'
}

// oneLine makes every run of blanks one blank.
func oneLine(s string) string {
	s = clean(s)
	if !strings.ContainsFunc(s, unicode.IsSpace) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// shorten cuts to so many bytes, at a rune.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// storable is JSON that a jsonb column takes: \u0000, half a surrogate pair and broken UTF-8 are JSON to Go and none to
// Postgres. What has none of it stays as it is, byte for byte.
func storable(raw json.RawMessage) json.RawMessage {
	if utf8.Valid(raw) && !hasUnstorable(raw) {
		return raw
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return json.RawMessage("null")
	}
	text, err := json.Marshal(withoutNUL(v))
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}

// hasUnstorable looks for \u0000 and for surrogates, which may be one half of a pair.
func hasUnstorable(raw []byte) bool {
	for i := 0; ; {
		next := bytes.IndexByte(raw[i:], '\\')
		if next < 0 || i+next+6 > len(raw) {
			return false
		}
		i += next
		if raw[i+1] != 'u' {
			i += 2
			continue
		}
		unit, _ := strconv.ParseUint(string(raw[i+2:i+6]), 16, 16) // it is JSON
		switch i += 6; {
		case unit == 0, unit >= 0xDC00 && unit <= 0xDFFF:
			return true
		case unit >= 0xD800 && unit <= 0xDBFF:
			if !isLowSurrogate(raw[i:]) {
				return true
			}
			i += 6
		}
	}
}

func isLowSurrogate(raw []byte) bool {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return false
	}
	unit, _ := strconv.ParseUint(string(raw[2:6]), 16, 16) // the same
	return unit >= 0xDC00 && unit <= 0xDFFF
}

func withoutNUL(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, "\x00", "")
	case []any:
		for i := range v {
			v[i] = withoutNUL(v[i])
		}
	case map[string]any:
		for key, value := range v {
			delete(v, key)
			v[strings.ReplaceAll(key, "\x00", "")] = withoutNUL(value)
		}
	}
	return v
}
