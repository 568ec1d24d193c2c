package conversation

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// Person is somebody who writes to us, and how his conversation stands.
type Person struct {
	ID int64
	chat.Contact
	Phone       string // E.164; "" = he does not show it
	Language    string
	LastInbound time.Time // zero = he never wrote
	Stopped     time.Time // since when he wants no marketing; zero = he takes it
	HandedOver  time.Time // until when a person answers him; zero = the system does
	Awaiting    bool      // he waits for a person, and none has said anything yet
	TalkedAt    time.Time // zero = never
}

// Receipt is what somebody sent to show that he has paid.
type Receipt struct {
	ID        int64
	ContactID int64
	Code      string // of the reservation; "" = of none
	MediaID   string // at WhatsApp
	File      chat.File
	CreatedAt time.Time
}
