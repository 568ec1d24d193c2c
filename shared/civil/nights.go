package civil

import "iter"

// Nights are the nights of a stay, half-open: slept in from From (the check-in day) until the morning of To (the check-out
// day). The check-out day's night is not among them, so back-to-back stays never collide.
type Nights struct{ From, To Date }

// Valid reports whether there is at least one night: both dates are there and From is before To.
func (n Nights) Valid() bool { return !n.From.IsZero() && n.From.Before(n.To) }

// Len is the number of nights; 0 if they are not Valid.
func (n Nights) Len() int {
	if !n.Valid() {
		return 0
	}
	return n.To.Sub(n.From)
}

// Contains reports whether the night that begins on d is among them.
func (n Nights) Contains(d Date) bool {
	return !n.From.IsZero() && !d.Before(n.From) && d.Before(n.To)
}

// Overlaps reports whether the two share a night. Nights that are not Valid share none.
func (n Nights) Overlaps(o Nights) bool {
	return n.Valid() && o.Valid() && n.From.Before(o.To) && o.From.Before(n.To)
}

// All yields the night of each date in order; none if they are not Valid.
func (n Nights) All() iter.Seq[Date] {
	return func(yield func(Date) bool) {
		for i := range n.Len() {
			if !yield(Date{n: n.From.n + int32(i)}) {
				return
			}
		}
	}
}
