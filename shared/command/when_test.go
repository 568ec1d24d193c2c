package command_test

import (
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/command"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

func TestAnOwnerMeansWhatIsGoingOnRatherThanNextYear(t *testing.T) {
	t.Parallel()
	known := at(time.Date(2027, time.January, 4, 12, 0, 0, 0, time.UTC))
	known.Today = date("2027-01-04")
	for text, want := range map[string]struct {
		from, to string
		ask      understanding.Ask
		begun    bool
	}{
		"bloquear cabaña 2 del 3 al 5/1 pintura":       {"2027-01-04", "2027-01-05", "", true},
		"bloquear cabaña 2 del 3 al 5":                 {"2027-01-04", "2027-01-05", "", true},
		"bloquear cabaña 2 del 3/1/2027 al 5/1/2027":   {"2027-01-04", "2027-01-05", "", true},
		"bloquear cabaña 2 del 20/12 al 8/1":           {"2027-01-04", "2027-01-08", "", true},
		"libre 3/1 al 8/1":                             {"2027-01-04", "2027-01-08", "", true},
		"desbloquear cabaña 2 del 3 al 5/1":            {"2027-01-03", "2027-01-05", "", false},
		"bloquear cabaña 2 del 4 al 6/1":               {"2027-01-04", "2027-01-06", "", false},
		"bloquear cabaña 2 del 20 al 25":               {"2027-01-20", "2027-01-25", "", false},
		"bloquear cabaña 2 hoy y mañana":               {"2027-01-04", "2027-01-05", "", false},
		"bloquear cabaña 2 del 3/6 al 5/6":             {"2027-06-03", "2027-06-05", "", false},
		"bloquear cabaña 2 del 3/8 al 5/8":             {"2027-08-03", "2027-08-05", "", false},
		"bloquear cabaña 2 del 3/12/2027 al 5/12/2027": {"2027-12-03", "2027-12-05", "", false},
		"bloquear cabaña 2 del 28/12/27 al 2/1/28":     {"2027-12-28", "2028-01-02", "", false},
		"bloquear cabaña 2 del 3/8/2028 al 5/8/2028":   {"2028-08-03", "2028-08-05", "", false},
		"bloquear cabaña 2 del 1 al 3/1":               {"", "", understanding.PastDate, false},
		"bloquear cabaña 2 del 20 al 28/12":            {"", "", understanding.PastDate, false},
		"bloquear cabaña 2 del 3/1/2020 al 5/1/2020":   {"", "", understanding.PastDate, false},
	} {
		got := command.Parse(text, "", known)
		if got.Ask != want.ask || !got.Begun.IsZero() != want.begun || want.from != "" && (got.Nights.From.String() != want.from || got.Nights.To.String() != want.to) {
			t.Errorf("%q: %v → %v, ask %q, begun %v", text, got.Nights.From, got.Nights.To, got.Ask, got.Begun)
		}
	}
}

func TestWhatIsHalfAYearOffBecauseThisYearsIsOverIsAsked(t *testing.T) {
	t.Parallel()
	known := at(time.Date(2026, time.August, 20, 12, 0, 0, 0, time.UTC))
	known.Today = date("2026-08-20")
	for text, ask := range map[string]understanding.Ask{
		"bloquear cabaña 2 del 3 al 5/5": command.OtherYear, "bloquear cabaña 2 del 3/5/2027 al 5/5/2027": "", "bloquear cabaña 2 del 3 al 5/1": "",
		"bloquear cabaña 2 el 3/5": command.OtherYear, "libre 3/5 al 5/5": "",
	} {
		got := command.Parse(text, "", known)
		if got.Ask != ask || ask != "" && (len(got.Readings) != 2 || got.Readings[0].From.String() != "2026-05-03" || got.Readings[1].From.String() != "2027-05-03") {
			t.Errorf("%q: %q %v", text, got.Ask, got.Readings)
		}
	}
}
