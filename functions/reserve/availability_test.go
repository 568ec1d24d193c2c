package reserve_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// calendarShown is a calendar as clients see it.
type calendarShown struct {
	AccommodationID int64        `json:"accommodation_id"`
	Currency        string       `json:"currency"`
	From            string       `json:"from"`
	To              string       `json:"to"`
	Nights          []nightShown `json:"nights"`
}

type nightShown struct {
	Date      string `json:"date"`
	Available bool   `json:"available"`
	Price     string `json:"price"`
	MinNights int    `json:"min_nights"`
}

func (b *bundle) calendar(t testing.TB, query string) calendarShown {
	t.Helper()
	return decode[calendarShown](t, b.get(t, cabinsPath+"/1/availability"+query), http.StatusOK)
}

// free lists the nights that can be had.
func (c calendarShown) free() []string {
	list := []string{}
	for _, n := range c.Nights {
		if n.Available {
			list = append(list, n.Date)
		}
	}
	return list
}

func TestAvailability(t *testing.T) {
	t.Parallel()

	t.Run("each night has its price and the shortest stay that may begin on it", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `update accommodations set min_nights = 2`)
		b.sql(t, `insert into rates (accommodation_id, name, start_date, end_date, price, min_nights) values
			(1, 'Summer', '2026-12-05', '2026-12-07', 20000, 4), (1, 'Week', '2026-12-07', '2026-12-08', 15000, null)`)
		got := b.calendar(t, "?from=2026-12-03&to=2026-12-09")
		want := []nightShown{
			{"2026-12-03", true, "10000.00", 2},
			{"2026-12-04", true, "12000.00", 2},
			{"2026-12-05", true, "24000.00", 4},
			{"2026-12-06", true, "20000.00", 4},
			{"2026-12-07", true, "15000.00", 2},
			{"2026-12-08", true, "10000.00", 2},
		}
		if !slices.Equal(got.Nights, want) || got.AccommodationID != 1 || got.Currency != "ARS" || got.From != "2026-12-03" || got.To != "2026-12-09" {
			t.Errorf("%+v", got)
		}
	})

	t.Run("nights are taken by holds and confirmed stays, until those are given up or overdue", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		const window = "?from=2026-12-03&to=2026-12-09"
		first := b.held(t, nights("2026-12-04", "2026-12-06"))
		second := b.held(t, nights("2026-12-07", "2026-12-08"))
		if got, want := b.calendar(t, window).free(), []string{"2026-12-03", "2026-12-06", "2026-12-08"}; !slices.Equal(got, want) {
			t.Errorf("held: free are %v, want %v", got, want)
		}
		b.post(t, second.path("/confirm"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
		b.clock.move(30 * time.Minute)
		if got, want := b.calendar(t, window).free(), []string{"2026-12-03", "2026-12-04", "2026-12-05", "2026-12-06", "2026-12-08"}; !slices.Equal(got, want) {
			t.Errorf("one overdue, the other confirmed: free are %v, want %v", got, want)
		}
		b.post(t, second.path("/cancel"), "", second.asGuest(t)...).reservation(t, http.StatusOK)
		if got := b.calendar(t, window).free(); len(got) != 6 {
			t.Errorf("cancelled: free are %v", got)
		}
		if row := b.row(t, first.Code); row.Status != "pre_reserved" {
			t.Errorf("looking wrote something: %+v", row)
		}
	})

	t.Run("nights that are over and nights beyond the horizon cannot be had", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		if got, want := b.calendar(t, "?from=2026-11-28&to=2026-12-03").free(), []string{"2026-12-01", "2026-12-02"}; !slices.Equal(got, want) {
			t.Errorf("free are %v, want %v", got, want)
		}
		day := func(n int) string { return time.Date(2026, 12, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) }
		got, want := b.calendar(t, "?from="+day(booking.Horizon-2)+"&to="+day(booking.Horizon+2)).free(), []string{day(booking.Horizon - 2), day(booking.Horizon - 1)}
		if !slices.Equal(got, want) {
			t.Errorf("free are %v, want %v", got, want)
		}
	})

	t.Run("what is not said begins today, where the cabin is, and is 90 nights long", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.clock.set(time.Date(2026, 12, 2, 1, 0, 0, 0, time.UTC)) // the evening of the 1st in Buenos Aires
		for query, want := range map[string][3]any{
			"":                                {"2026-12-01", "2027-03-01", 90},
			"?from=2027-01-01":                {"2027-01-01", "2027-04-01", 90},
			"?to=2026-12-02":                  {"2026-12-01", "2026-12-02", 1},
			"?to=2027-12-06":                  {"2026-12-01", "2027-12-06", 370},
			"?from=2026-12-04&to=2027-12-09":  {"2026-12-04", "2027-12-09", 370},
			"?from=&to=":                      {"2026-12-01", "2027-03-01", 90},
			"?from=9999-12-30&to=9999-12-31":  {"9999-12-30", "9999-12-31", 1},
			"?from=1900-01-01&to=1900-01-02&": {"1900-01-01", "1900-01-02", 1},
		} {
			if got := b.calendar(t, query); got.From != want[0] || got.To != want[1] || len(got.Nights) != want[2] {
				t.Errorf("%q: %s to %s, %d nights, want %v", query, got.From, got.To, len(got.Nights), want)
			}
		}
		if first := b.calendar(t, "").Nights[0]; !first.Available {
			t.Error("tonight cannot be had")
		}
		b.get(t, cabinsPath+"/1/availability?to=2026-12-01").refusal(t, http.StatusUnprocessableEntity, "invalid", "to")
		b.get(t, cabinsPath+"/1/availability?to=2027-12-07").refusal(t, http.StatusUnprocessableEntity, "invalid", "to")
	})

	t.Run("east of Greenwich today may be tomorrow", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `update accommodations set timezone = 'Pacific/Auckland'`) // where it is the 2nd
		b.held(t, nights("2026-12-03", "2026-12-04"))
		got := b.calendar(t, "?to=2027-12-07")
		if got.From != "2026-12-02" || len(got.Nights) != 370 || !got.Nights[0].Available || got.Nights[1].Available {
			t.Errorf("%s, %d nights, %+v", got.From, len(got.Nights), got.Nights[:2])
		}
		if free := b.calendar(t, "?from=2026-12-01&to=2026-12-03").free(); !slices.Equal(free, []string{"2026-12-02"}) {
			t.Errorf("free are %v", free)
		}
	})

	t.Run("the first and the last night that are shown are looked at like all others, wherever the cabin is", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.clock.move(-time.Hour) // so that there are three days at once on Earth
		for zone, days := range map[string][2]string{
			"Etc/GMT+12": {"2026-11-30", "2027-02-27"}, "UTC": {"2026-12-01", "2027-02-28"}, "Pacific/Kiritimati": {"2026-12-02", "2027-03-01"},
		} {
			b.sql(t, `update accommodations set timezone = $1`, zone)
			for _, day := range days {
				b.sql(t, `insert into reservations (code, accommodation_id, check_in, check_out, status) values ($1, 1, $1::text::date, $1::text::date + 1, 'confirmed')`, day)
			}
			got := b.calendar(t, "")
			if n := got.Nights; n[0].Date != days[0] || n[89].Date != days[1] || n[0].Available || n[89].Available || len(got.free()) != 88 {
				t.Errorf("%s: %v to %v, %d free", zone, n[0], n[89], len(got.free()))
			}
			b.sql(t, `update reservations set status = 'cancelled', code = id`)
		}
	})

	t.Run("who has seen the nights is told so until one is sold, given up, overdue or dearer", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		tag := ""
		// look expects the calendar to be new, or not.
		look := func(what string, status int) {
			t.Helper()
			got := b.get(t, cabinsPath+"/1/availability?from=2026-12-03&to=2026-12-09", "If-None-Match", tag)
			if got.status != status || (len(got.body) == 0) != (status == http.StatusNotModified) {
				t.Errorf("%s: %d %.100s", what, got.status, got.body)
			}
			if kept := got.header.Get("Cache-Control"); kept != "no-cache" {
				t.Errorf("%s: Cache-Control %q", what, kept)
			}
			tag = got.header.Get("ETag")
		}
		look("first", http.StatusOK)
		look("again", http.StatusNotModified)
		held := b.held(t, nil)
		look("held", http.StatusOK)
		look("held, again", http.StatusNotModified)
		b.post(t, held.path("/cancel"), "", held.asGuest(t)...).reservation(t, http.StatusOK)
		look("cancelled", http.StatusOK)
		b.held(t, nil)
		look("held by another", http.StatusOK)
		b.clock.move(30 * time.Minute)
		look("overdue", http.StatusOK)
		b.held(t, nights("2027-01-01", "2027-01-02"))
		look("held elsewhere", http.StatusNotModified)
		b.sql(t, `update accommodations set base_price = 10001`)
		look("dearer", http.StatusOK)
	})
}

