package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/machines"
	"github.com/eevans-d/sist-cabanas/shared/storage"
)

// redis is never worse than odd: without it each machine counts requests on its own, and everything else goes on.
func (e *examination) redis(ctx context.Context) finding {
	if e.limiterErr != nil {
		return finding{isBroken, strings.ReplaceAll(e.limiterErr.Error(), "\n", "; "), "set REDIS_URL to redis://… or, for TLS, rediss://…; or unset it"}
	}
	health := e.limiter.Ping(ctx)
	switch {
	case !health.Configured:
		return finding{isOff, "REDIS_URL is not set: each machine counts requests on its own, which is right for a single one", ""}
	case !health.Up:
		what := "not reached: " + firstLine(health.Problem) + "; requests are counted in each machine meanwhile"
		return finding{isOdd, what, "see that REDIS_URL is right; that of `fly redis create` is reached from inside Fly only"}
	}
	return finding{isFine, "answers, after " + health.Latency.Round(time.Millisecond).String(), ""}
}

// tasksApp is the app that tasks run in.
func (e *examination) tasksApp() string { return cmp.Or(e.tasks.TasksApp, e.tasks.App) }

func (e *examination) launchTokenCure() string {
	return fmt.Sprintf("fly tokens create deploy -a %s -x 720h, then fly secrets set FLY_LAUNCH_TOKEN=… with what it prints", cmp.Or(e.tasksApp(), "<app>"))
}

func (e *examination) placement(context.Context) finding {
	if e.tasksErr != nil {
		return finding{isBroken, strings.ReplaceAll(e.tasksErr.Error(), "\n", "; "), "set them, or PLACEMENT=exec to run tasks as child processes"}
	}
	for _, name := range e.tasks.Inline {
		if !slices.Contains(taskNames(e.all), name) {
			return finding{isOdd, "TASKS_INLINE names something that is no task", "name tasks: " + strings.Join(taskNames(e.all), ", ")}
		}
	}
	if e.machines.Kind() == machines.KindFly {
		return finding{isFine, fmt.Sprintf("on machines of %s, at most %d at once", e.tasksApp(), e.tasks.Max), ""}
	}
	what := fmt.Sprintf("as child processes, at most %d at once", e.tasks.Max)
	if e.tasks.MachineID != "" && e.tasks.Placement.Placement != machines.KindExec {
		return finding{isOdd, what + ": FLY_LAUNCH_TOKEN is not set, and tasks share the memory of the site", e.launchTokenCure()}
	}
	return finding{isFine, what, ""}
}

// backups looks for a place that backups are put in. With machines of their own, tasks find it in their app's variables, which
// are not known here.
func (e *examination) backups(context.Context) finding {
	const cure = "set BUCKET_NAME and the AWS_ variables, or BACKUP_DIR, and BACKUP_AGE_RECIPIENTS; on Fly: fly storage create"
	var c Storage
	if err := e.load(&c); err != nil && e.tasks.Kind() != machines.KindFly {
		return finding{isBroken, strings.ReplaceAll(err.Error(), "\n", "; "), cure}
	}
	_, err := storage.Open(c)
	switch {
	case err != nil && e.tasks.Kind() == machines.KindFly:
		return finding{isOff, "where tasks run is configured in " + e.tasksApp(), ""}
	case err != nil && e.environment.Production():
		return finding{isBroken, "there is nowhere to put them", cure}
	case err != nil:
		return finding{isOff, "there is nowhere to put them", ""}
	case len(c.Recipients) == 0:
		return finding{isOdd, "they are not encrypted", "router secrets makes a key"}
	}
	return finding{isFine, "there is a place for them, and a key", ""}
}

