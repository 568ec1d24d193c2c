package command

import (
	"strconv"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

const (
	codeLength = 6 // see booking.NewCode
	half       = codeLength / 2
	leastPhone = 8 // digits
	mostPhone  = 6 // words: "+54 9 2944 12 34 56"
)

// who reads whom a command is about from word i on, and returns the word after it. Whether there is such a code only the database
// knows: one in ten is six letters, as are many words.
func (r *reader) who(i int) (Who, int) {
	w := r.at(i)
	if id, ok := strings.CutPrefix(w.text, "#"); ok && len(id) < codeLength {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 {
			return Who{Contact: n}, i + 1
		}
	}
	if phone, end := r.phone(i); end > i {
		return Who{Phone: phone}, end
	}
	if code, ok := booking.NormalizeCode(strings.TrimPrefix(w.raw, "#")); ok {
		return Who{Code: code}, i + 1
	}
	// Dictated in two halves: "K7M 2QX".
	if next := r.at(i + 1); len(w.raw) == half && len(next.raw) == half && (w.digits() || next.digits()) {
		if code, ok := booking.NormalizeCode(w.raw + next.raw); ok {
			return Who{Code: code}, i + 2
		}
	}
	return Who{}, i
}

// plainer reports whether the code at word i is one and no word of prose: there is a digit in it, or it is all in capitals.
func (r *reader) plainer(i int) bool {
	w := r.at(i)
	return w.digits() || w.shouted() || r.at(i+1).digits() && len(w.raw) == half
}

// phone reads a number as people type it, in one word or in several.
func (r *reader) phone(i int) (string, int) {
	var words []string
	for k := i; k < len(r.words) && k < i+mostPhone && strings.Trim(r.words[k].raw, "+0123456789()-./") == ""; k++ {
		words = append(words, r.words[k].raw)
	}
	for n := len(words); n > 0; n-- {
		typed := strings.Join(words[:n], " ")
		if len(strings.Map(onlyDigits, typed)) < leastPhone {
			break
		}
		if phone, ok := chat.NormalizeNumber(typed); ok {
			return phone, i + n
		}
	}
	return "", i
}

func onlyDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// amount reads what has come, where that is said, and whether in cash.
func (r *reader) amount(from int) (amount money.Cents, cash bool) {
	for i := from; i < len(r.words) && i < from+maxLook; i++ {
		w := r.words[i]
		if set(" efectivo cash billetes ").has(w.text) {
			cash = true
		}
		if found, ok := pesos(w.text, r.at(i+1).text); ok && amount == 0 {
			amount = found
		}
	}
	return amount, cash
}

// pesos reads an amount as it is written here: 60000, $60.000, 60.000,50, 60 mil, 60mil. One of less than a hundred is none.
func pesos(text, next string) (money.Cents, bool) {
	text = strings.TrimLeft(text, "$")
	thousands, short := strings.CutSuffix(text, "mil")
	if !short {
		thousands, short = strings.CutSuffix(text, "k")
	}
	if short || next == "mil" {
		n, err := strconv.ParseInt(thousands, 10, 32)
		return money.Cents(n) * 1000 * 100, err == nil && n > 0 && n < 1_000_000
	}
	whole, cents, _ := strings.Cut(text, ",")
	if n := strings.LastIndexByte(whole, '.'); n >= 0 && len(whole)-n != 4 {
		if cents != "" {
			return 0, false
		}
		whole, cents = whole[:n], whole[n+1:] // 60000.50
	}
	whole = strings.ReplaceAll(whole, ".", "")
	if len(whole) < 3 || len(whole) > 9 || len(cents) > 2 || whole+cents != strings.Map(onlyDigits, whole+cents) {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(cents + "00")[:2], 10, 64)
	return money.Cents(n), err == nil && n > 0
}

// maxReason is how much of why something is refused is kept: the guest reads it.
const maxReason = 140

// reason is what is said after a code, without the words that lead to it.
func (r *reader) reason(from int) string {
	return chat.Cut(r.rest(r.skip(from, leads)), maxReason)
}
