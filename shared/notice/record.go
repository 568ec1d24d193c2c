package notice

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// ErrNotGivenUp refuses to send a message again that was sent, or is about to be.
var ErrNotGivenUp = fault.New(fault.Conflict, "message_not_given_up", "Only a message that was given up can be sent again.")

// Delivery is a message as its row says, with all that there is to say.
type Delivery struct {
	ID           int64
	Code         string // of the reservation; "" = it is about none
	Kind         Kind
	Recipient    Recipient
	Channel      string // email
	Facts        Facts  // what was stored with it, and the reservation, its guest and its cabin as they are now
	To           string // the guest's address; "" = he left none, or it is the owner's
	DedupeKey    string
	Status       string // queued, sent, failed, given_up
	Attempts     int    // this one included
	LastError    string
	CreatedAt    time.Time
	FirstAttempt time.Time // since it was written, or queued once more
	SentAt       time.Time
	NextAttempt  time.Time
}
