package migrate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/functions/migrate"
	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// run runs the task with steps that end as given, and returns which were taken, what was reported, and how it ended.
func run(t *testing.T, applied []string, schema, queue error) (steps []string, reported string, err error) {
	t.Helper()
	err = migrate.New(migrate.Deps{
		Schema: func(context.Context) ([]string, error) {
			steps = append(steps, "schema")
			return applied, schema
		},
		Queue: func(context.Context) error {
			steps = append(steps, "queue")
			return queue
		},
		Report: func(summary string) { reported += summary },
	})(t.Context())
	return steps, reported, err
}

func TestFirstOurTablesThenTheQueues(t *testing.T) {
	t.Parallel()
	steps, reported, err := run(t, []string{"00001_a.sql", "00002_b.sql"}, nil, nil)
	if err != nil || !slices.Equal(steps, []string{"schema", "queue"}) {
		t.Errorf("steps %v, %v", steps, err)
	}
	if reported != "applied 00001_a.sql, 00002_b.sql" {
		t.Errorf("reported %q", reported)
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
		steps, reported, err := run(t, []string{"00001_a.sql"}, c.schema, c.queue)
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), name) || !slices.Equal(steps, c.steps) {
			t.Errorf("%s: steps %v, %v", name, steps, err)
		}
		if reported != "" {
			t.Errorf("%s: it reported that all is well: %s", name, reported)
		}
	}
}

func TestADatabaseThatIsUpToDateStaysAsItIs(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	var reported []string
	task := migrate.New(migrate.Deps{
		Schema: func(ctx context.Context) ([]string, error) { return postgres.Migrate(ctx, dsn, migrations.Files) },
		Queue:  func(context.Context) error { return nil },
		Report: func(summary string) { reported = append(reported, summary) },
	})
	for range 2 {
		if err := task(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(reported, []string{"nothing to migrate", "nothing to migrate"}) {
		t.Errorf("reported %q", reported)
	}
}
