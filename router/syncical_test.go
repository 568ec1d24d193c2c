package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// listedDay is the first of the two nights that the feed of the tests lists.
func listedDay() civil.Date { return civil.Of(time.Now(), time.UTC).AddDays(40) }

// feedOf gives a new cabin a feed that lists two nights, and returns its id.
func feedOf(t *testing.T, dsn string) (conn *pgx.Conn, id int64) {
	t.Helper()
	plain := func(d civil.Date) string { return strings.ReplaceAll(d.String(), "-", "") }
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a@airbnb.com\r\nDTSTART;VALUE=DATE:"+plain(listedDay())+
			"\r\nDTEND;VALUE=DATE:"+plain(listedDay().AddDays(2))+"\r\nSUMMARY:Reserved\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
	}))
	t.Cleanup(site.Close)
	conn = connect(t, dsn)
	return conn, addFeed(t, conn, site.URL+"/secret-of-the-owner.ics")
}

func addFeed(t *testing.T, conn *pgx.Conn, address string) (id int64) {
	t.Helper()
	err := conn.QueryRow(t.Context(), `
		with cabin as (insert into accommodations (name, type, capacity, base_price) values ('Lake', 'cabin', 4, 10000) returning id)
		insert into calendar_feeds (accommodation_id, source, url, token) select id, 'airbnb', $1, md5($1) from cabin returning id`, address).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// eventsHeld is how many events are held of other sites.
func eventsHeld(t *testing.T, conn *pgx.Conn) (n int) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), `select count(*) from calendar_events where active`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// byHand runs a verb of the real binary where feeds may be on this machine.
func byHand(t *testing.T, dsn string, args ...string) (code int, said string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), buildRouter(t), args...)
	c.Env = environment(dsn, "ICAL_ALLOW_PRIVATE_HOSTS=true")
	out, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "secret-of-the-owner") {
		t.Errorf("%v tells the feed's address:\n%s", args, out)
	}
	return c.ProcessState.ExitCode(), string(out)
}

func TestAnOperatorLooksAtOneFeedAndReadsIt(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	conn, id := feedOf(t, dsn)
	feed := fmt.Sprint(id)
	nights := fmt.Sprintf("%s to %s", listedDay(), listedDay().AddDays(2))

	code, said := byHand(t, dsn, "run", "sync-ical", "--feed", feed, "--dry-run")
	if code != exitOK || !strings.Contains(said, "would close "+nights) || !strings.Contains(said, "nothing was written") || eventsHeld(t, conn) != 0 {
		t.Errorf("run: exit code %d, %d events held:\n%s", code, eventsHeld(t, conn), said)
	}
	code, said = byHand(t, dsn, "run", "sync-ical", "-dry-run")
	if code != exitOK || !strings.Contains(said, "would close "+nights) || !strings.Contains(said, "1 feeds: ") || eventsHeld(t, conn) != 0 {
		t.Errorf("run: exit code %d, %d events held:\n%s", code, eventsHeld(t, conn), said)
	}
	code, said = byHand(t, dsn, "launch", "sync-ical", "--", "--feed="+feed)
	if code != exitOK || !strings.Contains(said, "closed "+nights) || !strings.Contains(said, "succeeded after ") || eventsHeld(t, conn) != 1 {
		t.Errorf("launch: exit code %d, %d events held:\n%s", code, eventsHeld(t, conn), said)
	}
	if r := newest(t, dsn, "sync-ical"); r.State != "succeeded" || !strings.Contains(r.Summary, "closed "+nights) {
		t.Errorf("%+v", r)
	}
	if _, said = byHand(t, dsn, "runs"); !strings.Contains(said, "sync-ical --feed="+feed) {
		t.Errorf("runs:\n%s", said)
	}
	code, said = byHand(t, dsn, "run", "sync-ical")
	if code != exitOK || !strings.Contains(said, "1 feeds: 1 unchanged") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}

