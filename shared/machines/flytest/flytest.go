// Package flytest is a Machines API server that runs each machine as a process of a given program. It speaks the wire
// protocol of https://fly.io/docs/machines/api/ as far as tasks need it, is stricter than Fly where strictness finds mistakes
// (unknown fields, unknown parameters), and fails on request in the ways in which Fly does.
//
// Nothing of a machine is imitated that a process has not: no image is pulled, memory is not limited, and what a machine
// finds in its environment is exactly what Fly would put there.
package flytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Config says what the server offers. The zero value of everything but Binary is usable.
type Config struct {
	Addr   string // where to listen; empty: a free port of 127.0.0.1
	App    string // the one app there is; empty: "cabins"
	Token  string // who bears it may do everything; empty: "FlyV1 fm2_test"
	Reader string // who bears this may look, and nothing else; empty: nobody

	Binary  string            // the program of every machine, as the ENTRYPOINT of an image would name it
	Env     []string          // NAME=value, of every machine, as the ENV of an image would set it
	Secrets map[string]string // the app's; they go to every machine that does not refuse them
	Output  io.Writer         // gets what machines print; nil: nobody does

	Regions []string      // empty: Fly's
	Every   time.Duration // between two requests of a kind, as Fly limits them; 0 = 1 s, negative = no limit
}

// Action is what a request is about, as Fly counts them.
type Action string

// The actions.
const (
	Create  Action = "create"
	List    Action = "list"
	Get     Action = "get"
	Wait    Action = "wait"
	Start   Action = "start"
	Stop    Action = "stop"
	Destroy Action = "destroy"
	Lease   Action = "lease"
	Secrets Action = "secrets"
)

// Server is a running Machines API. Its methods may be called while it serves.
type Server struct {
	URL string // for FLY_FLAPS_BASE_URL

	config  Config
	http    *http.Server
	closing chan struct{}
	stop    context.CancelFunc
	running sync.WaitGroup // one for each machine that is not destroyed

	mu         sync.Mutex
	closed     bool
	changed    chan struct{} // closed, and replaced, whenever a machine changes
	machines   []*machine    // the oldest first, destroyed ones too
	faults     []*Fault
	behaviours []Behaviour
	full       map[string]bool
	counts     map[Action]int
	limits     map[string]time.Time
	refused    []string // what strictness found
}

// New starts a server. Close it.
func New(c Config) (*Server, error) {
	if c.Binary == "" {
		return nil, errors.New("flytest: Binary is missing")
	}
	c = withDefaults(c)
	listener, err := net.Listen("tcp", c.Addr) //nolint:noctx // it does not wait for anything
	if err != nil {
		return nil, fmt.Errorf("flytest: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		URL: "http://" + listener.Addr().String(), config: c, stop: stop, closing: make(chan struct{}), changed: make(chan struct{}),
		full: make(map[string]bool), counts: make(map[Action]int), limits: make(map[string]time.Time),
	}
	s.http = &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	s.running.Go(func() {
		s.http.Serve(listener) //nolint:errcheck // it ends with Close
	})
	return s, nil
}

// fly's regions as of November 2026; https://fly.io/docs/reference/regions/. Ezeiza is not among them any more.
func flyRegions() []string {
	return []string{"ams", "arn", "bom", "cdg", "dfw", "ewr", "fra", "gru", "iad", "jnb", "lax", "lhr", "nrt", "ord", "sin", "sjc", "syd", "yyz"}
}

func withDefaults(c Config) Config {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	if c.App == "" {
		c.App = "cabins"
	}
	if c.Token == "" {
		c.Token = "FlyV1 fm2_test"
	}
	if c.Every == 0 {
		c.Every = time.Second
	}
	if c.Output != nil {
		c.Output = &shared{to: c.Output}
	}
	if len(c.Regions) == 0 {
		c.Regions = flyRegions()
	}
	return c
}

// Close ends every machine and the server. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	s.stop()
	s.http.Close() //nolint:errcheck // nothing that is cut off matters any more
	s.running.Wait()
}

// Fault is something that goes wrong with requests. Without Status, Hang or Cut it only delays.
type Fault struct {
	Action Action        // of which kind; empty: any
	Times  int           // with how many; 0 = all, until Heal
	After  bool          // what was asked for is done all the same, before
	Delay  time.Duration // the answer is late
	Status int           // the answer has this status
	Error  string        // and says this
	Code   string        // and this: insufficient_capacity, name_taken, unknown
	Hang   bool          // there is no answer, until the client gives up
	Cut    bool          // the connection ends without one
}

