package icalendar_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

// Two and a half hours before midnight in Buenos Aires it is 02:30 in Berlin in winter (+1, four hours ahead) …: each case is
// an event of one minute at the time that, by the clock it names, is 23:30 on 4 December in the cabin, and another at 00:30.
func TestATimeIsOfTheZoneThatItNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ tzid, last, first string }{
		{"America/Argentina/Buenos_Aires", "20261204T233000", "20261205T003000"},
		{"America/Argentina/Salta", "20261204T233000", "20261205T003000"},
		{"Europe/Berlin", "20261205T033000", "20261205T043000"},
		{`"Europe/Berlin"`, "20261205T033000", "20261205T043000"},
		{" Europe/Berlin", "20261205T033000", "20261205T043000"},
		{`\"Europe/Berlin\"`, "20261205T033000", "20261205T043000"},
		{"/mozilla.org/20050126_1/Europe/Berlin", "20261205T033000", "20261205T043000"},
		{"/freeassociation.sourceforge.net/Tzfile/Europe/Berlin", "20261205T033000", "20261205T043000"},
		{"/vendor/America/Argentina/Buenos_Aires", "20261204T233000", "20261205T003000"},
		{"W. Europe Standard Time", "20261205T033000", "20261205T043000"},
		{"w. europe standard time", "20261205T033000", "20261205T043000"},
		{"Argentina Standard Time", "20261204T233000", "20261205T003000"},
		{"SA Pacific Standard Time", "20261204T213000", "20261204T223000"},
		{"Pacific Standard Time", "20261204T183000", "20261204T193000"},
		{`"(UTC-05:00) Bogota, Lima, Quito"`, "20261204T213000", "20261204T223000"},
		{"(UTC-05:00) Bogota, Lima, Quito", "20261204T213000", "20261204T223000"}, // without quotes
		{"(UTC-05:00) Somewhere", "20261204T213000", "20261204T223000"},
		{`"(GMT +01:00)"`, "20261205T033000", "20261205T043000"},
		{`"(UTC-08:00) Pacific Time (US & Canada)"`, "20261204T183000", "20261204T193000"},
		{`"(UTC) Coordinated Universal Time"`, "20261205T023000", "20261205T033000"},
		{`"tzone://Microsoft/Utc"`, "20261205T023000", "20261205T033000"},
		{"UTC+01", "20261205T033000", "20261205T043000"},
		{"GMT-3", "20261204T233000", "20261205T003000"},
		{"GMT+0530", "20261205T080000", "20261205T090000"},
		{"Etc/GMT+3", "20261204T233000", "20261205T003000"}, // as POSIX counts: west
		{"utc", "20261205T023000", "20261205T033000"},
		{"Nowhere/Middle", "20261204T233000", "20261205T003000"},
		{"Customized Time Zone", "20261204T233000", "20261205T003000"},
		{"Local", "20261204T233000", "20261205T003000"},
		{"../../etc/passwd", "20261204T233000", "20261205T003000"},
		{"", "20261204T233000", "20261205T003000"},
		{strings.Repeat("x", 5_000), "20261204T233000", "20261205T003000"},
	} {
		t.Run(c.tzid[:min(len(c.tzid), 60)], func(t *testing.T) {
			t.Parallel()
			expectEvents(t, calendarOf(
				eventOf("UID:last", "DTSTART;TZID="+c.tzid+":"+c.last), eventOf("UID:first", "DTSTART;TZID="+c.tzid+":"+c.first),
			), "last 2026-12-04 2026-12-05", "first 2026-12-05 2026-12-06")
		})
	}
}

func TestAnUnknownZoneIsWhatItsVTIMEZONESays(t *testing.T) {
	t.Parallel()
	const berlin = `BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE`
	const eras = `BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:20270101T000000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:STANDARD
BEGIN:STANDARD
DTSTART:00010101T000000
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
RDATE:20270601T000000
END:STANDARD
END:VTIMEZONE`
	fixed := func(more string) string {
		return "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\n" + more + "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE"
	}
	for _, c := range []struct{ name, zone, at, from string }{
		{"winter, before midnight here", berlin, "20261205T035900", "2026-12-04"},
		{"winter, after it", berlin, "20261205T040000", "2026-12-05"},
		{"summer, before midnight here", berlin, "20270705T045900", "2027-07-04"},
		{"summer, after it", berlin, "20270705T050000", "2027-07-05"},
		{"the day before summer", berlin, "20270327T040000", "2027-03-27"},
		{"the day after", berlin, "20270329T045900", "2027-03-28"},
		{"the last hours of summer", berlin, "20271030T045900", "2027-10-29"},
		{"without rules", fixed(""), "20270705T035900", "2027-07-04"},
		{"without rules, later", fixed(""), "20270705T040000", "2027-07-05"},
		{"with a name that is known besides", fixed("X-LIC-LOCATION:Europe/Berlin\n"), "20270705T045900", "2027-07-04"},
		{"of several eras, the first", eras, "20261231T035900", "2026-12-30"},
		{"of several eras, the second", eras, "20270301T045900", "2027-02-28"},
		{"of several eras, the first again", eras, "20270701T040000", "2027-07-01"},
		{"without an offset", "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:19700101T000000\nEND:STANDARD\nEND:VTIMEZONE", "20270705T000000", "2027-07-05"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			event := eventOf(`DTSTART;TZID="Customized Time Zone":` + c.at)
			want := "e " + c.from + " " + day(t, c.from).AddDays(1).String()
			expectEvents(t, calendarOf(c.zone, event), want)
			expectEvents(t, calendarOf(event, c.zone), want)
		})
	}
}

// TestAZoneOfManyNames has more zones than are looked up: what is beyond is of the cabin, and none of it takes long.
func TestAZoneOfManyNames(t *testing.T) {
	t.Parallel()
	var events []string
	for i := range 2_000 {
		events = append(events, eventOf(fmt.Sprintf("UID:%d", i), fmt.Sprintf("DTSTART;TZID=No/Such/Zone/As/This/One/%d:20261204T233000", i)))
	}
	c := read(t, calendarOf(events...))
	for _, e := range c.Events {
		if e.Nights != (civil.Nights{From: day(t, "2026-12-04"), To: day(t, "2026-12-05")}) {
			t.Fatalf("%+v", e)
		}
	}
	if len(c.Events) != 2_000 {
		t.Errorf("%d events", len(c.Events))
	}
}

func TestNightsOfFloatingTimesChangeWithTheCabin(t *testing.T) {
	t.Parallel()
	text := []byte(calendarOf(eventOf("UID:floating", "DTSTART:20261204T233000"), eventOf("UID:utc", "DTSTART:20261204T233000Z")))
	for zoneName, want := range map[string]string{
		"America/Argentina/Buenos_Aires": "floating 2026-12-04 2026-12-05\nutc 2026-12-04 2026-12-05",
		"Pacific/Auckland":               "floating 2026-12-04 2026-12-05\nutc 2026-12-05 2026-12-06",
	} {
		c, err := icalendar.Read(text, icalendar.Options{Zone: zone(t, zoneName)})
		if err != nil || listed(c) != want {
			t.Errorf("%s: %v\n%s", zoneName, err, listed(c))
		}
	}
	if c, err := icalendar.Read(text, icalendar.Options{}); err != nil || len(c.Events) != 2 {
		t.Errorf("without options: %v", err)
	}
}
