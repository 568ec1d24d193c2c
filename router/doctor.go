package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/limit"
	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

const (
	// lookPatience bounds every check.
	lookPatience = 5 * time.Second
	// reachPatience bounds the first connection to the database, which the checks of what is in it wait for.
	reachPatience = 4 * time.Second
)

// verdict is what a check found, in a word.
type verdict string

// The verdicts.
const (
	isFine   verdict = "ok"
	isOff    verdict = "off"  // not configured, or not to be known; nothing is wrong by that alone
	isOdd    verdict = "warn" // it works, and not as it should
	isBroken verdict = "fail"
)

// finding is what a check has to say. Neither sentence ever holds the value of a variable that may be a secret.
type finding struct {
	verdict verdict
	what    string
	cure    string // what to do about it; empty where nothing is to be done
}

// checkup is a check: a new adapter adds one to checkups.
type checkup struct {
	name string
	look func(*examination, context.Context) finding
}

// checkups is everything that is looked at, in the order in which it is told.
func checkups(all []function.Function) []checkup {
	list := []checkup{
		{"configuration", (*examination).configuration},
		{"database", (*examination).database},
		{"database address", (*examination).databaseAddress},
		{"Postgres version", (*examination).databaseVersion},
		{"extension btree_gist", (*examination).extension},
		{"no double booking", (*examination).constraint},
		{"migrations", (*examination).migrations},
		{"migrations of the queue", (*examination).queueMigrations},
		{"clock", (*examination).clock},
		{"Redis", (*examination).redis},
		{"where tasks run", (*examination).placement},
		{"Fly", (*examination).fly},
		{"public address", (*examination).publicAddress},
		{"backups", (*examination).backups},
		{"Mercado Pago", (*examination).mercadoPago},
		{"mail", (*examination).mail},
		{"WhatsApp", (*examination).whatsApp},
		{"voice notes", (*examination).speech},
	}
	for _, f := range tasks(all) {
		if f.Every > 0 {
			list = append(list, checkup{"task " + f.Name, newestRun(f)})
		}
	}
	return list
}

// doctor looks at everything that this system stands on, and says how to mend what is broken. It changes nothing.
func (p *program) doctor(ctx context.Context, args []string) error {
	if len(args) > 0 {
		return usagef("doctor takes no arguments")
	}
	e := p.examine()
	defer e.close()
	list := checkups(e.all)
	findings := e.perform(ctx, list)
	width, failed := 0, 0
	for _, c := range list {
		width = max(width, len(c.name))
	}
	for i, f := range findings {
		if f.verdict == isBroken {
			failed++
		}
		fmt.Fprintf(p.out, "%-4s  %-*s  %s\n", f.verdict, width, list[i].name, f.what)
		if f.cure != "" {
			fmt.Fprintf(p.out, "      %-*s  → %s\n", width, "", f.cure)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(list))
	}
	return nil
}

// examination is one look at the system: what checks share, opened before any of them begins. Each part that cannot be
// opened has its error, so that the checks of the others go on.
type examination struct {
	load     function.Loader
	all      []function.Function
	now      func() time.Time
	moved    bool // now is not the computer's time, on purpose
	patience time.Duration

	wrong       error // what keeps functions from being served or run
	environment config.Environment

	address Database
	pool    *postgres.Pool
	poolErr error
	reach   func() error // asks the database for a sign of life, once
	record  *postgres.Runs

	limiter    *limit.Limiter
	limiterErr error

	tasks    tasksConfig
	tasksErr error
	machines machines.Placement
	base     struct {
		URL string `envconfig:"BASE_URL" validate:"omitempty,http_url"`
	}
	baseErr error
}

// examine opens what checks share. Opening connects to nothing.
func (p *program) examine() *examination {
	e := &examination{load: p.load, now: time.Now, patience: lookPatience}
	var c Clock
	if p.load(&c) == nil { // else configuration tells
		e.now, e.moved = p.clock(c), c.Start != ""
	}
	e.all = p.functions(newResources(processConfig{}, io.Discard))
	p.load(&e.environment) //nolint:errcheck // configuration tells

	r := newResources(processConfig{}, io.Discard)
	if e.poolErr = p.load(&e.address); e.poolErr == nil {
		e.pool, e.poolErr = r.database(e.address)
	}
	e.reach = sync.OnceValue(e.reachDatabase)
	if e.poolErr == nil {
		e.record = postgres.NewRuns(e.pool.Share(recordConnections))
	}
	var l limit.Config
	if e.limiterErr = p.load(&l); e.limiterErr == nil {
		e.limiter, e.limiterErr = limit.New(l, e.now, r.registry, r.log)
	}
	// Without the database, where tasks run can be looked at all the same.
	e.tasksErr = p.load(&e.tasks.Placement)
	if e.tasksErr == nil {
		launched := func(ctx context.Context, since time.Time) (int, error) {
			return 0, errors.New("doctor launches nothing")
		}
		e.machines, e.tasksErr = machines.Open(e.tasks.Placement, machines.Deps{Log: r.log, Now: e.now, Launched: launched})
	}
	p.load(&e.tasks) //nolint:errcheck // for TASKS_INLINE; configuration tells of the rest
	_, e.wrong = p.prepare(e.configuredHere)
	e.baseErr = p.load(&e.base)
	return e
}

