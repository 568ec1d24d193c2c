package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/command"
)

func teller() command.Teller { return command.NewTeller(morning, nil) }

func someStay(n int) command.Stay {
	return command.Stay{
		Code: fmt.Sprintf("K7M2Q%d", n%10), Source: "web", CabinID: 2, Cabin: "Cabaña del Bosque", Nights: nights("2026-11-24", "2026-11-29"), Guests: 4,
		Contact: booking.Contact{Name: "Ana Pérez", Phone: "+5492944123456", Email: "ana@example.com"},
		Status:  booking.StatusConfirmed, Approval: booking.ApprovalNone, Currency: "ARS", Total: 10_000_000, Deposit: 3_000_000, Paid: 3_000_000,
	}
}

func hold(n int) command.Stay {
	s := someStay(n)
	s.Status, s.Paid, s.Expires, s.Nights = booking.StatusPreReserved, 0, morning.Add(2*time.Hour), nights("2026-12-04", "2026-12-07")
	return s
}

func many(s command.Stay, n int) command.List {
	l := command.List{Total: n}
	for range min(n, 20) {
		l.Stays = append(l.Stays, s)
	}
	return l
}

func has(t *testing.T, m chat.Message, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(m.Plain(), w) {
			t.Errorf("nobody says %q:\n%s", w, m.Plain())
		}
	}
}

func TestADayIsToldWithAllThatIsToBeDone(t *testing.T) {
	t.Parallel()
	waiting, transfer, stranger := hold(1), hold(2), command.Stay{Source: "airbnb", Cabin: "Casa Grande", Nights: nights("2026-11-20", "2026-11-24"), Status: booking.StatusConfirmed}
	waiting.Approval = booking.ApprovalWaiting
	transfer.Transfer, transfer.Receipt = true, true
	m := teller().Agenda(command.Day{
		Date: date("2026-11-24"), Arrivals: many(someStay(3), 1), Departures: many(stranger, 1), Holds: command.List{Stays: []command.Stay{waiting, transfer}, Total: 2},
		Owing: many(someStay(4), 1), Waiting: []command.Addressee{{ID: 12, Name: "Bruno", Phone: "+5491155443322"}}, WaitingAll: 1,
		Alerts: command.Alerts{DoubleBookings: 1, StaleFeeds: 2, RefundsByHand: 1},
	})
	has(t, m, "Hoy, mar 24/11", "Cabaña del Bosque: Ana Pérez, 4 personas, hasta el dom 29/11, debe $ 70.000 (K7M2Q3) +5492944123456", "Casa Grande: Airbnb",
		"K7M2Q1, Cabaña del Bosque, vie 4/12 → lun 7/12, Ana Pérez: espera tu respuesta hasta las 12 h", "mandó comprobante", "#12 Bruno, +5491155443322",
		"1 posible doble reserva", "2 calendarios de otros canales", "1 devolución")
	if len(m.Buttons) != 3 || m.Buttons[0].Title != "Aprobar K7M2Q1" || command.Parse("", m.Buttons[1].ID, at(morning)).Who.Code != "K7M2Q2" {
		t.Errorf("%+v", m.Buttons)
	}
	has(t, teller().Agenda(command.Day{Date: date("2026-11-25")}), "Mañana, mié 25/11", "No llega, ni se va")
}

func TestACrowdedDayIsOneMessage(t *testing.T) {
	t.Parallel()
	s := someStay(1)
	s.Contact.Name, s.Cabin = strings.Repeat("Wolfeschlegelstein ", 9), strings.Repeat("Cabaña ", 20)
	h := s
	h.Status, h.Expires, h.Transfer = booking.StatusPreReserved, morning.Add(time.Hour), true
	m := teller().Agenda(command.Day{
		Date: date("2026-11-24"), Arrivals: many(s, 57), Departures: many(s, 57), Staying: many(s, 57), Holds: many(h, 57), Owing: many(s, 57),
		Waiting: make([]command.Addressee, 20), WaitingAll: 57, Alerts: command.Alerts{Overlaps: 3},
	})
	if fit := m.Fit(); fit.Kind != chat.FormText || fit.Body != m.Body {
		t.Errorf("%s of %d characters", fit.Kind, len(m.Body))
	}
	has(t, m, "*Llegan* (57)", "… y 54 más", "Alertas")
}

