package understanding_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// message is a line of testdata: what a guest wrote on a day, and what of it must be understood. A field that is missing is not
// compared; null is "must not be known".
type message struct {
	Text  string     `json:"text"`
	Today civil.Date `json:"today"`
	want  map[string]any
	line  int
}

func messages(t testing.TB, name string) []message {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []message
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		m := message{line: n}
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatalf("%s:%d: %v", name, n, err)
		}
		if err := json.Unmarshal(lines.Bytes(), &m.want); err != nil {
			t.Fatalf("%s:%d: %v", name, n, err)
		}
		delete(m.want, "text")
		delete(m.want, "today")
		delete(m.want, "note")
		all = append(all, m)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// fields is what router understand prints.
func fields(t *testing.T, m understanding.Meaning) map[string]any {
	t.Helper()
	b, err := json.Marshal(m.Object())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestWhatGuestsWriteIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"messages.jsonl", "cases.jsonl"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := messages(t, name)
			wrong := 0
			for _, m := range all {
				got := fields(t, understanding.Read(m.Text, understanding.Context{Today: m.Today}))
				bad := false
				for field, want := range m.want {
					if got[field] != want {
						t.Errorf("%d %q on %s: %s is %v; want %v", m.line, m.Text, m.Today, field, got[field], want)
						bad = true
					}
				}
				if bad {
					wrong++
				}
			}
			t.Logf("%d of %d messages are understood", len(all)-wrong, len(all))
		})
	}
}
