package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// maxImage is how large the image may be, compressed: what a machine pulls before it starts.
const maxImage = 20_000_000

// instruction is one of a Dockerfile, with its continued lines joined.
type instruction struct{ name, rest string }

// stages reads a Dockerfile: its build stages, each of which begins with FROM.
func stages(text string) [][]instruction {
	var all [][]instruction
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		if name == "FROM" {
			all = append(all, nil)
		}
		if len(all) > 0 {
			all[len(all)-1] = append(all[len(all)-1], instruction{name, strings.TrimSpace(rest)})
		}
	}
	return all
}

// the returns the one instruction of a name.
func the(t *testing.T, stage []instruction, name string) string {
	t.Helper()
	var found []string
	for _, i := range stage {
		if i.name == name {
			found = append(found, i.rest)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s is there %d times", name, len(found))
	}
	return found[0]
}

func dockerfile(t *testing.T) [][]instruction {
	t.Helper()
	text, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	all := stages(string(text))
	if len(all) != 2 {
		t.Fatalf("the Dockerfile has %d stages", len(all))
	}
	return all
}

// image is what the Dockerfile would make, made without Docker: a directory with everything in it that the image has.
type image struct {
	root       string
	binary     string // outside, to run where changing the root is not permitted
	uid, gid   int
	entrypoint []string
	cmd        []string
}

// buildImage follows the Dockerfile, with its own command and its own flags. authorities are the certificates that it finds
// where the build stage has them.
func buildImage(t *testing.T, authorities []byte) image {
	t.Helper()
	all := dockerfile(t)
	built := filepath.Join(t.TempDir(), "router")
	compile(t, all[0], built)
	last := all[1]
	i := image{root: filepath.Join(t.TempDir(), "root"), binary: built}
	for _, step := range last {
		if step.name != "COPY" {
			continue
		}
		from, rest, _ := strings.Cut(step.rest, " ")
		files := strings.Fields(rest)
		if from != "--from=build" || len(files) != 2 {
			t.Fatalf("COPY %s brings something that was not built", step.rest)
		}
		target := filepath.Join(i.root, files[1])
		if strings.HasSuffix(files[1], "/") {
			target = filepath.Join(target, filepath.Base(files[0]))
		}
		content := authorities
		if files[0] == "/router" {
			content = read(t, built)
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	uid, gid, _ := strings.Cut(the(t, last, "USER"), ":")
	var err1, err2 error
	i.uid, err1 = strconv.Atoi(uid)
	i.gid, err2 = strconv.Atoi(gid)
	if err1 != nil || err2 != nil || i.uid == 0 || i.gid == 0 {
		t.Fatalf("USER %s is not a number, or root", the(t, last, "USER"))
	}
	for name, into := range map[string]*[]string{"ENTRYPOINT": &i.entrypoint, "CMD": &i.cmd} {
		if err := json.Unmarshal([]byte(the(t, last, name)), into); err != nil || len(*into) == 0 {
			t.Fatalf("%s is not in the exec form, so that signals would go to a shell that is not there", name)
		}
	}
	return i
}

// compile runs the build stage's command on what .dockerignore lets through.
func compile(t *testing.T, stage []instruction, binary string) {
	t.Helper()
	source := t.TempDir()
	ignored := strings.Fields(string(read(t, "../.dockerignore")))
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		isIgnored := slices.ContainsFunc(ignored, func(pattern string) bool {
			matched, err := filepath.Match(pattern, entry.Name())
			return err == nil && matched
		})
		if !isIgnored {
			copyTree(t, filepath.Join("..", entry.Name()), filepath.Join(source, entry.Name()))
		}
	}
	var command string
	for _, step := range stage {
		if step.name == "RUN" && strings.Contains(step.rest, "go build") {
			words := strings.Fields(step.rest)
			for strings.HasPrefix(words[0], "--mount=type=cache") {
				words = words[1:]
			}
			command = strings.Join(words, " ")
		}
	}
	if !strings.Contains(command, "CGO_ENABLED=0") || !strings.Contains(command, "-trimpath") || strings.Count(command, " -o /router ") != 1 {
		t.Fatalf("the build is not static and trimmed, or not to /router: %s", command)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(command, " -o /router ", " -o "+binary+" ", 1))
	shell.Dir = source
	shell.Env = append(os.Environ(), "TARGETOS="+runtime.GOOS, "TARGETARCH="+runtime.GOARCH)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else {
		err = os.WriteFile(to, read(t, from), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// command is the image's program: with nothing but its files and as its user, where this process may arrange that, else
// with nothing but its environment.
func (i image) command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(context.WithoutCancel(t.Context()), i.binary, args...) // it is ended by a signal
	c.Env, c.Dir = env, "/"
	if os.Geteuid() == 0 {
		c.Path = i.entrypoint[0]
		c.SysProcAttr = &syscall.SysProcAttr{Chroot: i.root, Credential: &syscall.Credential{Uid: uint32(i.uid), Gid: uint32(i.gid)}}
	}
	return c
}

func TestTheImageRunsInAnEmptyRootAsNobody(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path // there is room for all of them
		io.WriteString(w, `{"status":"ready"}`)
	}))
	t.Cleanup(site.Close)
	i := buildImage(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: site.Certificate().Raw}))

	t.Run("it lists its functions", func(t *testing.T) {
		t.Parallel()
		out, err := i.command(t, nil, "list").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "GET /readyz") {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("it trusts the authorities that it brings", func(t *testing.T) {
		t.Parallel()
		// Elsewhere a process finds those of the machine; SSL_CERT_FILE stands for an empty root.
		var env []string
		if os.Geteuid() != 0 {
			env = []string{"SSL_CERT_FILE=" + filepath.Join(i.root, "etc/ssl/certs/ca-certificates.crt")}
		}
		out, _ := i.command(t, env, "smoke", site.URL).CombinedOutput() // most probes fail: it is not our site
		if !strings.Contains(string(out), "ok    readiness") || len(asked) == 0 {
			t.Errorf("%s", out)
		}
	})
	t.Run("it serves, and knows the cabins' time zones", func(t *testing.T) {
		t.Parallel()
		dsn := pgtest.NewDSN(t)
		mustExec(t, connect(t, dsn), addCabin, "Uno")
		i.serves(t, dsn)
	})
	t.Run("it is small", func(t *testing.T) {
		t.Parallel()
		if size := compressed(t, i.root); size > maxImage {
			t.Errorf("%d bytes", size)
		} else {
			t.Logf("%.1f MB, compressed", float64(size)/1e6)
		}
	})
}

// serves starts the image as Fly would and asks it for what needs most of it.
func (i image) serves(t *testing.T, dsn string) {
	t.Helper()
	// Tasks on Fly, whose API is not there: child processes would need /proc, which Fly mounts and an empty root has not.
	c := i.command(t, []string{
		"DATABASE_URL=" + dsn, "PORT=0", "METRICS_PORT=0", "PLACEMENT=fly", "FLY_LAUNCH_TOKEN=fm2_test", "FLY_APP_NAME=cabins",
		"FLY_IMAGE_REF=registry.fly.io/cabins:test", "FLY_FLAPS_BASE_URL=http://127.0.0.1:1",
	}, i.cmd...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log := &lockedBuffer{}
	c.Stderr = log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		if err := c.Wait(); err != nil {
			t.Errorf("it did not end well: %v\n%s", err, log)
		}
	})
	lines := bufio.NewScanner(out)
	address := listenAddress(lines, log)
	go io.Copy(log, out) //nolint:errcheck // it ends when the process does
	from := civil.Of(time.Now(), time.UTC).AddDays(180)
	for _, path := range []string{"/readyz", "/docs", fmt.Sprintf("/api/v1/availability?check_in=%s&check_out=%s&guests=2", from, from.AddDays(2))} {
		if got := status("http://" + address + path); got != http.StatusOK {
			t.Errorf("GET %s: %d\n%s", path, got, log)
		}
	}
}

