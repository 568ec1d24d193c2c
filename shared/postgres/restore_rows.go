package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// rowReader is the rows of one table, from the frame after T up to E.
type rowReader struct {
	in   *frameReader
	sum  *rowSum
	want TableSum // from E

	mu      sync.Mutex // held while reading
	rest    []byte     // of the current frame
	failure error      // io.EOF after E
}

var errStopped = errors.New("nobody reads these rows any more")

func (r *rowReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.rest) == 0 && r.failure == nil {
		r.advance()
	}
	if r.failure != nil {
		return 0, r.failure
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *rowReader) advance() {
	kind, payload, err := r.in.next()
	switch {
	case err != nil:
		r.failure = err
	case kind == frameData:
		_, _ = r.sum.Write(payload) // never fails
		r.rest = payload
	case kind == frameEnd:
		r.failure = io.EOF
		if err := json.Unmarshal(payload, &r.want); err != nil {
			r.failure = fmt.Errorf("%w: the end of a table cannot be read: %w", ErrDamagedDump, err)
		}
	default:
		r.failure = fmt.Errorf("%w: frame %q among rows", ErrDamagedDump, kind)
	}
}

// stop waits for a read that is under way, lets no other begin, and says why reading failed, if it did.
func (r *rowReader) stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	failure := r.failure
	r.failure = errStopped
	if errors.Is(failure, io.EOF) {
		return nil
	}
	return failure
}
