package channels_test

import (
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/channels"
)

func TestASourceIsAWord(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]bool{
		"airbnb": true, "booking-2_b": true, "7": true, strings.Repeat("x", 30): true,
		"": false, "Airbnb": false, "-a": false, "a b": false, "ñandú": false, "airbnb\n": false, strings.Repeat("x", 31): false,
	} {
		if channels.ValidSource(word) != want {
			t.Errorf("%q: want %t", word, want)
		}
	}
}
