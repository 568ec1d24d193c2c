package converse_test

import (
	"context"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/functions/converse"
	"github.com/eevans-d/sist-cabanas/shared/chat"
)

func TestABabyTakesAPlaceWhereTheCabinSaysSo(t *testing.T) {
	t.Parallel()
	const party = "tenés algo del 4 al 7 de diciembre para 4 y un bebé?"
	b := setup(t)
	says(t, b.say(t, ana, party), "Cabaña del Lago", "$ 34.000")
	b.sql(t, `update accommodations set babies_count = true where id = 1`)
	told := b.say(t, bruno, party)
	says(t, told, "Cabaña del Bosque", "$ 68.000")
	if strings.Contains(words(told), "$ 34.000") {
		t.Errorf("five do not fit: %s", words(told))
	}
}

func TestNobodyPaysAnotherPriceThanHeWasTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.say(t, ana, "tenés la del lago del 4 al 7 de diciembre para 2?")
	b.sql(t, `update accommodations set base_price = 15000 where id = 1`)
	says(t, b.press(t, ana, "book"), "cambió", "$ 51.000")
	if n := one[int](t, b, `select count(*)::int from reservations`); n != 0 {
		t.Errorf("%d reservations", n)
	}
	says(t, b.press(t, ana, "book"), "guardé", "$ 51.000")
}

func TestAllPagesOfAReceiptAreKeptAndTheOwnerIsToldOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, func(_ *converse.Config, d *converse.Deps) {
		d.Fetch = func(_ context.Context, id string, _ int64) (chat.File, error) {
			return chat.File{Bytes: []byte("page " + id), MIME: "image/jpeg"}, nil
		}
	})
	b.book(t, ana)
	b.say(t, ana, "te puedo pagar por transferencia?")
	before := len(b.told(t, ana))
	b.arrive(t, chat.Inbound{From: ana, Kind: chat.KindImage, Type: "image", Media: &chat.Media{ID: "M1", MIME: "image/jpeg"}})
	b.arrive(t, text(ana, "ahí va"))
	b.work(t, b.arrive(t, chat.Inbound{From: ana, Kind: chat.KindImage, Type: "image", Media: &chat.Media{ID: "M2", MIME: "image/jpeg"}}))
	if pages := list[string](t, b, `select media_id from receipts order by id`); strings.Join(pages, " ") != "M1 M2" {
		t.Errorf("kept are %q", pages)
	}
	if n := strings.Count(strings.Join(b.owners(t), " "), "owner_receipt"); n != 1 || len(b.told(t, ana)) != before+1 {
		t.Errorf("the owner was told %d times, she %d", n, len(b.told(t, ana))-before)
	}
}

func TestWhoOpensTheChatIsGreeted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	says(t, b.does(t, chat.Inbound{From: ana, Kind: chat.KindWelcome, Type: "request_welcome"}), "Hola Ana")
}

func TestWhatACabinGivesBackIsItsOwnTerms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sql(t, `update accommodations set cancellation_policy = 'custom', cancellation_steps = '[{"days_before": 9, "percent": 70}]' where id = 1`)
	says(t, b.say(t, ana, "qué pasa si cancelo en la cabaña del lago?"), "9 días", "70 %")
}

func TestWhatWasDoneInTheChatIsToldThereAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.book(t, ana)
	b.say(t, ana, "te pago por transferencia")
	b.say(t, ana, "quiero cancelar la reserva")
	b.press(t, ana, "Sí, cancelar")
	if kinds := list[string](t, b, `select kind from messages where recipient = 'guest' and kind <> 'reply'`); len(kinds) != 0 {
		t.Errorf("besides she is told %q", kinds)
	}
	if got := strings.Join(b.owners(t), " "); got != "owner_transfer_waiting owner_cancelled" {
		t.Errorf("the owner is told %q", got)
	}
}
