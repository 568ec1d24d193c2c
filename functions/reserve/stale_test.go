package reserve_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/reserve"
)

// feed gives cabin 1 a calendar of Airbnb that was read so long before noon.
func (b *bundle) feed(t testing.TB, age time.Duration) {
	t.Helper()
	b.sql(t, `insert into calendar_feeds (accommodation_id, source, url, token, last_success_at, created_at)
		values (1, 'airbnb', 'https://example.com/' || gen_random_uuid(), md5(random()::text), $1, $2)`, noon.Add(-age), noon.Add(-1000*time.Hour))
}

// sells makes Airbnb sell nights, which whoever looks sees at once.
func (b *bundle) sells(t testing.TB, kind, from, to string) {
	t.Helper()
	b.sql(t, `insert into calendar_events (accommodation_id, feed_id, source, uid, kind, start_date, end_date, changed_at, created_at)
		select 1, min(id), 'airbnb', gen_random_uuid()::text, $1, $2::date, $3::date, $4, $4 from calendar_feeds`, kind, from, to, noon)
}

// statements counts what was sent to the database.
func (b *bundle) statements(t testing.TB) uint64 {
	t.Helper()
	families, err := b.wire.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "pg_latency_seconds" {
			return family.GetMetric()[0].GetHistogram().GetSampleCount()
		}
	}
	t.Fatal("nobody counts")
	return 0
}

// detail is what the first event of a reservation says beside its name.
func (b *bundle) detail(t testing.TB, code string) map[string]any {
	t.Helper()
	text := one[string](t, b, `select details::text from reservation_events e join reservations r on r.id = e.reservation_id where code = $1 order by e.id limit 1`, code)
	var details map[string]any
	if err := json.Unmarshal([]byte(text), &details); err != nil {
		t.Fatal(err)
	}
	return details
}

func withOwner(c *reserve.Config) { c.WhenStale = "owner" }

func TestOtherChannelsAreLookedAtBeforeNightsArePromised(t *testing.T) {
	t.Parallel()

	t.Run("calendars that are fresh, or not there, cost no look and no statement", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		week := 0
		// cost is how many statements a hold and its confirmation take.
		cost := func() uint64 {
			week++
			from := time.Date(2026, 12, 1+7*week, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			to := time.Date(2026, 12, 3+7*week, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			before := b.statements(t)
			held := b.held(t, nights(from, to))
			b.post(t, held.path("/confirm"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
			return b.statements(t) - before
		}
		cost() // the catalogue is read
		without := cost()
		b.feed(t, 10*time.Minute)
		if with := cost(); with != without || b.calendars.asked.Load() != 0 {
			t.Errorf("%d statements with a feed, %d without; %d looks", with, without, b.calendars.asked.Load())
		}
	})

	t.Run("a night that a stale calendar has sold meanwhile is not sold again", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.feed(t, 11*time.Minute)
		b.calendars.read = func(cabin int64) bool {
			if cabin != 1 {
				t.Errorf("cabin %d is looked at", cabin)
			}
			b.sells(t, "reserved", "2026-12-06", "2026-12-09")
			return true
		}
		b.post(t, reservations, asked(nil)).refusal(t, http.StatusConflict, "dates_taken")
		b.post(t, reservations, asked(nil), "Idempotency-Key", "k").refusal(t, http.StatusConflict, "dates_taken")
		if n := b.calendars.asked.Load(); n != 1 {
			t.Errorf("%d looks, want 1: what is known to be taken needs none", n)
		}
		b.calendars.read = nil
		b.held(t, nights("2026-12-04", "2026-12-06"))
	})

	t.Run("what the cabin's own rules refuse needs no look", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.feed(t, time.Hour)
		b.post(t, reservations, asked(map[string]any{"guests": 9})).refusal(t, http.StatusUnprocessableEntity, "too_many_guests", "guests")
		if n := b.calendars.asked.Load(); n != 0 {
			t.Errorf("%d looks", n)
		}
	})

	t.Run("a calendar that can be read leaves no trace on the stay", func(t *testing.T) {
		t.Parallel()
		b := setup(t, withOwner)
		b.feed(t, time.Hour)
		held := b.held(t, nil)
		if held.Approval != "" || held.PaymentURL == "" || held.ExpiresAt != "2026-12-01T12:30:00Z" || strings.Contains(b.log.String(), "stale_calendar") {
			t.Errorf("%+v\n%s", held, b.log)
		}
	})

	t.Run("while a calendar cannot be read the guest is taken, and the trail says how", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.feed(t, time.Hour)
		b.calendars.read = func(int64) bool { return false }
		held := b.held(t, nil)
		if held.Approval != "" || held.PaymentURL == "" || held.ExpiresAt != "2026-12-01T12:30:00Z" {
			t.Errorf("%+v", held)
		}
		if b.detail(t, held.Code)["stale_calendar"] != true || !strings.Contains(b.log.String(), `"stale_calendar":"accept"`) {
			t.Errorf("%v\n%s", b.detail(t, held.Code), b.log)
		}
	})

	t.Run("a request that is repeated is answered as it was, and nobody looks again", func(t *testing.T) {
		t.Parallel()
		b := setup(t, withOwner)
		b.feed(t, time.Hour)
		b.calendars.read = func(int64) bool { return false }
		first := b.post(t, reservations, asked(nil), "Idempotency-Key", "k")
		b.calendars.read = nil
		again := b.post(t, reservations, asked(nil), "Idempotency-Key", "k")
		if string(first.body) != string(again.body) || again.status != http.StatusCreated || b.calendars.asked.Load() != 1 {
			t.Errorf("%d looks\n%s\n%s", b.calendars.asked.Load(), first.body, again.body)
		}
	})
}

