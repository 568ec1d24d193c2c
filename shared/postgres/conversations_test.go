package postgres_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

func heard(t testing.TB, p conversation.Pending) chat.Inbound {
	t.Helper()
	var m chat.Inbound
	if err := json.Unmarshal(p.Payload, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestABurstIsTakenUpAtOnceAndInTheOrderInWhichItWasWritten(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	b.write(t, noon, text(ana, "w3", "para el finde", noon.Add(-2*time.Second)), text(ana, "w1", "hola", noon.Add(-9*time.Second)),
		text(ana, "w2", "somos 4", noon.Add(-9*time.Second)), text(beto, "w4", "buenas", noon))
	s := b.mustTakeUp(t, ana.Key(), noon)
	if got := words(t, s); got != "hola, somos 4, para el finde" {
		t.Error(got)
	}
	if s.Profile != "Ana 🌻" || s.Phone != "+5491155443322" || !s.LastInbound.Equal(noon.Add(-2*time.Second)) || s.Key != ana.Key() || !s.Pending[0].At.Equal(noon.Add(-9*time.Second)) {
		t.Errorf("%+v", s)
	}
	state := conversation.State{Language: "pt", Step: conversation.AskedDates, Name: "Ana"}
	if err := b.Finish(t.Context(), s, state, replies(s), rows(s), noon); err != nil {
		t.Fatal(err)
	}
	if got := list[string](t, b.bundle, `select concat_ws(' ', contact_id, recipient, channel, status, dedupe_key, body ->> 'body') from messages order by id`); len(got) != 3 ||
		got[0] != fmt.Sprintf("%d guest whatsapp queued talk:2:0 answer to 2", s.ContactID) || !strings.Contains(got[2], "talk:1:0") {
		t.Errorf("messages %v", got)
	}
	if got := b.jobs(t); len(got) != 5 || got[4] != fmt.Sprintf(`notice_deliver {"contact_id": %d}`, s.ContactID) {
		t.Errorf("jobs %v", got)
	}
	if _, ok := b.takeUp(t, ana.Key(), noon); ok {
		t.Error("all of it is answered")
	}
	b.write(t, noon, text(ana, "w5", "gracias", noon))
	if again := b.mustTakeUp(t, ana.Key(), noon); cmp.Diff(again.State, state) != "" || again.ContactID != s.ContactID {
		t.Errorf("%+v", again)
	}
	if got := one[string](t, b.bundle, `select language from contacts where id = $1`, s.ContactID); got != "pt" {
		t.Error(got)
	}
}

func TestWhatComesWhileSomebodyIsAtItIsAnsweredAfterwards(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	b.write(t, noon, text(ana, "w1", "hola", noon))
	s := b.mustTakeUp(t, ana.Key(), noon)
	b.write(t, noon, text(ana, "w2", "somos 4", noon))
	if _, ok := b.takeUp(t, ana.Key(), noon.Add(time.Second)); ok {
		t.Fatal("two are at it")
	}
	jobs := b.jobs(t)
	if last := jobs[len(jobs)-1]; !strings.Contains(last, `"after": "2026-12-01T12:01:01Z"`) || !strings.Contains(last, `"key": "AR.1349"`) {
		t.Errorf("in case he dies: %s", last)
	}
	b.answer(t, s, noon.Add(2*time.Second))
	jobs = b.jobs(t)
	if last := jobs[len(jobs)-1]; last != fmt.Sprintf(`conversation_talk {"key": "AR.1349", "event": "more %d %d"}`, s.ContactID, s.Version) {
		t.Errorf("jobs %v", jobs)
	}
	if got := words(t, b.mustTakeUp(t, ana.Key(), noon.Add(2*time.Second))); got != "somos 4" {
		t.Error(got)
	}
}

func TestWhoeverTookTooLongWritesNothing(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	b.write(t, noon, text(ana, "w1", "hola", noon))
	slow := b.mustTakeUp(t, ana.Key(), noon)
	quick := b.mustTakeUp(t, ana.Key(), noon.Add(time.Minute))
	if err := b.Finish(t.Context(), slow, slow.State, replies(slow), rows(slow), noon.Add(time.Minute)); !errors.Is(err, fault.ErrBusy) {
		t.Errorf("got %v", err)
	}
	if err := b.Release(t.Context(), slow); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, b.bundle, `select count(*) from messages`); n != 0 {
		t.Errorf("%d messages", n)
	}
	b.answer(t, quick, noon.Add(time.Minute))
	if err := b.Finish(t.Context(), quick, quick.State, replies(quick), rows(quick), noon.Add(time.Minute)); !errors.Is(err, fault.ErrBusy) {
		t.Errorf("finished twice: %v", err)
	}
	if n := one[int](t, b.bundle, `select count(*) from messages`); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestAConversationThatIsReleasedIsTakenUpAtOnce(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	b.write(t, noon, text(ana, "w1", "hola", noon))
	s := b.mustTakeUp(t, ana.Key(), noon)
	if err := b.Release(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if again := b.mustTakeUp(t, ana.Key(), noon); words(t, again) != "hola" {
		t.Errorf("%+v", again)
	}
}

// TestManyWhoWriteAtOnceAreEachAnsweredOnceAndInOrder has as many workers as jobs, of which each may be worked twice.
func TestManyWhoWriteAtOnceAreEachAnsweredOnceAndInOrder(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	const guests, each = 6, 12
	var mu sync.Mutex
	answered := map[string][]int{}
	var wg sync.WaitGroup
	work := func(key string) {
		for range 400 { // what a queue does with jobs that failed, or that Finish asks for
			s, ok, err := b.Begin(t.Context(), key, noon)
			if err != nil && !errors.Is(err, fault.ErrBusy) {
				t.Error(err)
				return
			}
			if !ok {
				if one[int](t, b.bundle, `select count(*) from inbox where settled_at is null and subject = $1`, key) == 0 {
					return
				}
				continue
			}
			mu.Lock()
			for _, p := range s.Pending {
				var n int
				if _, err := fmt.Sscan(heard(t, p).Text, &n); err != nil {
					t.Error(err)
				}
				answered[key] = append(answered[key], n)
			}
			mu.Unlock()
			if err := b.Finish(t.Context(), s, s.State, replies(s), rows(s), noon); err != nil {
				t.Error(err)
			}
		}
	}
	for g := range guests {
		who := chat.Contact{BSUID: fmt.Sprint("AR.", g), WaID: fmt.Sprint("549110000000", g)}
		wg.Go(func() {
			for n := range each {
				b.write(t, noon, text(who, fmt.Sprint("w", g, "-", n), fmt.Sprint(n), noon.Add(time.Duration(n)*time.Second)))
				wg.Go(func() { work(who.Key()) })
			}
		})
	}
	wg.Wait()
	want := make([]int, each)
	for n := range want {
		want[n] = n
	}
	for key, got := range answered {
		if !slices.Equal(got, want) {
			t.Errorf("%s: answered %v", key, got)
		}
	}
	if len(answered) != guests || one[int](t, b.bundle, `select count(*) from messages`) != guests*each || one[int](t, b.bundle, `select count(*) from contacts`) != guests {
		t.Errorf("%d guests", len(answered))
	}
}

func TestAConversationCostsTheSameHoweverMuchIsSaid(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	pool, registry := b.process(t, 2)
	conversations := *b // with a process of its own
	conversations.Conversations = newConversations(pool)
	cost := func(messages int) (begin, finish uint64) {
		who := chat.Contact{BSUID: fmt.Sprint("AR.", messages), WaID: fmt.Sprint("54911", messages)}
		for n := range messages {
			b.write(t, noon, text(who, fmt.Sprint(messages, "-", n), "hola", noon))
		}
		before := statements(t, registry)
		s := conversations.mustTakeUp(t, who.Key(), noon)
		begin = statements(t, registry) - before
		conversations.answer(t, s, noon)
		return begin, statements(t, registry) - before - begin
	}
	cost(1)
	begin, finish := cost(2)
	many, manyFinish := cost(50)
	t.Logf("begin %d, finish %d", begin, finish)
	if begin != 2 || many != begin || finish != manyFinish || finish > 4 {
		t.Errorf("begin %d and %d, finish %d and %d", begin, many, finish, manyFinish)
	}
}

func TestAPersonIsHandedOverAndGivenBack(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	b.write(t, noon, text(ana, "w1", "quiero hablar con alguien", noon))
	s := b.mustTakeUp(t, ana.Key(), noon)
	state := s.State
	state.Step, state.Until = conversation.HandedOver, noon.Add(12*time.Hour)
	if err := b.Finish(t.Context(), s, state, nil, rows(s), noon); err != nil {
		t.Fatal(err)
	}
	r := b.hold(t, b.Cabin, nights(3, 6)) // with her number
	p, err := b.PersonOf(t.Context(), r.Code)
	if err != nil || p.ID != s.ContactID || !p.HandedOver.Equal(noon.Add(12*time.Hour)) || !p.Awaiting {
		t.Fatalf("%+v, %v", p, err)
	}
	if waiting, err := b.People(t.Context(), true, time.Time{}, 10); err != nil || len(waiting) != 1 {
		t.Errorf("%v, %v", waiting, err)
	}
	if err := b.Attended(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	b.write(t, noon, text(ana, "w2", "hola?", noon))
	during := b.mustTakeUp(t, ana.Key(), noon)
	if err := b.GiveBack(t.Context(), p.ID, noon); err != nil {
		t.Fatal(err)
	}
	if err := b.Finish(t.Context(), during, during.State, nil, rows(during), noon); !errors.Is(err, fault.ErrBusy) {
		t.Errorf("what the owner said is lost: %v", err)
	}
	if s := b.mustTakeUp(t, ana.Key(), noon); s.State.Step != conversation.Idle || !s.State.Until.IsZero() {
		t.Errorf("%+v", s.State)
	}
	if err := b.HandOver(t.Context(), p.ID, noon.Add(time.Hour), noon); err != nil {
		t.Fatal(err)
	}
	if p, err := b.Person(t.Context(), p.ID); err != nil || !p.HandedOver.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v, %v", p, err)
	}
	for _, err := range []error{b.GiveBack(t.Context(), 999, noon), b.HandOver(t.Context(), 999, noon, noon)} {
		if !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := b.PersonOf(t.Context(), "NOSUCH"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
