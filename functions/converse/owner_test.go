package converse_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/eevans-d/sist-cabanas/functions/converse"
	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

// boss is a bundle whose owner, Marta, commands.
type boss struct {
	*bundle
	bookings *postgres.Bookings
	payments *postgres.Payments
}

// What there is only once there is a database.
type (
	lateDays      struct{ *postgres.Days }
	latePeople    struct{ *postgres.Conversations }
	lateCalendars struct{ *postgres.Calendars }
	latePayments  struct{ *postgres.Payments }
)

func setupBoss(t *testing.T, adjust ...func(*converse.Config, *converse.Deps)) *boss {
	t.Helper()
	b := &boss{}
	days, people, closures, payments := &lateDays{}, &latePeople{}, &lateCalendars{}, &latePayments{}
	var front *desk.Desk
	b.bundle = setup(t, append(adjust, func(_ *converse.Config, d *converse.Deps) {
		d.Orders = &converse.OwnerDeps{
			Days: days, People: people, Calendars: closures, Payments: payments, Now: d.Now, Log: d.Log,
			Search: func(ctx context.Context, stay booking.Stay, cabin int64) ([]desk.Offer, error) {
				return front.Search(ctx, stay, cabin)
			},
		}
	})...)
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(b.db.Config().ConnString())}, 6, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	q, err := queue.Open(pool.Raw(), []queue.Consumer{
		queue.Declare[conversation.Talk]("converse", time.Minute), queue.Declare[notice.Deliver]("deliver", time.Minute),
		queue.Declare[payment.Look]("settle", time.Minute), queue.Declare[payment.Return]("refund", time.Minute), queue.Declare[payment.Close]("close-checkouts", time.Minute),
	}, zerolog.Nop(), queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := pool.Share(6)
	b.bookings, b.payments = postgres.NewBookings(db), postgres.NewPayments(db, q.Insert, postgres.Rules{})
	front = desk.New(desk.Config{}, desk.Deps{Bookings: b.bookings, Calendars: calendars{}, Now: b.clock})
	days.Days, people.Conversations = postgres.NewDays(db), postgres.NewConversations(db, q.Insert)
	closures.Calendars, payments.Payments = postgres.NewCalendars(db), b.payments
	return b
}

// orders is what the owner is answered.
func (b *boss) orders(t *testing.T, words string) []chat.Message {
	t.Helper()
	return b.say(t, marta, words)
}

// keep has a guest hold nights of the first cabin in January.
func (b *boss) keep(t *testing.T, from, to int, approval booking.Approval) string {
	t.Helper()
	now := b.clock()
	r := &booking.Reservation{
		Code: booking.NewCode(), AccommodationID: 1, Status: booking.StatusPreReserved, Channel: "web", Currency: "ARS", Total: 10_000_000, Deposit: 3_000_000, Lines: []booking.Line{},
		Stay:    booking.Stay{Nights: civil.Nights{From: civil.New(2027, 1, from), To: civil.New(2027, 1, to)}, Guests: 2},
		Contact: booking.Contact{Name: "Ana Pérez", Phone: "+" + ana.WaID, Email: "ana@example.com"}, Approval: approval,
		ExpiresAt: now.Add(6 * time.Hour), CreatedAt: now,
	}
	if err := b.bookings.Hold(context.WithoutCancel(t.Context()), r, "guest", booking.Answer{}, now); err != nil {
		t.Fatal(err)
	}
	return r.Code
}

func (b *boss) status(t *testing.T, code string) string {
	t.Helper()
	return one[string](t, b.bundle, `select status || ' ' || paid_amount from reservations where code = $1`, code)
}

// acts is what the owner has done with a reservation.
func (b *boss) acts(t *testing.T, code string) string {
	t.Helper()
	return strings.Join(list[string](t, b.bundle, `
		select e.event from reservation_events e join reservations r on r.id = e.reservation_id where r.code = $1 and actor = 'owner:whatsapp' order by e.id`, code), " ")
}

