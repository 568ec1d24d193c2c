package booking

import "slices"

// Status is what has become of a reservation.
type Status string

// The states of a reservation. It begins as a hold; expired, cancelled, completed and no_show are final.
const (
	StatusPreReserved Status = "pre_reserved" // a hold: the nights are kept while the guest pays
	StatusConfirmed   Status = "confirmed"    // the deposit is paid, or the owner said so
	StatusCompleted   Status = "completed"    // the guest stayed and left
	StatusNoShow      Status = "no_show"      // the guest never came
	StatusExpired     Status = "expired"      // the hold ran out unpaid
	StatusCancelled   Status = "cancelled"
)

// Live reports whether a reservation in this state takes its nights. A hold whose time is over is not live whatever its
// row says: see Reservation.StatusAt.
func (s Status) Live() bool { return s == StatusPreReserved || s == StatusConfirmed }

// CanBecome reports whether a reservation may go from s to next. No state may become itself.
func (s Status) CanBecome(next Status) bool {
	switch s {
	case StatusPreReserved:
		return next == StatusConfirmed || next == StatusExpired || next == StatusCancelled
	case StatusConfirmed:
		return next == StatusCompleted || next == StatusNoShow || next == StatusCancelled
	default:
		return false
	}
}

// PaymentStatus is how far a reservation is paid.
type PaymentStatus string

// The states of payment.
const (
	PaymentPending           PaymentStatus = "pending"
	PaymentPartiallyPaid     PaymentStatus = "partially_paid" // as a rule: the deposit
	PaymentPaid              PaymentStatus = "paid"
	PaymentRefunded          PaymentStatus = "refunded"
	PaymentPartiallyRefunded PaymentStatus = "partially_refunded"
	PaymentFailed            PaymentStatus = "failed"
)

// Channels returns where a reservation may come from, in the order in which the API lists them.
func Channels() []string {
	return []string{"web", "whatsapp", "phone", "email", "direct", "airbnb", "booking", "vrbo", "mercadolibre", "other"}
}

// ValidChannel reports whether name is one of Channels.
func ValidChannel(name string) bool { return slices.Contains(Channels(), name) }
