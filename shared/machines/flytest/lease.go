package flytest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

const nonceHeader = "fly-machine-lease-nonce"

// lease is somebody's exclusive right to change a machine.
type lease struct {
	nonce, owner, description string
	expires                   time.Time
}

func newLease(seconds int, description string) *lease {
	return &lease{
		nonce: randomID(6), owner: "somebody@example.com", description: description,
		expires: time.Now().Add(time.Duration(seconds) * time.Second),
	}
}

func (l *lease) held() bool { return l != nil && time.Now().Before(l.expires) }

// show is the lease on the wire, where it is wrapped, unlike in the description.
func (l *lease) show(m *machine) map[string]any {
	return map[string]any{"status": "success", "data": map[string]any{
		"nonce": l.nonce, "expires_at": l.expires.Unix(), "owner": l.owner, "description": l.description, "version": m.instance,
	}}
}

func (s *Server) showLease(r request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(r.id)
	if m == nil || !m.lease.held() {
		return refuse(http.StatusNotFound, "lease not found")
	}
	return ok(m.lease.show(m))
}

// takeLease grants a lease, or prolongs the one whose nonce is shown.
func (s *Server) takeLease(r request) reply {
	in := struct {
		TTL         int `json:"ttl"`
		Description string
	}{TTL: 13}
	if len(r.body) > 0 {
		if err := json.Unmarshal(r.body, &in); err != nil {
			return refuse(http.StatusBadRequest, "%s", err)
		}
	}
	if given, err := strconv.Atoi(r.URL.Query().Get("ttl")); err == nil { // fly-go's way
		in.TTL = given
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, refused := s.mutable(r)
	if m == nil {
		return refused
	}
	taken := newLease(in.TTL, in.Description)
	if m.lease.held() {
		taken.nonce = m.lease.nonce
	}
	m.lease = taken
	return reply{http.StatusCreated, m.lease.show(m)}
}

func (s *Server) dropLease(r request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, refused := s.mutable(r)
	if m == nil {
		return refused
	}
	m.lease = nil
	return ok(map[string]any{"status": "success", "data": map[string]any{"ok": true}})
}
