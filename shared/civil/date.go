// Package civil holds dates and nights as a calendar on the wall has them: no clock and no zone. A stay's dates are the
// cabin's own, so an instant becomes a date only through Of, which asks for the zone.
package civil

import (
	"cmp"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// Date is a day from 1900-01-01 to 9999-12-31. The zero Date is no day at all; it sorts before every other. Dates are
// compared with ==.
type Date struct {
	// Days since 1899-12-31, which was a Sunday and is one day too early to be a Date: so that 0 is "none" and n % 7 is
	// the weekday.
	n int32
}

const (
	first = 1         // 1900-01-01
	last  = 2_958_464 // 9999-12-31

	epochDay = 25_568 // 1970-01-01
)

// ErrFormat says that a text is not a date. The message is fit to be shown next to the field that was wrong.
var ErrFormat = errors.New("must be a date as YYYY-MM-DD")

// New returns the date of a year, month and day. As in time.Date, a month or day outside its usual range carries over:
// the 32nd of December is the 1st of January. What falls outside 1900 to 9999 becomes the nearest date within.
func New(year int, month time.Month, day int) Date {
	return Of(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), time.UTC)
}

// Parse reads YYYY-MM-DD, exactly; a day that no calendar has (February 30) is ErrFormat, as is all else.
func Parse(s string) (Date, error) { return parse(s) }

// parse takes bytes as they are, because a conversion to string is an allocation per date.
func parse[T string | []byte](s T) (Date, error) {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return Date{}, ErrFormat
	}
	var part [3]int
	field := 0
	for i := range len(s) {
		switch c := s[i]; {
		case i == 4 || i == 7:
			field++
		case c < '0' || c > '9':
			return Date{}, ErrFormat
		default:
			part[field] = part[field]*10 + int(c-'0')
		}
	}
	year, month, day := part[0], part[1], part[2]
	if year < 1900 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return Date{}, ErrFormat
	}
	return Date{n: int32(dayNumber(year, month, day))}, nil
}

// Of returns the date that the clocks of a zone show at t. The zero time gives the zero Date; other instants outside 1900
// to 9999 give the nearest date within.
func Of(t time.Time, zone *time.Location) Date {
	if t.IsZero() {
		return Date{}
	}
	_, offset := t.In(zone).Zone()
	const day = 24 * 60 * 60
	seconds := t.Unix() + int64(offset) + epochDay*day
	return Date{n: int32(min(max(seconds/day, first), last))}
}

// Time is the first instant of the date in a zone: midnight, the first of two, or the moment to which the clocks jump
// where they skip it.
func (d Date) Time(zone *time.Location) time.Time {
	year, month, day := d.YMD()
	t := time.Date(year, month, day, 0, 0, 0, 0, zone)
	// Near a change of the clocks time.Date promises only one of the two readings, not which.
	start, end := t.ZoneBounds()
	if Of(t, zone).Before(d) {
		return end // midnight was skipped, and read as the hour before it
	}
	if start.IsZero() {
		return t
	}
	_, now := t.Zone()
	_, was := start.Add(-1).Zone()
	if other := t.Add(time.Duration(now-was) * time.Second); other.Before(start) && other.Before(t) {
		return other // midnight came twice
	}
	return t
}

// IsZero reports whether d is no day at all.
func (d Date) IsZero() bool { return d.n == 0 }

// YMD returns the parts of the date; zeros for the zero Date.
func (d Date) YMD() (year int, month time.Month, day int) {
	if d.IsZero() {
		return 0, 0, 0
	}
	// The Gregorian calendar repeats every 400 years (146 097 days). Counting from March puts the leap day at the end of
	// the year, where it disturbs no other; 719 468 is 1970-01-01 counted from 0000-03-01.
	n := int(d.n) - epochDay + 719_468
	era, n := n/146_097, n%146_097
	yearOfEra := (n - n/1460 + n/36_524 - n/146_096) / 365
	n -= yearOfEra*365 + yearOfEra/4 - yearOfEra/100
	m := (5*n + 2) / 153 // months since March
	year, month, day = era*400+yearOfEra, time.Month(m+3), n-(153*m+2)/5+1
	if month > time.December {
		year, month = year+1, month-12
	}
	return year, month, day
}

// Weekday returns the day of the week; Sunday for the zero Date.
func (d Date) Weekday() time.Weekday { return time.Weekday(d.n % 7) }

// AddDays returns the date n days later, or earlier for a negative n. It stops at the first and the last date there are;
// the zero Date has no neighbours and stays zero.
func (d Date) AddDays(n int) Date {
	if d.IsZero() {
		return d
	}
	n = min(max(n, -last), last) // so that the sum cannot overflow
	return Date{n: int32(min(max(int(d.n)+n, first), last))}
}

// Sub returns the number of days from o to d; negative if d is earlier.
func (d Date) Sub(o Date) int { return int(d.n) - int(o.n) }

// Before reports whether d is earlier than o.
func (d Date) Before(o Date) bool { return d.n < o.n }

// After reports whether d is later than o.
func (d Date) After(o Date) bool { return d.n > o.n }

// Compare returns -1, 0 or +1 as d is earlier than, the same as, or later than o.
func (d Date) Compare(o Date) int { return cmp.Compare(d.n, o.n) }

// Equal is ==, under the name by which go-cmp finds it.
func (d Date) Equal(o Date) bool { return d == o }

// String is YYYY-MM-DD; "" for the zero Date.
func (d Date) String() string {
	return string(d.append(make([]byte, 0, len("2006-01-02"))))
}

// AppendText appends String to b. It never fails.
func (d Date) AppendText(b []byte) ([]byte, error) { return d.append(b), nil }

// MarshalText is String, also in JSON. A field that may be empty wants the option omitzero.
func (d Date) MarshalText() ([]byte, error) {
	return d.append(make([]byte, 0, len("2006-01-02"))), nil
}

// UnmarshalText is Parse: the only error is ErrFormat, also for an empty text.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := parse(text)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Value sends the date to a date column, as text; the zero Date as NULL.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.String(), nil
}

// Scan reads a date column: the calendar day that a time shows in its own zone, or text; NULL is the zero Date. It refuses
// infinity and years outside 1900 to 9999.
func (d *Date) Scan(src any) error {
	var err error
	switch v := src.(type) {
	case nil:
		*d = Date{}
	case time.Time:
		if y := v.Year(); y < 1900 || y > 9999 {
			err = fmt.Errorf("there is no year %d here", y)
			break
		}
		*d = Of(v, v.Location())
	case string:
		err = d.UnmarshalText([]byte(v))
	case []byte:
		err = d.UnmarshalText(v)
	default:
		err = fmt.Errorf("a %T is none", src)
	}
	if err != nil {
		return fmt.Errorf("scan a date: %w", err)
	}
	return nil
}

func (d Date) append(b []byte) []byte {
	if d.IsZero() {
		return b
	}
	y, m, day := d.YMD()
	return append(b,
		byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-',
		byte('0'+day/10), byte('0'+day%10))
}

// dayNumber is the inverse of YMD, for a date that exists.
func dayNumber(year, month, day int) int {
	if month <= 2 {
		year, month = year-1, month+12
	}
	return year*365 + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719_468 + epochDay
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}
