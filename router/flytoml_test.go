package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/eevans-d/sist-cabanas/shared/function"
)

// flyToml is what of fly.toml has to agree with the binary.
type flyToml struct {
	Region      string `toml:"primary_region"`
	KillSignal  string `toml:"kill_signal"`
	KillTimeout any    `toml:"kill_timeout"` // seconds, or a duration
	Deploy      struct {
		Strategy       string
		MaxUnavailable float64 `toml:"max_unavailable"`
		Command        string  `toml:"release_command"`
		CommandTimeout any     `toml:"release_command_timeout"`
	}
	Env         map[string]string
	Processes   map[string]string
	HTTPService flyService   `toml:"http_service"`
	Services    []flyService // of other ports
	Metrics     []struct {
		Port int
		Path string
	}
	VM []struct{ Memory string } `toml:"vm"`
}

type flyService struct {
	InternalPort int    `toml:"internal_port"`
	AutoStop     string `toml:"auto_stop_machines"`
	MinRunning   int    `toml:"min_machines_running"`
	Processes    []string
	Concurrency  struct {
		Type string
		Hard int `toml:"hard_limit"`
	}
	Checks     []flyCheck
	HTTPChecks []flyCheck `toml:"http_checks"`
}

type flyCheck struct{ Method, Path string }

func (s flyService) checks() []flyCheck { return append(s.Checks, s.HTTPChecks...) }

// flyKeys is every key that flyctl knows, but those of services that no HTTP server needs: internal/appconfig/{config,
// service,machines}.go of superfly/flyctl at ad0172f, 21 August 2026. What it does not know it ignores, silently.
var flyKeys = map[string]string{
	"":             "app primary_region kill_signal kill_timeout swap_size_mb console_command host_dedication_id machine_config container",
	"build":        "builder args.* buildpacks image settings.* builtin dockerfile ignorefile build-target compose.* compression compression_level",
	"deploy":       "strategy max_unavailable wait_timeout release_command release_command_timeout release_command_vm.* seed_command",
	"env":          "*",
	"processes":    "*",
	"http_service": serviceKeys + " force_https tls_options.* http_options.*",
	"services":     serviceKeys + " protocol ports.*",

	"http_service.checks":      checkKeys,
	"services.http_checks":     checkKeys,
	"services.tcp_checks":      "interval timeout grace_period",
	"http_service.concurrency": "type soft_limit hard_limit",
	"services.concurrency":     "type soft_limit hard_limit",

	"checks":  "*",
	"files":   "guest_path local_path secret_name raw_value processes",
	"mounts":  "source destination initial_size snapshot_retention auto_extend_size_threshold auto_extend_size_increment auto_extend_size_limit processes",
	"restart": "policy retries processes",
	"vm":      "size memory cpus cpu_kind gpu_kind host_dedication_id kernel_args persist_rootfs processes",
	"statics": "guest_path url_prefix tigris_bucket index_document",
	"metrics": "port path https processes",
}

const (
	serviceKeys = "internal_port auto_stop_machines auto_start_machines min_machines_running processes"
	checkKeys   = "interval timeout grace_period method path protocol tls_skip_verify tls_server_name headers.*"
)

// unknownKeys lists what flyctl would ignore.
func unknownKeys(table map[string]any, path string) []string {
	var unknown []string
	for _, key := range slices.Sorted(maps.Keys(table)) {
		full := strings.TrimPrefix(path+"."+key, ".")
		known := strings.Fields(flyKeys[path])
		switch value := table[key].(type) {
		case map[string]any:
			if slices.Contains(known, key+".*") || slices.Contains(known, "*") {
				continue
			}
			unknown = append(unknown, unknownTable(value, full)...)
			continue
		case []any:
			tables := 0
			for _, element := range value {
				if inner, ok := element.(map[string]any); ok {
					tables++
					if !slices.Contains(known, key+".*") {
						unknown = append(unknown, unknownTable(inner, full)...)
					}
				}
			}
			if tables > 0 {
				continue
			}
		}
		if !slices.Contains(known, key) && !slices.Contains(known, "*") {
			unknown = append(unknown, full)
		}
	}
	return unknown
}

func unknownTable(table map[string]any, path string) []string {
	if _, ok := flyKeys[path]; !ok {
		return []string{path}
	}
	return unknownKeys(table, path)
}

// readFlyToml reads fly.toml, as it is or with what it proposes in lines that begin with "#~ ".
func readFlyToml(t *testing.T, proposed bool) string {
	t.Helper()
	text, err := os.ReadFile("../fly.toml")
	if err != nil {
		t.Fatal(err)
	}
	if !proposed {
		return string(text)
	}
	if strings.Count(string(text), "#~ ") < 3 {
		t.Fatal("it proposes nothing")
	}
	return strings.ReplaceAll(string(text), "#~", "")
}

