package conversation

import (
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// named goes before the id of a cabin that was called by its name: a mere number is what it was called by.
const named = "#"

// names is how cabins are called: by their names whole, without the first word as in "la del Lago", and by any word that only one
// of them has. Of what is all around, as a lake, that goes only for guests who are choosing between cabins, and in their language.
func names(cabins []Cabin, choosing bool, text string) []understanding.Cabin {
	text = strings.ToLower(text)
	portuguese := strings.Contains(text, " do ") || strings.Contains(text, " da ") || strings.Contains(text, "cabana")
	all := make([]understanding.Cabin, len(cabins))
	for i, c := range cabins {
		all[i] = understanding.Cabin{ID: named + id64(c.ID), Names: []string{c.Name}}
		words := strings.Fields(c.Name)
		if len(words) < 2 {
			continue
		}
		if len(words) > 2 {
			all[i].Names = append(all[i].Names, strings.Join(words[1:], " "))
		}
		for _, name := range all[i].Names {
			if said := inPortuguese(name); portuguese && said != name {
				all[i].Names = append(all[i].Names, said)
			}
		}
		for _, word := range words {
			around := aroundHere(word)
			if !tells(word) || around != nil && !choosing {
				continue
			}
			if !slices.ContainsFunc(cabins, func(o Cabin) bool { return o.ID != c.ID && strings.Contains(plain(o.Name), plain(word)) }) {
				all[i].Names = append(append(all[i].Names, word), around...)
			}
		}
	}
	return all
}

// inPortuguese is a name as a Brazilian says it: Cabana do Lago.
func inPortuguese(name string) string {
	said := strings.NewReplacer(" de la ", " da ", " de las ", " das ", " de los ", " dos ", " del ", " do ", "ñ", "n").Replace(" " + strings.ToLower(name))
	return strings.TrimSpace(said)
}

// tells reports whether a word of a name is one that a cabin may be called by: not what any of them is.
func tells(word string) bool {
	return len(word) > 2 && !slices.Contains([]string{
		"casa", "cabana", "depto", "departamento", "loft", "duplex", "house", "cabin", "para", "personas", "grande", "chica", "del", "los", "las", "the", "and",
	}, plain(word))
}

// aroundHere is what else a word is called that speaks of the place rather than of the cabin; nil for any other word.
func aroundHere(word string) []string {
	switch plain(word) {
	case "lago", "laguna":
		return []string{"lake"}
	case "bosque":
		return []string{"forest", "woods", "floresta"}
	case "montana":
		return []string{"mountain"}
	case "rio", "arroyo":
		return []string{"river"}
	case "valle":
		return []string{"valley", "vale"}
	case "mar", "playa", "cerro", "sol", "centro", "parque", "jardin", "vista", "cascada", "mirador":
		return []string{word}
	}
	return nil
}
