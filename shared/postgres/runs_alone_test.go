package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

func TestAloneLetsOneIn(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	mine, yours := openRuns(t, dsn), openRuns(t, dsn)
	nothing := func(context.Context) error { return nil }
	boom := errors.New("boom")
	ran, err := mine.Alone(t.Context(), "count", func(ctx context.Context) error {
		for _, other := range []*postgres.Runs{mine, yours} {
			if ran, err := other.Alone(ctx, "count", nothing); ran || err != nil {
				t.Errorf("let in beside: %t, %v", ran, err)
			}
		}
		if ran, err := yours.Alone(ctx, "sum", nothing); !ran || err != nil {
			t.Errorf("under another name: %t, %v", ran, err)
		}
		return boom
	})
	if !ran || !errors.Is(err, boom) {
		t.Errorf("%t, %v", ran, err)
	}
	if ran, err := yours.Alone(t.Context(), "count", nothing); !ran || err != nil {
		t.Errorf("afterwards: %t, %v", ran, err)
	}
}

func TestAloneLetsGoWhenItsContextIsCancelled(t *testing.T) {
	t.Parallel()
	r := newRuns(t)
	ctx, cancel := context.WithCancel(t.Context())
	ran, err := r.Alone(ctx, "count", func(ctx context.Context) error { cancel(); return ctx.Err() })
	if !ran || !errors.Is(err, context.Canceled) {
		t.Errorf("%t, %v", ran, err)
	}
	if ran, err := r.Alone(t.Context(), "count", func(context.Context) error { return nil }); !ran || err != nil {
		t.Errorf("afterwards: %t, %v", ran, err)
	}
}

// asLoner makes a process of this test hold a lock in a database until it is killed.
const asLoner = "POSTGRES_TEST_ALONE_IN"

func TestAProcessThatIsKilledIsNotAloneAnyMore(t *testing.T) {
	t.Parallel()
	if dsn := os.Getenv(asLoner); dsn != "" {
		_, err := openRuns(t, dsn).Alone(t.Context(), "count", func(context.Context) error {
			fmt.Println("alone")
			select {}
		})
		t.Fatal(err)
	}
	dsn := pgtest.NewDSN(t)
	loner := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAProcessThatIsKilledIsNotAloneAnyMore$")
	loner.Env = append(os.Environ(), asLoner+"="+dsn)
	out, err := loner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := loner.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, len("alone"))
	if _, err := out.Read(said); err != nil || string(said) != "alone" {
		t.Fatalf("%q, %v", said, err)
	}
	r := openRuns(t, dsn)
	free := func() bool {
		ran, err := r.Alone(t.Context(), "count", func(context.Context) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return ran
	}
	if free() {
		t.Error("let in beside another process")
	}
	loner.Process.Kill() //nolint:errcheck // it lives
	loner.Wait()         //nolint:errcheck // it was killed
	for until := time.Now().Add(10 * time.Second); !free(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the lock outlives its process")
		}
	}
}
