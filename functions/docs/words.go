package docs

import (
	"fmt"
	"strconv"
	"strings"
)

// kind is what a value is, in words, some of which lead to the table of an object: "list of" Night.
type kind struct{ Before, Object, After string }

// kindOf describes a schema for people.
func (d *document) kindOf(s *schema) kind {
	name, target := d.resolve(s)
	switch {
	case target.Items != nil:
		inner := d.kindOf(target.Items)
		inner.Before = strings.TrimSpace("list of " + inner.Before)
		return inner
	case target.AdditionalProperties != nil:
		inner := d.kindOf(target.AdditionalProperties)
		inner.Before = strings.TrimSpace("object of names and " + inner.Before)
		return inner
	case name != "" && target.is("object"):
		return kind{Object: name}
	default:
		return kind{Before: words(target)}
	}
}

// words describes a value that is not an object.
func words(s *schema) string {
	said := []string{basicWords(s)}
	if len(s.Enum) > 0 {
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = fmt.Sprint(v)
		}
		said = []string{strings.Join(values, ", ")}
		if len(values) > 1 {
			said[0] = "one of: " + said[0]
		}
	}
	said = append(said, limitWords(s)...)
	return strings.Join(said, ", ")
}

func basicWords(s *schema) string {
	switch {
	case s.Format == "date":
		return "date"
	case s.Format == "date-time":
		return "instant (RFC 3339)"
	case s.Format == "email":
		return "e-mail address"
	case s.Title != "":
		return strings.ToLower(s.Title) // the schemas that have one say with it what they are
	case s.is("integer"):
		return "whole number"
	case s.is("boolean"):
		return "true or false"
	case s.is("string"):
		return "text"
	case len(s.Type) > 0:
		return s.Type[len(s.Type)-1]
	default:
		return "anything"
	}
}

func limitWords(s *schema) []string {
	var said []string
	say := func(low, high, unit string) {
		switch {
		case low != "" && high != "":
			said = append(said, low+" to "+high+unit)
		case low != "":
			said = append(said, "at least "+low+unit)
		case high != "":
			said = append(said, "at most "+high+unit)
		}
	}
	say(number(s.Minimum), number(s.Maximum), "")
	say(length(s.MinLength), length(s.MaxLength), " characters")
	return said
}

func number(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'f', -1, 64)
}

func length(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// span is a piece of a description; descriptions are Markdown, of which ours use paragraphs and code.
type span struct {
	Text string
	Code bool
}

// paragraphs splits a description.
func paragraphs(description string) [][]span {
	var all [][]span
	for paragraph := range strings.SplitSeq(description, "\n\n") {
		var spans []span
		for i, text := range strings.Split(paragraph, "`") {
			if text != "" {
				spans = append(spans, span{text, i%2 == 1})
			}
		}
		if spans != nil {
			all = append(all, spans)
		}
	}
	return all
}

// callers says who may call an operation.
func callers(security []map[string][]string) string {
	guest, owner := false, false
	for _, way := range security {
		for name := range way {
			guest = guest || strings.HasPrefix(name, "guest")
			owner = owner || strings.HasPrefix(name, "owner")
		}
	}
	switch {
	case guest && owner:
		return "The guest, with the reservation's token, or an owner."
	case owner:
		return "An owner."
	case guest:
		return "The guest, with the reservation's token."
	default:
		return "Anybody."
	}
}
