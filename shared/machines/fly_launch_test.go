package machines_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/machines/flytest"
)

func TestALaunchThatWasDoneButSaidOtherwiseMakesOneMachine(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]flytest.Fault{
		"503 after the work":       {Status: http.StatusServiceUnavailable, Error: "upstream unavailable"},
		"502 after the work":       {Status: http.StatusBadGateway},
		"500 after the work":       {Status: http.StatusInternalServerError, Error: "oops"},
		"408 after the work":       {Status: http.StatusRequestTimeout, Error: "timed out"},
		"no answer":                {Hang: true},
		"the connection is cut":    {Cut: true},
		"an answer without an end": {Status: http.StatusOK, Error: "no machine in here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := onFly(t, with(func(_ *machines.Config, d *machines.Deps) { d.Pace.Create = 500 * time.Millisecond }))
			fault.Action, fault.Times, fault.After = flytest.Create, 1, true
			b.server.Fail(fault)
			spec := b.spec("hold")
			m := b.launch(t, spec)
			if created, posts := b.server.Machines(), b.server.Count(flytest.Create); len(created) != 1 || posts != 1 || created[0].ID != m.ID {
				t.Errorf("%d POSTs made %d machines; ours is %s", posts, len(created), m.ID)
			}
			b.tasks.next(t).leave(t, 7)
			if exit := b.end(t, m.ID); exit.Code != 7 {
				t.Errorf("the adopted machine: %+v", exit)
			}
			if !strings.Contains(b.log.String(), "adopted") {
				t.Errorf("the log does not tell: %s", b.log)
			}
		})
	}
}

// passing is an error of the kind that fly-go repeats requests after.
type passing struct{ error }

func (passing) Temporary() bool { return true }

// deaf never hears what became of the first POST.
type deaf struct {
	next  http.RoundTripper
	posts int
}

func (d *deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := d.next.RoundTrip(r)
	if r.Method == http.MethodPost && err == nil {
		if d.posts++; d.posts == 1 {
			response.Body.Close()
			return nil, passing{errors.New("the line is dead")}
		}
	}
	return response, err
}

func TestALaunchIsNotRepeatedForAnErrorThatPasses(t *testing.T) {
	t.Parallel()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	line := &deaf{next: transport}
	b := onFly(t, with(func(_ *machines.Config, d *machines.Deps) { d.Transport = line }))
	m := b.launch(t, b.spec("hold"))
	if made := b.server.Machines(); line.posts != 1 || len(made) != 1 || made[0].ID != m.ID {
		t.Errorf("%d POSTs made %d machines", line.posts, len(made))
	}
	b.tasks.next(t)
}

func TestWhoGivesUpWhileItIsLaunchedIsStillToldWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	b.server.Fail(flytest.Fault{Action: flytest.Create, After: true, Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		b.server.Await(flytest.Create, 1)
		b.server.AwaitState("started", 1)
		cancel()
	}()
	m, err := b.Launch(ctx, b.spec("hold"))
	must(t, err)
	if made := b.server.Machines(); len(made) != 1 || made[0].ID != m.ID {
		t.Errorf("adopted %s of %+v", m.ID, made)
	}
	b.tasks.next(t)
}

func TestALaunchThatWasNotDoneIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]flytest.Fault{
		"503": {Status: http.StatusServiceUnavailable}, "cut": {Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := onFly(t)
			fault.Action, fault.Times = flytest.Create, 1
			b.server.Fail(fault)
			b.end(t, b.launch(t, b.spec("exit", "0")).ID)
			if posts := b.server.Count(flytest.Create); posts != 2 || len(b.server.Machines()) != 1 {
				t.Errorf("%d POSTs made %d machines", posts, len(b.server.Machines()))
			}
		})
	}
}