// TestCalendarIsOrdinaryJSON compares the calendar, which is written by hand, with what encoding/json makes of the same: decode
// does, byte by byte.
func TestCalendarIsOrdinaryJSON(t *testing.T) {
	t.Parallel()

	t.Run("at the limits of what a cabin may cost", func(t *testing.T) {
		t.Parallel()
		s := &fake{}
		b := serve(t, s)
		for name, cabin := range map[string]booking.Accommodation{
			"free of charge":      {ID: 1, Currency: "ARS"},
			"as dear as possible": {ID: 1<<63 - 1, Currency: "USD", BasePrice: money.Max, MinNights: 1<<31 - 1, WeekendNights: 127, WeekendMultiplier: 9999},
			"a cent":              {ID: 7, Currency: "EUR", BasePrice: 1, MinNights: 1},
		} {
			cabin.Zone = time.UTC
			s.occupied = func(string, civil.Nights) (booking.Occupied, error) { return booking.Occupied{Cabin: &cabin}, nil }
			got := decode[calendarShown](t, b.directGet(cabinsPath+"/1/availability"), http.StatusOK)
			tonight := cabin.Night(civil.Of(noon, time.UTC))
			want := nightShown{"2026-12-01", true, tonight.Price.String(), cabin.MinNights}
			if len(got.Nights) != 90 || got.AccommodationID != cabin.ID || got.Currency != cabin.Currency || got.Nights[0] != want {
				t.Errorf("%s: cabin %d, %s, %d nights, %+v", name, got.AccommodationID, got.Currency, len(got.Nights), got.Nights[0])
			}
		}
	})

	t.Run("for any cabin, and its nights are free where nobody has them", func(t *testing.T) {
		t.Parallel()
		s := &fake{}
		b := serve(t, s)
		rapid.Check(t, func(r *rapid.T) {
			cabin := drawCabin(r)
			today := civil.Of(noon, cabin.Zone)
			from := today.AddDays(rapid.IntRange(-400, 600).Draw(r, "from"))
			to := from.AddDays(rapid.IntRange(1, 370).Draw(r, "nights"))
			var taken []civil.Nights
			for at := from.AddDays(-3); at.Before(to) && len(taken) < 30; {
				begin := at.AddDays(rapid.IntRange(0, 20).Draw(r, "gap"))
				at = begin.AddDays(rapid.IntRange(1, 10).Draw(r, "stay"))
				taken = append(taken, civil.Nights{From: begin, To: at})
			}
			occupied := booking.Occupied{Cabin: cabin, Nights: taken}
			var asked civil.Nights
			s.occupied = func(_ string, window civil.Nights) (booking.Occupied, error) { asked = window; return occupied, nil }
			got := decode[calendarShown](t, b.directGet(cabinsPath+"/1/availability?from="+from.String()+"&to="+to.String()), http.StatusOK)
			if asked.From.After(from) || asked.To.Before(to) {
				r.Fatalf("asked only about %v to %v", asked.From, asked.To)
			}
			d := from
			for _, n := range got.Nights {
				night := cabin.Night(d)
				free := !slices.ContainsFunc(occupied.Nights, func(n civil.Nights) bool { return n.Contains(d) }) && !d.Before(today) && d.Before(today.AddDays(booking.Horizon))
				if want := (nightShown{d.String(), free, night.Price.String(), night.MinNights}); n != want {
					r.Fatalf("%+v, want %+v", n, want)
				}
				d = d.AddDays(1)
			}
			if d != to {
				r.Fatalf("ends on %s, want %s", d, to)
			}
		})
	})
}

