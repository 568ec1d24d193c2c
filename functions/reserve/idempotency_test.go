package reserve_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

const replayed = "Idempotent-Replayed"

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	key := []string{"Idempotency-Key", "0b6b5a0e-1f8e-4d5c-9a53-5a0d6e5c7f11"}

	// again sends a request that was answered before, and compares.
	again := func(t *testing.T, b *bundle, first answer, body string) {
		t.Helper()
		second := b.post(t, reservations, body, key...)
		if second.status != http.StatusCreated || !bytes.Equal(second.body, first.body) {
			t.Errorf("first %d %s\nthen  %d %s", first.status, first.body, second.status, second.body)
		}
		if second.header.Get(replayed) != "true" || second.header.Get("Content-Type") != first.header.Get("Content-Type") {
			t.Errorf("headers %v", second.header)
		}
		if n := one[int](t, b, `select count(*)::int from reservations`); n != 1 {
			t.Errorf("%d reservations", n)
		}
	}

	t.Run("the same request is answered again byte for byte and not done again", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first := b.post(t, reservations, asked(nil), key...)
		first.reservation(t, http.StatusCreated)
		if _, there := first.header[replayed]; there {
			t.Error("the first answer claims to be a repetition")
		}
		again(t, b, first, asked(nil))
	})

	t.Run("neither the order of fields nor white space makes another request of it", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first := b.post(t, reservations, asked(nil), key...)
		again(t, b, first, `
			{ "contact_phone" : "+5491155443322", "guests" : 2, "contact_name":"Ana P\u00e9rez",
			"check_out":"2026-12-07","check_in":"2026-12-04", "accommodation_id":1 } `)
	})

	t.Run("the older route knows the key too", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first := b.post(t, reservations+"/pre-reserve", asked(nil), key...)
		again(t, b, first, asked(nil))
	})

	t.Run("what has happened to cabin and reservation since does not change the answer", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first := b.post(t, reservations, asked(nil), key...)
		held := first.reservation(t, http.StatusCreated)
		b.post(t, held.path("/cancel"), "", held.asGuest(t)...).reservation(t, http.StatusOK)
		b.sql(t, `update accommodations set active = false, base_price = 1`)
		b.clock.move(48*time.Hour - time.Millisecond)
		again(t, b, first, asked(nil))
	})

	t.Run("it outlives the arrival that it was about", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		body := asked(nights("2026-12-01", "2026-12-02"))
		first := b.post(t, reservations, body, key...)
		b.clock.move(24 * time.Hour)
		again(t, b, first, body)
	})

	t.Run("after 48 hours it is a new key", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		body := asked(nights("2026-12-20", "2026-12-22"))
		first := b.post(t, reservations, body, key...).reservation(t, http.StatusCreated)
		b.clock.move(48 * time.Hour)
		answer := b.post(t, reservations, body, key...)
		second := answer.reservation(t, http.StatusCreated)
		if second.Code == first.Code || answer.header.Get(replayed) != "" {
			t.Errorf("%s again: %v", second.Code, answer.header)
		}
		third := b.post(t, reservations, body, key...)
		if !bytes.Equal(third.body, answer.body) || third.header.Get(replayed) != "true" {
			t.Errorf("the new answer was not kept: %s", third.body)
		}
	})

	t.Run("another request with the same key is refused, whatever differs", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.post(t, reservations, asked(nil), key...).reservation(t, http.StatusCreated)
		for _, change := range []map[string]any{
			{"guests": 3},
			{"contact_name": "Another"},
			{"contact_phone": "+5491155443323"},
			{"contact_email": "ana@example.com"},
			{"channel": "phone"},
			{"special_requests": "a cot"},
			{"accommodation_id": 2},
			nights("2027-01-04", "2027-01-07"),
		} {
			b.post(t, reservations, asked(change), key...).refusal(t, http.StatusUnprocessableEntity, "idempotency_mismatch", "Idempotency-Key")
		}
		if n := one[int](t, b, `select count(*)::int from reservations`); n != 1 {
			t.Errorf("%d reservations", n)
		}
	})

	t.Run("a refusal is not remembered", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := b.held(t, nil)
		b.post(t, reservations, asked(nil), key...).refusal(t, http.StatusConflict, "dates_taken")
		b.post(t, reservations, asked(map[string]any{"guests": 5}), key...).refusal(t, http.StatusUnprocessableEntity, "too_many_guests", "guests")
		b.post(t, other.path("/cancel"), "", other.asGuest(t)...).reservation(t, http.StatusOK)
		answer := b.post(t, reservations, asked(nil), key...)
		if answer.reservation(t, http.StatusCreated); answer.header.Get(replayed) != "" {
			t.Error("claims to be a repetition")
		}
	})

	t.Run("while the first is being answered the second is told to come back", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		tx, err := b.db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(t.Context())
		if _, err := tx.Exec(t.Context(), `select claim_idempotency_key($1)`, key[1]); err != nil {
			t.Fatal(err)
		}
		b.post(t, reservations, asked(nil), key...).refusal(t, http.StatusConflict, "idempotency_in_progress")
		b.held(t, nights("2026-12-10", "2026-12-11"), "Idempotency-Key", "another")
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.post(t, reservations, asked(nil), key...).reservation(t, http.StatusCreated)
	})

	t.Run("keys are at most 64 printable characters of ASCII", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.held(t, nil, "Idempotency-Key", strings.Repeat("k", 64))
		for _, bad := range []string{strings.Repeat("k", 65), strings.Repeat("k", 4000), "clé", "a\tb", "\xff\xfe"} {
			b.post(t, reservations, asked(nil), "Idempotency-Key", bad).refusal(t, http.StatusUnprocessableEntity, "invalid", "Idempotency-Key")
		}
	})

	t.Run("without a key, or with an empty one, every request is its own", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.held(t, nil, "Idempotency-Key", "")
		b.post(t, reservations, asked(nil), "Idempotency-Key", "").refusal(t, http.StatusConflict, "dates_taken")
		if n := one[int](t, b, `select count(*)::int from idempotency_keys`); n != 0 {
			t.Errorf("%d keys are kept", n)
		}
	})
}

