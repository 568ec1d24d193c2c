package command

import (
	"strconv"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

func text(id int64) string { return strconv.FormatInt(id, 10) }

func (t Teller) day(at time.Time) civil.Date { return civil.Of(at, t.Zone) }

// Offer is a cabin for a stay, as an owner asks about it.
type Offer struct {
	Cabin    string
	Price    money.Cents
	Currency string
	WhyNot   string // the code of the fault that says why not; "" = it is free
	By       []Stay // who has its nights
	Closed   []Closure
}

// Closure is nights that were closed by hand, or that another channel has.
type Closure struct {
	ID      int64
	CabinID int64
	Cabin   string
	Nights  civil.Nights
	Note    string
	Source  string // "" = closed by hand
}

// Free says which cabins are free, and what they cost.
func (t Teller) Free(n civil.Nights, guests int, offers []Offer) chat.Message {
	var free, taken []string
	for _, o := range offers {
		if o.WhyNot == "" {
			free = append(free, "• "+clean(o.Cabin, maxName)+": "+cash(o.Price, o.Currency))
		} else {
			taken = append(taken, "• "+clean(o.Cabin, maxName)+": "+t.whyNot(&o))
		}
	}
	head := "*" + t.stretch(n) + ", " + es.Guests(guests) + "*"
	switch {
	case len(offers) == 0:
		return say(head + "\nNo hay ninguna cabaña activa.")
	case free == nil:
		return say(lines(head, "No hay nada libre:", paged(taken, maxListed, len(taken))))
	case taken == nil:
		return say(lines(head, "Está libre:", paged(free, maxListed, len(free))))
	}
	return say(lines(head, "Libre:", paged(free, maxListed, len(free)), "No:", paged(taken, maxListed, len(taken))))
}

const maxListed = 15

// whyNot names by what a cabin is taken, or which rule is in the way.
func (t Teller) whyNot(o *Offer) string {
	if by := t.by(o.By, o.Closed); by != "" {
		return by
	}
	return Why(o.WhyNot)
}

// Why is the code of a fault in words, as an owner understands it.
func Why(code string) string {
	switch code {
	case booking.ErrTaken.Code:
		return "ocupada"
	case booking.ErrTooManyGuests.Code:
		return "no entran tantos"
	case booking.ErrMinNights.Code:
		return "libre, pero son menos noches que el mínimo"
	case booking.ErrMaxNights.Code:
		return "libre, pero son más noches que el máximo"
	case booking.ErrPastDate.Code:
		return "esas fechas ya pasaron"
	case booking.ErrTooFar.Code:
		return "todavía no se vende tan lejos"
	default:
		return "no se puede"
	}
}

// by is who has nights, in one line: two of them by name.
func (t Teller) by(stays []Stay, closed []Closure) string {
	const named = 2
	var all []string
	for _, s := range stays {
		all = append(all, commas(s.who(), t.span(s.Nights))+code(&s))
	}
	for _, c := range closed {
		all = append(all, t.closure(&c))
	}
	if len(all) > named {
		return commas(all[:named]...) + " y " + strconv.Itoa(len(all)-named) + " más"
	}
	return commas(all...)
}

func code(s *Stay) string {
	if s.Code == "" {
		return ""
	}
	return " (" + s.Code + ")"
}

func (t Teller) closure(c *Closure) string {
	if c.Source != "" {
		return "ocupada en " + channelName(c.Source) + " " + t.span(c.Nights)
	}
	note := clean(c.Note, maxTold)
	if note != "" {
		note = ": " + note
	}
	return "bloqueada " + t.span(c.Nights) + note
}

// AskDates asks for dates, or says what is wrong with those that were said.
func (t Teller) AskDates(c Command) chat.Message {
	example := map[Verb]string{
		Block: "bloquear cabaña 2 del 3 al 5/1 pintura", Unblock: "desbloquear cabaña 2 del 3 al 5/1", Free: "libre 3/1 al 8/1", Agenda: "hoy",
	}[c.Verb]
	switch c.Ask {
	case understanding.PastDate:
		return say("Esas fechas ya pasaron. Escribilo de nuevo, por ejemplo: " + example)
	case understanding.InvalidDate:
		return say("Esas fechas no existen, o terminan antes de empezar. Escribilo de nuevo, por ejemplo: " + example)
	}
	if c.Verb == Free {
		return say("¿Para qué fechas? Por ejemplo: "+example, press("Hoy", Say("libre hoy")), press("Este finde", Say("libre este finde")),
			press("El próximo finde", Say("libre el próximo finde")))
	}
	return say("¿Qué fechas? Escribilo todo junto, por ejemplo: " + example)
}

// AskReading asks which of two dates was meant. The buttons say the command again, with the dates as nobody can misread them.
func (t Teller) AskReading(c Command, again func(civil.Nights) string) chat.Message {
	var buttons []chat.Button
	for _, n := range c.Readings[:min(len(c.Readings), chat.MaxButtons-1)] {
		title := es.Date(n.From, n.From)
		if n.Valid() {
			title += " → " + es.Date(n.To, n.To)
		}
		buttons = append(buttons, press(title, again(n)))
	}
	if len(buttons) == 0 {
		return t.AskDates(c)
	}
	return say("¿Qué fechas quisiste decir?", append(buttons, decline())...)
}

// AskYear asks of which year dates are that this year has seen already, and that are far off next year.
func (t Teller) AskYear(c Command, again func(civil.Nights) string) chat.Message {
	var buttons []chat.Button
	for _, n := range c.Readings[:min(len(c.Readings), chat.MaxButtons-1)] {
		year, _, _ := n.From.YMD()
		buttons = append(buttons, press("Las de "+strconv.Itoa(year), again(n)))
	}
	if len(buttons) < 2 {
		return t.AskDates(c)
	}
	last, next := c.Readings[0], c.Readings[1]
	return say("¿De qué año? "+t.when(last)+" ya pasó, y "+t.when(next)+" es dentro de más de seis meses. Todavía no bloqueé nada.", append(buttons, decline())...)
}

// when is dates as far as they were said, with the year where it is another than this one.
func (t Teller) when(n civil.Nights) string {
	if n.Valid() {
		return t.span(n)
	}
	return t.date(n.From)
}

// SinceToday is an answer about nights of which some are over.
func SinceToday(m chat.Message) chat.Message {
	m.Body = "Lo anterior a hoy ya pasó: lo tomo desde hoy.\n" + m.Body
	return m
}

// AskOneNight asks whether one night alone is to be closed.
func (t Teller) AskOneNight(c Command, cabin string) chat.Message {
	c.Nights.To = c.Nights.From.AddDays(1)
	return say("¿Bloqueo "+clean(cabin, maxName)+" solo la noche del "+t.date(c.Nights.From)+"? Si son más noches, escribí desde cuándo hasta cuándo: bloquear cabaña 2 del 3 al 5/1",
		press("Sí, una noche", Yes(c, t.Now)), decline())
}

// AskCabin asks in which cabin nights are to be closed.
func (t Teller) AskCabin(c Command, cabins []Cabin) chat.Message {
	var rows []chat.Row
	if c.Nights.To.IsZero() {
		c.Nights.To = c.Nights.From.AddDays(1)
	}
	for _, one := range cabins {
		c.Cabin = one.ID
		rows = append(rows, chat.Row{ID: Yes(c, t.Now), Title: chat.Cut(clean(one.Name, maxName), maxTitle)})
	}
	more := ""
	if len(rows) > chat.MaxRows {
		more = " Si no está en la lista, escribila por su nombre."
	}
	return choose("¿Qué cabaña bloqueo, "+t.stretch(c.Nights)+"?"+more, "Ver cabañas", rows)
}

// AskBlock asks whether nights are to be closed of which there are many, or in all cabins.
func (t Teller) AskBlock(c Command, where string) chat.Message {
	return say("¿Bloqueo "+clean(where, maxTold)+", "+t.stretch(c.Nights)+"?", press("Sí, bloquear", Yes(c, t.Now)), decline())
}

// Blocked says what has become of closing nights, cabin by cabin.
type Blocked struct {
	Cabin string
	Was   bool      // closed already
	By    []Stay    // who is in the way; nobody = it is closed
	Not   string    // another reason why not, in words
	Also  []Closure // what other channels have there all the same
}

// Blocked says which nights are closed now, and what was in the way.
func (t Teller) Blocked(n civil.Nights, note string, all []Blocked) chat.Message {
	var said []string
	for _, b := range all {
		name := clean(b.Cabin, maxName)
		switch {
		case b.Not != "":
			said = append(said, "No bloqueé "+name+": "+b.Not+".")
		case len(b.By) > 0:
			said = append(said, "No bloqueé "+name+": está tomada por "+t.by(b.By, nil)+".")
		case b.Was:
			said = append(said, name+" ya estaba bloqueada.")
		default:
			line := "Bloqueada " + name + ": " + t.stretch(n)
			if note = clean(note, maxTold); note != "" {
				line += ", " + note
			}
			if len(b.Also) > 0 {
				line += ". Ojo: " + t.by(nil, b.Also)
			}
			said = append(said, line+".")
		}
	}
	return say(paged(said, maxListed, len(said)))
}

// WhichClosure asks which nights are to be opened again; the closures are all that there are of what was said.
func (t Teller) WhichClosure(all []Closure) chat.Message {
	if len(all) == 0 {
		return say("No hay nada bloqueado a mano ahí.")
	}
	var rows []chat.Row
	for _, c := range all {
		rows = append(rows, chat.Row{
			ID:    Yes(Command{Verb: Unblock, Cabin: c.CabinID, Block: c.ID}, t.Now),
			Title: chat.Cut(clean(c.Cabin, maxName), maxTitle), Description: commas(t.span(c.Nights), clean(c.Note, maxTold)),
		})
	}
	if len(all) == 1 {
		c := all[0]
		note := ""
		if c.Note != "" {
			note = " (" + clean(c.Note, maxTold) + ")"
		}
		return say("¿Desbloqueo "+clean(c.Cabin, maxName)+", "+t.stretch(c.Nights)+note+"? Se libera todo eso, y se puede volver a reservar. Vale por 5 minutos.",
			press("Sí, desbloquear", rows[0].ID), decline())
	}
	more := ""
	if len(all) > chat.MaxRows {
		more = " Hay " + strconv.Itoa(len(all)-chat.MaxRows) + " más: decime la cabaña y las fechas."
	}
	return choose("¿Cuál desbloqueo? Elegila y se libera en el momento; vale por 5 minutos."+more, "Ver bloqueos", rows)
}

// Unblocked says that nights are open again. Gone: they were already.
func (t Teller) Unblocked(cabin string, gone bool) chat.Message {
	if gone {
		return say("Eso ya no estaba bloqueado.")
	}
	return say("Desbloqueada: " + clean(cabin, maxName) + ". Esas fechas ya se pueden reservar.")
}
