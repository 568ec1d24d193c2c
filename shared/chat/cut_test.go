package chat_test

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// characters are each seen as one.
var characters = []string{
	"a", "ñ", "n\u0303", "é", "e\u0301\u0323", "🇦🇷", "🇧🇷", "👍", "👍🏽", "👩‍👩‍👧‍👦", "❤️", "❤️‍🔥", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "🏳️‍🌈", "👨🏻‍🍳", "한", "\u1112\u1161\u11ab", "नि", "\r\n", "…", "世",
}

func length(s string) int { return len(utf16.Encode([]rune(s))) }

func TestATextIsCutBetweenWhatPeopleSeeAsCharacters(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		most int
		want string
	}{
		{"Cabaña", 6, "Cabaña"},
		{"Cabaña del Lago con pileta", 20, "Cabaña del Lago con…"},
		{"Cabaña del Lago y pileta", 20, "Cabaña del Lago y p…"},
		{"Can\u0303a", 4, "Can\u0303"[:2] + "…"}, // ñ of two runes does not fit
		{"🇦🇷🇧🇷🇺🇾", 9, "🇦🇷🇧🇷…"},
		{"🇦🇷🇧🇷🇺🇾", 8, "🇦🇷…"},
		{"👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 20, "👩‍👩‍👧‍👦…"},
		{"👍🏽👍🏽", 5, "👍🏽…"},
		{"👍🏽👍🏽", 4, "…"},
		{"❤️‍🔥❤️‍🔥", 6, "❤️‍🔥…"},
		{"1️⃣2️⃣", 5, "1️⃣…"},
		{"🏴󠁧󠁢󠁥󠁮󠁧󠁿🏴󠁧󠁢󠁥󠁮󠁧󠁿", 15, "🏴󠁧󠁢󠁥󠁮󠁧󠁿…"},
		{strings.Repeat("e\u0301", 3), 5, "e\u0301e\u0301…"},
		{"e" + strings.Repeat("\u0301", 100), 20, "…"},
		{"", 5, ""},
	}
	for _, test := range tests {
		if got := chat.Cut(test.text, test.most); got != test.want {
			t.Errorf("%q to %d: got %q, want %q", test.text, test.most, got, test.want)
		}
	}
}

func TestACutTextFitsAndEndsBetweenCharacters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(characters), 0, 60).Draw(t, "characters")
		most := rapid.IntRange(1, 80).Draw(t, "most")
		text := strings.Join(parts, "")
		got := chat.Cut(text, most)
		if length(got) > most || !utf8.ValidString(got) {
			t.Fatalf("%q has %d of %d", got, length(got), most)
		}
		if length(text) <= most {
			if got != text {
				t.Fatalf("%q was cut for nothing: %q", text, got)
			}
			return
		}
		head, cut := strings.CutSuffix(got, "…")
		if !cut {
			t.Fatalf("%q does not say that it was cut", got)
		}
		whole := ""
		for _, part := range parts {
			if whole == head || strings.TrimSpace(whole) == head {
				return
			}
			whole += part
		}
		if whole != head {
			t.Fatalf("%q is cut in a character: %q", text, got)
		}
	})
}
