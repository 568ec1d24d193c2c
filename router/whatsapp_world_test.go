package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// Who writes in these tests: a guest, the owner, and a guest who shows no number.
const (
	ana    = "5491155443322"
	marta  = "5492944123456"
	hidden = "5493515550000"
)

// lobby is a whole system that people write to over WhatsApp: processes come and go, what is around them stays.
type lobby struct {
	*till
	graph *watest.Server
	ears  *speechtest.Server
}

func newLobby(t *testing.T, extra ...string) *lobby {
	t.Helper()
	l := &lobby{till: newTill(t)}
	var err error
	if l.ears, err = speechtest.New(speechtest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.ears.Close)
	l.graph, err = watest.New(watest.Config{
		WebhookURL: strings.TrimPrefix(l.env[1], "BASE_URL=") + "/api/v1/webhooks/whatsapp",
		Pauses:     slices.Repeat([]time.Duration{200 * time.Millisecond}, 1000), // also while nobody is there
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.graph.Close)
	for _, p := range []watest.Person{
		{Phone: ana, Name: "Ana Pérez"}, {Phone: marta, Name: "Marta", Old: true}, {Phone: hidden, Name: "Rosa Quiroga", Username: "rosa.q", Hidden: true},
	} {
		l.graph.Meet(p)
	}
	l.env = append(l.env,
		"WHATSAPP_TOKEN="+watest.Token, "WHATSAPP_PHONE_ID="+watest.PhoneID, "WHATSAPP_BASE_URL="+l.graph.URL, "WHATSAPP_TIMEOUT=2s",
		"WHATSAPP_APP_SECRET="+watest.AppSecret, "WHATSAPP_VERIFY_TOKEN="+watest.VerifyToken, "OWNER_PHONES=+"+marta,
		"SPEECH_URL="+l.ears.URL, "SPEECH_API_KEY="+speechtest.Key,
		// So long that a burst is one also where the machine is busy. Who has said all that is needed is answered at once.
		"WHATSAPP_BURST_WAIT=10s",
	)
	l.env = append(l.env, extra...)
	return l
}

// patience is how long something may take before it is taken for something that never happens.
const patience = 2 * time.Minute

// await waits for something to be true of the phones.
func (l *lobby) await(what string, ok func() bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	for {
		changed := l.graph.Changed()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			l.t.Fatalf("%s: it never happens\n%s", what, l.transcript())
		}
	}
}

func (l *lobby) transcript() string {
	var b strings.Builder
	for _, c := range l.graph.Chats() {
		for _, e := range c.Entries {
			fmt.Fprintf(&b, "%s %v %s %s: %s\n", c.Phone, e.FromBusiness, e.Kind, e.State, e.Text)
		}
	}
	return b.String()
}

// told is all that somebody was told, but for what did not arrive.
func (l *lobby) told(phone string) (all []watest.Entry) {
	for _, e := range l.graph.Chat(phone).Entries {
		if e.FromBusiness && e.State != chat.Failed {
			all = append(all, e)
		}
	}
	return all
}

// hears waits for the n-th thing that somebody is told, which has to say something.
func (l *lobby) hears(phone string, n int, want string) watest.Entry {
	l.t.Helper()
	l.await(fmt.Sprintf("%s is told %q", phone, want), func() bool { return len(l.told(phone)) >= n })
	e := l.told(phone)[n-1]
	if !strings.Contains(e.Text, want) {
		l.t.Fatalf("%s is told %q, want %q\n%s", phone, e.Text, want, l.transcript())
	}
	return e
}

// press has somebody press a button by what stands on it.
func (l *lobby) press(phone string, e watest.Entry, title string) {
	l.t.Helper()
	for _, b := range e.Message.Buttons {
		if b.Title == title {
			if _, err := l.graph.Press(phone, e.ID, b.ID); err != nil {
				l.t.Fatal(err)
			}
			return
		}
	}
	l.t.Fatalf("%q has no button %q: %+v", e.Text, title, e.Message.Buttons)
}

// opens has the owner write, so that he can be written to, and waits for the answer.
func (l *lobby) opens() {
	l.t.Helper()
	l.graph.Say(marta, "hoy")
	l.hears(marta, 1, "")
}

// request is what somebody who says everything at once says, for two nights that begin so many days from now.
func request(in int) string {
	from := civil.Of(time.Now(), time.UTC).AddDays(in)
	return fmt.Sprintf("hola, tenés lugar del %s al %s para 2?", slashed(from), slashed(from.AddDays(2)))
}

