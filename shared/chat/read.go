package chat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// ErrUnreadable is the fault of a webhook that is not JSON.
var ErrUnreadable = fault.New(fault.Malformed, "malformed", "The notification is not JSON.")

// Fields of webhooks that are read here. All others are kept as they are.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference
const (
	fieldMessages = "messages"
	fieldEchoes   = "smb_message_echoes"
	fieldUserID   = "user_id_update"
)

// Read reads a webhook: every element of every list of it. What is not known, or is not as it should be, becomes an Other and
// takes none of its neighbours along; only what is not JSON at all is an error. A webhook that says nothing is one Other, so that
// whatever Meta has signed leaves a trace.
func Read(body []byte) (Batch, error) {
	if b, ok := readQuickly(body); ok {
		return b, nil
	}
	if !json.Valid(body) {
		return Batch{}, ErrUnreadable
	}
	var b Batch
	var envelope struct {
		Object word
		Entry  json.RawMessage
	}
	var entries []json.RawMessage
	if decode(body, &envelope) && envelope.Object == ours && decode(envelope.Entry, &entries) {
		for _, entry := range entries {
			b.entry(entry)
		}
	}
	if b.size() == 0 {
		b.other(string(envelope.Object), "", bytes.Clone(bytes.TrimSpace(body)))
	}
	return b, nil
}

// ours is the object of webhooks about WhatsApp.
const ours = "whatsapp_business_account"

// readQuickly reads a webhook in which all is as it should be, as nearly always, without taking it apart level by level: that is
// several times as fast. It reports whether it was one.
func readQuickly(body []byte) (Batch, bool) {
	var envelope struct {
		Object word
		Entry  []struct {
			Changes []struct {
				Field word
				Value value
			}
		}
	}
	if json.Unmarshal(body, &envelope) != nil || envelope.Object != ours {
		return Batch{}, false
	}
	var b Batch
	for _, entry := range envelope.Entry {
		if len(entry.Changes) == 0 {
			return Batch{}, false
		}
		for _, change := range entry.Changes {
			before := b.size()
			if b.said(&change.Value, change.Field.id()); b.size() == before {
				return Batch{}, false
			}
		}
	}
	return b, b.size() > 0
}

func (b *Batch) size() int { return len(b.Messages) + len(b.Statuses) + len(b.Others) }

func (b *Batch) entry(raw json.RawMessage) {
	var entry struct{ Changes json.RawMessage }
	var changes []json.RawMessage
	if !decode(raw, &entry) || !decode(entry.Changes, &changes) {
		b.other("", "", raw)
		return
	}
	for _, change := range changes {
		b.change(change)
	}
}

// value is what a change of messages says.
type value struct {
	Metadata struct {
		PhoneNumberID word `json:"phone_number_id"`
	}
	Contacts json.RawMessage
	Messages json.RawMessage
	Echoes   json.RawMessage `json:"message_echoes"`
	Statuses json.RawMessage
	Errors   json.RawMessage
	UserIDs  json.RawMessage `json:"user_id_update"`

	phone    string
	contacts []Contact
	problems []Problem
}

func (b *Batch) change(raw json.RawMessage) {
	var change struct {
		Field word
		Value json.RawMessage
	}
	var v value
	field := ""
	if decode(raw, &change) {
		field = change.Field.id()
	}
	if len(change.Value) == 0 || !decode(change.Value, &v) {
		b.other(field, "", raw)
		return
	}
	before := b.size()
	if b.said(&v, field); b.size() == before {
		b.other(field, v.phone, raw)
	}
}

// said reads what a change of a field says, if the field is one that is read here.
func (b *Batch) said(v *value, field string) {
	v.phone = v.Metadata.PhoneNumberID.id()
	switch field {
	case fieldMessages, fieldEchoes, fieldUserID:
		v.contacts, v.problems = readContacts(v.Contacts), readProblems(v.Errors)
		b.each(v, "messages", v.Messages, b.message)
		b.each(v, "message_echoes", v.Echoes, b.echo)
		b.each(v, "user_id_update", v.UserIDs, b.newUserID)
		b.each(v, "statuses", v.Statuses, b.status)
		b.each(v, "errors", v.Errors, func(*value, json.RawMessage) bool { return false })
	}
}

// each hands every element of a list to whoever reads it, and keeps those that nobody could read.
func (b *Batch) each(v *value, name string, list json.RawMessage, read func(*value, json.RawMessage) bool) {
	if len(list) == 0 || string(list) == "null" {
		return
	}
	var elements []json.RawMessage
	if !decode(list, &elements) {
		b.other(name, v.phone, list)
		return
	}
	for _, element := range elements {
		if !read(v, element) {
			b.other(name, v.phone, element)
		}
	}
}

func (b *Batch) other(field, phone string, raw json.RawMessage) {
	b.Others = append(b.Others, Other{Field: field, PhoneNumberID: phone, Raw: storable(raw)})
}

// EventID is the same whenever the message is delivered: its wamid.
func (i Inbound) EventID() string { return i.ID }

// EventID is the same whenever this news of this message is delivered.
func (s Status) EventID() string { return s.MessageID + ":" + string(s.State) }

// EventID is a digest: of what has no name of its own, the same words are the same event.
func (o Other) EventID() string { return digest([]byte(o.Field), o.Raw) }

func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write(part)
		h.Write([]byte{0})
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
