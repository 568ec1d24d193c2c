package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/eevans-d/sist-cabanas/shared/machines/flytest"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/storage"
)

// guideLine is a line that the README has people type.
type guideLine struct {
	number int
	text   string
}

// guideLines are the lines of a README's code blocks in a language, continued ones joined.
func guideLines(text, language string) []guideLine {
	var lines []guideLine
	fence, open := "", false
	joined := guideLine{}
	for i, line := range strings.Split(text, "\n") {
		if mark, ok := strings.CutPrefix(line, "```"); ok {
			fence, open = mark, !open
			continue
		}
		if !open || fence != language || strings.TrimSpace(line) == "" {
			continue
		}
		if joined.text == "" {
			joined.number = i + 1
		}
		if before, ok := strings.CutSuffix(line, `\`); ok {
			joined.text += before
			continue
		}
		joined.text += line
		lines, joined = append(lines, joined), guideLine{}
	}
	return lines
}

// assignments are the variables that a line begins with.
var assignments = regexp.MustCompile(`^([A-Z_]+=('[^']*'|"[^"]*"|\S*) +)+`)

// ours is what a line asks of this binary: the words after its name, on this machine or on one of Fly.
func (l guideLine) ours() ([]string, bool) {
	line := assignments.ReplaceAllString(l.text, "")
	if _, remote, ok := strings.Cut(line, ` -C "/router `); ok && strings.HasPrefix(line, "fly ssh console ") {
		line = "router " + strings.TrimSuffix(remote, `"`)
	}
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "router" {
		return nil, false
	}
	return words[1:], true
}

// guide is everything that the README assumes: a database, a Redis, Fly, a site that is deployed, a key.
type guide struct {
	bin, dir string
	site     string
	env      []string
}

// flyShim stands for flyctl: what it is asked to run on a machine it runs here, and nothing else.
const flyShim = `#!/bin/sh
if [ "$1 $2" != "ssh console" ]; then exit 0; fi
while [ "$1" != -C ]; do shift; done
set -- $2
[ "$1" = /router ] || { echo "there is no $1 in the image" >&2; exit 1; }
shift
exec router "$@"
`

func newGuide(t *testing.T) *guide {
	t.Helper()
	binary, dsn := buildRouter(t), pgtest.NewDSN(t)
	conn := connect(t, dsn)
	mustExec(t, conn, addCabin, "Uno")
	mustExec(t, conn, `insert into calendar_feeds (id, accommodation_id, source, url, token) values (3, 1, 'airbnb', $1, $2)`,
		newOtherSite(t).URL, strings.Repeat("0", 32))
	dir, bin := t.TempDir(), t.TempDir()
	if err := os.Symlink(binary, filepath.Join(bin, "router")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "fly"), []byte(flyShim), 0o755); err != nil {
		t.Fatal(err)
	}
	recipient, identity, err := storage.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "backup.key"), []byte(identity.Reveal()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	backups := map[string]string{"BACKUP_DIR": t.TempDir(), "BACKUP_AGE_RECIPIENTS": recipient}
	secrets := map[string]string{"DATABASE_URL": dsn, "ICAL_ALLOW_PRIVATE_HOSTS": "true"}
	g := &guide{bin: bin, dir: dir}
	for name, value := range backups {
		secrets[name] = value
		g.env = append(g.env, name+"="+value)
	}
	fly, err := flytest.New(flytest.Config{Binary: binary, Every: -1, Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fly.Close)
	g.site = "http://" + startRouter(t, binary, dsn, "SERVE=reserve healthz docs").addr
	g.env = append(environment(dsn,
		"REDIS_URL=redis://"+miniredis.RunT(t).Addr(), "BASE_URL="+g.site, "ICAL_ALLOW_PRIVATE_HOSTS=true",
		"PLACEMENT=fly", "FLY_LAUNCH_TOKEN=fm2_test", "FLY_APP_NAME=cabins", "FLY_REGION=gru",
		"FLY_IMAGE_REF=registry.fly.io/cabins@sha256:feed", "FLY_FLAPS_BASE_URL="+fly.URL,
		"PATH="+bin+":"+os.Getenv("PATH"), "APP=cabins", "TASKS=cabins",
	), g.env...)
	return g
}

// do types a line.
func (g *guide) do(t *testing.T, line string, words []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-c", strings.ReplaceAll(line, "https://$APP.fly.dev", g.site))
	c.Dir, c.Env = g.dir, g.env
	if words[0] == "restore" && !slices.Contains(words, "-verify") {
		empty := pgtest.NewDSN(t)
		mustExec(t, connect(t, empty), "drop schema public cascade; create schema public")
		c.Env = append(slices.Clone(g.env), "DATABASE_URL="+empty)
	}
	said := &lockedBuffer{}
	c.Stdout, c.Stderr = said, said
	if words[0] != "serve" {
		if err := c.Run(); err != nil {
			t.Errorf("%s: %v\n%s", line, err, said)
		}
		return
	}
	// It is for ever, so the line is stopped once it does what it says.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, line, func() bool { return strings.Contains(said.String(), `"serving"`) })
	syscall.Kill(-c.Process.Pid, syscall.SIGTERM) //nolint:errcheck // its end tells
	if err := c.Wait(); err != nil {
		t.Errorf("%s: %v\n%s", line, err, said)
	}
}

func readme(t *testing.T) string {
	t.Helper()
	return string(read(t, "../README.md"))
}

func TestEveryCommandOfTheReadmeRuns(t *testing.T) { //nolint:tparallel // line after line: some need what others did
	t.Parallel()
	g := newGuide(t)
	seen := make(map[string]bool)
	for _, line := range guideLines(readme(t), "sh") {
		words, ok := line.ours()
		if !ok {
			continue
		}
		seen[words[0]] = true
		t.Run(fmt.Sprintf("line %d, %s", line.number, strings.Join(words, " ")), func(t *testing.T) {
			g.do(t, line.text, words)
		})
	}
	for _, verb := range []string{"secrets", "doctor", "smoke", "launch", "runs", "machines", "restore"} {
		if !seen[verb] {
			t.Errorf("the guide does not show router %s", verb)
		}
	}
}

func TestACommandOfTheReadmeThatDoesNotRunIsFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"router lanch migrate": "lanch", `fly ssh console --app "$APP" -C "/router machines rep"`: "machines rep", "PORT=1 router runs -faild": "runs -faild",
	} {
		lines := guideLines("```sh\n"+text+"\n```\n", "sh")
		if len(lines) != 1 {
			t.Fatalf("%s: %v", text, lines)
		}
		words, ok := lines[0].ours()
		if !ok || strings.Join(words, " ") != want && words[0] != want {
			t.Errorf("%s is read as %q", text, words)
		}
	}
	c := exec.CommandContext(t.Context(), buildRouter(t), "machines", "rep")
	c.Env = environment(pgtest.NewDSN(t))
	if err := c.Run(); err == nil || c.ProcessState.ExitCode() != exitUsage {
		t.Errorf("a misspelt argument runs: %v", err)
	}
	joined := guideLines("```sh\nrouter \\\n  list\n```\n```\nrouter nothing\n```", "sh")
	if len(joined) != 1 || joined[0] != (guideLine{2, "router   list"}) {
		t.Errorf("%v", joined)
	}
}

// TestEverySynopsisOfTheReadmeIsOfAVerb is about blocks that are not to be typed, and about what sentences call commands.
func TestEverySynopsisOfTheReadmeIsOfAVerb(t *testing.T) {
	t.Parallel()
	lines := guideLines(readme(t), "")
	for i, quoted := range regexp.MustCompile("`router ([^`]+)`").FindAllStringSubmatch(readme(t), -1) {
		lines = append(lines, guideLine{-i, "router " + quoted[1]})
	}
	checked := 0
	for _, line := range lines {
		words, ok := line.ours()
		if !ok || words[0] == "help" {
			continue
		}
		checked++
		known := slices.ContainsFunc(verbs(), func(v verb) bool { return v.name == words[0] })
		if !known {
			t.Errorf("line %d: there is no verb %s", line.number, words[0])
		}
	}
	if checked < 5 {
		t.Errorf("only %d synopses were found", checked)
	}
}

// TestARolledBackBinaryFindsNothingToMigrate is what makes `fly deploy --image` of an older image safe: its release command
// meets a schema from the future.
func TestARolledBackBinaryFindsNothingToMigrate(t *testing.T) {
	t.Parallel()
	dsn := pgtest.NewDSN(t)
	mustExec(t, connect(t, dsn), `insert into goose_db_version (version_id, is_applied) values (99999, true)`)
	mustExec(t, connect(t, dsn), `insert into river_migration (line, version) values ('main', 999)`)
	if code, said := runForCode(t, buildRouter(t), dsn, nil, "run", "migrate"); code != exitOK {
		t.Errorf("exit %d: %s", code, said)
	}
}

func TestEveryTargetOfTheReadmeIsInTheMakefile(t *testing.T) {
	t.Parallel()
	makefile := string(read(t, "../Makefile"))
	for _, line := range guideLines(readme(t), "sh") {
		words := strings.Fields(assignments.ReplaceAllString(line.text, ""))
		if words[0] == "make" && !strings.Contains(makefile, "\n"+words[1]+":") {
			t.Errorf("line %d: make has no target %s", line.number, words[1])
		}
	}
}

func TestEveryVariableThatTheReadmeSetsIsRead(t *testing.T) {
	t.Parallel()
	ofTheGuide := []string{"APP", "TASKS", "PATH"}
	ofBackups := []string{"BACKUP_AGE_RECIPIENTS"}
	for _, line := range guideLines(readme(t), "sh") {
		if !strings.HasPrefix(line.text, "export ") && !strings.HasPrefix(line.text, "fly secrets set ") {
			continue
		}
		for _, m := range regexp.MustCompile(` ([A-Z_]+)=`).FindAllStringSubmatch(line.text, -1) {
			if !slices.Contains(slices.Concat(everyVariable(), ofTheGuide, ofBackups), m[1]) {
				t.Errorf("line %d: nothing reads %s", line.number, m[1])
			}
		}
	}
}

// flyCommands is what of flyctl is used anywhere here, with the flags that may be: https://fly.io/docs/flyctl/ as of August
// 2026, where those pages are generated from flyctl itself.
var flyCommands = map[string]string{
	"auth login":           "",
	"auth docker":          "",
	"apps create":          "--org",
	"mpg create":           "--name --region --plan --org",
	"mpg attach":           "--app",
	"mpg proxy":            "--local-port",
	"mpg connect":          "",
	"mpg backup list":      "--all",
	"mpg restore":          "--backup-id",
	"redis create":         "--name --region --no-replicas --enable-eviction --disable-eviction --plan",
	"storage create":       "--app --name --yes",
	"secrets set":          "--app --stage",
	"tokens create deploy": "--app --expiry --name -a -x",
	"tokens list":          "--app",
	"tokens revoke":        "",
	"certs add":            "--app",
	"certs list":           "--app",
	"ips list":             "--app",
	"ips allocate-v4":      "--app",
	"deploy":               "--app --image --ha",
	"status":               "--app",
	"logs":                 "--app --no-tail --region",
	"releases":             "--app --image",
	"scale count":          "--app --region",
	"scale memory":         "--app --process-group",
	"ssh console":          "--app -C",
	"machine list":         "--app --json",
}

// outdated are forms that guides to Fly still show: gone, hidden, renamed, or never there.
var outdated = []struct{ form, instead string }{
	{`\bpostgres (create|attach|show|app|logs|backups?)\b`, "mpg"},
	{`\bauth token\b`, "tokens create deploy"},
	{`\bssh console\b.* -c\b`, "-C: -c is --config"},
	{`\bfly(ctl)? restart\b`, "apps restart"},
	{`\bscale stable\b|\breleases rollback\b`, "deploy --image"},
	{`\bbuild-log\b`, "the output of deploy"},
	{`\bfly(ctl)? metrics\b`, "dashboard metrics"},
	{`\blogs\b.* (-f|--lines|--pretty)\b`, "logs follows by itself"},
	{`\bstart_period\b`, "grace_period"},
	{`\beze\b.*--|--region eze\b`, "gru"},
	{`\bfly(ctl)? console\b`, "ssh console -C: a console wants a sleep and a shell, and the image has neither"},
	{`\bfly(ctl)? launch\b`, "apps create: launch would write another fly.toml"},
}

// flyctlMistakes is what is wrong with a command of flyctl.
func flyctlMistakes(command string) []string {
	var wrong []string
	for _, o := range outdated {
		if regexp.MustCompile(o.form).MatchString(command) {
			wrong = append(wrong, "outdated; today: "+o.instead)
		}
	}
	if strings.Contains(command, "tokens create deploy") && !regexp.MustCompile(` (-x|--expiry) \d+h\b`).MatchString(command) {
		wrong = append(wrong, "the token is good for 20 years: say --expiry")
	}
	if len(wrong) > 0 {
		return wrong
	}
	words := strings.Fields(command)[1:]
	for n := min(3, len(words)); n > 0; n-- {
		flags, ok := flyCommands[strings.Join(words[:n], " ")]
		if !ok {
			continue
		}
		for _, word := range words[n:] {
			name, _, _ := strings.Cut(word, "=")
			if strings.HasPrefix(name, "-") && !slices.Contains(strings.Fields(flags), name) {
				wrong = append(wrong, "flag "+name+" is not known")
			}
		}
		return wrong
	}
	return []string{"not among the commands known"}
}

// substituted is what a shell puts in by itself: no words of flyctl's.
var substituted = regexp.MustCompile(`\$\([^)]*\)`)

var (
	goComment = regexp.MustCompile(`(?m)^\s*// .*$`)
	flyLine   = regexp.MustCompile(`(?m)^\s*(?:run: )?(fly(?:ctl)? .*?)(?: > .*)?$`)
	flyQuote  = regexp.MustCompile("`(fly (?:[a-z0-9-]+ ?)+[^`]*)`")
	flyWords  = regexp.MustCompile(`[("\s](fly [a-z][a-z0-9 -]*)`) // in sentences of the doctor
)

func TestEveryFlyctlCommandIsValidToday(t *testing.T) {
	t.Parallel()
	files := []string{"doctor.go", "doctor_database.go", "doctor_outside.go", "doctor_money.go", "doctor_whatsapp.go"}
	files = append(files, "../README.md", "../fly.toml", "../.github/workflows/fly-deploy.yml")
	found := 0
	for _, name := range files {
		text := goComment.ReplaceAllString(strings.ReplaceAll(string(read(t, name)), "%s", "x"), "")
		commands := flyQuote.FindAllStringSubmatch(text, -1)
		switch filepath.Ext(name) {
		case ".go":
			commands = append(commands, flyWords.FindAllStringSubmatch(text, -1)...)
		case ".md", ".yml":
			commands = append(commands, flyLine.FindAllStringSubmatch(text, -1)...)
		}
		for _, c := range commands {
			found++
			command, _, _ := strings.Cut(c[1], ` -C "`) // what follows is not flyctl's
			for _, mistake := range flyctlMistakes(substituted.ReplaceAllString(command, "")) {
				t.Errorf("%s: %s: %s", name, c[1], mistake)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d commands were found", found)
	}
}

func TestWrongFlyctlCommandsAreRecognised(t *testing.T) {
	t.Parallel()
	for _, command := range []string{
		"fly postgres create --name db", "flyctl postgres backups list", "flyctl auth token", `flyctl ssh console -c "ls"`, "flyctl restart",
		"fly scale stable", "fly releases rollback", "flyctl build-log", "flyctl metrics", "fly logs -f", "fly logs --lines 100",
		"fly redis create --region eze", "fly tokens create deploy --app a", "fly console -C ls", "fly launch", "fly deploy --no-such-flag",
		"fly mpg show", "fly secrets set -q A=b",
	} {
		if len(flyctlMistakes(command)) == 0 {
			t.Errorf("%s passes", command)
		}
	}
	for _, command := range []string{`fly logs --app "$APP" --no-tail`, "fly deploy --ha=false", "fly tokens create deploy -a x -x 720h", "flyctl auth docker"} {
		if wrong := flyctlMistakes(command); len(wrong) > 0 {
			t.Errorf("%s: %v", command, wrong)
		}
	}
}

func TestTheDeployWorkflowTrustsNobodyMoreThanItMust(t *testing.T) {
	t.Parallel()
	text := string(read(t, "../.github/workflows/fly-deploy.yml"))
	uses := regexp.MustCompile(`uses: (\S+)(.*)`).FindAllStringSubmatch(text, -1)
	if len(uses) < 4 {
		t.Fatalf("only %d actions were found", len(uses))
	}
	for _, u := range uses {
		if !regexp.MustCompile(`@[0-9a-f]{40}$`).MatchString(u[1]) || !regexp.MustCompile(`^ # v?\d+\.\d+`).MatchString(u[2]) {
			t.Errorf("%s is not pinned to a commit whose version is said", u[1])
		}
	}
	for _, must := range []string{
		"permissions:\n  contents: read\n", "group: fly-deploy\n  cancel-in-progress: false", "name: production", "persist-credentials: false",
		`--image "$IMAGE"`, `@$(jq -er '."containerimage.digest"'`, "make smoke URL=", "needs: test",
	} {
		if !strings.Contains(text, must) {
			t.Errorf("it does not say %s", must)
		}
	}
	// The token is handed to the steps that need it, by name; a job's or a workflow's env would hand it to every action.
	for _, m := range regexp.MustCompile(`(?m)^( *)FLY_API_TOKEN: (.*)$`).FindAllStringSubmatch(text, -1) {
		if len(m[1]) != 10 || m[2] != "${{ secrets.FLY_API_TOKEN }}" {
			t.Errorf("the token is given to more than a step: %q", m[0])
		}
	}
}
