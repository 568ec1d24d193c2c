package deliver_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/functions/deliver"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/mail"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/web"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

const (
	guest = "5491155443322" // whose number is that of the reservation, too
	owner = "5492944999999"
)

// line is a bundle with a WhatsApp, whose webhooks are taken in as they come.
type line struct {
	*bundle

	api           *watest.Server
	client        *whatsapp.Client
	pool          *postgres.Pool
	conversations *postgres.Conversations
	statuses      *postgres.Statuses
	messages      *postgres.Messages
}

// enqueue keeps jobs to be worked by drain, once what they are about is there.
func enqueue(ctx context.Context, tx pgx.Tx, jobs ...postgres.Job) error {
	for _, job := range jobs {
		if d, ok := job.(notice.Deliver); ok {
			if _, err := tx.Exec(ctx, `insert into jobs values ($1, $2, $3)`, d.MessageID, d.ContactID, d.After); err != nil {
				return err
			}
		}
	}
	return nil
}

// setupLine has a guest who has just written, and whose reservation that is.
func setupLine(t *testing.T, adjust ...func(*deliver.Config)) *line {
	t.Helper()
	l := &line{bundle: setup(t)}
	var err error
	l.pool, err = postgres.Open(postgres.Config{URL: config.Secret(l.db.Config().ConnString())}, 12, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.pool.Close)
	share := l.pool.Share(12)
	l.sql(t, `create table jobs (message_id bigint, contact_id bigint, after timestamptz)`)
	l.conversations, l.statuses, l.messages = postgres.NewConversations(share, enqueue), postgres.NewStatuses(share, enqueue), postgres.NewMessages(share, enqueue)
	hook := httptest.NewServer(l.hook(t, postgres.NewInbox(share, enqueue)))
	t.Cleanup(hook.Close)
	l.api, err = watest.New(watest.Config{Clock: l.clock, WebhookURL: hook.URL, Templates: []watest.Approved{
		{Name: "confirmed", Language: "es_AR", Parameters: 4},
		{Name: "news", Language: "es", Parameters: 4, URLButton: true},
		{Name: "owner", Language: "es_AR", Parameters: 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.api.Close)
	l.client, err = whatsapp.New(whatsapp.Config{Token: watest.Token, PhoneID: watest.PhoneID, APIVersion: "v26.0", BaseURL: l.api.URL, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.client.Close)
	l.worker = l.process(t, adjust...)
	l.api.Meet(watest.Person{Phone: guest, Name: "Ana"})
	l.api.Say(guest, "hola")
	l.await(t, `select count(*) = 1 from inbox`)
	s, ok, err := l.conversations.Begin(t.Context(), "AR.13"+guest, l.clock())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := l.conversations.Finish(t.Context(), s, s.State, nil, []int64{s.Pending[0].InboxID}, l.clock()); err != nil {
		t.Fatal(err)
	}
	l.sql(t, `update reservations set contact_id = 1`)
	return l
}

// process is another process that sends.
func (l *line) process(t *testing.T, adjust ...func(*deliver.Config)) func(context.Context, notice.Deliver) error {
	t.Helper()
	c := deliver.Config{
		AccessConfig: web.AccessConfig{Admins: config.List{"owner@example.com"}, GuestSecret: "the guests' key, of these tests only"},
		SiteConfig:   web.SiteConfig{BaseURL: "https://cabins.example"},
	}
	for _, a := range adjust {
		a(&c)
	}
	sender := mail.New(mail.Config{Host: l.mail.Host, Port: l.mail.Port, From: "El Refugio <reservas@example.com>", TLS: mail.Open})
	l.registry = prometheus.NewRegistry()
	deps := deliver.Deps{
		Messages: l.messages, Now: l.clock, Metrics: l.registry,
		Mail: func(ctx context.Context, letter deliver.Letter) error { return sender.Send(ctx, mail.Mail(letter)) },
	}
	if l.client != nil {
		deps.Phone = phone{l.client}
	}
	worker, err := deliver.New(c, deps)
	if err != nil {
		t.Fatal(err)
	}
	return worker
}

// phone is the client as the function wants it.
type phone struct{ client *whatsapp.Client }

func (p phone) Send(ctx context.Context, to chat.Contact, m chat.Message, data string) (string, error) {
	return p.client.Send(ctx, to, m, data, "")
}

// hook takes in what WhatsApp tells.
func (l *line) hook(t *testing.T, kept *postgres.Inbox) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		batch, err := chat.Read(body)
		if err != nil {
			t.Error(err)
		}
		var all []inbox.Arrival
		for _, m := range batch.Messages {
			e, err := inbox.Said(m, l.clock())
			if err != nil {
				t.Error(err)
			}
			all = append(all, inbox.Arrival{Event: e})
		}
		for _, s := range batch.Statuses {
			e, err := inbox.News(s, l.clock())
			if err != nil {
				t.Error(err)
			}
			all = append(all, inbox.Arrival{Event: e, Job: conversation.Track{}})
		}
		ctx := context.WithoutCancel(r.Context())
		if _, err := kept.AcceptAll(ctx, all...); err != nil {
			t.Errorf("accept: %v", err)
		}
		if _, err := l.statuses.Track(ctx, 0, l.clock()); err != nil {
			t.Errorf("track: %v", err)
		}
	}
}

func (l *line) await(t *testing.T, query string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		var ok bool
		if err := l.db.QueryRow(t.Context(), query).Scan(&ok); err != nil {
			t.Fatal(err)
		}
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", query)
		}
	}
}

// letters are those who were written to by mail.
func (l *line) letters() []string {
	var all []string
	for _, m := range l.mail.Messages() {
		all = append(all, m.To...)
	}
	slices.Sort(all)
	return all
}

// say queues texts for the guest, as a conversation does.
func (l *line) say(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		body, err := json.Marshal(chat.Message{Kind: chat.FormText, Body: text})
		if err != nil {
			t.Fatal(err)
		}
		l.sql(t, `insert into messages (contact_id, kind, recipient, channel, dedupe_key, body, created_at) values (1, 'reply', 'guest', 'whatsapp', $1, $2, $3)`, "talk:"+text, body, l.clock())
	}
}

// drain works the jobs that are there until there are none whose time has come, and returns how many were worked.
func (l *line) drain(t *testing.T, jobs ...notice.Deliver) {
	t.Helper()
	for _, job := range jobs {
		l.sql(t, `insert into jobs values ($1, $2, $3)`, job.MessageID, job.ContactID, job.After)
	}
	for range 1000 {
		job, ok := l.due(t)
		if !ok {
			return
		}
		if err := l.worker(t.Context(), job); err != nil {
			t.Logf("job %+v: %v", job, err)
		}
	}
	t.Fatal("it never ends")
}

func (l *line) due(t *testing.T) (job notice.Deliver, ok bool) {
	t.Helper()
	err := l.db.QueryRow(t.Context(), `
		delete from jobs where ctid = (select ctid from jobs where after <= $1 limit 1) returning message_id, contact_id`, l.clock()).
		Scan(&job.MessageID, &job.ContactID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatal(err)
	}
	return job, err == nil
}

// heard is what a phone shows of us.
func (l *line) heard(of string) []string {
	var all []string
	for _, e := range l.api.Chat(of).Entries {
		if e.FromBusiness {
			all = append(all, e.Text)
		}
	}
	return all
}

func (l *line) expectHeard(t *testing.T, of string, want ...string) {
	t.Helper()
	if got := l.heard(of); !slices.Equal(got, want) {
		t.Errorf("%s heard %q, want %q", of, got, want)
	}
}
