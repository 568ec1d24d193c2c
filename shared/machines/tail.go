package machines

import (
	"io"
	"strings"
)

// maxOutput is how much of a child's output is kept: its end, where the reason of a failure is.
const maxOutput = 64 << 10

// tail keeps the last maxOutput bytes written to it. One goroutine writes; it is read when that is done.
type tail struct{ kept []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	// Dropping the surplus at every write would copy all that is kept each time.
	if len(t.kept) > 2*maxOutput {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-maxOutput:]...)
	}
	return len(p), nil
}

// String is what was kept, without half a character at its beginning.
func (t *tail) String() string {
	return strings.ToValidUTF8(string(t.kept[max(0, len(t.kept)-maxOutput):]), "")
}

// patient passes on what is written until that fails once: a task must not suffer because nobody reads along any more.
type patient struct {
	to     io.Writer
	failed bool
}

func (p *patient) Write(b []byte) (int, error) {
	if !p.failed {
		_, err := p.to.Write(b)
		p.failed = err != nil
	}
	return len(b), nil
}
