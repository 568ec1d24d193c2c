package machines

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	fly "github.com/superfly/fly-go"
)

const (
	// createTries is how often a machine is asked for, by the same name, when it is not known whether it exists.
	createTries = 2

	// limitTries is how often a request that Fly did not look at, as we ask too often, is made again.
	limitTries = 5

	// secretsFor is how long the names of the app's secrets are believed. `fly secrets set` restarts us, but can be told not to.
	secretsFor = 10 * time.Minute
)

func (p *flyPlacement) Launch(ctx context.Context, spec Spec) (Machine, error) {
	if err := spec.check(); err != nil {
		return Machine{}, err
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return Machine{}, ErrUnreachable.WithCause(ctx.Err())
	}
	// Dead machines too: the name of one that was destroyed is free again, so that it would not stop a second.
	if m, found, err := p.findRun(ctx, spec.RunID); found || err != nil {
		return m, err
	}
	if err := p.room(ctx); err != nil {
		return Machine{}, err
	}
	secrets, err := p.secretNames(ctx)
	if err != nil {
		return Machine{}, err
	}
	regions := p.regions
	if spec.Region != "" {
		regions = []string{spec.Region}
	}
	var full error
	for _, region := range regions {
		m, err := p.create(ctx, p.describe(spec, region, secrets))
		if !errors.Is(err, ErrNoCapacity) {
			return m, err
		}
		p.log.Warn().Err(err).Str("region", region).Str("task", spec.Task).Msg("no room for a machine")
		full = err
	}
	return Machine{}, ErrNoCapacity.WithDetail("Fly has no room in " + strings.Join(regions, " nor in ") +
		"; try again later, or add a region to TASK_REGIONS.").WithCause(full)
}

// room refuses a launch that would break a limit.
func (p *flyPlacement) room(ctx context.Context) error {
	live, err := p.List(ctx, Filter{})
	if err != nil {
		return err
	}
	if len(live) >= p.max {
		return ErrTooMany.WithDetail(strconv.Itoa(len(live)) + " machines are at work and MAX_TASK_MACHINES is " +
			strconv.Itoa(p.max) + "; try again when one has ended.")
	}
	return p.ration.check(ctx)
}

// findRun finds the machine that a run has. If it has two, which no platform can rule out, the living one is it.
func (p *flyPlacement) findRun(ctx context.Context, runID string) (Machine, bool, error) {
	found, err := p.List(ctx, Filter{RunID: runID, Over: true})
	if err != nil || len(found) == 0 {
		return Machine{}, false, err
	}
	if len(found) > 1 {
		p.log.Warn().Str("run_id", runID).Int("machines", len(found)).Msg("a run has more than one machine")
	}
	if i := slices.IndexFunc(found, func(m Machine) bool { return !m.Over() }); i >= 0 {
		return found[i], true, nil
	}
	return found[0], true, nil
}

// create asks for a machine until it is known whether there is one. Nothing is repeated that may have been done: fly-go
// would by itself (see guard), and so would we without looking first.
func (p *flyPlacement) create(ctx context.Context, in fly.LaunchMachineInput) (Machine, error) {
	var doubt error
	for asked, cleared := 0, 0; asked < createTries; {
		m, err := p.post(ctx, in)
		switch {
		case err == nil:
			p.ration.spend()
			return fromFly(m), nil
		case errors.Is(err, ErrNameTaken):
			adopted, err := p.adopt(ctx, in, err)
			cleared++
			if !errors.Is(err, errRemains) || cleared == traceTries || p.pause(ctx, cleared) != nil {
				return adopted, err
			}
			continue
		case errors.Is(err, ErrNoCapacity):
			return Machine{}, err
		case !errors.Is(err, ErrUnreachable), neverSent(err):
			if doubt == nil {
				return Machine{}, err
			}
			return Machine{}, ErrUnknown.WithCause(errors.Join(doubt, err)) // this one made none; the first may have
		}
		asked++
		doubt = err
		p.log.Warn().Err(err).Str("machine", in.Name).Msg("was a machine started? looking for it")
		if found, ok := p.lookFor(ctx, in); ok {
			p.ration.spend()
			return found, nil
		}
	}
	return Machine{}, ErrUnknown.WithCause(doubt)
}

