package flytest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/eevans-d/sist-cabanas/shared/machines/flytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// api is a server whose machines run a shell, and a client of it.
type api struct {
	*flytest.Server
	client http.Client
	header http.Header
}

func serve(t *testing.T, c flytest.Config) *api {
	t.Helper()
	c.Binary = "/bin/sh"
	if c.Every == 0 {
		c.Every = -1
	}
	server, err := flytest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	a := &api{Server: server, client: http.Client{Transport: new(http.Transport)}, header: make(http.Header)}
	a.header.Set("Authorization", "FlyV1 fm2_test")
	t.Cleanup(a.client.CloseIdleConnections)
	t.Cleanup(server.Close)
	return a
}

// ask makes a request about the app's machines, and returns the status and the answer.
func (a *api) ask(t *testing.T, method, path, body string) (int, any) {
	t.Helper()
	status, answer, err := a.try(t, method, "/v1/apps/cabins/machines"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	return status, answer
}

func (a *api) try(t *testing.T, method, path, body string) (int, any, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = a.header.Clone()
	response, err := a.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	var answer any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil && !errors.Is(err, io.EOF) {
		return 0, nil, err
	}
	return response.StatusCode, answer, nil
}

// want makes a request whose answer must have a status, and contain some words.
func (a *api) want(t *testing.T, method, path, body string, status int, words string) {
	t.Helper()
	got, answer := a.ask(t, method, path, body)
	if text := fmt.Sprint(answer); got != status || !strings.Contains(text, words) {
		t.Errorf("%s %s: %d %s, want %d %s", method, path, got, text, status, words)
	}
}

// script is the description of a machine that runs a shell script.
func script(name, script string) string {
	body, _ := json.Marshal(map[string]any{"name": name, "region": "gru", "config": map[string]any{ // nothing in it can fail
		"image": "registry.fly.io/cabins@sha256:feed", "init": map[string]any{"cmd": []string{"-c", script}}, "auto_destroy": true,
		"restart": map[string]any{"policy": "no"}, "metadata": map[string]any{"task": name},
	}})
	return string(body)
}

// create makes a machine and returns its id.
func (a *api) create(t *testing.T, body string) string {
	t.Helper()
	status, answer := a.ask(t, "POST", "", body)
	if status != http.StatusOK {
		t.Fatalf("create: %d %v", status, answer)
	}
	return answer.(map[string]any)["id"].(string)
}

func (a *api) await(t *testing.T, id, state string) {
	t.Helper()
	a.want(t, "GET", "/"+id+"/wait?timeout=30&state="+state, "", http.StatusOK, "ok:true")
}

func TestAMachineRunsAndLeavesItsTrace(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{})
	id := a.create(t, script("seven", "exit 7"))
	a.await(t, id, "destroyed")
	_, answer := a.ask(t, "GET", "/"+id, "")
	machine := answer.(map[string]any)
	if machine["state"] != "destroyed" || machine["region"] != "gru" || machine["name"] != "seven" {
		t.Errorf("afterwards: %v", machine)
	}
	var types []string
	for _, event := range machine["events"].([]any) {
		event := event.(map[string]any)
		types = append(types, event["type"].(string))
		if event["type"] == "exit" {
			exit := event["request"].(map[string]any)["exit_event"].(map[string]any)
			if exit["exit_code"] != 7.0 || exit["oom_killed"] != false || exit["requested_stop"] != false {
				t.Errorf("exit: %v", exit)
			}
		}
	}
	if !slices.Equal(types, []string{"destroy", "exit", "start", "launch"}) {
		t.Errorf("events, the newest first: %q", types)
	}
}