func (b *boss) closed(t *testing.T) string {
	t.Helper()
	return strings.Join(list[string](t, b.bundle, `
		select accommodation_id || ' ' || start_date || ' ' || end_date || ' ' || note from calendar_events where active order by accommodation_id, start_date`), "; ")
}

func TestAnOwnerClosesNightsByWriting(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	says(t, b.orders(t, "bloquear cabaña 2 del 3 al 5/1 pintura"), "Bloqueada Cabaña del Bosque", "dom 3/1/2027 → mar 5/1/2027 (2 noches)", "pintura")
	if got := b.closed(t); got != "2 2027-01-03 2027-01-05 pintura" {
		t.Error(got)
	}
	says(t, b.orders(t, "Bloqueá el bosque 3/1 al 5/1"), "ya estaba bloqueada")
	if got := b.closed(t); got != "2 2027-01-03 2027-01-05 pintura" {
		t.Error(got)
	}
}

func TestWhatIsNotClearIsAskedBackBeforeNightsAreClosed(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	says(t, b.orders(t, "bloquear del 3 al 5/1 pintura"), "¿Qué cabaña bloqueo")
	says(t, b.orders(t, "bloquear cabaña 2"), "¿Qué fechas?")
	says(t, b.orders(t, "bloquear cabaña 2 del 3/1/2020 al 5/1/2020"), "ya pasaron")
	says(t, b.orders(t, "bloquear cabaña 2 el 5/1"), "solo la noche del mar 5/1")
	if got := b.closed(t); got != "" {
		t.Fatal(got)
	}
	says(t, b.press(t, marta, "Sí, una noche"), "Bloqueada Cabaña del Bosque")
	b.orders(t, "bloquear del 3 al 5/1 pintura")
	says(t, b.press(t, marta, "Lago"), "Bloqueada Cabaña del Lago", "pintura")
	b.orders(t, "bloquear todas del 10 al 12/1")
	if got := b.closed(t); got != "1 2027-01-03 2027-01-05 pintura; 2 2027-01-05 2027-01-06 " {
		t.Fatal(got)
	}
	b.press(t, marta, "Sí, bloquear")
	if got := b.closed(t); strings.Count(got, "2027-01-10 2027-01-12") != 2 {
		t.Error(got)
	}
	b.orders(t, "bloquear todas del 20 al 22/1")
	says(t, b.press(t, marta, "No, dejalo"), "no hice nada")
	if got := b.closed(t); strings.Contains(got, "2027-01-20") {
		t.Error(got)
	}
}

func TestNightsThatAGuestHasAreNotClosed(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	code := b.keep(t, 4, 6, booking.ApprovalNone)
	says(t, b.orders(t, "bloquear lago del 3 al 5/1"), "No bloqueé Cabaña del Lago", "Ana Pérez", code, "lun 4/1/2027 → mié 6/1/2027")
	if got := b.closed(t); got != "" {
		t.Error(got)
	}
}

func TestNightsAreOpenedOnlyAfterAYesInTime(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	b.orders(t, "bloquear cabaña 2 del 3 al 5/1 pintura")
	says(t, b.orders(t, "desbloquear cabaña 2"), "¿Desbloqueo Cabaña del Bosque", "pintura")
	b.move(6 * time.Minute)
	says(t, b.press(t, marta, "Sí, desbloquear"), "venció")
	if b.closed(t) == "" {
		t.Fatal("it was opened")
	}
	b.orders(t, "desbloquear cabaña 2 del 3 al 5/1")
	says(t, b.press(t, marta, "Sí, desbloquear"), "Desbloqueada")
	if got := b.closed(t); got != "" {
		t.Error(got)
	}
	says(t, b.press(t, marta, "Sí, desbloquear"), "ya no estaba")
	says(t, b.orders(t, "desbloquear cabaña 2"), "No hay nada bloqueado")
}

