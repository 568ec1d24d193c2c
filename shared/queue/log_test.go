package queue_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

func TestAJobWhoseArgumentsCannotBeReadHarmsNobodyAndIsNotQuoted(t *testing.T) {
	t.Parallel()
	b := started(t, pgtest.New(t), queue.Consume("deliver", 1, time.Second, func(context.Context, message) error { return nil }))
	_, err := b.pool.Exec(t.Context(),
		`insert into river_job (args, kind, max_attempts, queue) values ('{"id": "Ana Paz"}', 'message', 1, 'deliver')`)
	must(t, err)
	eventually(t, "discarded 1", func() string { return b.states(t, "message") })
	b.enqueue(t, message{ID: 2})
	eventually(t, "completed 1, discarded 1", func() string { return b.states(t, "message") })
	if line := b.log.String(); !strings.Contains(line, "UnmarshalTypeError") || strings.Contains(line, "Paz") {
		t.Errorf("log: %s", line)
	}
}

// explosive is a job whose own code for reading it panics, with what it read.
type explosive struct{ Text string }

func (explosive) Kind() string { return "explosive" }

func (*explosive) UnmarshalJSON(text []byte) error { panic(string(text)) }

func TestAJobThatPanicsWhileItIsReadIsNotQuotedEither(t *testing.T) {
	t.Parallel()
	panics := make(chan struct{}, 10)
	c := queue.Consume("deliver", 1, time.Second, never[explosive])
	c.OnPanic = func() { panics <- struct{}{} }
	b := started(t, pgtest.New(t), c)
	b.enqueue(t, explosive{Text: "Ana Paz"})
	receive(t, panics)
	eventually(t, true, func() bool { return strings.Contains(b.log.String(), `"reason":"panic"`) })
	line := b.log.String()
	if strings.Contains(line, "Paz") {
		t.Errorf("a guest's name is in the log: %s", line)
	}
	if !strings.Contains(line, `"message":"queue: jobexecutor.JobExecutor: panic recovery`) {
		t.Errorf("what River says of it is missing: %s", line)
	}
}

// quoter is a job whose own code for reading it fails, with what it read.
type quoter struct{ Text string }

func (quoter) Kind() string { return "quoter" }

func (*quoter) UnmarshalJSON(text []byte) error { return fmt.Errorf("cannot read %s", text) }

func TestWhatRiverSaysOfAJobDoesNotQuoteItEither(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	stuck(t, pool, "quoter", `{"Text":"Ana Paz"}`)
	b := started(t, pool, queue.Consume("deliver", 1, time.Second, never[quoter]))
	eventually(t, true, func() bool { return strings.Contains(b.log.String(), "Error unmarshaling job args") })
	if line := b.log.String(); strings.Contains(line, "Paz") || !strings.Contains(line, `"job_id":"1"`) {
		t.Errorf("log: %s", line)
	}
}

func TestTroubleWithTheDatabaseIsLogged(t *testing.T) {
	t.Parallel()
	b := started(t, pgtest.New(t), queue.Consume("deliver", 1, time.Second, never[message]))
	if _, err := b.pool.Exec(t.Context(), "alter table river_job rename to mislaid"); err != nil {
		t.Fatal(err)
	}
	eventually(t, true, func() bool {
		line := b.log.String()
		return strings.Contains(line, "Error fetching jobs") && strings.Contains(line, "42P01") && strings.Contains(line, `"queue":"deliver"`)
	})
}