// compressed is the size of an image's files as a registry has them.
func compressed(t *testing.T, root string) int64 {
	t.Helper()
	counter := &counting{}
	zip := gzip.NewWriter(counter)
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		_, err = zip.Write(read(t, path))
		return err
	})
	if err != nil || zip.Close() != nil {
		t.Fatal(err)
	}
	return counter.size
}

type counting struct{ size int64 }

func (c *counting) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	return len(p), nil
}

func TestTheImageIsFromScratchAndLabelled(t *testing.T) {
	t.Parallel()
	last := dockerfile(t)[1]
	if from := the(t, last, "FROM"); from != "scratch" {
		t.Errorf("FROM %s", from)
	}
	labels := the(t, last, "LABEL")
	for _, label := range []string{"title", "description", "source", "licenses", "version"} {
		if !strings.Contains(labels, "org.opencontainers.image."+label+"=") {
			t.Errorf("there is no label %s", label)
		}
	}
	field, _ := reflect.TypeFor[processConfig]().FieldByName("Port")
	if port := the(t, last, "EXPOSE"); port != field.Tag.Get("default") {
		t.Errorf("EXPOSE %s, and the binary listens on %s", port, field.Tag.Get("default"))
	}
	var cmd []string
	if err := json.Unmarshal([]byte(the(t, last, "CMD")), &cmd); err != nil || fmt.Sprint(cmd) != "[serve]" {
		t.Errorf("CMD %v", cmd)
	}
}