func TestListsAreFiltered(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{})
	over, held := a.create(t, script("over", "exit 0")), a.create(t, script("held", "sleep 60"))
	a.await(t, over, "destroyed")
	a.await(t, held, "started")
	for query, want := range map[string][]string{
		"":                      {held},
		"?include_deleted=true": {over, held},
		"?metadata.task=over":   nil,
		"?metadata.task=over&include_deleted=true": {over},
		"?state=started,stopped":                   {held},
		"?state=stopped":                           nil,
		"?region=gru":                              {held},
		"?region=iad":                              nil,
	} {
		_, answer := a.ask(t, "GET", query, "")
		var got []string
		for _, m := range answer.([]any) {
			got = append(got, m.(map[string]any)["id"].(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if _, answer := a.ask(t, "GET", "?summary=true", ""); answer.([]any)[0].(map[string]any)["config"] != nil {
		t.Error("a summary has a configuration")
	}
}

func TestANameBelongsToOneLivingMachine(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{})
	id := a.create(t, script("one", "sleep 60"))
	a.want(t, "POST", "", script("one", "exit 0"), http.StatusConflict, "machine ID "+id+" already exists with name \"one\"")
	a.want(t, "DELETE", "/"+id+"?force=true", "", http.StatusOK, "ok:true")
	a.await(t, id, "destroyed")
	a.create(t, script("one", "exit 0"))
}

func TestWhatFlyWouldIgnoreIsRefused(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{})
	id := a.create(t, script("held", "sleep 60"))
	a.await(t, id, "started")
	refused := 0
	for _, test := range []struct{ method, path, body, words string }{
		{"POST", "", `{"config":{"image":"x","auto_stop":true}}`, `unknown field "config.auto_stop"`},
		{"POST", "", `{"config":{"image":"x","guest":{"memory":256}}}`, `unknown field "config.guest.memory"`},
		{"POST", "", `{"config":{"image":"x","processes":[{"command":["a"]}]}}`, `unknown field "config.processes[0].command"`},
		{"POST", "", `{"config":{"image":"x"},"machine":1}`, `unknown field "machine"`},
		{"POST", "", `{"config":{"image":"x","env":{"A":1}}}`, "config.env must be an object of texts"},
		{"POST", "", `{"config":{"image":"x","auto_destroy":"yes"}}`, "config.auto_destroy must be true or false"},
		{"POST", "", `{"config":{"image":"x","init":{"cmd":"run"}}}`, "config.init.cmd must be a list of texts"},
		{"POST", "", `{"config":{"image":"x","guest":{"memory_mb":1.5}}}`, "config.guest.memory_mb must be a whole number"},
		{"POST", "", `{"config":{"image":7}}`, "config.image must be text"},
		{"POST", "", `{"config":{"image":"x","guest":7}}`, "config.guest must be an object"},
		{"POST", "", `{"config":{"image":"x","processes":{}}}`, "config.processes must be a list"},
		{"POST", "", `{"config":{"image":"x","env":{"FLY_REGION":"gru"}}}`, "reserved"},
		{"POST", "", `{"config":{"image":"x","guest":{"memory_mb":300}}}`, "multiple of 256"},
		{"POST", "", `{"config":{"image":"x","guest":{"memory_mb":4096,"cpu_kind":"shared","cpus":1}}}`, "too much memory"},
		{"POST", "", `{"config":{"image":"x","auto_destroy":true,"restart":{"policy":"always"}}}`, "auto_destroy does nothing"},
		{"POST", "", `{"config":{}}`, "image is required"},
		{"GET", "?started", "", `unknown parameter "started"`},
		{"GET", "?metadata=task", "", `unknown parameter "metadata"`},
		{"GET", "/" + id + "/wait?states=started", "", `unknown parameter "states"`},
		{"DELETE", "/" + id + "?forced=true", "", `unknown parameter "forced"`},
		{"POST", "/" + id + "/stop", `{"grace":"1s"}`, `unknown field "grace"`},
	} {
		status, answer := a.ask(t, test.method, test.path, test.body)
		if text := fmt.Sprint(answer); status/100 != 4 || !strings.Contains(text, test.words) {
			t.Errorf("%s %s %s: %d %s", test.method, test.path, test.body, status, text)
		}
		refused++
	}
	if noted := a.Refused(); len(noted) != refused {
		t.Errorf("%d of %d were noted: %q", len(noted), refused, noted)
	}
	if len(a.Machines()) != 1 {
		t.Errorf("machines: %+v", a.Machines())
	}
}

func TestBadRequestsAreAnsweredLikeFlyDoes(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{Reader: "FlyV1 fm2_reader"})
	id := a.create(t, script("held", "sleep 60"))
	a.await(t, id, "started")
	a.want(t, "POST", "", `{"config":`, http.StatusBadRequest, "")
	a.want(t, "POST", "", `{"region":"eze","config":{"image":"x"}}`, http.StatusUnprocessableEntity, "region eze not found")
	a.want(t, "POST", "", `{"name":"a b","config":{"image":"x"}}`, http.StatusUnprocessableEntity, "invalid machine name")
	a.want(t, "GET", "/0123", "", http.StatusNotFound, "machine not found")
	a.want(t, "GET", "/0123/wait", "", http.StatusNotFound, "machine not found")
	a.want(t, "POST", "/0123/stop", "", http.StatusNotFound, "machine not found")
	a.want(t, "DELETE", "/"+id, "", http.StatusPreconditionFailed, "machine still active")
	a.want(t, "GET", "/"+id+"/wait?state=running", "", http.StatusBadRequest, "invalid state")
	a.want(t, "GET", "/"+id+"/wait?timeout=soon", "", http.StatusBadRequest, "invalid timeout")
	a.want(t, "POST", "/"+id+"/stop", `{"signal":"SIGSTOP"}`, http.StatusBadRequest, "invalid signal")
	a.want(t, "POST", "/"+id+"/start", "", http.StatusPreconditionFailed, "unable to start")
	a.want(t, "POST", "", `{"config":{"image":"`+strings.Repeat("x", 600<<10)+`"}}`, http.StatusRequestEntityTooLarge, "too large")
	if status, _, err := a.try(t, "GET", "/v1/apps/other/machines", ""); status != http.StatusNotFound || err != nil {
		t.Errorf("another app: %d %v", status, err)
	}
	a.header.Set("Authorization", "FlyV1 fm2_reader")
	a.want(t, "GET", "/"+id, "", http.StatusOK, "held")
	a.want(t, "POST", "/"+id+"/stop", "", http.StatusForbidden, "access denied")
	a.header.Set("Authorization", "Bearer wrong")
	a.want(t, "GET", "/"+id, "", http.StatusUnauthorized, "unauthorized")
	a.header.Del("Authorization")
	a.want(t, "GET", "/"+id, "", http.StatusUnauthorized, "missing")
}

