package reserve_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
)

// badRequest is something wrong that somebody sends, and what he is told.
type badRequest struct {
	name         string
	method, path string // POST of a reservation, if not said
	body         string
	headers      []string
	status       int
	code         string
	fields       []string
}

// with is a good request but for one field, which is named.
func with(name, field string, value any) badRequest {
	return badRequest{name: name, body: asked(map[string]any{field: value}), status: 422, code: "invalid", fields: []string{field}}
}

// raw is a good request but for one field, whose JSON is given.
func raw(name, field, value string) badRequest {
	bad := with(name, field, "@")
	bad.body = strings.Replace(bad.body, `"@"`, value, 1)
	return bad
}

// breaks is a request for a stay that breaks a rule of the cabin.
func breaks(name string, change map[string]any, code, field string) badRequest {
	return badRequest{name: name, body: asked(change), status: 422, code: code, fields: []string{field}}
}

func unreadable() []badRequest {
	good := asked(nil)
	mandatory := []string{"accommodation_id", "check_in", "check_out", "guests", "contact_name", "contact_phone"}
	return []badRequest{
		{name: "JSON that ends too early", body: good[:len(good)-1], status: 400, code: "malformed"},
		{name: "no JSON at all", body: `accommodation_id=1&guests=2`, status: 400, code: "malformed"},
		{name: "bytes that are no text", body: "\xff\xfe\x00{", status: 400, code: "malformed"},
		{name: "two objects", body: good + good, status: 400, code: "malformed"},
		{name: "an object and then something", body: good + "x", status: 400, code: "malformed"},
		{name: "a body that nests deeper than anybody can read", body: `{"guests":` + strings.Repeat("[", 12000), status: 400, code: "malformed"},
		{name: "a list", body: `[` + good + `]`, status: 422, code: "invalid", fields: []string{"body"}},
		{name: "a text", body: `"hold me"`, status: 422, code: "invalid", fields: []string{"body"}},
		{name: "null", body: `null`, status: 422, code: "invalid", fields: []string{"body"}},
		{name: "no body", body: "", status: 422, code: "invalid", fields: mandatory},
		{name: "an empty object", body: `{}`, status: 422, code: "invalid", fields: mandatory},
		{name: "a megabyte", body: asked(map[string]any{"special_requests": strings.Repeat("a", 1<<20)}), status: 413, code: "too_large"},
		{name: "a megabyte that is no JSON", body: strings.Repeat("x", 1<<20), status: 413, code: "too_large"},
		{name: "a form", body: good, headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, code: "unsupported_media_type"},
		{name: "plain text", body: good, headers: []string{"Content-Type", "text/plain"}, status: 415, code: "unsupported_media_type"},
		{name: "a content type that is none", body: good, headers: []string{"Content-Type", ";;;"}, status: 415, code: "unsupported_media_type"},
		with("an unknown field", "price", 1),
		with("a field of the answer", "status", "confirmed"),
		with("a header's name as a field", "Idempotency-Key", "k"),
		raw("a number where a text belongs", "contact_name", "5"),
		raw("a list where a number belongs", "guests", "[2]"),
		raw("a text where a number belongs", "accommodation_id", `"1"`),
		raw("a fraction of a guest", "guests", "2.5"),
		raw("true where a date belongs", "check_in", "true"),
		raw("null where a text belongs", "contact_phone", "null"),
	}
}