func TestWhyAFeedIsNotReadEndsTheCommandBadly(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	conn, id := feedOf(t, dsn)
	gone := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(gone.Close)
	lost := addFeed(t, conn, gone.URL+"/secret-of-the-owner.ics")

	code, said := byHand(t, dsn, "run", "sync-ical", "--feed", "999")
	if code != exitFailed || !strings.Contains(said, "there is no feed 999") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
	code, said = byHand(t, dsn, "launch", "sync-ical", "--", "--feed", fmt.Sprint(lost))
	if code != exitFailed || !strings.Contains(said, "The channel answers 404") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
	code, said = byHand(t, dsn, "run", "sync-ical") // all of them: a feed that fails is no failure of the task
	if code != exitOK || !strings.Contains(said, "1 feeds: 0 unchanged, 1 changed") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
	mustExec(t, conn, `update calendar_feeds set paused = true where id = $1`, id)
	code, said = byHand(t, dsn, "run", "sync-ical", "--feed", fmt.Sprint(id))
	if code != exitFailed || !strings.Contains(said, "is paused") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}

func TestWhatATaskDoesNotTakeIsRefusedBeforeAnythingOpens(t *testing.T) {
	t.Parallel()
	const nowhere = "postgres://nobody@127.0.0.1:1/nothing" // it would take another exit code
	const takes = "it takes: --feed ID, --dry-run"
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"run, misspelt":           {[]string{"run", "sync-ical", "--fed", "3"}, `sync-ical does not take "--fed"; ` + takes},
		"run, no value":           {[]string{"run", "sync-ical", "--feed"}, "sync-ical: --feed lacks its value: --feed ID"},
		"run, no number":          {[]string{"run", "sync-ical", "--feed", "airbnb"}, "sync-ical: --feed must be a whole number"},
		"run, too much":           {[]string{"run", "sync-ical", "--feed", "3", "4"}, `sync-ical does not take "4"; ` + takes},
		"run, a task of no flags": {[]string{"run", "expire", "now"}, `expire does not take "now"; it takes no arguments`},
		"launch, misspelt":        {[]string{"launch", "sync-ical", "--", "--fed", "3"}, `sync-ical does not take "--fed"; ` + takes},
		"launch, no value":        {[]string{"launch", "sync-ical", "-wait=false", "--", "--feed"}, "sync-ical: --feed lacks its value: --feed ID"},
		"launch, no dashes":       {[]string{"launch", "sync-ical", "--feed", "3"}, "what the task takes comes after --"},
		"launch, a stray word":    {[]string{"launch", "sync-ical", "3"}, "what the task takes after --"},
		"launch, of no flags":     {[]string{"launch", "expire", "--", "--now"}, `expire does not take "--now"; it takes no arguments`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			do(t, nowhere, nil, c.args...).saysOneLine(t, exitUsage, c.want)
		})
	}
}

func TestListShowsTheFlagsOfTasks(t *testing.T) {
	t.Parallel()
	list := do(t, "", nil, "list").out.String()
	for _, want := range []string{"task, every 5m0s", " --feed ID", "--dry-run  ", "read this feed only"} {
		if !strings.Contains(list, want) {
			t.Errorf("%q is not in:\n%s", want, list)
		}
	}
}

func TestAMachineOfFlyIsGivenWhatWasSaidAndTheSettings(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	conn := connect(t, c.dsn)
	id := fmt.Sprint(addFeed(t, conn, "https://feeds.invalid/secret-of-the-owner.ics"))
	do(t, c.dsn, c.env("BASE_URL=https://cabins.example", "ICAL_QUARANTINE=3h", "LOG_LEVEL=debug"), "launch", "sync-ical", "-env", "LOG_LEVEL=warn", "--", "--feed", id, "--dry-run")
	m := c.machine(t)
	if want := []string{"run", "sync-ical", "--feed", id, "--dry-run"}; !slices.Equal(m.Cmd, want) {
		t.Errorf("it was told %q, want %q", m.Cmd, want)
	}
	env, _ := m.Config["env"].(map[string]any)
	delete(env, "TASK_RUN_ID")
	delete(env, "TASK_DEADLINE")
	if want := map[string]any{"BASE_URL": "https://cabins.example", "ICAL_QUARANTINE": "3h", "LOG_LEVEL": "warn"}; !maps.Equal(env, want) {
		t.Errorf("it was given %v, want %v", env, want)
	}
	if r := newest(t, c.dsn, "sync-ical"); r.State != "failed" || !strings.Contains(r.Error, "feed "+id+" (airbnb") || strings.Contains(r.Error, "secret") {
		t.Errorf("%+v", r)
	}
}