func TestALaunchOfWhichNothingIsKnownSaysSo(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	b.server.Fail(flytest.Fault{Action: flytest.Create, Status: http.StatusServiceUnavailable})
	spec := b.spec("exit", "0")
	_, err := b.Launch(t.Context(), spec)
	is(t, err, machines.ErrUnknown)
	if posts := b.server.Count(flytest.Create); posts != 2 {
		t.Errorf("%d POSTs", posts)
	}
	b.server.Heal()
	b.end(t, b.launch(t, spec).ID)
}

func TestAMachineThatTheListsDoNotShowYetIsAdoptedByItsName(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	spec := b.spec("hold")
	m := b.launch(t, spec)
	// The second client looks, sees nothing, asks, and is told the name of who is there.
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	other := open(t, benchConfig(b.server.URL), machines.Deps{Pace: hasty, Transport: &blindfold{transport, 100}})
	again, err := other.Launch(t.Context(), spec)
	must(t, err)
	if posts := b.server.Count(flytest.Create); again.ID != m.ID || len(b.server.Machines()) != 1 || posts != 2 {
		t.Errorf("%d POSTs made %d machines; adopted was %s", posts, len(b.server.Machines()), again.ID)
	}
}

// blindfold hides what the first lists would show.
type blindfold struct {
	next  http.RoundTripper
	lists int
}

func (b *blindfold) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.lists > 0 && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/machines") {
		b.lists--
		query := r.URL.Query()
		query.Set("metadata.run_id", "nobody")
		r.URL.RawQuery = query.Encode()
	}
	return b.next.RoundTrip(r)
}

func TestWhoHasTheNameMayBeUs(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	spec := b.spec("hold")
	b.launch(t, spec)
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	other := open(t, benchConfig(b.server.URL), machines.Deps{Pace: hasty, Transport: &blindfold{transport, 100}})
	b.server.Fail(flytest.Fault{Action: flytest.Get, Status: http.StatusInternalServerError})
	_, err := other.Launch(t.Context(), spec)
	is(t, err, machines.ErrUnknown)
	b.tasks.next(t)
}

func TestWithoutRoomInOneRegionTheNextIsTried(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	b.server.NoCapacity("gru")
	m := b.launch(t, b.spec("exit", "0"))
	if m.Region != "iad" {
		t.Errorf("launched in %s", m.Region)
	}
	b.server.NoCapacity()
	_, err := b.Launch(t.Context(), b.spec("exit", "0"))
	is(t, err, machines.ErrNoCapacity)
	if !strings.Contains(err.Error(), "gru nor in iad") {
		t.Errorf("the error names no regions: %v", err)
	}
	b.server.Heal()
	b.server.NoCapacity("lhr")
	spec := b.spec("exit", "0")
	spec.Region = "lhr"
	_, err = b.Launch(t.Context(), spec)
	is(t, err, machines.ErrNoCapacity)
	if posts := b.server.Count(flytest.Create); posts != 5 {
		t.Errorf("%d POSTs, want 2 + 2 + 1", posts)
	}
}

func TestTheRegionsAreThoseThatWereConfigured(t *testing.T) {
	t.Parallel()
	b := onFly(t, with(func(c *machines.Config, _ *machines.Deps) { c.Regions = []string{"fra", "ams"} }))
	b.server.NoCapacity("fra", "gru", "iad")
	if m := b.launch(t, b.spec("exit", "0")); m.Region != "ams" {
		t.Errorf("launched in %s", m.Region)
	}
}

