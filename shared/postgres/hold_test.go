package postgres_test

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// answer is what the request of a key is answered.
func answer(key string) booking.Answer {
	return booking.Answer{Key: key, RequestHash: []byte("hash of " + key), Status: 201, Body: []byte(`{"for":"` + key + `"}`)}
}

// written counts reservations, events and keys: what a hold writes, or does not.
func (b *bundle) written(t *testing.T) [3]int {
	t.Helper()
	return [3]int{
		one[int](t, b, `select count(*) from reservations`), one[int](t, b, `select count(*) from reservation_events`),
		one[int](t, b, `select count(*) from idempotency_keys`),
	}
}

func TestAHoldIsKeptWithItsEventAndItsAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := wish(b.cabin(t), nights(3, 6))
	r.SpecialRequests, r.Channel = "late\narrival 🙂 ﷺ", "whatsapp"
	if err := b.Hold(t.Context(), r, "guest", answer("k"), noon); err != nil {
		t.Fatal(err)
	}
	found, terms, err := b.Reservation(t.Context(), r.Code)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*r, found, cmpopts.IgnoreFields(booking.Reservation{}, "ID")); diff != "" {
		t.Errorf("the hold (-made +read):\n%s", diff)
	}
	if terms.AccommodationName != "Lake" || terms.Policy != booking.PolicyFlexible || terms.Zone.String() != "America/Argentina/Buenos_Aires" {
		t.Errorf("terms: %+v", terms)
	}
	event := one[string](t, b, `select format('%s %s %s %s', at at time zone 'UTC', actor, event, details) from reservation_events`)
	if want := `2026-12-01 12:00:00 guest held {"channel": "whatsapp", "expires_at": "2026-12-01T12:30:00+00:00"}`; event != want {
		t.Errorf("event is %s, want %s", event, want)
	}
	if kept := one[time.Time](t, b, `select expires_at from idempotency_keys`); !kept.Equal(noon.Add(48 * time.Hour)) {
		t.Errorf("the answer is kept until %s", kept)
	}
	offer, err := b.Offer(t.Context(), r.AccommodationID, r.Stay.Nights, "k", noon.Add(time.Hour))
	if want := answer("k"); err != nil || offer.Answer == nil || !cmp.Equal(*offer.Answer, want) {
		t.Errorf("the answer is %+v, %v", offer.Answer, err)
	}
}

func TestAHoldThatWaitsForTheOwner(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := wish(b.cabin(t), nights(3, 6))
	r.Approval, r.StaleCalendar, r.ExpiresAt = booking.ApprovalWaiting, true, noon.Add(booking.ApprovalFor)
	must(t, b.Hold(t.Context(), r, "guest", booking.Answer{}, noon))
	if found, _, err := b.Reservation(t.Context(), r.Code); err != nil || found.Approval != booking.ApprovalWaiting || found.StaleCalendar {
		t.Errorf("it is read as %+v, %v", found, err)
	}
	details := one[string](t, b, `select details::text from reservation_events`)
	if want := `{"channel": "web", "expires_at": "2026-12-02T12:00:00+00:00", "stale_calendar": true}`; details != want {
		t.Errorf("its event has %s, want %s", details, want)
	}
	at := noon.Add(time.Hour)
	if _, _, err := b.Change(t.Context(), r.Code, "owner", "approved", at, func(r *booking.Reservation) error { return r.Approve(at) }); err != nil {
		t.Fatal(err)
	}
	found, _, err := b.Reservation(t.Context(), r.Code)
	if err != nil || found.Approval != booking.ApprovalApproved || !found.ExpiresAt.Equal(at.Add(booking.HoldFor)) {
		t.Errorf("approved, it is read as %+v, %v", found, err)
	}
	unsaid := wish(r.AccommodationID, nights(6, 7))
	unsaid.Approval = ""
	must(t, b.Hold(t.Context(), unsaid, "guest", booking.Answer{}, noon))
	if found, _, err := b.Reservation(t.Context(), unsaid.Code); err != nil || found.Approval != booking.ApprovalNone {
		t.Errorf("one that nobody has to approve is read as %+v, %v", found, err)
	}
}

func TestAHoldWithoutAKeyKeepsNoAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	b.hold(t, cabin, nights(3, 6))
	b.hold(t, cabin, nights(6, 7))
	if got := b.written(t); got != [3]int{2, 2, 0} {
		t.Errorf("reservations, events, keys: %v", got)
	}
	if offer, err := b.Offer(t.Context(), cabin, nights(8, 9), "", noon); err != nil || offer.Answer != nil || !offer.Free {
		t.Errorf("offer: %+v, %v", offer, err)
	}
}

func TestNightsThatAreTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	b.hold(t, cabin, nights(10, 14))
	b.row(t, cabin, nights(20, 22), booking.StatusConfirmed, noon)
	before := b.written(t)
	for _, from := range []int{8, 9, 10, 11, 13, 19, 20, 21} {
		err := b.Hold(t.Context(), wish(cabin, nights(from, from+3)), "guest", answer("k"), noon)
		if !errors.Is(err, booking.ErrTaken) {
			t.Errorf("from %d: %v", from, err)
		}
	}
	if after := b.written(t); after != before {
		t.Errorf("reservations, events, keys: %v, before %v", after, before)
	}
	b.hold(t, cabin, nights(7, 10)) // back to back
	b.hold(t, cabin, nights(14, 20))
	b.hold(t, cabin, nights(22, 23))
	b.hold(t, b.cabin(t), nights(10, 14))
}

func TestAnOverdueHoldGivesWayAndSaysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin, other := b.cabin(t), b.cabin(t)
	overdue := b.row(t, cabin, nights(10, 12), booking.StatusPreReserved, noon)
	longer := b.row(t, cabin, nights(12, 15), booking.StatusPreReserved, noon.Add(-time.Hour))
	neighbour := b.row(t, cabin, nights(15, 16), booking.StatusPreReserved, noon.Add(-time.Hour))
	elsewhere := b.row(t, other, nights(10, 12), booking.StatusPreReserved, noon.Add(-time.Hour))
	b.hold(t, cabin, nights(11, 15))
	for _, code := range []string{overdue, longer} {
		if got := b.events(t, code); b.status(t, code) != booking.StatusExpired || !slices.Equal(got, []string{"system expired"}) {
			t.Errorf("what was in the way: %s, %v", b.status(t, code), got)
		}
	}
	for _, code := range []string{neighbour, elsewhere} {
		if got := b.events(t, code); b.status(t, code) != booking.StatusPreReserved || len(got) != 0 {
			t.Errorf("what was not in the way: %s, %v", b.status(t, code), got)
		}
	}
	at := one[time.Time](t, b, `select min(at) from reservation_events where event = 'expired'`)
	if !at.Equal(noon) {
		t.Errorf("expired at %s", at)
	}
}

func TestARefusedHoldThatMetAnOverdueOneLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	overdue := b.row(t, cabin, nights(10, 12), booking.StatusPreReserved, noon)
	live := b.row(t, cabin, nights(12, 14), booking.StatusPreReserved, noon.Add(time.Second))
	if err := b.Hold(t.Context(), wish(cabin, nights(11, 13)), "guest", answer("k"), noon); !errors.Is(err, booking.ErrTaken) {
		t.Fatal(err)
	}
	// The overdue one may or may not be written down as such; with its event if it is.
	if expired := b.status(t, overdue) == booking.StatusExpired; expired != slices.Equal(b.events(t, overdue), []string{"system expired"}) {
		t.Errorf("overdue: %s, %v", b.status(t, overdue), b.events(t, overdue))
	}
	if got := b.events(t, live); b.status(t, live) != booking.StatusPreReserved || len(got) != 0 {
		t.Errorf("live: %s, %v", b.status(t, live), got)
	}
	if got := b.written(t); got[0] != 2 || got[2] != 0 {
		t.Errorf("reservations, events, keys: %v", got)
	}
}

