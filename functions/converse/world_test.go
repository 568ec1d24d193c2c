package converse_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/converse"
	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

func fetches(f chat.File, err error) func(*converse.Config, *converse.Deps) {
	return func(_ *converse.Config, d *converse.Deps) {
		d.Fetch = func(context.Context, string, int64) (chat.File, error) { return f, err }
	}
}

func hears(text string, err error) func(*converse.Config, *converse.Deps) {
	return func(_ *converse.Config, d *converse.Deps) {
		d.Hear = func(context.Context, chat.Media) (string, error) { return text, err }
	}
}

// TestABurstIsAnsweredOnce has every message's own job worked, at the same time.
func TestABurstIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *converse.Config, _ *converse.Deps) { c.BurstWait = 50 * time.Millisecond })
	var wait sync.WaitGroup
	for _, line := range []string{"hola", "somos 4", "para el finde"} {
		job := b.arrive(t, text(ana, line))
		wait.Go(func() { b.work(t, job) })
	}
	wait.Wait()
	if told := b.told(t, ana); len(told) != 1 || b.waiting(t) != 0 {
		t.Errorf("%d messages, %d wait:\n%s", len(told), b.waiting(t), words(told))
	}
	says(t, b.told(t, ana), "$ 24.000") // Friday to Sunday, for four
}

func TestWhoHasOnlyGreetedIsLeftToGoOn(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *converse.Config, _ *converse.Deps) { c.BurstWait = 50 * time.Millisecond })
	b.work(t, b.arrive(t, text(ana, "hola")))
	if len(b.told(t, ana)) != 1 || b.counted(t, "waited") != 3 {
		t.Errorf("%d messages after %v pauses", len(b.told(t, ana)), b.counted(t, "waited"))
	}
	b.work(t, b.arrive(t, text(bruno, asked)))
	if len(b.told(t, bruno)) != 1 || b.counted(t, "waited") != 3 {
		t.Errorf("a question was not answered at once: %v pauses", b.counted(t, "waited"))
	}
}

func TestTwoWorkersAnswerOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	job := b.arrive(t, text(ana, asked))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { b.work(t, job) })
	}
	wait.Wait()
	if told := b.told(t, ana); len(told) != 1 {
		t.Errorf("%d messages", len(told))
	}
}

func TestAConversationIsInsuredAgainstTheDeathOfItsWorker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	job := b.arrive(t, text(ana, asked))
	b.work(t, job)
	want := conversation.Talk{Key: ana.WaID, Event: "insured 1", After: noon.Add(61 * time.Second)}
	if !slices.Equal(b.later, []conversation.Talk{want}) {
		t.Errorf("%+v", b.later)
	}
	b.work(t, want)
	if told := b.told(t, ana); len(told) != 1 || b.counted(t, "nothing") != 1 {
		t.Errorf("%d messages", len(told))
	}
}

// dying is a process that is killed before it writes down what it has done, so many times.
type dying struct {
	converse.Conversations
	deaths *atomic.Int32
}

var errKilled = errors.New("killed")

func (d dying) Finish(ctx context.Context, s conversation.Session, state conversation.State, replies []conversation.Outgoing, settled []int64, now time.Time) error {
	if d.deaths.Add(-1) >= 0 {
		return errKilled
	}
	return d.Conversations.Finish(ctx, s, state, replies, settled, now)
}

func TestAWorkerThatIsKilledHoldsOnceAndCancelsOnce(t *testing.T) {
	t.Parallel()
	deaths := &atomic.Int32{}
	b := setup(t, func(_ *converse.Config, d *converse.Deps) { d.Conversations = dying{d.Conversations, deaths} })
	killed := func(words string) {
		t.Helper()
		job := b.arrive(t, text(ana, words))
		deaths.Store(1)
		if err := b.worker(t.Context(), job); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		deaths.Store(0)
		b.move(61 * time.Second) // it is his for a minute
		b.work(t, job)
	}
	b.say(t, ana, asked)
	b.say(t, ana, "quiero reservar la del lago")
	for _, answer := range []string{"sí", "Ana Pérez", "sí"} {
		if len(list[string](t, b, `select code from reservations`)) > 0 {
			break
		}
		killed(answer)
	}
	code := one[string](t, b, `select code from reservations`)
	says(t, b.told(t, ana), code)
	b.say(t, ana, "quiero cancelar la reserva")
	before := len(b.told(t, ana))
	killed("sí")
	told := b.told(t, ana)[before:]
	if len(told) != 1 || strings.Contains(words(told), "no se puede") {
		t.Errorf("%d messages: %s", len(told), words(told))
	}
	if events := one[int](t, b, `select count(*)::int from reservation_events where event = 'cancelled'`); events != 1 {
		t.Errorf("cancelled %d times", events)
	}
}