func impossibleStays() []badRequest {
	return []badRequest{
		with("the 30th of February", "check_in", "2027-02-30"),
		with("the 29th of February of a common year", "check_out", "2027-02-29"),
		with("a date as Argentines write it", "check_in", "04/12/2026"),
		with("a date with a time", "check_in", "2026-12-04T00:00:00Z"),
		with("an empty date", "check_out", ""),
		with("no date", "check_in", nil),
		with("a year that the calendar does not know", "check_out", "10000-01-01"),
		with("the year 0", "check_in", "0000-12-04"),
		with("leaving on the day of arrival", "check_out", "2026-12-04"),
		with("leaving before arriving", "check_out", "2026-12-01"),
		breaks("arriving yesterday", nights("2026-11-30", "2026-12-07"), "past_date", "check_in"),
		breaks("arriving in 1900", nights("1900-01-01", "1900-01-03"), "past_date", "check_in"),
		breaks("ten years", nights("2026-12-04", "2036-12-04"), "too_far", "check_out"),
		breaks("the end of the calendar", nights("9999-12-30", "9999-12-31"), "too_far", "check_out"),
		breaks("more nights than the cabin takes", nights("2026-12-04", "2027-02-03"), "max_nights", "check_out"),
		breaks("fewer nights than the season takes", nights("2027-01-10", "2027-01-12"), "min_nights", "check_out"),
		with("nobody", "guests", 0),
		with("less than nobody", "guests", -1),
		breaks("99 guests", map[string]any{"guests": 99}, "too_many_guests", "guests"),
		breaks("one guest too many", map[string]any{"guests": 5}, "too_many_guests", "guests"),
		with("101 guests", "guests", 101),
		raw("more guests than a number holds", "guests", "99999999999999999999"),
		{name: "an unknown cabin", body: asked(map[string]any{"accommodation_id": 999}), status: 404, code: "not_found"},
		{name: "a closed cabin", body: asked(map[string]any{"accommodation_id": 2}), status: 404, code: "not_found"},
		{name: "the largest id", body: asked(map[string]any{"accommodation_id": int64(1<<63 - 1)}), status: 404, code: "not_found"},
		with("cabin 0", "accommodation_id", 0),
		with("cabin -1", "accommodation_id", -1),
		raw("an id that overflows", "accommodation_id", "9223372036854775808"),
		raw("an id that overflows by far", "accommodation_id", "1e400"),
	}
}

func impossibleGuests() []badRequest {
	list := []badRequest{
		with("a name of 10,000 characters", "contact_name", strings.Repeat("a", 10000)),
		with("a name of 101 characters", "contact_name", strings.Repeat("ñ", 101)),
		with("no name", "contact_name", ""),
		with("a name of spaces", "contact_name", " \u00a0 "),
		with("a name of two lines", "contact_name", "Ana\nPérez"),
		with("a name with NUL", "contact_name", "Ana\x00"),
		with("a name with an escape sequence", "contact_name", "\x1b[31mAna"),
		with("a name that turns the text around", "contact_name", "Ana \u202egnp.exe"),
		raw("half an emoji", "contact_name", `"\ud83d"`),
		with("requests of 2,001 characters", "special_requests", strings.Repeat("x", 2001)),
		with("requests with a bell", "special_requests", "ring\a"),
		with("a phone number of 41 characters", "contact_phone", strings.Repeat("1", 41)),
		with("no phone number", "contact_phone", ""),
		with("an unknown channel", "channel", "carrier-pigeon"),
		with("a channel in capitals", "channel", "WEB"),
		with("a channel with a space", "channel", "web whatsapp"),
		with("an e-mail address of 255 characters", "contact_email", strings.Repeat("a", 60)+"@"+strings.Repeat("b.", 96)+"de"),
	}
	for _, phone := range []string{
		"call me", "123", "0", "+", "+999 1234567", "000000000000", "1155443322; drop table reservations", "<b>1155443322</b>",
		"+54 9 11 5544 3322 / 3323", "+549115544332211111", "5544-3322", "15 5544-3322", "+5491155443322\r\nX: y", "📞📞📞📞📞📞📞",
	} {
		list = append(list, with("phone number "+phone, "contact_phone", phone))
	}
	for _, email := range []string{
		"ana", "ana@", "@example.com", "ana@example", "ana@ex ample.com", "ana@example.com, eva@example.com", "ana@example.com\r\nBcc: eva@example.com",
		"Ana <ana@example.com>", "ana\x00@example.com", "\u202eana@example.com", "ana\u2028@example.com", "ana..p@example.com",
	} {
		list = append(list, with("e-mail address "+email, "contact_email", email))
	}
	return list
}

