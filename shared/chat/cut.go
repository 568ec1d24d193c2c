package chat

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const ellipsis = "…"

// Cut shortens a text to so many characters and marks the place with "…". It never cuts through what is seen as one character,
// however many it is made of: a flag, a family, a letter with its accents. Characters are counted as UTF-16 does, which is never
// less than any other way of counting that Meta may have.
func Cut(text string, most int) string {
	if units(text) <= most {
		return text
	}
	head, _ := clip(text, most-units(ellipsis))
	return strings.TrimRightFunc(head, unicode.IsSpace) + ellipsis
}

// clip parts a text before the first character that does not fit whole into so many units.
func clip(text string, most int) (head, rest string) {
	used, at := 0, 0
	for at < len(text) {
		size := grapheme(text[at:])
		if used += units(text[at : at+size]); used > most {
			break
		}
		at += size
	}
	return text[:at], text[at:]
}

// units is a text's length in UTF-16.
func units(text string) int {
	n := 0
	for _, r := range text {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// grapheme is how many bytes the first character of a text has, as people see characters: the rules of UAX #29 as far as
// anything that is typed on a phone goes.
// https://unicode.org/reports/tr29/#Grapheme_Cluster_Boundary_Rules
func grapheme(text string) int {
	before, at := utf8.DecodeRuneInString(text)
	flag := isRegional(before) // half of one so far
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case before == '\r' && r == '\n', extends(r), joins(before, r):
			flag = flag && !isRegional(r)
		case flag && isRegional(r):
			flag = false
		default:
			return at
		}
		before = r
		at += size
	}
	return at
}

const zeroWidthJoiner = '\u200D'

// extends reports whether a rune belongs to the one before it, whatever that is: an accent, a vowel sign, the joiner, the choice
// between text and picture, a colour of skin, the letters of a flag of a region.
func extends(r rune) bool {
	return r == zeroWidthJoiner || unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) || unicode.Is(unicode.Variation_Selector, r) ||
		r >= 0x1F3FB && r <= 0x1F3FF || r >= 0xE0020 && r <= 0xE007F || r == '\u200C'
}

// joins reports whether a rune belongs to the one before it because of what that is: a picture after a joiner, or the parts of
// a Korean syllable.
func joins(before, r rune) bool {
	switch {
	case before == zeroWidthJoiner:
		return r >= 0x2190 && !unicode.IsLetter(r)
	case r >= 0x1100 && r <= 0x11FF:
		return before >= 0x1100 && before <= 0x11FF || r >= 0x1160 && before >= 0xAC00 && before <= 0xD7A3
	}
	return false
}

func isRegional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }
