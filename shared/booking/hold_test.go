package booking_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

func TestANightIsTakenFromTheArrivalUntilTheDayBeforeTheDeparture(t *testing.T) {
	t.Parallel()
	o := booking.Occupied{Nights: []civil.Nights{
		nights(t, "2026-12-04", "2026-12-07"), nights(t, "2026-12-07", "2026-12-08"), nights(t, "2026-12-31", "2027-01-02"),
	}}
	for text, want := range map[string]bool{
		"2026-12-03": false, "2026-12-04": true, "2026-12-06": true, "2026-12-07": true, "2026-12-08": false,
		"2026-12-30": false, "2026-12-31": true, "2027-01-01": true, "2027-01-02": false,
	} {
		if got := o.Taken(day(t, text)); got != want {
			t.Errorf("%s: taken is %t", text, got)
		}
	}
	if o.Taken(civil.Date{}) {
		t.Error("no day at all is taken")
	}
	if empty := (booking.Occupied{}); empty.Taken(day(t, "2026-12-04")) {
		t.Error("a night is taken where nobody stays")
	}
}

func TestAnEmptyStayTakesNoNight(t *testing.T) {
	t.Parallel()
	d := day(t, "2026-12-04")
	o := booking.Occupied{Nights: []civil.Nights{{From: d, To: d}, {From: d.AddDays(1), To: d}, {}}}
	for i := range 4 {
		if night := d.AddDays(i - 1); o.Taken(night) {
			t.Errorf("%s is taken", night)
		}
	}
}

func TestWhatKeysComeToIsAFaultForTheGuestOrAMatterOfOurs(t *testing.T) {
	t.Parallel()
	for err, want := range map[*fault.Error]struct {
		kind fault.Kind
		code string
	}{
		booking.ErrKeyInProgress: {fault.Conflict, "idempotency_in_progress"},
		booking.ErrKeyMismatch:   {fault.Invalid, "idempotency_mismatch"},
	} {
		if err.Kind != want.kind || err.Code != want.code {
			t.Errorf("%v: kind %d", err, err.Kind)
		}
	}
	for _, err := range []error{booking.ErrKeyUsed, booking.ErrCodeClash} {
		if _, shown := errors.AsType[*fault.Error](err); shown {
			t.Errorf("%v would be shown to guests", err)
		}
	}
}

func TestPhotosAreWrittenAsOwnersWriteThem(t *testing.T) {
	t.Parallel()
	const text = `[{"url":"https://example.com/1.jpg","caption":"The lake","is_primary":true},{"url":"/2.svg"}]`
	want := []booking.Photo{{URL: "https://example.com/1.jpg", Caption: "The lake", Primary: true}, {URL: "/2.svg"}}
	var got []booking.Photo
	if err := json.Unmarshal([]byte(text), &got); err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("read as %+v, %v", got, err)
	}
	if back, err := json.Marshal(got); err != nil || string(back) != text {
		t.Errorf("written as %s, %v", back, err)
	}
}