// TestAnswersAreUnderstood holds every refusal that was seen of Fly against the error that it has to be.
func TestAnswersAreUnderstood(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status     int
		text, code string
		want       error
		posts      int
	}{
		{401, "unauthorized", "", machines.ErrUnauthorized, 1},
		{403, "access denied", "", machines.ErrUnauthorized, 1},
		{403, `organization "x" is using 1970176 MB of memory in gru which is over the allowed quota. please consider other regions`, "", machines.ErrNoCapacity, 2},
		{404, "app not found", "", machines.ErrNoApp, 1},
		{404, "could not find App \"x\"", "", machines.ErrNoApp, 1},
		{409, "aborted: could not reserve resource for machine: insufficient memory available to fulfill request", "", machines.ErrNoCapacity, 2},
		{412, "insufficient resources to create new machine with existing volume", "", machines.ErrNoCapacity, 2},
		{422, "whatever", "insufficient_capacity", machines.ErrNoCapacity, 2},
		{503, "whatever", "insufficient_capacity", machines.ErrNoCapacity, 2},
		{409, `already_exists: unique machine name violation, machine ID 0123456789abcd already exists with name "x"`, "", machines.ErrNameTaken, 5},
		{422, `already_exists: unique machine name violation, machine ID 0123456789abcd already exists with name "x"`, "", machines.ErrNameTaken, 5},
		{422, "taken", "name_taken", machines.ErrNameTaken, 1},
		{422, "region eze not found", "", machines.ErrRejected, 1},
		{400, "json: cannot unmarshal", "", machines.ErrRejected, 1},
		{409, "aborted: machine update failed due to concurrent update", "", machines.ErrRejected, 1},
		{429, "rate limit exceeded", "", machines.ErrRateLimited, 5},
		{500, "oops", "", machines.ErrUnknown, 2},
		{504, "", "", machines.ErrUnknown, 2},
		{302, "", "", machines.ErrUnknown, 2},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			b := onFly(t)
			b.server.Fail(flytest.Fault{Action: flytest.Create, Status: test.status, Error: test.text, Code: test.code})
			_, err := b.Launch(t.Context(), b.spec("exit", "0"))
			is(t, err, test.want)
			if posts := b.server.Count(flytest.Create); posts != test.posts {
				t.Errorf("%d POSTs, want %d", posts, test.posts)
			}
			if err != nil && (!strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), launchToken)) {
				t.Errorf("the error tells %v", err)
			}
		})
	}
}

func TestATokenThatFlyDoesNotTakeIsToldApart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change change
		want   error
	}{
		"wrong":          {with(func(c *machines.Config, _ *machines.Deps) { c.Token = "fm2_d3Jvbmc=" }), machines.ErrUnauthorized},
		"an old one":     {with(func(c *machines.Config, _ *machines.Deps) { c.Token = "abcdef" }), machines.ErrUnauthorized},
		"of another app": {with(func(c *machines.Config, _ *machines.Deps) { c.TasksApp = "others" }), machines.ErrNoApp},
		"that may only look": {func(_ *machines.Config, _ *machines.Deps, s *flytest.Config) {
			s.Reader, s.Token = s.Token, "FlyV1 fm2_b3RoZXI="
		}, machines.ErrUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := onFly(t, test.change)
			_, err := b.Launch(t.Context(), b.spec("exit", "0"))
			is(t, err, test.want)
			if len(b.server.Machines()) != 0 {
				t.Error("a machine was made")
			}
		})
	}
}

func TestATokenMayBePastedWithItsSchemeAndALineEnd(t *testing.T) {
	t.Parallel()
	b := onFly(t, with(func(c *machines.Config, _ *machines.Deps) { c.Token = config.Secret("FlyV1 " + launchToken + "\n") }))
	b.end(t, b.launch(t, b.spec("exit", "0")).ID)
}

func TestTasksInAnAppOfTheirOwnNeedNoNamesOfSecrets(t *testing.T) {
	t.Parallel()
	b := onFly(t, func(c *machines.Config, _ *machines.Deps, s *flytest.Config) {
		c.TasksApp, s.App = "cabins-tasks", "cabins-tasks"
		delete(s.Secrets, "FLY_LAUNCH_TOKEN")
	})
	b.server.Fail(flytest.Fault{Action: flytest.Secrets, Status: http.StatusForbidden, Error: "no"})
	b.launch(t, b.spec("hold"))
	if database, _ := b.tasks.next(t).environ("DATABASE_URL"); database != "postgres://secret" {
		t.Errorf("the task's secrets are missing: %q", database)
	}
}

