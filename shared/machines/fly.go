package machines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
	fly "github.com/superfly/fly-go"
	"github.com/superfly/fly-go/flaps"
	"github.com/superfly/fly-go/tokens"
)

const (
	// idempotentTries is how often what may be repeated is, Get and Stop for example. A launch is another matter.
	idempotentTries = 3

	// waitFailures is how many rounds of waiting in a row may fail: the machine goes on, whatever the API does.
	waitFailures = 10

	// traceTries is how often we look for the trace of a machine that should be there, or of how one ended.
	traceTries = 5
)

var idForm = regexp.MustCompile(`^[0-9A-Za-z]+$`)

// flyPlacement runs tasks on Fly Machines.
type flyPlacement struct {
	api     *flaps.Client
	idle    func() // closes idle connections
	app     string
	own     bool // the app is this process's own, whose secrets hold the launch token
	image   string
	regions []string
	max     int
	ration  *ration
	pace    Pace
	now     func() time.Time
	log     zerolog.Logger

	turn chan struct{} // one launch at a time: what the cap counts must not change meanwhile

	mu          sync.Mutex
	secrets     []string // names of the app's secrets
	secretsRead time.Time
}

func openFly(c Config, d Deps, ration *ration) (Placement, error) {
	if err := c.missing(); err != nil {
		return nil, err
	}
	base, err := c.base()
	if err != nil {
		return nil, err
	}
	pace := d.Pace.orDefault()
	next, idle := d.Transport, func() {}
	if next == nil {
		// Its own, so that Close can close what it opened.
		transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // documented to be one
		next, idle = transport, transport.CloseIdleConnections
	}
	api, err := flaps.NewWithOptions(context.Background(), flaps.NewClientOpts{
		UserAgent: "sist-cabanas",
		Tokens:    tokens.Parse(c.Token.Reveal()),
		Transport: &guard{base: base, next: next, pacer: newPacer(pace.Every)},
		// No Logger: it would be given every body, with the environment of tasks in it.
	})
	if err != nil {
		return nil, fmt.Errorf("open the Machines API: %w", err)
	}
	return &flyPlacement{
		api: api, idle: idle, app: c.app(), own: c.TasksApp == "" || c.TasksApp == c.App, image: c.Image,
		regions: c.regions(), max: c.Max, ration: ration, pace: pace, now: d.Now, log: d.Log, turn: make(chan struct{}, 1),
	}, nil
}

func (p *flyPlacement) Kind() string { return KindFly }

func (p *flyPlacement) Close() error {
	p.idle()
	return nil
}

// call makes one request, or one that fly-go repeats, within a time of its own: fly-go has no time-outs whatever.
func call[T any](ctx context.Context, limit time.Duration, request func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answer, err := request(ctx)
	return answer, translate(err)
}

// again repeats what may be repeated while the API does not answer, or wants us to wait.
func again[T any](ctx context.Context, p *flyPlacement, request func(context.Context) (T, error)) (T, error) {
	for try := 1; ; try++ {
		answer, err := call(ctx, p.pace.Call, request)
		passing := errors.Is(err, ErrUnreachable) || errors.Is(err, ErrRateLimited)
		if !passing || try == idempotentTries || p.pause(ctx, try) != nil {
			return answer, err
		}
	}
}

