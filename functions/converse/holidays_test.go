package converse_test

import (
	"testing"

	"github.com/eevans-d/sist-cabanas/functions/converse"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/config"
)

func TestTheOwnerWritesHolidaysDown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		written string
		day     string
		off     bool
	}{
		{"2027-05-24", "2027-05-24", true},
		{"2027-05-24", "2027-05-25", true},
		{"-2027-05-25", "2027-05-25", false},
		{"-2026-12-07", "2026-12-07", false},           // a bridge
		{"-2027-08-16", "2027-08-16", false},           // where 17 August, a Tuesday, is kept
		{"2027-11-20:2027-11-22", "2027-11-22", true},  // a Saturday
		{"2027-08-16:2027-08-20", "2027-08-16", false}, // by the day on which it is kept
		{"2027-08-16:2027-08-20", "2027-08-20", true},  //
		{"2027-08-17:2027-08-20", "2027-08-16", false}, // by its own day
		{"2027-07-09:2027-07-12", "2027-07-09", false}, //
		{"2027-07-09:2027-07-12", "2027-07-12", true},  //
	} {
		c := converse.HolidaysConfig{Holidays: config.List{test.written}}
		if found := c.Check(); len(found) > 0 {
			t.Errorf("%s: %v", test.written, found)
		}
		day, err := civil.Parse(test.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Days().Off(day); got != test.off {
			t.Errorf("with %s, %s is off: %t", test.written, test.day, got)
		}
	}
	if (converse.HolidaysConfig{}).Days() != nil {
		t.Error("there are holidays of an owner who has written none down")
	}
}

func TestAGuestsLongWeekendGoesByTheOwnersHolidays(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *converse.Config, _ *converse.Deps) { c.Holidays = config.List{"-2026-12-07"} })
	says(t, b.say(t, ana, "hola! tenés algo para el finde largo? somos 2"), "24/12")
}
