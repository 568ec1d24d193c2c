package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// summer is what CLOCK says in tests: far from any day on which they run.
const summer = "2037-01-04T10:00:00-03:00"

var summerStart = time.Date(2037, 1, 4, 13, 0, 0, 0, time.UTC)

func TestAClockBeginsWhereItIsToldAndRunsOn(t *testing.T) {
	t.Parallel()
	for _, start := range []string{summer, "2001-02-03T04:05:06.789Z"} {
		want, _ := time.Parse(time.RFC3339, start)
		began := time.Now()
		now := Clock{Start: start}.from(began)
		first := now()
		second := now()
		if since := first.Sub(want); since < 0 || since > time.Since(began) || second.Before(first) {
			t.Errorf("%s: it shows %s, and then %s", start, first, second)
		}
		if was := (Clock{Start: start}).from(began.Add(-time.Hour))().Sub(want); was < time.Hour {
			t.Errorf("%s: an hour after it began it shows %s more", start, was)
		}
	}
	for _, c := range []Clock{{}, {Env: config.Production, Start: summer}, {Start: "noon"}} {
		if off := time.Until(c.from(time.Now().Add(-time.Hour))()); off.Abs() > time.Minute {
			t.Errorf("%+v: %s away from the computer's time", c, off)
		}
	}
}

func TestAClockIsRefusedWhereItIsWrong(t *testing.T) {
	for value, want := range map[string]string{
		summer: "", "2027-01-04T13:00:00Z": "", "": "", "2000-01-01T00:00:00+14:00": "CLOCK must be an instant",
		"2027-01-04T10:00:00": "CLOCK must be an instant", "2027-01-04": "CLOCK must be an instant", "1798-01-01T00:00:00Z": "CLOCK must be an instant",
		"2200-01-01T00:00:00Z": "CLOCK must be an instant", secretOfTests: "such as 2027-01-04T10:00:00-03:00",
	} {
		t.Run(value, func(t *testing.T) {
			variables := production()
			variables["ENVIRONMENT"], variables["CLOCK"] = "development", value
			setEnvironment(t, variables)
			if want == "" {
				if code, _, complaint := invoke(t, functions, "check"); code != exitOK {
					t.Errorf("exit %d: %s", code, complaint)
				}
				return
			}
			for _, verb := range [][]string{{"check"}, {"serve"}, {"run", "expire"}, {"token", secretOfTests + "@example.com"}} {
				expectRefusal(t, functions, verb, want)
			}
		})
	}
	t.Run("in production", func(t *testing.T) {
		for _, value := range []string{summer, secretOfTests} {
			variables := production()
			variables["CLOCK"] = value
			setEnvironment(t, variables)
			for _, verb := range [][]string{{"check"}, {"serve"}, {"run", "expire"}, {"token", secretOfTests + "@example.com"}, {"smoke", "http://127.0.0.1:1"}} {
				expectRefusal(t, functions, verb, "CLOCK is not for production")
			}
		}
	})
}

func TestAProgramHasOneClock(t *testing.T) {
	t.Parallel()
	p := &program{out: io.Discard, log: io.Discard, errors: io.Discard, functions: functions, load: func(into any) error {
		if c, ok := into.(*processConfig); ok {
			c.Start = summer
		}
		return nil
	}}
	none := func([]function.Function) ([]function.Function, error) { return nil, nil }
	first, err := p.prepare(none)
	if err != nil {
		t.Fatal(err)
	}
	before := first.now()
	second, err := p.prepare(none) // as make run does, one after another
	if err != nil {
		t.Fatal(err)
	}
	if after := second.now(); after.Before(before) {
		t.Errorf("it showed %s, and then %s", before, after)
	}
}

// launched is a placement that keeps what it was asked to launch.
type launched struct {
	machines.Placement
	specs []machines.Spec
}

func (l *launched) Launch(_ context.Context, s machines.Spec) (machines.Machine, error) {
	l.specs = append(l.specs, s)
	return machines.Machine{ID: "1"}, nil
}

