package chat

import (
	"slices"
	"strings"
)

// Argentine mobile numbers have a 9 after the country's 54 when they are called from abroad, and a 15 after the area when they
// are called at home; WhatsApp has the 9. Mexico has a 1 in the same place.
// https://www.itu.int/oth/T0202000009/en (E.164 plan of Argentina)
const (
	argentina       = "54"
	mexico          = "52"
	nationalDigits  = 10 // in both countries, area and number
	shortestForeign = 8
	longestNumber   = 15 // E.164
)

// threeDigitAreas are the areas of Argentina whose code has three digits; Buenos Aires has two, 11, and all others four.
var threeDigitAreas = []string{
	"220", "221", "223", "230", "236", "237", "249", "260", "261", "263", "264", "266", "280", "291", "294", "297", "298", "299",
	"336", "341", "342", "343", "345", "348", "351", "353", "358", "362", "364", "370", "376", "379",
	"380", "381", "383", "385", "387", "388",
}

// NormalizeNumber reads a number as people type it in Argentina and returns it as WhatsApp has it: 5492944123456. A number
// of another country needs its plus, or 00, or at least to be no possible Argentine one. It reports whether it can be a whole
// number: without an area nobody knows whose it is.
func NormalizeNumber(typed string) (string, bool) {
	number, abroad, ok := digits(typed)
	if !ok {
		return "", false
	}
	if rest, argentine := strings.CutPrefix(number, argentina); argentine {
		if national, ok := argentineNumber(rest); ok {
			return argentina + "9" + national, true
		}
		if abroad {
			return "", false
		}
	}
	if !abroad {
		if national, ok := argentineNumber(number); ok {
			return argentina + "9" + national, true
		}
		if len(number) <= nationalDigits || !hasCountry(number) {
			return "", false
		}
	}
	if rest, mexican := strings.CutPrefix(number, mexico); mexican && len(rest) == nationalDigits {
		number = mexico + "1" + rest
	}
	fits := len(number) >= shortestForeign && len(number) <= longestNumber && number[0] != '0'
	if !fits {
		return "", false
	}
	return number, true
}

// neighbours are the countries, with what their mobile numbers begin with where that tells more, whose guests may leave the plus
// away.
var neighbours = []string{
	"12", "13", "14", "15", "16", "17", "18", "19", "336", "337", "346", "347", "393", "447", "491", "51", "52", "55", "56", "57", "58", "591", "593", "595", "598",
}

func hasCountry(number string) bool {
	return slices.ContainsFunc(neighbours, func(prefix string) bool { return strings.HasPrefix(number, prefix) })
}

// digits is a typed number without what people put between digits; abroad = it begins with a plus or with 00.
func digits(typed string) (number string, abroad, ok bool) {
	var b strings.Builder
	for i, r := range strings.TrimSpace(typed) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			abroad = true
		case strings.ContainsRune(" -.()/\u00A0\u202F\u2010\u2011\u2012\u2013\t", r):
		default:
			return "", false, false
		}
		if i > 64 {
			return "", false, false
		}
	}
	number = b.String()
	if rest, dialled := strings.CutPrefix(number, "00"); dialled {
		number, abroad = rest, true
	}
	return number, abroad, number != ""
}

// argentineNumber is area and number, of whatever may be around them: 9, 0, and 15.
func argentineNumber(number string) (string, bool) {
	number = strings.TrimPrefix(number, "0")
	if len(number) > nationalDigits { // no area begins with 9
		number = strings.TrimPrefix(strings.TrimPrefix(number, "9"), "0")
	}
	if len(number) < nationalDigits {
		return "", false
	}
	if len(number) == nationalDigits+2 {
		number = without15(number)
	}
	known := number[0] == '2' || number[0] == '3' || strings.HasPrefix(number, "11")
	return number, known && len(number) == nationalDigits
}

// without15 takes the 15 away from behind the area, or from behind what was one before the areas were renumbered: people still
// write 02944 15 123456.
func without15(number string) string {
	area := 4
	switch {
	case strings.HasPrefix(number, "11"):
		area = 2
	case slices.Contains(threeDigitAreas, number[:3]):
		area = 3
	}
	for _, at := range []int{area, 4, 3} {
		if number[at:at+2] == "15" {
			return number[:at] + number[at+2:]
		}
	}
	return number
}

// Alternative is the number without the 9 of Argentina, or the 1 of Mexico: a test number of Meta's knows its recipients that
// way alone and refuses the other with 131030. It reports whether there is one.
func Alternative(waID string) (string, bool) {
	for _, prefix := range []string{argentina + "9", mexico + "1"} {
		if rest, ok := strings.CutPrefix(waID, prefix); ok && len(rest) == nationalDigits {
			return prefix[:2] + rest, true
		}
	}
	return "", false
}

// SameNumber reports whether two numbers reach the same phone: with the 9 or without it.
func SameNumber(a, b string) bool {
	if other, ok := Alternative(a); ok {
		a = other
	}
	if other, ok := Alternative(b); ok {
		b = other
	}
	return a == b
}
