package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// The tones of a headline.
const (
	good = "good"
	wait = "wait"
	over = "over"
)

// stateOf says in words how a reservation stands.
func stateOf(f *payment.Folio, now time.Time) state {
	r := &f.Reservation
	switch r.StatusAt(now) {
	case booking.StatusPreReserved:
		return holdState(f, now)
	case booking.StatusConfirmed:
		return state{good, "Reserva confirmada", confirmedText(f)}
	case booking.StatusCompleted:
		return state{good, "Gracias por tu estadía", []string{"Esta estadía ya terminó."}}
	case booking.StatusNoShow:
		return state{over, "Esta estadía ya pasó", nil}
	case booking.StatusCancelled:
		return state{over, "Reserva cancelada", cancelledText(f)}
	default:
		return state{over, "Esta reserva venció", expiredText(f)}
	}
}

// holdState is how a hold stands: what it waits for.
func holdState(f *payment.Folio, now time.Time) state {
	r := &f.Reservation
	until := notice.Spanish.Moment(r.ExpiresAt, now, f.Terms.Zone)
	kept := "Te guardamos las noches hasta " + until + "."
	if r.Approval == booking.ApprovalWaiting {
		return state{wait, "Esperando la aprobación del anfitrión", []string{kept, "Te avisamos apenas responda, y entonces vas a poder pagar. Todavía no tenés que hacer nada."}}
	}
	if p := waiting(f.Payments); p != nil {
		return state{wait, "Tu pago está en curso", []string{pendingText(f, p, now), kept}}
	}
	if inReview(f.Payments) {
		return state{wait, "Pago en revisión", []string{"Recibimos tu pago y lo estamos revisando: el anfitrión te va a escribir.", kept}}
	}
	if f.TransferBegun {
		return state{wait, "Esperando tu transferencia", []string{kept, "Apenas el anfitrión la vea en su cuenta, tu reserva queda confirmada."}}
	}
	s := state{wait, "Reservada hasta " + until, []string{"Te guardamos estas noches hasta esa hora. Para confirmar la reserva, pagá antes " + what(r) + "."}}
	if no := refused(f.Payments); no != nil {
		s.Text = append([]string{"El último pago no se hizo. " + payment.Reason(no.StatusDetail)}, s.Text...)
	}
	return s
}

func what(r *booking.Reservation) string {
	if r.Deposit > 0 && r.Deposit < r.Total {
		return "la seña"
	}
	return "el total"
}

// pendingText says what a payment waits for.
func pendingText(f *payment.Folio, p *payment.Payment, now time.Time) string {
	value := notice.Spanish.Money(p.Amount, f.Reservation.Currency)
	if p.Status != payment.Pending {
		return "Mercado Pago está revisando tu pago de " + value + ". Puede demorar hasta dos días hábiles; te avisamos apenas responda."
	}
	if p.Expires.After(now) {
		return "Falta que pagues los " + value + " con el comprobante que te dio Mercado Pago, hasta " + notice.Spanish.Moment(p.Expires, now, f.Terms.Zone) + "."
	}
	return "Tu pago de " + value + " todavía no se acreditó; te avisamos apenas llegue."
}

// inReview reports whether there is money that did not confirm: too little of it, or something else is wrong.
func inReview(all []payment.Payment) bool {
	for _, p := range all {
		if p.Flag != "" && (p.Status == payment.Approved || p.Status == payment.InMediation) {
			return true
		}
	}
	return false
}

// refused is the newest payment, if that was refused.
func refused(all []payment.Payment) *payment.Payment {
	if len(all) > 0 && (all[0].Status == payment.Rejected || all[0].Status == payment.Cancelled) {
		return &all[0]
	}
	return nil
}

func confirmedText(f *payment.Folio) []string {
	text := []string{"Te esperamos."}
	if f.Reservation.Paid >= f.Reservation.Total {
		text[0] = "Está todo pagado. Te esperamos."
	}
	if p := waiting(f.Payments); p != nil {
		text = append(text, "Hay un pago de "+notice.Spanish.Money(p.Amount, f.Reservation.Currency)+" en curso; te avisamos apenas se acredite.")
	} else if no := refused(f.Payments); no != nil && f.Reservation.Paid < f.Reservation.Total {
		text = append(text, "El último pago no se hizo. "+payment.Reason(no.StatusDetail))
	}
	return text
}

func cancelledText(f *payment.Folio) []string {
	text := []string{"Las noches quedaron libres."}
	switch r := &f.Reservation; {
	case len(f.Returned) > 0:
		text = append(text, "Abajo ves lo que te devolvemos. Según el medio de pago, puede tardar unos días en verse en tu cuenta.")
	case r.Paid > 0:
		text = append(text, "Según la política de cancelación, lo pagado no se devuelve.")
	}
	return text
}

func expiredText(f *payment.Folio) []string {
	text := []string{"El plazo para pagarla terminó y las noches volvieron a quedar libres."}
	switch {
	case len(f.Returned) > 0:
		text = append(text, "Tu pago llegó tarde y te lo devolvemos. Según el medio de pago, puede tardar unos días en verse en tu cuenta.")
	case waiting(f.Payments) != nil:
		return append(text, "Si tu pago se acredita y las noches siguen libres, la reserva se confirma sola; si no, te lo devolvemos.")
	}
	return append(text, "Podés reservar de nuevo. Si ya pagaste, no pagues otra vez: te avisamos apenas se acredite.")
}

