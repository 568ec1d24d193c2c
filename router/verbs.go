package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// prepare loads the process's configuration and checks that of the functions pick returns; nothing has been opened yet.
func (p *program) prepare(pick func([]function.Function) ([]function.Function, error)) (*resources, error) {
	var c processConfig
	processErr := p.load(&c)
	r := newResources(c, p.log)
	r.load, r.now = p.load, p.clock(c.Clock)
	r.all = p.functions(r)
	picked, err := pick(r.all)
	if err != nil {
		return nil, err
	}
	r.served = picked
	if err := errors.Join(processErr, function.Check(picked, p.load)); err != nil {
		return nil, usageError{unique(err)}
	}
	return r, nil
}

// unique drops repeated lines: the process and a function may read the same variable.
func unique(err error) error {
	var lines []string
	seen := make(map[string]bool)
	for line := range strings.SplitSeq(err.Error(), "\n") {
		variable := line
		if function, rest, ok := strings.Cut(line, ": "); ok && !strings.Contains(function, " ") {
			variable = rest
		}
		if !seen[variable] {
			seen[variable] = true
			lines = append(lines, line)
		}
	}
	return errors.New(strings.Join(lines, "\n"))
}

func everything(all []function.Function) ([]function.Function, error) { return all, nil }

// list prints every function. It needs no configuration.
func (p *program) list(context.Context, []string) error {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FUNCTION\tTRIGGER\tTIMEOUT\tWHAT IT DOES")
	for _, f := range p.functions(newResources(processConfig{}, io.Discard)) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Name, triggerWords(f), f.Timeout, f.Summary)
		for _, route := range f.Routes {
			fmt.Fprintf(w, "\t  %s\t\t\n", route)
		}
		for _, flag := range f.Flags {
			fmt.Fprintf(w, "\t  %s\t\t  %s\n", flag, flag.Help)
		}
	}
	return w.Flush()
}

func triggerWords(f function.Function) string {
	switch {
	case f.Trigger == function.Clock && f.Every > 0:
		return "task, every " + f.Every.String()
	case f.Trigger == function.Clock:
		return "task, by hand"
	case f.Trigger == function.Queued:
		return "jobs of kind " + f.Kind
	default:
		return "requests"
	}
}

// check reports everything that would keep functions from being served or run.
func (p *program) check(context.Context, []string) error {
	if _, err := p.prepare(everything); err != nil {
		return err
	}
	fmt.Fprintln(p.out, "names, routes and configuration are in order")
	return nil
}

// runTask runs one task in this process.
func (p *program) runTask(ctx context.Context, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return usagef("run takes the name of one task, and then its flags")
	}
	var said function.Values
	r, err := p.prepare(func(all []function.Function) ([]function.Function, error) {
		f, err := find(all, args[0])
		if err == nil && f.Trigger != function.Clock {
			err = usagef("%s is not a task; router serve %s serves it", f.Name, f.Name)
		}
		if err == nil {
			said, err = flagsOf(f, args[1:])
		}
		return []function.Function{f}, err
	})
	if err != nil {
		return err
	}
	defer r.close()
	r.said = said
	return r.runNow(ctx, r.served[0])
}

// flagsOf reads what is said to a run of a task.
func flagsOf(f function.Function, args []string) (function.Values, error) {
	said, err := f.ParseArgs(args)
	if err != nil {
		return nil, usageError{err}
	}
	return said, nil
}

func find(all []function.Function, name string) (function.Function, error) {
	names := make([]string, len(all))
	for i, f := range all {
		if f.Name == name {
			return f, nil
		}
		names[i] = f.Name
	}
	return function.Function{}, usagef("no function is called %q; there are: %s", name, strings.Join(names, ", "))
}

// token prints a bearer token for an owner, and nothing else.
func (p *program) token(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("token", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	ttl := flags.Duration("ttl", 24*time.Hour, "how long it is good for")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 || *ttl <= 0 {
		return usagef("usage: router token [-ttl 24h] <email>")
	}
	var c web.AccessConfig
	if err := p.load(&c); err != nil {
		if problems, ok := errors.AsType[config.Problems](err); ok {
			return usageError{problems}
		}
		return err
	}
	now, err := p.loadClock()
	if err != nil {
		return err
	}
	token, err := web.NewAccess(c, now).AdminToken(flags.Arg(0), *ttl)
	if err != nil {
		return usageError{err}
	}
	fmt.Fprintln(p.out, token)
	return nil
}