func badReads() []badRequest {
	const cabin = "/api/v1/accommodations/"
	stay := func(change ...string) string {
		q := url.Values{"check_in": {"2026-12-04"}, "check_out": {"2026-12-07"}, "guests": {"2"}}
		for i := 0; i < len(change); i += 2 {
			q.Set(change[i], change[i+1])
		}
		return "?" + q.Encode()
	}
	get := func(name, path string, status int, code string, fields ...string) badRequest {
		return badRequest{name: name, method: http.MethodGet, path: path, status: status, code: code, fields: fields}
	}
	list := []badRequest{
		get("nights of the 30th of February", cabin+"1/availability?from=2027-02-30", 422, "invalid", "from"),
		get("nights from and to nonsense", cabin+"1/availability?from=x&to=y", 422, "invalid", "from", "to"),
		get("nights that end before they begin", cabin+"1/availability?from=2026-12-04&to=2026-12-03", 422, "invalid", "to"),
		get("371 nights", cabin+"1/availability?from=2026-12-04&to=2027-12-10", 422, "invalid", "to"),
		get("all nights there are", cabin+"1/availability?from=1900-01-01&to=9999-12-31", 422, "invalid", "to"),
		get("nights after the end of the calendar", cabin+"1/availability?from=9999-12-31", 422, "invalid", "to"),
		get("nights with NUL", cabin+"1/availability?from=%00", 422, "invalid", "from"),
		get("a quote of nothing", cabin+"1/quote", 422, "invalid", "check_in", "check_out", "guests"),
		get("a quote for yesterday", cabin+"1/quote"+stay("check_in", "2026-11-30"), 422, "past_date", "check_in"),
		get("a quote for ten years", cabin+"1/quote"+stay("check_out", "2036-12-07"), 422, "too_far", "check_out"),
		get("a quote for no night", cabin+"1/quote"+stay("check_out", "2026-12-04"), 422, "invalid", "check_out"),
		get("a quote for a crowd", cabin+"1/quote"+stay("guests", "5"), 422, "too_many_guests", "guests"),
		get("a quote for more than a number of guests", cabin+"1/quote"+stay("guests", "99999999999999999999"), 422, "invalid", "guests"),
		get("a search for nothing", "/api/v1/availability", 422, "invalid", "check_in", "check_out", "guests"),
		get("a search for two and a half guests", "/api/v1/availability"+stay("guests", "2.5"), 422, "invalid", "guests"),
		get("a search for no night", "/api/v1/availability"+stay("check_out", "2026-12-04"), 422, "invalid", "check_out"),
		get("a search with a page of 201", "/api/v1/availability"+stay("limit", "201"), 422, "invalid", "limit"),
		get("a search after -1", "/api/v1/availability"+stay("after", "-1"), 422, "invalid", "after"),
		get("a list with a page of minus one", "/api/v1/accommodations?limit=-1", 422, "invalid", "limit"),
		get("a list after an id that overflows", "/api/v1/accommodations?after=99999999999999999999", 422, "invalid", "after"),
		get("a page that is not there", "/api/v1/nothing", 404, "not_found"),
		{name: "a verb that is not taken", method: http.MethodDelete, path: "/api/v1/accommodations/1", status: 405, code: "method_not_allowed"},
	}
	for _, id := range []string{
		"999", "2", "0", "-1", "99999999999999999999", "%25", "_osque", "bosqu%25", "BOSQUE'--", "bosque%00", "%ff%fe", "1%20or%201=1", "..%2f1", strings.Repeat("a", 4000),
	} {
		for _, rest := range []string{"", "/availability", "/quote" + stay()} {
			list = append(list, get("cabin "+id+rest, cabin+id+rest, 404, "not_found"))
		}
	}
	return list
}

