package chat

import "encoding/json"

// system tells that somebody has another number, or another BSUID. Its form has changed over the years.
type system struct {
	Body           prose
	Type           word
	WaID           word `json:"wa_id"`
	NewWaID        word `json:"new_wa_id"` // until v11
	Customer       word // who it was before
	UserID         word `json:"user_id"`
	ParentID       word `json:"parent_user_id"`
	PreviousUserID word `json:"previous_user_id"`
}

// change returns who somebody is now and who he was; the latter is nobody if nothing has changed. from is how the message
// names him: by what he had before, except that a BSUID may already be the new one.
func (s *system) change(from Contact) (now, before Contact) {
	now, before = from, Contact{}
	before.WaID = or(s.Customer.wa(), from.WaID)
	before.BSUID = or(s.PreviousUserID.id(), from.BSUID)
	now.WaID = or(s.WaID.wa(), or(s.NewWaID.wa(), before.WaID))
	if id := s.UserID.id(); id != "" {
		now.BSUID, now.ParentBSUID = id, s.ParentID.id()
	} else if now.WaID != before.WaID && s.PreviousUserID == "" {
		now.BSUID, now.ParentBSUID = "", "" // a change of number makes a new BSUID, and it does not say which
	}
	if now.WaID == before.WaID && now.BSUID == before.BSUID {
		return from, Contact{}
	}
	return now, before
}

// newUserID reads an element of user_id_update, which says the same outside of a chat. It has no id of its own.
func (b *Batch) newUserID(v *value, raw json.RawMessage) bool {
	var u struct {
		WaID   word `json:"wa_id"`
		Detail prose
		UserID struct{ Previous, Current word } `json:"user_id"`
		Parent struct{ Current word }           `json:"parent_user_id"`
		At     word                             `json:"timestamp"`
	}
	if !decode(raw, &u) || u.UserID.Current.id() == "" || u.UserID.Previous.id() == "" {
		return false
	}
	now := v.who(Contact{BSUID: u.UserID.Current.id(), ParentBSUID: u.Parent.Current.id(), WaID: u.WaID.wa()})
	kept := storable(raw)
	b.Messages = append(b.Messages, Inbound{
		ID: digest([]byte(fieldUserID), kept), PhoneNumberID: v.phone, From: now, At: u.At.at(), Kind: KindSystem, Type: fieldUserID,
		Text: u.Detail.line(), Previous: Contact{BSUID: u.UserID.Previous.id(), WaID: u.WaID.wa()}, Raw: kept,
	})
	return true
}
