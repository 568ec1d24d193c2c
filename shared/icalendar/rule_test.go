package icalendar_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

// anyRule draws a rule on which this package and rrule-go ought to agree. Left out is where RFC 5545 is silent or rrule-go
// strays from it: numbered weekdays beside plain ones, positions in the part of a week before the start, numbered weeks
// from the end of a year that begins in another.
func anyRule(t *rapid.T) string {
	parts := []string{"FREQ=" + rapid.SampledFrom([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}).Draw(t, "frequency")}
	frequency := parts[0][5:]
	maybe := func(name string, odds int, values func() string) {
		if rapid.IntRange(1, odds).Draw(t, "with "+name) == 1 {
			parts = append(parts, name+"="+values())
		}
	}
	list := func(low, high int, negative bool) func() string {
		return func() string {
			var values []string
			for range rapid.IntRange(1, 3).Draw(t, "how many") {
				n := rapid.IntRange(low, high).Draw(t, "value")
				if negative && rapid.Bool().Draw(t, "from the end") {
					n = -n
				}
				values = append(values, fmt.Sprint(n))
			}
			return strings.Join(values, ",")
		}
	}
	maybe("INTERVAL", 2, func() string { return fmt.Sprint(rapid.IntRange(1, 5).Draw(t, "interval")) })
	maybe("COUNT", 3, func() string { return fmt.Sprint(rapid.IntRange(1, 40).Draw(t, "count")) })
	maybe("BYMONTH", 3, list(1, 12, false))
	maybe("BYMONTHDAY", 4, list(1, 31, true))
	if frequency == "YEARLY" {
		maybe("BYYEARDAY", 5, list(1, 366, true))
		maybe("BYWEEKNO", 5, list(1, 52, false))
	}
	maybe("BYDAY", 2, func() string {
		numbered := frequency == "MONTHLY" || frequency == "YEARLY" && !strings.Contains(strings.Join(parts, ";"), "BYWEEKNO")
		numbered = numbered && rapid.Bool().Draw(t, "numbered")
		var days []string
		for range rapid.IntRange(1, 3).Draw(t, "how many days") {
			day := rapid.SampledFrom([]string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}).Draw(t, "weekday")
			if numbered {
				day = fmt.Sprint(rapid.SampledFrom([]int{1, 2, 4, -1, -2}).Draw(t, "nth")) + day
			}
			days = append(days, day)
		}
		return strings.Join(days, ",")
	})
	if frequency == "MONTHLY" || frequency == "YEARLY" {
		maybe("BYSETPOS", 4, list(1, 4, true))
	}
	if frequency == "WEEKLY" {
		maybe("WKST", 3, func() string { return rapid.SampledFrom([]string{"MO", "SU", "WE"}).Draw(t, "week start") })
	}
	return strings.Join(parts, ";")
}

func TestRulesAreFollowedAsAnotherLibraryFollowsThem(t *testing.T) {
	t.Parallel()
	o := icalendar.Options{Zone: time.UTC, From: day(t, "2026-01-01"), Until: day(t, "2028-01-01")}
	rapid.Check(t, func(t *rapid.T) {
		text := anyRule(t)
		start := civil.New(2024, time.January, 1).AddDays(rapid.IntRange(0, 1_000).Draw(t, "start"))
		c, err := icalendar.Read([]byte(calendarOf(eventOf("DTSTART:"+strings.ReplaceAll(start.String(), "-", ""), "RRULE:"+text))), o)
		if err != nil || len(c.Skipped) > 0 {
			t.Fatalf("%s: %v, %v", text, err, c.Skipped)
		}
		option, err := rrule.StrToROption(text)
		if err != nil {
			t.Fatal(err)
		}
		option.Dtstart = start.Time(time.UTC)
		rule, err := rrule.NewRRule(*option)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, at := range rule.Between(o.From.Time(time.UTC), o.Until.AddDays(-1).Time(time.UTC), true) {
			want = append(want, at.Format("06-01-02"))
		}
		if at := start.String()[2:]; !start.Before(o.From) && !slices.Contains(want, at) {
			want = append([]string{at}, want...) // the start is an instance whether or not it fits
		}
		if got := days(c); got != strings.Join(want, " ") {
			t.Fatalf("%s from %s\n got %s\nwant %s", text, start, got, strings.Join(want, " "))
		}
	})
}
