package reserve_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/reserve"
	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// fake is a Bookings of which a test says what it answers; what it does not say must not be asked.
type fake struct {
	reserve.Bookings
	free     func() []*booking.Accommodation
	occupied func(ref string, window civil.Nights) (booking.Occupied, error)
	offer    func(id int64, key string) (booking.Offer, error)
	hold     func(r *booking.Reservation, kept booking.Answer) error
}

func (f *fake) Free(context.Context, civil.Nights, time.Time) ([]*booking.Accommodation, error) {
	return f.free(), nil
}

func (f *fake) Occupied(_ context.Context, ref string, window civil.Nights, _ time.Time) (booking.Occupied, error) {
	return f.occupied(ref, window)
}

func (f *fake) Offer(_ context.Context, id int64, _ civil.Nights, key string, _ time.Time) (booking.Offer, error) {
	return f.offer(id, key)
}

func (f *fake) Hold(_ context.Context, r *booking.Reservation, _ string, kept booking.Answer, _ time.Time) error {
	return f.hold(r, kept)
}

// direct is do without a network in between, for tests that ask thousands of times.
func (b *bundle) direct(method, path string, body io.Reader, headers ...string) answer {
	r := httptest.NewRequest(method, path, body)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.mux.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

func (b *bundle) directGet(path string) answer { return b.direct(http.MethodGet, path, nil) }
