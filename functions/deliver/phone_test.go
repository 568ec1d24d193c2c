package deliver_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/functions/deliver"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

var toGuest = notice.Deliver{ContactID: 1}

func TestAGuestWhoWroteIsToldWhereHeWroteAndPaysWithAButton(t *testing.T) {
	t.Parallel()
	l := setupLine(t)
	l.drain(t, notice.Deliver{MessageID: l.message(t, notice.Confirmed)}, notice.Deliver{MessageID: l.message(t, notice.PaymentRejected)})
	l.sql(t, `update reservations set status = 'pre_reserved', expires_at = $1`, noon.Add(time.Hour))
	id := l.message(t, notice.HoldMade)
	l.drain(t, notice.Deliver{MessageID: id})
	entries := l.api.Chat(guest).Entries
	last := entries[len(entries)-1].Message
	pay := "https://cabins.example/pay/" + code + "?t=" + l.access.GuestToken(code)
	if len(entries) != 4 || last.Kind != chat.FormLink || last.Link.URL != pay || strings.Contains(last.Body, "/pay/") || last.Link.Text != "Pagar" {
		t.Errorf("%+v", last)
	}
	if first := entries[1]; !strings.Contains(first.Text, "Cabaña del Bosque") || len(l.mail.Messages()) != 0 {
		t.Errorf("%q, and %d letters", first.Text, len(l.mail.Messages()))
	}
	l.await(t, `select bool_and(status = 'sent' and provider_id <> '' and channel = 'whatsapp' and delivered_at is not null) from messages`)
	l.api.MarkRead(guest)
	l.await(t, `select bool_and(read_at is not null) from messages`)
	l.drain(t, notice.Deliver{MessageID: id}, toGuest)
	if len(l.heard(guest)) != 3 {
		t.Error("it was said twice")
	}
}

func TestAfterADayOnlyATemplateIsSent(t *testing.T) {
	t.Parallel()
	l := setupLine(t, func(c *deliver.Config) {
		for into, text := range map[*deliver.Template]string{&c.Confirmed: "confirmed", &c.Other: "news:es:pay", &c.Owner: "owner"} {
			if err := into.Decode(text); err != nil {
				t.Fatal(err)
			}
		}
	})
	l.move(25 * time.Hour)
	l.drain(t, notice.Deliver{MessageID: l.message(t, notice.Confirmed)}, notice.Deliver{MessageID: l.message(t, notice.PaidInFull)})
	l.await(t, `select bool_and(status = 'sent') from messages`)
	entries := l.api.Chat(guest).Entries
	if len(entries) != 3 {
		t.Fatalf("%+v", entries)
	}
	first, second := entries[1].Message.Template, entries[2].Message.Template
	if !slices.Equal(first.Parameters, []string{"Ana", "Cabaña del Bosque", "vie 4/12 al lun 7/12", "$ 102"}) || first.Language != "es_AR" || first.URLSuffix != "" {
		t.Errorf("%+v", first)
	}
	if second.Name != "news" || second.URLSuffix != "pay/"+code+"?t="+l.access.GuestToken(code) || second.Parameters[3] == "" {
		t.Errorf("%+v", second)
	}
}

func TestWithoutATemplateThereIsMailAndWithoutAnAddressTheOwnerIsTold(t *testing.T) {
	t.Parallel()
	l := setupLine(t)
	l.move(25 * time.Hour)
	l.drain(t, notice.Deliver{MessageID: l.message(t, notice.Confirmed)})
	if all := l.letters(); !slices.Equal(all, []string{"ana@example.com"}) {
		t.Fatalf("letters %v", all)
	}
	l.sql(t, `update reservations set contact_email = ''`)
	l.drain(t, notice.Deliver{MessageID: l.message(t, notice.PaidInFull)})
	if all := l.letters(); !slices.Equal(all, []string{"ana@example.com", "owner@example.com"}) || len(l.heard(guest)) != 0 {
		t.Errorf("letters %v", all)
	}
	l.await(t, `select count(*) = 1 from messages where status = 'given_up' and last_error = 'window'`)
}

// TestAWindowThatMetaTakesForClosedIs fails in the answer, or in a status when all seemed well.
func TestAWindowThatMetaTakesForClosedIs(t *testing.T) {
	t.Parallel()
	for _, later := range []bool{false, true} {
		l := setupLine(t, func(c *deliver.Config) { c.Confirmed = deliver.Template{Name: "confirmed", Language: "es_AR"} })
		l.api.Fail(watest.Fault{Action: watest.Send, Times: 1, Code: 131047, Later: later})
		id := l.message(t, notice.Confirmed)
		l.drain(t, notice.Deliver{MessageID: id})
		if later {
			l.await(t, `select status = 'failed' and error_code = 131047 or status = 'sent' and read_at is null and attempts > 1 from messages`)
			l.drain(t)
		}
		l.await(t, `select status = 'sent' from messages`)
		entries := l.api.Chat(guest).Entries
		if last := entries[len(entries)-1].Message; last.Kind != chat.FormTemplate || len(l.mail.Messages()) != 0 {
			t.Errorf("later %v: %+v", later, last)
		}
	}
}

