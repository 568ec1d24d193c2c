package chat_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

func TestANumberIsReadAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"+54 9 11 2345-6789":     "5491123456789",
		"+54 11 2345-6789":       "5491123456789",
		"011 15 2345-6789":       "5491123456789",
		"(011) 15-2345-6789":     "5491123456789",
		"11 2345 6789":           "5491123456789",
		"11 15 2345 6789":        "5491123456789",
		"5491123456789":          "5491123456789",
		"541123456789":           "5491123456789",
		"0054 9 11 2345 6789":    "5491123456789",
		"+54 9 011 2345 6789":    "5491123456789",
		"+54 9 11 15 2345 6789":  "5491123456789",
		"+54 (0294) 15 412-3456": "5492944123456",
		"0294 154123456":         "5492944123456",
		"2944 123456":            "5492944123456",
		"9 2944 123456":          "5492944123456",
		"02944 15 123456":        "5492944123456",
		"351 15 155 1515":        "5493511551515",
		"0351-15-6123456":        "5493516123456",
		"+55 11 98765-4321":      "5511987654321",
		"5511987654321":          "5511987654321",
		"+598 99 123 456":        "59899123456",
		"+52 55 1234 5678":       "5215512345678",
		"+52 1 55 1234 5678":     "5215512345678",
		"+1 (415) 523-8886":      "14155238886",
		"+44 7911 123456":        "447911123456",
		" +34.612.345.678 ":      "34612345678",
		// nobody knows whose these are
		"2345-6789": "", "15 2345 6789": "", "": "", "+": "", "hola": "", "11 2345 678": "", "11 2345 67890": "", "+54 1 2345": "", "4112345678": "",
		"+54 9 11 2345-6789 int. 3": "", "1234567890123456": "", "0000000000": "", "+0 11 2345 6789": "", "٣٣٣٣٣٣٣٣٣٣": "",
	} {
		got, ok := chat.NormalizeNumber(typed)
		if got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", typed, got, ok, want)
		}
	}
}

func TestANumberThatWasReadStaysAsItIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.StringMatching(`(\+|00)?(54|52|55)?[ -]?0?9?[0-9]{8,12}`).Draw(t, "typed")
		number, ok := chat.NormalizeNumber(typed)
		if !ok {
			return
		}
		if again, ok := chat.NormalizeNumber("+" + number); !ok || again != number {
			t.Fatalf("%q is %q, which is %q", typed, number, again)
		}
	})
}

func TestTheOtherWayToWriteANumber(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"5492944123456": "542944123456", "5215512345678": "525512345678",
		"542944123456": "", "5511987654321": "", "54929441234567": "", "549": "", "": "", "AR.1349": "",
	} {
		if got, ok := chat.Alternative(number); got != want || ok != (want != "") {
			t.Errorf("%q: got %q", number, got)
		}
	}
	for _, same := range [][2]string{{"5492944123456", "542944123456"}, {"542944123456", "5492944123456"}, {"1", "1"}} {
		if !chat.SameNumber(same[0], same[1]) {
			t.Errorf("%v are not the same", same)
		}
	}
	if chat.SameNumber("5492944123456", "5492944123457") {
		t.Error("two numbers are the same")
	}
}

func FuzzNormalizeNumber(f *testing.F) {
	f.Add("+54 9 11 2345-6789")
	f.Add("0015")
	f.Fuzz(func(t *testing.T, typed string) {
		number, ok := chat.NormalizeNumber(typed)
		if ok != (number != "") || len(number) > 15 || strings.Trim(number, "0123456789") != "" {
			t.Errorf("%q is %q, %v", typed, number, ok)
		}
	})
}