// pause waits until something may have changed, longer with every try.
func (p *flyPlacement) pause(ctx context.Context, try int) error {
	select {
	case <-time.After(p.pace.Settle * time.Duration(min(try, 10))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *flyPlacement) Inspect(ctx context.Context, id string) (Machine, error) {
	if !idForm.MatchString(id) { // it becomes part of an address
		return Machine{}, ErrGone
	}
	m, err := again(ctx, p, func(ctx context.Context) (*fly.Machine, error) { return p.api.Get(ctx, p.app, id) })
	if err != nil {
		return Machine{}, err
	}
	if !ours(m) {
		return Machine{}, ErrForeign
	}
	return fromFly(m), nil
}

func (p *flyPlacement) List(ctx context.Context, filter Filter) ([]Machine, error) {
	query := url.Values{"metadata." + metaManagedBy: {managedBy}}
	if filter.Task != "" {
		query.Set("metadata."+metaTask, filter.Task)
	}
	if filter.RunID != "" {
		query.Set("metadata."+metaRunID, filter.RunID)
	}
	if filter.Over {
		query.Set("include_deleted", "true")
	}
	// fly-go calls its argument a state, and pastes it into the address as the whole query.
	all, err := again(ctx, p, func(ctx context.Context) ([]*fly.Machine, error) { return p.api.List(ctx, p.app, query.Encode()) })
	if err != nil {
		return nil, ofApp(err)
	}
	var found []Machine
	for _, m := range all {
		// Filtered again: an API that ignores a filter it does not know must not have us stop the machines of the site.
		if machine := fromFly(m); ours(m) && filter.takes(machine) {
			found = append(found, machine)
		}
	}
	slices.SortFunc(found, func(a, b Machine) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}

func (p *flyPlacement) Stop(ctx context.Context, id string, grace time.Duration) error {
	in := fly.StopMachineInput{ID: id, Signal: "SIGTERM", Timeout: fly.Duration{Duration: graceOr(grace)}}
	return p.end(ctx, id, func(ctx context.Context) error { return p.api.Stop(ctx, p.app, in, "") })
}

func (p *flyPlacement) Destroy(ctx context.Context, id string) error {
	in := fly.RemoveMachineInput{ID: id, Kill: true}
	return p.end(ctx, id, func(ctx context.Context) error { return p.api.Destroy(ctx, p.app, in, "") })
}

// end does to a machine what ends it, if it is ours and not over.
func (p *flyPlacement) end(ctx context.Context, id string, act func(context.Context) error) error {
	m, err := p.Inspect(ctx, id)
	if err != nil || m.Over() {
		return err
	}
	_, err = again(ctx, p, func(ctx context.Context) (struct{}, error) { return struct{}{}, act(ctx) })
	if errors.Is(err, ErrGone) { // it ended by itself meanwhile
		return nil
	}
	return err
}

func (p *flyPlacement) Wait(ctx context.Context, id string) (Machine, error) {
	var last Machine
	missing, failing := 0, 0
	for {
		m, err := p.waitOnce(ctx, id)
		if m.ID != "" {
			last = m
		}
		switch {
		case err == nil && m.Over():
			return p.withExit(ctx, m), nil
		case err == nil:
			missing, failing = 0, 0
			continue
		case ctx.Err() != nil:
			return last, ctx.Err()
		case errors.Is(err, ErrGone):
			missing++ // a machine that was just made may not be known everywhere
		case errors.Is(err, ErrUnreachable), errors.Is(err, ErrRateLimited):
			failing++
		default:
			return last, err
		}
		if missing == traceTries || failing == waitFailures {
			return last, err
		}
		if err := p.pause(ctx, missing+failing); err != nil {
			return last, err
		}
	}
}

// waitOnce looks at a machine and, unless it is over, waits a round for its end.
func (p *flyPlacement) waitOnce(ctx context.Context, id string) (Machine, error) {
	m, err := p.Inspect(ctx, id)
	if err != nil || m.Over() {
		return m, err
	}
	// The answer may come a little after the time we ask it to take at most.
	_, err = call(ctx, p.pace.Wait+p.pace.Call, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, p.api.Wait(ctx, p.app, id, flaps.WithWaitTimeout(p.pace.Wait),
			// Not started: a machine whose task is quick is past that before we ask.
			flaps.WithWaitStates("stopped", "destroyed", "failed"))
	})
	if errors.Is(err, errNotYet) {
		return m, nil
	}
	return m, err
}

// withExit looks a few times more for how a machine ended: what a machine is and what happened to it do not show at the
// same instant.
func (p *flyPlacement) withExit(ctx context.Context, m Machine) Machine {
	for try := 1; m.Exit == nil && m.State == Ended && try <= idempotentTries; try++ {
		if p.pause(ctx, 1) != nil {
			break
		}
		if again, err := p.Inspect(ctx, m.ID); err == nil {
			m = again
		}
	}
	return m
}
