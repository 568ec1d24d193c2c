package converse

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// maxFailures is how often what a person wrote is tried before it is left to the owner.
const maxFailures = 5

// failures counts in a row, by person. It is of this process: another that tries gives it five more chances, which does no harm.
type failures struct {
	mu sync.Mutex
	of map[int64]int
}

func (f *failures) add(contactID int64) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil || len(f.of) > 10_000 { // nobody has so many guests in trouble at once; what is forgotten is tried again
		f.of = map[int64]int{}
	}
	f.of[contactID]++
	return f.of[contactID]
}

func (f *failures) forget(contactID int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, contactID)
}

// sorry is what a guest is told whom the program cannot answer.
const sorry = "Perdón, no pude leer bien tu último mensaje. Ya le avisé al anfitrión, que te va a escribir."

// failed gives a conversation up for another attempt, later each time. In the end what was written is settled, and the owner told:
// a message that the program cannot bear must not keep all that come after it from being answered.
func (w *worker) failed(ctx context.Context, s conversation.Session, failure error) error {
	w.count("failed")
	stopped := errors.Is(ctx.Err(), context.Canceled) // the process ends, which is nobody's failure
	// Whoever has run out of time gives it back all the same: the guest waits.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if !stopped && w.failures.add(s.ContactID) >= maxFailures {
		return w.giveUp(ctx, s)
	}
	return errors.Join(failure, w.Conversations.Release(ctx, s))
}

func (w *worker) giveUp(ctx context.Context, s conversation.Session) error {
	w.failures.forget(s.ContactID)
	w.count("given_up")
	settled := make([]int64, len(s.Pending))
	for n, p := range s.Pending {
		settled[n] = p.InboxID
	}
	last := settled[len(settled)-1]
	if err := w.inform(ctx, s, notice.OwnerUnanswered, last, s.State.Code, ""); err != nil {
		return err
	}
	replies := []conversation.Outgoing{{Dedupe: name(last, 0), Message: chat.Message{Kind: chat.FormText, Body: sorry}}}
	if s.State.Step == conversation.HandedOver && w.Now().Before(s.State.Until) {
		replies = nil
	}
	return w.Conversations.Finish(ctx, s, s.State, replies, settled, w.Now())
}

// refusal is why something was not done, as conversation.Outcome has it: the code of a fault that a guest can do something about,
// and for all else that it is worth trying again.
func refusal(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case err == nil:
		return ""
	case !ok, f.Kind == fault.Unavailable, f.Kind == fault.Internal, errors.Is(err, context.DeadlineExceeded):
		return unavailable
	default:
		return f.Code
	}
}

// unavailable is the refusal of a world that does not answer.
const unavailable = "unavailable"
