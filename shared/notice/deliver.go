package notice

import "time"

// Deliver is the job of sending a message that is kept, or all that wait for one person, in order.
type Deliver struct {
	MessageID int64     `json:"message_id,omitempty"`
	ContactID int64     `json:"contact_id,omitempty"` // instead of MessageID: all that is to be said to this person over WhatsApp
	After     time.Time `json:"after,omitzero"`       // not before; zero = now
}

// Kind names the job.
func (Deliver) Kind() string { return "notice_deliver" }

// RunAt is when to send.
func (d Deliver) RunAt() time.Time { return d.After }
