package mptest

import (
	"io"
	"net/http"
	"slices"
	"time"
)

// Action is what a request is about.
type Action string

// The actions.
const (
	CreateCheckout Action = "create checkout"
	GetCheckout    Action = "get checkout"
	UpdateCheckout Action = "update checkout"
	GetPayment     Action = "get payment"
	SearchPayments Action = "search payments"
	CreateRefund   Action = "create refund"
	GetRefunds     Action = "get refunds"
)

// Fault is something that goes wrong with requests. Without Status, Hang or Cut it only delays.
type Fault struct {
	Action     Action        // of which kind; empty: any
	Times      int           // with how many; 0 = all, until Heal
	After      bool          // what was asked for is done all the same, before
	Delay      time.Duration // the answer is late
	Status     int           // the answer has this status
	Body       string        // and this body: with 200, garbage
	RetryAfter string        // and this header
	Hang       bool          // there is no answer, until the client gives up
	Cut        bool          // the connection ends in the middle of the answer
}

func (f *Fault) fails() bool { return f.Hang || f.Cut || f.Status != 0 }

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
func (s *Server) note(r *http.Request, action Action) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[action]++
	if key := r.Header.Get("X-Idempotency-Key"); key != "" {
		s.keys = append(s.keys, key)
	}
	for i, f := range s.faults {
		if f.Action != "" && f.Action != action {
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
		io.WriteString(w, `{"id":`)           //nolint:errcheck // it is cut off anyway
		http.NewResponseController(w).Flush() //nolint:errcheck // the same
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		w.WriteHeader(f.Status)
		io.WriteString(w, f.Body) //nolint:errcheck // the client is gone
	default:
		send(w, done)
	}
}
