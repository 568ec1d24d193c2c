package reserve_test

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/booking"
)

// stored is a reservation's row as an operator reads it.
type stored struct {
	Code, Status, PaymentStatus, Channel      string
	AccommodationID                           int64
	CheckIn, CheckOut                         string
	Guests                                    int
	ContactName, ContactPhone, ContactEmail   string
	SpecialRequests, CancelReason             string
	Currency, TotalPrice, DepositAmount, Paid string
	ExpiresAt                                 time.Time
}

func (b *bundle) row(t testing.TB, code string) stored {
	t.Helper()
	rows, err := b.db.Query(t.Context(), `
		select code, status, payment_status, channel, accommodation_id, check_in::text, check_out::text, guests,
			contact_name, contact_phone, contact_email, special_requests, cancel_reason,
			currency, total_price::text, deposit_amount::text, paid_amount::text paid, expires_at
		from reservations where code = $1`, code)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[stored])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// events lists what is written in the audit trail of a reservation: who did what, and how many minutes after noon.
func (b *bundle) events(t testing.TB, code string) []string {
	t.Helper()
	rows, err := b.db.Query(t.Context(), `
		select actor || ' ' || event || ' ' || extract(epoch from at - $2)::int / 60
		from reservation_events e join reservations r on r.id = e.reservation_id where r.code = $1 order by e.id`, code, noon)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestHold(t *testing.T) {
	t.Parallel()

	t.Run("a weekend costs its nights and no more, to the last field", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		got := b.held(t, nil)
		if code, ok := booking.NormalizeCode(got.Code); !ok || code != got.Code {
			t.Errorf("code %q", got.Code)
		}
		token := b.access.GuestToken(got.Code)
		want := shown{
			Code: got.Code, Status: "pre_reserved", PaymentStatus: "pending",
			AccommodationID: 1, AccommodationName: "Cabaña del Bosque",
			CheckIn: "2026-12-04", CheckOut: "2026-12-07", Nights: 3, Guests: 2, Currency: "ARS",
			Lines: []line{
				{"nights", "2 weekend nights", 2, "12000.00", "24000.00"},
				{"nights", "1 night", 1, "10000.00", "10000.00"},
			},
			TotalPrice: "34000.00", DepositAmount: "10200.00", PaidAmount: "0.00",
			CreatedAt: "2026-12-01T12:00:00Z", ExpiresAt: "2026-12-01T12:30:00Z",
			PaymentURL: b.server.URL + "/pay/" + got.Code + "?t=" + token,
			ManageURL:  b.server.URL + "/r/" + got.Code + "?t=" + token,
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})

	t.Run("what was asked is what is stored", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		got := b.held(t, map[string]any{
			"contact_name": "  Ana Pérez ", "contact_phone": "+54 9 11 5544-3322", "contact_email": "ana@example.com",
			"channel": "phone", "special_requests": "\nUna cuna.\nGracias. ",
		})
		want := stored{
			Code: got.Code, Status: "pre_reserved", PaymentStatus: "pending", Channel: "phone", AccommodationID: 1,
			CheckIn: "2026-12-04", CheckOut: "2026-12-07", Guests: 2,
			ContactName: "Ana Pérez", ContactPhone: "+5491155443322", ContactEmail: "ana@example.com",
			SpecialRequests: "Una cuna.\nGracias.",
			Currency:        "ARS", TotalPrice: "34000.00", DepositAmount: "10200.00", Paid: "0.00", ExpiresAt: noon.Add(30 * time.Minute),
		}
		row := b.row(t, got.Code)
		row.ExpiresAt = row.ExpiresAt.UTC()
		if row != want {
			t.Errorf("got  %+v\nwant %+v", row, want)
		}
		if events := b.events(t, got.Code); !slices.Equal(events, []string{"guest held 0"}) {
			t.Errorf("events %q", events)
		}
	})

	t.Run("the request that clients were promised works, on both routes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for path, dates := range map[string][2]any{
			reservations:                  {"2026-12-10", "2026-12-12"},
			reservations + "/pre-reserve": {"2026-12-12", "2026-12-14"},
		} {
			body := fmt.Sprintf(`{"accommodation_id":1,"check_in":"%s","check_out":"%s","guests":2,"contact_name":"Test User","contact_phone":"+5491155443322","channel":"web"}`, dates[:]...)
			got := b.post(t, path, body).reservation(t, http.StatusCreated)
			if row := b.row(t, got.Code); row.ContactName != "Test User" || row.Channel != "web" || row.CheckIn != dates[0] {
				t.Errorf("%s: %+v", path, row)
			}
		}
	})

	t.Run("a stay is priced by season, extra guests and cleaning", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `update accommodations set included_guests = 2, extra_guest_price = 1500.50, cleaning_fee = 3000, deposit_percent = 50, currency = 'USD'`)
		b.sql(t, `insert into rates (accommodation_id, name, start_date, end_date, price) values (1, 'Summer', '2026-12-06', '2027-03-01', 20000)`)
		got := b.held(t, map[string]any{"guests": 3})
		want := []line{
			{"nights", "2 weekend nights", 2, "12000.00", "24000.00"},
			{"nights", "1 night, Summer", 1, "20000.00", "20000.00"},
			{"extra_guests", "1 extra guest, 3 nights", 3, "1500.50", "4501.50"},
			{"cleaning", "Cleaning", 1, "3000.00", "3000.00"},
		}
		if !slices.Equal(got.Lines, want) || got.TotalPrice != "51501.50" || got.DepositAmount != "25750.75" || got.Currency != "USD" {
			t.Errorf("%+v", got)
		}
	})

	t.Run("the price stays what the guest accepted, whatever the cabin costs later", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first := b.post(t, reservations, asked(nil))
		held := first.reservation(t, http.StatusCreated)
		b.sql(t, `update accommodations set base_price = 99999, currency = 'USD', deposit_percent = 100, cleaning_fee = 1`)
		later := b.get(t, held.link(t))
		if string(later.body) != string(first.body) {
			t.Errorf("was   %s\nis now %s", first.body, later.body)
		}
		if dearer := b.held(t, nights("2026-12-08", "2026-12-09")); dearer.TotalPrice != "100000.00" || dearer.Currency != "USD" {
			t.Errorf("the next guest pays %s %s", dearer.TotalPrice, dearer.Currency)
		}
	})

	t.Run("the token of manage_url opens the reservation", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.clock.move(1_234_567 * time.Nanosecond) // which neither JSON nor Postgres shows
		held := b.held(t, nil)
		if seen := b.get(t, held.link(t)).reservation(t, http.StatusOK); !reflect.DeepEqual(seen, held) || held.CreatedAt != "2026-12-01T12:00:00.001Z" {
			t.Errorf("held %+v\nseen %+v", held, seen)
		}
	})
}

