package calendar

import (
	"slices"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// stretches is a set of nights: sorted, and neither overlapping nor touching.
type stretches []civil.Nights

// merge puts nights together, in time that grows with their number and not with their length.
func merge(nights []civil.Nights) stretches {
	nights = slices.DeleteFunc(nights, func(n civil.Nights) bool { return !n.Valid() })
	slices.SortFunc(nights, byNights)
	merged := nights[:0]
	for _, n := range nights {
		if last := len(merged) - 1; last >= 0 && !n.From.After(merged[last].To) {
			if n.To.After(merged[last].To) {
				merged[last].To = n.To
			}
			continue
		}
		merged = append(merged, n)
	}
	return merged
}

// minus returns the nights of s that are not in o.
func (s stretches) minus(o stretches) stretches {
	var rest stretches
	for _, n := range s {
		for len(o) > 0 && !o[0].To.After(n.From) {
			o = o[1:]
		}
		for _, cut := range o {
			if !cut.From.Before(n.To) {
				break
			}
			if n.From.Before(cut.From) {
				rest = append(rest, civil.Nights{From: n.From, To: cut.From})
			}
			n.From = cut.To
		}
		if n.Valid() {
			rest = append(rest, n)
		}
	}
	return rest
}

// before counts the nights before a date.
func (s stretches) before(d civil.Date) (count int) {
	for _, n := range s {
		if n.To.After(d) {
			n.To = d
		}
		count += n.Len()
	}
	return count
}

// overlap reports whether n has a night of s.
func (s stretches) overlap(n civil.Nights) bool {
	i := s.after(n.From)
	return i < len(s) && s[i].Overlaps(n)
}

// touching returns the stretches that share a night with n.
func (s stretches) touching(n civil.Nights) stretches {
	first := s.after(n.From)
	end := first
	for end < len(s) && s[end].From.Before(n.To) {
		end++
	}
	return s[first:end]
}

// after returns the first stretch that has a night on a date or later.
func (s stretches) after(d civil.Date) int {
	i, _ := slices.BinarySearchFunc(s, d, func(e civil.Nights, d civil.Date) int {
		if e.To.After(d) {
			return 1
		}
		return -1
	})
	return i
}

// span is what is left of nights between two dates; not Valid if nothing is.
func span(n civil.Nights, first, end civil.Date) civil.Nights {
	if n = from(n, first); end.Before(n.To) {
		n.To = end
	}
	return n
}

// from is what is left of nights from a date on; not Valid if nothing is.
func from(n civil.Nights, d civil.Date) civil.Nights {
	if n.From.Before(d) {
		n.From = d
	}
	return n
}

func byNights(a, b civil.Nights) int {
	if c := a.From.Compare(b.From); c != 0 {
		return c
	}
	return a.To.Compare(b.To)
}
