package conversation

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// Talk is the job to answer a person: all that he has written and that nobody has answered yet, in order.
type Talk struct {
	Key   string    `json:"key"`            // chat.Contact.Key of who wrote
	Event string    `json:"event"`          // what it was enqueued for: the id of a message, or any other name for the occasion
	After time.Time `json:"after,omitzero"` // when to begin; zero = at once
}

// Kind names the job.
func (Talk) Kind() string { return "conversation_talk" }

// UniqueKey is the occasion: a webhook that comes twice makes one job.
func (t Talk) UniqueKey() string { return t.Event }

// RunAt is when to begin.
func (t Talk) RunAt() time.Time { return t.After }

// Track is the job to take over what has become of messages of ours: every status that waits in the inbox.
type Track struct{}

// Kind names the job.
func (Track) Kind() string { return "chat_track" }

// Session is a conversation that somebody has taken up to carry it on: nobody else does while his lease lasts.
type Session struct {
	ContactID   int64
	Key         string // chat.Contact.Key, by which he was found
	State       State
	Version     int64           // of State: it is written back only over the same
	Contact     booking.Contact // what is known of him from his reservations
	Profile     string          // the name he has given himself; may be anything
	Phone       string          // E.164; "" = he does not show it
	LastInbound time.Time       // of all he ever wrote: until 24 h later he may be answered freely
	Pending     []Pending       // what nobody has answered yet, in order
}

// Pending is something of a person that waits in the inbox.
type Pending struct {
	InboxID int64
	Payload []byte // a chat.Inbound as JSON
	At      time.Time
}

// Outgoing is a message to be queued. Dedupe is its name: another of the same name is the same message, and goes once.
type Outgoing struct {
	Dedupe  string
	Message chat.Message
}
