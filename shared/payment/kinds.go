package payment

import "github.com/eevans-d/sist-cabanas/shared/notice"

// Kinds of messages beside those that notice names.
const (
	paymentShort          notice.Kind = "payment_short"              // Amount has come, Expected is still missing for the deposit; Until
	paymentAwaitsApproval notice.Kind = "payment_awaits_approval"    // Amount has come before the owner has said yes; Until
	unconfirmedRefunded   notice.Kind = "unconfirmed_refunded"       // the hold ran out before it was confirmed: Refund, which is all of it
	clashRefunded         notice.Kind = "clash_refunded"             // the nights were sold elsewhere: Refund, which is all of it
	ownerAwaitsApproval   notice.Kind = "owner_payment_waits"        // Amount has come, and the owner has not said yes; Until
	ownerUnconfirmed      notice.Kind = "owner_unconfirmed_refunded" // Refund
	ownerClashRefunded    notice.Kind = "owner_clash_refunded"       // Refund
	ownerRefundByHand     notice.Kind = "owner_refund_by_hand"       // the owner has to give Refund back himself; Provider, Payment
	ownerDisputeOver      notice.Kind = "owner_dispute_over"         // Amount is free again
	ownerMediation        notice.Kind = "owner_mediation"            // a claim: Amount is held
)