func TestAnOwnerWhoWantsToBeAskedIs(t *testing.T) {
	t.Parallel()
	// waiting is a hold that waits for the owner.
	waiting := func(t *testing.T) (*bundle, shown) {
		t.Helper()
		b := setup(t, withOwner)
		b.feed(t, time.Hour)
		b.calendars.read = func(int64) bool { return false }
		return b, b.held(t, nil)
	}

	t.Run("the nights are kept for a day, and there is nothing to pay yet", func(t *testing.T) {
		t.Parallel()
		b, held := waiting(t)
		if held.Status != "pre_reserved" || held.Approval != "waiting" || held.PaymentURL != "" || held.ExpiresAt != "2026-12-02T12:00:00Z" {
			t.Errorf("%+v", held)
		}
		if seen := b.get(t, held.link(t)).reservation(t, http.StatusOK); seen.Approval != "waiting" || seen.PaymentURL != "" {
			t.Errorf("%+v", seen)
		}
		b.post(t, reservations, asked(nil)).refusal(t, http.StatusConflict, "dates_taken")
		b.post(t, held.path("/extend"), "", held.asGuest(t)...).refusal(t, http.StatusConflict, "awaiting_approval")
		b.clock.move(24 * time.Hour)
		b.held(t, nil)
	})

	t.Run("the owner's yes gives the guest half an hour to pay", func(t *testing.T) {
		t.Parallel()
		b, held := waiting(t)
		b.post(t, held.path("/approve"), "", held.asGuest(t)...).refusal(t, http.StatusUnauthorized, "unauthenticated")
		b.clock.move(5 * time.Hour)
		got := b.post(t, held.path("/approve"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
		if got.Status != "pre_reserved" || got.Approval != "approved" || got.PaymentURL == "" || got.ExpiresAt != "2026-12-01T17:30:00Z" {
			t.Errorf("%+v", got)
		}
		b.post(t, held.path("/approve"), "", b.asOwner(t)...).refusal(t, http.StatusConflict, "invalid_state")
		if events := b.events(t, held.Code); !slices.Equal(events, []string{"guest held 0", "admin:owner@example.com approved 300"}) {
			t.Errorf("events %q", events)
		}
	})

	t.Run("a hold that nobody has to approve is not approved", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		b.post(t, held.path("/approve"), "", b.asOwner(t)...).refusal(t, http.StatusConflict, "invalid_state")
		b.post(t, reservations+"/ZZZZZZ/approve", "", b.asOwner(t)...).refusal(t, http.StatusNotFound, "not_found")
	})

	t.Run("confirming is a yes too", func(t *testing.T) {
		t.Parallel()
		b, held := waiting(t)
		got := b.post(t, held.path("/confirm"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
		if got.Status != "confirmed" || got.Approval != "approved" || got.PaymentURL == "" {
			t.Errorf("%+v", got)
		}
	})
}

func TestOtherChannelsAreLookedAtBeforeAStayIsConfirmed(t *testing.T) {
	t.Parallel()
	for _, act := range []string{"/confirm", "/approve"} {
		// live is a hold that can be confirmed or approved, made before anything was amiss.
		live := func(t *testing.T) (*bundle, shown) {
			t.Helper()
			b := setup(t, withOwner)
			b.feed(t, 0)
			held := b.held(t, nil)
			b.sql(t, `update reservations set approval = 'waiting'`)
			return b, held
		}

		t.Run(act+" refuses nights that another channel has sold, unless the owner knows", func(t *testing.T) {
			t.Parallel()
			b, held := live(t)
			b.sells(t, "reserved", "2026-12-06", "2026-12-08")
			b.post(t, held.path(act), "", b.asOwner(t)...).refusal(t, http.StatusConflict, "dates_taken")
			b.post(t, held.path(act), `{"despite_conflict":false}`, b.asOwner(t)...).refusal(t, http.StatusConflict, "dates_taken")
			if n := b.calendars.asked.Load(); n != 0 {
				t.Errorf("%d looks at fresh calendars", n)
			}
			b.post(t, held.path(act), `{"despite_conflict":true}`, b.asOwner(t)...).reservation(t, http.StatusOK)
		})

		t.Run(act+" reads a stale calendar first", func(t *testing.T) {
			t.Parallel()
			b, held := live(t)
			b.clock.move(11 * time.Minute)
			b.calendars.read = func(int64) bool { b.sells(t, "reserved", "2026-12-04", "2026-12-05"); return true }
			b.post(t, held.path(act), "", b.asOwner(t)...).refusal(t, http.StatusConflict, "dates_taken")
			if n := b.calendars.asked.Load(); n != 1 {
				t.Errorf("%d looks", n)
			}
		})

		t.Run(act+" is the owner's to decide while a calendar cannot be read", func(t *testing.T) {
			t.Parallel()
			b, held := live(t)
			b.clock.move(11 * time.Minute)
			b.calendars.read = func(int64) bool { return false }
			b.post(t, held.path(act), "", b.asOwner(t)...).reservation(t, http.StatusOK)
		})

		t.Run(act+" does not mind what is surely no guest, or lies beside", func(t *testing.T) {
			t.Parallel()
			b, held := live(t)
			b.sells(t, "blocked", "2026-12-04", "2026-12-07")
			b.sells(t, "reserved", "2026-12-07", "2026-12-09")
			b.post(t, held.path(act), "", b.asOwner(t)...).reservation(t, http.StatusOK)
		})

		t.Run(act+" refuses what cannot be without a look", func(t *testing.T) {
			t.Parallel()
			b, held := live(t)
			b.post(t, held.path("/cancel"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
			b.clock.move(time.Hour)
			b.post(t, held.path(act), "", b.asOwner(t)...).refusal(t, http.StatusConflict, "invalid_state")
			if n := b.calendars.asked.Load(); n != 0 {
				t.Errorf("%d looks", n)
			}
		})
	}
}
