package backup_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/functions/backup"
)

var keep = backup.Config{Days: 7, Weeks: 4}

func at(stamp string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", stamp)
	if err != nil {
		panic(err)
	}
	return t
}

func named(stamps ...string) map[string]time.Time {
	all := make(map[string]time.Time)
	for _, stamp := range stamps {
		all[stamp] = at(stamp)
	}
	return all
}

// November 2026: the 24th is a Tuesday, Mondays are the 2nd, 9th, 16th, 23rd.
func TestRetention(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		all     []string
		c       backup.Config
		deleted []string
	}{
		{"the only one stays, however old", []string{"2020-01-01 03:00"}, keep, nil},
		{"a week of days stays", []string{
			"2026-11-24 03:00", "2026-11-23 03:00", "2026-11-22 03:00", "2026-11-21 03:00", "2026-11-20 03:00", "2026-11-19 03:00", "2026-11-18 03:00",
		}, keep, nil},
		{"of the eighth day and before, the last of its week stays", []string{
			"2026-11-24 03:00", "2026-11-23 03:00", "2026-11-22 03:00", "2026-11-21 03:00", "2026-11-20 03:00", "2026-11-19 03:00", "2026-11-18 03:00",
			"2026-11-17 03:00", "2026-11-16 03:00", "2026-11-15 03:00", "2026-11-14 03:00", "2026-11-08 03:00", "2026-11-01 03:00",
		}, keep, []string{"2026-11-01 03:00", "2026-11-14 03:00", "2026-11-16 03:00", "2026-11-17 03:00"}},
		{
			"the last of a day stays",
			[]string{"2026-11-24 03:00", "2026-11-24 02:00", "2026-11-23 23:59", "2026-11-23 00:00"},
			keep,
			[]string{"2026-11-23 00:00", "2026-11-24 02:00"},
		},
		{"days without a backup do not count", []string{"2026-11-24 03:00", "2026-09-01 03:00", "2026-08-31 03:00", "2025-01-01 03:00"}, keep, nil},
		{
			"the future is left alone and counts for nothing",
			[]string{"2026-11-24 03:00", "2027-01-01 03:00", "2027-01-01 02:00", "2026-11-24 01:00"},
			keep,
			[]string{"2026-11-24 01:00"},
		},
		{"without weeks", []string{"2026-11-24 03:00", "2026-11-23 03:00"}, backup.Config{Days: 1}, []string{"2026-11-23 03:00"}},
		{
			"a week goes over the turn of the year",
			[]string{"2026-01-04 03:00", "2025-12-30 03:00", "2025-12-29 03:00"},
			backup.Config{Days: 1, Weeks: 2},
			[]string{"2025-12-29 03:00", "2025-12-30 03:00"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := backup.Superfluous(named(test.all...), at("2026-11-24 03:00"), test.c); !slices.Equal(got, test.deleted) {
				t.Errorf("deletes %v, want %v", got, test.deleted)
			}
		})
	}
}

func TestRetentionAlwaysKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := at("2026-11-24 03:00")
		c := backup.Config{Days: rapid.IntRange(1, 10).Draw(t, "days"), Weeks: rapid.IntRange(0, 6).Draw(t, "weeks")}
		all := make(map[string]time.Time)
		for i, hours := range rapid.SliceOfN(rapid.IntRange(-72, 3000), 0, 60).Draw(t, "hours ago") {
			all[fmt.Sprintf("%03d", i)] = now.Add(-time.Duration(hours) * time.Hour)
		}
		left := maps.Clone(all)
		for _, name := range backup.Superfluous(all, now, c) {
			if _, ok := left[name]; !ok || all[name].After(now) {
				t.Fatalf("%s is deleted twice, or was not there, or is of the future", name)
			}
			delete(left, name)
		}
		if again := backup.Superfluous(left, now, c); len(again) != 0 {
			t.Fatalf("a second time it deletes %v", again)
		}
		checkKept(t, all, left, now, c)
	})
}

// checkKept counts what is left in its own way: per day and week, by distance.
func checkKept(t *rapid.T, all, left map[string]time.Time, now time.Time, c backup.Config) {
	past := func(m map[string]time.Time) []time.Time {
		var times []time.Time
		for _, at := range m {
			if !at.After(now) {
				times = append(times, at)
			}
		}
		slices.SortFunc(times, time.Time.Compare)
		return times
	}
	before, after := past(all), past(left)
	if len(before) == 0 {
		return
	}
	if len(after) == 0 || !after[len(after)-1].Equal(before[len(before)-1]) {
		t.Fatal("the newest is gone")
	}
	if len(after) > c.Days+c.Weeks {
		t.Fatalf("%d are left", len(after))
	}
	days := make(map[int64]time.Time) // the newest of each, which comes last
	for _, at := range before {
		days[at.Unix()/86400] = at
	}
	recent := slices.Sorted(maps.Keys(days))
	for _, day := range recent[max(0, len(recent)-c.Days):] {
		if !slices.ContainsFunc(after, days[day].Equal) {
			t.Fatalf("the newest of %s is gone", days[day].Format(time.DateOnly))
		}
	}
	weeks := make(map[int64]time.Time)
	for _, at := range before {
		weeks[(at.Unix()/86400+3)/7] = at // 1 January 1970 was a Thursday
	}
	recent = slices.Sorted(maps.Keys(weeks))
	for _, week := range recent[max(0, len(recent)-c.Weeks):] {
		if !slices.ContainsFunc(after, weeks[week].Equal) {
			t.Fatalf("the newest of the week of %s is gone", weeks[week].Format(time.DateOnly))
		}
	}
}

// TestAHundredNights lives through them, one backup each.
func TestAHundredNights(t *testing.T) {
	t.Parallel()
	all := make(map[string]time.Time)
	start := at("2026-08-01 03:00")
	for night := range 100 {
		now := start.AddDate(0, 0, night)
		all[now.Format(time.DateOnly)] = now
		for _, name := range backup.Superfluous(all, now, keep) {
			delete(all, name)
		}
		for back := range min(night+1, 7) {
			if name := now.AddDate(0, 0, -back).Format(time.DateOnly); all[name].IsZero() {
				t.Fatalf("on %s that of %s is gone", now.Format(time.DateOnly), name)
			}
		}
	}
	// 8 November 2026 is a Sunday: the week is full, and so are the three before it.
	want := "2026-10-18 2026-10-25 2026-11-01 2026-11-02 2026-11-03 2026-11-04 2026-11-05 2026-11-06 2026-11-07 2026-11-08"
	if got := strings.Join(slices.Sorted(maps.Keys(all)), " "); got != want {
		t.Errorf("left: %s\nwant: %s", got, want)
	}
}
