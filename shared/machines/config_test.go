package machines_test

import (
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/machines"
)

// Not parallel: this test is about the process's environment.
func TestThePlacementIsChosenByWhereWeAre(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		want string
	}{
		"a laptop":              {map[string]string{"FLY_LAUNCH_TOKEN": ""}, machines.KindExec},
		"a laptop with a token": {map[string]string{"FLY_LAUNCH_TOKEN": "fm2_x"}, machines.KindExec},
		"Fly":                   {map[string]string{"FLY_MACHINE_ID": "1a2b", "FLY_LAUNCH_TOKEN": "fm2_x"}, machines.KindFly},
		"Fly without a token":   {map[string]string{"FLY_MACHINE_ID": "1a2b", "FLY_LAUNCH_TOKEN": ""}, machines.KindExec},
		"told to":               {map[string]string{"PLACEMENT": "exec", "FLY_MACHINE_ID": "1a2b", "FLY_LAUNCH_TOKEN": "fm2_x"}, machines.KindExec},
		"told to, elsewhere":    {map[string]string{"PLACEMENT": "fly", "FLY_LAUNCH_TOKEN": "fm2_x", "TASKS_APP": "cabins-tasks"}, machines.KindFly},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range test.env {
				t.Setenv(variable, value)
			}
			t.Setenv("FLY_APP_NAME", "cabins")
			t.Setenv("FLY_IMAGE_REF", "registry.fly.io/cabins:latest")
			var c machines.Config
			if err := config.FromEnvironment()(&c); err != nil {
				t.Fatal(err)
			}
			if c.Max != 3 || c.MaxPerDay != 2000 {
				t.Errorf("limits of %d and %d", c.Max, c.MaxPerDay)
			}
			if p := open(t, c, machines.Deps{}); p.Kind() != test.want {
				t.Errorf("tasks run on %s", p.Kind())
			}
		})
	}
}

// Not parallel: this test is about the process's environment.
func TestAWrongConfigurationIsRefusedByName(t *testing.T) {
	for variable, value := range map[string]string{
		"PLACEMENT": "docker", "FLY_FLAPS_BASE_URL": "gopher://x", "TASK_REGIONS": "gru,São Paulo", "MAX_TASK_MACHINES": "0", "MAX_LAUNCHES_PER_DAY": "-1",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, value)
			err := config.FromEnvironment()(new(machines.Config))
			if err == nil || !strings.Contains(err.Error(), variable) || strings.Contains(err.Error(), value) {
				t.Errorf("%s=%s: %v", variable, value, err)
			}
		})
	}
}

func TestFlyIsNotOpenedWithoutWhatItNeeds(t *testing.T) {
	t.Parallel()
	whole := machines.Config{App: "cabins", Image: "registry.fly.io/cabins:1", Token: "fm2_x", Placement: machines.KindFly, Max: 1, MaxPerDay: 1}
	for variable, spoil := range map[string]func(*machines.Config){
		"FLY_LAUNCH_TOKEN":   func(c *machines.Config) { c.Token = " " },
		"FLY_IMAGE_REF":      func(c *machines.Config) { c.Image = "" },
		"TASKS_APP":          func(c *machines.Config) { c.App = "" },
		"FLY_FLAPS_BASE_URL": func(c *machines.Config) { c.API = "http://machines.example.com" },
	} {
		c := whole
		spoil(&c)
		_, err := machines.Open(c, machines.Deps{})
		if err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("without a good %s: %v", variable, err)
		}
	}
	for _, api := range []string{"", "https://machines.example.com", "http://_api.internal:4280", "http://[::1]:4280", "http://localhost:4280"} {
		c := whole
		c.API = api
		if p := open(t, c, machines.Deps{}); p.Kind() != machines.KindFly {
			t.Errorf("with %q tasks run on %s", api, p.Kind())
		}
	}
}

func TestANameIsTheSameForARunAndFitForDNS(t *testing.T) {
	t.Parallel()
	slot := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	long := strings.Repeat("a", 41)
	seen := make(map[string]bool)
	for _, spec := range []machines.Spec{
		{Task: "backup", RunID: "1", Slot: slot},
		{Task: "backup", RunID: "1", Slot: slot.Add(time.Second)},
		{Task: "expire", RunID: "1", Slot: slot},
		{Task: "backup", RunID: "1"},
		{Task: "backup", RunID: "2"},
		{Task: "expire", RunID: "1"},
		{Task: long, RunID: strings.Repeat("Z", 128)},
		{Task: long, RunID: "1", Slot: slot},
	} {
		name := spec.Name()
		if name != spec.Name() || seen[name] {
			t.Errorf("%+v has the name %s, like another", spec, name)
		}
		seen[name] = true
		if len(name) > 63 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.HasSuffix(name, "-") {
			t.Errorf("%s is no name for DNS", name)
		}
	}
	one := machines.Spec{Task: "backup", RunID: "1", Slot: slot}
	other := machines.Spec{Task: "backup", RunID: "2", Slot: slot.In(time.FixedZone("", -3*3600))}
	if one.Name() != "backup-1795500000" || other.Name() != one.Name() {
		t.Errorf("one slot, two names: %s and %s", one.Name(), other.Name())
	}
}
