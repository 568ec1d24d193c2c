package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// reply is what came back for one booking, if anything did.
type reply struct {
	status int // 0: the connection broke
	body   string
}

func (r reply) code(t *testing.T) string {
	t.Helper()
	var made struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal([]byte(r.body), &made); err != nil || made.Code == "" {
		t.Fatalf("an answer without a code: %s", r.body)
	}
	return made.Code
}

// wish is one guest's booking, with the key under which it may be repeated.
type wish struct{ key, body string }

func (w wish) send(ctx context.Context, p *process) reply {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url("/api/v1/reservations"), strings.NewReader(w.body))
	if err != nil {
		return reply{}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", w.key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}
	}
	return reply{response.StatusCode, string(body)}
}

// sendAgain repeats a wish until it has a final answer, as a client should.
func (w wish) sendAgain(t *testing.T, p *process) reply {
	t.Helper()
	for range 100 {
		r := w.send(t.Context(), p)
		if r.status != 0 && r.status != http.StatusServiceUnavailable && !strings.Contains(r.body, "idempotency_in_progress") {
			return r
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("no answer for %s", w.key)
	return reply{}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func mustExec(t *testing.T, conn *pgx.Conn, statement string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

const addCabin = `insert into accommodations (name, type, capacity, base_price) values ($1, 'cabin', 4, 10000)`

func wishes(n, cabins int) []wish {
	first := civil.Of(time.Now(), time.UTC).AddDays(30)
	all := make([]wish, n)
	for i := range all {
		from := first.AddDays(rand.IntN(25))
		all[i] = wish{fmt.Sprintf("wish-%d", i), fmt.Sprintf(`{"accommodation_id":%d,"check_in":"%s","check_out":"%s","guests":2,`+
			`"contact_name":"Guest %d","contact_phone":"+5491155443322"}`, 1+rand.IntN(cabins), from, from.AddDays(1+rand.IntN(4)), i)}
	}
	return all
}

func TestNoBookingIsDoubledOrLostWhenARouterIsKilled(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	conn := connect(t, dsn)
	for _, name := range []string{"Uno", "Dos", "Tres"} {
		mustExec(t, conn, addCabin, name)
	}
	binary := buildRouter(t)
	doomed, survivor := startRouter(t, binary, dsn), startRouter(t, binary, dsn)
	all := wishes(200, 3)

	first := bookUntilOneDies(t, all, doomed, survivor)
	broken, made := 0, make(map[string]bool)
	for i, w := range all {
		again := w.sendAgain(t, survivor)
		if again.status != http.StatusCreated && again.status != http.StatusConflict {
			t.Errorf("%s: status %d: %s", w.key, again.status, again.body)
		}
		if first[i].status == http.StatusCreated && again != first[i] {
			t.Errorf("%s: the first answer was\n%s\nand now it is %d\n%s", w.key, first[i].body, again.status, again.body)
		}
		if first[i].status == 0 {
			broken++
		}
		if again.status == http.StatusCreated {
			made[again.code(t)] = true
		}
	}
	t.Logf("%d booked, %d connections broken by the kill", len(made), broken)
	if broken == 0 || len(made) == 0 {
		t.Fatalf("the kill broke %d requests and %d were booked: the test has tested nothing", broken, len(made))
	}
	checkBooked(t, conn, made)
}

// bookUntilOneDies sends every wish at once, half to either process, and kills one as soon as it has given a few answers.
func bookUntilOneDies(t *testing.T, all []wish, doomed, survivor *process) []reply {
	t.Helper()
	replies := make([]reply, len(all))
	answered := make(chan struct{}, len(all))
	var group sync.WaitGroup
	for i, w := range all {
		group.Go(func() {
			if i%2 == 1 {
				replies[i] = w.send(t.Context(), survivor)
				return
			}
			replies[i] = w.send(t.Context(), doomed)
			answered <- struct{}{}
		})
	}
	for range 10 {
		<-answered
	}
	doomed.kill()
	group.Wait()
	return replies
}

// checkBooked holds what clients were told against what the database says.
func checkBooked(t *testing.T, conn *pgx.Conn, made map[string]bool) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `select code from reservations where status = 'pre_reserved'`)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range kept {
		if !made[code] {
			t.Errorf("%s is in the database and nobody was told", code)
		}
		delete(made, code)
	}
	for code := range made {
		t.Errorf("%s was promised and is not in the database", code)
	}
	var overlaps int
	err = conn.QueryRow(t.Context(), `
		select count(*) from reservations x join reservations y
			on x.id < y.id and x.accommodation_id = y.accommodation_id and x.check_in < y.check_out and y.check_in < x.check_out`).Scan(&overlaps)
	if err != nil || overlaps != 0 {
		t.Errorf("%d stays overlap (%v)", overlaps, err)
	}
}

func TestTermFinishesWhatHasBegunAndRefusesTheRest(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	conn := connect(t, dsn)
	mustExec(t, conn, addCabin, "Uno")
	router := startRouter(t, buildRouter(t), dsn)

	// A booking that waits: its cabin is locked by somebody else.
	mustExec(t, conn, `begin`)
	mustExec(t, conn, `select from accommodations where id = 1 for update`)
	waiting := make(chan reply, 1)
	go func() { waiting <- wishes(1, 1)[0].send(t.Context(), router) }()
	waitFor(t, "the booking to wait for the lock", func() bool { return lockWaiters(t, dsn) == 1 })

	if err := router.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "readiness to say no", func() bool { return status(router.url("/readyz")) == http.StatusServiceUnavailable })
	waitFor(t, "connections to be refused", func() bool { return status(router.url("/readyz")) == 0 })
	mustExec(t, conn, `commit`)
	if got := <-waiting; got.status != http.StatusCreated {
		t.Errorf("the booking that had begun got %d: %s", got.status, got.body)
	}
	<-router.ended
	if code := router.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d\n%s", code, router.log)
	}
}

