package postgres_test

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/command"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// guest writes a reservation of somebody, and returns its code.
func (b *bundle) guest(t *testing.T, name string, cabin int64, from, to int, status booking.Status, total, paid int) string {
	t.Helper()
	code := b.row(t, cabin, nights(from, to), status, noon.Add(time.Hour))
	b.exec(t, `update reservations set contact_name = $2, total_price = $3, paid_amount = $4 where code = $1`, code, name, total, paid)
	return code
}

func names(l command.List) []string {
	var all []string
	for _, s := range l.Stays {
		all = append(all, cmp.Or(s.Contact.Name, s.Source))
	}
	slices.Sort(all)
	return all
}

func TestADayHasWhoComesGoesAndStays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	lake, wood := b.cabin(t), b.cabin(t)
	days := postgres.NewDays(b.pool.Share(4))
	b.guest(t, "comes", lake, 0, 3, booking.StatusConfirmed, 100, 40)
	b.guest(t, "goes", lake, -3, 0, booking.StatusConfirmed, 100, 100)
	b.guest(t, "stays", wood, -1, 1, booking.StatusConfirmed, 100, 100)
	b.guest(t, "has gone", wood, -5, 0, booking.StatusCompleted, 100, 100)
	b.guest(t, "was cancelled", wood, 0, 1, booking.StatusCancelled, 100, 0)
	b.guest(t, "owes", wood, 5, 6, booking.StatusConfirmed, 100, 40)
	b.guest(t, "has paid", wood, 6, 7, booking.StatusConfirmed, 100, 100)
	b.guest(t, "owes later", wood, 9, 10, booking.StatusConfirmed, 100, 40)
	b.guest(t, "is asked", wood, 20, 22, booking.StatusPreReserved, 100, 0)
	b.apply(t, b.feed(t, wood, "airbnb"), noon, stay("A", 0, 2), closed("B", 0, 2))

	got, err := days.Day(t.Context(), civil.New(2026, 12, 1), true, noon)
	if err != nil {
		t.Fatal(err)
	}
	for name, is := range map[string]struct{ got, want []string }{
		"arrivals":   {names(got.Arrivals), []string{"airbnb", "comes"}},
		"departures": {names(got.Departures), []string{"goes", "has gone"}},
		"staying":    {names(got.Staying), []string{"stays"}},
		"holds":      {names(got.Holds), []string{"is asked"}},
		"owing":      {names(got.Owing), []string{"owes"}},
	} {
		if !slices.Equal(is.got, is.want) {
			t.Errorf("%s: %q, want %q", name, is.got, is.want)
		}
	}
	if got.Arrivals.Total != 2 || got.Departures.Total != 2 || got.Owing.Total != 1 {
		t.Errorf("%+v", got)
	}
	later, err := days.Day(t.Context(), civil.New(2026, 12, 2), false, noon)
	if err != nil || later.Holds.Total != 0 || names(later.Departures)[0] == "" {
		t.Errorf("%+v, %v", later, err)
	}
	if run, err := days.Day(t.Context(), civil.New(2026, 12, 1), true, noon.Add(2*time.Hour)); err != nil || run.Holds.Total != 0 {
		t.Errorf("a hold that has run out is told: %+v, %v", run.Holds, err)
	}
}

func TestADayTellsHowManyThereAreOfMoreThanItShows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 23 {
		b.guest(t, "comes", b.cabin(t), 0, 3, booking.StatusConfirmed, 100, 40)
	}
	got, err := postgres.NewDays(b.pool.Share(4)).Day(t.Context(), civil.New(2026, 12, 1), true, noon)
	if err != nil || len(got.Arrivals.Stays) != 20 || got.Arrivals.Total != 23 {
		t.Errorf("%d of %d, %v", len(got.Arrivals.Stays), got.Arrivals.Total, err)
	}
}

func TestADayTellsWhatHasToBeLookedAt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	feed := b.feed(t, cabin, "airbnb")
	b.apply(t, feed, noon.Add(-3*time.Hour), stay("A", 5, 7))
	b.guest(t, "is there twice", cabin, 6, 8, booking.StatusConfirmed, 100, 100)
	if _, _, err := b.Calendars.SettleConflicts(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	b.exec(t, `insert into payments (provider, provider_id, status, amount, flag, first_seen_at, changed_at) values ('mercadopago', '1', 'approved', 10, 'wrong_currency', $1, $1)`, noon)
	b.exec(t, `insert into messages (kind, recipient, dedupe_key, status, given_up_at, created_at) values ('confirmed', 'guest', 'k', 'given_up', $1, $1)`, noon)
	got, err := postgres.NewDays(b.pool.Share(4)).Day(t.Context(), civil.New(2026, 12, 1), true, noon)
	if want := (command.Alerts{DoubleBookings: 1, StaleFeeds: 1, OddPayments: 1, Undelivered: 1}); err != nil || got.Alerts != want {
		t.Errorf("%+v, want %+v; %v", got.Alerts, want, err)
	}
}

func TestWhoHasNightsIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	lake, wood := b.cabin(t), b.cabin(t)
	days := postgres.NewDays(b.pool.Share(4))
	code := b.guest(t, "Ana", lake, 3, 5, booking.StatusConfirmed, 100, 100)
	b.guest(t, "elsewhere", wood, 3, 5, booking.StatusConfirmed, 100, 100)
	b.guest(t, "before", lake, 1, 3, booking.StatusConfirmed, 100, 100)
	b.apply(t, b.feed(t, lake, "airbnb"), noon, stay("A", 4, 7))
	if _, err := b.Calendars.Close(t.Context(), lake, nights(7, 9), "pintura", noon); err != nil {
		t.Fatal(err)
	}
	stays, closed, err := days.Taken(t.Context(), lake, nights(3, 8), noon)
	if err != nil || len(stays) != 1 || stays[0].Code != code || stays[0].Contact.Name != "Ana" || stays[0].CabinID != lake {
		t.Errorf("%+v, %v", stays, err)
	}
	if len(closed) != 2 || closed[0].Source != "airbnb" || closed[1].Source != "" || closed[1].Note != "pintura" {
		t.Errorf("%+v", closed)
	}
	if stays, _, err := days.Taken(t.Context(), 0, nights(3, 8), noon); err != nil || len(stays) != 2 {
		t.Errorf("%+v, %v", stays, err)
	}
	for name, n := range map[string]civil.Nights{"all": {}, "one day": {From: civil.New(2026, 12, 9)}, "overlapping": nights(8, 20)} {
		if found, err := days.Closures(t.Context(), 0, n, noon); err != nil || len(found) != 1 || found[0].CabinID != lake {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	if found, err := days.Closures(t.Context(), wood, civil.Nights{}, noon); err != nil || len(found) != 0 {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err := days.Closures(t.Context(), lake, civil.Nights{}, noon.AddDate(0, 1, 0)); err != nil || len(found) != 0 {
		t.Errorf("what is over is told: %+v, %v", found, err)
	}
}

func TestAReservationIsToldWithItsGuest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	days := postgres.NewDays(b.pool.Share(4))
	r := b.hold(t, b.cabin(t), nights(3, 5))
	got, err := days.Stay(t.Context(), r.Code, noon)
	if err != nil || got.Contact != r.Contact || got.Status != booking.StatusPreReserved || got.Transfer || got.Total != r.Total || !got.Expires.Equal(r.ExpiresAt) {
		t.Errorf("%+v, %v", got, err)
	}
	b.exec(t, `insert into messages (reservation_id, kind, recipient, dedupe_key, created_at) select id, 'transfer_details', 'guest', 'k', $2 from reservations where code = $1`, r.Code, noon)
	if got, err := days.Stay(t.Context(), r.Code, noon.Add(time.Hour)); err != nil || got.Status != booking.StatusExpired || !got.Transfer {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := days.Stay(t.Context(), "ZZZZZZ\x00", noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if err := days.Record(t.Context(), r.Code, "owner:whatsapp", "answered_by_hand", noon); err != nil {
		t.Fatal(err)
	}
	if err := days.Record(t.Context(), "", "owner:whatsapp", "answered_by_hand", noon); err != nil {
		t.Fatal(err)
	}
	if got := b.events(t, r.Code); !slices.Equal(got, []string{"guest held", "owner:whatsapp answered_by_hand"}) {
		t.Errorf("%q", got)
	}
}

func TestAPersonIsFoundByHisNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	days := postgres.NewDays(b.pool.Share(4))
	b.exec(t, `insert into contacts (wa_id, name, created_at) values ('5492944123456', 'Ana', $1)`, noon)
	if p, err := days.PersonAt(t.Context(), "542944123456", "5492944123456"); err != nil || p.Name != "Ana" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := days.PersonAt(t.Context(), "1"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
