package main

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

// Clock is what this process takes for now: the computer's time or, outside production, that of an instant at which it begins and
// from which it runs on. Everything that goes by dates and deadlines of ours asks it. Deadlines of the computer's own, such as how
// long an answer may take, and what others go by, such as a log, keep to the computer's.
type Clock struct {
	Env   string `envconfig:"ENVIRONMENT" default:"development"`
	Start string `envconfig:"CLOCK"` // RFC 3339; empty = the computer's time
}

// The instants that CLOCK may name lie as far apart as a time.Duration reaches, and then some.
const firstYear, lastYear = 2000, 2199

// Check reports an instant that cannot be read, and any in production.
func (c Clock) Check() config.Problems {
	switch _, ok := c.start(); {
	case c.Start == "":
		return nil
	case c.Env == config.Production:
		return config.Problems{{Variable: "CLOCK", Message: "is not for production, which goes by the computer's time"}}
	case !ok:
		return config.Problems{{Variable: "CLOCK", Message: "must be an instant from 2000 to 2199 with its offset, such as 2027-01-04T10:00:00-03:00"}}
	default:
		return nil
	}
}

func (c Clock) start() (start time.Time, ok bool) {
	start, err := time.Parse(time.RFC3339, c.Start)
	return start, err == nil && start.UTC().Year() >= firstYear && start.UTC().Year() <= lastYear
}

// from is the clock of a program that began at an instant of the computer's time. It runs with the monotonic clock, as time.Now does.
func (c Clock) from(began time.Time) func() time.Time {
	start, ok := c.start()
	if !ok || c.Env == config.Production {
		return time.Now
	}
	ahead := start.Sub(began)
	return func() time.Time { return time.Now().Add(ahead) }
}

// handOn is CLOCK for a process that begins at an instant of ours, so that it goes on from there; empty where nobody has set any.
func (c Clock) handOn(now time.Time) string {
	if c.Start == "" {
		return ""
	}
	return now.Format(time.RFC3339Nano)
}

// clock is the program's: it begins once, however many parts of the program ask for it, one after another.
func (p *program) clock(c Clock) func() time.Time {
	if p.began.IsZero() {
		p.began = time.Now()
	}
	return c.from(p.began)
}

// loadClock is clock for a verb that prepares nothing else.
func (p *program) loadClock() (func() time.Time, error) {
	var c Clock
	if err := p.load(&c); err != nil {
		return nil, usageError{err}
	}
	return p.clock(c), nil
}
