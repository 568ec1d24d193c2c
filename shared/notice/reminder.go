package notice

// Reminders returns the kinds of messages that nothing but time brings about, in the order in which a stay comes to them.
func Reminders() []Kind {
	return []Kind{HoldExpiring, BalanceDue, PreArrival, DepartureDay, ThanksReview}
}

// Reminder is a guest whom it is time to tell something.
type Reminder struct {
	ReservationID int64
	Code          string
}

// ReminderRules is what of reminders whoever runs the cabins decides.
type ReminderRules struct {
	BalanceDays int    // how many days before arrival what is owed is asked for; 0 = never
	ReviewURL   string // where guests can say how it was; empty = nowhere
}
