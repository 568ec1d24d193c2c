package icalendar

import (
	"bytes"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

const daySeconds = 24 * 60 * 60

// clock says by whose clock a stamp is read; those from named on are places in the list of zones.
type clock int32

const (
	none     clock = iota // there is no stamp
	allDay                // it is a date
	floating              // a time of the cabin
	utc
	named
)

// stamp is a date, or a time as the clocks show it.
type stamp struct {
	day    int32 // since 1970-01-01
	second int32 // of the day
	clock  clock
}

// wall is the time as the clocks show it, in seconds since 1970-01-01 by the same clocks.
func (s stamp) wall() int64 { return int64(s.day)*daySeconds + int64(s.second) }

// at is a stamp of the same clock at another time.
func (s stamp) at(wall int64) stamp {
	day := wholeDays(wall)
	return stamp{day: int32(day), second: int32(wall - day*daySeconds), clock: s.clock}
}

func (s stamp) isTimed() bool { return s.clock > allDay }

// dayOf is the number of a date, in days since 1970-01-01. Days and months outside their usual range carry over.
func dayOf(year, month, day int) int {
	return int(time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix() / daySeconds)
}

// dateOf is the inverse of dayOf.
func dateOf(day int) (year int, month time.Month, of int) {
	return time.Unix(int64(day)*daySeconds, 0).UTC().Date()
}

func civilOf(day int) civil.Date { return civil.New(1970, time.January, 1).AddDays(day) }

func dayOfCivil(d civil.Date) int { return d.Sub(civil.New(1970, time.January, 1)) }

// wholeDays is how many days there are in so many seconds, rounded down.
func wholeDays(seconds int64) int64 {
	days := seconds / daySeconds
	if seconds%daySeconds < 0 {
		days--
	}
	return days
}

// parseStamp reads a DATE or DATE-TIME (RFC 5545 §3.3.4, §3.3.5), also with the punctuation of ISO 8601, with an offset, or
// a date with a Z, which Google has written. The clock is allDay, floating or utc.
func parseStamp(text []byte) (stamp, bool) {
	s := scanner{text: bytes.Trim(text, "\" \t\x00")}
	year, month, day := s.number(4), s.skip('-').number(2), s.skip('-').number(2)
	if s.failed || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return stamp{}, false
	}
	d := stamp{day: int32(dayOf(year, month, day)), clock: allDay}
	if s.isDone() || len(s.text) == 1 && s.text[0]|0x20 == 'z' {
		return d, true
	}
	if c := s.take(); c != 'T' && c != 't' && c != ' ' {
		return stamp{}, false
	}
	hour, minute, second := s.number(2), s.skip(':').number(2), 0
	if s.skip(':'); isDigit(s.peek()) {
		second = s.number(2)
	}
	if s.peek() == '.' || s.peek() == ',' {
		for s.take(); isDigit(s.peek()); {
			s.take()
		}
	}
	seconds := hour*3600 + minute*60 + second
	if s.failed || minute > 59 || second > 60 || seconds > daySeconds {
		return stamp{}, false
	}
	d.clock = floating
	offset, hasOffset := s.offset()
	if hasOffset {
		d.clock = utc
	}
	return d.at(d.wall() + int64(seconds-offset)), !s.failed && s.isDone()
}

// scanner reads a short text from left to right. Once something was not as it should be it stays failed.
type scanner struct {
	text   []byte
	failed bool
}

func (s *scanner) isDone() bool { return len(s.text) == 0 }

// peek is the next character, or 0.
func (s *scanner) peek() byte {
	if len(s.text) == 0 {
		return 0
	}
	return s.text[0]
}

func (s *scanner) take() byte {
	c := s.peek()
	s.text = s.text[min(1, len(s.text)):]
	return c
}

// skip passes over a character if it is the next.
func (s *scanner) skip(c byte) *scanner {
	if s.peek() == c {
		s.take()
	}
	return s
}

// number reads so many digits.
func (s *scanner) number(digits int) int {
	n := 0
	for range digits {
		c := s.take()
		if !isDigit(c) {
			s.failed = true
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// offset reads Z or +HH[:]MM[[:]SS], in seconds east of Greenwich.
func (s *scanner) offset() (seconds int, ok bool) {
	sign := 1
	switch s.peek() {
	case 'Z', 'z':
		s.take()
		return 0, true
	case '-':
		sign = -1
	case '+':
	default:
		return 0, false
	}
	s.take()
	seconds = s.number(2) * 3600
	if s.skip(':'); isDigit(s.peek()) {
		seconds += s.number(2) * 60
	}
	if s.skip(':'); isDigit(s.peek()) {
		seconds += s.number(2)
	}
	if seconds > 18*3600 { // no zone is that far
		s.failed = true
	}
	return sign * seconds, true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// span is how long something lasts. Days and what is written as two times of one clock are counted on the wall, so that
// a stay from 15 h to 11 h stays one when the clocks change in between.
type span struct {
	wall  int64 // seconds by the clocks on the wall
	exact int64 // seconds besides
	whole bool  // it ends with a date: that of the beginning and the days in wall
	known bool
}

// longest is more than there are days from 1900 to 9999.
const longest = 3_000_000

// parseDuration reads a DURATION (RFC 5545 §3.3.6), with its units in any order.
func parseDuration(text []byte) (span, bool) {
	s := scanner{text: bytes.ToUpper(bytes.TrimSpace(text))}
	if s.skip('+'); s.take() != 'P' {
		return span{}, false
	}
	d := span{known: true}
	isTime, parts := false, 0
	for !s.isDone() {
		if s.peek() == 'T' {
			isTime = true
			s.take()
			continue
		}
		n := int64(0)
		for digits := 0; isDigit(s.peek()) && digits < 10; digits++ {
			n = n*10 + int64(s.number(1))
		}
		switch unit := s.take(); {
		case unit == 'W':
			d.wall += n * 7 * daySeconds
		case unit == 'D':
			d.wall += n * daySeconds
		case unit == 'H' && isTime:
			d.exact += n * 3600
		case unit == 'M' && isTime:
			d.exact += n * 60
		case unit == 'S' && isTime:
			d.exact += n
		default:
			return span{}, false
		}
		if parts++; parts > 10 {
			return span{}, false
		}
	}
	return d, parts > 0 && d.wall+d.exact <= longest*daySeconds
}
