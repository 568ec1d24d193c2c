package watest

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"time"
)

// Action is what a request is about.
type Action string

// The actions.
const (
	Send     Action = "send"
	MarkRead Action = "mark read"
	GetMedia Action = "get media" // where a file is
	Download Action = "download"
	Upload   Action = "upload"
)

// Fault is something that goes wrong with requests. With nothing but a Delay it only delays.
type Fault struct {
	Action     Action        // of which kind; empty: any
	Phone      string        // sent to whom; empty: anybody
	Times      int           // with how many; 0 = all, until Heal
	After      bool          // what was asked for is done all the same, before
	Delay      time.Duration // the answer is late
	Code       int           // the answer is an error of Meta's with this code
	Subcode    int           //
	Later      bool          // the code does not come in the answer, which says yes, but in a status of the message
	Status     int           // the answer has this status; 0 with a Code: 400
	Body       string        // and this body: with 200, garbage
	RetryAfter string        // and this header
	Hang       bool          // there is no answer, until the client gives up
	Cut        bool          // the connection ends in the middle of the answer
}

func (f *Fault) fails() bool { return f.Hang || f.Cut || f.Status != 0 || f.Code != 0 && !f.Later }

// Fail makes requests fail, those of earlier faults first.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Heal ends all faults.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// note counts a request, and takes the fault that befalls it.
func (s *Server) note(action Action, phone string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[action]++
	for i, f := range s.faults {
		if f.Action != "" && f.Action != action || f.Phone != "" && f.Phone != phone {
			continue
		}
		if f.Times == 1 {
			s.faults = slices.Delete(s.faults, i, i+1)
		} else if f.Times > 1 {
			f.Times--
		}
		return *f, true
	}
	return Fault{}, false
}

// Seen returns how often something was asked for, whatever the answer.
func (s *Server) Seen(a Action) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[a]
}

// befall answers as a fault wants it. done is what the answer would have been.
func (f *Fault) befall(w http.ResponseWriter, r *http.Request, done reply) {
	if !pause(r, f.Delay) {
		return
	}
	switch {
	case f.Hang:
		<-r.Context().Done()
	case f.Cut:
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"messages":[{"id":`) //nolint:errcheck // it is cut off anyway
		http.NewResponseController(w).Flush()    //nolint:errcheck // the same
		panic(http.ErrAbortHandler)
	case f.fails():
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		if f.Code != 0 && f.Body == "" {
			no := refuse(f.Code, "told to fail")
			no.subcode = f.Subcode
			no.status = cmp.Or(f.Status, no.status)
			send(w, no)
			return
		}
		w.WriteHeader(f.Status)
		io.WriteString(w, f.Body) //nolint:errcheck // the client is gone
	default:
		send(w, done)
	}
}

// pause waits, and reports whether the client has.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
