package flytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxBody is what Fly takes.
const maxBody = 512 << 10

// reply is an answer: a status and what it says.
type reply struct {
	status int
	body   any
}

func ok(body any) reply { return reply{http.StatusOK, body} }

// refuse is an answer that says no, in Fly's form.
func refuse(status int, format string, args ...any) reply {
	return reply{status, map[string]string{"error": fmt.Sprintf(format, args...)}}
}

// request is what an endpoint is given: everything has been read and checked that can be without knowing the machine.
type request struct {
	*http.Request
	body []byte
	id   string // of the machine
}

// endpoint answers one kind of request.
type endpoint struct {
	action Action
	writes bool   // whether a token that may only look is not enough
	fields object // of the body; nil: there is none
	answer func(*Server, request) reply
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	const machines, one = " /v1/apps/{app}/machines", " /v1/apps/{app}/machines/{id}"
	for pattern, e := range map[string]endpoint{
		"GET" + machines:             {action: List, answer: (*Server).list},
		"POST" + machines:            {action: Create, writes: true, fields: createFields(), answer: (*Server).create},
		"GET" + one:                  {action: Get, answer: (*Server).get},
		"DELETE" + one:               {action: Destroy, writes: true, answer: (*Server).destroy},
		"GET" + one + "/wait":        {action: Wait, answer: (*Server).wait},
		"POST" + one + "/start":      {action: Start, writes: true, answer: (*Server).startMachine},
		"POST" + one + "/stop":       {action: Stop, writes: true, fields: stopFields(), answer: (*Server).stopMachine},
		"GET" + one + "/lease":       {action: Lease, answer: (*Server).showLease},
		"POST" + one + "/lease":      {action: Lease, writes: true, fields: leaseFields(), answer: (*Server).takeLease},
		"DELETE" + one + "/lease":    {action: Lease, writes: true, answer: (*Server).dropLease},
		"GET /v1/apps/{app}/secrets": {action: Secrets, answer: (*Server).listSecrets},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, e) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.note(r, "there is no such endpoint")
		send(w, refuse(http.StatusNotFound, "404 page not found"))
	})
	return mux
}

// serve answers a request, or has it fail as it was told to.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, e endpoint) {
	// Whole, whatever becomes of it: only then is it noticed that the client hangs up.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		send(w, refuse(http.StatusRequestEntityTooLarge, "request body too large"))
		return
	}
	s.mu.Lock()
	s.counts[e.action]++
	s.broadcast()
	s.mu.Unlock()
	answer := func() reply { return s.answer(request{Request: r, body: body, id: r.PathValue("id")}, e) }
	fault, failing := s.fault(e.action)
	if !failing {
		send(w, answer())
		return
	}
	var done reply
	if fault.After || !fault.fails() {
		done = answer()
	}
	s.fail(w, r, fault, done)
}

func (f Fault) fails() bool { return f.Hang || f.Cut || f.Status != 0 }

// fail answers as a fault wants it. done is what the answer would have been.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, f Fault, done reply) {
	select {
	case <-time.After(f.Delay):
	case <-r.Context().Done():
		return
	}
	switch {
	case f.Hang:
		<-r.Context().Done()
	case f.Cut:
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		send(w, reply{f.Status, map[string]string{"error": f.Error, "status": f.Code}})
	default:
		send(w, done)
	}
}

// answer checks what can be checked of any request, and has its endpoint answer it.
func (s *Server) answer(r request, e endpoint) reply {
	if denied := s.authorize(r, e.writes); denied.status != 0 {
		return denied
	}
	if r.PathValue("app") != s.config.App {
		return refuse(http.StatusNotFound, "app not found")
	}
	if !s.allow(e.action, r.id) {
		return refuse(http.StatusTooManyRequests, "rate limit exceeded")
	}
	if err := checkQuery(e.action, r.URL.Query()); err != nil {
		s.note(r.Request, err.Error())
		return refuse(http.StatusBadRequest, "%s", err)
	}
	if len(bytes.TrimSpace(r.body)) > 0 {
		if err := checkBody(r.body, e.fields); err != nil {
			s.note(r.Request, err.Error())
			return refuse(http.StatusBadRequest, "%s", err)
		}
	}
	return e.answer(s, r)
}

// note keeps what strictness found.
func (s *Server) note(r *http.Request, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, r.Method+" "+r.URL.RequestURI()+": "+what)
}

func (s *Server) authorize(r request, writes bool) reply {
	switch bearer := r.Header.Get("Authorization"); {
	case bearer == "":
		return refuse(http.StatusUnauthorized, "missing authorization token")
	case bearer == s.config.Token:
		return reply{}
	case bearer != s.config.Reader:
		return refuse(http.StatusUnauthorized, "unauthorized")
	case writes:
		return refuse(http.StatusForbidden, "access denied: token does not grant write access")
	default:
		return reply{}
	}
}

// allow keeps Fly's limits: one request a second for an action on a machine (or in the app), three at once; five and ten
// for looking at a machine.
func (s *Server) allow(action Action, id string) bool {
	every, burst := s.config.Every, 3
	if every < 0 {
		return true
	}
	if action == Get {
		every, burst = every/5, 10
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, key := time.Now(), string(action)+" "+id
	next := s.limits[key]
	if next.Before(now) {
		next = now
	}
	if next.Sub(now) > every*time.Duration(burst-1) {
		return false
	}
	s.limits[key] = next.Add(every)
	return true
}

func send(w http.ResponseWriter, r reply) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Fly-Request-Id", randomID(8))
	w.WriteHeader(r.status)
	json.NewEncoder(w).Encode(r.body) //nolint:errcheck // the client is gone
}
