package icalendar

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"time"
)

type frequency int

const (
	daily frequency = iota + 1
	weekly
	monthly
	yearly
)

// rule is a RRULE (RFC 5545 §3.3.10).
type rule struct {
	frequency frequency
	interval  int
	count     int   // 0 = without end
	until     stamp // clock none = without end
	weekStart time.Weekday

	months    uint16 // bit 1 to 12; 0 = all
	monthDays []int
	yearDays  []int
	weeks     []int
	weekdays  []weekday
	positions []int

	hours, minutes, seconds []int
}

// weekday is a day of the week, or the nth of a month or year; negative n count from the end, 0 = each.
type weekday struct {
	day time.Weekday
	n   int
}

var (
	errRule   = errors.New("recurs by a rule that cannot be read")
	errHourly = errors.New("recurs by the hour or oftener")
	errEffort = errors.New("recurs by a rule that takes too long to follow")
)

// parseRule reads a rule.
func parseRule(value []byte) (rule, error) {
	r := rule{interval: 1, weekStart: time.Monday}
	value = bytes.ToUpper(bytes.TrimSpace(value))
	for len(value) > 0 {
		var part []byte
		part, value, _ = bytes.Cut(value, []byte(";"))
		if len(part) == 0 {
			continue
		}
		key, text, ok := bytes.Cut(part, []byte("="))
		if !ok {
			return rule{}, errRule
		}
		if err := r.set(string(bytes.TrimSpace(key)), bytes.TrimSpace(text)); err != nil {
			return rule{}, err
		}
	}
	if r.frequency == 0 || max(1, len(r.hours))*max(1, len(r.minutes))*max(1, len(r.seconds)) > 24 {
		return rule{}, errRule
	}
	return r, nil
}

func (r *rule) set(key string, text []byte) error {
	var err error
	switch key {
	case "FREQ":
		return r.setFrequency(string(text))
	case "INTERVAL":
		r.interval, err = number(text, 0, 1_000_000)
		r.interval = max(r.interval, 1)
	case "COUNT":
		r.count, err = number(text, 0, 1_000_000_000)
	case "UNTIL":
		var ok bool
		if r.until, ok = parseStamp(text); !ok {
			return errRule
		}
	case "WKST":
		var day weekday
		day, err = parseWeekday(text)
		r.weekStart = day.day
	case "BYDAY":
		return each(text, func(item []byte) error {
			day, err := parseWeekday(item)
			r.weekdays = append(r.weekdays, day)
			return err
		})
	case "RSCALE":
		if string(text) != "GREGORIAN" {
			return errRule
		}
	default:
		return r.setNumbers(key, text)
	}
	return err
}

func (r *rule) setFrequency(text string) error {
	switch text {
	case "DAILY":
		r.frequency = daily
	case "WEEKLY":
		r.frequency = weekly
	case "MONTHLY":
		r.frequency = monthly
	case "YEARLY":
		r.frequency = yearly
	case "HOURLY", "MINUTELY", "SECONDLY":
		return errHourly
	default:
		return errRule
	}
	return nil
}

func (r *rule) setNumbers(key string, text []byte) error {
	var err error
	switch key {
	case "BYMONTH":
		var months []int
		months, err = numbers(text, 1, 12, false)
		for _, m := range months {
			r.months |= 1 << m
		}
	case "BYMONTHDAY":
		r.monthDays, err = numbers(text, 1, 31, true)
	case "BYYEARDAY":
		r.yearDays, err = numbers(text, 1, 366, true)
	case "BYWEEKNO":
		r.weeks, err = numbers(text, 1, 53, true)
	case "BYSETPOS":
		r.positions, err = numbers(text, 1, 366, true)
	case "BYHOUR":
		r.hours, err = numbers(text, 0, 23, false)
	case "BYMINUTE":
		r.minutes, err = numbers(text, 0, 59, false)
	case "BYSECOND":
		r.seconds, err = numbers(text, 0, 59, false)
	default:
		if len(key) < 2 || key[:2] != "X-" {
			return errRule
		}
	}
	return err
}

// each goes through a list, which is never longer than a year has days.
func each(text []byte, visit func(item []byte) error) error {
	for n := 0; ; n++ {
		item, rest, more := bytes.Cut(text, []byte(","))
		if n > 366 {
			return errRule
		}
		if err := visit(bytes.TrimSpace(item)); err != nil {
			return err
		}
		if !more {
			return nil
		}
		text = rest
	}
}

// numbers reads a list in order, each once; negative ones too if they may count from the end.
func numbers(text []byte, low, high int, fromEnd bool) ([]int, error) {
	var list []int
	err := each(text, func(item []byte) error {
		negative := fromEnd && len(item) > 1 && item[0] == '-'
		if negative {
			item = item[1:]
		}
		n, err := number(item, low, high)
		if negative {
			n = -n
		}
		list = append(list, n)
		return err
	})
	slices.Sort(list)
	return slices.Compact(list), err
}

func number(text []byte, low, high int) (int, error) {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < low || n > high {
		return 0, errRule
	}
	return n, nil
}

// parseWeekday reads MO, 2MO, +2MO or -1MO.
func parseWeekday(text []byte) (weekday, error) {
	if len(text) < 2 {
		return weekday{}, errRule
	}
	days := [...]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	day := slices.Index(days[:], string(text[len(text)-2:]))
	if day < 0 {
		return weekday{}, errRule
	}
	w := weekday{day: time.Weekday(day)}
	if text = text[:len(text)-2]; len(text) > 0 {
		n, err := number(text, -53, 53)
		if err != nil || n == 0 {
			return weekday{}, errRule
		}
		w.n = n
	}
	return w, nil
}