// badChanges are those that concern a reservation that exists, and whose guest and owner are known.
func badChanges(held shown, guest, admin []string) []badRequest {
	long, _ := json.Marshal(map[string]string{"reason": strings.Repeat("x", 501)})
	act := func(name, act, body string, headers []string, status int, code string, fields ...string) badRequest {
		return badRequest{name: name, path: held.path(act), body: body, headers: headers, status: status, code: code, fields: fields}
	}
	list := []badRequest{
		act("cancelling with a long reason", "/cancel", string(long), guest, 422, "invalid", "reason"),
		act("cancelling with a control character", "/cancel", `{"reason":"\u0000"}`, guest, 422, "invalid", "reason"),
		act("cancelling with a number", "/cancel", `{"reason":1}`, guest, 422, "invalid", "reason"),
		act("cancelling with an unknown field", "/cancel", `{"refund":"all"}`, guest, 422, "invalid", "refund"),
		act("cancelling with half a body", "/cancel", `{"reason":`, guest, 400, "malformed"),
		act("cancelling with a form", "/cancel", `reason=x`, append([]string{"Content-Type", "application/x-www-form-urlencoded"}, guest...), 415, "unsupported_media_type"),
		act("cancelling with credentials in the body", "/cancel", `{"Authorization":"`+admin[1]+`"}`, nil, 422, "invalid", "Authorization"),
		act("confirming as a guest", "/confirm", "", guest, 401, "unauthenticated"),
		act("an act that there is not", "/refund", "", admin, 404, "not_found"),
	}
	for _, code := range []string{
		"ZZZZZZ", "0", "%25", "______", strings.Repeat("A", 3000), "%00", "%ff", "1;drop%20table%20reservations", "99999999999999999999", "RES270104ABCDEF",
	} {
		for _, to := range []string{"", "/cancel", "/extend", "/confirm"} {
			bad := badRequest{name: "code " + code + to, method: http.MethodPost, path: reservations + "/" + code + to, headers: admin, status: 404, code: "not_found"}
			if to == "" {
				bad.method = http.MethodGet
			}
			list = append(list, bad)
		}
	}
	return list
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sql(t, `insert into accommodations (name, type, capacity, base_price, active) values ('Closed', 'cabin', 4, 10000, false)`)
	b.sql(t, `insert into rates (accommodation_id, name, start_date, end_date, price, min_nights) values (1, 'Summer', '2027-01-01', '2027-03-01', 20000, 3)`)
	held := b.held(t, nights("2026-12-20", "2026-12-22"))
	before := b.contents(t)
	t.Cleanup(func() { // after all of them
		if after := b.contents(t); after != before {
			t.Errorf("something was written:\nbefore %s\nafter  %s", before, after)
		}
	})
	var all []badRequest
	for _, list := range [][]badRequest{unreadable(), impossibleStays(), impossibleGuests(), badReads(), badChanges(held, held.asGuest(t), b.asOwner(t))} {
		all = append(all, list...)
	}
	for _, bad := range all {
		t.Run(bad.name, func(t *testing.T) {
			t.Parallel()
			if bad.path == "" {
				bad.path = reservations
			}
			if bad.method == "" {
				bad.method = http.MethodPost
			}
			b.do(t, bad.method, bad.path, bad.body, bad.headers...).refusal(t, bad.status, bad.code, bad.fields...)
		})
	}
}

// contents is everything that requests may change.
func (b *bundle) contents(t testing.TB) string {
	t.Helper()
	return one[string](t, b, `
		select coalesce((select string_agg(r::text, E'\n' order by id) from reservations r), '')
			|| coalesce((select string_agg(e::text, E'\n' order by id) from reservation_events e), '')
			|| coalesce((select string_agg(k::text, E'\n' order by key) from idempotency_keys k), '')
			|| coalesce((select string_agg(a::text, E'\n' order by id) from accommodations a), '')`)
}

func TestToday(t *testing.T) {
	t.Parallel()

	t.Run("at one in the morning UTC it is still yesterday in Buenos Aires", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.clock.set(time.Date(2026, 12, 4, 1, 0, 0, 0, time.UTC))
		b.held(t, nights("2026-12-03", "2026-12-04"))
		b.post(t, reservations, asked(nights("2026-12-02", "2026-12-03"))).refusal(t, http.StatusUnprocessableEntity, "past_date", "check_in")
		b.clock.set(time.Date(2026, 12, 4, 3, 0, 0, 0, time.UTC))
		b.post(t, reservations, asked(nights("2026-12-03", "2026-12-04"))).refusal(t, http.StatusUnprocessableEntity, "past_date", "check_in")
	})

	t.Run("in Auckland it is tomorrow already", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `update accommodations set timezone = 'Pacific/Auckland'`)
		b.post(t, reservations, asked(nights("2026-12-01", "2026-12-03"))).refusal(t, http.StatusUnprocessableEntity, "past_date", "check_in")
		b.held(t, nights("2026-12-02", "2026-12-03"))
	})

	t.Run("the horizon is 540 days ahead, to the day", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		last := time.Date(2026, 12, 1+booking.Horizon, 0, 0, 0, 0, time.UTC)
		day := func(n int) string { return last.AddDate(0, 0, n).Format(time.DateOnly) }
		b.post(t, reservations, asked(nights(day(-1), day(1)))).refusal(t, http.StatusUnprocessableEntity, "too_far", "check_out")
		b.held(t, nights(day(-1), day(0)))
	})
}

func TestHeaderOf64KB(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range []string{"X-Anything", "Idempotency-Key", "Authorization", "X-Guest-Token"} {
		answer := b.post(t, reservations, asked(nil), name, strings.Repeat("a", 64<<10))
		if answer.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%s: %d %.200s", name, answer.status, answer.body)
		}
	}
	if n := one[int](t, b, `select count(*)::int from reservations`); n != 0 {
		t.Errorf("%d reservations", n)
	}
	if answer := b.get(t, "/api/v1/accommodations/"+strings.Repeat("a", 64<<10)); answer.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a long path: %d", answer.status)
	}
	b.held(t, nil)
}
