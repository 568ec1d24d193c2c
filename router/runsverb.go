package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

// runsQuery is what an operator wants to see of the history of runs.
type runsQuery struct {
	task   string
	failed bool
	limit  int
	before int64
}

func parseRuns(args []string) (q runsQuery, err error) {
	flags := flag.NewFlagSet("runs", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&q.task, "task", "", "")
	flags.BoolVar(&q.failed, "failed", false, "")
	flags.IntVar(&q.limit, "limit", 20, "")
	flags.Int64Var(&q.before, "before", 0, "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 || q.limit < 1 || q.limit > 500 || q.before < 0 {
		return q, usagef("usage: router runs [-task name] [-failed] [-limit 20] [-before id]")
	}
	return q, nil
}

// listRuns prints the history of runs.
func (p *program) listRuns(ctx context.Context, args []string) error {
	q, err := parseRuns(args)
	if err != nil {
		return err
	}
	r, err := p.prepare(func([]function.Function) ([]function.Function, error) { return nil, nil })
	if err != nil {
		return err
	}
	defer r.close()
	var c Database
	if err := p.load(&c); err != nil {
		return usageError{err}
	}
	record, err := r.record(c)
	if err != nil {
		return err
	}
	history, err := record.History(ctx, q.task, q.failed, q.before, q.limit)
	if err != nil {
		return err
	}
	if len(history) == 0 {
		fmt.Fprintln(p.out, "no such run is on record")
		return nil
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tTASK\tSLOT (UTC)\tBY\tSTATE\tTOOK\tEXIT\tMACHINE\tWHAT")
	for _, run := range history {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", run.ID, strings.Join(append([]string{run.Task}, run.Args...), " "), run.Slot.UTC().Format(time.DateTime), run.Cause, run.State,
			tookWords(run), exitWords(run), orWord(run.MachineID, "-"), orWord(run.Error, run.Summary, "-"))
	}
	return w.Flush()
}

func tookWords(r runs.Run) string {
	if r.StartedAt.IsZero() || r.EndedAt.IsZero() {
		return "-"
	}
	return r.EndedAt.Sub(r.StartedAt).Round(time.Millisecond).String()
}

func exitWords(r runs.Run) string {
	switch {
	case r.OOM:
		return "OOM"
	case r.ExitCode == nil:
		return "-"
	default:
		return strconv.Itoa(*r.ExitCode)
	}
}