func TestWaitingEndsAfterASecondAtLeast(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{})
	id := a.create(t, script("held", "sleep 60"))
	a.await(t, id, "started,stopped")
	begin := time.Now()
	a.want(t, "GET", "/"+id+"/wait?timeout=0&state=stopped&state=destroyed", "", http.StatusRequestTimeout, "stopped,destroyed")
	if took := time.Since(begin); took < time.Second {
		t.Errorf("waited %s", took)
	}
}

// said is what a machine prints.
type said chan string

func (s said) Write(p []byte) (int, error) {
	select {
	case s <- string(p):
	default: // nobody wants to know more
	}
	return len(p), nil
}

func TestAStopWithoutGraceKills(t *testing.T) {
	t.Parallel()
	for grace, code := range map[string]float64{"0s": 137, "30s": 9} {
		said := make(said, 10)
		a := serve(t, flytest.Config{Output: said})
		id := a.create(t, script("trap", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.01; done"))
		if line := <-said; line != "ready\n" {
			t.Fatalf("it says %q", line)
		}
		a.want(t, "POST", "/"+id+"/stop", `{"signal":"SIGTERM","timeout":"`+grace+`"}`, http.StatusOK, "ok:true")
		a.await(t, id, "destroyed")
		_, answer := a.ask(t, "GET", "/"+id, "")
		if text := fmt.Sprint(answer); !strings.Contains(text, fmt.Sprintf("exit_code:%v", code)) || !strings.Contains(text, "requested_stop:true") {
			t.Errorf("%s: %s", grace, text)
		}
	}
}

func TestALeaseKeepsOthersAway(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{})
	id := a.create(t, script("held", "sleep 60"))
	a.want(t, "GET", "/"+id+"/lease", "", http.StatusNotFound, "lease not found")
	status, answer := a.ask(t, "POST", "/"+id+"/lease", `{"ttl":30,"description":"mine"}`)
	if status != http.StatusCreated {
		t.Fatalf("%d %v", status, answer)
	}
	nonce := answer.(map[string]any)["data"].(map[string]any)["nonce"].(string)
	a.want(t, "POST", "/"+id+"/lease?ttl=30", "", http.StatusConflict, "lease currently held")
	a.want(t, "DELETE", "/"+id+"?force=true", "", http.StatusConflict, "lease currently held")
	a.want(t, "GET", "/"+id+"/lease", "", http.StatusOK, "mine")
	a.header.Set("Fly-Machine-Lease-Nonce", nonce)
	a.want(t, "POST", "/"+id+"/lease?ttl=60", "", http.StatusCreated, nonce)
	a.want(t, "DELETE", "/"+id+"/lease", "", http.StatusOK, "success")
	a.header.Del("Fly-Machine-Lease-Nonce")
	a.want(t, "DELETE", "/"+id+"?kill=true", "", http.StatusOK, "ok:true")
	if _, answer := a.ask(t, "POST", "", `{"lease_ttl":30,"config":{"image":"x","init":{"cmd":["-c","sleep 60"]}}}`); answer.(map[string]any)["nonce"] == nil {
		t.Errorf("created under a lease: %v", answer)
	}
}

func TestWhoAsksTooOftenIsTurnedAway(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{Every: time.Hour})
	id := a.create(t, script("held", "sleep 60"))
	for range 3 {
		a.want(t, "GET", "", "", http.StatusOK, id)
	}
	a.want(t, "GET", "", "", http.StatusTooManyRequests, "rate limit")
	for range 10 {
		a.want(t, "GET", "/"+id, "", http.StatusOK, id)
	}
	a.want(t, "GET", "/"+id, "", http.StatusTooManyRequests, "rate limit")
	a.want(t, "GET", "/0123456789abcd", "", http.StatusNotFound, "") // every machine has a limit of its own
	if a.Count(flytest.List) != 4 || a.Count(flytest.Get) != 12 || a.Count(flytest.Create) != 1 {
		t.Errorf("counted %d, %d and %d", a.Count(flytest.List), a.Count(flytest.Get), a.Count(flytest.Create))
	}
}

