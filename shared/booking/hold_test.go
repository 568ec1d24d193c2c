package booking_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

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