// fly asks the Machines API, as the scheduler will, for the machines of tasks.
func (e *examination) fly(ctx context.Context) finding {
	if e.tasksErr != nil || e.machines.Kind() != machines.KindFly {
		return finding{isOff, "tasks do not run on machines of Fly", ""}
	}
	found, err := e.machines.List(ctx, machines.Filter{})
	switch {
	case err == nil:
		return finding{isFine, fmt.Sprintf("the launch token is accepted for %s; machines of tasks: %d", e.tasksApp(), len(found)), ""}
	case errors.Is(err, machines.ErrUnauthorized):
		return finding{isBroken, "the launch token is refused: wrong, expired, or without the right", e.launchTokenCure()}
	case errors.Is(err, machines.ErrNoApp):
		what := "the app " + e.tasksApp() + " does not exist, or the launch token is not for it"
		return finding{isBroken, what, "fly apps create " + e.tasksApp() + ", or set TASKS_APP to the one that the token is for"}
	case ctx.Err() != nil:
		return finding{isBroken, "the Machines API does not answer in time", "see https://status.flyio.net; a launch is tried for some minutes, then at the next slot"}
	}
	return finding{isBroken, whyNot(err), "see https://status.flyio.net; a launch is tried for some minutes, then at the next slot"}
}

// publicAddress asks for readiness as anybody on the Internet would.
func (e *examination) publicAddress(ctx context.Context) finding {
	if e.baseErr != nil {
		return finding{isBroken, "BASE_URL is no URL", "set BASE_URL to https://… as guests reach it"}
	}
	if e.base.URL == "" {
		return finding{isOff, "BASE_URL is not set", ""}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(e.base.URL, "/")+"/readyz", http.NoBody)
	if err != nil {
		return finding{isBroken, "BASE_URL is no URL", "set BASE_URL to https://… as guests reach it"}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	begin := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return finding{isBroken, "BASE_URL does not answer: " + whyNot(err), "see that the app is deployed (fly status), and that the name points to it (fly ips list, fly certs list)"}
	}
	defer response.Body.Close()                                 //nolint:errcheck // it was read
	body, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10)) // what was read so far is enough to tell
	took := time.Since(begin).Round(time.Millisecond)
	switch {
	case response.StatusCode/100 == 3:
		return finding{isOdd, fmt.Sprintf("BASE_URL redirects (%d): every link that guests get takes a detour, and webhooks are lost", response.StatusCode), "set BASE_URL to where it leads"}
	case response.StatusCode == http.StatusServiceUnavailable && strings.Contains(string(body), `"draining"`):
		return finding{isOdd, "it answers that it is stopping", "ask again in a minute"}
	case response.StatusCode != http.StatusOK || !strings.Contains(string(body), `"ready"`):
		return finding{isBroken, fmt.Sprintf("/readyz at BASE_URL answers %d, and not as this system would", response.StatusCode), "see that BASE_URL is this system's, and fly logs"}
	case e.environment.Production() && request.URL.Scheme != "https":
		return finding{isOdd, "/readyz answers, but BASE_URL is not https", "set BASE_URL to https://…"}
	}
	return finding{isFine, "/readyz at BASE_URL answers, after " + took.String(), ""}
}

// undefinedTable is Postgres's code for a table that is not there.
const undefinedTable = "42P01"

// sqlState is Postgres's code for what went wrong; empty where it was not Postgres that said so.
func sqlState(err error) string {
	if said, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return said.SQLState()
	}
	return ""
}

// whyNot says in words why something did not answer. An error's own text may quote an address, and addresses hold passwords.
func whyNot(err error) string {
	if code := sqlState(err); code != "" {
		return stateWords(code)
	}
	var timeout interface{ Timeout() bool }
	switch {
	case isAs[*net.DNSError](err):
		return "its name is not known"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens there"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to it from here"
	case isAs[*tls.CertificateVerificationError](err):
		return "its certificate is not good for that name"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Detail
	}
	return "the connection failed"
}

func isAs[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func stateWords(code string) string {
	switch code {
	case "28P01", "28000":
		return "user or password are refused"
	case "3D000":
		return "there is no such database"
	case "42501":
		return "the user may not do that"
	case "53300":
		return "it has no connection left"
	case "57P03":
		return "it is starting up"
	case undefinedTable:
		return "a table is missing"
	}
	return "Postgres says " + code
}
