package postgres_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

// say queues texts for a person.
func (b *front) say(t testing.TB, contact int64, texts ...string) {
	t.Helper()
	var all []conversation.Outgoing
	for _, body := range texts {
		all = append(all, conversation.Outgoing{Dedupe: "say:" + body, Message: chat.Message{Kind: chat.FormText, Body: body}})
	}
	if err := b.Say(t.Context(), contact, all, noon); err != nil {
		t.Fatal(err)
	}
}

func (b *front) next(t testing.TB, contact int64, speaker string, now time.Time) (outbox.Turn, bool) {
	t.Helper()
	turn, found, err := b.Messages.Next(t.Context(), contact, speaker, now)
	if err != nil {
		t.Fatal(err)
	}
	return turn, found
}

func (b *front) said(t testing.TB, turn outbox.Turn, wamid string, now time.Time) {
	t.Helper()
	if err := b.Messages.Said(t.Context(), &turn, wamid, now); err != nil {
		t.Fatal(err)
	}
}

func (b *front) unsaid(t testing.TB, turn outbox.Turn, e outbox.Ending, now time.Time) {
	t.Helper()
	if err := b.Messages.Unsaid(t.Context(), &turn, e, now); err != nil {
		t.Fatal(err)
	}
}

// told has statuses delivered, and taken over.
func (b *front) told(t testing.TB, now time.Time, statuses ...chat.Status) outbox.Tracked {
	t.Helper()
	for _, s := range statuses {
		e, err := inbox.News(s, now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Inbox.Accept(t.Context(), e, conversation.Track{}); err != nil {
			t.Fatal(err)
		}
	}
	done, err := b.Statuses.Track(t.Context(), 0, now)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// fate is what has become of the messages of a person, in order.
func (b *front) fate(t testing.TB, contact int64) []string {
	t.Helper()
	return list[string](t, b.bundle, `select concat_ws(' ', status, provider_id, nullif(last_error, ''), nullif(error_code, 0),
		case when delivered_at is not null then 'delivered' end, case when read_at is not null then 'read' end) from messages where contact_id = $1 order by id`, contact)
}

func (b *front) expectFate(t testing.TB, contact int64, want ...string) {
	t.Helper()
	if got := b.fate(t, contact); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// known is a person who has written.
func (b *front) known(t testing.TB, who chat.Contact) int64 {
	t.Helper()
	b.write(t, noon, text(who, "known "+who.Key(), "hola", noon))
	s := b.mustTakeUp(t, who.Key(), noon)
	if err := b.Finish(t.Context(), s, s.State, nil, rows(s), noon); err != nil {
		t.Fatal(err)
	}
	return s.ContactID
}

func TestMessagesGoOneAfterTheOther(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	id, other := b.known(t, ana), b.known(t, beto)
	b.say(t, id, "a", "b")
	b.say(t, other, "c")
	first, ok := b.next(t, id, "me", noon)
	if !ok || first.Body.Body != "a" || first.Person.WaID != ana.WaID || !first.Person.LastInbound.Equal(noon) || first.Attempts != 1 || first.Data() != fmt.Sprint(first.ID, ".1") {
		t.Fatalf("%v %+v", ok, first)
	}
	if _, ok := b.next(t, id, "you", noon); ok {
		t.Error("two speak to her at once")
	}
	jobs := b.jobs(t)
	if last := jobs[len(jobs)-1]; last != `notice_deliver {"after": "2026-12-01T12:01:01Z", "contact_id": 1}` {
		t.Errorf("in case the first dies: %s", last)
	}
	if turn, ok := b.next(t, other, "you", noon); !ok || turn.Body.Body != "c" {
		t.Error("he waits for her")
	}
	b.said(t, first, "wamid.a", noon)
	second, ok := b.next(t, id, "me", noon)
	if !ok || second.Body.Body != "b" {
		t.Errorf("%v %+v", ok, second)
	}
	b.said(t, second, "wamid.b", noon)
	if _, ok := b.next(t, id, "me", noon); ok {
		t.Error("that was all")
	}
	b.say(t, id, "d")
	if turn, ok := b.next(t, id, "you", noon); !ok || turn.Body.Body != "d" {
		t.Error("who had nothing left to say still speaks")
	}
	b.expectFate(t, id, "sent wamid.a", "sent wamid.b", "queued  unsure")
}

func TestWhatFailedKeepsItsPlace(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	id := b.known(t, ana)
	b.say(t, id, "a", "b")
	turn, _ := b.next(t, id, "me", noon)
	b.unsaid(t, turn, outbox.Ending{Class: "temporary", Code: 131000, Next: noon.Add(5 * time.Second)}, noon)
	if _, ok := b.next(t, id, "me", noon.Add(4*time.Second)); ok {
		t.Error("too early, and nothing goes before it")
	}
	jobs := b.jobs(t)
	if got := jobs[len(jobs)-2:]; got[0] != `notice_deliver {"contact_id": 1}` || got[1] != `notice_deliver {"after": "2026-12-01T12:00:05Z", "contact_id": 1}` {
		t.Errorf("jobs %v", got)
	}
	turn, ok := b.next(t, id, "you", noon.Add(5*time.Second))
	if !ok || turn.Body.Body != "a" || turn.Attempts != 2 || turn.ErrorCode != 131000 {
		t.Errorf("%v %+v", ok, turn)
	}
	b.unsaid(t, turn, outbox.Ending{Class: "never"}, noon.Add(5*time.Second))
	if turn, ok = b.next(t, id, "you", noon.Add(5*time.Second)); !ok || turn.Body.Body != "b" {
		t.Errorf("%v %+v", ok, turn)
	}
	quiet := noon.Add(21 * time.Second)
	b.unsaid(t, turn, outbox.Ending{Class: "pair_limited", Next: quiet, Quiet: true, Stopped: true}, noon.Add(5*time.Second))
	b.exec(t, `update messages set next_attempt_at = null where status = 'failed'`)
	if _, ok := b.next(t, id, "you", quiet.Add(-time.Second)); ok {
		t.Error("nothing goes to her before she has had a rest")
	}
	if got := one[string](t, b.bundle, `select concat(strikes, ' ', stopped_at is not null) from contacts where id = $1`, id); got != "1 t" {
		t.Error(got)
	}
	turn, _ = b.next(t, id, "you", quiet)
	b.said(t, turn, "wamid.b", quiet)
	if got := one[string](t, b.bundle, `select concat(strikes, ' ', quiet_until is null) from contacts where id = $1`, id); got != "0 t" {
		t.Error(got)
	}
	b.expectFate(t, id, "given_up  never", "sent wamid.b")
}

func TestWhatCannotGoOverWhatsAppGoesByMailOrTheOwnerIsTold(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	id := b.known(t, ana)
	r := b.hold(t, b.Cabin, nights(3, 6))
	if err := b.Own(t.Context(), id, r.Code); err != nil {
		t.Fatal(err)
	}
	message := b.tell(t, r, "k", notice.Confirmed, notice.Facts{Now: noon})
	for range 2 {
		if way, err := b.Messages.Route(t.Context(), message, true, []string{"5492944999999"}, noon); err != nil || !slices.Equal(way.Contacts, []int64{id}) {
			t.Fatalf("%+v, %v", way, err)
		}
	}
	turn, ok := b.next(t, id, "me", noon)
	if !ok || turn.Kind != notice.Confirmed || turn.Facts.Contact.Name != "Ana Pérez" || turn.Body != nil {
		t.Fatalf("%v %+v", ok, turn)
	}
	b.unsaid(t, turn, outbox.Ending{Class: "template", Code: 131047, Elsewhere: true}, noon)
	jobs := b.jobs(t)
	if last := jobs[len(jobs)-1]; last != fmt.Sprintf(`notice_deliver {"message_id": %d}`, message) {
		t.Errorf("jobs %v", jobs)
	}
	if way, err := b.Messages.Route(t.Context(), message, true, nil, noon); err != nil || len(way.Contacts) != 0 {
		t.Errorf("back and forth: %+v, %v", way, err)
	}
	if d, claimed := b.claim(t, message, noon); !claimed || d.To != "ana@example.com" || d.Attempts != 1 {
		t.Errorf("%v %+v", claimed, d)
	}
	b.say(t, id, "note")
	turn, _ = b.next(t, id, "me", noon)
	b.unsaid(t, turn, outbox.Ending{Class: "undeliverable", Code: 131026, Tell: true}, noon)
	if got := list[string](t, b.bundle, `select kind || ' ' || recipient || ' ' || dedupe_key from messages where contact_id is null`); len(got) != 1 || got[0] != fmt.Sprintf("owner_message_failed owner unsaid:%d", turn.ID) {
		t.Errorf("told %v", got)
	}
}

func TestOwnersAreToldOverWhatsAppEachOnceAndByMailOnceIfNobodyCanBe(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	owners := []string{"5492944111111", "5492944222222"}
	if err := b.Messages.Tell(t.Context(), notice.OwnerConfirmed, "k", "", notice.Facts{Amount: 100, Reason: "x"}, noon); err != nil {
		t.Fatal(err)
	}
	id := one[int64](t, b.bundle, `select id from messages`)
	if got := one[string](t, b.bundle, `select facts::text from messages`); got != `{"Amount": "1.00", "Reason": "x"}` && !strings.Contains(got, `"Reason": "x"`) || len(got) > 60 {
		t.Errorf("facts %s", got)
	}
	way, err := b.Messages.Route(t.Context(), id, true, owners, noon)
	if err != nil || len(way.Contacts) != 2 {
		t.Fatalf("%+v, %v", way, err)
	}
	first, _ := b.next(t, way.Contacts[0], "me", noon)
	second, _ := b.next(t, way.Contacts[1], "me", noon)
	if first.Kind != notice.OwnerConfirmed || second.Kind != first.Kind || first.ID == second.ID || second.Facts.Reason != "x" {
		t.Errorf("%+v %+v", first, second)
	}
	b.unsaid(t, first, outbox.Ending{Class: "template", Elsewhere: true}, noon)
	b.unsaid(t, second, outbox.Ending{Class: "template", Elsewhere: true}, noon)
	if got := list[string](t, b.bundle, `select channel || ' ' || status from messages order by id`); !slices.Equal(got, []string{"email queued", "whatsapp given_up"}) {
		t.Errorf("got %v", got)
	}
	// Where one was reached, nobody gets a letter.
	if err := b.Messages.Tell(t.Context(), notice.OwnerConfirmed, "k2", "", notice.Facts{}, noon); err != nil {
		t.Fatal(err)
	}
	id = one[int64](t, b.bundle, `select id from messages where dedupe_key = 'k2'`)
	if _, err := b.Messages.Route(t.Context(), id, true, owners, noon); err != nil {
		t.Fatal(err)
	}
	second, _ = b.next(t, way.Contacts[1], "me", noon)
	b.said(t, second, "wamid.2", noon)
	first, _ = b.next(t, way.Contacts[0], "me", noon)
	b.unsaid(t, first, outbox.Ending{Class: "template", Elsewhere: true}, noon)
	if got := one[string](t, b.bundle, `select channel || ' ' || status from messages where id = $1`, id); got != "whatsapp given_up" {
		t.Error(got)
	}
}

func TestGuestsWhoAreOnlyOnWhatsAppAreToldThere(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	for n, c := range []struct{ change, want string }{
		{`contact_email = contact_email`, "email"}, // he is not there, as far as anybody knows
		{`channel = 'whatsapp'`, "whatsapp"},
		{`contact_phone = '+5492944000000'`, "email"},                       // he is there, but left an address
		{`contact_phone = '+542944000000', contact_email = ''`, "whatsapp"}, // or not
		{`channel = 'whatsapp', contact_phone = 'none', contact_email = ''`, "email"},
	} {
		b.known(t, chat.Contact{BSUID: beto.BSUID, WaID: beto.WaID, Name: fmt.Sprint(n)})
		b.exec(t, `delete from inbox`)
		r := b.hold(t, b.Cabin, nights(3+n, 4+n))
		b.exec(t, `update reservations set `+c.change+` where code = $1`, r.Code)
		id := b.tell(t, r, fmt.Sprint("k", n), notice.Confirmed, notice.Facts{Now: noon})
		if _, err := b.Messages.Route(t.Context(), id, true, nil, noon); err != nil {
			t.Fatal(err)
		}
		if got := one[string](t, b.bundle, `select channel from messages where id = $1`, id); got != c.want {
			t.Errorf("%s: by %s", c.change, got)
		}
	}
}

// TestAMessageWhoseSenderDiedIsNotSentAgainIfItsStatusCame is about what was sent without anybody having written that down.
func TestPersonsToWhomNobodySendsAreFound(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	id, other := b.known(t, ana), b.known(t, beto)
	expect := func(why string, before time.Time, want ...int64) {
		t.Helper()
		if got, err := b.Messages.Stalled(t.Context(), before, 10); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v: %v", why, got, want, err)
		}
	}
	expect("nothing is to be said", noon.Add(time.Hour))
	b.say(t, id, "a", "b")
	b.say(t, other, "c")
	expect("just now", noon)
	expect("nobody came", noon.Add(time.Second), id, other)
	turn, _ := b.next(t, id, "me", noon)
	expect("somebody is at it", noon.Add(time.Minute), other)
	expect("he has died", noon.Add(time.Minute+time.Second), other, id)
	b.unsaid(t, turn, outbox.Ending{Class: "pair_limited", Next: noon.Add(time.Hour), Quiet: true}, noon)
	b.next(t, id, "me", noon) // and there is none
	expect("its time has not come", noon.Add(time.Hour), other)
	turn, _ = b.next(t, other, "you", noon)
	if turn.Unsure {
		t.Error("it is known that it was never sent")
	}
	turn, _ = b.next(t, other, "he", noon.Add(time.Minute))
	if !turn.Unsure {
		t.Error("it is not known whether it was sent")
	}
	b.said(t, turn, "wamid.c", noon)
	b.next(t, other, "he", noon)
	expect("it is said", noon.Add(time.Hour+time.Second), id)
}

// TestManyWhoSpeakToOneSayEachThingOnceAndInOrder has speakers that die, come back, and speak at the same time.
func TestManyWhoSpeakToOneSayEachThingOnceAndInOrder(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	id := b.known(t, ana)
	const all = 40
	var mu sync.Mutex
	var heard []string
	clock := noon
	var wg sync.WaitGroup
	speak := func(speaker string) {
		for {
			mu.Lock()
			now := clock
			mu.Unlock()
			turn, ok, err := b.Messages.Next(t.Context(), id, speaker, now)
			if err != nil {
				continue // busy: as the queue does
			}
			if !ok {
				if one[int](t, b.bundle, `select count(*) from messages where status in ('queued', 'failed')`) == 0 {
					return
				}
				continue
			}
			mu.Lock()
			heard = append(heard, turn.Body.Body)
			mu.Unlock()
			if turn.ID%7 == 0 && turn.Attempts == 1 { // dies; its status tells
				e, err := inbox.News(chat.Status{MessageID: "w" + turn.Body.Body, State: chat.Sent, At: now, Data: turn.Data()}, now)
				if err != nil {
					t.Error(err)
				}
				if _, err := b.Inbox.Accept(t.Context(), e, nil); err != nil {
					t.Error(err)
				}
				if _, err := b.Statuses.Track(t.Context(), 0, now); err != nil {
					t.Error(err)
				}
				mu.Lock()
				clock = clock.Add(time.Minute) // his time is over
				mu.Unlock()
				speaker += "'"
				continue
			}
			b.said(t, turn, "w"+turn.Body.Body, now)
		}
	}
	for n := range all {
		b.say(t, id, fmt.Sprintf("%02d", n))
		if n%10 == 0 {
			wg.Go(func() { speak(fmt.Sprint("s", n)) })
		}
	}
	wg.Wait()
	if !slices.IsSorted(heard) || len(slices.Compact(slices.Clone(heard))) != all || len(heard) != all {
		t.Errorf("heard %v", heard)
	}
}

func TestOnlyTheFirstOfWhatWaitsIsResumed(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	id, other := b.known(t, ana), b.known(t, beto)
	b.say(t, id, "a", "b")
	b.say(t, other, "c")
	due, err := b.Messages.Due(t.Context(), noon.Add(time.Hour), 10)
	if err != nil || !slices.Equal(due, []int64{1, 3}) {
		t.Errorf("%v, %v", due, err)
	}
	for range 3 {
		b.exec(t, `update messages set status = 'failed', last_error = 'held', next_attempt_at = $1`, noon.Add(time.Minute))
		b.next(t, id, "me", noon)
	}
	if jobs := b.jobs(t); strings.Contains(jobs[len(jobs)-1], "after") {
		t.Errorf("who asks too early is asked to come again, and again: %v", jobs)
	}
}

func TestAReplyIsKeptAsItIs(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	id := b.known(t, ana)
	m := chat.Message{Kind: chat.FormButtons, Body: "¿Seguro?\n\x00 ☕", Buttons: []chat.Button{{ID: "yes", Title: "Sí"}, {ID: "no", Title: "No"}}}
	out := []conversation.Outgoing{{Dedupe: "x", Message: m}, {Dedupe: "x", Message: chat.Message{Body: "another of that name"}}}
	if err := b.Say(t.Context(), id, out, noon); err != nil {
		t.Fatal(err)
	}
	turn, _ := b.next(t, id, "me", noon)
	m.Body = "¿Seguro?\n ☕"
	got, _ := json.Marshal(turn.Body)
	want, _ := json.Marshal(m)
	if string(got) != string(want) {
		t.Errorf("got %s", got)
	}
	b.said(t, turn, "w", noon)
	if _, ok := b.next(t, id, "me", noon); ok {
		t.Error("it goes twice")
	}
}
