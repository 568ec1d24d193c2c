package postgres_test

import (
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

func TestStatusesOnlyGoUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		states []chat.State
		want   string
	}{
		"in order":              {[]chat.State{chat.Sent, chat.Delivered, chat.Seen}, "sent w delivered read"},
		"backwards":             {[]chat.State{chat.Seen, chat.Delivered, chat.Sent}, "sent w delivered read"},
		"read alone":            {[]chat.State{chat.Seen}, "sent w delivered read"},
		"played":                {[]chat.State{chat.Played, chat.Seen}, "sent w delivered read"},
		"failed":                {[]chat.State{chat.Sent, chat.Failed}, "failed w status 131047"},
		"failed, told twice":    {[]chat.State{chat.Failed, chat.Failed}, "failed w status 131047"},
		"failed after delivery": {[]chat.State{chat.Delivered, chat.Failed}, "sent w delivered"},
		"delivered after all":   {[]chat.State{chat.Failed, chat.Delivered}, "sent w delivered"},
		"deleted":               {[]chat.State{chat.Sent, chat.Deleted}, "sent w"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, together := range []bool{true, false} {
				b := setupFront(t)
				id := b.known(t, ana)
				b.say(t, id, "a")
				turn, _ := b.next(t, id, "me", noon)
				b.said(t, turn, "w", noon)
				var all []chat.Status
				for n, s := range c.states {
					status := chat.Status{MessageID: "w", State: s, At: noon.Add(time.Duration(n) * time.Second), Data: turn.Data()}
					if s == chat.Failed {
						status.Problems = []chat.Problem{{Code: 131047}}
					}
					all = append(all, status)
				}
				if together {
					b.told(t, noon, all...)
				} else {
					for _, s := range all {
						b.told(t, noon, s)
					}
				}
				b.expectFate(t, id, c.want)
				if n := one[int](t, b.bundle, `select count(*) from inbox where settled_at is null`); n != 0 {
					t.Errorf("%d are not settled", n)
				}
			}
		})
	}
}

func TestAnOldAttemptSaysNothingOfANewOne(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	id := b.known(t, ana)
	b.say(t, id, "a")
	first, _ := b.next(t, id, "me", noon)
	b.unsaid(t, first, outbox.Ending{Class: "unsure", Next: noon.Add(30 * time.Second)}, noon)
	second, _ := b.next(t, id, "me", noon.Add(30*time.Second))
	failed := chat.Status{MessageID: "w1", State: chat.Failed, At: noon, Data: first.Data(), Problems: []chat.Problem{{Code: 131026}}}
	b.told(t, noon, failed)
	b.expectFate(t, id, "failed  unsure")
	b.said(t, second, "w2", noon.Add(30*time.Second))
	b.told(t, noon, chat.Status{MessageID: "w2", State: chat.Failed, At: noon, Data: second.Data(), Problems: []chat.Problem{{Code: 131047}}})
	b.expectFate(t, id, "failed w2 status 131047")
	third, ok := b.next(t, id, "me", noon.Add(31*time.Second))
	if !ok || third.ErrorCode != 131047 {
		t.Fatalf("%v %+v", ok, third)
	}
	b.told(t, noon.Add(time.Minute), chat.Status{MessageID: "w3", State: chat.Delivered, At: noon, Data: third.Data()})
	b.expectFate(t, id, "sent w3 delivered")
}

func TestAStatusOfAStrangerWaitsAWhileAndIsForgotten(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	garbage := inbox.Event{Source: inbox.WhatsAppStatus, EventID: "odd", Subject: "odd", Payload: []byte("{"), Signed: true, At: noon}
	if _, err := b.Inbox.Accept(t.Context(), garbage, nil); err != nil {
		t.Fatal(err)
	}
	stranger := chat.Status{MessageID: "w", State: chat.Sent, At: noon, Data: "somebody else's"}
	if done := b.told(t, noon, stranger); done.Read != 2 || done.Waiting != 2 {
		t.Errorf("%+v", done)
	}
	id := b.known(t, ana)
	b.say(t, id, "a")
	turn, _ := b.next(t, id, "me", noon)
	b.said(t, turn, "w", noon)
	if done := b.told(t, noon.Add(10*time.Minute)); done.Applied != 1 || done.Waiting != 1 {
		t.Errorf("its message is known now: %+v", done)
	}
	if done := b.told(t, noon.Add(10*time.Minute+time.Second)); done.Unmatched != 1 {
		t.Errorf("%+v", done)
	}
	if done := b.told(t, noon.Add(time.Hour)); done.Read != 0 {
		t.Errorf("%+v", done)
	}
}

func TestAStatusThatOvertakesTheAnswerCounts(t *testing.T) {
	t.Parallel()
	for state, want := range map[chat.State]string{chat.Failed: "failed w status 131047", chat.Delivered: "sent w delivered"} {
		b := setupFront(t)
		id := b.known(t, ana)
		b.say(t, id, "a")
		turn, _ := b.next(t, id, "me", noon)
		b.told(t, noon, chat.Status{MessageID: "w", State: state, At: noon, Data: turn.Data(), Problems: []chat.Problem{{Code: 131047}}})
		b.said(t, turn, "w", noon)
		b.expectFate(t, id, want)
	}
}

func TestAMessageWhoseSenderDiedIsNotSentAgainIfItsStatusCame(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	id := b.known(t, ana)
	b.say(t, id, "a", "b")
	turn, _ := b.next(t, id, "me", noon)
	done := b.told(t, noon, chat.Status{MessageID: "w", State: chat.Sent, At: noon, Data: turn.Data(), Billable: true, Category: "utility"})
	if done.Applied != 1 || done.Waiting != 0 {
		t.Errorf("%+v", done)
	}
	b.unsaid(t, turn, outbox.Ending{Class: "unsure", Next: noon.Add(30 * time.Second)}, noon) // a late answer of whoever sent it
	jobs := b.jobs(t)
	if last := jobs[len(jobs)-1]; last != `notice_deliver {"contact_id": 1}` {
		t.Errorf("the others wait for nothing: %s", last)
	}
	if turn, ok := b.next(t, id, "you", noon.Add(time.Minute)); !ok || turn.Body.Body != "b" {
		t.Errorf("%v %+v", ok, turn)
	}
	b.expectFate(t, id, "sent w", "queued  unsure")
	billed, err := b.Messages.Billed(t.Context(), noon, noon.Add(time.Hour))
	if err != nil || billed["utility"] != 1 || len(billed) != 1 {
		t.Errorf("%v, %v", billed, err)
	}
}