func TestATransferIsApproved(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	code := b.keep(t, 3, 8, booking.ApprovalNone)
	says(t, b.orders(t, "aprobar "+strings.ToLower(code)), "Anoté $ 30.000", "confirmada", "$ 70.000")
	if got := b.status(t, code); got != "confirmed 30000.00" {
		t.Error(got)
	}
	if !strings.Contains(b.acts(t, code), "confirmed") {
		t.Errorf("%q", b.acts(t, code))
	}
	// Said again it is asked whether the balance has come, which nobody may take from a slip of the finger.
	says(t, b.orders(t, "aprobar "+code), "¿Te llegó $ 70.000")
	says(t, b.press(t, marta, "Sí, llegó"), "todo pago")
	says(t, b.press(t, marta, "Sí, llegó"), "Anoté $ 70.000") // pressed twice, and counted once
	if got := b.status(t, code); got != "confirmed 100000.00" {
		t.Error(got)
	}
	says(t, b.orders(t, "aprobar "+code), "todo pago")
}

func TestWhatOnlySoundsLikeMoneyIsAskedBack(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	code := b.keep(t, 3, 8, booking.ApprovalNone)
	says(t, b.orders(t, "llegó la transferencia de "+code), "¿Te llegó $ 30.000")
	if got := b.status(t, code); got != "pre_reserved 0.00" {
		t.Fatal(got)
	}
	b.press(t, marta, "Sí, llegó")
	if got := b.status(t, code); got != "confirmed 30000.00" {
		t.Error(got)
	}
}

func TestAWishIsApprovedWithoutMoney(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	code := b.keep(t, 3, 8, booking.ApprovalWaiting)
	says(t, b.orders(t, "aprobar"), code)
	says(t, b.press(t, marta, code), "Aprobada", code)
	if got := b.status(t, code); got != "pre_reserved 0.00" {
		t.Error(got)
	}
	if got := b.acts(t, code); got != "approved" {
		t.Errorf("%q", got)
	}
	says(t, b.orders(t, "aprobar "+code), "¿Te llegó") // twice in a row is no payment
	if got := b.status(t, code); got != "pre_reserved 0.00" {
		t.Error(got)
	}
}

func TestAHoldIsRejectedOnlyAfterAYes(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	code := b.keep(t, 3, 8, booking.ApprovalWaiting)
	says(t, b.orders(t, "rechazar "+code+" no llegó la plata"), "¿Rechazo "+code, "no llegó la plata")
	if got := b.status(t, code); got != "pre_reserved 0.00" {
		t.Fatal(got)
	}
	says(t, b.press(t, marta, "Sí, rechazar"), "Rechazada")
	if got := b.status(t, code); got != "cancelled 0.00" || b.acts(t, code) != "cancelled" {
		t.Errorf("%s %q", got, b.acts(t, code))
	}
	if reason := one[string](t, b.bundle, `select cancel_reason from reservations where code = $1`, code); reason != "no llegó la plata" {
		t.Error(reason)
	}
	says(t, b.press(t, marta, "Sí, rechazar"), "ya está cancelada")
}

func TestAReservationThatWasConfirmedMeanwhileIsNotRejected(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	code := b.keep(t, 3, 8, booking.ApprovalNone)
	b.orders(t, "rechazar "+code)
	if _, err := b.payments.Receive(t.Context(), code, payment.Cash, 3_000_000, "", "owner:panel", "k", b.clock()); err != nil {
		t.Fatal(err)
	}
	says(t, b.press(t, marta, "Sí, rechazar"), "ya está confirmada", "panel")
	if got := b.status(t, code); got != "confirmed 30000.00" {
		t.Error(got)
	}
}

