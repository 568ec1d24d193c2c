package icalendar_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

// TestCorpus reads every file of the folder ICS_CORPUS and of those in it. A file that is a calendar must list each event
// that can be read in a calendar of its own; what was revised, moved or cancelled by another event of its UID excepted.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("ICS_CORPUS")
	if root == "" {
		t.Skip("ICS_CORPUS names no folder")
	}
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		corpusFile(t, path, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files", files)
	if files == 0 {
		t.Errorf("there is no file in %s", root)
	}
}

func corpusFile(t *testing.T, path string, text []byte) {
	t.Helper()
	o := patagonia(t)
	o.From, o.Until = day(t, "2023-06-01"), day(t, "2025-01-01")
	const allowed = 50 * time.Millisecond
	best := time.Hour
	var whole icalendar.Calendar
	var err error
	for n := 0; n < 3 || best > allowed && n < 30; n++ { // others may be at work on this machine
		start := time.Now()
		whole, err = icalendar.Read(text, o)
		best = min(best, time.Since(start))
	}
	if best > allowed {
		t.Errorf("%s took %s", path, best)
	}
	for cut := 0; cut < len(text); cut += 1 + len(text)/50 {
		_, _ = icalendar.Read(text[:cut], o) // it does not panic
	}
	if err == nil {
		for _, lost := range lostEvents(string(text), whole, o) {
			t.Errorf("%s lists no %s", path, lost)
		}
	} else if !errors.Is(err, icalendar.ErrNotACalendar) && !errors.Is(err, icalendar.ErrTruncated) && !errors.Is(err, icalendar.ErrEmpty) {
		t.Errorf("%s: %v", path, err)
	}
}

var (
	oneEvent = regexp.MustCompile(`(?is)BEGIN:VEVENT[ \t]*[\r\n].*?[\r\n]END:VEVENT`)
	oneZone  = regexp.MustCompile(`(?is)BEGIN:VTIMEZONE.*?END:VTIMEZONE`)
	oneUID   = regexp.MustCompile(`(?im)^UID[:;].*$`)
)

// lostEvents are those that a calendar does not list though they can be read alone.
func lostEvents(text string, whole icalendar.Calendar, o icalendar.Options) []string {
	type stay struct {
		uid    string
		nights civil.Nights
	}
	listed := make(map[stay]bool)
	for _, e := range whole.Events {
		listed[stay{e.UID, e.Nights}] = true
	}
	zones := strings.Join(oneZone.FindAllString(text, -1), "\n")
	events := oneEvent.FindAllString(text, -1)
	owners := make(map[string]int)
	for _, event := range events {
		owners[oneUID.FindString(event)]++
	}
	var lost []string
	for _, event := range events {
		c, err := icalendar.Read([]byte(calendarOf(zones, event)), o)
		uid := oneUID.FindString(event)
		if err != nil || owners[uid] > 1 && uid != "" {
			continue
		}
		for _, e := range c.Events {
			if !listed[stay{e.UID, e.Nights}] {
				lost = append(lost, e.UID+" of "+e.Nights.From.String())
			}
		}
	}
	return lost
}
