package payment

import "strings"

// ofReservation begins the PaymentID of a Look for all payments of a reservation.
const ofReservation = "of:"

// LookFor is a Look for all payments of a reservation, where none of them is known by its id: the provider is asked which there
// are. The event is as in Look: a guest's return at a time.
func LookFor(provider, code, event string) Look {
	return Look{Provider: provider, PaymentID: ofReservation + code, Event: event}
}

// Reservation is the code of the reservation whose payments are all to be looked up; "" = PaymentID is the only one.
func (l Look) Reservation() string {
	code, ok := strings.CutPrefix(l.PaymentID, ofReservation)
	if !ok {
		return ""
	}
	return code
}
