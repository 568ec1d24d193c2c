package machines_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/machines"
)

// canned is an API that knows one machine, and shows it as it is told to.
type canned struct{ status, body string }

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	status := http.StatusOK
	if c.status != "" {
		fmt.Sscan(c.status, &status) //nolint:errcheck // the test says a number
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewBufferString(c.body)), Header: make(http.Header), Request: r}, nil
}

func inspect(t *testing.T, api canned) (machines.Machine, error) {
	t.Helper()
	p := open(t, benchConfig("http://localhost"), machines.Deps{Pace: hasty, Transport: api})
	return p.Inspect(t.Context(), "0123456789abcd")
}

// TestAMachineIsReadAsItIs holds shapes of machines, as Fly documents them and as others have seen them, against what they mean.
func TestAMachineIsReadAsItIs(t *testing.T) {
	t.Parallel()
	const (
		at    = `"timestamp":1795500000000`
		start = `{"type":"start","status":"started",` + at + `}`
		exit7 = `{"type":"exit","status":"stopped",` + at + `,"request":{"exit_event":{"exit_code":7,"guest_exit_code":7,"guest_signal":-1,"signal":-1,"exited_at":"2026-11-24T06:00:01Z"}}}`
	)
	exit := func(fields string) string {
		return `{"type":"exit",` + at + `,"request":{"exit_event":{` + fields + `}}},` + start
	}
	for _, test := range []struct {
		state, events string
		want          machines.State
		exit          string // Code, Signal, OOM, Requested
	}{
		{"created", "", machines.Starting, ""},
		{"creating", "", machines.Starting, ""},
		{"starting", "", machines.Starting, ""},
		{"started", start, machines.Running, ""},
		{"a new word", start, machines.Running, ""},
		{"started", start + "," + exit7, machines.Running, ""}, // started again after an exit
		{"stopping", start, machines.Stopping, ""},
		{"stopped", start, machines.Stopping, ""}, // the exit does not show yet
		{"stopped", exit7 + "," + start, machines.Ended, "7 0 false false"},
		{"destroying", exit7 + "," + start, machines.Ended, "7 0 false false"},
		{"destroying", start, machines.Stopping, ""},
		{"destroyed", exit7 + "," + start, machines.Ended, "7 0 false false"},
		{"destroyed", "", machines.Ended, ""},
		{"replaced", "", machines.Ended, ""},
		{"failed", "", machines.Failed, ""},
		{"launch_failed", "", machines.Failed, ""},
		{"destroyed", exit(`"exit_code":0`), machines.Ended, "0 0 false false"},
		{"destroyed", exit(`"exit_code":0,"guest_exit_code":2`), machines.Ended, "2 0 false false"},
		{"destroyed", exit(`"exit_code":0,"guest_signal":9`), machines.Ended, "137 9 false false"},
		{"destroyed", exit(`"exit_code":0,"signal":15,"requested_stop":true`), machines.Ended, "143 15 false true"},
		{"destroyed", exit(`"exit_code":137,"guest_signal":9,"oom_killed":true`), machines.Ended, "137 9 true false"},
		{"destroyed", exit(`"exit_code":0,"oom_killed":true`), machines.Ended, "137 0 true false"},
		{"destroyed", `{"type":"exit",` + at + `},` + exit(`"exit_code":5`), machines.Ended, "5 0 false false"},
		{"destroyed", `{"type":"exit",` + at + `,"request":{}},` + exit(`"exit_code":5`), machines.Ended, "5 0 false false"},
		{"destroyed", `{"type":"exit",` + at + `,"request":{"MonitorEvent":{"exit_event":{"exit_code":4}},"exit_event":{"exit_code":5}}},` + start, machines.Ended, "4 0 false false"},
	} {
		m, err := inspect(t, canned{body: `{"id":"0123456789abcd","name":"expire-1","state":"` + test.state + `","region":"gru","created_at":"2026-11-24T06:00:00Z",
			"config":{"metadata":{"managed_by":"sist-cabanas","task":"expire","run_id":"r","deadline":"2026-11-24T07:00:00Z"}},"events":[` + test.events + `]}`})
		must(t, err)
		got := ""
		if m.Exit != nil {
			got = fmt.Sprint(m.Exit.Code, m.Exit.Signal, m.Exit.OOM, m.Exit.Requested)
			if m.Exit.At.Unix() != 1_795_500_000 && m.Exit.At.Unix() != 1_795_500_001 {
				t.Errorf("%s %s: ended at %s", test.state, test.events, m.Exit.At)
			}
		}
		if m.State != test.want || got != test.exit || m.Detail != test.state {
			t.Errorf("%s %s: is %s with %q, want %s with %q", test.state, test.events, m.State, got, test.want, test.exit)
		}
		if m.Task != "expire" || m.RunID != "r" || m.Deadline.Sub(m.CreatedAt) != time.Hour {
			t.Errorf("its marks: %+v", m)
		}
	}
}

func TestAMachineOnAHostThatIsDownIsStillOurs(t *testing.T) {
	t.Parallel()
	m, err := inspect(t, canned{body: `{"id":"0123456789abcd","state":"started","host_status":"unreachable",
		"incomplete_config":{"metadata":{"managed_by":"sist-cabanas","run_id":"r"}}}`})
	must(t, err)
	if m.RunID != "r" || m.State != machines.Running {
		t.Errorf("read: %+v", m)
	}
}

func TestOnlyTheAPIItselfCanSayThatAMachineIsGone(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]error{
		`{"error":"machine not found"}`:   machines.ErrGone,
		`{"error":"not_found: whatever"}`: machines.ErrGone,
		`{"error":"app not found"}`:       machines.ErrNoApp,
		`<html>404 Not Found</html>`:      machines.ErrUnreachable,
		``:                                machines.ErrUnreachable,
		`{"error":"machine not found for app \"cabins"}`: machines.ErrGone,
	} {
		_, err := inspect(t, canned{"404", body})
		is(t, err, want)
	}
	_, err := inspect(t, canned{body: `{"id":"0123456789abcd","state":"started"}`})
	is(t, err, machines.ErrForeign)
	_, err = inspect(t, canned{body: `[]`})
	is(t, err, machines.ErrUnreachable)
	_, err = inspect(t, canned{"500", strings.Repeat("long ", 1000)})
	is(t, err, machines.ErrUnreachable)
	if len(err.Error()) > 600 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

func TestAnAPIThatIgnoresFiltersDoesNotFoolUs(t *testing.T) {
	t.Parallel()
	p := open(t, benchConfig("http://localhost"), machines.Deps{Pace: hasty, Transport: canned{body: `[
		{"id":"1","state":"started","config":{"metadata":{"fly_process_group":"app"}}},
		{"id":"2","state":"started","config":{"metadata":{"managed_by":"sist-cabanas","task":"expire","run_id":"a"}}},
		{"id":"3","state":"destroyed","config":{"metadata":{"managed_by":"sist-cabanas","task":"backup","run_id":"b"}}},
		{"id":"4","state":"started"}]`}})
	found, err := p.List(t.Context(), machines.Filter{})
	must(t, err)
	if len(found) != 1 || found[0].ID != "2" {
		t.Errorf("found: %+v", found)
	}
}
