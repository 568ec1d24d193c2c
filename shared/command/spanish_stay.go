package command

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Stay is a reservation, or a guest of another channel, as its owner is told of it. All that is there of its guest is for the owner
// alone.
type Stay struct {
	Code     string // "" = another channel's
	Source   string // where it comes from: web, whatsapp, airbnb
	CabinID  int64
	Cabin    string // its name
	Nights   civil.Nights
	Guests   int
	Contact  booking.Contact
	Requests string
	Status   booking.Status // at the instant it was asked for
	Approval booking.Approval
	Currency string
	Total    money.Cents
	Deposit  money.Cents
	Paid     money.Cents
	Expires  time.Time // when a hold runs out
	Transfer bool      // of a hold: its guest has said that he transfers
	Receipt  bool      // and has sent something to show that he did
}

// waits reports whether a hold is for the owner to decide about.
func (s *Stay) waits() bool {
	return s.Status == booking.StatusPreReserved && (s.Approval == booking.ApprovalWaiting || s.Transfer)
}

func (s *Stay) owed() money.Cents { return max(0, s.Total-s.Paid) }

// due is what confirms a hold, or else what is left to be paid.
func (s *Stay) due() money.Cents {
	if left := s.Deposit - s.Paid; left > 0 {
		return left
	}
	return s.owed()
}

// who is a guest's name, or what he came by.
func (s *Stay) who() string {
	if name := clean(s.Contact.Name, maxName); name != "" {
		return name
	}
	if s.Code == "" {
		return channelName(s.Source)
	}
	return "sin nombre"
}

// channelName is how people call where a guest comes from.
func channelName(source string) string {
	switch source {
	case "airbnb":
		return "Airbnb"
	case "booking":
		return "Booking"
	case "vrbo":
		return "Vrbo"
	case "mercadolibre":
		return "Mercado Libre"
	case "whatsapp":
		return "WhatsApp"
	case "web":
		return "la web"
	case "phone":
		return "teléfono"
	case "email":
		return "e-mail"
	case "":
		return "otro canal"
	default:
		return clean(source, maxName)
	}
}

// Shown is all that an owner may want to know of a reservation, and what he can do about it.
func (t Teller) Shown(s Stay) chat.Message {
	body := lines(
		"*Reserva "+s.Code+"*: "+t.status(&s),
		clean(s.Cabin, maxName)+", "+t.stretch(s.Nights),
		commas(s.who(), es.Guests(s.Guests)),
		lines(clean(s.Contact.Phone, maxName), clean(s.Contact.Email, maxTold)),
		told("Pidió", s.Requests),
		t.account(&s),
		"Vino por "+channelName(s.Source)+".",
	)
	return say(body, t.steps(&s)...)
}

func told(what, text string) string {
	if text = clean(text, maxTold); text == "" {
		return ""
	}
	return what + ": «" + text + "»"
}

// status is what a reservation waits for.
func (t Teller) status(s *Stay) string {
	switch {
	case s.Status == booking.StatusPreReserved && s.Approval == booking.ApprovalWaiting:
		return "espera tu respuesta hasta " + t.until(s.Expires)
	case s.Status == booking.StatusPreReserved && s.Receipt:
		return "mandó comprobante, falta que la apruebes (hasta " + t.until(s.Expires) + ")"
	case s.Status == booking.StatusPreReserved && s.Transfer:
		return "espera su transferencia hasta " + t.until(s.Expires)
	case s.Status == booking.StatusPreReserved:
		return "sin pagar, se guarda hasta " + t.until(s.Expires)
	default:
		return Status(s.Status)
	}
}

// Status is what has become of a reservation, in a word.
func Status(s booking.Status) string {
	switch s {
	case booking.StatusPreReserved:
		return "sin pagar"
	case booking.StatusConfirmed:
		return "confirmada"
	case booking.StatusCompleted:
		return "terminada"
	case booking.StatusNoShow:
		return "no vino"
	case booking.StatusExpired:
		return "vencida"
	case booking.StatusCancelled:
		return "cancelada"
	default:
		return string(s)
	}
}

func (t Teller) account(s *Stay) string {
	paid := ""
	if s.Paid > 0 {
		paid = "pagó " + cash(s.Paid, s.Currency)
	}
	owed := ""
	if s.Status.Live() && s.owed() > 0 {
		owed = "debe " + cash(s.owed(), s.Currency)
	}
	return commas("Total "+cash(s.Total, s.Currency), "seña "+cash(s.Deposit, s.Currency), paid, owed)
}

// steps are what can be done about a reservation.
func (t Teller) steps(s *Stay) []chat.Button {
	switch {
	case s.Status == booking.StatusPreReserved && s.Approval == booking.ApprovalWaiting:
		return []chat.Button{press("Aprobar", Say("aprobar "+s.Code)), press("Rechazar", Say("rechazar "+s.Code))}
	case s.Status == booking.StatusPreReserved:
		return []chat.Button{press("Llegó la plata", Say("aprobar "+s.Code)), press("Rechazar", Say("rechazar "+s.Code))}
	case s.Status == booking.StatusConfirmed && s.owed() > 0:
		return []chat.Button{press("Llegó el saldo", Say("aprobar "+s.Code))}
	default:
		return nil
	}
}

// WhichOne asks which reservation is meant, of those that wait for the owner.
func (t Teller) WhichOne(verb Verb, waiting []Stay) chat.Message {
	word := map[Verb]string{Approve: "aprobar", Reject: "rechazar", Show: "reserva"}[verb]
	var rows []chat.Row
	for _, s := range waiting {
		rows = append(rows, chat.Row{
			ID: Say(word + " " + s.Code), Title: chat.Cut(s.Code+" "+s.who(), maxTitle),
			Description: commas(clean(s.Cabin, maxName), t.span(s.Nights)),
		})
	}
	if rows == nil {
		return say("¿Cuál? Escribí el código de la reserva, por ejemplo: " + word + " K7M2QX. Ahora no hay ninguna esperando.")
	}
	return choose("¿Cuál? Estas son las que están sin confirmar. También podés escribir el código: "+word+" K7M2QX", "Ver reservas", rows)
}

// Unknown says that there is nobody to whom a command could apply.
func (t Teller) Unknown(w Who) chat.Message {
	switch {
	case w.Code != "":
		return say("No encuentro ninguna reserva " + w.Code + ". Fijate si está bien el código.")
	case w.Phone != "":
		return say("Nadie nos escribió desde el +" + w.Phone + ".")
	default:
		return say("No encuentro esa conversación.")
	}
}
