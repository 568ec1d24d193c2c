package payment_test

import (
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestWhoIsToldOfAHold(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, time.December, 1, 12, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		channel, email string
		approval       booking.Approval
		want           string
	}{
		{"web", "ana@example.com", booking.ApprovalNone, "hold_made held:ABC234 guest;"},
		{"web", "ana@example.com", booking.ApprovalWaiting, "approval_requested held:ABC234 guest;owner_approval_waiting owner_held:ABC234 owner;"},
		{"web", "", booking.ApprovalNone, ""},
		{"web", "", booking.ApprovalWaiting, "owner_approval_waiting owner_held:ABC234 owner;"},
		{"whatsapp", "ana@example.com", booking.ApprovalNone, ""},
		{"whatsapp", "ana@example.com", booking.ApprovalWaiting, "owner_approval_waiting owner_held:ABC234 owner;"},
	} {
		got := ""
		for _, m := range payment.Held(&booking.Reservation{
			Code: "ABC234", Channel: c.channel, Contact: booking.Contact{Email: c.email}, Approval: c.approval, ExpiresAt: until,
		}) {
			got += string(m.Kind) + " " + m.Key + " " + string(m.Kind.Recipient()) + ";"
			if !m.Facts.Until.Equal(until) {
				t.Errorf("until %s", m.Facts.Until)
			}
		}
		if got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
