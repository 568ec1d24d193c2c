package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/machines/flytest"
	"github.com/eevans-d/sist-cabanas/shared/mail/mailtest"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/runs"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// patient is a whole system for the doctor to look at: all of it works until a test breaks a part.
type patient struct {
	t           *testing.T
	binary, dsn string
	env         map[string]string
	fly         *flytest.Server
	redis       *miniredis.Miniredis
	provider    *mptest.Server
	mail        *mailtest.Server
	whatsapp    *watest.Server
	listener    *speechtest.Server
}

func newPatient(t *testing.T) *patient {
	t.Helper()
	p := &patient{t: t, binary: buildRouter(t), dsn: pgtest.NewDSN(t), redis: miniredis.NewMiniRedis()}
	p.redis.RequireAuth(secretOfTests) // before it serves: it reads its passwords without a lock
	if err := p.redis.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.redis.Close)
	var err error
	p.fly, err = flytest.New(flytest.Config{Binary: p.binary, Every: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.fly.Close)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			io.WriteString(w, `{"status":"ready"}`)
		}
	}))
	t.Cleanup(site.Close)
	if p.provider, err = mptest.New(mptest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.provider.Close)
	p.mail = mailtest.New(t, mailtest.Options{})
	if p.whatsapp, err = watest.New(watest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.whatsapp.Close)
	if p.listener, err = speechtest.New(speechtest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.listener.Close)
	p.env = map[string]string{
		"WHATSAPP_TOKEN": watest.Token, "WHATSAPP_PHONE_ID": watest.PhoneID, "WHATSAPP_BASE_URL": p.whatsapp.URL,
		"WHATSAPP_APP_SECRET": watest.AppSecret, "WHATSAPP_VERIFY_TOKEN": watest.VerifyToken,
		"SPEECH_URL": p.listener.URL, "SPEECH_API_KEY": speechtest.Key,
		"MERCADOPAGO_ACCESS_TOKEN": mptest.Token, "MERCADOPAGO_BASE_URL": p.provider.URL, "MERCADOPAGO_WEBHOOK_SECRET": mptest.Secret,
		"SMTP_HOST": p.mail.Host, "SMTP_PORT": strconv.Itoa(p.mail.Port), "SMTP_FROM": "reservas@example.com", "SMTP_TLS": "none",
		"REDIS_URL": "redis://:" + secretOfTests + "@" + p.redis.Addr(), "BASE_URL": site.URL,
		"PLACEMENT": "fly", "FLY_LAUNCH_TOKEN": "fm2_test", "FLY_FLAPS_BASE_URL": p.fly.URL, "FLY_APP_NAME": "cabins",
		"FLY_IMAGE_REF": "registry.fly.io/cabins@sha256:feed", "FLY_REGION": "gru",
		"BACKUP_DIR": t.TempDir(), "BACKUP_AGE_RECIPIENTS": "age1anybody",
	}
	for _, task := range periodic() {
		p.ran(task, "succeeded", time.Second, "")
	}
	return p
}

func periodic() []string {
	var names []string
	for _, f := range tasks(functions(newResources(processConfig{}, io.Discard))) {
		if f.Every > 0 {
			names = append(names, f.Name)
		}
	}
	return names
}

// ran records a run that was created so long ago.
func (p *patient) ran(task, state string, ago time.Duration, failure string) {
	p.t.Helper()
	mustExec(p.t, connect(p.t, p.dsn), `
		insert into task_runs (task, slot, state, cause, deadline, created_at, error) values ($1, $2, $3, 'clock', $2, $2, $4)`,
		task, time.Now().Add(-ago), state, failure)
}

var findingLine = regexp.MustCompile(`^(ok|off|warn|fail) +(\S+(?: \S+)*)  +(.*)$`)

// visit is what the doctor says: by check its verdict and its words, with the cure after an arrow.
func (p *patient) visit(t *testing.T) (code int, said map[string]string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), p.binary, "doctor")
	c.Env = environment(p.dsn)
	for name, value := range p.env {
		c.Env = append(c.Env, name+"="+value)
	}
	begin := time.Now()
	out, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > lookPatience+5*time.Second {
		t.Errorf("it took %s", took)
	}
	if strings.Contains(string(out), secretOfTests) || strings.Contains(string(out), "fm2_") {
		t.Errorf("a secret is shown:\n%s", out)
	}
	said = make(map[string]string)
	last := ""
	for line := range strings.SplitSeq(string(out), "\n") {
		if m := findingLine.FindStringSubmatch(line); m != nil {
			last = m[2]
			said[last] = m[1] + " " + m[3]
		} else if _, cure, ok := strings.Cut(line, "→"); ok {
			said[last] += " →" + cure
		}
	}
	return c.ProcessState.ExitCode(), said
}

func TestTheDoctorFindsNothingWhereNothingIsWrong(t *testing.T) {
	t.Parallel()
	code, said := newPatient(t).visit(t)
	for name, words := range said {
		if !strings.HasPrefix(words, "ok ") || strings.Contains(words, "→") {
			t.Errorf("%s: %s", name, words)
		}
	}
	if want := 18 + len(periodic()); code != exitOK || len(said) != want {
		t.Errorf("exit %d with %d findings, want %d", code, len(said), want)
	}
}

