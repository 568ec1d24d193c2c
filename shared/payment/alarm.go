package payment

import (
	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// FraudAlert is what the owner is told of a payment that its provider takes for fraud: the guest should not be received before
// somebody has looked. Nothing else follows from it: what becomes of the payment its status says. Of a payment that is not known
// yet there is its name alone; the reservation is empty where none is known.
func FraudAlert(p Payment, r booking.Reservation) Message {
	f := notice.Facts{Amount: p.Amount, Provider: p.Name().Provider, Payment: p.ID, Paid: r.Paid}
	switch {
	case r.Code == "":
		f.Currency = p.Currency
	case p.Currency != r.Currency:
		f.AmountCurrency = p.Currency
	}
	return Message{Kind: notice.OwnerFraudAlert, Key: "owner_fraud:" + p.Name().String(), Facts: f}
}
