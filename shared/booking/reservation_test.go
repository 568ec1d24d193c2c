package booking_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

var statuses = []booking.Status{
	booking.StatusPreReserved, booking.StatusConfirmed, booking.StatusCompleted,
	booking.StatusNoShow, booking.StatusExpired, booking.StatusCancelled,
}

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

func TestOnlyTheseTransitionsAreAllowed(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{
		"pre_reserved confirmed": true, "pre_reserved expired": true, "pre_reserved cancelled": true,
		"confirmed completed": true, "confirmed no_show": true, "confirmed cancelled": true,
	}
	for _, from := range append(statuses, "", "unheard of") {
		for _, to := range append(statuses, "", "unheard of") {
			if got := from.CanBecome(to); got != allowed[fmt.Sprintf("%s %s", from, to)] {
				t.Errorf("%q can become %q: %t", from, to, got)
			}
		}
	}
}

func TestOnlyHoldsAndConfirmedReservationsTakeTheirNights(t *testing.T) {
	t.Parallel()
	for _, s := range append(statuses, "") {
		if got := s.Live(); got != (s == "pre_reserved" || s == "confirmed") {
			t.Errorf("%q is live: %t", s, got)
		}
	}
}

func TestAHoldIsExpiredFromTheInstantItIsOverdue(t *testing.T) {
	t.Parallel()
	for _, s := range statuses {
		for _, c := range []struct {
			now  time.Time
			over bool
		}{
			{noon.Add(-time.Nanosecond), false},
			{noon, true},
			{noon.In(zone(t, "Pacific/Auckland")), true},
			{noon.Add(time.Nanosecond), true},
			{noon.AddDate(10, 0, 0), true},
		} {
			r := booking.Reservation{Status: s, ExpiresAt: noon}
			want := s
			if s == booking.StatusPreReserved && c.over {
				want = booking.StatusExpired
			}
			if got := r.StatusAt(c.now); got != want || r.Status != s {
				t.Errorf("%s at %s is %s, the row %s", s, c.now, got, r.Status)
			}
		}
	}
}

// TestEveryActInEveryState holds the acts against the whole table of states, and proves that a refusal changes nothing.
func TestEveryActInEveryState(t *testing.T) {
	t.Parallel()
	acts := map[string]func(*booking.Reservation) error{
		"confirmed": func(r *booking.Reservation) error { return r.Confirm(noon) },
		"cancelled": func(r *booking.Reservation) error { return r.Cancel(noon, "rain") },
		"extended":  func(r *booking.Reservation) error { return r.Extend(noon) },
		"expire":    func(r *booking.Reservation) error { return r.Expire(noon) },
	}
	soon := noon.Add(time.Minute)
	for _, status := range statuses {
		for _, expires := range []time.Time{soon, noon, noon.Add(-time.Hour)} {
			for name, act := range acts {
				before := booking.Reservation{ID: 7, Code: "ABC123", Status: status, ExpiresAt: expires, Total: 5}
				want, ok := before, false
				switch hold, live := status == booking.StatusPreReserved, expires.Equal(soon); {
				case name == "confirmed" && hold && live:
					want.Status, want.ConfirmedAt, ok = booking.StatusConfirmed, noon, true
				case name == "cancelled" && (hold && live || status == booking.StatusConfirmed):
					want.Status, want.CancelledAt, want.CancelReason, ok = booking.StatusCancelled, noon, "rain", true
				case name == "extended" && hold && live:
					want.ExpiresAt, want.ExtendedOnce, ok = noon.Add(booking.HoldFor), true, true
				case name == "expire" && hold && !live:
					want.Status, ok = booking.StatusExpired, true
				}
				got := before
				err := act(&got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s while %s until %s (-want +got):\n%s", name, status, expires, diff)
				}
				if ok != (err == nil) {
					t.Errorf("%s while %s until %s: %v", name, status, expires, err)
				}
				if err != nil {
					checkRefusal(t, err, fmt.Sprintf("The reservation is %s and cannot ", before.StatusAt(noon)))
				}
			}
		}
	}
}

func checkRefusal(t *testing.T, err error, detail string) {
	t.Helper()
	var f *fault.Error
	if !errors.Is(err, booking.ErrInvalidState) || !errors.As(err, &f) || f.Kind != fault.Conflict ||
		len(f.Detail) <= len(detail) || f.Detail[:len(detail)] != detail {
		t.Errorf("refused with %v; want %q", err, detail)
	}
}