func (e *examination) close() {
	if e.machines != nil {
		e.machines.Close() //nolint:errcheck // it has launched nothing
	}
	if e.limiter != nil {
		e.limiter.Close() //nolint:errcheck // the process ends
	}
	if e.pool != nil {
		e.pool.Close()
	}
}

// perform makes all checks side by side. One that hangs or panics costs its own line and no other.
func (e *examination) perform(ctx context.Context, list []checkup) []finding {
	findings := make([]finding, len(list))
	var wait sync.WaitGroup
	for i, c := range list {
		wait.Go(func() { findings[i] = e.one(ctx, c) })
	}
	wait.Wait()
	return findings
}

func (e *examination) one(ctx context.Context, c checkup) finding {
	ctx, cancel := context.WithTimeout(ctx, e.patience)
	defer cancel()
	found := make(chan finding, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				// Not its value, which could quote anything.
				found <- finding{isBroken, fmt.Sprintf("the check itself broke (%T)", r), "report it"}
			}
		}()
		found <- c.look(e, ctx)
	}()
	select {
	case f := <-found:
		return f
	case <-time.After(e.patience + e.patience/10): // those who heed ctx get to say what they waited for
		return finding{isBroken, fmt.Sprintf("not known: it took longer than %s", e.patience), ""}
	}
}

// elsewhere reports whether tasks run in another app, whose secrets are not in our environment.
func (e *examination) elsewhere() bool {
	return e.tasksErr == nil && e.machines.Kind() == machines.KindFly && e.tasks.TasksApp != "" && e.tasks.TasksApp != e.tasks.App
}

// configuredHere are the functions whose variables this process should have.
func (e *examination) configuredHere(all []function.Function) ([]function.Function, error) {
	return slices.DeleteFunc(slices.Clone(all), func(f function.Function) bool {
		return f.Trigger == function.Clock && e.elsewhere() && !slices.Contains(e.tasks.Inline, f.Name)
	}), nil
}

// configuration is what `router check` checks, and whether it was checked by the rules of production where it should be.
func (e *examination) configuration(context.Context) finding {
	if e.wrong != nil {
		return finding{isBroken, strings.ReplaceAll(e.wrong.Error(), "\n", "; "), "set them; .env.example describes every variable; on Fly: fly secrets set NAME=…"}
	}
	name := cmp.Or(e.environment.Name, "development")
	if !e.environment.Production() && e.tasks.MachineID != "" {
		return finding{isOdd, "in order, but ENVIRONMENT is " + name + " on a machine of Fly", `set ENVIRONMENT = "production" in fly.toml, under [env]`}
	}
	what := "in order for ENVIRONMENT=" + name
	if e.elsewhere() {
		what += "; what tasks need is in " + e.tasks.TasksApp
	}
	return finding{isFine, what, ""}
}

// newestRun is the check of a task that the clock starts: how long ago its newest run was, and how it ended.
func newestRun(f function.Function) func(*examination, context.Context) finding {
	return func(e *examination, ctx context.Context) finding {
		if unreached := e.needsDatabase(); unreached != nil {
			return *unreached
		}
		history, err := e.record.History(ctx, f.Name, false, 0, 20)
		if err != nil {
			return finding{isOdd, "its runs cannot be read: " + whyNot(err), "router run migrate"}
		}
		return judgeRuns(f, history, e.now())
	}
}

func judgeRuns(f function.Function, history []runs.Run, now time.Time) finding {
	const clockRuns = "the clock runs in every `router serve`: see that one is up, and its log; by hand: router launch "
	if len(history) == 0 {
		return finding{isOdd, "has never run; it should every " + periodWords(f.Every), clockRuns + f.Name}
	}
	newest := history[0]
	for _, r := range history {
		if r.State != runs.Skipped {
			newest = r
			break
		}
	}
	age := now.Sub(newest.CreatedAt)
	words := fmt.Sprintf("newest run %s ago, every %s", periodWords(age), periodWords(f.Every))
	seeIt := "router runs -task " + f.Name
	switch {
	case age > 3*f.Every && newest.ID != history[0].ID:
		return finding{isOdd, words + "; since then it was skipped, because that one is still on", seeIt + ", and router machines to stop it"}
	case age > 3*f.Every:
		return finding{isOdd, words, clockRuns + f.Name}
	case newest.State == runs.Failed || newest.State == runs.Lost:
		return finding{isOdd, words + "; it " + string(newest.State) + ": " + firstLine(newest.Error), seeIt + " -failed"}
	default:
		return finding{isFine, words + "; " + string(newest.State), ""}
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if short := []rune(line); len(short) > 160 {
		return string(short[:160]) + "…"
	}
	return line
}

// periodWords is a duration as one says it: 24h instead of 24h0m0s.
func periodWords(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Hour {
		d = d.Round(time.Minute)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
