package deliver

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

const (
	// unsure is how long a status may take that says that a message was sent of which nobody knows; then it is sent again.
	unsure = 30 * time.Second
	// settling is how long that status is given after a start: while nobody was here nobody could be told.
	settling = 15 * time.Second
	// lastTurn is how long before the end of its time the function begins nothing more.
	lastTurn = 30 * time.Second
	// standstill is how often it is tried whether the account works again.
	standstill = time.Minute
)

// errMore makes the queue ask again: a person is to be told more than there was time for.
var errMore = errors.New("there is more to be said")

// hold is until when nothing is sent over WhatsApp, to anybody: Meta has had enough, or takes nothing from us.
type hold struct{ until atomic.Int64 }

func (h *hold) over(now time.Time) bool { return now.UnixNano() >= h.until.Load() }

func (h *hold) end() time.Time { return time.Unix(0, h.until.Load()).UTC() }

func (h *hold) extend(until time.Time) {
	for {
		old := h.until.Load()
		if until.UnixNano() <= old || h.until.CompareAndSwap(old, until.UnixNano()) {
			return
		}
	}
}

// speak sends all that a person is to be told over WhatsApp, one message after the other.
func (w *worker) speak(ctx context.Context, contactID int64) error {
	speaker := rand.Text()
	for {
		if end, ok := ctx.Deadline(); ok && time.Until(end) < lastTurn {
			return errMore
		}
		t, found, err := w.Messages.Next(ctx, contactID, speaker, w.Now())
		if err != nil || !found {
			return err
		}
		if err := w.turn(ctx, &t); err != nil {
			return err
		}
	}
}

// turn makes one attempt to send a message, and writes down what has come of it.
func (w *worker) turn(ctx context.Context, t *outbox.Turn) error {
	now := w.Now()
	m, ending, sayable := w.words(t, now)
	if !sayable {
		return w.unsaid(ctx, t, ending)
	}
	if w.Phone == nil && t.Body == nil {
		return w.unsaid(ctx, t, elsewhere(t, "off", t.ErrorCode))
	}
	switch {
	case t.Unsure && now.Before(w.began.Add(settling)):
		return w.unsaid(ctx, t, outbox.Ending{Class: "unsure", Code: t.ErrorCode, Next: w.began.Add(settling)})
	case w.Phone == nil:
		return w.unsaid(ctx, t, outbox.Ending{Class: "held", Code: t.ErrorCode, Next: now.Add(standstill)})
	case !w.hold.over(now):
		return w.unsaid(ctx, t, outbox.Ending{Class: "held", Code: t.ErrorCode, Next: w.hold.end()})
	}
	id, err := w.Phone.Send(ctx, t.Person.Contact, m, t.Data())
	// Whatever came of it is written down, also when the time of the attempt is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err == nil {
		w.counted(whatsapp, "sent")
		return w.Messages.Said(ctx, t, id, w.Now())
	}
	failure, ok := errors.AsType[*chat.Failure](err)
	if !ok {
		failure = &chat.Failure{Action: chat.ActionRetry, Ambiguous: true}
	}
	if err := w.alarm(ctx, failure.Action, m); err != nil {
		return err
	}
	return w.unsaid(ctx, t, w.ending(t, failure, w.Now()))
}

// alarm tells the owner once a day of what only he can mend: that nothing goes, which he is told by mail, or that a template does not.
func (w *worker) alarm(ctx context.Context, a chat.Action, m chat.Message) error {
	now := w.Now()
	today := now.UTC().Format(time.DateOnly)
	switch {
	case a == chat.ActionTokenDead || a == chat.ActionAlarm:
		return w.Messages.Tell(ctx, notice.OwnerWhatsAppDown, "whatsapp:"+string(a)+":"+today, "", notice.Facts{ReasonCode: string(a)}, now)
	case a == chat.ActionTemplateDown && m.Template != nil:
		return w.Messages.Tell(ctx, notice.OwnerTemplateDown, "template:"+m.Template.Name+":"+today, "", notice.Facts{Reason: m.Template.Name}, now)
	}
	return nil
}

func (w *worker) unsaid(ctx context.Context, t *outbox.Turn, e outbox.Ending) error {
	switch {
	case e.Elsewhere:
		w.counted(whatsapp, "elsewhere")
	case e.Next.IsZero():
		w.counted(whatsapp, "given_up")
	default:
		w.counted(whatsapp, "failed")
	}
	return w.Messages.Unsaid(ctx, t, e, w.Now())
}

// ending is what follows from a failure.
func (w *worker) ending(t *outbox.Turn, f *chat.Failure, now time.Time) outbox.Ending {
	e := outbox.Ending{Class: string(f.Action), Code: f.Code}
	pause := max(f.RetryAfter, f.Action.Pause(t.Attempts+1))
	switch {
	case f.Ambiguous:
		e.Class, e.Code, e.Next = "unsure", t.ErrorCode, now.Add(max(pause, unsure))
	case f.Action == chat.ActionTokenDead || f.Action == chat.ActionAlarm:
		w.hold.extend(now.Add(standstill))
		e.Code, e.Next = t.ErrorCode, now.Add(standstill)
		return e // for as long as it takes: nothing is wrong with the message
	case f.Action == chat.ActionRateLimited:
		w.hold.extend(now.Add(pause))
		e.Code, e.Next = t.ErrorCode, now.Add(pause)
	case f.Action == chat.ActionPairLimited:
		e.Code, e.Next, e.Quiet = t.ErrorCode, now.Add(pause), true
	case f.Action == chat.ActionTemplate && t.ErrorCode != f.Code:
		e.Next = now // with a template, if there is one
	case f.Action.Again() && t.Attempts < maxAttempts(f.Action):
		e.Next = now.Add(pause)
	default:
		return elsewhere(t, string(f.Action), f.Code)
	}
	if now.Sub(t.FirstAttempt) >= keepTrying {
		return elsewhere(t, string(f.Action), f.Code)
	}
	return e
}

// maxAttempts is how often something is tried that may pass.
func maxAttempts(a chat.Action) int {
	if a == chat.ActionMedia {
		return 4
	}
	return 200 // see keepTrying
}

// elsewhere is what becomes of a message that cannot reach a person over WhatsApp: it goes by mail if it can, else the owner is
// told, unless it is a reply that no fault of ours has kept back: that is no use to anybody any more.
func elsewhere(t *outbox.Turn, class string, code int) outbox.Ending {
	e := outbox.Ending{Class: class, Code: code, Stopped: class == string(chat.ActionStopped)}
	switch {
	case t.Kind == outbox.Reply && class != string(chat.ActionBug):
	case t.Body == nil && (t.Recipient == notice.Owner || t.To != ""):
		e.Elsewhere = true
	default:
		e.Tell = true
	}
	return e
}
