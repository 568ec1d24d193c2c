package machines_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/machines/flytest"
)

func TestMachinesOfTheSiteAreLeftAlone(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	b.end(t, b.launch(t, b.spec("exit", "0")).ID)
	site := b.server.Plant("site-1", map[string]string{"fly_process_group": "app"})
	if found := b.list(t, machines.Filter{}); len(found) != 0 {
		t.Errorf("listed: %+v", found)
	}
	_, err := b.Inspect(t.Context(), site)
	is(t, err, machines.ErrForeign)
	is(t, b.Stop(t.Context(), site, 0), machines.ErrForeign)
	is(t, b.Destroy(t.Context(), site), machines.ErrForeign)
	reaped, err := machines.Reap(t.Context(), b, time.Now().Add(1000*time.Hour))
	must(t, err)
	if asked := b.server.Count(flytest.Stop) + b.server.Count(flytest.Destroy); len(reaped) != 0 || asked != 0 {
		t.Errorf("reaped %+v with %d requests", reaped, asked)
	}
}

func TestTheEndIsWaitedForAndNotAskedForAllTheTime(t *testing.T) {
	t.Parallel()
	b := onFly(t, with(func(_ *machines.Config, d *machines.Deps) { d.Pace.Wait = patience }))
	m := b.launch(t, b.spec("hold"))
	task := b.tasks.next(t)
	waited := make(chan machines.Exit, 1)
	go func() { waited <- b.end(t, m.ID) }()
	b.server.Await(flytest.Wait, 1)
	task.leave(t, 7)
	if exit, rounds := <-waited, b.server.Count(flytest.Wait); exit.Code != 7 || rounds != 1 {
		t.Errorf("%d rounds of waiting for %+v", rounds, exit)
	}
}

func TestAMachineOutOfMemorySaysSo(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	m := b.launch(t, b.spec("hold"))
	b.tasks.next(t)
	must(t, b.server.OOM(m.ID))
	if exit := b.end(t, m.ID); !exit.OOM || exit.Code == 0 || exit.Requested {
		t.Errorf("ended: %+v", exit)
	}
}

func TestAMachineThatVanishesIsGone(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	m := b.launch(t, b.spec("hold"))
	task := b.tasks.next(t)
	waited := make(chan error, 1)
	go func() {
		_, err := b.Wait(t.Context(), m.ID)
		waited <- err
	}()
	b.server.Await(flytest.Wait, 1)
	must(t, b.server.Vanish(m.ID))
	is(t, <-waited, machines.ErrGone)
	_, err := b.Inspect(t.Context(), m.ID)
	is(t, err, machines.ErrGone)
	task.gone(t)
}

func TestAMachineThatNeverStartsCanBeEnded(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(machines.Placement, context.Context, string) error{
		"stopped":   func(p machines.Placement, ctx context.Context, id string) error { return p.Stop(ctx, id, 0) },
		"destroyed": machines.Placement.Destroy,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := onFly(t)
			b.server.Behave(flytest.Behaviour{NeverStarts: true})
			m := b.launch(t, b.spec("exit", "0"))
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				b.server.Await(flytest.Wait, 1)
				cancel()
			}()
			m, err := b.Wait(ctx, m.ID)
			is(t, err, context.Canceled)
			if m.State != machines.Starting {
				t.Errorf("is %s", m.State)
			}
			must(t, end(b, t.Context(), m.ID))
			m, err = b.Wait(t.Context(), m.ID)
			must(t, err)
			if m.State != machines.Ended || m.Exit != nil {
				t.Errorf("ended: %+v", m)
			}
		})
	}
}

func TestAMachineThatFailsToStartIsOver(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	b.server.Behave(flytest.Behaviour{Fails: true}, flytest.Behaviour{StartsAfter: 30 * time.Millisecond})
	m, err := b.Wait(t.Context(), b.launch(t, b.spec("exit", "0")).ID)
	must(t, err)
	if m.State != machines.Failed || m.Exit != nil {
		t.Errorf("failed: %+v", m)
	}
	if exit := b.end(t, b.launch(t, b.spec("exit", "3")).ID); exit.Code != 3 {
		t.Errorf("one that starts late: %+v", exit)
	}
}