func TestACabinThatTakesNoReservations(t *testing.T) {
	t.Parallel()
	b := setup(t)
	closed := b.cabin(t)
	b.exec(t, `update accommodations set active = false`)
	for _, cabin := range []int64{closed, closed + 1, 0, -1} {
		if err := b.Hold(t.Context(), wish(cabin, nights(3, 5)), "guest", answer("k"), noon); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("cabin %d: %v", cabin, err)
		}
	}
	if got := b.written(t); got != [3]int{} {
		t.Errorf("reservations, events, keys: %v", got)
	}
}

func TestACabinThatIsClosedWhileAGuestWaitsForIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	closing := b.begin(t)
	if _, err := closing.Exec(t.Context(), `update accommodations set active = false`); err != nil {
		t.Fatal(err)
	}
	held := make(chan error)
	go func() { held <- b.Hold(t.Context(), wish(cabin, nights(3, 5)), "guest", booking.Answer{}, noon) }()
	b.awaitWaiting(t, 1)
	if err := closing.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-held; !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestACodeThatIsInUse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	used := b.hold(t, cabin, nights(3, 5))
	overdue := b.row(t, cabin, nights(10, 12), booking.StatusPreReserved, noon)
	before := b.written(t)
	r := wish(cabin, nights(10, 12))
	r.Code = used.Code
	if err := b.Hold(t.Context(), r, "guest", answer("k"), noon); !errors.Is(err, booking.ErrCodeClash) {
		t.Errorf("got %v", err)
	}
	if after := b.written(t); after != before || b.status(t, overdue) != booking.StatusPreReserved {
		t.Errorf("reservations, events, keys: %v, before %v; what was overdue is %s", after, before, b.status(t, overdue))
	}
	r.Code = booking.NewCode()
	if err := b.Hold(t.Context(), r, "guest", answer("k"), noon); err != nil {
		t.Errorf("with another code: %v", err)
	}
}

func TestAKeyThatHasItsAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	if err := b.Hold(t.Context(), wish(cabin, nights(3, 5)), "guest", answer("k"), noon); err != nil {
		t.Fatal(err)
	}
	overdue := b.row(t, cabin, nights(10, 12), booking.StatusPreReserved, noon)
	before := b.written(t)
	second := booking.Answer{Key: "k", RequestHash: []byte("other"), Status: 201, Body: []byte("other")}
	if err := b.Hold(t.Context(), wish(cabin, nights(10, 12)), "guest", second, noon); !errors.Is(err, booking.ErrKeyUsed) {
		t.Errorf("got %v", err)
	}
	if after := b.written(t); after != before || b.status(t, overdue) != booking.StatusPreReserved {
		t.Errorf("reservations, events, keys: %v, before %v; what was overdue is %s", after, before, b.status(t, overdue))
	}
	b.exec(t, `update accommodations set active = false`)
	offer, err := b.Offer(t.Context(), cabin, nights(3, 5), "k", noon)
	if err != nil || offer.Answer == nil || !bytes.Equal(offer.Answer.Body, answer("k").Body) {
		t.Errorf("the first answer, of a cabin that is closed now: %+v, %v", offer, err)
	}
	if _, err := b.Offer(t.Context(), cabin, nights(3, 5), "K", noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another key: %v", err)
	}
}

