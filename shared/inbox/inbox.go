// Package inbox holds what others tell us of, as it is kept before anybody looks at it: the notifications of a payment provider,
// and what WhatsApp delivers. It does no I/O.
package inbox

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// Where events of WhatsApp come from, as Event.Source; a payment provider's name is its own. Statuses are apart, since they are
// looked at by whoever looks after the messages that they are about, and not by whoever answers guests.
const (
	WhatsApp       = "whatsapp"
	WhatsAppStatus = "whatsapp_status"
	WhatsAppOther  = "whatsapp_other"
)

// Event is a notification as it is kept. EventID is taken only of what is Signed: anybody could take the name of one that is
// yet to come. Texts are UTF-8 without NUL, of at most 200 bytes.
type Event struct {
	Source     string // mercadopago, whatsapp…
	EventID    string // the same in every delivery; "" = it cannot be told from others
	Topic      string // what sort of thing it is about
	ResourceID string // what it is about, as the sender names it
	Subject    string // what has to be looked at; "" = nothing: the event is settled as ignored at once
	Payload    []byte // as it came, or what was read of it
	Signed     bool
	At         time.Time // when it came
}

// Arrival is an event with the job that it asks for; nil = none.
type Arrival struct {
	Event
	Job interface{ Kind() string }
}

// Said is the event of a message that somebody has sent, whose Subject is the key of who he is. Its Payload is the message as
// JSON.
func Said(m chat.Inbound, now time.Time) (Event, error) {
	payload, err := json.Marshal(m)
	if err != nil {
		return Event{}, fmt.Errorf("keep a message: %w", err)
	}
	return Event{
		Source: WhatsApp, EventID: m.EventID(), Topic: string(m.Kind), ResourceID: m.Context, Subject: m.From.Key(),
		Payload: payload, Signed: true, At: now,
	}, nil
}

// News is the event of a status of a message of ours, whose Subject is that message's id at WhatsApp. Its Payload is the status
// as JSON.
func News(s chat.Status, now time.Time) (Event, error) {
	payload, err := json.Marshal(s)
	if err != nil {
		return Event{}, fmt.Errorf("keep a status: %w", err)
	}
	return Event{
		Source: WhatsAppStatus, EventID: s.EventID(), Topic: string(s.State), ResourceID: s.MessageID, Subject: s.MessageID,
		Payload: payload, Signed: true, At: now,
	}, nil
}

// Else is the event of something that is neither. Nobody has to look at it.
func Else(o chat.Other, now time.Time) Event {
	return Event{Source: WhatsAppOther, EventID: o.EventID(), Topic: o.Field, Payload: o.Raw, Signed: true, At: now}
}
