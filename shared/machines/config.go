package machines

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

// tokenVariable holds the token that no task may see.
const tokenVariable = "FLY_LAUNCH_TOKEN"

// Config says where tasks run. What Fly puts into every machine's environment is read as it is.
type Config struct {
	App       string        `envconfig:"FLY_APP_NAME"`
	MachineID string        `envconfig:"FLY_MACHINE_ID"`
	Image     string        `envconfig:"FLY_IMAGE_REF"` // of this very machine: tasks run what the router runs
	Region    string        `envconfig:"FLY_REGION"`
	API       string        `envconfig:"FLY_FLAPS_BASE_URL" default:"https://api.machines.dev" validate:"omitempty,http_url"`
	Token     config.Secret `envconfig:"FLY_LAUNCH_TOKEN"` // of `fly tokens create deploy`
	TasksApp  string        `envconfig:"TASKS_APP"`        // the app that tasks run in; empty = this one
	Regions   []string      `envconfig:"TASK_REGIONS" validate:"dive,alpha,lowercase"`
	Max       int           `envconfig:"MAX_TASK_MACHINES" default:"3" validate:"min=1,max=100"`
	MaxPerDay int           `envconfig:"MAX_LAUNCHES_PER_DAY" default:"2000" validate:"min=1"`
	Placement string        `envconfig:"PLACEMENT" default:"auto" validate:"omitempty,oneof=auto fly exec"`
}

// Kind is the placement that the configuration asks for. Left to itself it is Fly's where we are on Fly and may launch,
// else child processes.
func (c Config) Kind() string {
	switch {
	case c.Placement == KindFly, c.Placement == KindExec:
		return c.Placement
	case c.MachineID != "" && c.Token != "":
		return KindFly
	default:
		return KindExec
	}
}

// app is the one that tasks run in.
func (c Config) app() string { return cmp.Or(c.TasksApp, c.App) }

// regions are where a task may run, the preferred first: the configured ones; else our own, then São Paulo, Fly's only
// region in South America and often full, then one with plenty of room.
func (c Config) regions() []string {
	wanted := c.Regions
	if len(wanted) == 0 {
		wanted = []string{c.Region, "gru", "iad"}
	}
	var regions []string
	for _, region := range wanted {
		if region != "" && !slices.Contains(regions, region) {
			regions = append(regions, region)
		}
	}
	return regions
}

// missing names what the fly placement cannot do without.
func (c Config) missing() error {
	var problems config.Problems
	for _, variable := range []struct{ name, value string }{
		{tokenVariable, c.Token.Reveal()}, {"FLY_IMAGE_REF", c.Image}, {"TASKS_APP", c.app()},
	} {
		if strings.TrimSpace(variable.value) == "" {
			problems = append(problems, config.Problem{Variable: variable.name, Message: "is missing: tasks cannot run on Fly without it"})
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return problems
}

// base is the API's address. The token goes there with every request, so outside of this machine and of Fly's private
// network, which is encrypted, it has to be https.
func (c Config) base() (*url.URL, error) {
	base, err := url.Parse(cmp.Or(c.API, "https://api.machines.dev"))
	if err != nil || base.Host == "" {
		return nil, config.Problems{{Variable: "FLY_FLAPS_BASE_URL", Message: "must be a URL"}}
	}
	host := base.Hostname()
	private := host == "localhost" || strings.HasSuffix(host, ".internal") || net.ParseIP(host).IsLoopback()
	if base.Scheme != "https" && !private {
		return nil, config.Problems{{Variable: "FLY_FLAPS_BASE_URL", Message: "must be https: the launch token travels to it"}}
	}
	return base, nil
}

// Deps is what a placement needs beside its configuration. The zero value works.
type Deps struct {
	Log zerolog.Logger

	// Now is the clock; nil: time.Now.
	Now func() time.Time

	// Launched counts the machines that were launched since a moment by anybody, without the one that is about to be; nil:
	// those of this process alone count towards MAX_LAUNCHES_PER_DAY.
	Launched func(ctx context.Context, since time.Time) (int, error)

	// Binary is the program that child processes run; empty: this one.
	Binary string

	// Transport carries the requests to the Machines API; nil: one of its own.
	Transport http.RoundTripper

	// Pace is how patient the fly placement is. Each zero is the default of that field.
	Pace Pace
}

// Pace is how patient the fly placement is.
type Pace struct {
	Call   time.Duration // one request; default 15 s
	Create time.Duration // the request that creates a machine, which may take long; default 60 s
	Wait   time.Duration // one round of waiting for the end of a machine; at least 1 s, default and at most 60 s
	Settle time.Duration // until what was done shows elsewhere in the API; default 1 s
	Every  time.Duration // between two requests of a kind, the limit of the API; default 1 s
}

func (p Pace) orDefault() Pace {
	return Pace{
		Call:   cmp.Or(p.Call, 15*time.Second),
		Create: cmp.Or(p.Create, time.Minute),
		Wait:   cmp.Or(p.Wait, time.Minute),
		Settle: cmp.Or(p.Settle, time.Second),
		Every:  cmp.Or(p.Every, time.Second),
	}
}

// Open makes the placement that the configuration asks for. Nothing is asked of Fly yet. A failure is config.Problems where
// a variable is missing or wrong.
func Open(c Config, d Deps) (Placement, error) {
	if d.Now == nil {
		d.Now = time.Now
	}
	ration := &ration{perDay: c.MaxPerDay, now: d.Now, launched: d.Launched}
	if c.Kind() == KindFly {
		return openFly(c, d, ration)
	}
	binary := d.Binary
	if binary == "" {
		var err error
		if binary, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("find our own program: %w", err)
		}
	}
	return &execPlacement{binary: binary, max: c.Max, ration: ration, now: d.Now, log: d.Log}, nil
}