// broken is a front desk where nothing works.
type broken struct {
	desk.Bookings
	fail func() error
}

func (b broken) Free(context.Context, civil.Nights, time.Time) ([]*booking.Accommodation, error) {
	return nil, b.fail()
}

func TestAWorldThatDoesNotAnswerIsNoReasonForSilence(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"busy": fault.ErrBusy, "down": fault.ErrUnavailable, "a bug": errors.New("ERROR: column does not exist"), "slow": context.DeadlineExceeded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(_ *converse.Config, d *converse.Deps) {
				d.Bookings = broken{d.Bookings, func() error { return failure }}
			})
			if told := b.say(t, ana, asked); len(told) != 1 || words(told) == "" || strings.Contains(words(told), "column") || b.waiting(t) != 0 {
				t.Errorf("%d messages: %s", len(told), words(told))
			}
		})
	}
}

func TestABugInOneConversationIsNobodyElses(t *testing.T) {
	t.Parallel()
	b := setup(t, func(_ *converse.Config, d *converse.Deps) {
		d.Bookings = broken{d.Bookings, func() error { panic("tenés algo") }}
	})
	job := b.arrive(t, text(ana, asked))
	for n := range 4 {
		if err := b.worker(t.Context(), job); err == nil {
			t.Fatalf("attempt %d succeeded", n)
		}
	}
	if len(b.told(t, ana)) != 0 || b.waiting(t) != 1 {
		t.Errorf("%d messages, %d wait", len(b.told(t, ana)), b.waiting(t))
	}
	b.work(t, job)
	says(t, b.told(t, ana), "anfitrión")
	if got := b.owners(t); !slices.Equal(got, []string{"owner_unanswered"}) || b.waiting(t) != 0 {
		t.Errorf("the owner was told %q, %d wait", got, b.waiting(t))
	}
	if told := b.say(t, ana, "a qué hora es el check in?"); len(told) == 0 {
		t.Error("she is not answered any more")
	}
	if told := b.say(t, bruno, "aceptan mascotas?"); len(told) == 0 {
		t.Error("another is not answered")
	}
	if log := b.log.String(); strings.Contains(log, "tenés algo") || !strings.Contains(log, "panic: string") {
		t.Error(log)
	}
}

func TestAVoiceNoteIsHeardOrKindlyRefused(t *testing.T) {
	t.Parallel()
	note := chat.Inbound{From: ana, Kind: chat.KindAudio, Type: "audio", Media: &chat.Media{ID: "M1", MIME: "audio/ogg; codecs=opus", Voice: true}}
	b := setup(t, hears("tenés algo del 4 al 7 de diciembre para dos", nil))
	says(t, b.does(t, note), "$ 34.000")
	for _, a := range []func(*converse.Config, *converse.Deps){hears("", errors.New("unsure")), hears("", nil), func(*converse.Config, *converse.Deps) {}} {
		b := setup(t, a)
		if told := b.does(t, note); len(told) != 1 || strings.Contains(words(told), "$") {
			t.Errorf("%s", words(told))
		}
	}
}

func TestAReceiptThatCannotBeFetchedIsSaidSo(t *testing.T) {
	t.Parallel()
	b := setup(t, fetches(chat.File{}, errors.New("gone")))
	b.book(t, ana)
	b.say(t, ana, "te puedo pagar por transferencia?")
	told := b.does(t, chat.Inbound{From: ana, Kind: chat.KindImage, Type: "image", Media: &chat.Media{ID: "M1", MIME: "image/jpeg"}})
	if len(told) == 0 || len(list[string](t, b, `select media_id from receipts`)) != 0 {
		t.Errorf("%s", words(told))
	}
}

func TestWhomTheOwnerHasWrittenToIsHisForTwelveHours(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.does(t, chat.Inbound{From: ana, Kind: chat.KindEcho, Type: "text", Text: "hola Ana, te cuento"})
	if told := b.say(t, ana, asked); len(told) != 0 || b.waiting(t) != 0 || len(b.seen) != 0 {
		t.Errorf("%s, seen %q", words(told), b.seen)
	}
	b.move(12 * time.Hour)
	if told := b.say(t, ana, asked); len(told) != 1 {
		t.Errorf("%d messages after half a day", len(told))
	}
}

func TestWhoWantsAPersonGetsOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.say(t, ana, "quiero hablar con una persona")
	if got := b.owners(t); !slices.Equal(got, []string{"owner_handoff"}) {
		t.Errorf("the owner was told %q", got)
	}
	if got := one[string](t, b, `select m.facts->>'Chat' from messages m where kind = 'owner_handoff'`); got != "#"+one[string](t, b, `select id::text from contacts`) {
		t.Errorf("whom he answers is called %q, and she has no reservation to go by", got)
	}
	if told := b.say(t, ana, asked); len(told) != 0 {
		t.Errorf("the bot goes on: %s", words(told))
	}
}

func TestWhatIsDaysOldIsLeftToTheOwner(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old := text(ana, asked)
	old.At = noon.Add(-4 * 24 * time.Hour)
	if told := b.does(t, old); len(told) != 0 || b.waiting(t) != 0 || len(b.seen) != 0 {
		t.Errorf("%s", words(told))
	}
	if got := b.owners(t); !slices.Equal(got, []string{"owner_unanswered"}) || b.counted(t, "stale") != 1 {
		t.Errorf("the owner was told %q", got)
	}
}

func TestWhatAsksForNothingIsSettledInSilence(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, kind := range []chat.Kind{chat.KindReaction, chat.KindSystem, chat.KindRevoke} {
		if told := b.does(t, chat.Inbound{From: ana, Kind: kind, Text: "👍"}); len(told) != 0 || b.waiting(t) != 0 {
			t.Errorf("%s: %s", kind, words(told))
		}
	}
}

func TestWhatIsTakenBackBeforeItWasReadIsNotAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.arrive(t, text(ana, "quiero cancelar todo"))
	b.arrive(t, text(ana, "tenés algo del 4 al 7 de diciembre para 9?"))
	b.arrive(t, chat.Inbound{From: ana, Kind: chat.KindRevoke, Context: "wamid.1"})
	job := b.arrive(t, chat.Inbound{From: ana, Kind: chat.KindEdit, Context: "wamid.2", Text: asked})
	b.work(t, job)
	if told := b.told(t, ana); len(told) != 1 || !strings.Contains(words(told), "$ 34.000") || b.waiting(t) != 0 {
		t.Errorf("%s", words(told))
	}
}

func TestABacklogOfDaysIsToldTheOwnerOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var job conversation.Talk
	for n := range 5 {
		old := text(ana, asked)
		old.At = noon.Add(time.Duration(n)*time.Hour - 4*24*time.Hour)
		job = b.arrive(t, old)
	}
	b.work(t, job)
	if got := b.owners(t); !slices.Equal(got, []string{"owner_unanswered"}) || len(b.told(t, ana)) != 0 || b.waiting(t) != 0 {
		t.Errorf("the owner was told %q, she %s", got, words(b.told(t, ana)))
	}
}

// owner writes down what owners command.
type owner struct {
	mu   sync.Mutex
	said []string
}

func (o *owner) Command(_ context.Context, phone string, e conversation.Event) ([]chat.Message, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.said = append(o.said, phone+" "+e.Text)
	return []chat.Message{{Kind: chat.FormText, Body: "hecho"}}, nil
}

func TestOwnersCommandAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	o := &owner{}
	b := setup(t, func(c *converse.Config, d *converse.Deps) {
		d.Owner = o
		c.Owners = append(c.Owners, "542944555555")
	})
	says(t, b.say(t, marta, "bloquear cabaña 2 del 3 al 5/1"), "hecho")
	says(t, b.say(t, chat.Contact{WaID: "5492944555555"}, "hoy"), "hecho")
	if told := b.say(t, ana, "bloquear cabaña 2 del 3 al 5/1"); strings.Contains(words(told), "hecho") {
		t.Errorf("%s", words(told))
	}
	b.say(t, chat.Contact{BSUID: "AR.5492944111111"}, "hoy")
	if want := []string{"+5492944111111 bloquear cabaña 2 del 3 al 5/1", "+5492944555555 hoy"}; !slices.Equal(o.said, want) {
		t.Errorf("%q", o.said)
	}
}
