package pay

import (
	"errors"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// words are those for a failure.
func (h *handler) words(o payment.Opening, failure error) page {
	r := o.Reservation
	manage, site := "", h.baseURL+"/"
	if r.Code != "" {
		manage = h.manageURL(r.Code)
	}
	f, _ := errors.AsType[*fault.Error](failure)
	switch {
	case errors.Is(failure, booking.ErrInvalidState):
		return over(r.StatusAt(h.Now()), manage, site)
	case errors.Is(failure, booking.ErrAwaitingApproval):
		return page{Title: "Falta la aprobación", Text: "El anfitrión todavía tiene que aprobar tu reserva.", More: "Te avisamos apenas lo haga, y entonces vas a poder pagar.", Manage: manage}
	case errors.Is(failure, payment.ErrNothingOwed):
		return page{Title: "No queda nada por pagar", Text: "Tu reserva ya está pagada.", Manage: manage}
	case errors.Is(failure, ErrPaymentsOff):
		return page{Title: "Acá todavía no se paga en línea", Text: "El anfitrión te va a decir cómo pagar tu reserva.", Manage: manage}
	case f != nil && (f.Kind == fault.Unauthenticated || f.Kind == fault.Denied || f.Kind == fault.NotFound):
		return page{Title: "Este enlace no funciona", Text: "Puede que se haya cortado al copiarlo. Abrilo desde el mensaje que te mandamos."}
	case f != nil && f.Kind == fault.Invalid:
		return page{Title: "Este enlace no funciona", Text: "No dice bien cuánto querés pagar. Abrilo desde el mensaje que te mandamos.", Manage: manage}
	default:
		return page{Title: "No pudimos abrir el pago", Text: "Probá de nuevo en un minuto.", More: h.keptUntil(o), Again: true, Manage: manage}
	}
}

// offer says to a program what over says to a guest: where nights can be booked again.
func (h *handler) offer(failure error) error {
	f, ok := errors.AsType[*fault.Error](failure)
	if !ok || !errors.Is(f, booking.ErrInvalidState) {
		return failure
	}
	return f.WithDetail(f.Detail + " Book again: " + h.baseURL + "/")
}

// over is for a reservation that cannot be paid any more.
func over(status booking.Status, manage, site string) page {
	switch status {
	case booking.StatusExpired:
		return page{Title: "Tu reserva venció", Text: "El plazo para pagarla terminó y las noches volvieron a quedar libres.", More: "Podés reservar de nuevo. Si ya pagaste, no pagues otra vez: te avisamos apenas se acredite.", Manage: manage, Site: site}
	case booking.StatusCancelled:
		return page{Title: "Esta reserva está cancelada", Text: "Ya no se puede pagar.", More: "Podés reservar de nuevo.", Manage: manage, Site: site}
	default:
		return page{Title: "Esta estadía ya terminó", Text: "Ya no se puede pagar en línea.", Manage: manage, Site: site}
	}
}

// keptUntil says that nothing is lost yet, as long as that is so.
func (h *handler) keptUntil(o payment.Opening) string {
	now := h.Now()
	switch o.Reservation.StatusAt(now) {
	case booking.StatusPreReserved:
		return "Tus noches siguen reservadas hasta " + notice.Spanish.Moment(o.Reservation.ExpiresAt, now, o.Terms.Zone) + "."
	case booking.StatusConfirmed:
		return "Tu reserva sigue confirmada."
	default:
		return ""
	}
}

// title is what is paid, as the guest reads it at the checkout. It is the same whenever it is asked for.
func title(o payment.Opening) string {
	what := "Estadía"
	if o.What == payment.Deposit {
		what = "Seña"
	}
	nights := o.Reservation.Stay.Nights
	zone := o.Terms.Zone
	if zone == nil {
		zone = time.UTC
	}
	made := civil.Of(o.Reservation.CreatedAt, zone) // decides whether the year is named
	return what + " · " + o.Terms.AccommodationName + " · " + notice.Spanish.Date(nights.From, made) + " al " + notice.Spanish.Date(nights.To, made)
}
