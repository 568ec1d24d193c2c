package icalendar_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

// days writes down the first nights of a calendar's events, without the years' first two digits.
func days(c icalendar.Calendar) string {
	var list []string
	for _, e := range c.Events {
		list = append(list, e.Nights.From.String()[2:])
	}
	return strings.Join(list, " ")
}

func TestARecurringEventIsListedNightByNight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, lines, want string }{
		{"days", "DTSTART:20261204\nRRULE:FREQ=DAILY;COUNT=3", "26-12-04 26-12-05 26-12-06"},
		{"every third day, until a date that counts", "DTSTART:20261204\nRRULE:FREQ=DAILY;INTERVAL=3;UNTIL=20261210", "26-12-04 26-12-07 26-12-10"},
		{"weeks", "DTSTART:20261204\nRRULE:FREQ=WEEKLY;COUNT=3", "26-12-04 26-12-11 26-12-18"},
		{"every other week, two days", "DTSTART:20261204\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,SA;COUNT=4", "26-12-04 26-12-05 26-12-18 26-12-19"},
		{"weeks that begin on Sunday", "DTSTART:20261204\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,SU;WKST=SU;COUNT=3", "26-12-04 26-12-13 26-12-18"},
		{"weeks that begin on Monday", "DTSTART:20261204\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,SU;COUNT=3", "26-12-04 26-12-06 26-12-18"},
		{"months", "DTSTART:20261231\nRRULE:FREQ=MONTHLY;COUNT=3", "26-12-31 27-01-31 27-03-31"},
		{"the last day of months", "DTSTART:20261231\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "26-12-31 27-01-31 27-02-28"},
		{"the first Friday", "DTSTART:20261204\nRRULE:FREQ=MONTHLY;BYDAY=1FR;COUNT=3", "26-12-04 27-01-01 27-02-05"},
		{"the last working day", "DTSTART:20261231\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", "26-12-31 27-01-29 27-02-26"},
		{"Friday the 13th", "DTSTART:20261113\nRRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2", "26-11-13 27-08-13"},
		{"years", "DTSTART:20261204\nRRULE:FREQ=YEARLY", "26-12-04 27-12-04"},
		{"years since long ago", "DTSTART:19001204\nRRULE:FREQ=YEARLY", "26-12-04 27-12-04"},
		{"leap days", "DTSTART:20240229\nRRULE:FREQ=YEARLY", "28-02-29"},
		{"months of a year", "DTSTART:20261204\nRRULE:FREQ=YEARLY;BYMONTH=12,1,3", "26-12-04 27-01-04 27-03-04 27-12-04 28-01-04 28-03-04"},
		{"the last Sunday of October", "DTSTART:20261025\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "27-10-31"},
		{"the 20th Monday of the year", "DTSTART:20270517\nRRULE:FREQ=YEARLY;BYDAY=20MO", "27-05-17 28-05-15"},
		{"Monday of week 20", "DTSTART:20270517\nRRULE:FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "27-05-17 28-05-15"},
		{"day 100", "DTSTART:20270410\nRRULE:FREQ=YEARLY;BYYEARDAY=100,-1", "27-04-10 27-12-31 28-04-09"},
		{"a start that does not fit the rule", "DTSTART:20261203\nRRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=2", "26-12-03 26-12-04 26-12-11"},
		{"dates besides", "DTSTART:20261204\nRDATE;VALUE=DATE:20261220,20261210\nRDATE:20270101", "26-12-04 26-12-10 26-12-20 27-01-01"},
		{"dates besides a rule, one twice", "DTSTART:20261204\nRRULE:FREQ=DAILY;COUNT=2\nRDATE:20261205,20261210", "26-12-04 26-12-05 26-12-10"},
		{"two rules", "DTSTART:20261204\nRRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=WEEKLY;COUNT=2", "26-12-04 26-12-05 26-12-11"},
		{"exceptions", "DTSTART:20261204\nRRULE:FREQ=DAILY;COUNT=5\nEXDATE;VALUE=DATE:20261204,20261206\nEXDATE:20261208", "26-12-05 26-12-07"},
		{"an exception that cannot be read", "DTSTART:20261204\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:tomorrow,,20261204", "26-12-05"},
		{"times, excepted by a time", "DTSTART:20261204T150000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261205T180000Z,20261206T150001", "26-12-04 26-12-06"},
		{"times, excepted by a date", "DTSTART:20261204T150000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20261205", "26-12-04 26-12-06"},
		{"dates, excepted by a time", "DTSTART:20261204\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;TZID=Europe/Berlin:20261205T000000", "26-12-04 26-12-06"},
		{"only exceptions", "DTSTART:20261204\nEXDATE:20270101", "26-12-04"},
		{"times, until a date that counts", "DTSTART:20261204T230000\nRRULE:FREQ=DAILY;UNTIL=20261206", "26-12-04 26-12-05 26-12-06"},
		{"times, until an instant that counts", "DTSTART:20261204T230000\nRRULE:FREQ=DAILY;UNTIL=20261207T020000Z", "26-12-04 26-12-05 26-12-06"},
		{"times, until a second too early", "DTSTART:20261204T230000\nRRULE:FREQ=DAILY;UNTIL=20261207T015959Z", "26-12-04 26-12-05"},
		{"times, until a time of the same clock", "DTSTART;TZID=Asia/Tokyo:20261205T130000\nRRULE:FREQ=DAILY;UNTIL=20261207T130000", "26-12-05 26-12-06 26-12-07"},
		{"dates, until a time of that day", "DTSTART:20261204\nRRULE:FREQ=DAILY;UNTIL=20261206T000000Z", "26-12-04 26-12-05 26-12-06"},
		{"until before it begins", "DTSTART:20261204\nRRULE:FREQ=DAILY;UNTIL=20261101", "26-12-04"},
		{"the hour and minute of the rule", "DTSTART:20261204T150000\nRRULE:FREQ=DAILY;BYHOUR=15;BYMINUTE=0;BYSECOND=0;COUNT=2", "26-12-04 26-12-05"},
		{"lower case and a useless part", "dtstart:20261204\nrrule:freq=daily;count=2;x-note=1;", "26-12-04 26-12-05"},
		{"an interval of nothing", "DTSTART:20261204\nRRULE:FREQ=DAILY;INTERVAL=0;COUNT=2", "26-12-04 26-12-05"},
		{"the window begins in an instance", "DTSTART:20261029\nDURATION:P3D\nRRULE:FREQ=DAILY;UNTIL=20261031", "26-10-30 26-10-31"},
		{"the window ends before the next", "DTSTART:20280531\nRRULE:FREQ=DAILY", "28-05-31"},
		{"all of it past", "DTSTART:20200101\nRRULE:FREQ=DAILY;COUNT=10", ""},
		{"all of it far ahead", "DTSTART:20300101\nRRULE:FREQ=DAILY;COUNT=10", ""},
		{"a date that never comes", "DTSTART:20200230\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "skip"},
		{"a rule that never fits", "DTSTART:20261204\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "26-12-04"},
		{"a position that never comes", "DTSTART:20261204\nRRULE:FREQ=DAILY;BYSETPOS=2", "26-12-04"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, calendarOf(eventOf(c.lines)))
			if c.want == "skip" {
				if len(got.Events) > 0 || len(got.Skipped) != 1 {
					t.Errorf("%+v", got)
				}
				return
			}
			if days(got) != c.want || len(got.Skipped) > 0 {
				t.Errorf("%s, skipped %v", days(got), got.Skipped)
			}
		})
	}
}

func TestInstancesHaveNamesThatLast(t *testing.T) {
	t.Parallel()
	expectEvents(t, calendarOf(
		eventOf("UID:a", "DTSTART;TZID=Asia/Tokyo:20261205T010000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"),
		eventOf("UID:b", "DTSTART:20261204T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2;BYHOUR=9,15"),
		eventOf("UID:a/2026-12-05", "DTSTART:20261224"),
	),
		"a/2026-12-05/3600 2026-12-04 2026-12-05", "a/2026-12-06 2026-12-05 2026-12-06",
		"b/2026-12-04 2026-12-04 2026-12-05", "b/2026-12-04/54000 2026-12-04 2026-12-05",
		"a/2026-12-05 2026-12-24 2026-12-25")
}

// TestAStayKeepsItsNightsWhenTheClocksChange would lose a night of the week in which New York's clocks go forward, if the
// hours of a week were counted.
func TestAStayKeepsItsNightsWhenTheClocksChange(t *testing.T) {
	t.Parallel()
	text := calendarOf(eventOf("DTSTART;TZID=America/New_York:20270227T000000", "DTEND;TZID=America/New_York:20270306T000000", "RRULE:FREQ=WEEKLY;COUNT=3"))
	o := patagonia(t)
	o.Zone = zone(t, "America/New_York")
	c, err := icalendar.Read([]byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	if want := "e/2027-02-27 2027-02-27 2027-03-06\ne/2027-03-06 2027-03-06 2027-03-13\ne/2027-03-13 2027-03-13 2027-03-20"; listed(c) != want {
		t.Error(listed(c))
	}
}

func TestAnInstanceMayBeMovedOrCancelled(t *testing.T) {
	t.Parallel()
	master := eventOf("DTSTART:20261204", "DTEND:20261206", "RRULE:FREQ=WEEKLY;COUNT=4")
	timed := eventOf("DTSTART:20261204T150000", "DTEND:20261206T100000", "RRULE:FREQ=WEEKLY;COUNT=2")
	for _, c := range []struct {
		name string
		text []string
		want []string
	}{
		{"moved", []string{master, eventOf("RECURRENCE-ID:20261211", "DTSTART:20261212", "DTEND:20261215")}, []string{
			"e/2026-12-04 2026-12-04 2026-12-06", "e/2026-12-11 2026-12-12 2026-12-15", "e/2026-12-18 2026-12-18 2026-12-20", "e/2026-12-25 2026-12-25 2026-12-27",
		}},
		{"moved, before the event in the text", []string{eventOf("RECURRENCE-ID:20261211", "DTSTART:20261212"), eventOf("UID:f", "DTSTART:20270101"), master}, []string{
			"f 2027-01-01 2027-01-02", "e/2026-12-04 2026-12-04 2026-12-06", "e/2026-12-11 2026-12-12 2026-12-13", "e/2026-12-18 2026-12-18 2026-12-20", "e/2026-12-25 2026-12-25 2026-12-27",
		}},
		{"cancelled", []string{master, eventOf("RECURRENCE-ID:20261211", "DTSTART:20261211", "STATUS:CANCELLED")}, []string{
			"e/2026-12-04 2026-12-04 2026-12-06", "e/2026-12-18 2026-12-18 2026-12-20", "e/2026-12-25 2026-12-25 2026-12-27",
		}},
		{"revised, the revision first", []string{master, eventOf("RECURRENCE-ID:20261211", "DTSTART:20261213", "SEQUENCE:2"), eventOf("RECURRENCE-ID:20261211", "DTSTART:20261212", "SEQUENCE:1")}, []string{
			"e/2026-12-04 2026-12-04 2026-12-06", "e/2026-12-11 2026-12-13 2026-12-14", "e/2026-12-18 2026-12-18 2026-12-20", "e/2026-12-25 2026-12-25 2026-12-27",
		}},
		{"moved out of the window", []string{timed, eventOf("RECURRENCE-ID:20261211T180000Z", "DTSTART:20300101T150000")}, []string{"e/2026-12-04 2026-12-04 2026-12-06"}},
		{"moved, named by its date", []string{timed, eventOf("RECURRENCE-ID;VALUE=DATE:20261211", "DTSTART:20261212T150000")}, []string{"e/2026-12-04 2026-12-04 2026-12-06", "e/2026-12-11 2026-12-12 2026-12-13"}},
		{"days, named by a time", []string{master, eventOf("RECURRENCE-ID;TZID=Europe/Berlin:20261211T000000", "DTSTART:20261212")}, []string{
			"e/2026-12-04 2026-12-04 2026-12-06", "e/2026-12-11 2026-12-12 2026-12-13", "e/2026-12-18 2026-12-18 2026-12-20", "e/2026-12-25 2026-12-25 2026-12-27",
		}},
		{"moved though excepted", []string{eventOf("DTSTART:20261204", "RRULE:FREQ=WEEKLY;COUNT=2", "EXDATE:20261211"), eventOf("RECURRENCE-ID:20261211", "DTSTART:20261212")}, []string{
			"e/2026-12-04 2026-12-04 2026-12-05", "e/2026-12-11 2026-12-12 2026-12-13",
		}},
		{"moved into the window", []string{eventOf("DTSTART:20200101", "RRULE:FREQ=DAILY;COUNT=2"), eventOf("RECURRENCE-ID:20200102", "DTSTART:20261212")}, []string{"e/2020-01-02 2026-12-12 2026-12-13"}},
		{"moved without the event", []string{eventOf("RECURRENCE-ID:20261211", "DTSTART:20261212"), eventOf("RECURRENCE-ID:20261218", "DTSTART:20261219")}, []string{
			"e/2026-12-11 2026-12-12 2026-12-13", "e/2026-12-18 2026-12-19 2026-12-20",
		}},
		{"of an event that does not recur", []string{eventOf("DTSTART:20261211"), eventOf("RECURRENCE-ID:20261211", "DTSTART:20261212"), eventOf("RECURRENCE-ID:20261218", "DTSTART:20261219")}, []string{
			"e/2026-12-11 2026-12-12 2026-12-13", "e/2026-12-18 2026-12-19 2026-12-20",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			expectEvents(t, calendarOf(c.text...), c.want...)
		})
	}
}

func TestACancelledEventIsReportedWithAllItsInstances(t *testing.T) {
	t.Parallel()
	c := read(t, calendarOf(eventOf("DTSTART:20261204", "RRULE:FREQ=DAILY;COUNT=2", "STATUS:CANCELLED")))
	if len(c.Events) != 2 || c.Events[0].Status != "CANCELLED" || c.Events[1].Status != "CANCELLED" {
		t.Errorf("%+v", c.Events)
	}
}

func TestOfSeveralWithOneUIDTheLastRevisionCounts(t *testing.T) {
	t.Parallel()
	at := func(day string, more ...string) string { return eventOf(append(more, "DTSTART:"+day)...) }
	for _, c := range []struct {
		name string
		text []string
		want string
	}{
		{"of the same nights, one", []string{at("20261204"), at("20261204")}, "e 2026-12-04 2026-12-05"},
		{"without a sequence and with other nights, both", []string{at("20261204"), at("20261205"), at("20261205")}, "e 2026-12-04 2026-12-05\ne/2026-12-05 2026-12-05 2026-12-06"},
		{"the higher sequence", []string{at("20261204", "SEQUENCE:2"), at("20261205", "SEQUENCE:1"), at("20261206")}, "e 2026-12-04 2026-12-05"},
		{"the higher sequence, as a number", []string{at("20261204", "SEQUENCE:10"), at("20261205", "SEQUENCE:9")}, "e 2026-12-04 2026-12-05"},
		{"in two calendars", []string{at("20261204"), "END:VCALENDAR\nBEGIN:VCALENDAR", at("20261205")}, "e 2026-12-04 2026-12-05\ne/2026-12-05 2026-12-05 2026-12-06"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			expectEvents(t, calendarOf(c.text...), c.want)
		})
	}
	if c := read(t, calendarOf(at("20261204"), at("20261204", "STATUS:CANCELLED"))); len(c.Events) != 1 || c.Events[0].Status != "CANCELLED" {
		t.Errorf("cancelled in the same calendar: %+v", c.Events)
	}
	c := read(t, calendarOf(at("20261204"), at("20261207", "DTEND:20261205", "SEQUENCE:1")))
	if listed(c) != "e 2026-12-04 2026-12-05" || len(c.Skipped) != 1 {
		t.Errorf("a revision that cannot be read takes its place: %+v", c)
	}
}

func TestARecurrenceThatCannotBeFollowedKeepsWhatIsKnownAndIsReported(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, lines, want, reason string }{
		{"no frequency", "RRULE:COUNT=3", "26-12-04", "recurs by a rule that cannot be read"},
		{"words", "RRULE:every other day", "26-12-04", "recurs by a rule that cannot be read"},
		{"a rule in a rule", "RRULE:RRULE:AnythingRandom;FREQ=WEEKLY", "26-12-04", "recurs by a rule that cannot be read"},
		{"nothing", "RRULE:", "26-12-04", "recurs by a rule that cannot be read"},
		{"an unknown part", "RRULE:FREQ=DAILY;BYMOON=FULL", "26-12-04", "recurs by a rule that cannot be read"},
		{"another calendar", "RRULE:FREQ=YEARLY;RSCALE=CHINESE", "26-12-04", "recurs by a rule that cannot be read"},
		{"month 13", "RRULE:FREQ=YEARLY;BYMONTH=13", "26-12-04", "recurs by a rule that cannot be read"},
		{"day 0", "RRULE:FREQ=MONTHLY;BYMONTHDAY=0", "26-12-04", "recurs by a rule that cannot be read"},
		{"no such weekday", "RRULE:FREQ=WEEKLY;BYDAY=XX", "26-12-04", "recurs by a rule that cannot be read"},
		{"the 54th Monday", "RRULE:FREQ=YEARLY;BYDAY=54MO", "26-12-04", "recurs by a rule that cannot be read"},
		{"a bad until", "RRULE:FREQ=DAILY;UNTIL=soon", "26-12-04", "recurs by a rule that cannot be read"},
		{"more than once an hour", "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5", "26-12-04", "recurs by a rule that cannot be read"},
		{"five rules", strings.Repeat("RRULE:FREQ=YEARLY;COUNT=1\n", 5) + "RDATE:20261205", "26-12-04 26-12-05", "recurs by a rule that cannot be read"},
		{"a bad date besides", "RDATE:20261304,20261205", "26-12-04 26-12-05", "has an RDATE that is no date, or too many"},
		{"hours", "RRULE:FREQ=HOURLY;INTERVAL=24;BYHOUR=3", "26-12-04", "recurs by the hour or oftener"},
		{"seconds", "RRULE:FREQ=SECONDLY", "26-12-04", "recurs by the hour or oftener"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, calendarOf(eventOf("DTSTART:20261204", c.lines)))
			if days(got) != c.want || len(got.Skipped) != 1 || got.Skipped[0] != (icalendar.Skipped{Line: 3, UID: "e", Reason: c.reason}) {
				t.Errorf("%s, skipped %v", days(got), got.Skipped)
			}
		})
	}
}

