package calendar

import "github.com/eevans-d/sist-cabanas/shared/civil"

// Change is what a step has changed.
type Change struct {
	Added, Moved, Freed, Echoes      int            // events
	Closes, Opens                    []civil.Nights // stretches of nights that the feed begins or ceases to close, from today on
	QuarantineBegan, QuarantineEnded bool
	Reason                           string // why it is in quarantine now; "" = it is not
}

// Compare says what has changed from one state to the next. An event under another UID for the same nights has not changed, and
// one that is dropped because it is past was not freed.
func Compare(before, after State, today civil.Date) Change {
	was, is := stretches(before.Closed(today)), stretches(after.Closed(today))
	c := Change{
		Closes: is.minus(was), Opens: was.minus(is),
		QuarantineBegan: before.QuarantinedAt.IsZero() && !after.QuarantinedAt.IsZero(),
		QuarantineEnded: !before.QuarantinedAt.IsZero() && after.QuarantinedAt.IsZero(),
		Reason:          after.QuarantineReason,
	}
	m := match(before.Held, listedOf(after.Held), today)
	echo := make(map[key]bool, len(after.Held))
	for _, h := range after.Held {
		echo[h.key()] = echo[h.key()] || h.Echo
	}
	left := uidsOf(before.Held)
	for j, l := range m.listed {
		switch {
		case m.used[j]:
		case left[l.UID]: // its old nights are held back
			c.Moved++
		default:
			c.Added++
			c.Echoes += count(echo[l.key()])
		}
	}
	still := uidsOf(after.Held)
	for i, h := range before.Held {
		switch {
		case m.fates[i] == vanished:
			c.Freed += count(h.Nights.To.After(today) && !still[h.UID] && !h.Echo)
			continue
		case m.fates[i] == moved:
			c.Moved++
		}
		c.Echoes += count(!h.Echo && echo[m.listed[m.as[i]].key()])
	}
	return c
}

func listedOf(held []Held) []Listed {
	listed := make([]Listed, len(held))
	for i, h := range held {
		listed[i] = h.Listed
	}
	return listed
}

func uidsOf(held []Held) map[string]bool {
	uids := make(map[string]bool, len(held))
	for _, h := range held {
		uids[h.UID] = true
	}
	return uids
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Diff says which rows make one state of the next: those to insert, whose ID is 0, those to update, and the IDs of those to end.
func Diff(before, after State) (insert, update []Held, end []int64) {
	rows := make(map[int64]Held, len(before.Held))
	for _, h := range before.Held {
		rows[h.ID] = h
	}
	for _, h := range after.Held {
		was, known := rows[h.ID]
		delete(rows, h.ID)
		switch {
		case h.ID == 0:
			insert = append(insert, h)
		case !known || !alike(was, h):
			update = append(update, h)
		}
	}
	for _, h := range before.Held {
		if _, ended := rows[h.ID]; ended && h.ID != 0 {
			end = append(end, h.ID)
		}
	}
	return insert, update, end
}

// alike reports whether two say the same of a row.
func alike(a, b Held) bool {
	return a.Listed == b.Listed && a.Gone == b.Gone && a.Misses == b.Misses && a.Echo == b.Echo &&
		a.Since.Equal(b.Since) && a.EchoEnd.Equal(b.EchoEnd)
}
