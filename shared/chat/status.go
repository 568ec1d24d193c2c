package chat

import (
	"encoding/json"
	"slices"
)

// ranks is the order in which states come about.
var ranks = []State{Sent, Delivered, Seen, Played}

// After reports whether news that a message is s says more than that it is before: webhooks come in any order. What has failed
// after it was sent is failed; what has been delivered is not failed any more; what was deleted stays so.
func (s State) After(before State) bool {
	switch {
	case before == "" || before == s:
		return before == ""
	case before == Deleted:
		return false
	case s == Deleted:
		return true
	case s == Failed:
		return before == Sent
	case before == Failed:
		return s != Sent
	}
	return slices.Index(ranks, s) > slices.Index(ranks, before)
}

func (s State) known() bool { return s == Failed || s == Deleted || slices.Contains(ranks, s) }

// status reads an element of statuses. A state that is not known here is kept as an Other.
func (b *Batch) status(v *value, raw json.RawMessage) bool {
	var s struct {
		ID        word
		Status    word
		At        word  `json:"timestamp"`
		Recipient word  `json:"recipient_id"`
		UserID    word  `json:"recipient_user_id"`
		ParentID  word  `json:"recipient_parent_user_id"`
		Data      prose `json:"biz_opaque_callback_data"`
		Pricing   struct {
			Billable yes
			Category word
		}
		Errors json.RawMessage
	}
	if !decode(raw, &s) || s.ID.id() == "" || !State(s.Status).known() {
		return false
	}
	b.Statuses = append(b.Statuses, Status{
		MessageID: s.ID.id(), PhoneNumberID: v.phone, State: State(s.Status), At: s.At.at(),
		Recipient: v.who(Contact{BSUID: s.UserID.id(), ParentBSUID: s.ParentID.id(), WaID: s.Recipient.wa()}),
		Data:      shorten(string(s.Data), MaxData), Problems: readProblems(s.Errors),
		Billable: bool(s.Pricing.Billable), Category: s.Pricing.Category.id(), Raw: storable(raw),
	})
	return true
}