func TestWhatGuestsTypeIsNoMarkup(t *testing.T) {
	t.Parallel()
	s := someStay(1)
	s.Contact.Name, s.Requests = "*Ana*\n_Pérez_ ~x~ `y`\u202e", "uno\ndos *tres*"
	has(t, teller().Shown(s), "Ana Pérez x y, 4 personas", "Pidió: «uno dos tres»")
}

func TestAReservationIsShownWithWhatCanBeDone(t *testing.T) {
	t.Parallel()
	m := teller().Shown(hold(1))
	has(t, m, "Reserva K7M2Q1", "sin pagar, se guarda hasta las 12 h", "+5492944123456", "ana@example.com", "Total $ 100.000, seña $ 30.000", "debe $ 100.000")
	if c := command.Parse("", m.Buttons[1].ID, at(morning)); c.Verb != command.Reject || c.Sure {
		t.Errorf("%+v", c)
	}
}

func TestWhatIsFreeIsToldWithPriceAndWhatIsNotWithWhy(t *testing.T) {
	t.Parallel()
	m := teller().Free(nights("2027-01-03", "2027-01-08"), 2, []command.Offer{
		{Cabin: "Casa Grande", Price: 60_000_000, Currency: "ARS"},
		{Cabin: "Refugio", WhyNot: "min_nights"},
		{Cabin: "Cabaña del Bosque", WhyNot: "dates_taken", By: []command.Stay{someStay(1)}},
		{Cabin: "Cabaña del Lago", WhyNot: "dates_taken", Closed: []command.Closure{{Nights: nights("2027-01-03", "2027-01-05"), Note: "pintura"}}},
	})
	has(t, m, "dom 3/1/2027 → vie 8/1/2027 (5 noches), 2 personas", "Casa Grande: $ 600.000", "menos noches que el mínimo", "Ana Pérez, mar 24/11 → dom 29/11 (K7M2Q1)", "bloqueada", "pintura")
}

func TestManyClosuresAreAList(t *testing.T) {
	t.Parallel()
	var all []command.Closure
	for n := range 12 {
		all = append(all, command.Closure{ID: int64(n + 1), CabinID: 2, Cabin: "Cabaña del Bosque", Nights: nights("2027-01-03", "2027-01-05"), Note: "pintura"})
	}
	m := teller().WhichClosure(all).Fit()
	if m.Kind != chat.FormList || len(m.List.Sections[0].Rows) != chat.MaxRows {
		t.Fatalf("%+v", m)
	}
	has(t, m, "Hay 2 más")
	if c := command.Parse("", m.List.Sections[0].Rows[3].ID, at(morning)); !c.Sure || c.Verb != command.Unblock || c.Block != 4 {
		t.Errorf("%+v", c)
	}
	has(t, teller().WhichClosure(nil), "No hay nada bloqueado")
}

func TestHelpFitsWithItsButtons(t *testing.T) {
	t.Parallel()
	for _, m := range []chat.Message{command.Helped(), command.NotUnderstood()} {
		if fit := m.Fit(); fit.Kind != chat.FormButtons || fit.Body != m.Body {
			t.Errorf("%s: %s", fit.Kind, fit.Body)
		}
	}
}

func TestEveryCommandOfTheHelpIsOne(t *testing.T) {
	t.Parallel()
	parts := strings.Split(command.Helped().Body, "*")
	for n := 1; n < len(parts); n += 2 {
		if c := command.Parse(parts[n], "", at(morning)); c.Verb == command.None || c.Ask != "" {
			t.Errorf("%q: %+v", parts[n], c)
		}
	}
}