func TestWhereTheTokenCouldLeakItsNameMustBeKnown(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	b.server.Fail(flytest.Fault{Action: flytest.Secrets, Status: http.StatusForbidden, Error: "no"})
	_, err := b.Launch(t.Context(), b.spec("exit", "0"))
	is(t, err, machines.ErrUnauthorized)
	if !strings.Contains(err.Error(), "TASKS_APP") || b.server.Count(flytest.Create) != 0 {
		t.Errorf("%v, after %d POSTs", err, b.server.Count(flytest.Create))
	}
}

func TestASecretIsNotRepeatedWhereEverybodyCanReadIt(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	spec := b.spec("hold")
	spec.Env["DATABASE_URL"] = "postgres://in-the-open"
	b.launch(t, spec)
	if database, _ := b.tasks.next(t).environ("DATABASE_URL"); database != "postgres://secret" {
		t.Errorf("the task's database is %s", database)
	}
	if open := b.server.Machines()[0].Config["env"].(map[string]any)["DATABASE_URL"]; open != nil {
		t.Errorf("whoever lists machines reads %s", open)
	}
}

func TestANameThatTheSiteHasIsNotFoughtFor(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	spec := b.spec("exit", "0")
	site := b.server.Plant(spec.Name(), map[string]string{"fly_process_group": "app"})
	_, err := b.Launch(t.Context(), spec)
	is(t, err, machines.ErrNameTaken)
	if !strings.Contains(err.Error(), site) {
		t.Errorf("the error does not name %s: %v", site, err)
	}
}

func TestWhatRemainsOfAnotherRunDoesNotKeepItsName(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	b.server.Behave(flytest.Behaviour{Fails: true}) // Fly does not remove these by itself
	first, second := b.spec("exit", "0"), b.spec("exit", "0")
	first.Slot = time.Unix(1_795_442_400, 0)
	second.Slot = first.Slot
	if _, err := b.Wait(t.Context(), b.launch(t, first).ID); err != nil {
		t.Fatal(err)
	}
	b.end(t, b.launch(t, second).ID)
}

// away lets no POST leave.
type away struct {
	next  http.RoundTripper
	posts int
}

func (a *away) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		a.posts++
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to host")}
	}
	return a.next.RoundTrip(r)
}

func TestALaunchThatNeverLeftIsKnownNotToHaveBeen(t *testing.T) {
	t.Parallel()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	line := &away{next: transport}
	b := onFly(t, with(func(_ *machines.Config, d *machines.Deps) { d.Transport = line }))
	_, err := b.Launch(t.Context(), b.spec("exit", "0"))
	is(t, err, machines.ErrUnreachable)
	if line.posts != 1 {
		t.Errorf("%d POSTs", line.posts)
	}
}

func TestAnAPIThatIsNotThereWasAskedForNothing(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	c := benchConfig("http://127.0.0.1:1")
	_, err := open(t, c, machines.Deps{Pace: hasty}).Launch(t.Context(), b.spec("exit", "0"))
	is(t, err, machines.ErrUnreachable)
}

func TestTheTokenIsInNoLogAndNoError(t *testing.T) {
	t.Parallel()
	b := onFly(t)
	b.server.Fail(flytest.Fault{Action: flytest.Create, Times: 2, Status: http.StatusInternalServerError, Error: "oops"})
	_, err := b.Launch(t.Context(), b.spec("exit", "0"))
	is(t, err, machines.ErrUnknown)
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		if strings.Contains(cause.Error(), launchToken) {
			t.Errorf("an error shows it: %v", cause)
		}
	}
	if b.log.Len() == 0 || strings.Contains(b.log.String(), launchToken) {
		t.Errorf("the log: %s", b.log)
	}
}
