package chat

import "time"

const (
	// Window is how long after a guest's message anything may be said; later it takes a template.
	// https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#customer-service-windows
	Window = 24 * time.Hour
	// freshFor is how old a message may be for its sender to be still looking at the chat.
	freshFor = 10 * time.Minute
)

// WindowOpen reports whether anything may be said to a guest who wrote then last. The zero time is never.
func WindowOpen(lastInbound, now time.Time) bool {
	return !lastInbound.IsZero() && now.Sub(lastInbound) < Window
}

// Age is how old a message is when it comes: after an outage Meta delivers those of up to seven days.
type Age string

// The ages.
const (
	Fresh Age = "fresh" // answer as usual
	Late  Age = "late"  // answer what was asked, but begin nothing: no menu, no questions
	Stale Age = "stale" // more than 24 h: do not answer, tell the owner
)

// AgeOf says how old a message is. One that does not say when it was sent, or says a time that is yet to come, is fresh.
func AgeOf(at, now time.Time) Age {
	switch age := now.Sub(at); {
	case at.IsZero() || age <= freshFor:
		return Fresh
	case age < Window:
		return Late
	default:
		return Stale
	}
}
