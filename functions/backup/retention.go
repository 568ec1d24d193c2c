package backup

import (
	"cmp"
	"slices"
	"time"
)

// superfluous returns the backups to delete, oldest first. What stays is the newest backup of each of the last days that
// have one, and the newest of each of the last weeks (from Monday, in UTC) that have one. Days and weeks without a backup do not count, so
// that a system that stood still for a month finds its backups where it left them.
//
// Backups from the future are left alone and count for nothing: some clock is wrong, and the one that is must not cost a
// backup.
func superfluous(all map[string]time.Time, now time.Time, c Config) []string {
	var names []string
	for name, at := range all {
		if !at.After(now) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { // newest first
		return cmp.Or(all[b].Compare(all[a]), cmp.Compare(a, b))
	})
	days, weeks := newest(names, all, day, c.Days), newest(names, all, week, c.Weeks)
	var old []string
	for i, name := range slices.Backward(names) {
		if i > 0 && !days[name] && !weeks[name] {
			old = append(old, name)
		}
	}
	return old
}

// newest picks the first name, which is the newest, of each of the first limit periods.
func newest[P comparable](names []string, all map[string]time.Time, period func(time.Time) P, limit int) map[string]bool {
	seen := make(map[P]bool)
	picked := make(map[string]bool)
	for _, name := range names {
		p := period(all[name])
		if !seen[p] && len(seen) < limit {
			seen[p] = true
			picked[name] = true
		}
	}
	return picked
}

func day(at time.Time) string { return at.UTC().Format(time.DateOnly) }

func week(at time.Time) [2]int {
	year, week := at.UTC().ISOWeek()
	return [2]int{year, week}
}
