package reserve_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// cabinShown is a cabin as clients see it.
type cabinShown struct {
	ID                 int64    `json:"id"`
	Slug               string   `json:"slug,omitempty"`
	Name               string   `json:"name"`
	Type               string   `json:"type"`
	Description        string   `json:"description"`
	Capacity           int      `json:"capacity"`
	Currency           string   `json:"currency"`
	BasePrice          string   `json:"base_price"`
	WeekendMultiplier  string   `json:"weekend_multiplier"`
	IncludedGuests     int      `json:"included_guests,omitempty"`
	ExtraGuestPrice    string   `json:"extra_guest_price"`
	CleaningFee        string   `json:"cleaning_fee"`
	DepositPercent     int      `json:"deposit_percent"`
	MinNights          int      `json:"min_nights"`
	MaxNights          int      `json:"max_nights"`
	CancellationPolicy string   `json:"cancellation_policy"`
	Timezone           string   `json:"timezone"`
	Amenities          []string `json:"amenities"`
	Photos             []photo  `json:"photos"`
}

type photo struct {
	URL     string `json:"url"`
	Caption string `json:"caption,omitempty"`
	Primary bool   `json:"is_primary,omitempty"`
}

type cabinList struct {
	Accommodations []cabinShown `json:"accommodations"`
	Next           string       `json:"next,omitempty"`
}

type quoteShown struct {
	AccommodationID int64  `json:"accommodation_id"`
	CheckIn         string `json:"check_in"`
	CheckOut        string `json:"check_out"`
	Nights          int    `json:"nights"`
	Guests          int    `json:"guests"`
	Available       bool   `json:"available"`
	Currency        string `json:"currency"`
	Lines           []line `json:"lines"`
	TotalPrice      string `json:"total_price"`
	DepositAmount   string `json:"deposit_amount"`
}

type searchShown struct {
	Accommodations []resultShown `json:"accommodations"`
	Next           string        `json:"next,omitempty"`
}

type resultShown struct {
	ID       int64      `json:"id"`
	Slug     string     `json:"slug,omitempty"`
	Name     string     `json:"name"`
	Type     string     `json:"type"`
	Capacity int        `json:"capacity"`
	Photos   []photo    `json:"photos"`
	Quote    quoteShown `json:"quote"`
}

func ids(found searchShown) []int64 {
	list := make([]int64, len(found.Accommodations))
	for i, a := range found.Accommodations {
		list[i] = a.ID
	}
	return list
}

const (
	cabinsPath = "/api/v1/accommodations"
	weekend    = "?check_in=2026-12-04&check_out=2026-12-07&guests=2"
)

