package postgres_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// front is a till at which people write.
type front struct {
	*till
	*postgres.Conversations
	Statuses *postgres.Statuses
}

func setupFront(t testing.TB) *front {
	t.Helper()
	b := &front{till: setupTill(t)}
	b.Conversations = postgres.NewConversations(b.pool.Share(8), enqueue)
	b.Statuses = postgres.NewStatuses(b.pool.Share(2), enqueue)
	return b
}

var (
	ana      = chat.Contact{BSUID: "AR.1349", WaID: "5491155443322", Name: "Ana 🌻"}
	anaPhone = chat.Contact{WaID: "5491155443322", Name: "Ana"}
	anaUser  = chat.Contact{BSUID: "AR.1349", Username: "ana.p"}
	beto     = chat.Contact{BSUID: "AR.77", WaID: "5492944000000", Name: "Beto"}
)

// text is a message as WhatsApp delivers it.
func text(from chat.Contact, id, words string, at time.Time) chat.Inbound {
	return chat.Inbound{ID: id, PhoneNumberID: "1", From: from, At: at, Kind: chat.KindText, Type: "text", Text: words}
}

// write has messages delivered in one webhook each, at an instant.
func (b *front) write(t testing.TB, now time.Time, messages ...chat.Inbound) {
	t.Helper()
	for _, m := range messages {
		e, err := inbox.Said(m, now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Inbox.Accept(t.Context(), e, conversation.Talk{Key: e.Subject, Event: e.EventID}); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *front) takeUp(t testing.TB, key string, now time.Time) (conversation.Session, bool) {
	t.Helper()
	s, ok, err := b.Begin(t.Context(), key, now)
	if err != nil {
		t.Fatal(err)
	}
	return s, ok
}

// mustTakeUp fails the test where there is nothing to answer.
func (b *front) mustTakeUp(t testing.TB, key string, now time.Time) conversation.Session {
	t.Helper()
	s, ok := b.takeUp(t, key, now)
	if !ok {
		t.Fatalf("nothing of %s is to be answered", key)
	}
	return s
}

// answer finishes a session with one reply to each of its messages.
func (b *front) answer(t testing.TB, s conversation.Session, now time.Time) {
	t.Helper()
	if err := b.Finish(t.Context(), s, s.State, replies(s), rows(s), now); err != nil {
		t.Fatal(err)
	}
}

func replies(s conversation.Session) []conversation.Outgoing {
	var all []conversation.Outgoing
	for _, p := range s.Pending {
		all = append(all, conversation.Outgoing{
			Dedupe: fmt.Sprintf("talk:%d:0", p.InboxID), Message: chat.Message{Kind: chat.FormText, Body: fmt.Sprint("answer to ", p.InboxID)},
		})
	}
	return all
}

func rows(s conversation.Session) []int64 {
	var all []int64
	for _, p := range s.Pending {
		all = append(all, p.InboxID)
	}
	return all
}

// words are what a session's messages say.
func words(t testing.TB, s conversation.Session) string {
	t.Helper()
	var all []string
	for _, p := range s.Pending {
		all = append(all, heard(t, p).Text)
	}
	return strings.Join(all, ", ")
}

// people are all persons, as their identities.
func (b *front) people(t testing.TB) []string {
	t.Helper()
	return list[string](t, b.bundle, `select concat_ws(' ', bsuid, wa_id, name, username) from contacts order by id`)
}

func newConversations(pool *postgres.Pool) *postgres.Conversations {
	return postgres.NewConversations(pool.Share(2), enqueueMany)
}