func TestAGuestIsAnsweredWithinHisWindow(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	code := b.keep(t, 3, 8, booking.ApprovalNone)
	says(t, b.orders(t, "responder "+code+" hola"), "nunca nos escribió", ana.WaID)
	b.say(t, ana, "hola")
	before := len(b.told(t, ana))
	says(t, b.orders(t, "responder "+code+" Hola Ana,\nte espero a las *14*"), "Le mandé", "hasta las 21 h")
	told := b.told(t, ana)[before:]
	if len(told) != 1 || told[0].Body != "Hola Ana,\nte espero a las *14*" {
		t.Errorf("%+v", told)
	}
	if told := b.say(t, ana, "dale, gracias"); len(told) != 0 {
		t.Errorf("the bot goes on: %s", words(told))
	}
	says(t, b.orders(t, "bot "+code), "el bot vuelve a responderle")
	says(t, b.orders(t, "bot "+code), "ya le estaba")
	says(t, b.say(t, ana, asked), "$ 34.000")
	if got := b.acts(t, code); got != "answered_by_hand given_back_to_bot" {
		t.Errorf("%q", got)
	}
	b.move(25 * time.Hour)
	says(t, b.orders(t, "responder +54 9 11 5544-3322 seguís ahí?"), "No se lo mandé", "24 horas")
	says(t, b.orders(t, "responder 2944 999999 hola"), "Nadie nos escribió")
	says(t, b.orders(t, "responder "+code), "¿Qué le digo?")
}

func TestADayIsToldFromWhatIsThere(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	says(t, b.orders(t, "hoy"), "Hoy, mar 1/12", "No llega, ni se va, ni se queda nadie")
	b.sql(t, `insert into reservations (code, accommodation_id, check_in, check_out, guests, status, contact_name, contact_phone, currency, total_price, deposit_amount) values
		('AAAAA1', 1, '2026-12-01', '2026-12-04', 3, 'confirmed', 'Bruno Díaz', '+5492944000000', 'ARS', 50000, 15000),
		('AAAAA2', 1, '2026-11-28', '2026-12-01', 2, 'confirmed', 'Carla Ruiz', '', 'ARS', 0, 0),
		('AAAAA3', 2, '2026-11-30', '2026-12-02', 2, 'confirmed', 'Dora', '', 'ARS', 0, 0),
		('AAAAA4', 2, '2026-12-04', '2026-12-06', 2, 'confirmed', 'Elsa', '', 'ARS', 90000, 0)`)
	code := b.keep(t, 3, 8, booking.ApprovalWaiting)
	told := b.orders(t, "Hoy")
	says(t, told, "Llegan* (1)", "Cabaña del Lago: Bruno Díaz, 3 personas, hasta el vie 4/12, debe $ 50.000 (AAAAA1) +5492944000000", "Se van* (1)", "Carla Ruiz (AAAAA2)",
		"Se quedan* (1)", "Dora, hasta el mié 2/12", "Sin confirmar* (1)", code, "espera tu respuesta", "Falta cobrar* (1)", "AAAAA4, Elsa", "$ 90.000", "Aprobar "+code)
	if len(told) != 1 || len(told[0].Buttons) == 0 {
		t.Errorf("%+v", told)
	}
	says(t, b.orders(t, "mañana"), "Mañana, mié 2/12", "Se van* (1)", "Dora")
	says(t, b.orders(t, "reserva aaaaa1"), "Bruno Díaz", "3 personas", "confirmada", "debe $ 50.000")
	says(t, b.orders(t, "reserva ZZZZZ9"), "No encuentro ninguna reserva ZZZZZ9")
}

func TestWhatIsFreeIsToldWithItsPrice(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	code := b.keep(t, 3, 8, booking.ApprovalNone)
	says(t, b.orders(t, "libre 3/1 al 8/1"), "dom 3/1/2027 → vie 8/1/2027 (5 noches), 2 personas", "Cabaña del Bosque: $ 100.000", "Cabaña del Lago: Ana Pérez", code)
	says(t, b.orders(t, "libre"), "¿Para qué fechas?")
	says(t, b.press(t, marta, "Este finde"), "Cabaña del Lago: $ 24.000")
}

