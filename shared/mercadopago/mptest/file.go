package mptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// memory is what a file holds: all that has happened, but for notifications that were not delivered.
type memory struct {
	Sequence    int64
	Preferences []keptPreference
	Payments    []keptPayment
	Answered    map[string]keptAnswer
}

type keptPreference struct {
	ID      string
	Created time.Time
	Body    json.RawMessage
}

type keptPayment struct {
	payment.Payment

	Preference string // its id; "" = it was made without one
	Title      string
	Refunds    []*payment.Refund
}

type keptAnswer struct {
	What   []byte
	Status int
	Body   json.RawMessage
	At     time.Time
}

// keep writes everything down, if there is a file: before anybody hears of it, so that a process that is killed has forgotten
// nothing that it has said. It is called with the lock held.
func (s *Server) keep() {
	if s.config.File == "" {
		return
	}
	text, err := json.Marshal(s.remember())
	if err == nil {
		err = os.WriteFile(s.config.File+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(s.config.File+".new", s.config.File)
	}
	if err != nil {
		panic(fmt.Sprintf("mptest: %v", err)) // nobody could rely on what it says from now on
	}
}

func (s *Server) remember() memory {
	m := memory{Sequence: s.sequence, Answered: make(map[string]keptAnswer)}
	for _, p := range s.preferences {
		body, _ := json.Marshal(p.raw) // it was JSON
		m.Preferences = append(m.Preferences, keptPreference{p.id, p.created, body})
	}
	for _, p := range s.payments {
		kept := keptPayment{Payment: p.Payment, Title: p.title, Refunds: p.refunds}
		if p.preference != nil {
			kept.Preference = p.preference.id
		}
		m.Payments = append(m.Payments, kept)
	}
	for key, a := range s.answered {
		if s.now().Sub(a.at) >= keyLife {
			continue
		}
		body, _ := json.Marshal(a.reply.body) // it was sent
		m.Answered[key] = keptAnswer{a.what[:], a.reply.status, body, a.at}
	}
	return m
}

// recall reads what an earlier server with this file has kept. A file that is not there yet is none.
func (s *Server) recall() error {
	if s.config.File == "" {
		return nil
	}
	text, err := os.ReadFile(s.config.File)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var m memory
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("%s: %w", s.config.File, err)
	}
	s.sequence = m.Sequence
	for _, kept := range m.Preferences {
		p := &preference{id: kept.ID, created: kept.Created}
		if err := p.update(kept.Body); err != nil {
			return fmt.Errorf("%s: checkout %s: %w", s.config.File, kept.ID, err)
		}
		s.preferences = append(s.preferences, p)
	}
	for _, kept := range m.Payments {
		p := &paid{Payment: kept.Payment, title: kept.Title, refunds: kept.Refunds}
		if i := slices.IndexFunc(s.preferences, func(of *preference) bool { return of.id == kept.Preference }); i >= 0 {
			p.preference = s.preferences[i]
		}
		s.payments = append(s.payments, p)
		s.byID[p.ID] = p
	}
	for key, kept := range m.Answered {
		a := remembered{reply: reply{kept.Status, kept.Body}, at: kept.At}
		copy(a.what[:], kept.What)
		s.answered[key] = a
	}
	return nil
}
