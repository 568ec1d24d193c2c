package reserve_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/functions/reserve"
	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

func BenchmarkReads(b *testing.B) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	today := civil.Of(now, time.UTC)
	var cabins []*booking.Accommodation
	for i := range 100 {
		cabins = append(cabins, &booking.Accommodation{
			ID: int64(i + 1), Name: fmt.Sprintf("Cabin %d", i+1), Type: "cabin", Capacity: 4, Currency: "ARS", BasePrice: 1000000, WeekendMultiplier: 120,
			WeekendNights: booking.DefaultWeekend, DepositPercent: 30, MinNights: 1, MaxNights: 60, Zone: time.UTC,
			Photos: []booking.Photo{{URL: "https://example.com/1.jpg"}},
			Rates:  []booking.Rate{{ID: 1, Name: "Summer", Nights: civil.Nights{From: today.AddDays(60), To: today.AddDays(120)}, Price: 1500000}},
		})
	}
	var taken []civil.Nights
	for i := range 60 {
		taken = append(taken, civil.Nights{From: today.AddDays(i * 6), To: today.AddDays(i*6 + 3)})
	}
	s := &fake{ // has its answers ready, so that what is measured is the function itself
		occupied: func(string, civil.Nights) (booking.Occupied, error) {
			return booking.Occupied{Cabin: cabins[0], Nights: taken}, nil
		},
		free: func() []*booking.Accommodation { return slices.Clone(cabins) },
	}
	handler, err := reserve.New(reserve.Config{}, reserve.Deps{Bookings: s, Now: func() time.Time { return now }, Metrics: prometheus.NewRegistry()})
	if err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{
		"365 nights":        "/api/v1/accommodations/1/availability?from=2026-12-01&to=2027-12-01",
		"search 100 cabins": "/api/v1/availability?check_in=2027-01-01&check_out=2027-01-03&guests=2&limit=200",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}

func BenchmarkHold(b *testing.B) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	cabin := &booking.Accommodation{
		ID: 1, Name: "Cabin", Capacity: 4, Currency: "ARS", BasePrice: 1000000, WeekendMultiplier: 120, WeekendNights: booking.DefaultWeekend,
		DepositPercent: 30, MinNights: 1, Zone: time.UTC,
	}
	s := &fake{
		offer: func(int64, string) (booking.Offer, error) { return booking.Offer{Cabin: cabin, Free: true}, nil },
		hold:  func(*booking.Reservation, booking.Answer) error { return nil },
	}
	handler, err := reserve.New(reserve.Config{}, reserve.Deps{Bookings: s, Now: func() time.Time { return now }, Metrics: prometheus.NewRegistry()})
	if err != nil {
		b.Fatal(err)
	}
	const body = `{"accommodation_id":1,"check_in":"2027-01-04","check_out":"2027-01-07","guests":2,` +
		`"contact_name":"Test User","contact_phone":"+5491155443322","channel":"web"}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/reservations", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusCreated {
			b.Fatal(w.Code, w.Body)
		}
	}
}
