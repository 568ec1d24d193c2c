package conversation

import (
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// inPassing answers what people say besides: it is no wish of its own, and yet wants an answer. It reports whether it was any of
// that.
func (t *talk) inPassing() bool {
	text := t.event.Text
	switch {
	case apologises(text):
		t.say(t.w.NoWorry)
	case asksDiscount(text):
		t.discount()
	case t.unsure():
		t.ask(AskedDates)
		t.say(t.w.NoDatesYet, t.button(t.w.MenuCabins, "cabins"), t.button(t.w.ToPerson, "person", "asked"))
	case t.Step != AskedCabin && recommends(" "+plain(text)):
		t.cabins(t.facts.Cabins)
	case personName(t.m.Name) != "":
		t.say(t.w.Fine)
	default:
		return false
	}
	t.understood()
	return true
}

// unsure reports whether a guest says that he does not know yet when he comes.
func (t *talk) unsure() bool {
	text := t.event.Text
	unsure := strings.HasPrefix(plain(text), "no se ") || has(text, "todavia", "ainda", "yet")
	return unsure && (t.Step == AskedDates || t.Step == Idle && has(text, "fecha", "fechas", "dia", "dias", "data", "datas", "date", "dates"))
}

// recommends reports whether a text, as plain has it and with a blank before it, asks for a recommendation.
func recommends(said string) bool {
	return slices.ContainsFunc([]string{" recom", " aconsej", " conviene", " sugeri", " sugier", " sugere", " sugest", " sugiri"}, func(start string) bool {
		return strings.Contains(said, start)
	})
}

// asksDiscount reports whether a guest would rather pay less.
func asksDiscount(text string) bool {
	said := " " + plain(text) + " "
	return has(text, "descuento", "descuentos", "rebaja", "promo", "promocion", "discount", "desconto", "caro", "carisimo", "expensive", "regatear") ||
		strings.Contains(said, " es mucho ") || strings.Contains(said, " haces precio ") || strings.Contains(said, " hacen precio ")
}

// discount offers to ask the owner, since nobody else can give one. Who has said that it is dear, and that there may be something
// cheaper, is shown what there is.
func (t *talk) discount() {
	t.understood()
	t.askPerson("discount")
	t.say(t.hosted(t.w.NoDiscount, t.Wanted.Cabin), t.button(t.w.YesAsk, "person", t.Why), t.button(t.w.NoNeed, "no"))
}

// typed takes the title of a button, typed by who cannot press it, for the button.
func (t *talk) typed() bool {
	said, w := plain(t.event.Text), t.Wanted
	is := func(titles ...string) bool {
		return slices.ContainsFunc(titles, func(title string) bool { return plain(title) == said })
	}
	all := w
	all.Cabin = 0
	choice := ""
	switch {
	case said == "":
	case is(t.w.SeeCabins, t.w.MenuCabins) && t.Step != AskedCabin:
		choice = id("cabins")
	case is(t.w.OtherDates):
		choice = id("dates", w.code())
	case is(t.w.OtherCabins, t.w.SeeCabins, t.w.MenuCabins) && w.whole():
		choice = id("want", all.code())
	case is(t.w.WillTransfer) && t.Code != "":
		choice = id("transfer", t.Code)
	case is(t.w.CancelRedo) && t.Step == AskedChange:
		choice = id("redo", t.Code, w.code())
	case is(t.w.LeaveIt) && t.Step == AskedChange:
		choice = id("keep", t.Code)
	case is(t.w.YesAsk) && t.Step == AskedPerson:
		choice = id("person", t.Why)
	case is(t.w.NoNeed) && t.Step == AskedPerson:
		choice = id("no")
	case is(t.w.ToPerson):
		choice = id("person", "asked")
	case is(t.w.SeeOptions, t.w.MenuHelp):
		choice = id("help")
	}
	if choice == "" || t.event.Kind != Said {
		return false
	}
	t.event.Choice = chat.Cut(choice, chat.MaxBody)
	t.pressed()
	return true
}