// Fail makes requests fail, those of earlier faults first.
func (s *Server) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Heal ends all faults, and gives every region room.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	clear(s.full)
}

// fault takes the fault that befalls a request.
func (s *Server) fault(action Action) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
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

// Behaviour is how a machine to be created behaves.
type Behaviour struct {
	StartsAfter time.Duration // it takes so long to start
	NeverStarts bool          // it stays in created
	Fails       bool          // it ends up in failed, having run nothing
}

// Behave makes the machines that are created next behave, one each.
func (s *Server) Behave(b ...Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviours = append(s.behaviours, b...)
}

// NoCapacity leaves no room in regions; none named: in any.
func (s *Server) NoCapacity(regions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(regions) == 0 {
		regions = s.config.Regions
	}
	for _, region := range regions {
		s.full[region] = true
	}
}

// Count is how many requests of a kind arrived, whatever became of them.
func (s *Server) Count(action Action) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[action]
}

// Refused is what strictness found: a line for every request that Fly would have misunderstood in silence.
func (s *Server) Refused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

// Info is a machine as the server knows it.
type Info struct {
	ID, Name, State, Region string
	Metadata                map[string]string
	Config                  map[string]any // as it was sent
	Cmd                     []string       // what follows the image's ENTRYPOINT
	Pid                     int            // of its process; 0 = it runs none
}

// Machines lists all machines, the oldest first, destroyed ones too.
func (s *Server) Machines() []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	infos := make([]Info, len(s.machines))
	for i, m := range s.machines {
		infos[i] = Info{ID: m.id, Name: m.name, State: m.state, Region: m.region, Metadata: m.config.Metadata, Cmd: m.config.command(), Pid: m.pid}
		json.Unmarshal(m.raw, &infos[i].Config) //nolint:errcheck // it was read before
	}
	return infos
}

// Plant puts a machine there that nobody launched through the API, and that runs nothing: one of the site, say. It returns
// its id.
func (s *Server) Plant(name string, metadata map[string]string) string {
	config := machineConfig{Image: "registry.fly.io/" + s.config.App, Metadata: metadata}
	raw, _ := json.Marshal(map[string]any{"image": config.Image, "metadata": metadata}) // nothing in it can fail
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviours = append([]Behaviour{{NeverStarts: true}}, s.behaviours...)
	w := s.add(name, s.config.Regions[0], raw, config, false, 0)
	s.find(w.ID).enter("started", "start", "flyd", nil)
	return w.ID
}

// Await returns when n requests of a kind have arrived, or the server is closed.
func (s *Server) Await(action Action, n int) {
	s.await(func() bool { return s.counts[action] >= n })
}

// AwaitState returns when n machines are in a state, or the server is closed.
func (s *Server) AwaitState(state string, n int) {
	s.await(func() bool {
		there := 0
		for _, m := range s.machines {
			if m.state == state {
				there++
			}
		}
		return there >= n
	})
}

// await returns when something is so, which it asks while it holds mu, or the server is closed.
func (s *Server) await(so func() bool) {
	for {
		s.mu.Lock()
		done, changed := so(), s.changed
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-s.closing:
			return
		}
	}
}

// OOM ends a machine as the kernel does when it is out of memory.
func (s *Server) OOM(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(id)
	if m == nil || m.pid == 0 {
		return fmt.Errorf("flytest: machine %q does not run", id)
	}
	m.oom = true
	return m.signal(killSignal)
}

// Vanish loses a machine with its host: its process ends, and nobody has heard of it.
func (s *Server) Vanish(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(id)
	if m == nil {
		return fmt.Errorf("flytest: there is no machine %q", id)
	}
	s.machines = slices.DeleteFunc(s.machines, func(other *machine) bool { return other == m })
	m.end()
	s.broadcast()
	return nil
}

// find returns a machine by its id, or nil. The caller holds mu.
func (s *Server) find(id string) *machine {
	for _, m := range s.machines {
		if m.id == id {
			return m
		}
	}
	return nil
}

// broadcast wakes whoever waits for a change. The caller holds mu.
func (s *Server) broadcast() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// shared lets several machines write to one place.
type shared struct {
	mu sync.Mutex
	to io.Writer
}

func (w *shared) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