// priceLines are the reservation's, whose labels are made for programs.
func priceLines(r *booking.Reservation) []amount {
	lines := make([]amount, len(r.Lines))
	for i, l := range r.Lines {
		label, note := lineWords(l)
		if l.Quantity > 1 {
			note = strings.TrimPrefix(note+" · "+strconv.Itoa(l.Quantity)+" × "+notice.Spanish.Money(l.UnitPrice, r.Currency), " · ")
		}
		lines[i] = amount{Label: label, Note: note, Value: notice.Spanish.Money(l.Amount, r.Currency)}
	}
	return lines
}

// lineWords says what a line is about, and the name of its season.
func lineWords(l booking.Line) (label, note string) {
	head, tail, _ := strings.Cut(l.Label, ", ")
	switch l.Kind {
	case booking.LineNights:
		label = notice.Spanish.Nights(l.Quantity)
		if strings.Contains(head, "weekend") {
			label += " de fin de semana"
		}
		return label, tail
	case booking.LineExtraGuests:
		var guests, nights int
		if _, err := fmt.Sscanf(head, "%d extra", &guests); err != nil || guests < 1 {
			return "Personas adicionales", ""
		}
		if _, err := fmt.Sscanf(tail, "%d night", &nights); err != nil || nights < 1 {
			return "Personas adicionales", ""
		}
		word := " personas adicionales"
		if guests == 1 {
			word = " persona adicional"
		}
		return strconv.Itoa(guests) + word, notice.Spanish.Nights(nights)
	case booking.LineCleaning:
		return "Limpieza", ""
	default:
		return l.Label, ""
	}
}

// sums are what a reservation comes to, and how far it is paid.
func sums(r *booking.Reservation, status booking.Status) []amount {
	show := notice.Spanish.Money
	lines := []amount{{Label: "Total", Value: show(r.Total, r.Currency), Strong: true}}
	if r.Deposit > 0 && r.Deposit < r.Total && status.Live() {
		lines = append(lines, amount{Label: "Seña", Value: show(r.Deposit, r.Currency)})
	}
	lines = append(lines, amount{Label: "Pagado", Value: show(r.Paid, r.Currency)})
	if owed := payment.Owed(r, payment.Total); owed > 0 && status.Live() {
		lines = append(lines, amount{Label: "Resta pagar", Value: show(owed, r.Currency), Strong: true})
	}
	return lines
}

// paymentLines are the payments that a guest would look for.
func paymentLines(f *payment.Folio, today civil.Date) []amount {
	var lines []amount
	for _, p := range f.Payments {
		note := providerWords(p.Provider)
		if !p.DateCreated.IsZero() {
			note += ", " + notice.Spanish.Date(civil.Of(p.DateCreated, f.Terms.Zone), today)
		}
		currency := p.Currency
		if currency == "" {
			currency = f.Reservation.Currency
		}
		lines = append(lines, amount{Label: statusWords(p.Status), Note: note, Value: notice.Spanish.Money(p.Amount, currency)})
	}
	return lines
}

func statusWords(s payment.Status) string {
	switch s {
	case payment.Approved:
		return "Pago acreditado"
	case payment.Pending:
		return "Pago pendiente"
	case payment.Authorized, payment.InProcess:
		return "Pago en revisión"
	case payment.InMediation:
		return "Pago en disputa"
	case payment.Refunded:
		return "Pago devuelto"
	case payment.ChargedBack:
		return "Pago desconocido por el titular"
	case payment.Rejected:
		return "Pago no aprobado"
	case payment.Cancelled:
		return "Pago cancelado"
	default:
		return "Pago"
	}
}

func providerWords(provider string) string {
	switch provider {
	case payment.Transfer:
		return "transferencia"
	case payment.Cash:
		return "efectivo"
	default:
		return "Mercado Pago"
	}
}

// returnLines are what goes back, and how far it is.
func returnLines(f *payment.Folio) []amount {
	var lines []amount
	for _, back := range f.Returned {
		label := "Devolución en camino"
		switch {
		case back.State == "done":
			label = "Devolución hecha"
		case back.State == "withdrawn":
			continue
		case back.ByHand:
			label = "Devolución, la hace el anfitrión"
		}
		lines = append(lines, amount{Label: label, Note: providerWords(back.Provider), Value: notice.Spanish.Money(back.Amount, f.Reservation.Currency)})
	}
	return lines
}

// policyWords say what a cancellation gives back when, from now on.
func policyWords(f *payment.Folio, today civil.Date) []string {
	if f.Reservation.Status == booking.StatusPreReserved {
		return []string{"Mientras no esté confirmada, te devolvemos todo lo que hayas pagado."}
	}
	arrival, steps := f.Reservation.Stay.Nights.From, f.Terms.Policy.Or(f.Terms.Steps)
	// An operator may have written them in any order.
	ordered := slices.SortedFunc(slices.Values(steps), func(a, b booking.PolicyStep) int { return b.DaysBefore - a.DaysBefore })
	var lines []string
	for _, step := range ordered {
		last, percent := arrival.AddDays(-step.DaysBefore), steps.Percent(step.DaysBefore)
		if last.Before(today) || percent <= 0 {
			continue
		}
		lines = append(lines, "Hasta el "+notice.Spanish.Date(last, today)+" te devolvemos el "+strconv.Itoa(percent)+" % de lo pagado.")
	}
	if lines == nil {
		return []string{"Si cancelás ahora, lo pagado no se devuelve."}
	}
	return append(lines, "Después, lo pagado no se devuelve.")
}
