package booking_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
)

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func TestNewCodesUseTheWholeAlphabetAndNothingElse(t *testing.T) {
	t.Parallel()
	seen, used := map[string]bool{}, map[rune]bool{}
	for range 1000 {
		code := booking.NewCode()
		if normal, ok := booking.NormalizeCode(code); !ok || normal != code || len(code) != 6 {
			t.Fatalf("%q is not a code", code)
		}
		for _, r := range code {
			if !strings.ContainsRune(crockford, r) {
				t.Fatalf("%q holds %q", code, r)
			}
			used[r] = true
		}
		seen[code] = true
	}
	// 1000 codes share one with odds of 1 in 2000, two pairs with odds of 1 in 9 million; a character stays unused among
	// 6000 with odds of 1 in 10^81.
	if len(seen) < 999 || len(used) != len(crockford) {
		t.Errorf("1000 codes: %d different, of %d characters", len(seen), len(used))
	}
}

func TestCodesAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"7K3M9Q":                "7K3M9Q",
		"7k3m9q":                "7K3M9Q",
		" 7k3-m9q\n":            "7K3M9Q",
		"7 K 3 M 9 Q":           "7K3M9Q",
		"7K3\u2013M9Q":          "7K3M9Q", // a dash that a phone's keyboard made of a hyphen
		"7K3\u00a0M9Q":          "7K3M9Q",
		"oOiIlL":                "001111",
		"O0I1L1":                "001111",
		"------7K3M9Q---------": "7K3M9Q",
	} {
		if got, ok := booking.NormalizeCode(text); !ok || got != want {
			t.Errorf("NormalizeCode(%q) = %q, %t; want %q", text, got, ok, want)
		}
	}
}

func TestWhatCannotBeACodeIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "7K3M9", "7K3M9QQ", "UUUUUU", "7K3M9u", "7K3M9Ñ", "7K3M9\u0131", "7K3M9\u212a", "\uff17K3M9Q", "7K3.M9Q", "7K3_M9Q", "😀😀😀😀😀😀",
		"7K3M9\x00", "7K3M9\xff", "' or 1=1", "------", strings.Repeat("7K3M9Q", 1000), strings.Repeat(" ", 10_000),
	} {
		if got, ok := booking.NormalizeCode(text); ok || got != "" {
			t.Errorf("NormalizeCode(%.20q) = %q, %t", text, got, ok)
		}
	}
}

func TestNormalizingTwiceIsNormalizingOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -]?([0-9A-TV-Za-tv-z][ -]?){6}`).Draw(t, "text")
		once, ok := booking.NormalizeCode(text)
		if twice, again := booking.NormalizeCode(once); !ok || !again || twice != once {
			t.Fatalf("%q, %q, %q", text, once, twice)
		}
	})
}

func FuzzNormalizeCode(f *testing.F) {
	for _, seed := range []string{"7K3M9Q", " 7k3-m9q ", "oil0il", "UUUUUU", "", "😀", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, ok := booking.NormalizeCode(text)
		if ok != (code != "") {
			t.Fatalf("NormalizeCode(%q) = %q, %t", text, code, ok)
		}
		if !ok {
			return
		}
		if len(code) != 6 || strings.Trim(code, crockford) != "" {
			t.Errorf("NormalizeCode(%q) = %q", text, code)
		}
		if again, ok := booking.NormalizeCode(code); !ok || again != code {
			t.Errorf("NormalizeCode(%q) = %q, then %q", text, code, again)
		}
	})
}

func BenchmarkNewCode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = booking.NewCode()
	}
}
