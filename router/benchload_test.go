//go:build bench

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// call is one request, as the bytes that go out.
type call struct{ wire []byte }

func get(path string) *call {
	return &call{[]byte("GET " + path + " HTTP/1.1\r\nHost: bench\r\n\r\n")}
}

func post(path, body string) *call {
	return &call{fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)}
}

// cancelPath is where the reservation that was just made can be cancelled.
func cancelPath(body []byte) string {
	var made struct {
		ManageURL string `json:"manage_url"`
	}
	if json.Unmarshal(body, &made) != nil {
		return "/"
	}
	manage, err := url.Parse(made.ManageURL)
	if err != nil {
		return "/"
	}
	return manage.Path + "/cancel?" + manage.RawQuery
}

// result is what a load did.
type result struct {
	latencies []time.Duration
	elapsed   time.Duration
	bytes     int
}

func (r result) perSecond() float64 { return float64(len(r.latencies)) / r.elapsed.Seconds() }

func (r result) at(quantile float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	return r.latencies[min(int(float64(len(r.latencies))*quantile), len(r.latencies)-1)].Round(10 * time.Microsecond)
}

// load lets clients ask as fast as they are answered, each on a connection of its own. after sees each answer and may name
// another request to make first.
func load(t *testing.T, addr string, clients int, d time.Duration, next func(client, round int) *call, after func(client, status int, body []byte) *call) result {
	t.Helper()
	results := make([]result, clients)
	begin := time.Now()
	var group sync.WaitGroup
	for client := range clients {
		group.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			reader := bufio.NewReaderSize(conn, 64<<10)
			for round := 0; time.Since(begin) < d; round++ {
				for c := next(client, round); c != nil; {
					c = exchange(t, conn, reader, c, client, &results[client], after)
				}
			}
		})
	}
	group.Wait()
	total := result{elapsed: time.Since(begin)}
	for _, r := range results {
		total.latencies = append(total.latencies, r.latencies...)
		total.bytes += r.bytes
	}
	slices.Sort(total.latencies)
	return total
}

func exchange(t *testing.T, conn net.Conn, reader *bufio.Reader, c *call, client int, into *result, after func(int, int, []byte) *call) *call {
	t.Helper()
	begin := time.Now()
	if _, err := conn.Write(c.wire); err != nil {
		t.Error(err)
		return nil
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
		return nil
	}
	into.latencies = append(into.latencies, time.Since(begin))
	into.bytes += len(body)
	return after(client, response.StatusCode, body)
}

type counter struct{ value atomic.Int64 }

func newCounter() *counter { return &counter{} }
func (c *counter) add()    { c.value.Add(1) }
func (c *counter) n() int  { return int(c.value.Load()) }

var (
	logEntry  = regexp.MustCompile(`(?s)LOG:  execute [^:]+: (.*?)\n[^\t\n]*DETAIL:  [Pp]arameters: (.*?)\n`)
	parameter = regexp.MustCompile(`\$(\d+) = ('(?:[^']|'')*'|NULL)`)
	holder    = regexp.MustCompile(`\$(\d+)`)
)

// capture makes one hold with every statement logged, and returns the same statements as a pgbench script.
func (b *bench) capture() string {
	b.reset()
	if !b.router.answers("/api/v1/accommodations/1") { // so that the catalogue is not read in the hold that is captured
		b.Fatal("capture: no catalogue")
	}
	cabin, checkIn, checkOut := b.slot(0)
	b.exec(`alter system set log_statement = 'all'`)
	b.exec(`select pg_reload_conf()`)
	time.Sleep(300 * time.Millisecond) // until every session has read the configuration
	offset, err := os.Stat(b.server.LogPath())
	if err != nil {
		b.Fatal(err)
	}
	response, err := http.Post("http://"+b.router.addr+"/api/v1/reservations", "application/json", strings.NewReader(holdBody(cabin, checkIn, checkOut)))
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	var made struct{ Code string }
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil || response.StatusCode != http.StatusCreated {
		b.Fatalf("capture: status %d", response.StatusCode)
	}
	b.exec(`alter system reset log_statement`)
	b.exec(`select pg_reload_conf()`)
	log, err := os.ReadFile(b.server.LogPath())
	if err != nil {
		b.Fatal(err)
	}
	replace := map[string]string{
		"'" + checkIn.String() + "'":    "(date '" + b.first.String() + "' + :day::int)",
		"'" + checkOut.String() + "'":   "(date '" + b.first.String() + "' + :day::int + 1)",
		"'" + made.Code + "'":           "('P' || :slot::int)",
		"'" + strconv.Itoa(cabin) + "'": ":cabin::bigint",
	}
	return b.script(string(log[offset.Size():]), replace)
}

// script turns logged statements into a pgbench script: the look before, then the pipeline that holds.
func (b *bench) script(log string, replace map[string]string) string {
	entries := logEntry.FindAllStringSubmatch(log, -1)
	if len(entries) < 3 {
		b.Fatalf("capture: found %d statements in the server's log:\n%s", len(entries), log)
	}
	var script strings.Builder
	fmt.Fprintf(&script, "\\set n :n + 1\n\\set slot :client_id + :n * :clients\n\\set cabin :slot %% %d + 1\n\\set day (:slot / %d) %% %d\n",
		benchCabins, benchCabins, benchDays)
	for i, entry := range entries {
		values := make(map[string]string)
		for _, p := range parameter.FindAllStringSubmatch(entry[2], -1) {
			values[p[1]] = p[2]
			if r, ok := replace[p[2]]; ok {
				values[p[1]] = r
			}
		}
		statement := holder.ReplaceAllStringFunc(entry[1], func(name string) string { return values[name[1:]] })
		script.WriteString(strings.Join(strings.Fields(statement), " ") + ";\n")
		if i == 0 {
			script.WriteString("\\startpipeline\nbegin;\n")
		}
	}
	script.WriteString("commit;\n\\endpipeline\n")
	return script.String()
}

// runRouter runs a verb to its end and returns what it printed.
func runRouter(t *testing.T, binary, databaseURL string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, args...)
	command.Env = environment(databaseURL)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("router %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// residentMB is how much memory the process holds.
func (p *process) residentMB() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kb, _ := strconv.Atoi(strings.Fields(rest)[0])
	return kb / 1024
}

var tps = regexp.MustCompile(`tps = ([\d.]+)`)

func (b *bench) pgbench(script string, clients, seconds int) float64 {
	file := filepath.Join(b.TempDir(), "hold.sql")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		b.Fatal(err)
	}
	command := exec.CommandContext(context.Background(), filepath.Join(b.server.BinDir(), "pgbench"), "-n", "-M", "prepared",
		"-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(clients, 2)), "-T", strconv.Itoa(seconds), "-f", file,
		"-D", "n=0", "-D", "clients="+strconv.Itoa(clients), b.server.DSN("postgres"))
	out, err := command.CombinedOutput()
	if err != nil {
		b.Fatalf("pgbench: %v\n%s\n%s", err, out, script)
	}
	found := tps.FindSubmatch(out)
	if found == nil {
		b.Fatalf("pgbench: no tps in\n%s", out)
	}
	value, _ := strconv.ParseFloat(string(found[1]), 64)
	return value
}
