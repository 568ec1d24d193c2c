package command

import (
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Approved says that a guest may have his nights; he is told by the system. Confirmed: he had paid already.
func (t Teller) Approved(s Stay) chat.Message {
	if s.Status == booking.StatusConfirmed {
		return say("Aprobada y confirmada: " + t.headline(&s) + ". Ya había pagado.")
	}
	return say("Aprobada: " + t.headline(&s) + ". Le avisamos a " + s.who() + " y le guardamos las fechas hasta " + t.until(s.Expires) + " para que pague.")
}

// headline is a reservation in a line.
func (t Teller) headline(s *Stay) string {
	return strings.TrimSpace(s.Code + " " + commas(clean(s.Cabin, maxName), t.span(s.Nights), s.who()))
}

// AskReceived asks whether an amount has come, where it is not clear that it has.
func (t Teller) AskReceived(c Command, s Stay) chat.Message {
	why := "¿Te llegó " + cash(c.Amount, s.Currency) + how(c.Cash) + " de " + t.headline(&s) + "?"
	switch {
	case s.Status == booking.StatusExpired:
		why = "La reserva ya venció. " + why + " Si las fechas siguen libres, queda confirmada; si no, hay que devolvérselo."
	case s.Status == booking.StatusConfirmed:
		why = "Ya está confirmada y debe " + cash(s.owed(), s.Currency) + ". " + why
	}
	return say(why, press("Sí, llegó", Yes(c, t.Now)), decline())
}

func how(inCash bool) string {
	if inCash {
		return " en efectivo"
	}
	return ""
}

// Received says what has become of a reservation whose money has come. Back is what is to be given back of it by hand.
func (t Teller) Received(s Stay, amount, back money.Cents) chat.Message {
	first := "Anoté " + cash(amount, s.Currency) + " de " + t.headline(&s) + "."
	var then string
	switch {
	case back > 0:
		then = "Hay que devolverle " + cash(back, s.Currency) + " a mano: fijate en el panel."
	case s.Status == booking.StatusConfirmed && s.owed() == 0:
		then = "Está confirmada y todo pago. Le avisamos."
	case s.Status == booking.StatusConfirmed:
		then = "Está confirmada; le falta pagar " + cash(s.owed(), s.Currency) + ". Le avisamos."
	case s.Status == booking.StatusPreReserved:
		then = "Para confirmarla faltan " + cash(s.due(), s.Currency) + "; se guarda hasta " + t.until(s.Expires) + "."
	default:
		then = "Está " + Status(s.Status) + "."
	}
	return say(first + " " + then)
}

// NothingToApprove says why there is nothing to be said yes to.
func (t Teller) NothingToApprove(s Stay) chat.Message {
	if s.Status == booking.StatusConfirmed {
		return say("No hace falta: " + t.headline(&s) + " ya está confirmada y todo pago.")
	}
	return say("No se puede aprobar: " + t.headline(&s) + " está " + Status(s.Status) + ". Si te llegó plata, anotala en el panel.")
}

// AskReject asks whether a guest is to lose his nights.
func (t Teller) AskReject(c Command, s Stay) chat.Message {
	back := ""
	if s.Paid > 0 {
		back = " Se le devuelven los " + cash(s.Paid, s.Currency) + " que pagó."
	}
	reason := ""
	if c.Text != "" {
		reason = " Le decimos el motivo: «" + clean(c.Text, maxTold) + "»."
	}
	return say("¿Rechazo "+t.headline(&s)+"? Se cancela y las fechas quedan libres."+back+reason+" Vale por 5 minutos.",
		press("Sí, rechazar", Yes(c, t.Now)), decline())
}

// Rejected says that a guest has lost his nights.
func (t Teller) Rejected(s Stay, back money.Cents) chat.Message {
	text := "Rechazada: " + t.headline(&s) + ". Las fechas quedan libres y le avisamos."
	if back > 0 {
		text += " Se le devuelven " + cash(back, s.Currency) + "."
	}
	return say(text)
}

// NotRejected says why a reservation cannot be turned down this way.
func (t Teller) NotRejected(s Stay) chat.Message {
	if s.Status == booking.StatusConfirmed {
		return say("No la rechacé: " + t.headline(&s) + " ya está confirmada. Cancelarla se hace en el panel, donde decidís cuánto se devuelve.")
	}
	return say("No hay nada que rechazar: " + t.headline(&s) + " ya está " + Status(s.Status) + ".")
}

// TooLate says that a button was pressed too long after it was shown.
func (t Teller) TooLate() chat.Message {
	return say("Ese botón ya venció: vale por 5 minutos, por si algo cambió. Pedímelo de nuevo.")
}

// Addressee is a person on WhatsApp whom a command is about.
type Addressee struct {
	ID         int64
	Name       string
	Phone      string
	Last       time.Time // when he last wrote
	HandedOver time.Time // until when a person answers him; zero = the bot does
}

func (a *Addressee) name() string {
	if name := clean(a.Name, maxName); name != "" {
		return name
	}
	if phone := clean(a.Phone, maxName); phone != "" {
		return phone
	}
	return "el huésped"
}

// AskText asks what to tell somebody.
func (t Teller) AskText(w Who) chat.Message {
	to := w.Code
	switch {
	case w.Phone != "":
		to = "+" + w.Phone
	case w.Contact > 0:
		return say("¿Qué le digo? Escribilo todo junto, con el texto después del número: responder #12 Hola, te espero a las 14.")
	case to == "":
		return say("¿A quién, y qué le digo? Por ejemplo: responder K7M2QX Hola, te espero a las 14.")
	}
	return say("¿Qué le digo? Escribilo todo junto: responder " + to + " Hola, te espero a las 14.")
}

// Answered says that a text is on its way.
func (t Teller) Answered(a Addressee, until time.Time) chat.Message {
	return say("Le mandé tu mensaje a "+a.name()+". El bot queda callado en ese chat hasta "+t.until(until)+", o hasta que se lo devuelvas.",
		press("Devolver al bot", Say("bot "+a.handle())))
}

func (a *Addressee) handle() string { return "#" + text(a.ID) }

// OutOfReach says that a guest cannot be written to.
func (t Teller) OutOfReach(a Addressee) chat.Message {
	when := "Todavía no nos escribió por WhatsApp"
	if !a.Last.IsZero() {
		when = "Su último mensaje es de hace más de 24 horas (" + es.Date(t.day(a.Last), t.Today) + ", " + es.Time(a.Last, t.Zone) + ")"
	}
	call := ""
	if a.Phone != "" {
		call = " Llamalo o escribile desde tu teléfono: " + clean(a.Phone, maxName)
	}
	return say("No se lo mandé a " + a.name() + ". " + when + ", y WhatsApp no deja escribirle así hasta que vuelva a escribir." + call)
}

// NotOnWhatsApp says that the guest of a reservation has never written.
func (t Teller) NotOnWhatsApp(s Stay) chat.Message {
	return say("No se lo mandé: " + s.who() + " (" + s.Code + ") nunca nos escribió por WhatsApp." + also(s.Contact.Phone, s.Contact.Email))
}

func also(phone, email string) string {
	if reach := commas(clean(phone, maxName), clean(email, maxTold)); reach != "" {
		return " Lo encontrás en " + reach + "."
	}
	return ""
}

// Resumed says that the bot answers somebody again.
func (t Teller) Resumed(a Addressee) chat.Message {
	if !a.HandedOver.After(t.Now) {
		return say("El bot ya le estaba respondiendo a " + a.name() + ".")
	}
	return say("Listo: el bot vuelve a responderle a " + a.name() + ".")
}

// WhichChat asks whom to give back to the bot, of those whom the owner answers.
func (t Teller) WhichChat(waiting []Addressee) chat.Message {
	var rows []chat.Row
	for _, a := range waiting {
		rows = append(rows, chat.Row{ID: Say("bot " + a.handle()), Title: chat.Cut(a.name(), maxTitle), Description: clean(a.Phone, maxName)})
	}
	if rows == nil {
		return say("El bot está respondiendo en todos los chats. Para devolverle uno: bot K7M2QX")
	}
	return choose("¿Qué chat le devuelvo al bot?", "Ver chats", rows)
}