func drawCabin(r *rapid.T) *booking.Accommodation {
	zones := []string{"UTC", "America/Argentina/Buenos_Aires", "Pacific/Auckland", "Pacific/Kiritimati", "Etc/GMT+12"}
	zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(r, "zone"))
	if err != nil {
		r.Fatal(err)
	}
	cabin := &booking.Accommodation{
		ID: rapid.Int64Min(1).Draw(r, "id"), Currency: rapid.StringMatching(`[A-Z]{3}`).Draw(r, "currency"), Zone: zone,
		BasePrice: money.Cents(rapid.Int64Range(0, int64(money.Max)).Draw(r, "price")), MinNights: rapid.IntRange(1, 365).Draw(r, "min"),
		WeekendMultiplier: money.Factor(rapid.IntRange(1, 9999).Draw(r, "multiplier")), WeekendNights: booking.Weekdays(rapid.Uint8Range(0, 127).Draw(r, "weekend")),
	}
	for i := range rapid.IntRange(0, 3).Draw(r, "seasons") {
		begin := civil.Of(noon, time.UTC).AddDays(rapid.IntRange(-400, 900).Draw(r, "season"))
		cabin.Rates = append(cabin.Rates, booking.Rate{
			ID: int64(i), Nights: civil.Nights{From: begin, To: begin.AddDays(rapid.IntRange(1, 200).Draw(r, "length"))},
			Price: money.Cents(rapid.Int64Range(0, int64(money.Max)).Draw(r, "rate")), MinNights: rapid.IntRange(0, 30).Draw(r, "season min"),
		})
	}
	return cabin
}

func TestCalendarIsCompactAndComplete(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.get(t, cabinsPath+"/1/availability?from=2026-12-04&to=2026-12-05")
	const want = `{"accommodation_id":1,"currency":"ARS","from":"2026-12-04","to":"2026-12-05",` +
		`"nights":[{"date":"2026-12-04","available":true,"price":"12000.00","min_nights":1}]}` + "\n"
	if string(got.body) != want || !json.Valid(got.body) {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
}
