package machines

import (
	"cmp"
	"time"

	fly "github.com/superfly/fly-go"
)

// What we note on a machine, so that it can be found and understood without a database.
const (
	metaManagedBy = "managed_by"
	metaTask      = "task"
	metaRunID     = "run_id"
	metaDeadline  = "deadline"

	managedBy = "sist-cabanas"

	// processGroup is none of fly.toml's: a machine without one counts as the default group, and a deploy would replace it.
	// Nor is fly_platform_version set, which would hand the machine over to flyctl.
	processGroup = "task"
)

// ours reports whether a machine was launched for a task.
func ours(m *fly.Machine) bool { return m.GetMetadataByKey(metaManagedBy) == managedBy }

// describe is the machine to ask Fly for. secrets are the names of the app's: see flyPlacement.secretNames.
func (p *flyPlacement) describe(spec Spec, region string, secrets []string) fly.LaunchMachineInput {
	signal := "SIGTERM"
	config := &fly.MachineConfig{
		Image: p.image,
		// The image's ENTRYPOINT, our binary, stays: this replaces its arguments only.
		Init: fly.MachineInit{Cmd: spec.command()},
		Env:  spec.environment(),
		Guest: &fly.MachineGuest{
			CPUKind: "shared", CPUs: 1, MemoryMB: spec.memory(),
		},
		Metadata: map[string]string{
			metaManagedBy: managedBy,
			metaTask:      spec.Task,
			metaRunID:     spec.RunID,
			metaDeadline:  spec.Deadline.UTC().Format(time.RFC3339),
			fly.MachineConfigMetadataKeyFlyProcessGroup: processGroup,
		},
		AutoDestroy: true,
		// Only our own rows decide about another try; and auto_destroy works with no other policy.
		Restart:    &fly.MachineRestart{Policy: fly.MachineRestartPolicyNo},
		DNS:        &fly.DNSConfig{SkipRegistration: true},
		StopConfig: &fly.StopConfig{Signal: &signal, Timeout: &fly.Duration{Duration: StopGrace}},
	}
	withholdToken(config, secrets)
	return fly.LaunchMachineInput{Name: spec.Name(), Region: region, Config: config}
}

// withholdToken keeps the launch token from a task. Fly gives every machine all secrets of its app, unless the process says
// otherwise; if the token is among them, ours names all the others. And a secret is not repeated as a plain variable, which
// everybody who may list machines can read.
func withholdToken(config *fly.MachineConfig, secrets []string) {
	holdsToken := false
	var others []fly.MachineSecret
	for _, name := range secrets {
		delete(config.Env, name)
		if name == tokenVariable {
			holdsToken = true
			continue
		}
		others = append(others, fly.MachineSecret{EnvVar: name, Name: name})
	}
	if holdsToken {
		config.Processes = []fly.MachineProcess{{CmdOverride: config.Init.Cmd, IgnoreAppSecrets: true, Secrets: others}}
	}
}

// fromFly is what we know of a machine of Fly's.
func fromFly(m *fly.Machine) Machine {
	machine := Machine{
		ID: m.ID, Name: m.Name, Region: m.Region, Detail: m.State,
		Task: m.GetMetadataByKey(metaTask), RunID: m.GetMetadataByKey(metaRunID), Exit: exitOf(m),
	}
	machine.State = stateOf(m.State, machine.Exit != nil)
	machine.CreatedAt, _ = time.Parse(time.RFC3339, m.CreatedAt)
	machine.Deadline, _ = time.Parse(time.RFC3339, m.GetMetadataByKey(metaDeadline))
	if !machine.Over() {
		machine.Exit = nil
	}
	return machine
}

// stateOf makes sense of Fly's states: https://fly.io/docs/machines/machine-states/. exited: the task's exit was seen.
func stateOf(state string, exited bool) State {
	switch state {
	case "created", "creating", "starting", "restarting", "updating", "replacing":
		return Starting
	case "started":
		return Running
	case "failed", "launch_failed":
		return Failed
	case "destroyed", "replaced", "migrated":
		return Ended
	case "stopping", "stopped", "suspending", "suspended", "destroying":
		// With auto_destroy a machine whose task has ended is on its way from stopped to destroyed. A stopped one whose task
		// has not was stopped before it ran, and is on its way too.
		if exited {
			return Ended
		}
		return Stopping
	default:
		return Running // a word we do not know yet; the deadline ends it whatever it means
	}
}

// exitOf is how the task of a machine ended; nil: it has not, since its last start. Events come newest first.
func exitOf(m *fly.Machine) *Exit {
	for _, event := range m.Events {
		if event.Type == "start" {
			return nil
		}
		if event.Type != "exit" || event.Request == nil {
			continue
		}
		exit := event.Request.ExitEvent
		if monitor := event.Request.MonitorEvent; monitor != nil && monitor.ExitEvent != nil {
			exit = monitor.ExitEvent
		}
		if exit == nil {
			continue
		}
		return exitFrom(exit, event.Time())
	}
	return nil
}

// exitFrom reads an exit event. Signs vary: no signal is 0 or −1, and the code is that of Fly's init, of the task, or 0
// although a signal ended it. What was killed must never look like a success.
func exitFrom(e *fly.MachineExitEvent, noted time.Time) *Exit {
	exit := &Exit{
		Code: cmp.Or(e.ExitCode, e.GuestExitCode), Signal: max(e.Signal, e.GuestSignal, 0),
		OOM: e.OOMKilled, Requested: e.RequestedStop, At: e.ExitedAt,
	}
	if exit.At.IsZero() {
		exit.At = noted
	}
	switch {
	case exit.Code != 0:
	case exit.Signal != 0:
		exit.Code = 128 + exit.Signal
	case exit.OOM:
		exit.Code = 137
	}
	return exit
}
