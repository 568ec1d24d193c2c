package conversation

// come takes in the outcome of an act.
func (t *talk) come() {
	switch t.event.Outcome.Act {
	case Search:
		t.offers()
	case Hold:
		t.held()
	case Mine:
		t.reservations()
	case LookPaid:
		t.paid()
	case Preview:
		t.previewed()
	case Cancel:
		t.cancelled()
	case Transfer:
		t.transferring()
	case KeepReceipt:
		t.receiptKept()
	}
}