func TestAKeyIsFreeAgainAfterTwoDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	if err := b.Hold(t.Context(), wish(cabin, nights(3, 5)), "guest", answer("k"), noon); err != nil {
		t.Fatal(err)
	}
	over := noon.Add(48 * time.Hour)
	if offer, err := b.Offer(t.Context(), cabin, nights(3, 5), "k", over.Add(-time.Microsecond)); err != nil || offer.Answer == nil {
		t.Errorf("in the last instant: %+v, %v", offer, err)
	}
	if offer, err := b.Offer(t.Context(), cabin, nights(3, 5), "k", over); err != nil || offer.Answer != nil {
		t.Errorf("when it is over: %+v, %v", offer, err)
	}
	again := answer("k")
	again.Body = []byte("again")
	r := wish(cabin, nights(10, 12))
	if err := b.Hold(t.Context(), r, "guest", again, over); err != nil {
		t.Fatal(err)
	}
	if offer, err := b.Offer(t.Context(), cabin, nights(3, 5), "k", over); err != nil || !bytes.Equal(offer.Answer.Body, again.Body) {
		t.Errorf("the new answer: %+v, %v", offer, err)
	}
}

func TestAKeyInProgressIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	other := b.begin(t)
	if _, err := other.Exec(t.Context(), `select claim_idempotency_key('k')`); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := b.Hold(t.Context(), wish(cabin, nights(3, 5)), "guest", answer("k"), noon); !errors.Is(err, booking.ErrKeyInProgress) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("after %s, as long as a lock is waited for", took)
	}
	if got := b.written(t); got != [3]int{} {
		t.Errorf("reservations, events, keys: %v", got)
	}
	if err := b.Hold(t.Context(), wish(cabin, nights(3, 5)), "guest", answer("another"), noon); err != nil {
		t.Errorf("another key: %v", err)
	}
	if err := other.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Hold(t.Context(), wish(cabin, nights(5, 6)), "guest", answer("k"), noon); err != nil {
		t.Errorf("once it is free: %v", err)
	}
}

func TestFiftyRequestsWithOneKeyMakeOneReservation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	second, _ := b.process(t, 8)
	processes := []*postgres.Bookings{b.Bookings, postgres.NewBookings(second.Share(8))}
	var group sync.WaitGroup
	outcomes := make([]error, 50)
	for i := range outcomes {
		group.Go(func() {
			// Each asks for other nights, so that nothing but the key can stop it.
			outcomes[i] = processes[i%2].Hold(t.Context(), wish(cabin, nights(i, i+1)), "guest", answer("k"), noon)
		})
	}
	group.Wait()
	won := 0
	for _, err := range outcomes {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, booking.ErrKeyInProgress) && !errors.Is(err, booking.ErrKeyUsed):
			t.Errorf("got %v", err)
		}
	}
	if got := b.written(t); won != 1 || got != [3]int{1, 1, 1} {
		t.Errorf("%d won; reservations, events, keys: %v", won, got)
	}
}

// TestTheConstraintHasTheLastWord meets somebody who writes reservations without asking, by hand for instance.
func TestTheConstraintHasTheLastWord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []struct {
		end  func(pgx.Tx) error
		want error
	}{
		{func(tx pgx.Tx) error { return tx.Commit(t.Context()) }, booking.ErrTaken},
		{func(tx pgx.Tx) error { return tx.Rollback(t.Context()) }, nil},
	} {
		cabin := b.cabin(t)
		overdue := b.row(t, cabin, nights(12, 14), booking.StatusPreReserved, noon)
		byHand := b.begin(t)
		if _, err := byHand.Exec(t.Context(), `insert into reservations (code, accommodation_id, check_in, check_out, status)
			values ($1, $2, '2026-12-11', '2026-12-13', 'confirmed')`, booking.NewCode(), cabin); err != nil {
			t.Fatal(err)
		}
		held := make(chan error)
		go func() { held <- b.Hold(t.Context(), wish(cabin, nights(11, 14)), "guest", answer("k"), noon) }()
		b.awaitWaiting(t, 1)
		if err := c.end(byHand); err != nil {
			t.Fatal(err)
		}
		if err := <-held; !errors.Is(err, c.want) {
			t.Errorf("got %v, want %v", err, c.want)
		}
		if released := b.status(t, overdue) == booking.StatusExpired; released != (c.want == nil) {
			t.Errorf("what was overdue is %s", b.status(t, overdue))
		}
	}
}
