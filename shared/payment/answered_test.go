package payment_test

import (
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestOnlyAnOwnerWhoIsAnsweredInTheChatIsNotToldAgain(t *testing.T) {
	t.Parallel()
	for _, kind := range notice.Kinds() {
		if kind.Recipient() == notice.Guest && payment.AnsweredTo(payment.OwnerInChat, kind) {
			t.Errorf("a guest is not told: %s", kind)
		}
		if payment.AnsweredTo("owner:panel", kind) || payment.AnsweredTo("guest:whatsapp", kind) {
			t.Errorf("%s is not told though nobody else tells it", kind)
		}
	}
	if !payment.AnsweredTo(payment.OwnerInChat, notice.OwnerConfirmed) || !payment.AnsweredTo(payment.OwnerInChat, notice.OwnerCancelled) {
		t.Error("he is told twice")
	}
	if payment.AnsweredTo(payment.OwnerInChat, notice.OwnerRefundByHand) {
		t.Error("he is not told what is left to him")
	}
}
