package migrate_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/migrate"
	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// run runs the task with steps that end as given, and returns which were taken, what was logged, and how it ended.
func run(t *testing.T, applied []string, schema, queue error) (steps []string, logged string, err error) {
	t.Helper()
	var log bytes.Buffer
	err = migrate.New(migrate.Deps{
		Schema: func(context.Context) ([]string, error) {
			steps = append(steps, "schema")
			return applied, schema
		},
		Queue: func(context.Context) error {
			steps = append(steps, "queue")
			return queue
		},
		Log: zerolog.New(&log),
	})(t.Context())
	return steps, log.String(), err
}

func TestFirstOurTablesThenTheQueues(t *testing.T) {
	t.Parallel()
	steps, logged, err := run(t, []string{"00001_a.sql", "00002_b.sql"}, nil, nil)
	if err != nil || !slices.Equal(steps, []string{"schema", "queue"}) {
		t.Errorf("steps %v, %v", steps, err)
	}
	if !strings.Contains(logged, `"applied":["00001_a.sql","00002_b.sql"]`) {
		t.Errorf("logged %s", logged)
	}
}

func TestAFailureIsReportedAndEndsIt(t *testing.T) {
	t.Parallel()
	broken := errors.New("a table is locked")
	for name, c := range map[string]struct {
		schema, queue error
		steps         []string
	}{
		"schema": {broken, nil, []string{"schema"}},
		"queue":  {nil, broken, []string{"schema", "queue"}},
	} {
		steps, logged, err := run(t, []string{"00001_a.sql"}, c.schema, c.queue)
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), name) || !slices.Equal(steps, c.steps) {
			t.Errorf("%s: steps %v, %v", name, steps, err)
		}
		if strings.Contains(logged, `"message":"migrate"`) {
			t.Errorf("%s: it logged that all is well: %s", name, logged)
		}
	}
}

func TestADatabaseThatIsUpToDateStaysAsItIs(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	var log bytes.Buffer
	task := migrate.New(migrate.Deps{
		Schema: func(ctx context.Context) ([]string, error) { return postgres.Migrate(ctx, dsn, migrations.Files) },
		Queue:  func(context.Context) error { return nil },
		Log:    zerolog.New(&log),
	})
	for range 2 {
		if err := task(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), `"applied":[]`); n != 2 {
		t.Errorf("logged %s", log.String())
	}
}
