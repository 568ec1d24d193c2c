package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/machines"
)

// listMachines lists the machines of tasks, stops some of them, or removes those that have outlived their deadline.
func (p *program) listMachines(ctx context.Context, args []string) error {
	r, err := p.prepare(func([]function.Function) ([]function.Function, error) { return nil, nil })
	if err != nil {
		return err
	}
	defer r.close()
	_, placement, err := r.operate(p.load)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		return p.printMachines(ctx, placement, r.now())
	case args[0] == "stop" && len(args) > 1:
		return p.stopMachines(ctx, placement, args[1:])
	case args[0] == "reap" && len(args) == 1:
		return p.reapMachines(ctx, placement, r.now())
	default:
		return usagef("usage: router machines [stop <id>… | reap]")
	}
}

func (p *program) printMachines(ctx context.Context, placement machines.Placement, now time.Time) error {
	found, err := placement.List(ctx, machines.Filter{})
	if err != nil {
		return err
	}
	if placement.Kind() == machines.KindExec {
		fmt.Fprintln(p.out, "tasks run as child processes of the router that launched them, which alone knows them; router runs shows how they fare")
		return nil
	}
	if len(found) == 0 {
		fmt.Fprintln(p.out, "no machine of a task is alive")
		return nil
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "MACHINE\tTASK\tRUN\tSTATE\tREGION\tAGE")
	for _, m := range found {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", m.ID, m.Task, m.RunID, m.State, m.Region, now.Sub(m.CreatedAt).Round(time.Second))
	}
	return w.Flush()
}

func (p *program) stopMachines(ctx context.Context, placement machines.Placement, ids []string) error {
	for _, id := range ids {
		if err := placement.Stop(ctx, id, machines.StopGrace); err != nil {
			return fmt.Errorf("stop %s: %w", id, err)
		}
		fmt.Fprintf(p.out, "%s was asked to stop; it is killed after %s\n", id, machines.StopGrace)
	}
	return nil
}

func (p *program) reapMachines(ctx context.Context, placement machines.Placement, now time.Time) error {
	reaped, err := machines.Reap(ctx, placement, now)
	for _, m := range reaped {
		fmt.Fprintf(p.out, "%s of %s had outlived its deadline %s\n", m.ID, m.Task, m.Deadline.UTC().Format(time.DateTime))
	}
	if len(reaped) == 0 && err == nil {
		fmt.Fprintln(p.out, "nothing to remove")
	}
	return err
}
