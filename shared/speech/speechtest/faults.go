package speechtest

import (
	"cmp"
	"io"
	"net/http"
	"slices"
)

// Fault is something that goes wrong with requests.
type Fault struct {
	Times      int    // with how many; 0 = all, until Heal
	Status     int    // the answer has this status, and, without a Body, OpenAI's words for it
	Body       string // the answer is this: with 200, garbage
	HTML       bool   // the answer is a page, as of a proxy that cannot reach the endpoint; without Status: 200
	RetryAfter string // and this header
	Hang       bool   // there is no answer, until the client gives up
	Cut        bool   // the connection ends in the middle of the answer
	Close      bool   // the connection ends before it
}

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

// note keeps a request, and takes the fault that befalls it.
func (s *Server) note(r Request) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived = append(s.arrived, r)
	if len(s.faults) == 0 {
		return Fault{}, false
	}
	f := s.faults[0]
	if f.Times == 1 {
		s.faults = slices.Delete(s.faults, 0, 1)
	} else if f.Times > 1 {
		f.Times--
	}
	return *f, true
}

// befall answers as a fault wants it.
func (f *Fault) befall(w http.ResponseWriter, r *http.Request, arrived Request) {
	switch {
	case f.Hang:
		<-r.Context().Done()
		return
	case f.Close:
		panic(http.ErrAbortHandler)
	case f.Cut:
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"text":"`)        //nolint:errcheck // it is cut off anyway
		http.NewResponseController(w).Flush() //nolint:errcheck // the same
		panic(http.ErrAbortHandler)
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	if f.Body == "" && !f.HTML {
		refuse(w, f.Status, "", wordsFor(f.Status, arrived))
		return
	}
	body := f.Body
	w.Header().Set("Content-Type", "application/json")
	if f.HTML {
		w.Header().Set("Content-Type", "text/html")
		body = cmp.Or(body, "<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>")
	}
	w.WriteHeader(cmp.Or(f.Status, http.StatusOK))
	io.WriteString(w, body) //nolint:errcheck // the client is gone
}

// wordsFor repeats of the request what the originals do, and more.
func wordsFor(status int, r Request) string {
	if status == http.StatusUnauthorized {
		return "Incorrect API key provided: " + r.Authorization
	}
	return "Something is wrong with " + r.Authorization + " " + r.FileName + " " + string(r.Audio)
}
