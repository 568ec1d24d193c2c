package payment

// Health is what of guests' money and of what they are told somebody should look at.
type Health struct {
	// Refunds that have not gone back yet, and of these: those that the owner has to make by hand, those that the provider has
	// refused before, and those of the others that were ordered more than an hour ago.
	RefundsUndone, RefundsByHand, RefundsFailing, RefundsLate int
	// Messages that were not sent, by the status of their rows; of those that were given up only the last day's, and no guest's
	// who left no address.
	MessagesQueued, MessagesFailed, MessagesGivenUp int
	// MessagesLate are those of the queued and the failed that have waited for more than an hour.
	MessagesLate int
}
