package converse

import (
	"context"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
)

// visit is a guest who is being answered.
type visit struct {
	*worker
	session conversation.Session
	facts   *conversation.Facts // read once
}

// converse goes round what follows from one thing that a guest has done: the dialogue says what it wants to know or done, and that
// comes back to it as the next event.
func (v *visit) converse(ctx context.Context, state *conversation.State, one said) ([]chat.Message, error) {
	if err := v.know(ctx); err != nil {
		return nil, err
	}
	e := one.event
	var replies []chat.Message
	for range conversation.MaxRounds + 1 {
		t := state.Next(e, *v.facts, v.Now())
		*state = t.State
		replies = append(replies, t.Replies...)
		if t.Act.Kind == conversation.None {
			break
		}
		outcome, err := v.act(ctx, t.Act, one)
		if err != nil {
			return nil, err
		}
		if t.Act.Kind == conversation.HandOver || t.Act.Kind == conversation.TellLoop {
			break // what is said of it has been said
		}
		outcome.Act = t.Act.Kind
		e = conversation.Event{ID: e.ID, Kind: conversation.Done, At: e.At, Outcome: outcome}
	}
	return replies, nil
}

// know reads what is true for this visit.
func (v *visit) know(ctx context.Context) error {
	if v.facts != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cabins, err := v.Conversations.Cabins(ctx)
	if err != nil {
		return err
	}
	zone := argentina
	if len(cabins) > 0 && cabins[0].Zone != nil {
		zone = cabins[0].Zone
	}
	v.facts = &conversation.Facts{
		Today: civil.Of(v.Now(), zone), Zone: zone, Cabins: cabins, Holidays: v.Holidays, Profile: v.session.Profile,
		Contact: v.session.Contact, Online: v.Cashier != nil, Site: v.baseURL,
	}
	return nil
}

// hearTimeout is for fetching a voice note and having it written down, and for all those of a guest, who has no more patience.
const hearTimeout = 30 * time.Second

// hear makes a text of a voice note; "" = nobody could, or is to answer.
func (v *visit) hear(ctx context.Context, one said) string {
	silent := v.session.State.Step == conversation.HandedOver && v.Now().Before(v.session.State.Until)
	if v.Hear == nil || one.message.Media == nil || silent {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, hearTimeout)
	defer cancel()
	text, err := v.Hear(ctx, *one.message.Media)
	if err != nil {
		return ""
	}
	return text
}