func TestTheClockOfATaskGoesOnFromOurs(t *testing.T) {
	t.Parallel()
	now := summerStart
	placement := &launched{}
	settings := Settings{Clock: summer, BalanceDays: "5"}
	m := &taskMachines{
		placement: placement, all: functions(newResources(processConfig{}, io.Discard)),
		settings: func() map[string]string { return settings.settings(now) },
	}
	for range 2 {
		now = now.Add(90 * time.Minute)
		if _, err := m.Launch(t.Context(), runs.Run{ID: 1, Task: "remind", Cause: runs.ByClock}); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range []string{"2037-01-04T14:30:00Z", "2037-01-04T16:00:00Z"} {
		if env := placement.specs[n].Env; env["CLOCK"] != want || env["BALANCE_DUE_DAYS"] != "5" {
			t.Errorf("launch %d was given %v", n, env)
		}
	}
	settings.Clock = ""
	if _, err := m.Launch(t.Context(), runs.Run{ID: 2, Task: "remind", Cause: runs.ByClock}); err != nil {
		t.Fatal(err)
	}
	if clock, given := placement.specs[2].Env["CLOCK"]; given {
		t.Errorf("nobody has set a clock, and it was given %q", clock)
	}
}

// TestEverythingGoesByTheOneClock serves in another summer, where a guest holds nights and another arrives the day after tomorrow.
func TestEverythingGoesByTheOneClock(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	conn := connect(t, dsn)
	mustExec(t, conn, addCabin, "Lake")
	mustExec(t, conn, `insert into reservations (code, accommodation_id, check_in, check_out, status, expires_at, created_at)
		values ('ARRIVES', 1, '2037-01-06', '2037-01-08', 'confirmed', null, '2037-01-01'),
			('LAPSED', 1, '2037-02-06', '2037-02-08', 'pre_reserved', '2037-01-01 00:30Z', '2037-01-01')`)
	p := startRouter(t, buildRouter(t), dsn, "CLOCK="+summer, "TASKS_INLINE=backup,reconcile,sync-ical", "MAX_TASK_MACHINES=10")

	response, err := http.Post(p.url("/api/v1/reservations"), "application/json", strings.NewReader(
		`{"accommodation_id":1,"check_in":"2037-03-06","check_out":"2037-03-08","guests":2,"contact_name":"Test User","contact_phone":"+5491155443322","contact_email":"guest@example.com","channel":"web"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var held struct {
		Code      string
		ExpiresAt time.Time `json:"expires_at"`
	}
	if err := json.NewDecoder(response.Body).Decode(&held); err != nil || response.StatusCode != http.StatusCreated {
		t.Fatalf("%d %v", response.StatusCode, err)
	}
	if left := held.ExpiresAt.Sub(summerStart); left < 29*time.Minute || left > 32*time.Minute {
		t.Errorf("held until %s", held.ExpiresAt)
	}
	waitFor(t, "the guest to be reminded", func() bool { return newest(t, dsn, "remind").State == "succeeded" })
	if r := newest(t, dsn, "remind"); r.MachineID == "inline" || r.Summary != "reminders: 1 pre_arrival" {
		t.Errorf("%+v", r)
	}
	waitFor(t, "the hold to expire", func() bool { return newest(t, dsn, "expire").State == "succeeded" })
	var odd []string
	err = conn.QueryRow(t.Context(), `
		with times as (
			select 'message ' || kind as what, created_at as at from messages
			union all select 'asked for ' || task, created_at from task_runs
			union all select 'begun ' || task, started_at from task_runs where started_at is not null
			union all select 'event ' || event, at from reservation_events
			union all select 'expired', updated_at from reservations where code = 'LAPSED' and status = 'expired')
		select coalesce(array_agg(what || ' at ' || at), '{}') from times where at not between $1 and $1::timestamptz + interval '2 minutes'`, summerStart).Scan(&odd)
	if err != nil || len(odd) > 0 {
		t.Errorf("not by the clock: %q %v", odd, err)
	}
	var early int
	if err := conn.QueryRow(t.Context(), `select count(*) from task_runs where started_at < created_at`).Scan(&early); err != nil || early > 0 {
		t.Errorf("%d tasks began before they were asked for (%v)", early, err)
	}
}

// TestWhatIsSaidInAnotherShellIsOfTheSameTime: a token is good only while the clock of who serves says so.
func TestWhatIsSaidInAnotherShellIsOfTheSameTime(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	p := startRouter(t, buildRouter(t), dsn, "CLOCK="+summer, "SERVE=admin healthz")
	for _, test := range []struct {
		clock string
		want  int
	}{{"CLOCK=" + summer, http.StatusOK}, {"CLOCK=", http.StatusUnauthorized}} {
		token := strings.TrimSpace(do(t, dsn, []string{test.clock}, "token", "owner@example.com").out.String())
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url("/api/v1/admin/conflicts"), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.want {
			t.Errorf("with %s: %d, want %d", test.clock, response.StatusCode, test.want)
		}
	}
}

func TestADryRunOfRemindersSaysWhomAndWritesNothing(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	conn := connect(t, dsn)
	mustExec(t, conn, addCabin, "Lake")
	mustExec(t, conn, `insert into reservations (code, accommodation_id, check_in, check_out, status, total_price, created_at)
		values ('BALANCE', 1, '2037-01-11', '2037-01-12', 'confirmed', 100, '2036-12-01')`)
	run := func(args ...string) string {
		return do(t, dsn, []string{"CLOCK=" + summer}, append([]string{"run", "remind"}, args...)...).out.String()
	}
	if out := run("--dry-run"); !strings.Contains(out, `"reservation":"BALANCE","kind":"balance_due"`) || !strings.Contains(out, "reminders: 1 balance_due; this was a dry run") {
		t.Errorf("%s", out)
	}
	for _, want := range []string{"reminders: 1 balance_due", "nobody is to be reminded"} {
		if out := run(); !strings.Contains(out, want) || strings.Contains(out, "dry run") {
			t.Errorf("%s, want %s", out, want)
		}
	}
	var messages, jobs int
	err := conn.QueryRow(t.Context(), `select (select count(*) from messages), (select count(*) from river_job where kind = 'notice_deliver')`).Scan(&messages, &jobs)
	if err != nil || messages != 1 || jobs != 1 {
		t.Errorf("%d messages, %d jobs (%v)", messages, jobs, err)
	}
}
