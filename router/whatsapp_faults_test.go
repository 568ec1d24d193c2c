package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// TestWhateverWhatsAppAnswersEverythingArrivesOnce has the first message to each guest fail in a way of its own.
func TestWhateverWhatsAppAnswersEverythingArrivesOnce(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	l.start()
	faults := []watest.Fault{
		{Status: 500},
		{Code: 131000},
		{Code: 130429},            // too much for all of us
		{Code: 131056},            // too much for this person
		{Hang: true},              // it is not taken
		{Hang: true, After: true}, // it is taken, and we are not told
		{Cut: true, After: true},  //
		{Status: 200, Body: "<html>", After: true},
	}
	phones := make([]string, len(faults))
	for n, f := range faults {
		phones[n] = fmt.Sprintf("54911600000%02d", n)
		f.Action, f.Phone, f.Times = watest.Send, phones[n], 1
		l.graph.Meet(watest.Person{Phone: f.Phone, Name: "Huésped", Hidden: n%2 == 1})
		l.graph.Fail(f)
		l.graph.Say(f.Phone, request(30))
	}
	l.graph.Fail(watest.Fault{Action: watest.MarkRead, Status: 500, Times: 3})
	l.answered()
	for _, phone := range phones {
		l.graph.Say(phone, "a qué hora es la entrada?")
	}
	l.answered()
	for end := time.Now().Add(patience); l.unsent() > 0 && time.Now().Before(end); time.Sleep(time.Second) {
		l.later()
	}
	for _, phone := range phones {
		l.isTold(phone, "está libre", "Entrada")
	}
	l.settles()
}

// answered waits until everybody has an answer, though it may not have been sent yet.
func (l *lobby) answered() {
	l.t.Helper()
	if err := l.graph.Wait(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	l.until("0", nobodyWaits)
}

func (l *lobby) unsent() (n int) {
	l.t.Helper()
	if err := l.conn.QueryRow(l.t.Context(), `select count(*) from messages where status <> 'sent'`).Scan(&n); err != nil {
		l.t.Fatal(err)
	}
	return n
}

// TestWhoeverDiesEverybodyIsAnsweredOnce kills a server at which a guest goes on writing, another's nights are being kept, a message
// is on its way, and another has arrived without anybody knowing.
func TestWhoeverDiesEverybodyIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	l := newLobby(t, "WHATSAPP_TIMEOUT=1m") // longer than this takes
	doomed := l.start()
	const onItsWay, arrived = "5491160000001", "5491160000002"
	l.graph.Say(ana, request(30))
	offer := l.hears(ana, 1, "está libre")
	l.settles()

	l.graph.Hold()
	l.graph.Fail(watest.Fault{Action: watest.Send, Phone: onItsWay, Hang: true})
	l.graph.Fail(watest.Fault{Action: watest.Send, Phone: arrived, Hang: true, After: true})
	before := l.graph.Seen(watest.Send)
	for _, phone := range []string{onItsWay, arrived} {
		l.graph.Say(phone, request(50))
	}
	l.deliverWritten()
	l.hears(arrived, 1, "está libre")
	l.until("2", `select count(*)::text from messages where last_error = 'unsure'`)
	for l.graph.Seen(watest.Send) < before+2 && t.Context().Err() == nil {
		time.Sleep(time.Millisecond) // the second has not reached it yet
	}
	l.graph.Say(hidden, "hola")
	l.press(ana, offer, "Reservar")
	lock := connect(t, l.dsn)
	mustExec(t, lock, `begin`)
	mustExec(t, lock, `lock table messages in share mode`) // nobody can write what a guest is told
	l.deliverWritten()
	l.until("1", `select count(*)::text from reservations`)
	l.until("4", `select count(*)::text from river_job where state = 'running' and kind in ('conversation_talk', 'notice_deliver')`)
	doomed.kill()
	mustExec(t, lock, `rollback`)

	l.graph.Heal()
	l.graph.Say(hidden, request(60))
	l.graph.Release()
	l.dead()
	l.start()
	l.hears(ana, 2, "Te guardé")
	for _, phone := range []string{onItsWay, arrived} {
		l.hears(phone, 1, "está libre")
		l.graph.Say(phone, "a qué hora es la entrada?")
		l.hears(phone, 2, "Entrada")
	}
	l.hears(hidden, 1, "está libre")
	l.settles()
	l.isTold(ana, "está libre", "Te guardé")
	l.isTold(hidden, "está libre")
	l.until("1", `select count(*)::text from reservations`)
}

// deliverWritten delivers what guests have written, and not what has become of our messages.
func (l *lobby) deliverWritten() {
	l.t.Helper()
	for _, w := range l.graph.Outbox() {
		if w.State != "" {
			continue
		}
		if _, err := l.graph.Deliver(l.t.Context(), w.ID); err != nil {
			l.t.Fatal(err)
		}
	}
}