func TestHoldsKeepOthersOut(t *testing.T) {
	t.Parallel()

	t.Run("nights are sold once, back to back, and cabin by cabin", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `insert into accommodations (name, type, capacity, base_price) values ('Other', 'cabin', 2, 1)`)
		b.held(t, nil)
		for _, overlap := range []map[string]any{
			nights("2026-12-04", "2026-12-07"), nights("2026-12-05", "2026-12-06"), nights("2026-12-03", "2026-12-05"),
			nights("2026-12-06", "2026-12-08"), nights("2026-12-01", "2026-12-20"),
		} {
			b.post(t, reservations, asked(overlap)).refusal(t, http.StatusConflict, "dates_taken")
		}
		b.held(t, nights("2026-12-07", "2026-12-08"))
		b.held(t, nights("2026-12-03", "2026-12-04"))
		b.held(t, map[string]any{"accommodation_id": 2})
	})

	t.Run("an overdue hold is free the instant it is overdue, with no task run", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		first := b.held(t, nil)
		b.clock.move(30*time.Minute - time.Millisecond)
		b.post(t, reservations, asked(nil)).refusal(t, http.StatusConflict, "dates_taken")
		b.clock.move(time.Millisecond)
		second := b.held(t, nights("2026-12-06", "2026-12-09"))
		if seen := b.get(t, first.link(t)).reservation(t, http.StatusOK); seen.Status != "expired" || seen.PaymentURL != "" || seen.ExpiresAt != "" {
			t.Errorf("%+v", seen)
		}
		if events := b.events(t, first.Code); !slices.Equal(events, []string{"guest held 0", "system expired 30"}) {
			t.Errorf("events %q", events)
		}
		if row := b.row(t, first.Code); row.Status != "expired" {
			t.Errorf("%+v", row)
		}
		if row := b.row(t, second.Code); row.Status != "pre_reserved" {
			t.Errorf("%+v", row)
		}
	})

	t.Run("an overdue hold that nobody wanted shows as expired all the same", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		b.clock.move(30*time.Minute + time.Second)
		if seen := b.get(t, held.link(t)).reservation(t, http.StatusOK); seen.Status != "expired" {
			t.Errorf("%+v", seen)
		}
		if row := b.row(t, held.Code); row.Status != "pre_reserved" {
			t.Errorf("looking wrote something: %+v", row)
		}
	})

	t.Run("of forty guests at once one gets the nights, and the others are told", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var mu sync.Mutex
		var held []string
		var guests sync.WaitGroup
		for i := range 40 {
			guests.Go(func() {
				from := time.Date(2026, 12, 4+i%3, 0, 0, 0, 0, time.UTC)
				stay := nights(from.Format(time.DateOnly), from.AddDate(0, 0, 3).Format(time.DateOnly))
				answer := b.post(t, reservations, asked(stay))
				if answer.status == http.StatusCreated {
					mu.Lock()
					defer mu.Unlock()
					held = append(held, answer.reservation(t, http.StatusCreated).Code)
					return
				}
				answer.refusal(t, http.StatusConflict, "dates_taken")
			})
		}
		guests.Wait()
		if n := one[int](t, b, `select count(*)::int from reservations`); len(held) != 1 || n != 1 {
			t.Errorf("%d were told that they hold it, %d rows", len(held), n)
		}
	})
}