func TestAMoveOfAllThatFollowsIsReported(t *testing.T) {
	t.Parallel()
	got := read(t, calendarOf(eventOf("DTSTART:20261204", "RRULE:FREQ=WEEKLY;COUNT=3"), eventOf("RECURRENCE-ID;RANGE=THISANDFUTURE:20261211", "DTSTART:20261212")))
	if days(got) != "26-12-04 26-12-12 26-12-18" || len(got.Skipped) != 1 || got.Skipped[0].Line != 8 {
		t.Errorf("%s, %+v", days(got), got.Skipped)
	}
}

func TestARecurrenceIsListedAThousandTimesAtMost(t *testing.T) {
	t.Parallel()
	got := read(t, calendarOf(eventOf("DTSTART:20261204T000000", "RRULE:FREQ=DAILY;BYHOUR=1,2,3"), eventOf("UID:f", "DTSTART:20261204")))
	if len(got.Events) != 1_001 || len(got.Skipped) != 1 || got.Skipped[0].UID != "e" {
		t.Errorf("%d events, %v", len(got.Events), got.Skipped)
	}
}

func TestPeriodsBesidesHaveLengthsOfTheirOwn(t *testing.T) {
	t.Parallel()
	expectEvents(t, calendarOf(eventOf("DTSTART:20261204T150000", "DTEND:20261205T100000",
		"RDATE;VALUE=PERIOD:20261210T180000Z/20261213T130000Z,20261220T180000Z/P2D")),
		"e/2026-12-04 2026-12-04 2026-12-05", "e/2026-12-10 2026-12-10 2026-12-13", "e/2026-12-20 2026-12-20 2026-12-22")
}