func TestWhatIsNoCommandIsHelpedOnceInTenMinutes(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	says(t, b.orders(t, "la pileta está verde"), "No te entendí")
	if told := b.orders(t, "y hace calor"); len(told) != 0 {
		t.Error(words(told))
	}
	says(t, b.orders(t, "ayuda"), "bloquear cabaña 2 del 3 al 5/1 pintura")
	if told := b.orders(t, "gracias!"); len(told) != 0 {
		t.Error(words(told))
	}
	b.move(10 * time.Minute)
	says(t, b.orders(t, "y hace calor"), "No te entendí")
	if b.waiting(t) != 0 {
		t.Error("something waits")
	}
}

func TestAGuestsCommandIsJustText(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	code := b.keep(t, 3, 8, booking.ApprovalNone)
	for _, line := range []string{"bloquear cabaña 2 del 3 al 5/1 pintura", "aprobar " + code, "rechazar " + code, "hoy", "bot " + code, "responder " + code + " hola"} {
		for _, who := range []chat.Contact{bruno, ana} {
			if told := words(b.say(t, who, line)); strings.Contains(told, "Bloqueada") || strings.Contains(told, "Anoté") || strings.Contains(told, "Ana Pérez") {
				t.Errorf("%q: %s", line, told)
			}
		}
	}
	if got := b.closed(t); got != "" || b.status(t, code) != "pre_reserved 0.00" || b.acts(t, code) != "" {
		t.Errorf("%q %s %q", got, b.status(t, code), b.acts(t, code))
	}
	// A button of the owner's is no key either: whoever got hold of its id is a guest still.
	id := "owner:yes:block:1796126400::2:2027-01-03:2027-01-05:x"
	b.does(t, chat.Inbound{From: bruno, Kind: chat.KindReply, Type: "interactive", ReplyID: id, ReplyTitle: "Sí", Text: "Sí"})
	if got := b.closed(t); got != "" {
		t.Error(got)
	}
}

func TestACommandThatIsWorkedTwiceIsDoneOnce(t *testing.T) {
	t.Parallel()
	deaths := &atomic.Int32{}
	b := setupBoss(t, func(_ *converse.Config, d *converse.Deps) { d.Conversations = dying{d.Conversations, deaths} })
	b.say(t, ana, "hola")
	before := len(b.told(t, ana))
	code := b.keep(t, 3, 8, booking.ApprovalNone)
	for line, answer := range map[string]string{
		"aprobar " + code: "Anoté $ 30.000", "bloquear cabaña 2 del 3 al 5/1": "Cabaña del Bosque", "responder " + code + " Hola Ana": "Le mandé",
	} {
		job := b.arrive(t, text(marta, line))
		deaths.Store(1)
		if err := b.worker(t.Context(), job); !errors.Is(err, errKilled) {
			t.Fatal(line, err)
		}
		b.move(61 * time.Second)
		said := len(b.told(t, marta))
		b.work(t, job)
		says(t, b.told(t, marta)[said:], answer)
	}
	if got := b.status(t, code); got != "confirmed 30000.00" {
		t.Error(got)
	}
	if got := b.closed(t); strings.Contains(got, ";") {
		t.Error(got)
	}
	if told := b.told(t, ana)[before:]; strings.Count(words(told), "Hola Ana") != 1 {
		t.Error(words(told))
	}
}

func TestTheOwnersLogTellsNothingOfGuests(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	b.say(t, ana, "hola")
	code := b.keep(t, 3, 8, booking.ApprovalNone)
	for _, line := range []string{"hoy", "reserva " + code, "responder " + code + " secreto", "bloquear cabaña 2 del 3 al 5/1 secreto"} {
		b.orders(t, line)
	}
	if log := b.log.String(); strings.Contains(log, "secreto") || strings.Contains(log, "Ana") || strings.Contains(log, ana.WaID) || !strings.Contains(log, `"command":"block"`) {
		t.Error(log)
	}
}