func TestACheckThatHangsOrPanicsCostsItsOwnLineOnly(t *testing.T) {
	t.Parallel()
	e := &examination{patience: 100 * time.Millisecond}
	begin := time.Now()
	found := e.perform(t.Context(), []checkup{
		{"hangs", func(*examination, context.Context) finding { select {} }},
		{"panics", func(*examination, context.Context) finding { panic(secretOfTests) }},
		{"waits", func(_ *examination, ctx context.Context) finding {
			<-ctx.Done()
			return finding{isOdd, "gave up", ""}
		}},
		{"works", func(*examination, context.Context) finding { return finding{isFine, "fine", ""} }},
	})
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	want := []verdict{isBroken, isBroken, isOdd, isFine}
	for i, f := range found {
		if f.verdict != want[i] || strings.Contains(f.what, secretOfTests) {
			t.Errorf("%d: %+v", i, f)
		}
	}
}

func TestTheClocksAreComparedWithTheTimeThatTheAnswerTook(t *testing.T) {
	t.Parallel()
	at := time.Now()
	for name, test := range map[string]struct {
		theirs, took time.Duration
		want         verdict
		says         string
	}{
		"the same":        {0, 0, isFine, "agrees"},
		"a slow answer":   {4 * time.Second, 5 * time.Second, isFine, "agrees"},
		"they are ahead":  {3 * time.Second, time.Millisecond, isOdd, "behind the database's"},
		"they are behind": {-3 * time.Second, time.Millisecond, isOdd, "3s ahead of the database's"},
		"days apart":      {-72 * time.Hour, time.Millisecond, isBroken, "72h0m0s ahead"},
		"a minute apart":  {61 * time.Second, 0, isBroken, "1m1s behind"},
	} {
		if f := judgeSkew(at, at.Add(test.theirs), at.Add(test.took)); f.verdict != test.want || !strings.Contains(f.what, test.says) {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestTheClockIsThatOfTheDatabase(t *testing.T) {
	t.Parallel()
	for ours, want := range map[time.Duration]verdict{0: isFine, 10 * time.Second: isOdd, -time.Hour: isBroken} {
		e := (&program{out: io.Discard, errors: io.Discard, functions: functions, load: loaderOf(t, pgtest.NewDSN(t))}).examine()
		t.Cleanup(e.close)
		e.now = func() time.Time { return time.Now().Add(ours) }
		if f := e.clock(t.Context()); f.verdict != want {
			t.Errorf("%s away: %+v", ours, f)
		}
	}
}

// loaderOf knows a database and nothing else.
func loaderOf(t *testing.T, dsn string) function.Loader {
	t.Helper()
	return func(into any) error {
		if d, ok := into.(*Database); ok {
			d.URL = secretOf(dsn)
			return nil
		}
		return fmt.Errorf("no %T", into)
	}
}

func TestOldServersAndPoolersAreRecognised(t *testing.T) {
	t.Parallel()
	for number, want := range map[int]verdict{140011: isBroken, 90624: isBroken, 150000: isFine, 180001: isFine} {
		if f := judgeVersion(number); f.verdict != want {
			t.Errorf("%d: %+v", number, f)
		}
	}
	for address, cure := range map[string]string{
		"postgres://fly-user:hunter2@pgbouncer.abc123.flympg.net/fly-db":                             "replace pgbouncer. by direct.",
		"postgresql://u:hunter2@ep-quiet-sun-a1b2-pooler.sa-east-1.aws.neon.tech/db?sslmode=require": "leave -pooler out",
		"postgres://postgres.abc:hunter2@aws-0-sa-east-1.pooler.supabase.com:6543/postgres":          "port 5432",
		"postgres://fly-user:hunter2@direct.abc123.flympg.net/fly-db":                                "",
		"postgres://postgres.abc:hunter2@aws-0-sa-east-1.pooler.supabase.com:5432/postgres":          "",
		"postgres://u:hunter2@ep-quiet-sun-a1b2.sa-east-1.aws.neon.tech/db":                          "",
		"postgres://u:hunter2@localhost/db":                                                          "",
	} {
		e := &examination{address: Database{URL: secretOf(address)}}
		f := e.databaseAddress(t.Context())
		if f.verdict == isOdd != (cure != "") || !strings.Contains(f.cure, cure) || strings.Contains(f.what+f.cure, secretOfTests) {
			t.Errorf("%s: %+v", address, f)
		}
	}
}

func TestTheDoctorKnowsTheNewestMigrationOfTheQueue(t *testing.T) {
	t.Parallel()
	migrator, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	all := migrator.AllVersions()
	if newest := all[len(all)-1].Version; newest != queueVersion {
		t.Errorf("River brings %d, the doctor expects %d", newest, queueVersion)
	}
}

func TestALongPeriodIsSaidInShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		24 * time.Hour: "24h", time.Minute: "1m", 90 * time.Second: "1m30s", 0: "0s", 61 * time.Minute: "1h1m", 20 * time.Second: "20s",
		25*time.Hour + 31*time.Second: "25h1m",
	} {
		if got := periodWords(d); got != want {
			t.Errorf("%d is %s, want %s", d, got, want)
		}
	}
	f := function.Function{Spec: function.Spec{Name: "expire", Every: time.Minute}}
	long := runs.Run{State: runs.Failed, CreatedAt: time.Now(), Ending: runs.Ending{Error: strings.Repeat("ñ", 500)}}
	if found := judgeRuns(f, []runs.Run{long}, time.Now()); len([]rune(found.what)) > 300 {
		t.Errorf("too long: %s", found.what)
	}
}

func secretOf(value string) config.Secret { return config.Secret(value) }
