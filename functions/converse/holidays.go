package converse

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// HolidaysConfig is what an owner writes down of Argentina's holidays, besides those that the program knows.
type HolidaysConfig struct {
	// Holidays are days as YYYY-MM-DD: one alone is one more, -DAY is a holiday that is none, DAY:DAY one that is moved.
	Holidays config.List `envconfig:"HOLIDAYS"`
}

// Check reports the first that nobody can read.
func (c HolidaysConfig) Check() config.Problems {
	for n, text := range c.Holidays {
		if why := writeDown(understanding.Argentina(), text); why != "" {
			return config.Problems{{
				Variable: "HOLIDAYS",
				Message: fmt.Sprintf("must be days separated by commas: 2027-05-24 adds a holiday, -2027-05-25 takes one away, 2027-11-20:2027-11-22 moves one; "+
					"number %d %s", n+1, why),
			}}
		}
	}
	return nil
}

// Days returns Argentina's holidays as the owner has them; nil = he has written nothing down.
func (c HolidaysConfig) Days() *understanding.Holidays {
	if len(c.Holidays) == 0 {
		return nil
	}
	h := understanding.Argentina()
	for _, text := range c.Holidays {
		writeDown(h, text) // what is wrong has been refused
	}
	return h
}

// farthest is by how many days a holiday is moved at most: more is a slip of the pen.
const farthest = 10

// writeDown adds one to the holidays. It says in words why it cannot.
func writeDown(h *understanding.Holidays, text string) (why string) {
	away := strings.HasPrefix(text, "-")
	from, to, moved := strings.Cut(strings.TrimPrefix(text, "-"), ":")
	day, err := civil.Parse(from)
	if err != nil || away && moved {
		return "is none of these"
	}
	switch {
	case moved:
		until, err := civil.Parse(to)
		if err != nil {
			return "is none of these"
		}
		if days := until.Sub(day); days == 0 || days < -farthest || days > farthest {
			return fmt.Sprintf("moves a holiday by 0 or more than %d days", farthest)
		}
		takeAway(h, day)
		h.Moved[day] = until
	case away:
		if !takeAway(h, day) {
			return "takes away what is no holiday that can be"
		}
	default:
		h.Bridges = append(h.Bridges, day)
	}
	return ""
}

// takeAway has a weekday be no holiday, be it a bridge, or where the law keeps one that is written down for another day of that week
// or the next. It reports whether it is free no more, and was.
func takeAway(h *understanding.Holidays, day civil.Date) bool {
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday || !h.Off(day) {
		return false
	}
	h.Bridges = slices.DeleteFunc(h.Bridges, func(d civil.Date) bool { return d == day })
	for _, days := range []int{0, 1, 2, -1, -2, -3, -4} {
		if !h.Off(day) {
			return true
		}
		legal := day.AddDays(days)
		before, had := h.Moved[legal]
		h.Moved[legal] = civil.Date{} // nowhere
		if !h.Off(day) {
			return true
		}
		if delete(h.Moved, legal); had {
			h.Moved[legal] = before
		}
	}
	return !h.Off(day)
}
