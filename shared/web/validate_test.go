package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/web"
)

// named is a stay by somebody, with a wish.
func named(t testing.TB, name, requests string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"check_in": "2026-12-04", "guests": 2, "contact_name": name, "special_requests": requests})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestNamesOfTheWholeWorldAreAccepted(t *testing.T) {
	t.Parallel()
	names := []string{
		"Ana", "José Ñandú", "O'Brien-Smith", "李小龙", "محمد علي", "שרה כהן", "Đặng Thị", "Ana 👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 Kate", "e\u0301ric",
		"\u200fשרה\u200f", "نمی\u200cخواهم", strings.Repeat("ñ", 20),
	}
	for _, name := range names {
		got := decode[echo](t, post(t, named(t, name, "")).is(http.StatusCreated).Body.String())
		if got.Body.Name != name {
			t.Errorf("%q came as %q", name, got.Body.Name)
		}
	}
}

func TestTextsThatDeceiveWhoeverReadsThemAreRefused(t *testing.T) {
	t.Parallel()
	marks := map[string]string{
		"NUL": "\x00", "bell": "\a", "escape": "\x1b[2J", "delete": "\x7f", "C1": "\u0085", "left-to-right override": "\u202d",
		"right-to-left override": "\u202e", "embedding": "\u202a", "pop": "\u202c", "isolate": "\u2066", "pop isolate": "\u2069",
	}
	for name, mark := range marks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := fields(post(t, named(t, "Ana"+mark, "Cot"+mark)).is(http.StatusUnprocessableEntity).problem())
			for _, field := range []string{"contact_name", "special_requests"} {
				if got[field] != "must not contain control characters" {
					t.Errorf("%s: %q", field, got[field])
				}
			}
		})
	}
	t.Run("bytes that are no UTF-8", func(t *testing.T) {
		t.Parallel()
		body := strings.Replace(goodStay, "Ana", "An\xff", 1)
		if got := fields(post(t, body).is(http.StatusUnprocessableEntity).problem()); got["contact_name"] == "" {
			t.Errorf("got %v", got)
		}
	})
	t.Run("half of a surrogate pair", func(t *testing.T) {
		t.Parallel()
		body := strings.Replace(goodStay, "Ana", `An\ud83d`, 1)
		if got := fields(post(t, body).is(http.StatusUnprocessableEntity).problem()); got["contact_name"] == "" {
			t.Errorf("got %v", got)
		}
	})
}

func TestATextMayHaveLinesAndANameMayNot(t *testing.T) {
	t.Parallel()
	for _, lines := range []string{"Cuna\npor favor", "Cuna\r\npor favor", "Cuna\tpor favor", "Cuna\u2028por favor"} {
		post(t, named(t, "Ana", lines)).is(http.StatusCreated)
		got := fields(post(t, named(t, lines[:12], "")).is(http.StatusUnprocessableEntity).problem())
		if got["contact_name"] != "must not contain control characters" {
			t.Errorf("%q: got %v", lines, got)
		}
	}
}

func TestLengthsAreCountedInCharacters(t *testing.T) {
	t.Parallel()
	post(t, named(t, strings.Repeat("😀", 20), "")).is(http.StatusCreated)
	got := fields(post(t, named(t, strings.Repeat("😀", 21), "")).is(http.StatusUnprocessableEntity).problem())
	if got["contact_name"] != "must have at most 20 characters" {
		t.Errorf("got %v", got)
	}
	a := post(t, named(t, strings.Repeat("a", 10_000), "")).is(http.StatusUnprocessableEntity)
	if a.Body.Len() > 1000 {
		t.Errorf("a name of 10,000 characters is answered with %d bytes", a.Body.Len())
	}
}

// ruled has one field per rule whose message is our own, and one whose message is not.
type ruled struct {
	Short string   `json:"short" validate:"min=3"`
	Low   int      `json:"low" validate:"gte=3"`
	High  int      `json:"high" validate:"lte=3"`
	ASCII string   `json:"ascii" validate:"printascii"`
	Any   string   `json:"any" validate:"hexadecimal"`
	Each  []string `json:"each" validate:"dive,oneof=a b"`
}

func TestMessagesSayWhatIsAllowed(t *testing.T) {
	t.Parallel()
	h := one(web.Doc{Route: "POST /ruled", Status: http.StatusOK}, func(ruled) (string, error) { return "", nil })
	body := `{"short":"ab","low":2,"high":4,"ascii":"ñ","any":"xyz","each":["a","c"]}`
	got := fields(ask(t, h, http.MethodPost, "/ruled", body).is(http.StatusUnprocessableEntity).problem())
	want := map[string]string{
		"short": "must have at least 3 characters", "low": "must be at least 3", "high": "must be at most 3",
		"ascii": "must be printable ASCII", "any": "must satisfy hexadecimal", "each[1]": "must be one of: a, b",
	}
	for field, message := range want {
		if got[field] != message {
			t.Errorf("%s: got %q, want %q", field, got[field], message)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
}
