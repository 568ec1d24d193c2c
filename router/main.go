// Command router is the whole system in one binary: it serves functions over HTTP, works their jobs, and runs their tasks.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	// Cabins live in time zones, and an image from scratch has none.
	_ "time/tzdata"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{out: os.Stdout, log: os.Stdout, errors: os.Stderr, load: config.FromEnvironment(), functions: functions}
	code := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// program is one invocation of the binary; tests make their own.
type program struct {
	out, log, errors io.Writer
	load             function.Loader
	functions        func(*resources) []function.Function
	listening        func(address string) // told once requests are taken; may be nil
	began            time.Time            // where CLOCK begins; zero until somebody asks
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2 // misused, or configured wrongly: nothing was opened
)

// verb is what can follow the program's name.
type verb struct {
	name, args, help string
	run              func(*program, context.Context, []string) error
}

func verbs() []verb {
	return append([]verb{
		{"serve", "[name…]", "serve all functions, or only those named", (*program).serve},
		{"run", "<task> [flags]", "run a task here and now, to its end; router list shows its flags", (*program).runTask},
		{"launch", "<task> [-- flags]", "run a task on a machine of its own and follow it to its end", (*program).launch},
		{"runs", "[-task name] [-failed]", "how tasks ran, newest first", (*program).listRuns},
		{"machines", "[stop <id>… | reap]", "the machines of tasks: list, stop, remove what outlived its deadline", (*program).listMachines},
		{"restore", "[-verify] [-from latest] [-identity file]", "fill an empty database from a backup, or try whether one could", (*program).restore},
		{"smoke", "[-book -cabin slug] <url>", "ask a running system for a proof of each thing it does", (*program).smoke},
		{"secrets", "", "make the secrets of production and print the command that sets them", (*program).secrets},
		{"doctor", "", "look at everything that this stands on, and say how to mend what is broken", (*program).doctor},
		{"understand", "[--today YYYY-MM-DD] [text…]", "print what guests' texts mean, one JSON object each; without a text, of the lines that come in", (*program).understand},
		{"list", "", "list the functions and what triggers them", (*program).list},
		{"check", "", "check names, routes and configuration without opening anything", (*program).check},
		{"token", "[-ttl 24h] <email>", "print a bearer token for an owner in ADMIN_ALLOWED_EMAILS", (*program).token},
	}, buildVerbs()...)
}

// usageError is a mistake of whoever typed the command or set the environment.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func (p *program) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		p.usage(p.errors)
		return exitUsage
	}
	if args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		p.usage(p.out)
		return exitOK
	}
	for _, v := range verbs() {
		if v.name == args[0] {
			return p.report(v.run(p, ctx, args[1:]))
		}
	}
	return p.report(usagef("no verb is called %q; router help lists them", args[0]))
}

// report prints what went wrong, a line each, and returns the exit code.
func (p *program) report(err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(p.errors, "router:", err)
	if ended, ok := errors.AsType[endedBadly](err); ok {
		return ended.code
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

func (p *program) usage(w io.Writer) {
	fmt.Fprintln(w, "usage: router <verb>")
	for _, v := range verbs() {
		fmt.Fprintf(w, "  %-28s %s\n", v.name+" "+v.args, v.help)
	}
}