func TestWaitingOutlastsTheMoodsOfTheAPI(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	m := b.launch(t, b.spec("hold"))
	task := b.tasks.next(t)
	for _, fault := range []flytest.Fault{
		{Action: flytest.Wait, Status: http.StatusRequestTimeout, Error: "not yet"},
		{Action: flytest.Get, Status: http.StatusServiceUnavailable},
		{Action: flytest.Wait, Status: http.StatusInternalServerError},
		{Action: flytest.Wait, Cut: true},
		{Action: flytest.Get, Status: http.StatusTooManyRequests},
		{Action: flytest.Wait, Status: http.StatusNotFound, Error: "machine not found"},
	} {
		fault.Times = 1
		b.server.Fail(fault)
	}
	waited := make(chan machines.Exit, 1)
	go func() { waited <- b.end(t, m.ID) }()
	b.server.Await(flytest.Wait, 6)
	task.leave(t, 7)
	if exit := <-waited; exit.Code != 7 {
		t.Errorf("ended: %+v", exit)
	}
}

func TestAnAPIThatHangsIsNotWaitedForForever(t *testing.T) {
	t.Parallel()
	b := onFly(t, with(func(_ *machines.Config, d *machines.Deps) { d.Pace.Call = 50 * time.Millisecond }))
	b.server.Fail(flytest.Fault{Hang: true})
	_, err := b.Launch(t.Context(), b.spec("exit", "0"))
	is(t, err, machines.ErrUnreachable)
	_, err = b.List(t.Context(), machines.Filter{})
	is(t, err, machines.ErrUnreachable)
	if b.server.Count(flytest.Create) != 0 {
		t.Error("it was asked for a machine all the same")
	}
}

func TestTooManyRequestsAreMadeAgainLater(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	b.server.Fail(flytest.Fault{Action: flytest.List, Times: 2, Status: http.StatusTooManyRequests, Error: "rate limit exceeded"})
	b.server.Fail(flytest.Fault{Action: flytest.Create, Times: 3, Status: http.StatusTooManyRequests, Error: "rate limit exceeded"})
	b.end(t, b.launch(t, b.spec("exit", "0")).ID)
	if lists, posts := b.server.Count(flytest.List), b.server.Count(flytest.Create); lists != 4 || posts != 4 || len(b.server.Machines()) != 1 {
		t.Errorf("%d lists and %d POSTs made %d machines", lists, posts, len(b.server.Machines()))
	}
}

// clock notes when lists are asked for.
type clock struct {
	next  http.RoundTripper
	lists []time.Time
}

func (c *clock) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/machines") {
		c.lists = append(c.lists, time.Now())
	}
	return c.next.RoundTrip(r)
}

func TestTheLimitsOfFlyAreKept(t *testing.T) {
	t.Parallel()
	const every = 100 * time.Millisecond
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	asked := &clock{next: transport}
	b := onFly(t, with(func(_ *machines.Config, d *machines.Deps) { d.Transport, d.Pace.Every = asked, every }))
	begin := time.Now()
	for range 7 {
		b.list(t, machines.Filter{})
	}
	for i, at := range asked.lists {
		if earliest := every * time.Duration(i-2); at.Sub(begin) < earliest {
			t.Errorf("list %d was asked for after %s, %s too early", i+1, at.Sub(begin), earliest-at.Sub(begin))
		}
	}
}

func TestAMachineIsDescribedAsItHasToBe(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	spec := b.spec("hold", "-v")
	spec.MemoryMB = 300
	b.launch(t, spec)
	b.tasks.next(t)
	made := b.server.Machines()[0]
	for field, ok := range map[string]bool{
		"image":        made.Config["image"] == "registry.fly.io/cabins@sha256:feed",
		"auto_destroy": made.Config["auto_destroy"] == true,
		"restart":      made.Config["restart"].(map[string]any)["policy"] == "no",
		"dns":          made.Config["dns"].(map[string]any)["skip_registration"] == true,
		"stop signal":  made.Config["stop_config"].(map[string]any)["signal"] == "SIGTERM",
		"stop timeout": made.Config["stop_config"].(map[string]any)["timeout"] == "30s",
		"memory":       made.Config["guest"].(map[string]any)["memory_mb"] == float64(512),
		"cpu":          made.Config["guest"].(map[string]any)["cpu_kind"] == "shared",
		"services":     made.Config["services"] == nil,
		"command":      slices.Equal(made.Cmd, []string{"run", "hold", "-v"}),
		"group":        made.Metadata["fly_process_group"] == "task",
		"platform":     made.Metadata["fly_platform_version"] == "",
		"run":          made.Metadata["run_id"] == spec.RunID && made.Metadata["task"] == "hold",
		"deadline":     made.Metadata["deadline"] == spec.Deadline.UTC().Format(time.RFC3339),
	} {
		if !ok {
			t.Errorf("%s is not as it has to be: %+v", field, made)
		}
	}
}
