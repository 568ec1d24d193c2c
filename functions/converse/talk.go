package converse

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// talk answers all that a person has written and nobody has answered yet.
func (w *worker) talk(ctx context.Context, job conversation.Talk) error {
	for naps := 0; ; naps++ {
		s, ok, err := w.Conversations.Begin(ctx, job.Key, w.Now())
		switch {
		case err != nil:
			return err
		case !ok:
			w.count("nothing")
			return nil
		}
		written := w.read(s)
		pause := w.pause(s, written)
		if pause <= 0 || naps >= maxNaps {
			return w.answer(ctx, s, written)
		}
		if err := w.Conversations.Release(ctx, s); err != nil {
			return err
		}
		if waits, err := w.wait(ctx, job, written, pause); !waits {
			return err
		}
	}
}

// maxNaps is how often one job lets a guest go on.
const maxNaps = 3

// wait lets a guest go on writing, without keeping the conversation from others: who brings the rest of it may answer all. Where
// too many wait already another job comes later. Jobs for later are not the rule because the queue looks for those whose time has
// come every five seconds only, which is long for a guest who has said hello.
func (w *worker) wait(ctx context.Context, job conversation.Talk, written []said, pause time.Duration) (waits bool, err error) {
	w.count("waited")
	select {
	case w.naps <- struct{}{}:
		defer func() { <-w.naps }()
	default:
		last := written[len(written)-1].message.ID
		return false, w.Enqueue(ctx, conversation.Talk{Key: job.Key, Event: "rest " + last, After: w.Now().Add(pause)})
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// turn is what one session comes to.
type turn struct {
	state   conversation.State
	replies []conversation.Outgoing
	outcome string
}

// answer makes the turns of a session and writes what has become of it.
func (w *worker) answer(ctx context.Context, s conversation.Session, written []said) error {
	var aside sync.WaitGroup
	defer aside.Wait() // it is in nobody's way: the replies are sent by then
	aside.Go(func() { w.insure(ctx, s) })
	w.markSeen(ctx, &aside, s, written)
	t, err := w.guarded(ctx, s, written)
	if err != nil {
		return w.failed(ctx, s, err)
	}
	settled := make([]int64, len(s.Pending))
	for n, p := range s.Pending {
		settled[n] = p.InboxID
	}
	now := w.Now()
	if err := w.finish(ctx, s, t, settled, now); err != nil {
		return err
	}
	w.failures.forget(s.ContactID)
	w.count(t.outcome)
	if len(t.replies) > 0 && len(written) > 0 {
		w.took(now.Sub(written[len(written)-1].message.At))
	}
	return nil
}

// maxFinishes is how often it is tried to write down what has become of a conversation: others who want to take it up may be in the
// way, and what was done for the guest is done.
const maxFinishes = 3

// finish writes a conversation down, or gives it up to be taken up anew.
func (w *worker) finish(ctx context.Context, s conversation.Session, t turn, settled []int64, now time.Time) error {
	var err error
	for range maxFinishes {
		if err = w.Conversations.Finish(ctx, s, t.state, t.replies, settled, now); !errors.Is(err, fault.ErrBusy) {
			break
		}
	}
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), asideTimeout)
	defer cancel()
	return errors.Join(err, w.Conversations.Release(ctx, s))
}

// lease is for how long a conversation is its worker's own; see postgres.Conversations.
const lease = time.Minute

// insure has somebody look after the guest when our time is over, in case we die meanwhile: the queue itself takes twice as long to
// notice that. Where we do not die there is nothing left to be done by then.
func (w *worker) insure(ctx context.Context, s conversation.Session) {
	ctx, cancel := context.WithTimeout(ctx, asideTimeout)
	defer cancel()
	last := s.Pending[len(s.Pending)-1].InboxID
	job := conversation.Talk{Key: s.Key, Event: "insured " + strconv.FormatInt(last, 10), After: w.Now().Add(lease + time.Second)}
	if err := w.Enqueue(ctx, job); err != nil {
		w.Log.Warn().Str("function", Spec.Name).Str("reason", refusal(err)).Msg("a conversation goes on uninsured")
	}
}

// asideTimeout is for what is done beside the answer.
const asideTimeout = 3 * time.Second

// markSeen shows the guest that he has been read, beside everything else. Nobody has been read by a person who answers him later.
func (w *worker) markSeen(ctx context.Context, aside *sync.WaitGroup, s conversation.Session, written []said) {
	now := w.Now()
	if w.Seen == nil || s.State.Step == conversation.HandedOver && now.Before(s.State.Until) {
		return
	}
	for _, one := range slices.Backward(written) {
		m := one.message
		if one.event.Kind == conversation.Wordless || one.echo || chat.AgeOf(m.At, now) == chat.Stale {
			continue
		}
		aside.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, asideTimeout)
			defer cancel()
			_ = w.Seen(ctx, m.ID) // earlier ones are marked along with it; where that fails the guest sees the answer all the same
		})
		return
	}
}

// errBug is a panic in what one person wrote, which is to concern nobody else.
var errBug = errors.New("a conversation made the program panic")

// guarded makes the turns of a session, and of a panic an error. What it says may be the guest's, so its type is all that is logged.
func (w *worker) guarded(ctx context.Context, s conversation.Session, written []said) (t turn, err error) {
	defer func() {
		if value := recover(); value != nil {
			w.Log.Error().Str("function", Spec.Name).Int64("contact", s.ContactID).Str("reason", fmt.Sprintf("panic: %T", value)).
				Bytes("stack", debug.Stack()).Msg("conversation failed")
			err = errBug
		}
	}()
	if w.Owner != nil && w.isOwner(s.Phone) {
		return w.obey(ctx, s, written)
	}
	return w.serve(ctx, s, written)
}

// serve answers a guest. What is too old to be answered is the owner's, who is told of it once.
func (w *worker) serve(ctx context.Context, s conversation.Session, written []said) (turn, error) {
	t := turn{state: s.State, outcome: "silent"}
	v := visit{worker: w, session: s}
	var mine []said // the owner's to answer
	for _, one := range v.events(ctx, written) {
		kind, before := one.event.Kind, t.state
		if chat.AgeOf(one.event.At, w.Now()) == chat.Stale && kind != conversation.Taken && kind != conversation.Wordless && t.outcome != "stale" {
			t.outcome = "stale"
			if err := w.inform(ctx, s, notice.OwnerUnanswered, one.inboxID, t.state.Code, one.event.Text); err != nil {
				return t, err
			}
		}
		replies, err := v.converse(ctx, &t.state, one)
		if err != nil {
			return t, err
		}
		if now := w.Now(); silent(before, now) && silent(t.state, now) && chat.AgeOf(one.event.At, now) != chat.Stale {
			mine = append(mine, one.parts...)
		}
		for n, m := range replies {
			t.replies = append(t.replies, conversation.Outgoing{Dedupe: name(one.inboxID, n), Message: m})
			t.outcome = "answered"
		}
	}
	return t, v.forward(ctx, t.state, mine)
}

// name is the same for the n-th reply to a message, however often it is worked out.
func name(inboxID int64, n int) string {
	return "talk:" + strconv.FormatInt(inboxID, 10) + ":" + strconv.Itoa(n)
}

// silence is for how long nothing is said to a guest to whom the owner has written himself.
const silence = 12 * time.Hour