// disagreements is everything in which a fly.toml and the binary disagree.
func disagreements(text string, all []function.Function) []string {
	var wrong []string
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	var raw map[string]any
	var c flyToml
	for _, into := range []any{&raw, &c} {
		if err := toml.Unmarshal([]byte(text), into); err != nil {
			return []string{err.Error()}
		}
	}
	for _, key := range unknownKeys(raw, "") {
		refuse(true, "flyctl does not know %s", key)
	}
	refuse(c.Region != "gru", "the region %q", c.Region)
	refuse(c.KillSignal != "SIGTERM", "kill_signal is %q", c.KillSignal)
	// Requests and jobs end beside each other; jobs that were told to stop take up to 5 s more.
	drain := max(drainNotice+drainLimit, jobsLimit+5*time.Second)
	refuse(seconds(c.KillTimeout) < drain || seconds(c.KillTimeout) > 5*time.Minute, "kill_timeout is %v; draining takes %s, and Fly grants 5m", c.KillTimeout, drain)
	refuse(c.Deploy.Strategy != "rolling", "the strategy %q", c.Deploy.Strategy)
	refuse(c.Deploy.MaxUnavailable < 1, "max_unavailable is %v", c.Deploy.MaxUnavailable)
	for _, problem := range misnamed("release_command", c.Deploy.Command, all, function.Clock) {
		refuse(true, "%s", problem)
	}
	if f, err := find(all, lastWord(c.Deploy.Command)); err == nil {
		refuse(seconds(c.Deploy.CommandTimeout) <= f.Timeout, "release_command_timeout %v leaves no time beside the %s of %s", c.Deploy.CommandTimeout, f.Timeout, f.Name)
	}
	port, metricsPort := listensOn(c.Env, "PORT", "Port"), listensOn(c.Env, "METRICS_PORT", "MetricsPort")
	for _, service := range append(c.Services, c.HTTPService) {
		wrong = append(wrong, service.disagreements(port, c.Processes, all)...)
	}
	refuse(len(c.Metrics) == 0, "nobody reads metrics")
	for _, m := range c.Metrics {
		refuse(m.Port != metricsPort || m.Path != "/metrics" || m.Port == port, "metrics are not on %d%s", m.Port, m.Path)
	}
	refuse(len(c.VM) != 1 || c.VM[0].Memory != "256mb", "the machine is not one of 256mb")
	refuse(c.Env["ENVIRONMENT"] != "production", "the environment is %q", c.Env["ENVIRONMENT"])
	for name, command := range c.Processes {
		for _, problem := range misnamed("process group "+name, command, all, function.Request) {
			refuse(true, "%s", problem)
		}
	}
	return wrong
}

// disagreements is what is wrong with a service.
func (s flyService) disagreements(port int, groups map[string]string, all []function.Function) []string {
	var wrong []string
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	refuse(s.InternalPort != port, "internal_port is %d, and the binary listens on %d", s.InternalPort, port)
	refuse(s.AutoStop != "off" || s.MinRunning < 1, "machines are stopped when nobody asks, and the clock with them")
	refuse(s.Concurrency.Type != "requests" || s.Concurrency.Hard <= 0, "concurrency is not limited by requests")
	refuse(len(s.checks()) == 0, "nobody checks readiness")
	refuse(len(groups) > 0 && len(s.Processes) == 0, "there are process groups, and a service that names none")
	for _, check := range s.checks() {
		route := strings.ToUpper(check.Method) + " " + check.Path
		owner := slices.IndexFunc(all, func(f function.Function) bool { return slices.Contains(f.Routes, route) })
		refuse(check.Path != "/readyz" || owner < 0, "the check %s is not of readiness, or there is no such route", route)
		for _, name := range s.Processes {
			command, ok := groups[name]
			refuse(!ok, "there is no process group %s", name)
			served := strings.Fields(command)
			refuse(owner >= 0 && len(served) > 1 && !slices.Contains(served, all[owner].Name), "process group %s does not answer its check", name)
		}
	}
	return wrong
}

// misnamed holds a command against verbs and functions. The image's ENTRYPOINT is the binary, so that a verb comes first.
func misnamed(where, command string, all []function.Function, trigger function.Trigger) []string {
	words := strings.Fields(command)
	wantVerb := map[function.Trigger]string{function.Clock: "run", function.Request: "serve"}[trigger]
	if len(words) == 0 || words[0] != wantVerb || !slices.ContainsFunc(verbs(), func(v verb) bool { return v.name == words[0] }) {
		return []string{fmt.Sprintf("%s: %q does not begin with the verb %s", where, command, wantVerb)}
	}
	if trigger == function.Clock && len(words) < 2 {
		return []string{where + " names no task"}
	}
	var wrong []string
	for _, name := range words[1:] {
		f, err := find(all, name)
		isTask := err == nil && f.Trigger == function.Clock
		if err != nil || isTask != (trigger == function.Clock) {
			wrong = append(wrong, fmt.Sprintf("%s: %s is not among what %s takes", where, name, wantVerb))
		}
	}
	return wrong
}

