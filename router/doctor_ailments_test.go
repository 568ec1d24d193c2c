package main

import (
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/machines/flytest"
	"github.com/eevans-d/sist-cabanas/shared/mail/mailtest"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// ailment is something that is broken, and what the doctor has to say of it: of a check, its verdict, and a piece of its
// words or of its cure. Of every other check he has to say that all is well.
type ailment struct {
	sql    string
	env    map[string]string
	broken func(*patient)
	want   map[string]string // check → "verdict … piece"
}

const (
	needsDatabaseWords = "off not known while"
	runMigrateWords    = "fail … router run migrate"
)

// withoutDatabase is what can be said of the rest when the database is not reached.
func withoutDatabase(more map[string]string) map[string]string {
	said := map[string]string{
		"Postgres version": needsDatabaseWords, "extension btree_gist": needsDatabaseWords, "no double booking": needsDatabaseWords,
		"migrations": needsDatabaseWords, "migrations of the queue": needsDatabaseWords, "clock": needsDatabaseWords,
	}
	for _, task := range periodic() {
		said["task "+task] = needsDatabaseWords
	}
	maps.Copy(said, more)
	return said
}

// server answers everything alike.
func server(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

func TestTheDoctorNamesWhatIsBrokenAndItsCure(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]ailment{
		"a variable is wrong": {
			env:  map[string]string{"PORT": secretOfTests},
			want: map[string]string{"configuration": "fail PORT must be a whole number … .env.example"},
		},
		"production without its secrets": {
			env: map[string]string{"ENVIRONMENT": "production", "JWT_SECRET": "", "SMTP_HOST": ""},
			want: map[string]string{
				"configuration": "fail … JWT_SECRET is missing", "public address": "warn … not https", "mail": "warn SMTP_HOST is not set",
			},
		},
		"development on Fly": {
			env:  map[string]string{"FLY_MACHINE_ID": "1a2b"},
			want: map[string]string{"configuration": `warn … ENVIRONMENT = "production" in fly.toml`},
		},
		"nobody listens where the database should": {
			broken: func(p *patient) { p.dsn = "postgres://u:" + secretOfTests + "@127.0.0.1:1/x" },
			want:   withoutDatabase(map[string]string{"database": "fail not reached: nobody listens there … DATABASE_URL"}),
		},
		"the database is another": {
			broken: func(p *patient) { p.dsn = strings.Replace(p.dsn, "cabanas_test", secretOfTests, 1) },
			want:   withoutDatabase(map[string]string{"database": "fail … no such database"}),
		},
		"the database never answers": {
			broken: func(p *patient) {
				silent := server(p.t, func(http.ResponseWriter, *http.Request) {})
				p.dsn = "postgres://u:" + secretOfTests + "@" + strings.TrimPrefix(silent, "http://") + "/x?sslmode=disable"
			},
			want: withoutDatabase(map[string]string{"database": "fail not reached"}),
		},
		"no database is configured": {
			broken: func(p *patient) { p.dsn = "" },
			want: withoutDatabase(map[string]string{
				"database": "fail DATABASE_URL … set DATABASE_URL", "configuration": "fail … DATABASE_URL", "database address": "off",
			}),
		},
		"the extension is gone": {
			sql: `drop extension btree_gist cascade`,
			want: map[string]string{
				"extension btree_gist": "fail not installed … create extension btree_gist", "no double booking": "fail … is missing",
			},
		},
		"the constraint is gone": {
			sql:  `alter table reservations drop constraint no_overlap_reservations`,
			want: map[string]string{"no double booking": "fail the constraint no_overlap_reservations is missing … 00001_reservations.sql"},
		},
		"the constraint was weakened": {
			sql: `alter table reservations drop constraint no_overlap_reservations;
				alter table reservations add constraint no_overlap_reservations
				exclude using gist (accommodation_id with =, period with &&) where (status in ('confirmed'))`,
			want: map[string]string{"no double booking": "fail … does not say 'pre_reserved'"},
		},
		"a migration is missing": {
			sql:  `delete from goose_db_version where version_id = 2`,
			want: map[string]string{"migrations": "fail not applied: 00002 … router run migrate"},
		},
		"nothing was ever migrated": {
			sql: `drop schema public cascade; create schema public`,
			want: func() map[string]string {
				said := map[string]string{
					"extension btree_gist": "fail … create extension", "no double booking": runMigrateWords, "migrations": "fail the database was never migrated",
					"migrations of the queue": "fail the queue's tables were never made",
				}
				for _, task := range periodic() {
					said["task "+task] = "warn its runs cannot be read: a table is missing … router run migrate"
				}
				return said
			}(),
		},
		"an older version was deployed": {
			sql:  `insert into goose_db_version (version_id, is_applied) values (99999, true)`,
			want: map[string]string{"migrations": "warn … 99999, newer than this binary"},
		},
		"the queue is behind": {
			sql:  `delete from river_migration where version = (select max(version) from river_migration)`,
			want: map[string]string{"migrations of the queue": runMigrateWords},
		},
		"Redis is down": {
			broken: func(p *patient) { p.redis.Close() },
			want:   map[string]string{"Redis": "warn not reached … REDIS_URL"},
		},
		"Redis wants another password": {
			broken: func(p *patient) { p.env["REDIS_URL"] = "redis://:" + secretOfTests + "too@" + p.redis.Addr() },
			want:   map[string]string{"Redis": "warn not reached … REDIS_URL"},
		},
		"Redis is not configured": {
			env:  map[string]string{"REDIS_URL": ""},
			want: map[string]string{"Redis": "off REDIS_URL is not set"},
		},
		"the address of Redis is none": {
			env:  map[string]string{"REDIS_URL": "http://" + secretOfTests},
			want: map[string]string{"Redis": "fail REDIS_URL … rediss://", "configuration": "fail … REDIS_URL"},
		},
		"the launch token is wrong": {
			env:  map[string]string{"FLY_LAUNCH_TOKEN": "fm2_" + secretOfTests},
			want: map[string]string{"Fly": "fail the launch token is refused … fly tokens create deploy -a cabins -x 720h"},
		},
		"the app for tasks does not exist": {
			env: map[string]string{"TASKS_APP": "cabins-tasks"},
			want: map[string]string{
				"Fly": "fail the app cabins-tasks does not exist … fly apps create cabins-tasks",
			},
		},
		"the Machines API hangs": {
			broken: func(p *patient) { p.fly.Fail(flytest.Fault{Action: flytest.List, Hang: true}) },
			want:   map[string]string{"Fly": "fail … in time … status.flyio.net"},
		},
		"the Machines API is broken": {
			broken: func(p *patient) { p.fly.Fail(flytest.Fault{Action: flytest.List, Status: 500}) },
			want:   map[string]string{"Fly": "fail … status.flyio.net"},
		},
		"Fly is asked for and lacks its token": {
			env: map[string]string{"FLY_LAUNCH_TOKEN": ""},
			want: map[string]string{
				"where tasks run": "fail FLY_LAUNCH_TOKEN is missing … PLACEMENT=exec", "Fly": "off",
			},
		},
		"on Fly tasks share the memory of the site": {
			env: map[string]string{"FLY_LAUNCH_TOKEN": "", "PLACEMENT": "auto", "FLY_MACHINE_ID": "1a2b"},
			want: map[string]string{
				"where tasks run": "warn … FLY_LAUNCH_TOKEN is not set … fly tokens create deploy", "Fly": "off", "configuration": "warn",
			},
		},
		"a laptop": {
			env:  map[string]string{"FLY_LAUNCH_TOKEN": "", "PLACEMENT": "", "BASE_URL": ""},
			want: map[string]string{"Fly": "off tasks do not run on machines of Fly", "public address": "off"},
		},
		"backups are the matter of another app": {
			env:  map[string]string{"BACKUP_DIR": ""},
			want: map[string]string{"backups": "off where tasks run is configured in cabins"},
		},
		"tasks are child processes and have nowhere to put backups": {
			env: map[string]string{"BACKUP_DIR": "", "PLACEMENT": "exec", "ENVIRONMENT": "production", "SMTP_HOST": ""},
			want: map[string]string{
				"backups": "fail there is nowhere to put them … fly storage create", "Fly": "off", "public address": "warn … not https", "configuration": "fail", "mail": "warn",
			},
		},
		"backups are not encrypted": {
			env:  map[string]string{"BACKUP_AGE_RECIPIENTS": ""},
			want: map[string]string{"backups": "warn they are not encrypted … router secrets"},
		},
		"a task to run inline is misspelt": {
			env:  map[string]string{"TASKS_INLINE": "expier"},
			want: map[string]string{"where tasks run": "warn TASKS_INLINE names something that is no task … expire"},
		},
		"nobody listens at BASE_URL": {
			env:  map[string]string{"BASE_URL": "http://127.0.0.1:1"},
			want: map[string]string{"public address": "fail BASE_URL does not answer: nobody listens there … fly status"},
		},
		"BASE_URL is another site": {
			broken: func(p *patient) { p.env["BASE_URL"] = server(p.t, http.NotFound) },
			want:   map[string]string{"public address": "fail /readyz at BASE_URL answers 404"},
		},
		"BASE_URL redirects": {
			broken: func(p *patient) {
				p.env["BASE_URL"] = server(p.t, http.RedirectHandler("https://elsewhere.example", http.StatusMovedPermanently).ServeHTTP)
			},
			want: map[string]string{"public address": "warn BASE_URL redirects (301)"},
		},
		"BASE_URL never answers": {
			broken: func(p *patient) {
				p.env["BASE_URL"] = server(p.t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			},
			want: map[string]string{"public address": "fail BASE_URL does not answer: no answer in time"},
		},
		"BASE_URL has a certificate of its own": {
			broken: func(p *patient) {
				s := httptest.NewUnstartedServer(http.NotFoundHandler())
				s.Config.ErrorLog = log.New(io.Discard, "", 0) // that nobody trusts it is the point
				s.StartTLS()
				p.t.Cleanup(s.Close)
				p.env["BASE_URL"] = s.URL
			},
			want: map[string]string{"public address": "fail BASE_URL does not answer: its certificate"},
		},
		"nobody takes payments": {
			env:  map[string]string{"MERCADOPAGO_ACCESS_TOKEN": ""},
			want: map[string]string{"Mercado Pago": "off MERCADOPAGO_ACCESS_TOKEN is not set"},
		},
		"the access token is wrong": {
			env:  map[string]string{"MERCADOPAGO_ACCESS_TOKEN": "APP_USR-" + secretOfTests},
			want: map[string]string{"Mercado Pago": "fail the access token is refused … MERCADOPAGO_ACCESS_TOKEN"},
		},
		"Mercado Pago is down": {
			broken: func(p *patient) { p.provider.Fail(mptest.Fault{Status: http.StatusBadGateway}) },
			want:   map[string]string{"Mercado Pago": "fail it does not answer … MERCADOPAGO_BASE_URL"},
		},
		"Mercado Pago hangs": {
			broken: func(p *patient) { p.provider.Fail(mptest.Fault{Hang: true}) },
			want:   map[string]string{"Mercado Pago": "fail it does not answer"},
		},
		"notifications cannot be believed": {
			env:  map[string]string{"MERCADOPAGO_WEBHOOK_SECRET": ""},
			want: map[string]string{"Mercado Pago": "warn … MERCADOPAGO_WEBHOOK_SECRET is not set … reconcile"},
		},
		"the address of Mercado Pago is none": {
			env:  map[string]string{"MERCADOPAGO_BASE_URL": "ftp://" + secretOfTests},
			want: map[string]string{"Mercado Pago": "fail MERCADOPAGO_BASE_URL", "configuration": "fail … MERCADOPAGO_BASE_URL"},
		},
		"no mail is sent": {
			env:  map[string]string{"SMTP_HOST": ""},
			want: map[string]string{"mail": "off SMTP_HOST is not set"},
		},
		"the mail server is down": {
			broken: func(p *patient) { p.mail.Close() },
			want:   map[string]string{"mail": "fail … cannot be reached … SMTP_"},
		},
		"the mail server never answers": {
			broken: func(p *patient) { p.mail.Fail(mailtest.Silent) },
			want:   map[string]string{"mail": "fail"},
		},
		"mail has no sender": {
			env:  map[string]string{"SMTP_FROM": ""},
			want: map[string]string{"mail": "fail SMTP_FROM is missing", "configuration": "fail … SMTP_FROM"},
		},
		"WhatsApp is not set up": {
			env:  map[string]string{"WHATSAPP_TOKEN": ""},
			want: map[string]string{"WhatsApp": "off WHATSAPP_TOKEN is not set"},
		},
		"WhatsApp's token is dead": {
			env:  map[string]string{"WHATSAPP_TOKEN": "EAA" + secretOfTests},
			want: map[string]string{"WhatsApp": "fail the token is refused … WHATSAPP_TOKEN"},
		},
		"WhatsApp's number is somebody else's": {
			env:  map[string]string{"WHATSAPP_PHONE_ID": "1"},
			want: map[string]string{"WhatsApp": "fail the number is not known … WHATSAPP_PHONE_ID"},
		},
		"WhatsApp is down": {
			broken: func(p *patient) { p.whatsapp.Fail(watest.Fault{Status: http.StatusBadGateway}) },
			want:   map[string]string{"WhatsApp": "fail it does not answer … WHATSAPP_BASE_URL"},
		},
		"WhatsApp hangs": {
			broken: func(p *patient) { p.whatsapp.Fail(watest.Fault{Hang: true}) },
			want:   map[string]string{"WhatsApp": "fail it does not answer"},
		},
		"what guests write cannot be believed": {
			env:  map[string]string{"WHATSAPP_APP_SECRET": ""},
			want: map[string]string{"WhatsApp": "warn … WHATSAPP_APP_SECRET or … is not set"},
		},
		"nobody listens to voice notes": {
			env:  map[string]string{"SPEECH_URL": ""},
			want: map[string]string{"voice notes": "off SPEECH_URL is not set"},
		},
		"the key of who listens is wrong": {
			env:  map[string]string{"SPEECH_API_KEY": secretOfTests},
			want: map[string]string{"voice notes": "fail the key is refused … SPEECH_API_KEY"},
		},
		"who listens is not there": {
			env:  map[string]string{"SPEECH_URL": "http://127.0.0.1:1"},
			want: map[string]string{"voice notes": "warn it does not answer … SPEECH_URL"},
		},
		"no task has ever run": {
			sql:  `delete from task_runs`,
			want: ofTasks("warn has never run … router launch "),
		},
		"the clock has stopped": {
			sql:  `update task_runs set created_at = created_at - interval '100 days'`,
			want: ofTasks("warn newest run 2400h ago … the clock runs in every `router serve`"),
		},
		"a task fails": {
			broken: func(p *patient) { p.ran("expire", "failed", 0, "the cabin is on fire\nand more") },
			want:   map[string]string{"task expire": "warn … it failed: the cabin is on fire → router runs -task expire -failed"},
		},
		"a run never ends": {
			broken: func(p *patient) {
				mustExec(p.t, connect(p.t, p.dsn), `delete from task_runs where task = 'expire'`)
				p.ran("expire", "running", time.Hour, "")
				p.ran("expire", "skipped", time.Second, "")
			},
			want: map[string]string{"task expire": "warn newest run 1h ago … skipped … router machines"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a.diagnosed(t)
		})
	}
}

func ofTasks(words string) map[string]string {
	said := make(map[string]string)
	for _, task := range periodic() {
		said["task "+task] = words
	}
	return said
}

func (a ailment) diagnosed(t *testing.T) {
	t.Helper()
	p := newPatient(t)
	if a.sql != "" {
		mustExec(t, connect(t, p.dsn), a.sql)
	}
	maps.Copy(p.env, a.env)
	if a.broken != nil {
		a.broken(p)
	}
	code, said := p.visit(t)
	wantCode := exitOK
	for check, want := range a.want {
		if strings.HasPrefix(want, "fail") {
			wantCode = exitFailed
		}
		rest := said[check]
		for piece := range strings.SplitSeq(want, " … ") {
			before, after, ok := strings.Cut(rest, piece)
			if !ok || strings.HasPrefix(want, piece) && before != "" {
				t.Errorf("%s: %q, want it to say %q", check, said[check], want)
				break
			}
			rest = after
		}
	}
	for check, words := range said {
		if a.want[check] == "" && !strings.HasPrefix(words, "ok ") {
			t.Errorf("%s has nothing to do with it: %s", check, words)
		}
	}
	if code != wantCode {
		t.Errorf("exit %d, want %d", code, wantCode)
	}
}
