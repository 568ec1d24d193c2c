package payment

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// EventFraudAlert is what a reservation's history says of a FraudAlert.
const EventFraudAlert = "payment_fraud_alert"

// FraudKey is the key of the message that tells of a FraudAlert.
func FraudKey(about Name) string { return "owner_fraud:" + about.String() }

// FraudAlert is what follows where a provider takes a payment for fraud: the owner is told, once, since the guest should not be
// received before somebody has looked, and the payment is flagged for as long as there is money of it. Nothing else follows from
// it: what becomes of the payment its status says.
func FraudAlert(a Account, about Name, now time.Time) Decision {
	s := begin(a, now)
	s.r, s.d = a.Reservation, Decision{Reservation: a.Reservation} // what begin has found out is for Settle to write
	t := s.tallyOf(about)
	f := notice.Facts{}
	if t != nil {
		f = s.about(t)
	}
	s.alarm(about, f)
	if t != nil && s.flagOf(t) == FlagFraudAlert {
		s.mark(t, FlagFraudAlert)
	}
	return s.d
}

// StrayFraudAlert is FraudAlert about a payment of no reservation that is known, or one that is not known itself: then there is its
// name alone.
func StrayFraudAlert(about Name, known []Payment, now time.Time) Decision {
	s := begin(Account{}, now)
	f := notice.Facts{}
	for i := range known {
		f.Amount, f.Currency = known[i].Amount, known[i].Currency
		s.mark(&tally{Payment: &known[i], name: about}, FlagFraudAlert)
	}
	s.alarm(about, f)
	return s.d
}

// alarm tells of a FraudAlert, and writes it down, unless that was done.
func (s *settling) alarm(about Name, f notice.Facts) {
	if s.told[FraudKey(about)] {
		return
	}
	f.Provider, f.Payment = about.Provider, about.ID
	s.tell(notice.OwnerFraudAlert, "fraud:"+about.String(), f)
	s.record(EventFraudAlert, map[string]any{"payment": about.String()})
}

// fraud reports whether the provider takes a payment for fraud, and there is or may be money of it.
func (s *settling) fraud(t *tally) bool {
	return s.told[FraudKey(t.name)] && (t.net() > 0 || t.Status.Waiting())
}
