package admin_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const conversations = "/api/v1/admin/conversations"

// talk is a conversation, as owners see it.
type talk struct {
	ContactID       int64  `json:"contact_id"`
	Name            string `json:"name"`
	Phone           string `json:"phone,omitempty"`
	LastMessageAt   string `json:"last_message_at,omitempty"`
	HandedOverUntil string `json:"handed_over_until,omitempty"`
	Awaiting        bool   `json:"awaiting"`
	TalkedAt        string `json:"talked_at"`
}

type talkList struct {
	Conversations []talk `json:"conversations"`
	Next          string `json:"next,omitempty"`
}

// wrote makes somebody known who wrote an hour ago.
func (b *bundle) wrote(t testing.TB, name string) (id int64) {
	t.Helper()
	n := strconv.Itoa(len(name)*1000 + int(name[0]))
	if err := b.db.QueryRow(t.Context(), `
		with c as (insert into contacts (wa_id, name, last_inbound_at, created_at) values ($1, $2, $3, $3) returning id)
		insert into conversations (contact_id, updated_at) select id, $3 from c returning contact_id`,
		"549115544"+n, name, noon.Add(-time.Hour)).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// wants has somebody ask for a person.
func (b *bundle) wants(t testing.TB, id int64) {
	t.Helper()
	if err := b.talks.HandOver(t.Context(), id, b.clock.now().Add(12*time.Hour), b.clock.now()); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) talksOf(t testing.TB, query string) talkList {
	t.Helper()
	return decode[talkList](t, b.do(t, http.MethodGet, conversations+query, ""), http.StatusOK)
}

func names(l talkList) []string {
	var all []string
	for _, c := range l.Conversations {
		all = append(all, c.Name)
	}
	return all
}

func (b *bundle) post(t testing.TB, id int64, act, body string, headers ...string) answer {
	t.Helper()
	token, err := b.access.AdminToken(owner, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return b.as(t, append(headers, "Authorization", "Bearer "+token), http.MethodPost, fmt.Sprintf("%s/%d/%s", conversations, id, act), body)
}

// sent is what is to be said to somebody.
func (b *bundle) sent(t testing.TB, id int64) (said []string) {
	t.Helper()
	if err := b.db.QueryRow(t.Context(), `select coalesce(array_agg(body ->> 'body' order by id), '{}') from messages where contact_id = $1`, id).Scan(&said); err != nil {
		t.Fatal(err)
	}
	return said
}

func TestAnOwnerSeesWhoWritesOnWhatsApp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if got := b.do(t, http.MethodGet, conversations, "").body; got != `{"conversations":[]}`+"\n" {
		t.Error(got)
	}
	ana, _ := b.wrote(t, "Ana"), b.wrote(t, "Bruno")
	b.wants(t, ana)
	all := b.talksOf(t, "")
	want := talk{
		ContactID: ana, Name: "Ana", Phone: "+5491155443065", LastMessageAt: "2026-12-01T11:00:00Z",
		HandedOverUntil: "2026-12-02T00:00:00Z", Awaiting: true, TalkedAt: "2026-12-01T12:00:00Z",
	}
	if !slices.Equal(names(all), []string{"Ana", "Bruno"}) || all.Conversations[0] != want || all.Next != "" {
		t.Errorf("%+v", all)
	}
	if c := all.Conversations[1]; c.HandedOverUntil != "" || c.Awaiting {
		t.Errorf("the bot answers him: %+v", c)
	}
	if got := names(b.talksOf(t, "?awaiting=true")); !slices.Equal(got, []string{"Ana"}) {
		t.Errorf("there wait %q", got)
	}
	b.clock.move(12 * time.Hour)
	if c := b.talksOf(t, "?limit=1").Conversations[0]; c.HandedOverUntil != "" || !c.Awaiting {
		t.Errorf("nobody has answered him, and the bot does again: %+v", c)
	}
}

func TestPagesOfConversationsLoseNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range []string{"Ana", "Bruno", "Carla", "Dante", "Elena"} {
		id := b.wrote(t, name)
		b.clock.move(time.Minute)
		if name != "Bruno" && name != "Carla" { // who are of one instant
			b.wants(t, id)
		}
	}
	var got []string
	query := "?limit=1"
	for page := range 9 {
		list := b.talksOf(t, query)
		got = append(got, names(list)...)
		if list.Next == "" {
			break
		}
		if page == 8 {
			t.Fatal("it has no end")
		}
		query = "?limit=1&after=" + list.Next
	}
	if want := []string{"Elena", "Dante", "Ana", "Carla", "Bruno"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAnOwnerWritesToAGuestAndGivesHimBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ana := b.wrote(t, "Ana")
	b.wants(t, ana)
	b.clock.move(time.Hour)
	for range 2 {
		got := decode[talk](t, b.post(t, ana, "reply", `{"text":"Hola Ana,\nsí, hay leña."}`, "Idempotency-Key", "k"), http.StatusOK)
		if got.Awaiting || got.HandedOverUntil != "2026-12-02T01:00:00Z" {
			t.Errorf("%+v", got)
		}
	}
	if got := b.sent(t, ana); !slices.Equal(got, []string{"Hola Ana,\nsí, hay leña."}) {
		t.Errorf("she is told %q", got)
	}
	decode[talk](t, b.post(t, ana, "reply", `{"text":"Hola Ana,\nsí, hay leña."}`), http.StatusOK)
	if got := b.sent(t, ana); len(got) != 2 {
		t.Errorf("what is said again on purpose is not sent: %q", got)
	}
	for range 2 {
		if got := decode[talk](t, b.post(t, ana, "give-back", ""), http.StatusOK); got.HandedOverUntil != "" || got.Awaiting {
			t.Errorf("%+v", got)
		}
	}
}

func TestNothingIsWrittenToAGuestWhoCannotBeReached(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ana := b.wrote(t, "Ana")
	b.clock.move(23 * time.Hour)
	b.post(t, ana, "reply", `{"text":"Hola"}`).refusal(t, http.StatusConflict, "out_of_reach")
	if got, list := b.sent(t, ana), b.talksOf(t, ""); len(got) != 0 || list.Conversations[0].HandedOverUntil != "" {
		t.Errorf("%q, %+v", got, list)
	}
}

func TestConversationsAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ana := b.wrote(t, "Ana")
	for _, query := range []string{"awaiting=perhaps", "limit=201", "after=-1"} {
		field, _, _ := strings.Cut(query, "=")
		b.do(t, http.MethodGet, conversations+"?"+query, "").refusal(t, http.StatusUnprocessableEntity, "invalid", field)
	}
	for _, text := range []string{``, ` \n `, `a\u0000b`, strings.Repeat("a", 4097)} {
		b.post(t, ana, "reply", `{"text":"`+text+`"}`).refusal(t, http.StatusUnprocessableEntity, "invalid", "text")
	}
	for act, body := range map[string]string{"reply": `{"text":"Hola"}`, "give-back": ""} {
		path := fmt.Sprintf("%s/%d/%s", conversations, ana, act)
		b.post(t, 777, act, body).refusal(t, http.StatusNotFound, "not_found")
		b.as(t, nil, http.MethodPost, path, body).refusal(t, http.StatusUnauthorized, "unauthenticated")
	}
	b.as(t, nil, http.MethodGet, conversations, "").refusal(t, http.StatusUnauthorized, "unauthenticated")
	if got := b.sent(t, ana); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if strings.Contains(b.log.String(), "Ana") {
		t.Errorf("the guest is in the log: %s", b.log)
	}
}
