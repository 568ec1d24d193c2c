package understanding

import (
	"slices"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// Holidays are Argentina's, as Law 27.399 has them, and what the government decides year by year, which no rule foretells. An
// owner may write down more; nil knows what Argentina does.
type Holidays struct {
	// Bridges are the days that are added "for tourism", at most three a year, always beside a holiday.
	Bridges []civil.Date
	// Moved holds where a holiday is kept instead of where the law puts it: Decree 614/2025 lets one that falls on a
	// Saturday or a Sunday be moved to the Friday before or the Monday after, as is decided each time.
	Moved map[civil.Date]civil.Date
}

// bridges are those decreed so far: Decree 1027/2024 for 2025; 23 March, 10 July and 7 December of 2026.
var bridges = [...]string{"2025-05-02", "2025-08-15", "2025-11-21", "2026-03-23", "2026-07-10", "2026-12-07"}

// Argentina returns the holidays of Argentina, to be added to.
func Argentina() *Holidays {
	h := &Holidays{Moved: map[civil.Date]civil.Date{
		civil.New(2025, time.October, 12): civil.New(2025, time.October, 10),
	}}
	for _, text := range bridges {
		if d, err := civil.Parse(text); err == nil {
			h.Bridges = append(h.Bridges, d)
		}
	}
	return h
}

// usual are those of whoever adds none.
var usual = sync.OnceValue(Argentina)

// yearly are the holidays that are kept on their date.
var yearly = [...]struct {
	month time.Month
	day   int
}{
	{time.January, 1},
	{time.March, 24},
	{time.April, 2},
	{time.May, 1},
	{time.May, 25},
	{time.June, 20},
	{time.July, 9},
	{time.December, 8},
	{time.December, 25},
}

// movable are those that are kept on a Monday: Güemes, San Martín, the Diversity of Cultures, Sovereignty.
var movable = [...]struct {
	month time.Month
	day   int
}{{time.June, 17}, {time.August, 17}, {time.October, 12}, {time.November, 20}}

// Off reports whether nobody works on d: a holiday, a bridge, a Saturday or a Sunday. Holy Thursday is not one: by the law it
// is free only to those who keep it.
func (h *Holidays) Off(d civil.Date) bool {
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		return true
	}
	year, month, n := d.YMD()
	for _, y := range yearly {
		if y.month == month && y.day == n {
			return h.kept(d) == d
		}
	}
	for _, m := range movable {
		if h.kept(civil.New(year, m.month, m.day)) == d {
			return true
		}
	}
	easter := Easter(year)
	if since := d.Sub(easter); since == -48 || since == -47 || since == -2 {
		return true // Carnival, Good Friday
	}
	for _, to := range h.Moved {
		if to == d {
			return true
		}
	}
	return slices.Contains(h.Bridges, d)
}

// kept returns the day on which a holiday is kept: of those that move, a Tuesday's and a Wednesday's on the Monday before, a
// Thursday's and a Friday's on the Monday after.
func (h *Holidays) kept(holiday civil.Date) civil.Date {
	if to, ok := h.Moved[holiday]; ok {
		return to
	}
	_, month, n := holiday.YMD()
	moves := false
	for _, m := range movable {
		moves = moves || m.month == month && m.day == n
	}
	if !moves {
		return holiday
	}
	switch w := holiday.Weekday(); w {
	case time.Tuesday, time.Wednesday:
		return holiday.AddDays(int(time.Monday - w))
	case time.Thursday, time.Friday:
		return holiday.AddDays(int(time.Monday + 7 - w))
	default:
		return holiday
	}
}

// Easter returns Easter Sunday of a year, by the Gregorian computus as Meeus has it.
func Easter(year int) civil.Date {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	return civil.New(year, time.Month(month), (h+l-7*m+33*month+19)%32)
}

// free is three days or more on which nobody works.
type free struct{ first, last civil.Date }

// stay is what a guest means by a long weekend: from the evening before its first free day to its last.
func (f free) stay() (from, to civil.Date) { return f.first.AddDays(-1), f.last }

// longWeekend returns the next one that can still be stayed at and that is meant, up to two years from today.
func (h *Holidays) longWeekend(today civil.Date, meant func(free) bool) (free, bool) {
	d := today.AddDays(-7)
	for h.Off(d) {
		d = d.AddDays(-1)
	}
	for limit := today.AddDays(2 * 366); d.Before(limit); d = d.AddDays(1) {
		if !h.Off(d) {
			continue
		}
		f := free{d, d}
		for h.Off(f.last.AddDays(1)) {
			f.last = f.last.AddDays(1)
		}
		if f.last.Sub(f.first) >= 2 && f.last.After(today) && meant(f) {
			return f, true
		}
		d = f.last
	}
	return free{}, false
}

// workdayIn reports whether a long weekend owes its length to a holiday of a month.
func (f free) workdayIn(month int) bool {
	for d := f.first; !d.After(f.last); d = d.AddDays(1) {
		if w := d.Weekday(); w != time.Saturday && w != time.Sunday {
			if _, m, _ := d.YMD(); int(m) == month {
				return true
			}
		}
	}
	return false
}