func TestAMachineIsStartedWhenItIsAskedFor(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{})
	body := strings.Replace(script("later", "exit 3"), `{`, `{"skip_launch":true,`, 1)
	id := a.create(t, body)
	a.want(t, "GET", "/"+id, "", http.StatusOK, "state:created")
	a.want(t, "POST", "/"+id+"/start", "", http.StatusOK, "previous_state:created")
	a.await(t, id, "destroyed")
	a.want(t, "GET", "/"+id, "", http.StatusOK, "exit_code:3")
}

func TestAMachineFindsWhatFlyPutsThere(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{"DATABASE_URL": "secret", "TOKEN": "dangerous"}
	for name, test := range map[string]struct {
		processes string
		want      map[string]string
	}{
		"all secrets": {"", map[string]string{"DATABASE_URL": "secret", "TOKEN": "dangerous", "PLAIN": "machine", "FLY_REGION": "gru", "HOME": "/"}},
		"none":        {`,"processes":[{"cmd":["-c","env"],"ignore_app_secrets":true}]`, map[string]string{"DATABASE_URL": "plain", "TOKEN": "", "FLY_APP_NAME": "cabins"}},
		"one": {
			`,"processes":[{"cmd":["-c","env"],"ignore_app_secrets":true,"secrets":[{"env_var":"DATABASE_URL","name":"DATABASE_URL"}]}]`,
			map[string]string{"DATABASE_URL": "secret", "TOKEN": "", "FLY_IMAGE_REF": "x"},
		},
		"renamed": {
			`,"processes":[{"cmd":["-c","env"],"env":{"MORE":"yes"},"secrets":[{"env_var":"DSN","name":"DATABASE_URL"},{"env_var":"TOKEN"}]}]`,
			map[string]string{"DSN": "secret", "TOKEN": "dangerous", "MORE": "yes"},
		},
	} {
		var out strings.Builder
		a := serve(t, flytest.Config{Env: []string{"PLAIN=image", "IMAGE=yes"}, Secrets: secrets, Output: &out})
		id := a.create(t, `{"region":"gru","config":{"image":"x","init":{"cmd":["-c","env"]},"env":{"PLAIN":"machine","DATABASE_URL":"plain"},"auto_destroy":true,"restart":{"policy":"no"}`+test.processes+`}}`)
		a.await(t, id, "destroyed")
		got := make(map[string]string)
		for line := range strings.Lines(out.String()) {
			variable, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			got[variable] = value
		}
		test.want["IMAGE"], test.want["FLY_MACHINE_ID"] = "yes", id
		for variable, want := range test.want {
			if got[variable] != want {
				t.Errorf("%s: %s is %q, want %q; of %q", name, variable, got[variable], want, slices.Sorted(maps.Keys(got)))
			}
		}
	}
}

