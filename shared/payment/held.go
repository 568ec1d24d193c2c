package payment

import (
	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// Held is what is told of a hold that was made: to the guest how to pay, or that the owner has to say yes first, if he can be
// written to; in WhatsApp he was told there. And to the owner, where it waits for him.
func Held(r *booking.Reservation) []Message {
	var told []Message
	tell := func(kind notice.Kind, key string) {
		told = append(told, Message{Kind: kind, Key: key + r.Code, Facts: notice.Facts{Until: r.ExpiresAt}})
	}
	waits := r.Approval == booking.ApprovalWaiting
	switch writable := r.Contact.Email != "" && r.Channel != "whatsapp"; {
	case writable && waits:
		tell(notice.ApprovalRequested, "held:")
	case writable:
		tell(notice.HoldMade, "held:")
	}
	if waits {
		tell(notice.OwnerApprovalWaiting, "owner_held:")
	}
	return told
}
