package command

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	kinds    set = " cabana cabanas cabania cabaa cabna cab cabin unidad depto departamento bungalow casa numero nro n n° # "
	link     set = " de del la las el los y "
	all      set = " todas todos ambas complejo "
	untilDay set = " al a hasta "
	begins   set = " del desde el entre este esta manana hoy proximo la todo semana finde por "
	ordinals     = "uno dos tres cuatro cinco seis siete ocho nueve diez"
)

// cabin finds which cabin is named, and returns the other words. Numbers are dates as well, so one is a cabin's only where that
// cannot be.
func (r *reader) cabin(cmd *Command, words []word) []word {
	for i, w := range words {
		if all.has(w.text) {
			cmd.All = true
			end := i + 1
			for end < len(words) && (kinds.has(words[end].text) || link.has(words[end].text) && kinds.has(textAt(words, end+1))) {
				end++
			}
			return without(words, i, end)
		}
	}
	for i := range words {
		number, from, to := numbered(words, i)
		if number > 0 {
			r.called(cmd, number)
		}
		if to > from {
			return without(words, from, to)
		}
	}
	for i := range words {
		if id := r.distinctive(words[i].text); id != 0 {
			cmd.Cabin = id
			from, to := r.around(words, i, id)
			return without(words, from, to)
		}
	}
	if len(r.Cabins) == 1 {
		cmd.Cabin = r.Cabins[0].ID
	}
	return words
}

func without(words []word, from, to int) []word {
	return slices.Concat(words[:from], words[to:])
}

func textAt(words []word, i int) string {
	if i < 0 || i >= len(words) {
		return ""
	}
	return words[i].text
}

// numbered: "cabaña 2", "cabaña nro 2", "cab2", "la 2", "la dos"; at the beginning "2 del 3 al 5/1". It returns the number, and the
// words that say it, words[from:to]; without a number these are words that name none.
func numbered(words []word, i int) (number, from, to int) {
	if n := glued(words[i].text); n > 0 {
		return n, i, i + 1
	}
	k := i
	for kinds.has(textAt(words, k)) || k > i && textAt(words, k) == "la" {
		k++
	}
	n, next := numberOf(strings.TrimLeft(textAt(words, k), "#")), textAt(words, k+1)
	feminine := i > 0 && (textAt(words, i-1) == "la" || textAt(words, i-1) == "las")
	switch {
	case n == 0:
		return 0, 0, 0
	case k > i && untilDay.has(next) && startsDigit(textAt(words, k+2)):
		return 0, i, k // "cabaña 3 al 5/1": from the 3rd
	case k > i:
		return more(words, n, i, k+1)
	case feminine && next != "noches" && next != "hs":
		return more(words, n, i-1, k+1)
	case i == 0 && (next == "" || begins.has(next) || strings.Contains(next, "/")):
		return n, i, k + 1
	default:
		return 0, 0, 0
	}
}

// glued is the number of "cabaña2" and "cab2".
func glued(text string) int {
	for _, kind := range []string{"cabana", "cab", "unidad"} {
		if number, ok := strings.CutPrefix(text, kind); ok && numberOf(number) > 0 {
			return numberOf(number)
		}
	}
	return 0
}

// several is the number of more than one cabin.
const several = 100

// more looks for the numbers of other cabins: "cabañas 2, 3 y 4".
func more(words []word, number, from, to int) (int, int, int) {
	for {
		k := to
		if t := textAt(words, k); t == "y" || t == "e" {
			k++
		}
		if numberOf(textAt(words, k)) == 0 || untilDay.has(textAt(words, k+1)) {
			return number, from, to
		}
		number, to = several, k+1
	}
}

func startsDigit(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsDigit(r)
}

// numberOf is a number below a hundred, in digits or in words; 0 = none.
func numberOf(text string) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n < 100 {
		return n
	}
	for n, word := range strings.Fields(ordinals) {
		if text == word {
			return n + 1
		}
	}
	return 0
}

// called finds the cabin of a number: the one that has it in its name, else the one whose id it is.
func (r *reader) called(cmd *Command, number int) {
	cmd.Named = true
	var named []int64
	for _, c := range r.Cabins {
		for _, w := range scan(c.Name) {
			if numberOf(w.text) == number {
				named = append(named, c.ID)
			}
		}
	}
	switch {
	case len(named) == 1:
		cmd.Cabin = named[0]
	case len(named) == 0 && slices.ContainsFunc(r.Cabins, func(c Cabin) bool { return c.ID == int64(number) }):
		cmd.Cabin = int64(number)
	default:
		return
	}
	cmd.Named = false
}

// leastDistinctive is how many letters a word of a name has that names a cabin by itself.
const leastDistinctive = 4

// distinctive is the only cabin that has a word in its name; 0 = none, or several have it.
func (r *reader) distinctive(text string) int64 {
	if len(text) < leastDistinctive || kinds.has(text) && text != "casa" || link.has(text) {
		return 0
	}
	found := int64(0)
	for _, exactly := range []bool{true, false} {
		for _, c := range r.Cabins {
			if !namedBy(c, text, exactly) {
				continue
			}
			if found != 0 && found != c.ID {
				return 0
			}
			found = c.ID
		}
		if found != 0 || strings.ContainsFunc(text, unicode.IsDigit) {
			break
		}
	}
	return found
}

func namedBy(c Cabin, text string, exactly bool) bool {
	return slices.ContainsFunc(scan(c.Name), func(w word) bool { return w.text == text || !exactly && near(text, w.text) })
}

// around is all of a name of which one word was found: "la cabaña del bosque", "el refugio de la montaña".
func (r *reader) around(words []word, i int, id int64) (from, to int) {
	n := slices.IndexFunc(r.Cabins, func(c Cabin) bool { return c.ID == id })
	its := func(k int) bool {
		text := textAt(words, k)
		return text != "" && (kinds.has(text) || !link.has(text) && namedBy(r.Cabins[n], text, false))
	}
	from, to = i, i+1
	for from > 0 && (its(from-1) || link.has(words[from-1].text)) {
		from--
	}
	for {
		k := to
		for link.has(textAt(words, k)) && k < to+2 {
			k++
		}
		if !its(k) || startsDigit(textAt(words, k)) {
			return from, to
		}
		to = k + 1
	}
}
