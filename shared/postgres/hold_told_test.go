package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

func TestAHoldIsToldWithIt(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	desk := postgres.NewDesk(b.pool.Share(2), enqueue)
	r := wish(b.Cabin, nights(3, 6))
	if err := desk.Hold(t.Context(), r, "guest", answer("k"), noon); err != nil {
		t.Fatal(err)
	}
	d, claimed := b.claim(t, one[int64](t, b.bundle, `select id from messages`), noon)
	if !claimed || d.Kind != "hold_made" || d.To != "ana@example.com" || d.Code != r.Code || !d.Facts.Until.Equal(r.ExpiresAt) || d.Facts.Deposit != r.Deposit {
		t.Errorf("%v %+v", claimed, d)
	}
	if got := b.written(t); got != [3]int{1, 1, 1} || len(b.jobs(t)) != 1 {
		t.Errorf("written %v, jobs %v", got, b.jobs(t))
	}

	waits := wish(b.Cabin, nights(10, 12))
	waits.Approval = booking.ApprovalWaiting
	quiet := wish(b.Cabin, nights(20, 22))
	quiet.Contact.Email = ""
	for _, r := range []*booking.Reservation{waits, quiet} {
		if err := desk.Hold(t.Context(), r, "guest", booking.Answer{}, noon); err != nil {
			t.Fatal(err)
		}
	}
	kinds := list[string](t, b.bundle, `select kind || ' ' || r.code from messages m join reservations r on r.id = m.reservation_id order by m.id`)
	if want := []string{"hold_made " + r.Code, "approval_requested " + waits.Code, "owner_approval_waiting " + waits.Code}; !slices.Equal(kinds, want) || len(b.jobs(t)) != 3 {
		t.Errorf("told %v, jobs %v", kinds, b.jobs(t))
	}
}

func TestNobodyIsToldOfNightsThatAreTaken(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	b.stay(t, nights(3, 6))
	desk := postgres.NewDesk(b.pool.Share(2), enqueue)
	if err := desk.Hold(t.Context(), wish(b.Cabin, nights(4, 7)), "guest", answer("k"), noon); !errors.Is(err, booking.ErrTaken) {
		t.Errorf("got %v", err)
	}
	// And a hold of which nobody can be told is none.
	lost := postgres.NewDesk(b.pool.Share(2), func(context.Context, pgx.Tx, ...postgres.Job) error { return errors.New("no queue") })
	if err := lost.Hold(t.Context(), wish(b.Cabin, nights(10, 12)), "guest", answer("k"), noon); err == nil || !strings.Contains(err.Error(), "no queue") {
		t.Errorf("got %v", err)
	}
	if got := b.written(t); got != [3]int{1, 1, 0} || one[int](t, b.bundle, `select count(*) from messages`) != 0 {
		t.Errorf("written %v", got)
	}
}