func TestWhatWillPassIsTriedAgainAndNothingGoesBeforeIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault watest.Fault
		pause time.Duration
	}{
		"down":            {watest.Fault{Status: http.StatusInternalServerError, Code: 131000, Times: 2}, 30 * time.Second},
		"too much":        {watest.Fault{Status: http.StatusTooManyRequests, Code: 130429, Times: 1}, 5 * time.Second},
		"leave me alone":  {watest.Fault{Status: http.StatusTooManyRequests, Code: 130429, Times: 1, RetryAfter: "40"}, 40 * time.Second},
		"too much to her": {watest.Fault{Code: 131056, Times: 1}, 6 * time.Second},
		"the token":       {watest.Fault{Status: http.StatusUnauthorized, Code: 190, Times: 1}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := setupLine(t)
			c.fault.Action = watest.Send
			l.api.Fail(c.fault)
			l.say(t, "a", "b", "c")
			l.drain(t, toGuest)
			if len(l.heard(guest)) != 0 {
				t.Fatalf("heard %q", l.heard(guest))
			}
			asked := l.api.Seen(watest.Send)
			l.move(min(c.pause, 2*time.Second) - time.Millisecond)
			l.say(t, "d")
			l.drain(t, toGuest)
			if l.api.Seen(watest.Send) != asked {
				t.Error("too early")
			}
			for range 3 {
				l.move(c.pause + time.Millisecond)
				l.drain(t)
			}
			l.expectHeard(t, guest, "a", "b", "c", "d")
			letters := l.mail.Messages()
			if alarmed := len(letters); alarmed != map[bool]int{true: 1}[name == "the token"] {
				t.Errorf("%d letters", alarmed)
			}
		})
	}
}

func TestADeadTokenKeepsTheQueueAndAlarmsOnceADay(t *testing.T) {
	t.Parallel()
	l := setupLine(t)
	l.api.Fail(watest.Fault{Action: watest.Send, Status: http.StatusUnauthorized, Code: 190})
	id := l.message(t, notice.Confirmed)
	l.drain(t, notice.Deliver{MessageID: id})
	for range 30 {
		l.move(time.Minute)
		l.drain(t)
	}
	if len(l.mail.Messages()) != 1 || l.api.Seen(watest.Send) > 31 {
		t.Errorf("%d letters, asked %d times", len(l.mail.Messages()), l.api.Seen(watest.Send))
	}
	l.api.Heal()
	l.move(time.Minute)
	l.drain(t)
	if len(l.heard(guest)) != 1 {
		t.Errorf("heard %q", l.heard(guest))
	}
}

func TestWhoCannotBeReachedIsWrittenALetter(t *testing.T) {
	t.Parallel()
	for _, later := range []bool{false, true} {
		l := setupLine(t)
		l.api.Fail(watest.Fault{Action: watest.Send, Code: 131026, Later: later, Times: 1})
		l.drain(t, notice.Deliver{MessageID: l.message(t, notice.Confirmed)})
		l.say(t, "a")
		l.drain(t, toGuest)
		if later {
			l.await(t, `select count(*) = 1 from messages where error_code = 131026`)
			l.drain(t)
		}
		if all := l.letters(); !slices.Equal(all, []string{"ana@example.com"}) {
			t.Errorf("later %v: letters %v", later, all)
		}
		if got := l.heard(guest); got[len(got)-1] != "a" {
			t.Errorf("heard %q", got)
		}
	}
}

// TestALostAnswerIsWaitedFor: what was sent is not sent twice if its status comes, and sent again if none does.
func TestALostAnswerIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, done := range []bool{true, false} {
		l := setupLine(t)
		l.api.Fail(watest.Fault{Action: watest.Send, Cut: true, After: done, Times: 1})
		l.say(t, "a", "b")
		l.drain(t, toGuest)
		if done {
			l.await(t, `select status = 'sent' and delivered_at is not null from messages order by id limit 1`)
			l.drain(t)
			l.expectHeard(t, guest, "a", "b")
			continue
		}
		l.expectHeard(t, guest)
		l.move(29 * time.Second)
		l.drain(t)
		l.expectHeard(t, guest)
		l.move(time.Second)
		l.drain(t)
		l.expectHeard(t, guest, "a", "b")
	}
}