func TestAHoldIsExtendedOnceAndNeverShortened(t *testing.T) {
	t.Parallel()
	r := booking.Reservation{Status: booking.StatusPreReserved, ExpiresAt: noon.Add(booking.HoldFor)}
	later := noon.Add(29 * time.Minute)
	if err := r.Extend(later); err != nil || !r.ExpiresAt.Equal(later.Add(30*time.Minute)) {
		t.Fatalf("extended to %s, %v", r.ExpiresAt, err)
	}
	extended := r
	checkRefusal(t, r.Extend(later.Add(time.Minute)), "The reservation is pre_reserved and cannot be extended a second time")
	if diff := cmp.Diff(extended, r); diff != "" {
		t.Errorf("the refusal changed it:\n%s", diff)
	}

	long := booking.Reservation{Status: booking.StatusPreReserved, ExpiresAt: noon.Add(48 * time.Hour)}
	if err := long.Extend(noon); err != nil || !long.ExpiresAt.Equal(noon.Add(48*time.Hour)) || !long.ExtendedOnce {
		t.Errorf("a hold of two days now ends at %s, %v", long.ExpiresAt, err)
	}
}

func TestConflictsHaveTheCodesThatClientsKnow(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]*fault.Error{"dates_taken": booking.ErrTaken, "invalid_state": booking.ErrInvalidState} {
		if f.Code != want || f.Kind != fault.Conflict || f.Detail == "" {
			t.Errorf("%s is %+v", want, f)
		}
	}
	for want, f := range map[string]*fault.Error{
		"past_date": booking.ErrPastDate, "too_far": booking.ErrTooFar, "too_many_guests": booking.ErrTooManyGuests,
		"min_nights": booking.ErrMinNights, "max_nights": booking.ErrMaxNights, "amount_too_large": booking.ErrAmountTooLarge,
	} {
		if f.Code != want || f.Kind != fault.Invalid || f.Detail == "" {
			t.Errorf("%s is %+v", want, f)
		}
	}
}

func TestTheRefundOfAReservationFollowsThePolicyFromItsCheckIn(t *testing.T) {
	t.Parallel()
	r := booking.Reservation{
		Status: booking.StatusCancelled, Paid: 1_020_001,
		Stay: booking.Stay{Nights: nights(t, "2026-12-04", "2026-12-07"), Guests: 2},
	}
	for _, c := range []struct {
		policy booking.Policy
		today  string
		want   money.Cents
	}{
		{booking.PolicyFlexible, "2026-12-03", 1_020_001},
		{booking.PolicyFlexible, "2026-12-04", 0},
		{booking.PolicyModerate, "2026-12-03", 510_001},
	} {
		if got := r.RefundDue(c.policy, day(t, c.today)); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.policy, c.today, got, c.want)
		}
	}
}

func TestAnExpiredHoldOwesAllThatWasPaidTooLate(t *testing.T) {
	t.Parallel()
	r := booking.Reservation{
		Status: booking.StatusExpired, Paid: 1_020_000,
		Stay: booking.Stay{Nights: nights(t, "2026-12-04", "2026-12-07"), Guests: 2},
	}
	if got := r.RefundDue(booking.PolicyStrict, day(t, "2026-12-06")); got != 1_020_000 {
		t.Errorf("owes %s", got)
	}
	r.Paid = -5
	if got := r.RefundDue(booking.PolicyStrict, day(t, "2026-12-06")); got != 0 {
		t.Errorf("owes %s after more was given back than came in", got)
	}
}

func TestChannelsAreTheOnesOnTheList(t *testing.T) {
	t.Parallel()
	want := []string{"web", "whatsapp", "phone", "email", "direct", "airbnb", "booking", "vrbo", "mercadolibre", "other"}
	if diff := cmp.Diff(want, booking.Channels()); diff != "" {
		t.Errorf("channels (-want +got):\n%s", diff)
	}
	for _, name := range want {
		if !booking.ValidChannel(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{"", "Web", "web ", "expedia", "web,phone"} {
		if booking.ValidChannel(name) {
			t.Errorf("%q is accepted", name)
		}
	}
	booking.Channels()[0] = "spoiled"
	if !booking.ValidChannel("web") {
		t.Error("a caller can spoil the list")
	}
}

func TestAGuestCannotTakeBackAStayThatHasBegun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status  booking.Status
		today   string
		allowed bool
	}{
		{booking.StatusConfirmed, "2026-12-03", true},
		{booking.StatusConfirmed, "2026-12-04", false},
		{booking.StatusConfirmed, "2026-12-05", false},
		{booking.StatusConfirmed, "2027-12-05", false},
		{booking.StatusPreReserved, "2026-12-04", true}, // a hold is nobody's stay yet
		{booking.StatusCancelled, "2026-12-03", false},
	} {
		before := booking.Reservation{Status: c.status, Stay: booking.Stay{Nights: nights(t, "2026-12-04", "2026-12-07")}, ExpiresAt: noon.Add(time.Hour)}
		r := before
		err := r.CancelByGuest(noon, day(t, c.today), "rain")
		if c.allowed && (err != nil || r.Status != booking.StatusCancelled || r.CancelReason != "rain") {
			t.Errorf("%s on %s: %v, %+v", c.status, c.today, err, r)
		}
		if !c.allowed && (!errors.Is(err, booking.ErrInvalidState) || !cmp.Equal(r, before, cmp.AllowUnexported(civil.Date{}))) {
			t.Errorf("%s on %s: %v, %+v", c.status, c.today, err, r)
		}
	}
}