func TestFaultsHappenAsOftenAsTheyAreToldTo(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{})
	a.Fail(flytest.Fault{Action: flytest.List, Times: 2, Status: 503, Error: "gone fishing", Code: "unknown"})
	a.Fail(flytest.Fault{Action: flytest.List, Times: 1, Delay: 50 * time.Millisecond})
	a.Fail(flytest.Fault{Action: flytest.Create, Times: 1, Cut: true, After: true})
	for range 2 {
		a.want(t, "GET", "", "", 503, "gone fishing")
	}
	begin := time.Now()
	a.want(t, "GET", "", "", http.StatusOK, "[]")
	if took := time.Since(begin); took < 50*time.Millisecond {
		t.Errorf("delayed by %s", took)
	}
	if _, answer, err := a.try(t, "POST", "/v1/apps/cabins/machines", script("cut", "exit 0")); err == nil {
		t.Errorf("a connection that was to be cut: %v", answer)
	}
	if len(a.Machines()) != 1 {
		t.Errorf("machines: %+v", a.Machines())
	}
	a.Fail(flytest.Fault{Hang: true})
	a.client.Timeout = 50 * time.Millisecond
	if _, answer, err := a.try(t, "GET", "/v1/apps/cabins/machines", ""); err == nil {
		t.Errorf("a request that was to hang: %v", answer)
	}
	a.client.Timeout = 0
	a.Heal()
	a.NoCapacity("gru")
	a.want(t, "POST", "", script("full", "exit 0"), http.StatusUnprocessableEntity, "insufficient_capacity")
	a.want(t, "POST", "", strings.Replace(script("next", "exit 0"), `"gru"`, `"gru,any"`, 1), http.StatusOK, "region:ams")
}

func TestNothingIsLeftWhenTheServerIsClosed(t *testing.T) {
	t.Parallel()
	a := serve(t, flytest.Config{})
	id := a.create(t, script("held", "sleep 60"))
	a.await(t, id, "started")
	pid := a.Machines()[0].Pid
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("it does not run: %v", err)
	}
	other := serve(t, flytest.Config{})
	other.create(t, script("never", "exit 0"))
	other.Server.Close()
	a.Server.Close()
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("its process is still there: %v", err)
	}
}

func TestAServerWithoutAProgramIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := flytest.New(flytest.Config{}); err == nil {
		t.Error("it serves")
	}
	if _, err := flytest.New(flytest.Config{Binary: "/bin/sh", Addr: "nowhere:0"}); err == nil {
		t.Error("it listens nowhere")
	}
}
