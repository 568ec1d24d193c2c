package notice

import "io"

// Complaints executes every template of a message, and returns what Render keeps to itself.
func Complaints(lang Language, kind Kind, f Facts) []error {
	found, lang := find(lang, kind)
	v := view(lang, f)
	errs := []error{found.subject.Execute(io.Discard, v)}
	for _, part := range found.parts {
		errs = append(errs, part.words.Execute(io.Discard, v))
	}
	return errs
}

// Translated reports whether a language has words of its own for a kind.
func Translated(lang Language, kind Kind) bool {
	_, ok := catalogue[lang][kind]
	return ok
}
