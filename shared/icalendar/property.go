package icalendar

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// property is a line, taken apart: NAME;PARAMETERS:VALUE.
type property struct {
	name   []byte // upper case; empty for what is longer than any that is read here
	rest   []byte // all after the name
	params []byte
	value  []byte
	broken bool // there is no value
}

// split takes a line apart. The name is written where its bytes stand for nothing else.
func split(text []byte, name *[16]byte) property {
	text = bytes.TrimLeft(text, "\x00") // a blank would have been a fold
	end := 0
	for end < len(text) && (text[end] == '-' || text[end] >= '0' && text[end] <= '9' || isLetter(text[end])) {
		end++
	}
	p := property{rest: text[end:]}
	if end <= len(name) {
		for i, c := range text[:end] {
			if c >= 'a' && c <= 'z' {
				c -= 'a' - 'A'
			}
			name[i] = c
		}
		p.name = name[:end]
	}
	colon := valueAt(p.rest)
	if colon < 0 {
		p.broken = true
		return p
	}
	p.params, p.value = p.rest[:colon], p.rest[colon+1:]
	return p
}

// valueAt returns where the colon before the value is, or -1. Parameters may hold colons between quotes; where the closing
// quote is missing, the first colon of all is taken.
func valueAt(rest []byte) int {
	quoted := false
	for i, c := range rest {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ':' && !quoted:
			return i
		}
	}
	return bytes.IndexByte(rest, ':')
}

// param returns a parameter's value without quotes and blanks, or nil.
func param(params []byte, name string) []byte {
	for len(params) > 0 {
		end, quoted := 0, false
		for ; end < len(params) && (quoted || params[end] != ';'); end++ {
			if params[end] == '"' {
				quoted = !quoted
			}
		}
		key, value, ok := bytes.Cut(params[:end], []byte("="))
		if ok && bytes.EqualFold(bytes.TrimSpace(key), []byte(name)) {
			return bytes.Trim(value, "\"\\ \t")
		}
		params = params[min(end+1, len(params)):]
	}
	return nil
}

// decodeText reads a value of type TEXT (RFC 5545 §3.3.11), at most about limit bytes of it: UTF-8, without control
// characters but tabs and line breaks.
func decodeText(value []byte, limit int) string {
	isCut := len(value) > limit
	value = value[:min(len(value), limit)]
	if isPlain(value) {
		return string(bytes.TrimSpace(value))
	}
	b := make([]byte, 0, len(value)+8)
	for len(value) > 0 {
		c, size := utf8.DecodeRune(value)
		switch {
		case c == '\\':
			c, size = unescape(value)
		case c == utf8.RuneError && size == 1 && isCut && !utf8.FullRune(value):
			c, size = 0, len(value)
		case c == utf8.RuneError && size == 1:
			c = rune(value[0]) // Latin-1, whose code points are the first of Unicode
		}
		value = value[size:]
		if isWritten(c) || c == '\n' || c == '\t' {
			b = utf8.AppendRune(b, c)
		}
	}
	return string(bytes.TrimSpace(b))
}

func isPlain(value []byte) bool {
	for _, c := range value {
		if c < ' ' || c >= 0x7F || c == '\\' {
			return false
		}
	}
	return true
}

// unescape reads what a backslash begins. One that escapes nothing stands for itself.
func unescape(value []byte) (c rune, size int) {
	if len(value) < 2 || value[1] >= utf8.RuneSelf {
		return '\\', 1
	}
	if value[1]|0x20 == 'n' {
		return '\n', 2
	}
	return rune(value[1]), 2
}

// isWritten reports whether a character is none that controls anything.
func isWritten(c rune) bool { return c >= ' ' && c < 0x7F || c > 0x9F }

// maxUID is the length that RFC 7986 §5.3 grants a UID, in bytes, less what names an instance.
const maxUID = 230

// identity reads a UID. Of one that is too long to be kept, the end is replaced by what stands for the whole.
func identity(value []byte) string {
	uid := decodeText(value, maxUID)
	if len(value) <= maxUID {
		return uid
	}
	sum := sha256.Sum256(value)
	return strings.ToValidUTF8(uid[:min(len(uid), maxUID-33)], "") + "~" + hex.EncodeToString(sum[:16])
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