func lockWaiters(t *testing.T, dsn string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var n int
	if err := conn.QueryRow(t.Context(), `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// waitFor polls a condition that must come true soon.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// status is what a GET on a new connection is answered with; 0 when nobody listens.
func status(url string) int {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

func TestServeWithNamesServesOnlyThose(t *testing.T) {
	t.Parallel()
	router := startRouter(t, buildRouter(t), pgtest.NewDSN(t), "SERVE=reserve healthz")
	for path, want := range map[string]int{
		"/readyz": http.StatusOK, "/api/v1/accommodations": http.StatusOK,
		"/api/v1/openapi.json": http.StatusNotFound, "/docs": http.StatusNotFound, "/": http.StatusNotFound,
	} {
		if got := status(router.url(path)); got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}
}

func TestADatabaseThatIsDownCostsOnlyWhatNeedsIt(t *testing.T) {
	t.Parallel()
	router := startRouter(t, buildRouter(t), "postgres://nobody:hunter2@127.0.0.1:1/none?sslmode=disable")
	for path, want := range map[string]int{
		"/readyz": http.StatusOK, "/api/v1/openapi.json": http.StatusOK,
		"/healthz": http.StatusServiceUnavailable, "/api/v1/accommodations": http.StatusServiceUnavailable,
	} {
		if got := status(router.url(path)); got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}
	if strings.Contains(router.log.String(), "hunter2") {
		t.Error("the password is in the log")
	}
}

func TestATakenPortIsOneClearLine(t *testing.T) {
	t.Parallel()
	binary, dsn := buildRouter(t), pgtest.NewDSN(t)
	first := startRouter(t, binary, dsn)
	_, port, _ := strings.Cut(first.addr, ":")
	code, out := runForCode(t, binary, dsn, []string{"PORT=" + port}, "serve")
	if code != exitFailed || !strings.Contains(out, "port "+port+" is taken") {
		t.Errorf("exit %d: %s", code, out)
	}
}
