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
	Held         bool   // the reservation waits to be confirmed, as its row says; what a clock says of that is Late's
	Waits        bool   // for the owner's yes
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

// Late reports whether what a message has to say is not true any more, so that it is not to be sent. Messages may have waited: for
// a mail server, or for somebody who has them sent again.
func (d *Delivery) Late(now time.Time) bool {
	if !d.Facts.NotAfter.IsZero() && !now.Before(d.Facts.NotAfter) {
		return true // nobody needs to be told of it any more
	}
	if !d.Kind.OnlyWhileHeld() || d.Facts.Until.IsZero() {
		return false // of a stay that is confirmed, a payment may be under way too
	}
	return !d.holds(now) || d.Kind.asks() && !d.Waits
}

// holds reports whether nights are kept until Facts.Until.
func (d *Delivery) holds(now time.Time) bool { return d.Held && d.Facts.Until.After(now) }

// FactsAt is what can still be said of Facts: not how long nights are kept that are not, nor that today is the day on which the
// message was written.
func (d *Delivery) FactsAt(now time.Time) Facts {
	f := d.Facts
	f.Now = now
	if !d.holds(now) {
		f.Until = time.Time{}
	}
	return f
}