// post makes the one request that costs money.
func (p *flyPlacement) post(ctx context.Context, in fly.LaunchMachineInput) (*fly.Machine, error) {
	for try := 1; ; try++ {
		m, err := call(ctx, p.pace.Create, func(ctx context.Context) (*fly.Machine, error) { return p.api.Launch(ctx, p.app, in) })
		if err == nil && m.ID == "" {
			err = ErrUnreachable.WithCause(errors.New("the answer names no machine"))
		}
		err = ofApp(err)
		// Too many requests: this one was turned away unread, and may be made again.
		if !errors.Is(err, ErrRateLimited) || try == limitTries || p.pause(ctx, try) != nil {
			return m, err
		}
	}
}

// lookFor looks for the machine that a request may have made, some times, as what was done may show late. It looks on
// although the caller has given up: what we then know saves somebody a search.
func (p *flyPlacement) lookFor(ctx context.Context, in fly.LaunchMachineInput) (Machine, bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.pace.Call)
	defer cancel()
	for try := 1; try <= idempotentTries; try++ {
		m, found, err := p.findRun(ctx, in.Config.Metadata[metaRunID])
		if err == nil && found {
			p.log.Info().Str("machine", m.ID).Str("run_id", m.RunID).Msg("it was; adopted")
			return m, true
		}
		if p.pause(ctx, try) != nil {
			break
		}
	}
	return Machine{}, false
}

// errRemains: the name belongs to a machine that is over and not yet removed.
var errRemains = errors.New("it is over")

// adopt takes the machine that has our name already, if it is our run's: somebody launched the same run at the same time,
// or we did and never heard. What remains of another run it has removed, and says so with errRemains.
func (p *flyPlacement) adopt(ctx context.Context, in fly.LaunchMachineInput, taken error) (Machine, error) {
	holder := nameHolder(taken)
	if holder == "" {
		if m, found := p.lookFor(ctx, in); found {
			return m, nil
		}
		return Machine{}, taken
	}
	// Lists may not show yet what the refusal names.
	m, err := p.Inspect(ctx, holder)
	switch {
	case err == nil && m.RunID == in.Config.Metadata[metaRunID]:
		return m, nil
	case err == nil && m.Over():
		_, err := again(ctx, p, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, p.api.Destroy(ctx, p.app, fly.RemoveMachineInput{ID: holder, Kill: true}, "")
		})
		return Machine{}, ErrNameTaken.WithCause(errors.Join(errRemains, taken, err))
	case errors.Is(err, ErrGone): // it was removed just now
		return Machine{}, ErrNameTaken.WithCause(errors.Join(errRemains, taken))
	case err == nil, errors.Is(err, ErrForeign):
		return Machine{}, ErrNameTaken.WithDetail("Machine " + holder + " of another run has the name " + in.Name + ".").WithCause(taken)
	default:
		return Machine{}, ErrUnknown.WithCause(errors.Join(taken, err)) // somebody has the name, and it may be us
	}
}

// secretNames lists the names of the app's secrets; their values are not asked for. Only where the token can be among them
// must they be known: in our own app.
func (p *flyPlacement) secretNames(ctx context.Context) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.secretsRead.IsZero() && p.now().Sub(p.secretsRead) < secretsFor {
		return p.secrets, nil
	}
	secrets, err := again(ctx, p, func(ctx context.Context) ([]fly.AppSecret, error) {
		return p.api.ListAppSecrets(ctx, p.app, nil, false)
	})
	if err != nil {
		if !p.own {
			return nil, nil
		}
		if errors.Is(err, ErrUnauthorized) {
			return nil, ErrUnauthorized.WithDetail("The launch token may not list the names of the app's secrets, so that it could not be kept " +
				"from tasks: make one with `fly tokens create deploy`, or give tasks an app of their own with TASKS_APP.").WithCause(err)
		}
		return nil, ofApp(err)
	}
	p.secrets = nil
	for _, secret := range secrets {
		p.secrets = append(p.secrets, secret.Name)
	}
	p.secretsRead = p.now()
	return p.secrets, nil
}
