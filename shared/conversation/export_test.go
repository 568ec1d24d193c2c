package conversation

import (
	"reflect"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// Understand is what a text means in a state.
func (s State) Understand(text string, f Facts, now time.Time) understanding.Meaning {
	return begin(s, Event{Kind: Said, Text: text, At: now}, f, now).read(text)
}

// Sentence is one of the catalogue.
type Sentence struct{ Name, Text string }

// Sentences returns those of a language in the order in which they are declared.
func Sentences(lang notice.Language) []Sentence {
	var all []Sentence
	v := reflect.ValueOf(*catalogue[lang])
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.String {
			all = append(all, Sentence{v.Type().Field(i).Name, v.Field(i).String()})
		}
	}
	return all
}

// Labels returns the topics of a language.
func Labels(lang notice.Language) map[understanding.Topic]string { return catalogue[lang].Topics }

// Languages returns how many there are.
func Languages() int { return len(catalogue) }

// Fill fills in a sentence.
func Fill(sentence string, pairs ...string) string { return fill(sentence, pairs...) }

// What tells Spanish from its neighbours.
var (
	IsSpanish   = isSpanish
	OnlySpanish = onlySpanish
	Plain       = plain
	PersonName  = personName
)
