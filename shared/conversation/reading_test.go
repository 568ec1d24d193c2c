package conversation_test

import (
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

func moneyOf(n int) money.Cents { return money.Cents(n) }

// visible is all of a message that a guest can read.
func visible(m chat.Message) string {
	parts := []string{m.Header, m.Body, m.Footer}
	for _, b := range m.Buttons {
		parts = append(parts, "["+b.Title+"]")
	}
	if m.List != nil {
		parts = append(parts, "["+m.List.Button+"]")
		for _, s := range m.List.Sections {
			for _, r := range s.Rows {
				parts = append(parts, "["+r.Title+"] "+r.Description)
			}
		}
	}
	if m.Link != nil {
		parts = append(parts, "["+m.Link.Text+"] "+m.Link.URL)
	}
	if m.Image != nil {
		parts = append(parts, "(image) "+m.Image.URL)
	}
	if m.Location != nil {
		parts = append(parts, "(map) "+m.Location.Name+", "+m.Location.Address)
	}
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, "\n")
}

func indent(text string) string { return "    | " + strings.ReplaceAll(text, "\n", "\n    | ") }

// flat is a text without what does not matter: capitals, accents, bold, and how many blanks there are.
func flat(text string) string {
	text = strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ü", "u", "ñ", "n", "ã", "a", "õ", "o", "ç", "c", "â", "a", "ê", "e", "à", "a",
		"*", "", "_", "").Replace(strings.ToLower(text))
	return strings.Join(strings.Fields(text), " ")
}

// equal checks that two states are the same.
func equal(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, what string, want, got conversation.State,
) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s has changed:\n%s", what, diff)
	}
}
