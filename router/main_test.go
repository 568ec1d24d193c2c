package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
)

// asRouter makes this test program the router, with tasks that misbehave beside the real ones.
const asRouter = "ROUTER_TEST_TASKS"

func TestMain(m *testing.M) {
	if os.Getenv(asRouter) == "" {
		os.Exit(runTests(m))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{out: os.Stdout, log: os.Stdout, errors: os.Stderr, load: config.FromEnvironment(), functions: withTestTasks}
	code := p.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// buildDir holds the binary for as long as the tests run.
var buildDir string

func runTests(m *testing.M) int {
	var err error
	if buildDir, err = os.MkdirTemp("", "router-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := os.RemoveAll(buildDir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return code
}

// asRouterEnv is what this test program needs to be a router. The race detector would hold each process up for a second.
func asRouterEnv() []string { return []string{asRouter + "=1", "GORACE=atexit_sleep_ms=0"} }

// withTestTasks are all functions and some tasks whose ends are bad.
func withTestTasks(r *resources) []function.Function {
	all := functions(r)
	add := func(name string, every time.Duration, act func(ctx context.Context, c Database) error) {
		spec := function.Spec{Name: name, Summary: "for tests", Every: every, Timeout: time.Minute, Connections: 1, MemoryMB: 256}
		all = append(all, function.Run(spec, func(_ context.Context, c Database) (function.Task, error) {
			return func(ctx context.Context) error { return act(ctx, c) }, nil
		}))
	}
	add("count", 0, func(context.Context, Database) error {
		fmt.Println("one\ntwo")
		r.reporter("count")("counted to two")
		return nil
	})
	add("fail", 0, func(context.Context, Database) error { return errors.New("boom\nand more") })
	add("exit3", 0, func(context.Context, Database) error {
		os.Exit(3)
		return nil
	})
	add("hang", 0, func(ctx context.Context, _ Database) error { <-ctx.Done(); return ctx.Err() })
	add("stubborn", 0, func(context.Context, Database) error { select {} })
	add("slow", 0, func(context.Context, Database) error { time.Sleep(3 * time.Second); return nil })
	if strings.Contains(os.Getenv("TASKS_INLINE"), "often") {
		add("often", 5*time.Second, often)
	}
	return all
}

// often writes down when it ran, for half a second.
func often(ctx context.Context, c Database) error {
	conn, err := pgx.Connect(ctx, c.URL.Reveal())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var id int
	if err := conn.QueryRow(ctx, `insert into often (began) values (clock_timestamp()) returning id`).Scan(&id); err != nil {
		return err
	}
	time.Sleep(500 * time.Millisecond)
	_, err = conn.Exec(ctx, `update often set ended = clock_timestamp() where id = $1`, id)
	return err
}
