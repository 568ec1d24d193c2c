package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// TestAGuestBooksPaysAndCancelsByChatting has every webhook come twice, some late, and what becomes of messages told backwards.
func TestAGuestBooksPaysAndCancelsByChatting(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	l.start()
	if err := l.graph.Subscribe(t.Context(), watest.VerifyToken); err != nil {
		t.Fatal(err)
	}
	l.opens()
	l.graph.Disturb(slices.Repeat([]watest.Disturbance{{Copies: 1}, {}, {Copies: 2, Delay: 300 * time.Millisecond}}, 100)...)

	from := civil.Of(time.Now(), time.UTC).AddDays(30)
	l.graph.Say(ana, "hola")
	l.graph.Say(ana, "somos 2")
	l.graph.Say(ana, "del "+slashed(from)+" al "+slashed(from.AddDays(2)))
	offer := l.hears(ana, 1, "$ 20.000")
	l.press(ana, offer, "Reservar")
	held := l.hears(ana, 2, "Te guardé")
	l.press(ana, offer, "Reservar")
	l.hears(ana, 3, "Ya la tenés guardada")

	code := codeIn(held.Text)
	l.checkout(paying{code, held.Message.Link.URL})
	if _, err := l.provider.Approve(code); err != nil {
		t.Fatal(err)
	}
	l.hears(ana, 4, "está confirmada")
	l.hears(marta, 2, "nueva reserva confirmada")
	l.backwards(ana)

	l.graph.Say(ana, "quiero cancelar mi reserva")
	preview := l.hears(ana, 5, "Se te devuelve todo")
	l.press(ana, preview, "Sí, cancelar")
	l.await("she hears of both", func() bool { return len(l.told(ana)) >= 7 })
	l.hears(marta, 3, "canceló su reserva")
	l.settles()
	l.reads(ana)
	last := []string{"quedó cancelada", "hicimos la devolución"}
	if strings.Contains(l.told(ana)[5].Text, last[1]) {
		slices.Reverse(last) // the provider was faster
	}
	l.isTold(ana, append([]string{"está libre", "Te guardé", "Ya la tenés guardada", "está confirmada", "Se te devuelve todo"}, last...)...)
	l.until("1 cancelled refunded 0.00", `
		select count(*) over () || ' ' || status || ' ' || payment_status || ' ' || paid_amount from reservations`)
	if n := len(l.mail.Messages()); n != 0 {
		t.Errorf("there are %d letters besides", n)
	}
	if !l.blueTicks(ana) {
		t.Error("she does not see that she was read")
	}
}

// backwards has somebody look at his phone while a last message is on its way, and tells that in the wrong order, all of it twice.
func (l *lobby) backwards(phone string) {
	l.t.Helper()
	l.graph.Hold()
	l.graph.MarkRead(phone)
	waiting := l.graph.Outbox()
	slices.Reverse(waiting)
	for range 2 {
		for _, w := range waiting {
			if status, err := l.graph.Deliver(l.t.Context(), w.ID); err != nil || status != http.StatusOK {
				l.t.Errorf("%s of a message is answered with %d, %v", w.State, status, err)
			}
		}
	}
	l.graph.Release()
	l.reads(phone)
}

// TestAGuestSpeaksTransfersAndIsLeftToTheOwner is all that the owner has a part in, who has nothing but his phone.
func TestAGuestSpeaksTransfersAndIsLeftToTheOwner(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	mustExec(t, l.conn, `update accommodations set transfer_alias = 'refugio.bosque', transfer_holder = 'Marta Gómez'`)
	l.start()
	l.opens()

	from := civil.Of(time.Now(), time.UTC).AddDays(40)
	l.graph.Voice(hidden, speechtest.Voice("hola, quería saber si hay lugar del "+slashed(from)+" al "+slashed(from.AddDays(2))+" para dos personas"))
	offer := l.hears(hidden, 1, "Te escuché")
	l.press(hidden, offer, "Reservar")
	held := l.hears(hidden, 2, "refugio.bosque")
	code := codeIn(held.Text)
	l.graph.Say(hidden, "transferencia")
	l.hears(hidden, 3, "Transferí *$ 6.000*")
	l.hears(marta, 2, "va a transferir")
	l.graph.Picture(hidden, []byte("\xff\xd8\xff\xe0 a receipt"), "")
	l.hears(hidden, 4, "Recibí tu comprobante")
	l.hears(marta, 3, "comprobante")
	l.until("1", `select count(*)::text from receipts r join reservations s on s.id = r.reservation_id where s.code = $1`, code)
	l.until("pre_reserved pending 0.00", howItStands, code)

	l.graph.Say(hidden, "aprobar "+code) // from anybody else's phone it is only text
	l.hears(hidden, 5, "")
	l.until("pre_reserved pending 0.00", howItStands, code)
	l.graph.Say(marta, "aprobar "+strings.ToLower(code))
	l.hears(hidden, 6, "recibimos tu transferencia")
	l.until("confirmed partially_paid 6000.00", howItStands, code)
	l.hears(marta, 4, "Anoté $ 6.000") // which tells him all, so nothing else does

	l.graph.Say(hidden, "quiero hablar con una persona")
	l.hears(hidden, 7, "le aviso")
	l.hears(marta, 5, "hablar con una persona")
	l.graph.Say(hidden, "hola? hay alguien?")
	l.hears(marta, 6, "hay alguien?")
	l.until("0", nobodyWaits)
	l.graph.Say(marta, "responder "+code+" ¡Hola Rosa! Te espero el viernes.")
	l.hears(hidden, 8, "¡Hola Rosa! Te espero el viernes.")
	l.hears(marta, 7, "")
	l.graph.Say(marta, "bot "+code)
	l.hears(marta, 8, "el bot vuelve a responderle")
	l.graph.Say(hidden, "a qué hora es la entrada?")
	l.hears(hidden, 9, "Entrada")
	l.settles()
	l.until("1", `select count(*)::text from reservations`)
	if n := len(l.mail.Messages()); n != 0 {
		t.Errorf("there are %d letters besides", n)
	}
}
