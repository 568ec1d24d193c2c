package watest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// memory is what a file holds: the chats, but no notification that was not delivered.
type memory struct {
	Chats []keptChat
	Files map[string]*file
}

type keptChat struct {
	Person

	Entries     []*Entry
	LastInbound time.Time
}

// keep writes everything down, if there is a file. It is called with the lock held.
func (s *Server) keep() {
	if s.config.File == "" {
		return
	}
	m := memory{Files: s.files}
	for _, c := range s.chats {
		m.Chats = append(m.Chats, keptChat{c.Person, c.Entries, c.lastInbound})
	}
	text, err := json.Marshal(m)
	if err == nil {
		err = os.WriteFile(s.config.File+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(s.config.File+".new", s.config.File)
	}
	if err != nil {
		panic(fmt.Sprintf("watest: %v", err)) // nobody could rely on what it says from now on
	}
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
	for _, kept := range m.Chats {
		c := &chatLog{Person: kept.Person, lastInbound: kept.LastInbound}
		s.chats = append(s.chats, c)
		for _, e := range kept.Entries {
			s.add(c, e)
		}
	}
	if m.Files != nil {
		s.files = m.Files
	}
	return nil
}
