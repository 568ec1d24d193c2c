package config

import "strings"

// List is several values in one variable, with commas in between and spaces as people put them; empty ones do not count.
type List []string

// Decode implements envconfig.Decoder.
func (l *List) Decode(text string) error {
	*l = nil
	for value := range strings.SplitSeq(text, ",") {
		if value = strings.TrimSpace(value); value != "" {
			*l = append(*l, value)
		}
	}
	return nil
}
