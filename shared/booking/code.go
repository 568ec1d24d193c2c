package booking

import (
	"crypto/rand"
	"unicode"
)

const (
	codeLength = 6

	// Crockford's base32: no I, L, O, which are heard and read as digits, and no U, without which few words are left that
	// nobody wants to dictate to a hotelier.
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// NewCode returns a random name for a reservation, 6 characters that can be read over the phone. There are 2^30, so a new
// one clashes with one of 10 000 existing once in 100 000 times: the column is unique, and the store tries again with
// another. A code is a name, not a secret: it opens nothing.
func NewCode() string {
	var b [codeLength]byte
	rand.Read(b[:]) // never fails: since Go 1.24 the process dies rather than go on without randomness
	for i := range b {
		b[i] = codeAlphabet[b[i]%32] // 256 is a multiple of 32: no character is likelier than another
	}
	return string(b[:])
}

// NormalizeCode turns what a person typed or dictated into the code that was meant: in upper case, without spaces and
// dashes, O read as 0, I and L as 1. It reports false, and no code, if it cannot be one.
func NormalizeCode(s string) (string, bool) {
	var code [codeLength]byte
	n := 0
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.Is(unicode.Dash, r) {
			continue
		}
		c := codeCharacter(r)
		if c == 0 || n == codeLength {
			return "", false
		}
		code[n] = c
		n++
	}
	if n != codeLength {
		return "", false
	}
	return string(code[:]), true
}

// codeCharacter is the character of the alphabet that r stands for, or 0.
func codeCharacter(r rune) byte {
	if 'a' <= r && r <= 'z' {
		r -= 'a' - 'A'
	}
	switch {
	case r == 'O':
		return '0'
	case r == 'I', r == 'L':
		return '1'
	case r == 'U':
		return 0
	case '0' <= r && r <= '9', 'A' <= r && r <= 'Z':
		return byte(r)
	default:
		return 0
	}
}