func TestCabins(t *testing.T) {
	t.Parallel()

	t.Run("a cabin shows everything that a guest chooses by", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price, currency, weekend_multiplier, included_guests,
				extra_guest_price, cleaning_fee, deposit_percent, min_nights, max_nights, cancellation_policy, timezone, description, amenities, photos)
			values ('lago', 'Lago & <Sol>', 'house', 6, 12000.55, 'USD', 1.25, 4, 900, 1500.5, 50, 2, 30, 'strict', 'America/Montevideo', 'Vista.',
				'["wifi", "kayak"]', '[{"url": "https://example.com/1.jpg", "caption": "Frente", "is_primary": true}, {"url": "/2.svg"}]')`)
		want := cabinShown{
			ID: 2, Slug: "lago", Name: "Lago & <Sol>", Type: "house", Description: "Vista.", Capacity: 6, Currency: "USD",
			BasePrice: "12000.55", WeekendMultiplier: "1.25", IncludedGuests: 4, ExtraGuestPrice: "900.00", CleaningFee: "1500.50",
			DepositPercent: 50, MinNights: 2, MaxNights: 30, CancellationPolicy: "strict", Timezone: "America/Montevideo",
			Amenities: []string{"wifi", "kayak"}, Photos: []photo{{"https://example.com/1.jpg", "Frente", true}, {URL: "/2.svg"}},
		}
		for _, ref := range []string{"2", "lago"} {
			if got := decode[cabinShown](t, b.get(t, cabinsPath+"/"+ref), http.StatusOK); !reflect.DeepEqual(got, want) {
				t.Errorf("%s:\ngot  %+v\nwant %+v", ref, got, want)
			}
		}
	})

	t.Run("a cabin of which only what is mandatory was said has sensible rules", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `insert into accommodations (name, type, capacity, base_price) values ('Sola', 'cabin', 2, 5000)`)
		got := decode[cabinShown](t, b.get(t, cabinsPath+"/2"), http.StatusOK)
		want := cabinShown{
			ID: 2, Name: "Sola", Type: "cabin", Capacity: 2, Currency: "ARS", BasePrice: "5000.00", WeekendMultiplier: "1.20",
			ExtraGuestPrice: "0.00", CleaningFee: "0.00", DepositPercent: 30, MinNights: 1, MaxNights: 60, CancellationPolicy: "flexible",
			Timezone: "America/Argentina/Buenos_Aires", Amenities: []string{}, Photos: []photo{},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})

	t.Run("only cabins that are open are there, page by page, each once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `insert into accommodations (name, type, capacity, base_price, active) select 'Cabin ' || n, 'cabin', 2, 100, n % 3 <> 0 from generate_series(2, 9) n`)
		b.get(t, cabinsPath+"/3").refusal(t, http.StatusNotFound, "not_found")
		var seen []int64
		after := ""
		for range 10 {
			page := decode[cabinList](t, b.get(t, cabinsPath+"?limit=2"+after), http.StatusOK)
			for _, a := range page.Accommodations {
				seen = append(seen, a.ID)
			}
			if page.Next == "" {
				break
			}
			after = "&after=" + page.Next
		}
		if want := []int64{1, 2, 4, 5, 7, 8}; !slices.Equal(seen, want) {
			t.Errorf("seen %v, want %v", seen, want)
		}
		if all := decode[cabinList](t, b.get(t, cabinsPath), http.StatusOK); len(all.Accommodations) != 6 || all.Next != "" {
			t.Errorf("%+v", all)
		}
	})

	t.Run("who has seen a cabin is told so until it changes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, path := range []string{cabinsPath, cabinsPath + "/1"} {
			first := b.get(t, path)
			tag := first.header.Get("ETag")
			if again := b.get(t, path, "If-None-Match", tag); tag == "" || again.status != http.StatusNotModified || len(again.body) != 0 {
				t.Errorf("%s: %q: %d %s", path, tag, again.status, again.body)
			}
			b.sql(t, `update accommodations set base_price = base_price + 1`)
			if changed := b.get(t, path, "If-None-Match", tag); changed.status != http.StatusOK || changed.header.Get("ETag") == tag {
				t.Errorf("%s after a new price: %d", path, changed.status)
			}
		}
	})

	t.Run("without a cabin there is an empty list, not null", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `delete from accommodations`)
		if got := string(b.get(t, cabinsPath).body); got != `{"accommodations":[]}`+"\n" {
			t.Error(got)
		}
		if got := string(b.get(t, "/api/v1/availability"+weekend).body); got != `{"accommodations":[]}`+"\n" {
			t.Error(got)
		}
	})
}

func TestQuote(t *testing.T) {
	t.Parallel()

	t.Run("a quote is the sum of its nights, and what a hold will cost", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		got := decode[quoteShown](t, b.get(t, cabinsPath+"/bosque/quote"+weekend), http.StatusOK)
		want := quoteShown{
			AccommodationID: 1, CheckIn: "2026-12-04", CheckOut: "2026-12-07", Nights: 3, Guests: 2, Available: true, Currency: "ARS",
			Lines: []line{
				{"nights", "2 weekend nights", 2, "12000.00", "24000.00"},
				{"nights", "1 night", 1, "10000.00", "10000.00"},
			},
			TotalPrice: "34000.00", DepositAmount: "10200.00",
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if held := b.held(t, nil); !reflect.DeepEqual(held.Lines, got.Lines) || held.TotalPrice != got.TotalPrice || held.DepositAmount != got.DepositAmount {
			t.Errorf("held at %+v", held)
		}
	})

	t.Run("a quote of nights that are taken says so", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		available := func(from, to string) bool {
			return decode[quoteShown](t, b.get(t, cabinsPath+"/1/quote?guests=1&check_in="+from+"&check_out="+to), http.StatusOK).Available
		}
		b.held(t, nil)
		if available("2026-12-06", "2026-12-08") || !available("2026-12-07", "2026-12-08") || !available("2026-12-03", "2026-12-04") {
			t.Error("not as the hold has it")
		}
		b.clock.move(30 * time.Minute)
		if !available("2026-12-06", "2026-12-08") {
			t.Error("an overdue hold is in the way")
		}
	})

	t.Run("a price that nobody could store is refused, whoever asks", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `update accommodations set base_price = 9999999999.99`)
		b.get(t, cabinsPath+"/1/quote"+weekend).refusal(t, http.StatusUnprocessableEntity, "amount_too_large")
		b.post(t, reservations, asked(nil)).refusal(t, http.StatusUnprocessableEntity, "amount_too_large")
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()

	t.Run("a search finds the cabins that take the stay, each with its price", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price, min_nights, max_nights, active) values
			('taken', 'Taken', 'cabin', 4, 10000, 1, 60, true), ('small', 'Small', 'cabin', 1, 10000, 1, 60, true),
			('long', 'For long stays', 'cabin', 4, 10000, 4, 60, true), ('short', 'For short stays', 'cabin', 4, 10000, 1, 2, true),
			('closed', 'Closed', 'cabin', 4, 10000, 1, 60, false), ('dear', 'Beyond all prices', 'cabin', 4, 9999999999.99, 1, 60, true),
			('other', 'Other', 'cabin', 3, 20000, 1, 60, true)`)
		b.held(t, map[string]any{"accommodation_id": 2})
		got := decode[searchShown](t, b.get(t, "/api/v1/availability"+weekend), http.StatusOK)
		if !slices.Equal(ids(got), []int64{1, 8}) || got.Next != "" {
			t.Fatalf("%+v", got)
		}
		want := decode[quoteShown](t, b.get(t, cabinsPath+"/8/quote"+weekend), http.StatusOK)
		if r := got.Accommodations[1]; r.Slug != "other" || r.Name != "Other" || r.Capacity != 3 || !reflect.DeepEqual(r.Quote, want) {
			t.Errorf("got  %+v\nwant %+v", r, want)
		}
		b.clock.move(30 * time.Minute)
		if later := decode[searchShown](t, b.get(t, "/api/v1/availability"+weekend), http.StatusOK); !slices.Equal(ids(later), []int64{1, 2, 8}) {
			t.Errorf("once the hold is overdue: %v", ids(later))
		}
	})

	t.Run("every cabin has its own today", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sql(t, `insert into accommodations (name, type, capacity, base_price, timezone) values ('Auckland', 'cabin', 4, 1, 'Pacific/Auckland')`)
		got := decode[searchShown](t, b.get(t, "/api/v1/availability?check_in=2026-12-01&check_out=2026-12-03&guests=1"), http.StatusOK)
		if !slices.Equal(ids(got), []int64{1}) {
			t.Errorf("%v", ids(got)) // in Auckland it is the 2nd
		}
	})
}

