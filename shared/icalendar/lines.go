package icalendar

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// maxLine is how much of one unfolded line is kept, in bytes; some 14,000 dates fit.
const maxLine = 256 << 10

// blank is what may stand before a calendar and behind it. Some servers pad with NUL.
const blank = " \t\r\n\x00"

// decode takes byte order marks and UTF-16 away. Bytes that are not UTF-8 are left for decodeText: one slip in one summary
// says nothing about the rest.
func decode(text []byte) []byte {
	switch {
	case bytes.HasPrefix(text, []byte{0xEF, 0xBB, 0xBF}):
		text = text[3:]
	case bytes.HasPrefix(text, []byte{0xFF, 0xFE}):
		text = fromUTF16(text[2:], binary.LittleEndian)
	case bytes.HasPrefix(text, []byte{0xFE, 0xFF}):
		text = fromUTF16(text[2:], binary.BigEndian)
	}
	return text
}

func fromUTF16(text []byte, order binary.ByteOrder) []byte {
	b := make([]byte, 0, len(text)/2+len(text)/8)
	for ; len(text) >= 2; text = text[2:] {
		c := rune(order.Uint16(text))
		if utf16.IsSurrogate(c) && len(text) >= 4 {
			if pair := utf16.DecodeRune(c, rune(order.Uint16(text[2:]))); pair != utf8.RuneError {
				c, text = pair, text[2:]
			}
		}
		b = utf8.AppendRune(b, c)
	}
	return b
}

// begins judges a text by its beginning.
func begins(text []byte) error {
	const first = "BEGIN:VCALENDAR"
	text = bytes.TrimLeft(text, blank)
	word := text
	if end := bytes.IndexAny(text[:min(len(text), len(first)+1)], blank); end >= 0 {
		word = text[:end]
	}
	switch {
	case len(text) == 0:
		return ErrEmpty
	case bytes.EqualFold(word, []byte(first)):
		return nil
	case isCutOff(text, first):
		return ErrTruncated
	case text[0] == '<':
		return ErrNotACalendar.WithDetail("This is a web page, not a calendar.")
	case text[0] == '{' || text[0] == '[':
		return ErrNotACalendar.WithDetail("This is a message between programs, most likely an error, and not a calendar.")
	}
	return ErrNotACalendar
}

// isCutOff reports whether a line is the beginning of a longer one.
func isCutOff(line []byte, whole string) bool {
	line = bytes.TrimRight(line, blank)
	return len(line) < len(whole) && bytes.EqualFold(line, []byte(whole[:len(line)]))
}

// lines are the unfolded lines of a text.
type lines struct {
	text   []byte
	pos    int
	number int // of the line before pos, from 1

	// The next line break of each sort, or the end of the text. They are remembered because a text may have none of one
	// sort: looking for it again from every line would take the square of the time.
	lf, cr int

	ahead       []byte // a line that has been looked at
	isAhead     bool
	aheadNumber int

	joined []byte // where folded lines are put together
}

func newLines(text []byte) lines { return lines{text: text, lf: -1, cr: -1} }

// line is a line without its folds. Its bytes last until the next one is asked for.
type line struct {
	text   []byte
	number int
	long   bool // longer than maxLine: the rest is not in text
}

// next returns the next line that is not blank. Lines that begin with a blank or a tab go on from the one before (RFC 5545
// §3.1), over blank lines too: those come of CR CR LF.
func (l *lines) next() (line, bool) {
	text, number, ok := l.take()
	if !ok {
		return line{}, false
	}
	first := true
	for {
		more, at, ok := l.take()
		if !ok {
			break
		}
		if more[0] != ' ' && more[0] != '\t' {
			l.ahead, l.aheadNumber, l.isAhead = more, at, true
			break
		}
		if first {
			l.joined = append(l.joined[:0], text[:min(len(text), maxLine+1)]...)
			first = false
		}
		room := maxLine + 1 - len(l.joined)
		l.joined = append(l.joined, more[1:min(len(more), 1+max(room, 0))]...)
		text = l.joined
	}
	if len(text) > maxLine {
		return line{text: text[:maxLine], number: number, long: true}, true
	}
	return line{text: text, number: number}, true
}

// take returns the next line as it stands in the text, if it is not empty.
func (l *lines) take() (text []byte, number int, ok bool) {
	if l.isAhead {
		l.isAhead = false
		return l.ahead, l.aheadNumber, true
	}
	for l.pos < len(l.text) {
		if l.lf < l.pos {
			l.lf = l.find('\n')
		}
		if l.cr < l.pos {
			l.cr = l.find('\r')
		}
		end := min(l.lf, l.cr)
		text = l.text[l.pos:end]
		if l.lf == l.cr+1 {
			end++
		}
		l.pos = end + 1
		l.number++
		if len(text) > 0 {
			return text, l.number, true
		}
	}
	return nil, 0, false
}

func (l *lines) find(c byte) int {
	if i := bytes.IndexByte(l.text[l.pos:], c); i >= 0 {
		return l.pos + i
	}
	return len(l.text)
}
