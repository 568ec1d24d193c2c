package machines

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

const (
	// Children that are over are remembered like Fly's destroyed machines, but not for long: each holds its output.
	keepOver = 32
	keepFor  = time.Hour

	// closeGrace is what children get when the process itself ends; whoever runs it waits for that.
	closeGrace = 10 * time.Second
)

// execPlacement runs tasks as child processes. It knows those that it started itself, and no others.
type execPlacement struct {
	binary string
	max    int
	ration *ration
	now    func() time.Time
	log    zerolog.Logger

	mu       sync.Mutex
	closed   bool
	children []*child       // the oldest first
	tended   sync.WaitGroup // one for each that runs
}

func (p *execPlacement) Kind() string { return KindExec }

func (p *execPlacement) Launch(ctx context.Context, spec Spec) (Machine, error) {
	if err := spec.check(); err != nil {
		return Machine{}, err
	}
	// Before the lock, as others than we may count; a run that has its machine costs nothing, so this waits until needed.
	rationed := p.ration.check(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.findRun(spec.RunID); c != nil {
		return c.machine, nil
	}
	if err := p.room(spec.Name()); err != nil {
		return Machine{}, err
	}
	if rationed != nil {
		return Machine{}, rationed
	}
	c := p.newChild(spec)
	if err := p.start(c); err != nil {
		return Machine{}, ErrNotStarted.WithCause(err)
	}
	p.children = append(p.children, c)
	p.ration.spend()
	return c.machine, nil
}

// room refuses a launch that would break a limit, or Fly's rule that a name belongs to one living machine.
func (p *execPlacement) room(name string) error {
	if p.closed {
		return ErrUnreachable.WithDetail("This process is ending; nothing is launched any more.")
	}
	live := 0
	for _, c := range p.children {
		if c.machine.Over() {
			continue
		}
		if c.machine.Name == name {
			return ErrNameTaken.WithDetail("Run " + c.machine.RunID + " is at work under this name.")
		}
		live++
	}
	if live >= p.max {
		return ErrTooMany
	}
	return nil
}

func (p *execPlacement) newChild(spec Spec) *child {
	id := make([]byte, 7) // as long as Fly's
	rand.Read(id)         // it never fails
	return &child{
		placement: p, spec: spec, done: make(chan struct{}), output: &tail{},
		machine: Machine{
			ID: hex.EncodeToString(id), Name: spec.Name(), Task: spec.Task, RunID: spec.RunID, Region: "local",
			State: Running, Detail: "running", CreatedAt: p.now(), Deadline: spec.Deadline,
		},
	}
}

// start starts a child, and what looks after it until it is over.
func (p *execPlacement) start(c *child) error {
	started := make(chan error)
	p.tended.Go(func() { c.tend(started) })
	return <-started
}

func (p *execPlacement) findRun(runID string) *child {
	for _, c := range p.children {
		if c.machine.RunID == runID {
			return c
		}
	}
	return nil
}

// find returns the child of an id, or ErrGone.
func (p *execPlacement) find(id string) (*child, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.children {
		if c.machine.ID == id {
			return c, nil
		}
	}
	return nil, ErrGone
}

func (p *execPlacement) Inspect(_ context.Context, id string) (Machine, error) {
	c, err := p.find(id)
	if err != nil {
		return Machine{}, err
	}
	return c.now(), nil
}

func (p *execPlacement) List(_ context.Context, filter Filter) ([]Machine, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget()
	var found []Machine
	for _, c := range p.children {
		if filter.takes(c.machine) {
			found = append(found, c.machine)
		}
	}
	return found, nil
}

// forget drops children that have been over for long, and the oldest of too many. The caller holds mu.
func (p *execPlacement) forget() {
	over := 0
	for _, c := range p.children {
		if c.machine.Over() {
			over++
		}
	}
	p.children = slices.DeleteFunc(p.children, func(c *child) bool {
		old := c.machine.Over() && (over > keepOver || p.now().Sub(c.machine.Exit.At) > keepFor)
		if old {
			over--
		}
		return old
	})
}

func (p *execPlacement) Stop(_ context.Context, id string, grace time.Duration) error {
	c, err := p.find(id)
	if err != nil {
		return err
	}
	c.stop(graceOr(grace))
	return nil
}

func (p *execPlacement) Destroy(_ context.Context, id string) error {
	c, err := p.find(id)
	if err != nil {
		return err
	}
	c.kill()
	return nil
}

func (p *execPlacement) Wait(ctx context.Context, id string) (Machine, error) {
	c, err := p.find(id)
	if err != nil {
		return Machine{}, err
	}
	select {
	case <-c.done:
		return c.now(), nil
	case <-ctx.Done():
		return c.now(), ctx.Err()
	}
}

func (p *execPlacement) Close() error {
	p.mu.Lock()
	p.closed = true
	children := slices.Clone(p.children)
	p.mu.Unlock()
	for _, c := range children {
		c.stop(closeGrace)
	}
	p.tended.Wait()
	return nil
}