func TestSearchPagesHaveNoGapsAndNoRepeats(t *testing.T) {
	t.Parallel()
	s := &fake{}
	b := serve(t, s)
	rapid.Check(t, func(r *rapid.T) {
		var cabins []*booking.Accommodation
		var want []int64
		id := int64(0)
		for _, capacity := range rapid.SliceOfN(rapid.IntRange(1, 3), 0, 40).Draw(r, "capacities") {
			id += rapid.Int64Range(1, 1000).Draw(r, "gap")
			cabins = append(cabins, &booking.Accommodation{
				ID: id, Name: fmt.Sprint(id), Capacity: capacity, Currency: "ARS", BasePrice: money.Cents(100), WeekendMultiplier: 100, Zone: time.UTC,
			})
			if capacity >= 2 {
				want = append(want, id)
			}
		}
		s.free = func() []*booking.Accommodation { return slices.Clone(cabins) }
		limit := rapid.IntRange(1, 45).Draw(r, "limit")
		var got []int64
		after := ""
		for range len(cabins) + 2 {
			page := decode[searchShown](t, b.directGet("/api/v1/availability"+weekend+"&limit="+strconv.Itoa(limit)+after), http.StatusOK)
			if page.Next == "" {
				got = append(got, ids(page)...)
				break
			}
			if len(page.Accommodations) != limit {
				r.Fatalf("a page of %d, with more to come", len(page.Accommodations))
			}
			got = append(got, ids(page)...)
			after = "&after=" + page.Next
		}
		if !slices.Equal(got, want) {
			r.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestATroubledDatabaseTellsGuestsNothing(t *testing.T) {
	t.Parallel()
	b := serve(t, &fake{occupied: func(string, civil.Nights) (booking.Occupied, error) {
		return booking.Occupied{}, errors.New("password of the database")
	}})
	p := b.get(t, cabinsPath+"/1/availability").refusal(t, http.StatusInternalServerError, "internal")
	if p.Detail != "Something went wrong on our side; the request id helps us find it." {
		t.Error(p.Detail)
	}
}
