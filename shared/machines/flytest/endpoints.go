package flytest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$`)

func (s *Server) create(r request) reply {
	var in struct {
		Name, Region string
		Config       json.RawMessage
		SkipLaunch   bool `json:"skip_launch"`
		LeaseTTL     int  `json:"lease_ttl"`
	}
	if err := json.Unmarshal(r.body, &in); err != nil {
		return refuse(http.StatusBadRequest, "%s", err)
	}
	var config machineConfig
	if err := json.Unmarshal(in.Config, &config); err != nil {
		return refuse(http.StatusBadRequest, "config: %s", err)
	}
	if wrong := config.wrong(); wrong != "" {
		s.note(r.Request, wrong)
		return refuse(http.StatusUnprocessableEntity, "invalid config: %s", wrong)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return refuse(http.StatusServiceUnavailable, "closed")
	}
	region, refused := s.place(in.Region)
	if refused.status != 0 {
		return refused
	}
	if in.Name == "" {
		in.Name = "quiet-river-" + randomID(2)
	}
	if !nameForm.MatchString(in.Name) {
		return refuse(http.StatusUnprocessableEntity, "invalid machine name %q", in.Name)
	}
	// The name of a destroyed machine is free again.
	for _, m := range s.machines {
		if m.name == in.Name && !m.gone() {
			return refuse(http.StatusConflict, "already_exists: unique machine name violation, machine ID %s already exists with name %q", m.id, m.name)
		}
	}
	return ok(s.add(in.Name, region, in.Config, config, in.SkipLaunch, in.LeaseTTL))
}

// add makes a machine and sets it going. The caller holds mu.
func (s *Server) add(name, region string, raw json.RawMessage, config machineConfig, skipLaunch bool, leaseTTL int) wire {
	m := &machine{
		server: s, id: randomID(7), name: name, region: region, instance: randomID(13), raw: raw, config: config,
		created: time.Now(), ending: make(chan struct{}),
	}
	if len(s.behaviours) > 0 {
		m.behaviour, s.behaviours = s.behaviours[0], s.behaviours[1:]
	}
	if skipLaunch {
		m.start = make(chan struct{})
	}
	s.machines = append(s.machines, m)
	m.enter("created", "launch", "user", nil)
	s.running.Go(m.live)
	w := m.show(false)
	if leaseTTL > 0 {
		m.lease = newLease(leaseTTL, "")
		w.Nonce = m.lease.nonce
	}
	return w
}

// wrong says what of a configuration Fly would refuse, or take and not do.
func (c machineConfig) wrong() string {
	for name := range c.Env {
		if strings.HasPrefix(name, "FLY_") {
			return "env " + name + ": names that begin with FLY_ are reserved"
		}
	}
	switch {
	case c.Image == "":
		return "image is required"
	case c.Guest.MemoryMB%256 != 0:
		return "memory_mb must be a multiple of 256"
	case c.Guest.CPUKind == "shared" && c.Guest.MemoryMB > 2048*max(c.Guest.CPUs, 1):
		return "too much memory for so few shared CPUs"
	case c.AutoDestroy && c.Restart.Policy != "no":
		return "auto_destroy does nothing with another restart policy than no"
	default:
		return ""
	}
}

// place finds a region with room in a list of regions such as gru,iad. The caller holds mu.
func (s *Server) place(wanted string) (string, reply) {
	if wanted == "" {
		wanted = s.config.Regions[0]
	}
	for region := range strings.SplitSeq(wanted, ",") {
		if region == "any" {
			for _, other := range s.config.Regions {
				if !s.full[other] {
					return other, reply{}
				}
			}
			continue
		}
		if !slices.Contains(s.config.Regions, region) {
			return "", refuse(http.StatusUnprocessableEntity, "region %s not found", region)
		}
		if !s.full[region] {
			return region, reply{}
		}
	}
	return "", reply{http.StatusUnprocessableEntity, map[string]string{
		"error": "insufficient resources available to fulfill request", "status": "insufficient_capacity",
	}}
}

func (s *Server) list(r request) reply {
	query := r.URL.Query()
	states := split(query["state"])
	summary, _ := strconv.ParseBool(query.Get("summary"))
	deleted, _ := strconv.ParseBool(query.Get("include_deleted"))
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []wire{}
	for _, m := range s.machines {
		wanted := (deleted || !m.gone()) && (len(states) == 0 || slices.Contains(states, m.state)) &&
			(query.Get("region") == "" || query.Get("region") == m.region) && m.hasMetadata(query)
		if wanted {
			found = append(found, m.show(summary))
		}
	}
	return ok(found)
}

func (m *machine) hasMetadata(query url.Values) bool {
	for name, values := range query {
		if key, ok := strings.CutPrefix(name, "metadata."); ok && m.config.Metadata[key] != values[0] {
			return false
		}
	}
	return true
}

// split reads a parameter that may be repeated, and hold several values.
func split(values []string) []string {
	var all []string
	for _, value := range values {
		all = append(all, strings.FieldsFunc(value, func(r rune) bool { return r == ',' })...)
	}
	return all
}

func (s *Server) get(r request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(r.id)
	if m == nil {
		return refuse(http.StatusNotFound, "machine not found")
	}
	return ok(m.show(false))
}

// wait answers when the machine has reached one of the states, or 408 when the time is over: at least 1 s, at most 60 s.
func (s *Server) wait(r request) reply {
	query := r.URL.Query()
	states := split(query["state"])
	if len(states) == 0 {
		states = []string{"started"}
	}
	for _, state := range states {
		if !slices.Contains([]string{"started", "stopped", "suspended", "destroyed", "failed"}, state) {
			return refuse(http.StatusBadRequest, "invalid state %q", state)
		}
	}
	timeout := 60
	if given := query.Get("timeout"); given != "" {
		var err error
		if timeout, err = strconv.Atoi(given); err != nil {
			return refuse(http.StatusBadRequest, "invalid timeout %q", given)
		}
	}
	late := time.NewTimer(time.Duration(min(max(timeout, 1), 60)) * time.Second)
	defer late.Stop()
	for seen := -1; ; {
		reached, before, changed, known := s.look(r.id, states, seen)
		if !known {
			return refuse(http.StatusNotFound, "machine not found")
		}
		if reached != "" {
			return ok(map[string]any{"ok": true, "state": reached})
		}
		seen = before
		select {
		case <-changed:
		case <-late.C:
			return refuse(http.StatusRequestTimeout, "deadline_exceeded: machine failed to reach desired state, %s", strings.Join(states, ","))
		case <-r.Context().Done():
			return refuse(http.StatusRequestTimeout, "canceled")
		}
	}
}

// look reports which of the states a machine has reached since so many; −1: which it is in.
func (s *Server) look(id string, states []string, since int) (reached string, now int, changed chan struct{}, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(id)
	if m == nil {
		return "", 0, nil, false
	}
	now = len(m.reached)
	if since < 0 {
		since = now - 1
	}
	for _, state := range m.reached[since:] {
		if slices.Contains(states, state) {
			return state, now, s.changed, true
		}
	}
	return "", now, s.changed, true
}

// mutable finds a machine for a request that changes it, if it is there and nobody else has leased it.
func (s *Server) mutable(r request) (*machine, reply) {
	m := s.find(r.id)
	switch {
	case m == nil, m.gone():
		return nil, refuse(http.StatusNotFound, "machine not found")
	case m.lease.held() && m.lease.nonce != r.Header.Get(nonceHeader):
		return nil, refuse(http.StatusConflict, "aborted: lease currently held by %s, expires at %s", m.lease.owner, m.lease.expires.Format(time.RFC3339))
	default:
		return m, reply{}
	}
}

func (s *Server) startMachine(r request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, refused := s.mutable(r)
	if m == nil {
		return refused
	}
	if m.start == nil || m.startAsked || m.state != "created" {
		return refuse(http.StatusPreconditionFailed, "failed_precondition: unable to start machine from current state: %q", m.state)
	}
	close(m.start)
	m.startAsked = true
	return ok(map[string]any{"previous_state": "created", "migrated": false, "new_host": ""})
}

func (s *Server) stopMachine(r request) reply {
	in := struct{ Signal, Timeout string }{Signal: "SIGINT", Timeout: "5s"}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, refused := s.mutable(r)
	if m == nil {
		return refused
	}
	if configured := m.config.StopConfig; configured.Signal != "" {
		in.Signal, in.Timeout = configured.Signal, configured.Timeout
	}
	if len(r.body) > 0 {
		if err := json.Unmarshal(r.body, &in); err != nil {
			return refuse(http.StatusBadRequest, "%s", err)
		}
	}
	signal, known := map[string]syscall.Signal{
		"SIGHUP": syscall.SIGHUP, "SIGINT": syscall.SIGINT, "SIGQUIT": syscall.SIGQUIT, "SIGKILL": syscall.SIGKILL,
		"SIGUSR1": syscall.SIGUSR1, "SIGUSR2": syscall.SIGUSR2, "SIGTERM": syscall.SIGTERM,
	}[in.Signal]
	timeout, err := time.ParseDuration(in.Timeout)
	if !known || err != nil || timeout < 0 {
		return refuse(http.StatusBadRequest, "invalid signal %q or timeout %q", in.Signal, in.Timeout)
	}
	m.ask(signal, timeout)
	return ok(map[string]any{"ok": true})
}

func (s *Server) destroy(r request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, refused := s.mutable(r)
	if m == nil {
		return refused
	}
	forced := r.URL.Query().Get("force") == "true" || r.URL.Query().Get("kill") == "true"
	if m.pid != 0 && !forced {
		return refuse(http.StatusPreconditionFailed, "failed_precondition: machine still active, refusing to destroy")
	}
	m.removed, m.requested = true, true
	if m.dead {
		m.bury()
	} else {
		m.end()
	}
	return ok(map[string]any{"ok": true})
}

func (s *Server) listSecrets(request) reply {
	names := []map[string]string{}
	for name := range s.config.Secrets {
		names = append(names, map[string]string{"name": name, "digest": randomID(8)})
	}
	return ok(map[string]any{"secrets": names})
}
