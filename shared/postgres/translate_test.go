package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// TestWhatTheServerSaysAndWhatItMeans lets the server raise each state where a hold is written.
func TestWhatTheServerSaysAndWhatItMeans(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	b.exec(t, `
		create function raise_what_the_channel_says() returns trigger language plpgsql as $$
		begin
			raise exception 'a state' using errcode = split_part(new.channel, ' ', 1), constraint = split_part(new.channel, ' ', 2);
		end $$;
		create trigger raise before insert on reservations for each row execute function raise_what_the_channel_says()`)
	for _, c := range []struct {
		raised string
		want   error // nil = an internal one
	}{
		{"23P01 no_overlap_reservations", booking.ErrTaken},
		{"40P01", booking.ErrTaken},
		{"CB001", booking.ErrKeyInProgress},
		{"23505 reservations_code_key", booking.ErrCodeClash},
		{"23505 idempotency_keys_pkey", booking.ErrKeyUsed},
		{"23505 accommodations_slug_key", nil},
		{"40001", fault.ErrBusy},
		{"55P03", fault.ErrBusy},
		{"57014", context.DeadlineExceeded},
		{"08006", fault.ErrUnavailable},
		{"08P01", fault.ErrUnavailable},
		{"25006", fault.ErrUnavailable},
		{"25P03", fault.ErrUnavailable},
		{"53100", fault.ErrUnavailable},
		{"53300", fault.ErrUnavailable},
		{"57P01", fault.ErrUnavailable},
		{"57P03", fault.ErrUnavailable},
		{"58030", fault.ErrUnavailable},
		{"22001", nil},
		{"23502", nil},
		{"23503", nil},
		{"23514 reservations_check", nil},
		{"42601", nil},
		{"42P01", nil},
		{"42501", nil},
		{"P0001", nil},
		{"XX000", nil},
	} {
		r := wish(cabin, nights(3, 5))
		r.Channel = c.raised
		err := b.Hold(t.Context(), r, "guest", answer("k"), noon)
		var known *fault.Error
		switch {
		case c.want == nil:
			// The log needs to know what it was; the client must not.
			if errors.As(err, &known) || err == nil || !strings.Contains(err.Error(), "SQLSTATE "+c.raised[:5]) {
				t.Errorf("%s: got %v, want an internal error", c.raised, err)
			}
		case !errors.Is(err, c.want):
			t.Errorf("%s: got %v, want %v", c.raised, err, c.want)
		case errors.As(err, &known) && strings.Contains(known.Detail, "a state"):
			t.Errorf("%s: guests are told %q", c.raised, known.Detail)
		}
	}
	if got := b.written(t); got != [3]int{} {
		t.Errorf("reservations, events, keys: %v", got)
	}
}