// TestASenderThatDiesIsFollowedByAnother dies after WhatsApp has taken the message, before that is written down.
func TestASenderThatDiesIsFollowedByAnother(t *testing.T) {
	t.Parallel()
	l := setupLine(t)
	l.say(t, "a", "b", "c")
	turn, ok, err := l.messages.Next(t.Context(), 1, "dying", l.clock())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, err := l.client.Send(t.Context(), turn.Person.Contact, *turn.Body, turn.Data(), ""); err != nil {
		t.Fatal(err)
	}
	l.await(t, `select status = 'sent' from messages order by id limit 1`)
	l.drain(t, toGuest)
	l.expectHeard(t, guest, "a")
	l.move(time.Minute + time.Second)
	l.drain(t)
	l.expectHeard(t, guest, "a", "b", "c")
}

// TestWhoeverComesAfterAnOutageHearsFirstWhatHasArrived begins long after the other died, when statuses are still to be told.
func TestWhoeverComesAfterAnOutageHearsFirstWhatHasArrived(t *testing.T) {
	t.Parallel()
	l := setupLine(t)
	l.api.Hold()
	l.say(t, "a", "b")
	turn, ok, err := l.messages.Next(t.Context(), 1, "dying", l.clock())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, err := l.client.Send(t.Context(), turn.Person.Contact, *turn.Body, turn.Data(), ""); err != nil {
		t.Fatal(err)
	}
	l.move(time.Hour)
	l.worker = l.process(t)
	l.drain(t, toGuest)
	l.expectHeard(t, guest, "a")
	l.api.Release()
	l.await(t, `select status = 'sent' from messages order by id limit 1`)
	l.drain(t, toGuest)
	l.expectHeard(t, guest, "a", "b")
}

func TestManyProcessesSayEverythingOnceAndInOrder(t *testing.T) {
	t.Parallel()
	l := setupLine(t)
	workers := []func(context.Context, notice.Deliver) error{l.worker, l.process(t), l.process(t)}
	var want []string
	var wg sync.WaitGroup
	for n := range 30 {
		text := fmt.Sprintf("%02d", n)
		want = append(want, text)
		l.say(t, text)
		wg.Go(func() { _ = workers[n%3](t.Context(), toGuest) })
	}
	wg.Wait()
	l.move(2 * time.Minute)
	l.drain(t, toGuest)
	l.expectHeard(t, guest, want...)
}

func TestAReplyThatIsTooLateIsNotSent(t *testing.T) {
	t.Parallel()
	l := setupLine(t)
	l.say(t, "a")
	l.move(24 * time.Hour)
	l.api.Say(guest, "hola?")
	l.say(t, "b")
	l.sql(t, `update contacts set last_inbound_at = $1`, l.clock())
	l.drain(t, toGuest)
	l.expectHeard(t, guest, "b")
	if len(l.mail.Messages()) != 0 {
		t.Error("somebody was told")
	}
	l.await(t, `select status = 'given_up' and last_error = 'late' from messages order by id limit 1`)
}

func TestOwnersAreToldOverWhatsAppWhereTheyWriteToUs(t *testing.T) {
	t.Parallel()
	l := setupLine(t, func(c *deliver.Config) { c.Owners = config.List{"+" + owner} })
	l.api.Meet(watest.Person{Phone: owner, Name: "Marta"})
	l.drain(t, notice.Deliver{MessageID: l.message(t, notice.OwnerConfirmed)})
	if len(l.heard(owner)) != 0 || len(l.mail.Messages()) != 1 {
		t.Errorf("before he ever wrote: heard %q, %d letters", l.heard(owner), len(l.mail.Messages()))
	}
	l.api.Say(owner, "hoy")
	l.await(t, `select count(*) = 2 from inbox where source = 'whatsapp'`)
	s, ok, err := l.conversations.Begin(t.Context(), "AR.13"+owner, l.clock())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := l.conversations.Finish(t.Context(), s, s.State, nil, []int64{s.Pending[0].InboxID}, l.clock()); err != nil {
		t.Fatal(err)
	}
	l.drain(t, notice.Deliver{MessageID: l.message(t, notice.OwnerCancelled)})
	if len(l.heard(owner)) != 1 || len(l.mail.Messages()) != 1 {
		t.Errorf("heard %q, %d letters", l.heard(owner), len(l.mail.Messages()))
	}
	l.move(25 * time.Hour)
	l.worker = l.process(t, func(c *deliver.Config) {
		c.Owners, c.Owner = config.List{"+" + owner}, deliver.Template{Name: "owner", Language: "es_AR"}
	})
	l.drain(t, notice.Deliver{MessageID: l.message(t, notice.OwnerChargeback)})
	entries := l.api.Chat(owner).Entries
	if last := entries[len(entries)-1].Message; last == nil || last.Template == nil || len(last.Template.Parameters) != 1 || len(l.mail.Messages()) != 1 {
		t.Errorf("%+v, %d letters", last, len(l.mail.Messages()))
	}
}

