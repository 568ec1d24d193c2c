package converse_test

import (
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// asked is a question that says all: three nights for two in the cheaper cabin cost 34 000.
const asked = "hola! tenés algo del 4 al 7 de diciembre para 2?"

func says(t *testing.T, messages []chat.Message, want ...string) {
	t.Helper()
	got := words(messages)
	for _, w := range want {
		if !strings.Contains(strings.ToLower(got), strings.ToLower(w)) {
			t.Errorf("nobody says %q:\n%s", w, got)
		}
	}
}

func TestAGuestIsToldWhatIsFreeAndWhatItCosts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	told := b.say(t, ana, asked)
	says(t, told, "$ 34.000", "Cabaña del Lago")
	if len(told) != 1 || b.waiting(t) != 0 || b.counted(t, "answered") != 1 {
		t.Errorf("%d messages, %d wait", len(told), b.waiting(t))
	}
	if job := one[string](t, b, `select args::text from river_job where kind = 'notice_deliver'`); !strings.Contains(job, "contact_id") {
		t.Errorf("nobody sends it: %s", job)
	}
	if len(b.seen) != 1 || b.seen[0] != "wamid.1" {
		t.Errorf("seen: %q", b.seen)
	}
}

// book has somebody book the cheaper cabin for three nights, and returns the code.
func (b *bundle) book(t *testing.T, who chat.Contact) string {
	t.Helper()
	b.say(t, who, asked)
	b.say(t, who, "quiero reservar la del lago")
	for _, answer := range []string{"sí", "Ana Pérez", "sí"} {
		if codes := list[string](t, b, `select code from reservations order by id desc limit 1`); len(codes) > 0 {
			break
		}
		b.say(t, who, answer)
	}
	return one[string](t, b, `select code from reservations order by id desc limit 1`)
}

func TestAGuestBooksByWriting(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.book(t, ana)
	says(t, b.told(t, ana), code, "https://c.example/pay/"+code+"?t=")
	row := one[string](t, b, `select r.channel || ' ' || r.status || ' ' || r.contact_phone || ' ' || r.contact_name || ' ' || c.wa_id
		from reservations r join contacts c on c.id = r.contact_id`)
	if row != "whatsapp pre_reserved +5491155443322 Ana Pérez 5491155443322" {
		t.Error(row)
	}
	says(t, b.say(t, ana, "cuáles son mis reservas?"), code)
}

func TestAGuestWithoutANumberBooksToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	nobody := chat.Contact{BSUID: "AR.42", Name: "Caro"}
	code := b.book(t, nobody)
	if phone := one[string](t, b, `select contact_phone from reservations`); phone != "" {
		t.Errorf("a number out of nowhere: %s", phone)
	}
	says(t, b.say(t, nobody, "cuáles son mis reservas?"), code)
}

func TestAGuestCancelsAfterASecondThought(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.book(t, ana)
	b.say(t, ana, "quiero cancelar la reserva")
	if status := one[string](t, b, `select status from reservations`); status != "pre_reserved" {
		t.Fatalf("nobody has said yes: %s", status)
	}
	says(t, b.say(t, ana, "sí"), code)
	if status := one[string](t, b, `select status from reservations`); status != "cancelled" {
		t.Errorf("%s\n%s", status, words(b.told(t, ana)))
	}
}

func TestACodeAloneOpensNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.book(t, ana)
	for _, try := range []string{"quiero cancelar la reserva " + code, "sí", "está paga la reserva " + code + "?", "pago " + code + " por transferencia"} {
		if got := words(b.say(t, bruno, try)); strings.Contains(got, "Ana") || strings.Contains(got, "$ 34.000") || strings.Contains(got, "?t=") {
			t.Errorf("%s: %s", try, got)
		}
	}
	if status := one[string](t, b, `select status || ' ' || expires_at::text from reservations`); !strings.HasPrefix(status, "pre_reserved 2026-12-01 12:3") {
		t.Error(status)
	}
}

func TestATransferIsAwaitedAndItsReceiptKept(t *testing.T) {
	t.Parallel()
	b := setup(t, fetches(chat.File{Bytes: []byte("%PDF-1.4"), MIME: "application/pdf"}, nil))
	code := b.book(t, ana)
	says(t, b.say(t, ana, "te puedo pagar por transferencia?"), "refugio.lago", "$ 10.200")
	b.does(t, chat.Inbound{From: ana, Kind: chat.KindDocument, Type: "document", Media: &chat.Media{ID: "M1", MIME: "application/pdf"}})
	if got := one[string](t, b, `select r.code || ' ' || k.media_id from receipts k join reservations r on r.id = k.reservation_id`); got != code+" M1" {
		t.Error(got)
	}
	if !strings.Contains(strings.Join(b.owners(t), " "), "owner_receipt") {
		t.Errorf("the owner was told: %q", b.owners(t))
	}
}
