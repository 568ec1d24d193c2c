package command

import (
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// List is some of what there is, in order, and how many there are in all.
type List struct {
	Stays []Stay
	Total int
}

// Day is what an owner wants to know of a day.
type Day struct {
	Date       civil.Date
	Arrivals   List // those whose hold has not run out, too
	Departures List
	Staying    List        // those who neither come nor go
	Holds      List        // that are not confirmed: of today all, of another day those that run out on it; the first to run out first
	Owing      List        // confirmed, who come within the week after the day, and have not paid all
	Waiting    []Addressee // people who wait for an answer of the owner's, some of them
	WaitingAll int         // and how many they are
	Alerts     Alerts
}

// Alerts are what an owner has to look at, counted.
type Alerts struct {
	DoubleBookings int // open conflicts in which two guests may come
	Overlaps       int // all others
	StaleFeeds     int // calendars of other channels that were not read for hours, or are not believed
	OddPayments    int // payments that were flagged lately
	RefundsByHand  int // that he has not made yet
	Undelivered    int // messages that nobody got, lately
}

// lengths are how many lines of each part are shown, from generous to short, until all of it is one message.
var lengths = [...]int{12, 8, 5, 3, 1}

// Agenda is a day in one message.
func (t Teller) Agenda(d Day) chat.Message {
	body := ""
	for _, most := range lengths {
		if body = t.agenda(&d, most); chat.Cut(body, chat.MaxText) == body {
			break
		}
	}
	return say(chat.Cut(body, chat.MaxText), t.next(&d)...)
}

func (t Teller) agenda(d *Day, most int) string {
	parts := []string{
		"*" + capital(t.called(d.Date)) + "*",
		part("Llegan", d.Arrivals, most, t.arrival),
		part("Se van", d.Departures, most, t.departure),
		part("Se quedan", d.Staying, most, t.staying),
		part("Sin confirmar", d.Holds, most, t.hold),
		part("Falta cobrar", d.Owing, most, t.owing),
		waiting(d, most),
		d.Alerts.text(),
	}
	if d.Arrivals.Total+d.Departures.Total+d.Staying.Total == 0 {
		parts[1] = "No llega, ni se va, ni se queda nadie."
	}
	said := parts[:0]
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, "\n\n")
}

// called is "hoy, mar 24/11".
func (t Teller) called(d civil.Date) string {
	switch d.Sub(t.Today) {
	case 0:
		return "hoy, " + t.date(d)
	case 1:
		return "mañana, " + t.date(d)
	default:
		return t.date(d)
	}
}

func capital(text string) string {
	for i, r := range text {
		return strings.ToUpper(string(r)) + text[i+len(string(r)):]
	}
	return text
}

// part is a list under its name, and nothing where it is empty.
func part(name string, l List, most int, line func(*Stay) string) string {
	if l.Total == 0 {
		return ""
	}
	said := make([]string, len(l.Stays))
	for i := range l.Stays {
		said[i] = "• " + line(&l.Stays[i])
	}
	return "*" + name + "* (" + text(int64(l.Total)) + ")\n" + paged(said, most, l.Total)
}

// waiting is who waits for a word, with what to call them by: not everybody has a reservation, or shows his number.
func waiting(d *Day, most int) string {
	if d.WaitingAll == 0 {
		return ""
	}
	said := make([]string, len(d.Waiting))
	for i := range d.Waiting {
		a := &d.Waiting[i]
		said[i] = "• " + a.handle() + " " + a.name()
		if phone := clean(a.Phone, maxName); phone != a.name() {
			said[i] = commas(said[i], phone)
		}
	}
	return "*Esperan que les respondas* (" + text(int64(d.WaitingAll)) + ")\n" + paged(said, most, d.WaitingAll)
}

func (t Teller) arrival(s *Stay) string {
	return clean(s.Cabin, maxName) + ": " + commas(s.who(), es.Guests(s.Guests), "hasta el "+t.date(s.Nights.To), debt(s), unconfirmed(s)) + reach(s)
}

func (t Teller) departure(s *Stay) string {
	return clean(s.Cabin, maxName) + ": " + commas(s.who(), debt(s)) + reach(s)
}

func (t Teller) staying(s *Stay) string {
	return clean(s.Cabin, maxName) + ": " + commas(s.who(), "hasta el "+t.date(s.Nights.To), debt(s)) + code(s)
}

func (t Teller) hold(s *Stay) string {
	return s.Code + ", " + commas(clean(s.Cabin, maxName), t.span(s.Nights), s.who()) + ": " + t.status(s)
}

func (t Teller) owing(s *Stay) string {
	return s.Code + ", " + commas(s.who(), clean(s.Cabin, maxName), "entra el "+t.date(s.Nights.From)) + ": " + cash(s.owed(), s.Currency) + contact(s)
}

func debt(s *Stay) string {
	if s.Code == "" || s.Status == booking.StatusPreReserved || s.owed() == 0 {
		return ""
	}
	return "debe " + cash(s.owed(), s.Currency)
}

func unconfirmed(s *Stay) string {
	if s.Status == booking.StatusPreReserved {
		return "sin confirmar"
	}
	return ""
}

func reach(s *Stay) string { return code(s) + contact(s) }

func contact(s *Stay) string {
	if phone := clean(s.Contact.Phone, maxName); phone != "" {
		return " " + phone
	}
	return ""
}

func (a *Alerts) text() string {
	var all []string
	add := func(n int, one, many string) {
		if n > 0 {
			all = append(all, "• "+plural(n, one, many))
		}
	}
	add(a.DoubleBookings, "posible doble reserva: resolvela cuanto antes", "posibles dobles reservas: resolvelas cuanto antes")
	add(a.Overlaps, "cruce entre calendarios", "cruces entre calendarios")
	add(a.StaleFeeds, "calendario de otro canal sin actualizar", "calendarios de otros canales sin actualizar")
	add(a.OddPayments, "pago para revisar", "pagos para revisar")
	add(a.RefundsByHand, "devolución que tenés que hacer a mano", "devoluciones que tenés que hacer a mano")
	add(a.Undelivered, "mensaje que no se pudo entregar", "mensajes que no se pudieron entregar")
	if all == nil {
		return ""
	}
	return "*Alertas*\n" + strings.Join(all, "\n")
}

// next is what can be done at once: about what waits, else another look.
func (t Teller) next(d *Day) []chat.Button {
	var buttons []chat.Button
	for i := range d.Holds.Stays {
		s := &d.Holds.Stays[i]
		if s.waits() && len(buttons) < chat.MaxButtons-1 && (s.Approval == booking.ApprovalWaiting || s.Receipt) {
			buttons = append(buttons, press("Aprobar "+s.Code, Say("aprobar "+s.Code)))
		}
	}
	if d.Date.Equal(t.Today) {
		return append(buttons, press("Mañana", Say("mañana")))
	}
	return append(buttons, press("Hoy", Say("hoy")))
}