// listensOn is the port that the binary takes with [env] as it is: what it says, else the default.
func listensOn(env map[string]string, variable, field string) int {
	value := env[variable]
	if f, ok := reflect.TypeFor[processConfig]().FieldByName(field); ok && value == "" {
		value = f.Tag.Get("default")
	}
	port, err := strconv.Atoi(value)
	if err != nil {
		return -1
	}
	return port
}

// seconds reads a duration as flyctl does: a number is seconds.
func seconds(value any) time.Duration {
	switch v := value.(type) {
	case int64:
		return time.Duration(v) * time.Second
	case string:
		d, err := time.ParseDuration(v)
		if err == nil {
			return d
		}
	}
	return -1
}

func lastWord(text string) string { return text[strings.LastIndex(text, " ")+1:] }

func TestFlyTomlAgreesWithTheBinary(t *testing.T) {
	t.Parallel()
	all := functions(newResources(processConfig{}, io.Discard))
	for _, broken := range disagreements(readFlyToml(t, false), all) {
		t.Error(broken)
	}
	for _, broken := range disagreements(readFlyToml(t, true), all) {
		t.Errorf("with what it proposes: %s", broken)
	}
}

// TestFlyTomlIsHeldToEveryRule breaks each rule once.
func TestFlyTomlIsHeldToEveryRule(t *testing.T) {
	t.Parallel()
	all := functions(newResources(processConfig{}, io.Discard))
	for _, test := range []struct{ old, broken, want string }{
		{`"gru"`, `"eze"`, "the region"},
		{`kill_signal = "SIGTERM"`, ``, "kill_signal"},
		{`kill_timeout = 30`, `kill_timeout = 25`, "kill_timeout"},
		{`kill_timeout = 30`, `kill_timeout = "6m"`, "kill_timeout"},
		{`max_unavailable = 1`, `max_unavailable = 0`, "max_unavailable"},
		{`"run migrate"`, `"migrate up"`, "does not begin with the verb run"},
		{`"run migrate"`, `"run migrat"`, "migrat is not among"},
		{`"run migrate"`, `"run reserve"`, "reserve is not among"},
		{`"run migrate"`, `"run"`, "names no task"},
		{`"11m"`, `"5m"`, "release_command_timeout"},
		{`internal_port = 8080`, `internal_port = 8081`, "internal_port"},
		{`PORT = "8080"`, `PORT = "9090"`, "internal_port"},
		{`METRICS_PORT = "9091"`, `METRICS_PORT = "9092"`, "metrics are not on"},
		{`path = "/readyz"`, `path = "/ready"`, "the check GET /ready"},
		{`path = "/readyz"`, `path = "/healthz"`, "the check GET /healthz"},
		{`grace_period = "5s"`, `start_period = "5s"`, "http_service.checks.start_period"},
		{`min_machines_running = 1`, `min_machines_running = 0`, "machines are stopped"},
		{`auto_stop_machines = "off"`, `auto_stop_machines = "suspend"`, "machines are stopped"},
		{`type = "requests"`, `type = "connections"`, "concurrency"},
		{`memory = "256mb"`, `memory = "1gb"`, "256mb"},
		{`[[vm]]`, "[schedules]\n  hourly = 1\n\n[[vm]]", "schedules"},
		{`[[vm]]`, "[experimental]\n  auto_rollback = true\n\n[[vm]]", "experimental"},
		{`[[vm]]`, "[processes]\n  app = \"serve\"\n\n[[vm]]", "a service that names none"},
		{`app = "sist`, `name = "sist`, "does not know name"},
	} {
		t.Run(test.broken, func(t *testing.T) {
			t.Parallel()
			text := readFlyToml(t, false)
			if !strings.Contains(text, test.old) {
				t.Fatalf("fly.toml does not say %s", test.old)
			}
			expectOne(t, disagreements(strings.Replace(text, test.old, test.broken, 1), all), test.want)
		})
	}
	for _, test := range []struct{ old, broken, want string }{
		{`webhook-mp healthz"`, `webhook-mp"`, "webhooks does not answer its check"},
		{`webhook-mp healthz"`, `webhook-mp healthz payy"`, "payy is not among"},
		{`webhook-mp healthz"`, `webhook-mp healthz expire"`, "expire is not among"},
		{`processes = ["webhooks"]`, `processes = ["webhook"]`, "no process group webhook"},
	} {
		t.Run(test.broken, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(readFlyToml(t, true), test.old, test.broken, 1)
			expectOne(t, disagreements(text, all), test.want)
		})
	}
}
