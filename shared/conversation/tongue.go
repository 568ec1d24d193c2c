package conversation

import (
	"slices"
	"strings"
	"unicode"

	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// speak finds the words of the language that is talked.
func (t *talk) speak() {
	t.lang = notice.Language(t.Language)
	t.w = catalogue[t.lang]
	if t.w == nil {
		t.lang, t.w = notice.Spanish, catalogue[notice.Spanish]
	}
}

// tongue changes the language with a text that is clearly in another one. Whatever could be in several is read as Spanish, so
// that Spanish has to show itself before it takes over from another.
func (t *talk) tongue() {
	switch lang := t.m.Language; {
	case lang == "", lang == t.Language:
		return
	case t.Language == "" && plain(t.event.Text) == "ola" && !strings.ContainsAny(t.event.Text, "áÁ"):
		return // an "hola" in a hurry
	case t.Language != "" && len(strings.Fields(t.event.Text)) < 3:
		return // too little to tell
	case t.Language != "" && t.m.Intent == understanding.Unknown && !says(t.m):
		return // what is not understood tells nothing
	case t.Language != "" && ((lang == understanding.Spanish) != isSpanish(t.event.Text) || alone(t.event.Text, lang) < enough):
		return
	}
	t.Language = t.m.Language
	t.speak()
}

// enough words that only one language has tell that it is this one.
const enough = 2

// alone counts the words of a text that only one language has, each once and up to enough.
func alone(text string, lang understanding.Language) int {
	var found []string
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
	for _, word := range words[:min(len(words), 60)] {
		if len(found) == enough {
			break
		}
		if slices.Contains(found, word) || slices.Contains(borrowed(), plain(word)) {
			continue
		}
		probe := word
		if lang != understanding.English {
			probe = "the " + word // which only a word that is of no other language outweighs
		}
		if understanding.Read(probe, understanding.Context{}).Language == lang {
			found = append(found, word)
		}
	}
	return len(found)
}

// borrowed is words as plain has them that another language has, which those who speak Spanish use as well.
func borrowed() []string {
	return []string{
		"alterar", "baby", "bed", "booking", "breakfast", "bye", "cancela", "cash", "check", "checkin", "checkout", "consigo", "cool", "da", "das",
		"day", "dos", "early", "friendly", "full", "good", "hello", "in", "late", "legal", "leva", "levar", "leve", "liga", "ligar", "logo", "love",
		"marco", "nice", "nova", "os", "out", "parcelas", "pelo", "pelos", "perfect", "pet", "piscina", "please", "pool", "procuro", "sale",
		"sorry", "thanks", "vaga", "weekend", "yes",
	}
}

// isSpanish reports whether a text has words, or letters, that neither Portuguese nor English has.
func isSpanish(text string) bool {
	if strings.ContainsAny(text, "ñÑ¿¡") {
		return true
	}
	said := strings.Fields(plain(text))
	return slices.ContainsFunc(said, func(word string) bool {
		_, ok := slices.BinarySearch(onlySpanish(), word)
		return ok
	})
}

// onlySpanish is words of conversations like these as plain has them, in order.
func onlySpanish() []string {
	return []string{
		"ahora", "alguien", "ayer", "buen", "buenas", "buenos", "busco", "chau", "cual", "cuando", "cuanta", "cuantas", "cuanto",
		"cuantos", "dale", "deja", "dejalo", "del", "donde", "el", "enero", "entonces", "estan", "finde", "gracias", "gustaria", "hasta", "hay",
		"hola", "hoy", "jueves", "julio", "junio", "las", "los", "luego", "manana", "martes", "mejor", "muchas", "muy", "nene",
		"nenes", "ninos", "noche", "noches", "octubre", "otra", "pasado", "perfecto", "pero", "personas", "pileta",
		"puedo", "quedo", "quiero", "quisiera", "soy", "tenes", "tengo", "tienen", "una", "viernes", "vos", "y", "yo",
	}
}
