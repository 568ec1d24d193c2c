package converse

import (
	"context"

	"github.com/eevans-d/sist-cabanas/shared/conversation"
)

// obey does what an owner writes, each thing by itself and in order. What he has sent in a voice note is heard as a guest's is.
func (w *worker) obey(ctx context.Context, s conversation.Session, written []said) (turn, error) {
	t := turn{state: s.State, outcome: "owner"}
	v := visit{worker: w, session: s}
	for _, one := range written {
		if one.echo || one.skip || one.event.Kind == conversation.Wordless {
			continue
		}
		e := one.event
		if e.Kind == conversation.Heard {
			if e.Text = v.hear(ctx, one); e.Text == "" {
				e.Kind = conversation.NotHeard
			}
		}
		answers, err := w.Owner.Command(ctx, s.Phone, e)
		if err != nil {
			return t, err
		}
		for n, m := range answers {
			t.replies = append(t.replies, conversation.Outgoing{Dedupe: name(one.inboxID, n), Message: m})
		}
	}
	return t, nil
}
