// Package outbox holds what is sent to people over WhatsApp, as it is kept until it has arrived. It does no I/O.
package outbox

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// Reply and Note are the kinds of messages that are sent as they are: what the system answers, and what a person has it say. A
// reply that comes too late is no use to anybody, and is given up without a word.
const (
	Reply notice.Kind = "reply"
	Note  notice.Kind = "note"
)

// Turn is the message whose turn it is to be sent to a person over WhatsApp, with all that there is to say.
type Turn struct {
	notice.Delivery
	Person    conversation.Person
	Body      *chat.Message // nil = Kind and Facts say what
	Unsure    bool          // nobody knows what became of the attempt before this one: whoever made it died, or got no answer
	ErrorCode int           // WhatsApp's, of the last attempt that failed, which may have been by a status; 0 = none did
}

// Data is what goes along with this attempt to send it, and comes back in its statuses.
func (t *Turn) Data() string { return ticket(t.ID, t.Attempts) }

// Ending is what has become of a message that was not sent.
type Ending struct {
	Class     string    // why, in a word that tells nothing of whom or what it was about
	Code      int       // WhatsApp's; 0 = it said none
	Next      time.Time // when to try again; zero = not over WhatsApp
	Quiet     bool      // until Next nothing is sent to this person at all
	Elsewhere bool      // instead of Next: it goes by e-mail
	Tell      bool      // it is given up, and the owner is told
	Stopped   bool      // the person wants no marketing
}

// Way is where a message goes.
type Way struct {
	Contacts []int64 // over WhatsApp, to these persons; none = by e-mail, or it is settled
}

// Tracked is what has become of statuses.
type Tracked struct {
	Read      int   // were looked at
	Applied   int   // of them are of messages of ours
	Unmatched int   // of them are of none, and have waited long enough
	Waiting   int   // of them are of none yet
	Last      int64 // the id of the last one: for the next page
}
