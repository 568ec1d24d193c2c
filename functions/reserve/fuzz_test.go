package reserve_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// keeper is a Bookings of one cabin that takes everything, if only the database could take it.
func keeper(complain func(string, ...any)) *fake {
	cabin := &booking.Accommodation{
		ID: 1, Name: "Cabin", Capacity: 100, Currency: "ARS", BasePrice: 1000000, WeekendMultiplier: 120, DepositPercent: 30, MinNights: 1, Zone: time.UTC,
	}
	phone := regexp.MustCompile(`^\+[1-9][0-9]{4,16}$`)
	key := regexp.MustCompile(`^[ -~]{1,64}$`)
	return &fake{
		offer: func(id int64, _ string) (booking.Offer, error) {
			if id != cabin.ID {
				return booking.Offer{}, fault.ErrNotFound
			}
			return booking.Offer{Cabin: cabin, Free: true}, nil
		},
		hold: func(r *booking.Reservation, kept booking.Answer) error {
			c := r.Contact
			for _, text := range []string{c.Name, c.Email, r.SpecialRequests} {
				if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\x1b\u202e") {
					complain("no text to keep: %q", text)
				}
			}
			name, requests := utf8.RuneCountInString(c.Name), utf8.RuneCountInString(r.SpecialRequests)
			if name < 1 || name > 100 || requests > 2000 || len(c.Email) > 254 || strings.TrimSpace(c.Name) != c.Name {
				complain("too long or too short: %+v", r)
			}
			if !phone.MatchString(c.Phone) || !booking.ValidChannel(r.Channel) || kept.Key != "" && !key.MatchString(kept.Key) {
				complain("not of its form: %q %q %q", c.Phone, r.Channel, kept.Key)
			}
			if !r.Stay.Nights.Valid() || r.Stay.Guests < 1 || r.Stay.Guests > 100 || r.Total < r.Deposit || r.Deposit < 0 {
				complain("no stay: %+v", r)
			}
			return nil
		},
	}
}

// FuzzReserve sends whatever there is: never an error of ours, never a panic, and nothing kept that could not be.
func FuzzReserve(f *testing.F) {
	good := asked(zaphod)
	f.Add([]byte(good), "key")
	for _, list := range [][]badRequest{unreadable(), impossibleStays(), impossibleGuests()} {
		for _, bad := range list {
			if len(bad.body) < 20000 {
				f.Add([]byte(bad.body), "")
			}
		}
	}
	f.Add([]byte(strings.Replace(good, "Zaphod", "\xf0\x9f\x8f", 1)), "\xff")
	f.Add([]byte(good), strings.Repeat("k", 65))
	// What the fake has to say belongs to the input at hand, which runs alone.
	complain := f.Fatalf
	b := serve(f, keeper(func(format string, args ...any) { complain(format, args...) }))
	f.Fuzz(func(t *testing.T, body []byte, key string) {
		complain = t.Fatalf
		b.answersInKind(t, body, key)
	})
}

// answersInKind posts a body and expects a reservation or a refusal with a reason.
func (b *bundle) answersInKind(t testing.TB, body []byte, key string) {
	t.Helper()
	a := b.direct(http.MethodPost, reservations, bytes.NewReader(body), "Content-Type", "application/json", "Idempotency-Key", key)
	switch {
	case a.status == http.StatusCreated:
		decode[shown](t, a, http.StatusCreated)
	case a.status >= 400 && a.status < 500:
		var p problem
		if err := json.Unmarshal(a.body, &p); err != nil || p.Status != a.status || p.Code == "" {
			t.Errorf("%d %s", a.status, a.body)
		}
	default:
		t.Errorf("%q: %d %s", body, a.status, a.body)
	}
	if len(a.body) > 16<<10 || !utf8.Valid(a.body) {
		t.Errorf("%q: an answer of %d bytes", body, len(a.body))
	}
}

// TestAnyRequest does the same with requests that are nearly right, which bytes by chance never are.
func TestAnyRequest(t *testing.T) {
	t.Parallel()
	b := serve(t, keeper(t.Errorf))
	date := rapid.OneOf(
		rapid.StringMatching(`2026-12-[0-3][0-9]|2027-0[1-3]-[0-2][0-9]`), rapid.StringMatching(`[0-9]{4}-[01][0-9]-[0-3][0-9]`), rapid.String(),
	)
	text := rapid.OneOf(rapid.StringMatching(`[A-Za-z ñ]{1,40}`), rapid.String(), rapid.StringN(80, 120, -1))
	fields := map[string]*rapid.Generator[any]{
		"accommodation_id": rapid.OneOf(rapid.Just[any](1), rapid.Just[any](1), rapid.Int64().AsAny()),
		"check_in":         date.AsAny(), "check_out": date.AsAny(),
		"guests":           rapid.OneOf(rapid.IntRange(1, 4).AsAny(), rapid.Int().AsAny(), rapid.Float64Range(-5, 5).AsAny()),
		"contact_name":     text.AsAny(),
		"contact_phone":    rapid.OneOf(rapid.StringMatching(`\+54911[2-9][0-9]{7}`), rapid.StringMatching(`[+(]?[0-9 ()-]{6,20}`), rapid.String()).AsAny(),
		"contact_email":    rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-z.+"]{1,10}@[a-z.-]{1,12}\.[a-z]{2}`), rapid.String()).AsAny(),
		"channel":          rapid.OneOf(rapid.SampledFrom(booking.Channels()), rapid.String()).AsAny(),
		"special_requests": text.AsAny(),
	}
	names := slices.Sorted(maps.Keys(fields))
	rapid.Check(t, func(r *rapid.T) {
		change := maps.Clone(zaphod)
		for range rapid.IntRange(0, 3).Draw(r, "changes") {
			name := rapid.SampledFrom(names).Draw(r, "field")
			change[name] = fields[name].Draw(r, name)
		}
		body := []byte(asked(change))
		key := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-z0-9-]{1,64}`), rapid.String()).Draw(r, "key")
		b.answersInKind(t, body, key)
		if t.Failed() {
			r.Fatalf("%s", body)
		}
	})
	held := 0
	for what, n := range b.outcomes(t) {
		if strings.HasSuffix(what, "/held") {
			held += n
		}
	}
	if held == 0 {
		t.Error("not one request was good enough to be held: this tests nothing")
	}
}