// TestHostileRecurrencesEnd has texts that are made to keep a reader busy. Each is as large as a text may be, or near it;
// that it ends at all is the point.
func TestHostileRecurrencesEnd(t *testing.T) {
	t.Parallel()
	every := func(lines ...string) string {
		var b strings.Builder
		event := "\nDTSTART:19000102\nEND:VEVENT"
		for i := range 10_000 {
			fmt.Fprintf(&b, "BEGIN:VEVENT\nUID:%d\n%s%s\n", i, strings.Join(lines, "\n"), event)
		}
		return b.String()
	}
	for _, c := range []struct{ name, text string }{
		{"rules that never fit", every("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")},
		{"rules that are counted and never fit", every("RRULE:FREQ=DAILY;COUNT=999;BYSETPOS=7")},
		{"rules with many conditions", every("RRULE:FREQ=DAILY;COUNT=1000000;BYWEEKNO=53;BYYEARDAY=" + strings.TrimSuffix(strings.Repeat("366,", 60), ","))},
		{"rules that always fit", every("RRULE:FREQ=DAILY;COUNT=1000000000")},
		{"rules without end", every("RRULE:FREQ=DAILY")},
		{"events that last for ever", every("DTEND:99991230", "RRULE:FREQ=DAILY")},
		{"a great many exceptions", eventOf("DTSTART:20261204", "RRULE:FREQ=DAILY", strings.Repeat("EXDATE:20261205,20261206,20261207\n", 200_000))},
		{"a great many dates", eventOf("DTSTART:20261204", strings.Repeat("RDATE:20261205,20261206,20261207\n", 200_000))},
		{"a great many moves", eventOf("DTSTART:20261204", "RRULE:FREQ=DAILY") + "\n" + strings.Repeat(eventOf("RECURRENCE-ID:20261205", "DTSTART:20261205")+"\n", 40_000)},
		{"a great many revisions", strings.Repeat(eventOf("DTSTART:20261204")+"\n", 49_000)},
		{"moves of nothing", strings.Repeat(eventOf("RECURRENCE-ID:20261205", "DTSTART:20261205")+"\n", 40_000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := []byte(calendarOf(c.text))
			got, err := icalendar.Read(text, patagonia(t))
			if err != nil {
				t.Fatalf("%v (%d bytes)", err, len(text))
			}
			if len(got.Events) > icalendar.MaxEvents {
				t.Errorf("%d events", len(got.Events))
			}
			seen := make(map[string]bool)
			if i := slices.IndexFunc(got.Events, func(e icalendar.Event) bool { was := seen[e.UID]; seen[e.UID] = true; return was }); i >= 0 {
				t.Errorf("two are named %s", got.Events[i].UID)
			}
		})
	}
}