// slashed is a date as people type it.
func slashed(d civil.Date) string { return d.Time(time.UTC).Format("2/1/2006") }

// codeIn is the code of a reservation that a message is about.
func codeIn(text string) string {
	_, rest, _ := strings.Cut(text, "Reserva: *")
	code, _, _ := strings.Cut(rest, "*")
	return code
}

const (
	// What an owner did over WhatsApp he was told in the answer, and no message of it was sent.
	notSent      = ` and last_error <> 'told in the answer to who did it'`
	nobodyWaits  = `select count(*)::text from inbox where settled_at is null`
	nothingWaits = `select count(*)::text from messages where (status <> 'sent' or channel <> 'whatsapp')` + notSent
	unmarked     = `select count(*)::text from messages where (sent_at is null or delivered_at is null or provider_id = '' or last_error <> '')` + notSent
)

// settles waits until nothing is left to be done, and then checks that everything went once and answers in order, and that it is known of
// everything that it has arrived.
func (l *lobby) settles() {
	l.t.Helper()
	l.until("0", nobodyWaits)
	l.until("0", nothingWaits)
	l.until("0", unmarked)
	total := 0
	for _, c := range l.graph.Chats() {
		var ids []int64
		for _, e := range l.told(c.Phone) {
			var sent struct {
				Data string `json:"biz_opaque_callback_data"`
			}
			if err := json.Unmarshal(e.Raw, &sent); err != nil {
				l.t.Error(err)
			}
			id, _, _ := outbox.ReadTicket(sent.Data)
			ids = append(ids, id)
		}
		var written, replies []int64
		err := l.conn.QueryRow(l.t.Context(), `
			select coalesce(array_agg(id order by id), '{}'), coalesce(array_agg(id order by id) filter (where body is not null), '{}') from messages
			where contact_id = (select id from contacts where bsuid = $1 or wa_id = $2)`, c.BSUID, c.Phone).Scan(&written, &replies)
		// What is told besides may come before or after an answer of the same moment.
		inOrder := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !slices.Contains(replies, id) })
		if err != nil || !slices.Equal(inOrder, replies) || !slices.Equal(slices.Sorted(slices.Values(ids)), written) {
			l.t.Errorf("to %s went the messages %v, want %v, in order %v: %v", c.Phone, ids, written, replies, err)
		}
		total += len(ids)
	}
	l.until(strconv.Itoa(total), `select count(*)::text from messages where true`+notSent)
}

// isTold checks all that somebody was told so far, in order, each by a part of it.
func (l *lobby) isTold(phone string, want ...string) {
	l.t.Helper()
	got := l.told(phone)
	for n, e := range got {
		if n >= len(want) || !strings.Contains(e.Text, want[n]) {
			l.t.Errorf("%s is told, as number %d, %q", phone, n+1, e.Text)
		}
	}
	if len(got) != len(want) {
		l.t.Errorf("%s is told %d things, want %d\n%s", phone, len(got), len(want), l.transcript())
	}
}

// reads has somebody look at his phone, and waits until that is known.
func (l *lobby) reads(phone string) {
	l.t.Helper()
	l.graph.MarkRead(phone)
	l.until("0", `select count(*)::text from messages m join contacts c on c.id = m.contact_id
		where (c.wa_id = $1 or c.bsuid = $2) and m.read_at is null`, phone, l.graph.Chat(phone).BSUID)
}

// later moves what is kept of messages and people as far back as if it had been kept for long, but for those whom somebody writes to.
func (l *lobby) later() {
	l.t.Helper()
	mustExec(l.t, l.conn, `
		with silent as (select id from contacts where speaker = '' for update)
		update messages set next_attempt_at = next_attempt_at - interval '2 minutes' where last_error = 'unsure' and contact_id in (select id from silent)`)
}

// dead does the same for those whom somebody was writing to who has died.
func (l *lobby) dead() {
	l.t.Helper()
	mustExec(l.t, l.conn, `update contacts set speaker = '', speaking_until = null`)
	mustExec(l.t, l.conn, `update conversations set busy_until = busy_until - interval '2 minutes'`)
	mustExec(l.t, l.conn, `update inbox set received_at = received_at - interval '2 minutes' where settled_at is null`)
	l.later()
}

// blueTicks is whether somebody sees that all that he has written was read.
func (l *lobby) blueTicks(phone string) bool {
	return !slices.ContainsFunc(l.graph.Chat(phone).Entries, func(e watest.Entry) bool { return !e.FromBusiness && e.State != chat.Seen })
}
