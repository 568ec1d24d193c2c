package function

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// What is left of a body that nobody wants is read up to here, and for so long. It is more than any route takes, so that
	// whoever sends a little too much gets his answer.
	maxDrain  = 4 << 20
	drainTime = 2 * time.Second
)

// upload is a request's body that remembers how far it was read.
type upload struct {
	io.ReadCloser
	begun, ended bool
}

// unread puts an upload in the place of the request's body; nil if it has none.
func unread(r *http.Request) *upload {
	if r.Body == nil || r.ContentLength == 0 {
		return nil
	}
	u := &upload{ReadCloser: r.Body}
	r.Body = u
	return u
}

func (u *upload) Read(p []byte) (int, error) {
	u.begun = true
	n, err := u.ReadCloser.Read(p)
	u.ended = u.ended || err != nil
	return n, err
}

// drain reads what the handler left of the body, within bounds. A server that answers and closes while the client is still
// sending has the client's machine reset the connection, and the answer, a 413 say, is lost with it. A client that waits
// for permission to send its body (Expect) is not asked for it.
func (u *upload) drain(w http.ResponseWriter, r *http.Request) {
	if u == nil || u.ended || !u.begun && r.Header.Get("Expect") != "" {
		return
	}
	err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(drainTime))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return // the connection is gone
	}
	io.CopyN(io.Discard, u, maxDrain) //nolint:errcheck // the answer stands, read or not
}
