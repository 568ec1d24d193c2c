package function

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/web"
)

// answer is a ResponseWriter that the deadline may finish in the handler's stead. It has headers of its own, because a late
// handler may still be writing to them while the deadline answers.
type answer struct {
	out    http.ResponseWriter
	header http.Header

	mu      sync.Mutex
	started bool // the status line is out
	over    bool // nobody may write any more
}

func newAnswer(w http.ResponseWriter) *answer {
	return &answer{out: w, header: w.Header().Clone()}
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.start(status)
}

func (a *answer) start(status int) {
	if a.over || a.started {
		return
	}
	a.started = status >= http.StatusOK
	header := a.out.Header()
	clear(header)
	maps.Copy(header, a.header)
	a.out.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return 0, http.ErrHandlerTimeout
	}
	a.start(http.StatusOK)
	return a.out.Write(p)
}

// FlushError sends what was written so far, for answers that go on; see http.ResponseController.
func (a *answer) FlushError() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over {
		return http.ErrHandlerTimeout
	}
	a.start(http.StatusOK)
	return http.NewResponseController(a.out).Flush()
}

// Begun reports whether the handler has begun to answer, so that web.Fail cannot say anything any more.
func (a *answer) Begun() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.started
}

// finish closes the answer: the handler has returned.
func (a *answer) finish() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
}

// giveUp answers 503 if the deadline has passed and the handler has not begun to answer. It also ends the wait for a body
// that trickles in, which no context can: the handler's read fails, and its slot is free for the next request.
func (a *answer) giveUp(r *http.Request) {
	if !errors.Is(context.Cause(r.Context()), web.ErrTimeout) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.started || a.over {
		return
	}
	a.over = true
	a.out.Header().Set("Connection", "close")
	web.Fail(a.out, r, web.ErrTimeout)
	connection := http.NewResponseController(a.out)
	connection.Flush()                     //nolint:errcheck // a writer that cannot flush sends when the handler returns
	connection.SetReadDeadline(time.Now()) //nolint:errcheck // only tests' recorders have no connection
}