func TestWordsOfGuestsAreKept(t *testing.T) {
	t.Parallel()

	t.Run("any text is only a text", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for i, text := range []string{
			`Robert'); drop table reservations; --`, `<script>alert("hi")</script>`, `" onmouseover=x`, `{{7*7}} ${7*7} %s %n`,
			`=HYPERLINK("http://example.com")`, `\u0000 \x00 \\`, "👩‍👩‍👧 Ñandú Ünïcödé", "محمد علي", "שלום", strings.Repeat("ñ", 100), "null", "O'Brien & Söhne",
		} {
			day := noon.AddDate(0, 0, 10+i)
			change := nights(day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly))
			change["contact_name"], change["special_requests"] = text, text
			held := b.held(t, change)
			if row := b.row(t, held.Code); row.ContactName != text || row.SpecialRequests != text {
				t.Errorf("%q was stored as %q and %q", text, row.ContactName, row.SpecialRequests)
			}
			seen := b.get(t, held.path(""), b.asOwner(t)...).reservation(t, http.StatusOK)
			if seen.Contact == nil || seen.Contact.Name != text || seen.Contact.SpecialRequests != text {
				t.Errorf("%q is shown as %+v", text, seen.Contact)
			}
		}
	})

	t.Run("a phone number is stored as the world dials it", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		day := noon
		for typed, want := range map[string]string{
			"011 15-5544-3322":     "+5491155443322",
			"(011) 15 5544 3322":   "+5491155443322",
			"+54 9 11 5544-3322":   "+5491155443322",
			"5491155443322":        "+5491155443322",
			"11 5544 3322":         "+541155443322",
			"0341 15 612-3456":     "+5493416123456",
			"02901 42-1234":        "+542901421234",
			"+55 11 98765-4321":    "+5511987654321",
			"+598 99 123 456":      "+59899123456",
			"+1 (202) 555-0123":    "+12025550123",
			"+44 20 7946 0958":     "+442079460958",
			"0034 612 345 678":     "+34612345678",
			"１１５５４４３３２２":           "+541155443322",
			"+54911 5544 3322 x 5": "+5491155443322",
		} {
			day = day.AddDate(0, 0, 1)
			change := nights(day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly))
			change["contact_phone"] = typed
			held := b.held(t, change)
			if got := b.row(t, held.Code).ContactPhone; got != want {
				t.Errorf("%s was stored as %s, want %s", typed, got, want)
			}
		}
	})

	t.Run("where a guest came from is one of the channels, and the web if not said", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		day := noon
		for _, channel := range append(booking.Channels(), "") {
			day = day.AddDate(0, 0, 1)
			change := nights(day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly))
			if change["channel"] = channel; channel == "" {
				change["channel"], channel = nil, "web"
			}
			if got := b.row(t, b.held(t, change).Code).Channel; got != channel {
				t.Errorf("stored as %q, want %q", got, channel)
			}
		}
	})

	t.Run("a slash at the end of the base URL is not doubled in links", func(t *testing.T) {
		t.Parallel()
		b := setup(t) // whose base URL has one
		link, err := url.Parse(b.held(t, nil).PaymentURL)
		if err != nil || strings.Contains(link.Path, "//") {
			t.Error(link, err)
		}
	})
}
