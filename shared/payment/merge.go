package payment

import (
	"cmp"
	"time"
)

// Merge is what is known of a payment after somebody has looked again, and whether it is anything new. Known without an ID is
// nothing.
//
// The provider's clock decides: of two answers the one with the later LastUpdated is believed, whatever it says, for a payment does
// not only go forward: one that was approved may be refunded, charged back or disputed, and a dispute that is won makes it approved
// again. What is older than what is known came late, and changes nothing. Where the times are the same, or one of them is not
// known, there is no telling which came later, and only what goes forward is believed: from undecided to decided, and from approved
// to what takes the money away. More that was given back is forward too, never less.
func Merge(known, seen Payment) (Payment, bool) {
	if known.ID == "" {
		return seen, true
	}
	seen.Provider, seen.Flag = cmp.Or(seen.Provider, known.Provider), known.Flag
	seen.DateCreated, seen.DateApproved = orTime(seen.DateCreated, known.DateCreated), orTime(seen.DateApproved, known.DateApproved)
	both := !seen.LastUpdated.IsZero() && !known.LastUpdated.IsZero()
	order := seen.LastUpdated.Compare(known.LastUpdated)
	if !both || order == 0 {
		order = cmp.Or(
			cmp.Compare(rank(seen.Status), rank(known.Status)), cmp.Compare(seen.Refunded, known.Refunded),
			cmp.Compare(seen.Status, known.Status)) // of two that are as good, always the same one
		if order > 0 {
			seen.Refunded = max(seen.Refunded, known.Refunded)
			seen.LastUpdated = orTime(seen.LastUpdated, known.LastUpdated)
		}
	}
	if order <= 0 {
		return known, false
	}
	return seen, !same(known, seen)
}

// rank is how far a payment has come.
func rank(s Status) int {
	switch s {
	case Pending:
		return 1
	case InProcess:
		return 2
	case Authorized:
		return 3
	case Rejected, Cancelled:
		return 4
	case Approved:
		return 5
	case InMediation:
		return 6
	case ChargedBack:
		return 7
	case Refunded:
		return 8
	default:
		return 0
	}
}

func orTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

// same compares instants as such, not the zones that they are written in.
func same(a, b Payment) bool {
	for _, t := range []*time.Time{
		&a.DateCreated, &a.DateApproved, &a.LastUpdated, &a.Expires, &b.DateCreated, &b.DateApproved, &b.LastUpdated, &b.Expires,
	} {
		*t = t.UTC()
	}
	return a == b
}