func TestTemplatesAreWrittenInOneWay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]deliver.Template{
		"":                     {},
		"pre_arrival":          {Name: "pre_arrival", Language: "es_AR"},
		"pre_arrival:en":       {Name: "pre_arrival", Language: "en"},
		"balance:pt_BR:pay":    {Name: "balance", Language: "pt_BR", Button: "pay"},
		"balance:es_AR:manage": {Name: "balance", Language: "es_AR", Button: "manage"},
	} {
		var got deliver.Template
		if err := got.Decode(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"Pre Arrival", "a:ES", "a:es:call", "a:", ":es", "a:es_AR:pay:x"} {
		if err := new(deliver.Template).Decode(text); err == nil {
			t.Errorf("%q is a template", text)
		}
	}
	if _, err := deliver.New(deliver.Config{Owners: config.List{"12"}}, deliver.Deps{Metrics: prometheus.NewRegistry(), Now: time.Now}); err == nil {
		t.Error("12 is a phone")
	}
}

func TestATemplateThatMetaHasTakenAwayIsReplacedByALetter(t *testing.T) {
	t.Parallel()
	l := setupLine(t, func(c *deliver.Config) { c.Confirmed = deliver.Template{Name: "gone", Language: "es_AR"} })
	l.move(25 * time.Hour)
	for range 2 {
		l.drain(t, notice.Deliver{MessageID: l.message(t, notice.Confirmed)})
		l.sql(t, `update messages set dedupe_key = dedupe_key || id where kind = 'confirmed'`)
	}
	if all := l.letters(); !slices.Equal(all, []string{"ana@example.com", "ana@example.com", "owner@example.com"}) {
		t.Errorf("letters %v", all)
	}
}

func TestAReplyThatIsOurMistakeIsTheOwnersToKnow(t *testing.T) {
	t.Parallel()
	l := setupLine(t)
	l.api.Fail(watest.Fault{Action: watest.Send, Code: 131009, Times: 1})
	l.say(t, "a", "b")
	l.drain(t, toGuest)
	l.expectHeard(t, guest, "b")
	if all := l.letters(); !slices.Equal(all, []string{"owner@example.com"}) {
		t.Errorf("letters %v", all)
	}
}

func TestWithoutWhatsAppEverythingGoesByMail(t *testing.T) {
	t.Parallel()
	l := setupLine(t)
	first := l.message(t, notice.Confirmed)
	if _, err := l.messages.Route(t.Context(), first, true, nil, l.clock()); err != nil {
		t.Fatal(err)
	}
	l.say(t, "a")
	client := l.client
	l.client = nil // somebody has taken the settings away
	l.worker = l.process(t)
	l.drain(t, notice.Deliver{MessageID: first}, notice.Deliver{MessageID: l.message(t, notice.PaidInFull)}, toGuest)
	if all := l.letters(); !slices.Equal(all, []string{"ana@example.com", "ana@example.com"}) {
		t.Errorf("letters %v", all)
	}
	l.client = client
	l.worker = l.process(t)
	l.move(2 * time.Minute)
	l.drain(t, toGuest)
	l.expectHeard(t, guest, "a")
}

func TestWhatNobodyNeedsToKnowAnyMoreIsNotSaid(t *testing.T) {
	t.Parallel()
	l := setupLine(t)
	reminder := func(minutes int) int64 {
		id := l.message(t, notice.HoldExpiring)
		l.sql(t, `update messages set dedupe_key = dedupe_key || id, facts = jsonb_build_object('NotAfter', $2::timestamptz) where id = $1`, id, l.clock().Add(time.Duration(minutes)*time.Minute))
		return id
	}
	l.drain(t, notice.Deliver{MessageID: reminder(0)}, notice.Deliver{MessageID: reminder(1)})
	l.sql(t, `update reservations set contact_id = null`)
	l.drain(t, notice.Deliver{MessageID: reminder(0)}, notice.Deliver{MessageID: reminder(1)})
	if len(l.heard(guest)) != 1 || len(l.letters()) != 1 {
		t.Errorf("heard %q, letters %v", l.heard(guest), l.letters())
	}
	l.await(t, `select count(*) = 2 from messages where status = 'given_up' and last_error = 'late'`)
}