func TestTheOwnersApproval(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	hold := func(approval booking.Approval) booking.Reservation {
		return booking.Reservation{Status: booking.StatusPreReserved, Approval: approval, ExpiresAt: now.Add(booking.ApprovalFor)}
	}
	r := hold(booking.ApprovalWaiting)
	if err := r.Extend(now); !errors.Is(err, booking.ErrAwaitingApproval) || r.ExtendedOnce {
		t.Errorf("a guest who extends it: %v, %+v", err, r)
	}
	if err := r.Approve(now); err != nil || r.Approval != booking.ApprovalApproved || !r.ExpiresAt.Equal(now.Add(booking.HoldFor)) || r.Status != booking.StatusPreReserved {
		t.Errorf("approved: %v, %+v", err, r)
	}
	if err := r.Extend(now.Add(time.Minute)); err != nil {
		t.Errorf("and then extended: %v", err)
	}
	for name, r := range map[string]booking.Reservation{
		"approved already": r, "that nobody has to approve": hold(booking.ApprovalNone), "from before there was any": hold(""),
		"cancelled": {Status: booking.StatusCancelled, Approval: booking.ApprovalWaiting}, "confirmed": {Status: booking.StatusConfirmed, Approval: booking.ApprovalWaiting},
		"overdue": {Status: booking.StatusPreReserved, Approval: booking.ApprovalWaiting, ExpiresAt: now},
	} {
		before := r
		if err := r.Approve(now); !errors.Is(err, booking.ErrInvalidState) || !cmp.Equal(r, before) {
			t.Errorf("one that is %s: %v, %+v", name, err, r)
		}
	}
	for approval, want := range map[booking.Approval]booking.Approval{
		booking.ApprovalWaiting: booking.ApprovalApproved, booking.ApprovalApproved: booking.ApprovalApproved, booking.ApprovalNone: booking.ApprovalNone,
	} {
		r := hold(approval)
		if err := r.Confirm(now); err != nil || r.Approval != want {
			t.Errorf("confirmed while %s: %v, %s", approval, err, r.Approval)
		}
	}
}

func TestWhatIsToGoBackOfACancelledReservationIsWhatTheOwnerDoesNotKeep(t *testing.T) {
	t.Parallel()
	kept := money.Cents(300)
	r := booking.Reservation{Status: booking.StatusCancelled, Paid: 1000, Kept: &kept, Stay: booking.Stay{Nights: nights(t, "2026-12-04", "2026-12-07")}}
	for paid, want := range map[money.Cents]money.Cents{1000: 700, 300: 0, 100: 0, -5: 0} {
		r.Paid = paid
		if got := r.RefundDue(booking.PolicyFlexible, day(t, "2026-12-20")); got != want {
			t.Errorf("of %s: %s, want %s", paid, got, want)
		}
	}
	own := booking.Steps{{DaysBefore: 2, Percent: 25}}
	r = booking.Reservation{Status: booking.StatusConfirmed, Paid: 1000, Stay: r.Stay}
	if got := r.RefundBy(own, day(t, "2026-12-02")); got != 250 {
		t.Errorf("by the cabin's own steps %s", got)
	}
}

func TestOnlyALapsedHoldIsConfirmedLate(t *testing.T) {
	t.Parallel()
	today := day(t, "2026-12-01")
	for name, c := range map[string]struct {
		status   booking.Status
		expires  time.Time
		approval booking.Approval
		checkIn  string
		want     error
	}{
		"a hold that has run out":       {booking.StatusPreReserved, noon, "", "2026-12-04", nil},
		"one whose row says so":         {booking.StatusExpired, noon, booking.ApprovalApproved, "2026-12-04", nil},
		"on the day of check-in":        {booking.StatusExpired, noon, "", "2026-12-01", nil},
		"a night too late":              {booking.StatusExpired, noon, "", "2026-11-30", booking.ErrInvalidState},
		"without the owner's yes":       {booking.StatusExpired, noon, booking.ApprovalWaiting, "2026-12-04", booking.ErrAwaitingApproval},
		"a live hold":                   {booking.StatusPreReserved, noon.Add(1), "", "2026-12-04", booking.ErrInvalidState},
		"a confirmed reservation":       {booking.StatusConfirmed, noon, "", "2026-12-04", booking.ErrInvalidState},
		"a cancelled one":               {booking.StatusCancelled, noon, "", "2026-12-04", booking.ErrInvalidState},
		"one of which nobody ever came": {booking.StatusNoShow, noon, "", "2026-12-04", booking.ErrInvalidState},
	} {
		r := booking.Reservation{Status: c.status, ExpiresAt: c.expires, Approval: c.approval, Stay: booking.Stay{Nights: nights(t, c.checkIn, "2026-12-07")}}
		want := r
		if c.want == nil {
			want.Status, want.ConfirmedAt = booking.StatusConfirmed, noon
		}
		err := r.ConfirmLate(noon, today)
		if diff := cmp.Diff(want, r); !errors.Is(err, c.want) || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}
