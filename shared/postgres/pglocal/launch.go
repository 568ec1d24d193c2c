package pglocal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// Replaying the log after a crash takes a while.
	startTimeout = time.Minute

	// A server on a warm machine is ready after some 30 ms.
	pollInterval = 5 * time.Millisecond

	stopTimeout = 15 * time.Second
	killTimeout = 5 * time.Second

	// logLimit is when the log of a long-lived server is started afresh.
	logLimit = 10 << 20
)

var errPortTaken = errors.New("the port was taken meanwhile")

// The watcher runs the server as its child and shuts it down when its standard input closes. That happens when we ask for
// it and when we die, by SIGKILL too, which no handler of ours could see. Its first argument is a directory to remove
// afterwards, or nothing; it stays when the server ended by itself, because we may want to try again. Descriptor 3 is the
// lock, which the reader must not hold, as the server must not hold the pipe.
const watcherScript = `
doomed=$1
shift
exec 4<&0
"$@" 4<&- </dev/null &
server=$!
{
	read -r _
	[ -z "$doomed" ] || : >"$doomed/doomed"
	kill -INT "$server"
} <&4 3<&- &
reader=$!
exec 4<&- </dev/null
wait "$server"
kill -9 "$reader" 2>/dev/null
[ ! -e "$doomed/doomed" ] || rm -rf -- "$doomed"
`

// launch starts the server on a port that was free a moment ago and waits until it is ready.
func (s *Server) launch(ctx context.Context) error {
	var err error
	if s.port, err = freePort(ctx); err != nil {
		return err
	}
	log, err := openLog(s.LogPath())
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the server has its own descriptor
	before, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("open the server's log: %w", err)
	}
	if err := s.spawn(ctx, log); err != nil {
		return err
	}
	if err = s.awaitReady(ctx); err == nil {
		return nil
	}
	if shutDownErr := s.shutDown(); shutDownErr != nil {
		return errors.Join(err, shutDownErr)
	}
	// By descriptor, because a temporary server's log is already removed.
	said, _ := io.ReadAll(io.NewSectionReader(log, before, logLimit))
	if bytes.Contains(said, []byte("Address already in use")) {
		return errPortTaken
	}
	return fmt.Errorf("start postgres: %w; its log ends in:\n%s", err, lastLines(string(said), 10))
}

func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	address, isTCP := listener.Addr().(*net.TCPAddr)
	if err := listener.Close(); err != nil || !isTCP {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return address.Port, nil
}

func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		_ = os.Remove(path)
	}
	log, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	return log, nil
}

// spawn starts the watcher, which starts the server. They outlive ctx.
func (s *Server) spawn(ctx context.Context, log *os.File) error {
	stdin, lifeline, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	defer stdin.Close() //nolint:errcheck // the watcher has its own descriptor
	doomed := ""
	if s.place.temporary {
		doomed = s.place.dir
	}
	args := append([]string{"-c", watcherScript, "watcher", doomed}, s.serverCommand()...)
	cmd := s.place.account.command(context.WithoutCancel(ctx), "/bin/sh", args...)
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	// Ctrl-C in a terminal goes to a whole process group. The server must not hear it before we have finished with it.
	cmd.SysProcAttr.Setsid = true
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, log, log
	cmd.ExtraFiles = []*os.File{s.place.lock}
	if err := cmd.Start(); err != nil {
		_ = lifeline.Close()
		return fmt.Errorf("start postgres: %w", err)
	}
	s.watcher, s.lifeline, s.exited = cmd, lifeline, make(chan struct{})
	exited := s.exited
	go func() {
		_ = cmd.Wait() // how it went is in the log
		close(exited)
		// A caller may drop the Server and use its address. Without this the collector would then close the pipe.
		runtime.KeepAlive(lifeline)
	}()
	return nil
}

func (s *Server) serverCommand() []string {
	settings := map[string]string{
		"listen_addresses": "127.0.0.1",
		// Its path may be at most some hundred bytes long, and ours may be longer.
		"unix_socket_directories": "",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
	}
	if !s.options.Durable {
		maps.Copy(settings, map[string]string{
			"fsync":              "off",
			"synchronous_commit": "off",
			"full_page_writes":   "off",
			"wal_level":          "minimal",
			"max_wal_senders":    "0",
		})
	}
	maps.Copy(settings, s.options.Settings)
	settings["port"] = strconv.Itoa(s.port)
	command := []string{filepath.Join(s.installed.binDir, "postgres"), "-D", s.place.data()}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		command = append(command, "-c", name+"="+settings[name])
	}
	return command
}

// awaitReady returns when our server answers, or can no longer.
func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	go func() {
		select {
		case <-s.exited:
			cancel() // also out of a conversation with somebody who has our port and says nothing
		case <-ctx.Done():
		}
	}()
	for {
		err := s.answers(ctx)
		if err == nil {
			return nil
		}
		pause(ctx, pollInterval)
		select {
		case <-s.exited:
			return errors.New("it exited")
		default:
		}
		if ctx.Err() != nil {
			return fmt.Errorf("it does not answer: %w", err)
		}
	}
}

// answers makes sure that it is ours who does: another server may have got the port.
func (s *Server) answers(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing is pending on it
	var directory string
	if err := conn.QueryRow(ctx, "show data_directory").Scan(&directory); err != nil {
		return err
	}
	if directory != s.place.data() {
		return errPortTaken
	}
	return nil
}

// shutDown lets the watcher end the server, and ends both if that takes too long.
func (s *Server) shutDown() error {
	_ = s.lifeline.Close()
	if s.gone(stopTimeout) {
		return nil
	}
	// The session's leader is its group's too: the watcher and the server. The server's own children end when it does.
	err := syscall.Kill(-s.watcher.Process.Pid, syscall.SIGKILL)
	if s.gone(killTimeout) {
		return nil
	}
	return errors.Join(errors.New("it is still there after SIGKILL"), err)
}

func (s *Server) gone(timeout time.Duration) bool {
	select {
	case <-s.exited:
		return true
	case <-time.After(timeout):
		return false
	}
}
