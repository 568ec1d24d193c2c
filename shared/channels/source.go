package channels

import "regexp"

var sources = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,29}$`)

// ValidSource reports whether a word may be the source of a feed: airbnb, booking, or any other of small letters, digits, "-"
// and "_", at most 30, that begins with a letter or a digit.
func ValidSource(word string) bool { return sources.MatchString(word) }