func TestIdempotencyUnderRush(t *testing.T) {
	t.Parallel()

	// rush sends bodies at once, all with one key.
	rush := func(t *testing.T, b *bundle, bodies []string) []answer {
		t.Helper()
		answers := make([]answer, len(bodies))
		var clients sync.WaitGroup
		for i, body := range bodies {
			clients.Go(func() { answers[i] = b.post(t, reservations, body, "Idempotency-Key", "rush") })
		}
		clients.Wait()
		return answers
	}

	t.Run("fifty at once make one reservation, and every answer is it or a request for patience", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		bodies := make([]string, 50)
		for i := range bodies {
			bodies[i] = asked(nil)
		}
		var first []byte
		made := 0
		for _, a := range rush(t, b, bodies) {
			if a.status != http.StatusCreated {
				a.refusal(t, http.StatusConflict, "idempotency_in_progress")
				continue
			}
			if a.header.Get(replayed) == "" {
				made++
			}
			if first == nil {
				first = a.body
			}
			if !bytes.Equal(a.body, first) {
				t.Errorf("two answers:\n%s\n%s", first, a.body)
			}
		}
		rows := one[int](t, b, `select count(*)::int from reservations`)
		if made != 1 || rows != 1 {
			t.Errorf("%d first answers, %d reservations", made, rows)
		}
		if a := b.post(t, reservations, asked(nil), "Idempotency-Key", "rush"); !bytes.Equal(a.body, first) {
			t.Errorf("later: %s", a.body)
		}
	})

	t.Run("different requests with one key at once make one reservation, and the others are mismatches or early", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var bodies []string
		for day := range 20 {
			bodies = append(bodies, asked(nights(fmt.Sprintf("2027-01-%02d", day+1), fmt.Sprintf("2027-01-%02d", day+2))))
		}
		made := 0
		for _, a := range rush(t, b, bodies) {
			switch a.status {
			case http.StatusCreated:
				made++
			case http.StatusConflict:
				a.refusal(t, http.StatusConflict, "idempotency_in_progress")
			default:
				a.refusal(t, http.StatusUnprocessableEntity, "idempotency_mismatch", "Idempotency-Key")
			}
		}
		if n := one[int](t, b, `select count(*)::int from reservations`); made != 1 || n != 1 {
			t.Errorf("%d answers, %d reservations", made, n)
		}
	})
}
