package reserve_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/booking"
)

// zaphod is a guest whose every word is found again wherever it turns up.
var zaphod = map[string]any{
	"contact_name": "Zaphod Beeblebrox", "contact_phone": "011 15-4242-4242", "contact_email": "zaphod@betelgeuse.example",
	"special_requests": "a pan galactic gargle blaster",
}

// silent checks that the log has lines, one a request, and that nothing of a guest is in them.
func (b *bundle) silent(t testing.TB, requests int, secrets ...string) {
	t.Helper()
	text := b.log.String()
	if lines := strings.Count(text, `"status":`); lines != requests {
		t.Errorf("%d requests left %d lines:\n%s", requests, lines, text)
	}
	// His number is looked for by its digits, which no request id or time has in a row of eight.
	secrets = append(secrets, "zaphod", "beeblebrox", "betelgeuse", "4242-4242", "42424242", "gargle", "vogon")
	for _, secret := range secrets {
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			t.Errorf("%q is in the log:\n%s", secret, text)
		}
	}
}

func TestLogHasNothingOfGuests(t *testing.T) {
	t.Parallel()

	t.Run("whatever is asked and answered", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		requests := 0
		send := func(method, path, body string, headers ...string) answer {
			t.Helper()
			requests++
			return b.do(t, method, path, body, headers...)
		}
		const post, get = http.MethodPost, http.MethodGet
		key := []string{"Idempotency-Key", "zaphods-key"}
		held := send(post, reservations, asked(zaphod), key...).reservation(t, http.StatusCreated)
		send(post, reservations, asked(zaphod), key...).reservation(t, http.StatusCreated)
		send(post, reservations, asked(map[string]any{"contact_name": "Zaphod"}), key...).refusal(t, 422, "idempotency_mismatch", "Idempotency-Key")
		send(post, reservations, asked(zaphod)).refusal(t, 409, "dates_taken")
		for field, value := range map[string]any{
			"contact_name": "Zaphod\x00", "contact_phone": "42424242 zaphod", "contact_email": "zaphod@betelgeuse", "channel": "vogon",
			"special_requests": "gargle\a", "guests": "zaphod", "check_in": "zaphod", "zaphod": "beeblebrox", "accommodation_id": 4242424242424242,
		} {
			if a := send(post, reservations, asked(map[string]any{field: value})); a.status < 400 || a.status > 499 {
				t.Errorf("%s: %d", field, a.status)
			}
		}
		send(post, reservations, `{"contact_name":"Zaphod Beeblebrox`).refusal(t, 400, "malformed")
		send(post, reservations, `Zaphod`).refusal(t, 400, "malformed")
		send(get, cabinsPath+"/zaphod", "").refusal(t, 404, "not_found")
		send(get, cabinsPath+"/zaphod/quote?check_in=2026-12-04&check_out=zaphod&guests=2", "").refusal(t, 422, "invalid", "check_out")
		send(get, "/api/v1/zaphod?q=beeblebrox", "").refusal(t, 404, "not_found")
		send("ZAPHOD", cabinsPath, "").refusal(t, 405, "method_not_allowed")
		send(get, held.link(t), "").reservation(t, 200)
		send(get, held.path(""), "", b.asOwner(t)...).reservation(t, 200)
		send(get, held.path("?t=zaphod"), "").refusal(t, 403, "denied")
		send(get, reservations+"/zaphod-beeblebrox", "", b.asOwner(t)...).refusal(t, 404, "not_found")
		send(get, held.path(""), "", "Authorization", "Bearer zaphod").refusal(t, 401, "unauthenticated")
		send(post, held.path("/cancel"), `{"reason":"vogon poetry"}`, held.asGuest(t)...).reservation(t, 200)
		b.silent(t, requests, held.asGuest(t)[1], strings.TrimPrefix(b.asOwner(t)[1], "Bearer "), "zaphods-key", "?", "&", "t=", "check_in=")
		if !strings.Contains(b.log.String(), `"reservation":"`+held.Code+`"`) {
			t.Error("the log does not say which reservation it was")
		}
	})

	t.Run("when the database refuses a row, whose words it quotes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `alter table reservations add constraint no_presidents check (contact_name not like 'Zaphod%')`)
		b.post(t, reservations, asked(zaphod)).refusal(t, http.StatusInternalServerError, "internal")
		b.silent(t, 1)
		if !strings.Contains(b.log.String(), "no_presidents") {
			t.Errorf("the log does not say why:\n%s", b.log)
		}
	})

	t.Run("when the function panics", func(t *testing.T) {
		t.Parallel()
		b := serve(t, &fake{offer: func(int64, string) (booking.Offer, error) { panic("Zaphod Beeblebrox, 42424242") }})
		b.post(t, reservations, asked(zaphod)).refusal(t, http.StatusInternalServerError, "internal")
		b.silent(t, 1)
	})
}

func TestOneLinePerRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.post(t, reservations, asked(zaphod))
	held := a.reservation(t, http.StatusCreated)
	var line map[string]any
	if err := json.Unmarshal([]byte(b.log.String()), &line); err != nil {
		t.Fatal(err, b.log)
	}
	for name, want := range map[string]any{
		"function": "reserve", "route": "POST /api/v1/reservations", "status": 201.0, "request_id": a.header.Get("X-Request-Id"), "reservation": held.Code,
	} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	if _, ok := line["ms"].(float64); !ok {
		t.Errorf("%v", line)
	}
}

// outcomes reads reservations_total, as channel/outcome.
func (b *bundle) outcomes(t testing.TB) map[string]int {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]int)
	for _, family := range families {
		if family.GetName() != "reservations_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			labels := make(map[string]string)
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if len(labels) != 2 {
				t.Errorf("labels %v", labels)
			}
			found[labels["channel"]+"/"+labels["outcome"]] = int(m.GetCounter().GetValue())
		}
	}
	return found
}

func TestReservationsAreCounted(t *testing.T) {
	t.Parallel()

	t.Run("by channel and by what became of them", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		// then expects one counter to have moved by one, and no other.
		seen := b.outcomes(t)
		then := func(what string) {
			t.Helper()
			now := b.outcomes(t)
			if seen[what]++; len(now) != len(seen) || now[what] != seen[what] {
				t.Errorf("%s: %v, want %v", what, now, seen)
			}
			seen = now
		}
		phone := map[string]any{"channel": "phone"}
		held := b.held(t, phone, "Idempotency-Key", "k")
		then("phone/held")
		b.held(t, phone, "Idempotency-Key", "k")
		then("phone/replayed")
		b.post(t, reservations, asked(nil)).refusal(t, http.StatusConflict, "dates_taken")
		then("web/taken")
		b.post(t, reservations, asked(map[string]any{"guests": 5})).refusal(t, 422, "too_many_guests", "guests")
		then("web/refused")
		b.post(t, reservations, asked(map[string]any{"contact_phone": "5544-3322"})).refusal(t, 422, "invalid", "contact_phone")
		then("web/refused")
		b.post(t, held.path("/extend"), "", held.asGuest(t)...).reservation(t, http.StatusOK)
		then("phone/extended")
		b.post(t, held.path("/confirm"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
		then("phone/confirmed")
		b.post(t, held.path("/cancel"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
		then("phone/cancelled")
	})

	t.Run("under no channel that is not on the list", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, channel := range []string{"carrier-pigeon", "+5491155443322", "WEB", "web "} {
			b.post(t, reservations, asked(map[string]any{"channel": channel})).refusal(t, 422, "invalid", "channel")
		}
		// What an operator enters is not checked by anybody.
		held := b.held(t, nil)
		b.sql(t, `update reservations set channel = 'Zaphod'`)
		b.post(t, held.path("/cancel"), "", held.asGuest(t)...).reservation(t, http.StatusOK)
		want := []string{"other/cancelled", "web/held"}
		var got []string
		for what := range b.outcomes(t) {
			got = append(got, what)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}
