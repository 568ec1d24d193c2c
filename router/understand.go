package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/converse"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// guestsZone is where guests say "mañana", unless they are told which day it is.
const guestsZone = "America/Argentina/Buenos_Aires"

// longestLine is what a line of understand may hold: a message of WhatsApp, escaped, with room to spare.
const longestLine = 1 << 20

// understand prints what guests' texts mean, an object a line. It reads the owner's holidays, and opens nothing.
func (p *program) understand(_ context.Context, args []string) error {
	today, texts, err := p.understandArgs(args)
	if err != nil {
		return err
	}
	var own converse.HolidaysConfig
	if p.load != nil {
		if err := p.load(&own); err != nil {
			return usageError{err}
		}
	}
	holidays := own.Days()
	out := bufio.NewWriter(p.out)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, text := range texts {
		if err := encoder.Encode(understanding.Read(text, understanding.Context{Today: today, Holidays: holidays}).Object()); err != nil {
			return err
		}
	}
	if len(texts) == 0 {
		err = understandLines(os.Stdin, understanding.Context{Today: today, Holidays: holidays}, encoder, out.Flush)
	}
	return errors.Join(err, out.Flush())
}

// understandArgs reads [--today YYYY-MM-DD] and texts, of which one that begins with a dash comes after "--".
func (p *program) understandArgs(args []string) (today civil.Date, texts []string, err error) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value, found := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
		rest := args[1:]
		switch {
		case args[0] == "--":
			texts, args = rest, nil
		case name != "today":
			return today, nil, usagef("usage: router understand [--today YYYY-MM-DD] [text…]; without a text, lines {\"text\",\"today\"} are read")
		case !found && len(rest) == 0:
			return today, nil, usagef("--today takes a date as YYYY-MM-DD")
		case !found:
			value, rest = rest[0], rest[1:]
			fallthrough
		default:
			if today, err = civil.Parse(value); err != nil {
				return today, nil, usagef("--today %q: %w", value, err)
			}
			args = rest
		}
	}
	if args != nil {
		texts = args
	}
	if today.IsZero() {
		zone, err := time.LoadLocation(guestsZone)
		if err != nil {
			return today, nil, fmt.Errorf("find out what day it is: %w", err)
		}
		now, err := p.loadClock()
		if err != nil {
			return today, nil, err
		}
		today = civil.Of(now(), zone)
	}
	return today, texts, nil
}

// understandLines answers every line that can be read, and then reports those that could not: one answer a line, in order.
func understandLines(in io.Reader, usual understanding.Context, encoder *json.Encoder, flush func() error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	var problems []error
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var line struct {
			Text  *string    `json:"text"`
			Today civil.Date `json:"today,omitzero"`
		}
		err := json.Unmarshal(lines.Bytes(), &line)
		if err == nil && line.Text == nil {
			err = errors.New(`there is no "text"`)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		if line.Today.IsZero() {
			line.Today = usual.Today
		}
		object := understanding.Read(*line.Text, understanding.Context{Today: line.Today, Holidays: usual.Holidays}).Object()
		if err := errors.Join(encoder.Encode(object), flush()); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
