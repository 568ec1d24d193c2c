package converse_test

import (
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

func TestAReceiptReachesTheOwnerAlsoWhereNoTransfersAreTaken(t *testing.T) {
	t.Parallel()
	b := setup(t, fetches(chat.File{Bytes: []byte("a picture"), MIME: "image/jpeg"}, nil))
	b.sql(t, `update accommodations set transfer_alias = ''`)
	code := b.book(t, ana)
	says(t, b.say(t, ana, "te transfiero"), "no se puede pagar por transferencia")
	b.does(t, chat.Inbound{From: ana, Kind: chat.KindImage, Type: "image", Text: "ahi transferi", Media: &chat.Media{ID: "M1", MIME: "image/jpeg"}})
	if got := one[string](t, b, `select r.code || ' ' || k.media_id from receipts k join reservations r on r.id = k.reservation_id`); got != code+" M1" {
		t.Error(got)
	}
	if !strings.Contains(strings.Join(b.owners(t), " "), "owner_receipt") {
		t.Errorf("the owner was told: %q", b.owners(t))
	}
}
