package calendar

import (
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

// family is channels whose calendars look alike.
type family uint8

const (
	others family = iota
	airbnb
	booking
	vrbo // HomeAway, Abritel, FeWo-direkt, …
)

var families = []struct {
	mark string // in lower case; a part of a UID's domain, a PRODID or a source
	of   family
}{
	{"airbnb", airbnb},
	{"booking", booking},
	{"vrbo", vrbo},
	{"homeaway", vrbo},
	{"abritel", vrbo},
	{"fewo-direkt", vrbo},
	{"stayz", vrbo},
	{"bookabach", vrbo},
}

// familyOf decides by the first of several marks that tells: an event that a channel manager passes on keeps the domain in its
// UID.
func familyOf(marks ...string) family {
	for _, m := range marks {
		m = strings.ToLower(m)
		for _, f := range families {
			if strings.Contains(m, f.mark) {
				return f.of
			}
		}
	}
	return others
}

// classify says what an event stands for, by its shape more than by its words, which come in the host's language. Where nothing
// tells, it is Reserved and not sure: that is never quietly dropped, and may be an echo.
func classify(e icalendar.Event, from family) (kind Kind, sure bool) {
	switch {
	case e.Status == "TENTATIVE": // an inquiry holds its nights, but nobody comes yet
		return Blocked, false
	case from == airbnb:
		return classifyAirbnb(e)
	case from == booking:
		// Everything is "CLOSED - Not available", a guest's stay, a closure, and what another calendar brought.
		return Reserved, false
	case from == vrbo:
		return classifyVrbo(e)
	case begins(e.Summary, blockedWords): // "Blocked by Guesty", and our own "Bloqueado"
		return Blocked, false
	}
	return Reserved, false
}

// classifyAirbnb goes by the address of the reservation that only stays have, then by the first part of the UID, and by the words
// last: they may be localised.
func classifyAirbnb(e icalendar.Event) (Kind, bool) {
	switch {
	case strings.Contains(e.Description, "/reservations/"):
		return Reserved, true
	case strings.HasPrefix(e.UID, "7f662ec65913-"), strings.HasPrefix(e.UID, "6fec1092d3fa-"): // since mid 2025, and before
		return Blocked, false
	case strings.HasPrefix(e.UID, "1418fb94e984-"):
		return Reserved, true
	case begins(e.Summary, reservedWords):
		return Reserved, true
	case strings.HasPrefix(e.Summary, "Airbnb ("), begins(e.Summary, unavailableWords), begins(e.Summary, blockedWords):
		return Blocked, false
	}
	return Reserved, false
}

// classifyVrbo goes by the words, in the languages of its sites: "Reserved - Anna", "Blocked", and "Tentative - Anna" for an
// inquiry. Only with a name is it surely a guest's; closures have a UID that is made of their dates instead of a UUID.
func classifyVrbo(e icalendar.Event) (Kind, bool) {
	dated := len(e.UID) > 8 && e.UID[8] == '-' && strings.Trim(e.UID[:8], "0123456789") == "" && strings.HasPrefix(e.UID[9:], e.UID[:4])
	switch {
	case begins(e.Summary, reservedWords):
		_, name, _ := strings.Cut(e.Summary, " - ")
		return Reserved, name != ""
	case begins(e.Summary, blockedWords), begins(e.Summary, unavailableWords), begins(e.Summary, tentativeWords), dated:
		return Blocked, false
	}
	return Reserved, false
}

// Beginnings of summaries, in lower case.
var (
	reservedWords = []string{
		"reserved", "reservation", "réserv", "reserv", "gebucht", "booked", "prenotat", "riservat", "geboekt", "gereserveerd",
		"varattu", "bokad", "reserveret", "zarezerwowan",
	}
	blockedWords     = []string{"block", "bloqu", "bloque", "bloccat", "geblokkeerd", "blocc", "gesperrt", "zablokowan"}
	unavailableWords = []string{
		"not available", "unavailable", "indispon", "no dispon", "não dispon", "nao dispon", "non dispon", "nicht verfügbar",
		"nicht verfugbar", "niet beschikbaar", "closed", "cerrado",
	}
	tentativeWords = []string{"tentative", "provisoire", "provision", "tentativ", "provisori", "vorläufig", "inquiry", "voorlopig", "pendiente"}
)

func begins(summary string, words []string) bool {
	summary = strings.ToLower(summary)
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(summary, w) })
}
