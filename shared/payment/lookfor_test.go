package payment_test

import (
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestALookForAReservationIsNoneForAPayment(t *testing.T) {
	t.Parallel()
	all := payment.LookFor(payment.MercadoPago, "ABC234", "the guest is back")
	if all.Reservation() != "ABC234" || payment.IsPaymentID(all.PaymentID) || all.Kind() != (payment.Look{}).Kind() {
		t.Errorf("%+v", all)
	}
	for _, id := range []string{"143845427326", "", "ABC234"} {
		if code := (payment.Look{Provider: payment.MercadoPago, PaymentID: id}).Reservation(); code != "" {
			t.Errorf("%q is taken for all payments of %q", id, code)
		}
	}
	if other := payment.LookFor(payment.MercadoPago, "XYZ789", "the guest is back"); other.UniqueKey() == all.UniqueKey() {
		t.Error("two reservations share a look")
	}
}
