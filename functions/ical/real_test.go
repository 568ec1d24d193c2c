package ical_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

// book writes a confirmed stay of one night, the nth, as an operator would.
const book = `insert into reservations (code, accommodation_id, check_in, check_out, guests, status, channel, contact_name, contact_phone,
		currency, total_price, deposit_amount)
	select 'B' || n, 1, date '2026-12-02' + n * 2, date '2026-12-03' + n * 2, 2, 'confirmed', 'web', 'Zaphod Beeblebrox', '+541142424242', 'ARS', 1, 1
	from generate_series($1::int, $2::int) n`

// TestAStayIsInTheFeedTheMomentItIsBooked reads a feed from all sides while nights are booked in a real database.
func TestAStayIsInTheFeedTheMomentItIsBooked(t *testing.T) {
	t.Parallel()
	b, db, path := furnished(t)
	var over atomic.Bool
	var crowd sync.WaitGroup
	for range 8 {
		crowd.Go(func() {
			for tag := ""; !over.Load(); {
				a := b.get(path, "If-None-Match", tag)
				if a.status != http.StatusOK && a.status != http.StatusNotModified {
					t.Errorf("%d %s", a.status, a.body)
				}
				tag = a.header.Get("ETag")
			}
		})
	}
	for n := 1; n <= 60; n++ {
		if _, err := db.Exec(t.Context(), book, n, n); err != nil {
			t.Fatal(err)
		}
		if a := b.get(path); stays(a.body) != n {
			t.Fatalf("%d stays are booked, %d are told of", n, stays(a.body))
		}
	}
	over.Store(true)
	crowd.Wait()
	a := b.get(path)
	if strings.Contains(a.body, "Zaphod") || strings.Contains(a.body, "4242") || strings.Contains(a.body, "B60") {
		t.Errorf("a guest is named: %s", a.body)
	}
}

func TestItIsKnownWhenAChannelHasReadItsFeed(t *testing.T) {
	t.Parallel()
	b, db, path := furnished(t)
	for _, want := range []time.Time{noon, noon.Add(time.Minute)} {
		b.get(path)
		var read time.Time
		if err := db.QueryRow(t.Context(), `select last_read_at from calendar_feeds`).Scan(&read); err != nil || !read.Equal(want) {
			t.Errorf("read at %s, want %s: %v", read, want, err)
		}
		b.clock.move(30 * time.Second)
		b.get(path)
		b.clock.move(30 * time.Second)
	}
}

func TestWhateverChangesInAFeedChangesItsTag(t *testing.T) {
	t.Parallel()
	export, err := lists(2)(1, token)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{export: func(int64, string) (calendar.Export, error) { return export, nil }}
	b := with(t, f)
	tag := b.get(feedPath).header.Get("ETag")
	for name, change := range map[string]func(e *calendar.Export){
		"a night more":   func(e *calendar.Export) { e.Entries[1].Nights.To = e.Entries[1].Nights.To.AddDays(1) },
		"other nights":   func(e *calendar.Export) { e.Entries[0].Nights = nights(2027, 3, 1, 2) },
		"another stay":   func(e *calendar.Export) { e.Entries[0].UID = "other" },
		"a closure":      func(e *calendar.Export) { e.Entries[0].Stay = false },
		"a new version":  func(e *calendar.Export) { e.Entries[0].Version++ },
		"another change": func(e *calendar.Export) { e.Entries[0].Changed = noon.Add(time.Hour) },
		"a stay less":    func(e *calendar.Export) { e.Entries = e.Entries[1:] },
		"no stay":        func(e *calendar.Export) { e.Entries = nil },
		"another name":   func(e *calendar.Export) { e.Slug = "lago" },
	} {
		if export, err = lists(2)(1, token); err != nil {
			t.Fatal(err)
		}
		change(&export)
		if a := b.get(feedPath, "If-None-Match", tag); a.status != http.StatusOK || a.header.Get("ETag") == tag {
			t.Errorf("%s: %d %s", name, a.status, a.header.Get("ETag"))
		}
		if export, err = lists(2)(1, token); err != nil {
			t.Fatal(err)
		}
		if a := b.get(feedPath); a.header.Get("ETag") != tag {
			t.Errorf("%s, and back: %s, was %s", name, a.header.Get("ETag"), tag)
		}
	}
}

func TestManyFeedsAreServedFromBoundedMemory(t *testing.T) {
	t.Parallel()
	b := with(t, &fake{export: func(cabin int64, _ string) (calendar.Export, error) {
		return calendar.Export{FeedID: cabin, AccommodationID: cabin}, nil
	}})
	for range 2 {
		for cabin := range 300 {
			if a := b.get(fmt.Sprintf("/api/v1/ical/%d/%s.ics", cabin+1, token)); a.header.Get("Content-Disposition") != fmt.Sprintf(`inline; filename="%d.ics"`, cabin+1) {
				t.Fatalf("cabin %d is given %v", cabin+1, a.header)
			}
		}
	}
}
