package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// launchOptions are what may be said about a launch beside the task.
type launchOptions struct {
	region string
	memory int
	wait   bool
	env    map[string]string
	args   []string // of the task
}

// parseLaunch reads the task's name, what is said of its machine, and after "--" what is said to the task itself.
func parseLaunch(args []string) (task string, o launchOptions, err error) {
	if i := slices.Index(args, "--"); i >= 0 {
		args, o.args = args[:i], args[i+1:]
	}
	o.env = make(map[string]string)
	flags := flag.NewFlagSet("launch", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.region, "region", "", "")
	flags.IntVar(&o.memory, "memory", 0, "")
	flags.BoolVar(&o.wait, "wait", true, "")
	flags.Func("env", "", func(pair string) error {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return errors.New("must be NAME=value")
		}
		o.env[name] = value
		return nil
	})
	usage := usagef("usage: router launch <task> [-region gru] [-memory 512] [-wait=false] [-env NAME=value] [-- what the task takes]")
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return "", o, usage
	}
	if err := flags.Parse(args[1:]); err != nil {
		return "", o, usageError{fmt.Errorf("launch: %w; what the task takes comes after --", err)}
	}
	if flags.NArg() > 0 {
		return "", o, usagef("launch: %q: flags of the machine come after the task's name, and what the task takes after --", flags.Arg(0))
	}
	return args[0], o, nil
}

// launch starts a task on a machine of its own and follows it to its end.
func (p *program) launch(ctx context.Context, args []string) error {
	task, o, err := parseLaunch(args)
	if err != nil {
		return err
	}
	r, err := p.prepare(func(all []function.Function) ([]function.Function, error) {
		picked, err := pickTask(all, task)
		if err == nil {
			_, err = flagsOf(picked[0], o.args) // the machine would find out too, and later
		}
		return picked, err
	})
	if err != nil {
		return err
	}
	defer r.close()
	record, placement, err := r.operate(p.load)
	if err != nil {
		return err
	}
	var settings Settings
	if err := p.load(&settings); err != nil {
		return err
	}
	f, now := r.served[0], r.now()
	run, err := record.Demand(ctx, runs.Request{
		Task: task, Slot: now, Cause: runs.ByOperator, Args: o.args, Deadline: now.Add(f.Timeout + runs.StartUp),
	}, now)
	if errors.Is(err, runs.ErrAlreadyRunning) {
		return whoRuns(ctx, record, task, err)
	}
	if err != nil {
		return err
	}
	watch := newWatcher(p.out, record, placement, r.now)
	run, err = watch.request(ctx, run, o.spec(specOf(f, run), settings.settings(r.now()), watch.screen))
	if err != nil {
		return err
	}
	watch.screen.line("launched as run %d on machine %s (%s)", run.ID, watch.machine.ID, watch.machine.Region)
	if !o.wait && placement.Kind() == machines.KindFly {
		return nil
	}
	if !o.wait {
		watch.screen.line("a child process ends with this command, so this waits for it")
	}
	return watch.follow(ctx)
}

// pickTask returns the task of a name, as the only function that a process needs.
func pickTask(all []function.Function, name string) ([]function.Function, error) {
	for _, f := range tasks(all) {
		if f.Name == name {
			return []function.Function{f}, nil
		}
	}
	return nil, usagef("no task is called %q; there are: %s", name, strings.Join(taskNames(all), ", "))
}

func taskNames(all []function.Function) []string {
	var names []string
	for _, f := range tasks(all) {
		names = append(names, f.Name)
	}
	return names
}

// spec is what the operator wants of a machine.
func (o launchOptions) spec(spec machines.Spec, settings map[string]string, output io.Writer) machines.Spec {
	spec.Region, spec.Env, spec.Output = o.region, settings, output
	maps.Copy(spec.Env, o.env)
	if o.memory != 0 {
		spec.MemoryMB = o.memory
	}
	return spec
}

// whoRuns says which run is in the way of another.
func whoRuns(ctx context.Context, record *postgres.Runs, task string, err error) error {
	live, _ := record.Live(ctx) // without it the error says less, and is the same
	for _, run := range live {
		if run.Task == task {
			return fmt.Errorf("%s is at work already: run %d is %s on machine %s; wait for it, or stop it with: router machines stop <id>",
				task, run.ID, run.State, orWord(run.MachineID, "none yet"))
		}
	}
	return err
}

// request has a machine launched for a run that has been written down, and writes down what came of it.
func (w *watcher) request(ctx context.Context, run runs.Run, spec machines.Spec) (runs.Run, error) {
	run.Attempts++
	ok, err := w.record.Launching(ctx, run, w.now())
	if err == nil && !ok {
		err = runs.ErrNotLive
	}
	if err != nil {
		return run, err
	}
	w.run = run
	if w.machine, err = w.placement.Launch(ctx, spec); err != nil {
		_, finishErr := w.record.Finish(context.WithoutCancel(ctx), run.ID, runs.GaveUpLaunching(err), w.now())
		return run, errors.Join(fmt.Errorf("run %d of %s was not launched: %s", run.ID, run.Task, sentence(err)), finishErr)
	}
	w.run.MachineID = w.machine.ID
	return w.run, w.record.Launched(context.WithoutCancel(ctx), run.ID, w.machine.ID)
}

// sentence is what an operator needs of an error; all of it is in the record.
func sentence(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Detail
	}
	return err.Error()
}

// operate opens what an operator's verbs need.
func (r *resources) operate(load function.Loader) (*postgres.Runs, machines.Placement, error) {
	var c tasksConfig
	if err := load(&c); err != nil {
		return nil, nil, usageError{err}
	}
	record, err := r.record(c.Database)
	if err != nil {
		return nil, nil, usageError{err}
	}
	placement, err := r.placement(c, record)
	if err != nil {
		return nil, nil, usageError{err} // a variable is missing or wrong: nothing was asked of Fly yet
	}
	return record, placement, nil
}
