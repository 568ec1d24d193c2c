package outbox

import "time"

// Health is what of messages over WhatsApp somebody should look at, and what they cost.
type Health struct {
	// Halted is why WhatsApp takes nothing from us, a chat.Action: the token is dead, or the account has to be mended. It is what was
	// answered to a message that has to wait for that; empty = none does.
	Halted string
	// Waiting are the messages to be sent over WhatsApp, whatever they wait for.
	Waiting int
	// Refused are those of the last day that reached nobody because Meta does not take their template.
	Refused int
	// Billed are those that Meta said it bills, of this month and of the one before.
	Billed []Billed
}

// Billed is how many messages of a category Meta has billed in a month, by UTC.
type Billed struct {
	Month    time.Time // when it begins
	Category string    // in Meta's words: utility, marketing, …
	Messages int
}
