package desk_test

import (
	"errors"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// ask is a wish for three nights in the second cabin.
func ask(key string) desk.Ask {
	return desk.Ask{
		Cabin: 2, Stay: stay(8, 11, 2), Contact: booking.Contact{Name: "Ana", Phone: "+5491155443322"}, Channel: "whatsapp", By: "guest",
		Key: key, Hash: []byte("hash"),
		Answer: func(made *booking.Reservation, terms booking.Terms, _ time.Time) (int, []byte, error) {
			return 201, []byte(made.Code + " " + terms.AccommodationName), nil
		},
	}
}

func TestNightsAreHeldForHalfAnHour(t *testing.T) {
	t.Parallel()
	held, err := newBooks().desk(yes).Hold(t.Context(), ask(""))
	r := held.Reservation
	if err != nil || r.Status != booking.StatusPreReserved || r.Total != 30_000_00 || r.Deposit != 9_000_00 || r.Channel != "whatsapp" ||
		!r.ExpiresAt.Equal(noon.Add(30*time.Minute)) || string(held.Answer) != r.Code+" Cabin 2" || held.Dark {
		t.Errorf("%+v %v", held, err)
	}
}

func TestTheSameWishIsAnsweredAgain(t *testing.T) {
	t.Parallel()
	b := newBooks()
	var kept booking.Answer
	b.hold = func(_ *booking.Reservation, a booking.Answer) error { kept = a; return nil }
	first, err := b.desk(yes).Hold(t.Context(), ask("key"))
	if err != nil || kept.Key != "key" || string(kept.Body) != string(first.Answer) || kept.Status != 201 {
		t.Fatalf("%+v %v", kept, err)
	}
	b.offer = func(string) *booking.Answer { return &kept }
	if again, err := b.desk(yes).Hold(t.Context(), ask("key")); err != nil || string(again.Before) != string(first.Answer) {
		t.Errorf("%+v %v", again, err)
	}
	other := ask("key")
	other.Hash = []byte("another")
	if _, err := b.desk(yes).Hold(t.Context(), other); !errors.Is(err, booking.ErrKeyMismatch) {
		t.Errorf("another wish under the same key: %v", err)
	}
}

func TestWhoeverWasFasterIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	b := newBooks()
	answered := booking.Answer{Key: "key", RequestHash: []byte("hash"), Body: []byte("before")}
	tries := 0
	b.hold = func(*booking.Reservation, booking.Answer) error {
		tries++
		b.offer = func(string) *booking.Answer { return &answered }
		return booking.ErrTaken // by the very same wish
	}
	if held, err := b.desk(yes).Hold(t.Context(), ask("key")); err != nil || string(held.Before) != "before" || tries != 1 {
		t.Errorf("%+v %v after %d tries", held, err, tries)
	}
	tries, b.offer = 0, nil
	b.hold = func(*booking.Reservation, booking.Answer) error { tries++; return booking.ErrCodeClash }
	if _, err := b.desk(yes).Hold(t.Context(), ask("")); !errors.Is(err, fault.ErrBusy) || tries != 3 {
		t.Errorf("%v after %d tries", err, tries)
	}
	b.hold = func(*booking.Reservation, booking.Answer) error { return booking.ErrTaken }
	if _, err := b.desk(yes).Hold(t.Context(), ask("")); !errors.Is(err, booking.ErrTaken) {
		t.Errorf("without a key nothing is to be found: %v", err)
	}
}

func TestCalendarsAreReadBeforeAGuestIsPromisedAnything(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.stale = true
	looks := 0
	look := func(fresh bool) func() bool { return func() bool { looks++; return fresh } }
	if held, err := b.desk(look(true)).Hold(t.Context(), ask("")); err != nil || held.Dark || held.Reservation.StaleCalendar || looks != 1 {
		t.Errorf("%+v %v after %d looks", held, err, looks)
	}
	b.taken[2] = nil
	if held, err := b.desk(look(false)).Hold(t.Context(), ask("")); err != nil || !held.Dark || !held.Reservation.StaleCalendar || held.Reservation.Approval != "" {
		t.Errorf("%+v %v", held, err)
	}
	b.taken[2] = nil
	careful := desk.New(desk.Config{WhenStale: desk.AskOwner}, desk.Deps{Bookings: b, Calendars: channel(look(false)), Now: func() time.Time { return noon }})
	held, err := careful.Hold(t.Context(), ask(""))
	if r := held.Reservation; err != nil || r.Approval != booking.ApprovalWaiting || !r.ExpiresAt.Equal(noon.Add(24*time.Hour)) {
		t.Errorf("%+v %v", held, err)
	}
	looks = 0
	for _, refused := range []desk.Ask{{Cabin: 2, Stay: stay(8, 11, 9)}, {Cabin: 2, Stay: stay(9, 10, 2)}} {
		if _, err := b.desk(look(true)).Hold(t.Context(), refused); err == nil || looks != 0 {
			t.Errorf("%v after %d looks", err, looks)
		}
	}
}
