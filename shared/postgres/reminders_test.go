package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// week is what most are asked for: the balance a week before.
var week = notice.ReminderRules{BalanceDays: 7, ReviewURL: "https://reviews.example/lake"}

// desk is a till with what reminds.
type desk struct {
	*till
	*postgres.Reminders
}

func setupDesk(t testing.TB) *desk {
	t.Helper()
	b := setupTill(t)
	return &desk{b, postgres.NewReminders(b.pool.Share(4), enqueueMany)}
}

// clockOfLake is when the clocks at the lake show a time of a day of December.
func clockOfLake(day, hour, minute int) time.Time {
	return time.Date(2026, 12, day, hour, minute, 0, 0, time.FixedZone("ART", -3*60*60))
}

// confirmed is a stay at the lake from one day of December to another, of which the deposit is paid.
func (b *desk) confirmed(t testing.TB, from, to int) *booking.Reservation {
	t.Helper()
	r := b.stay(t, civil.Nights{From: civil.New(2026, 12, from), To: civil.New(2026, 12, to)})
	b.exec(t, `update reservations set status = 'confirmed', confirmed_at = created_at, paid_amount = deposit_amount where code = $1`, r.Code)
	return r
}

// due are the codes of those to whom a kind is due.
func (b *desk) due(t testing.TB, kind notice.Kind, now time.Time) []string {
	t.Helper()
	found, err := b.Due(t.Context(), kind, week, now, 0, 100)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	codes := []string{}
	for _, r := range found {
		codes = append(codes, r.Code)
	}
	return codes
}

func (b *desk) write(t testing.TB, kind notice.Kind, now time.Time) int {
	t.Helper()
	n, err := b.Write(t.Context(), kind, week, now, 100)
	if err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	return n
}

func TestEachReminderOfAStayHasItsTime(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	b.confirmed(t, 14, 17) // from 14 h until 10 h
	for _, test := range []struct {
		kind notice.Kind
		at   time.Time
		want bool
	}{
		{notice.BalanceDue, clockOfLake(6, 21, 59), false},
		{notice.BalanceDue, clockOfLake(7, 8, 59), false}, // people sleep
		{notice.BalanceDue, clockOfLake(7, 9, 0), true},
		{notice.BalanceDue, clockOfLake(7, 21, 59), true},
		{notice.BalanceDue, clockOfLake(7, 22, 0), false},
		{notice.BalanceDue, clockOfLake(8, 3, 0), false},
		{notice.BalanceDue, clockOfLake(11, 21, 59), true},
		{notice.BalanceDue, clockOfLake(12, 9, 0), false}, // what is said of the arrival says it, too
		{notice.PreArrival, clockOfLake(11, 21, 59), false},
		{notice.PreArrival, clockOfLake(12, 8, 59), false},
		{notice.PreArrival, clockOfLake(12, 9, 0), true},
		{notice.PreArrival, clockOfLake(13, 23, 0), false},
		{notice.PreArrival, clockOfLake(14, 13, 59), true},
		{notice.PreArrival, clockOfLake(14, 14, 0), false}, // he is there
		{notice.DepartureDay, clockOfLake(16, 21, 0), false},
		{notice.DepartureDay, clockOfLake(17, 8, 59), false},
		{notice.DepartureDay, clockOfLake(17, 9, 0), true},
		{notice.DepartureDay, clockOfLake(17, 9, 59), true},
		{notice.DepartureDay, clockOfLake(17, 10, 0), false},
		{notice.ThanksReview, clockOfLake(17, 21, 0), false},
		{notice.ThanksReview, clockOfLake(18, 8, 59), false},
		{notice.ThanksReview, clockOfLake(18, 9, 0), true},
		{notice.ThanksReview, clockOfLake(20, 21, 59), true},
		{notice.ThanksReview, clockOfLake(21, 9, 0), false},
	} {
		if got := len(b.due(t, test.kind, test.at)) == 1; got != test.want {
			t.Errorf("%s at %s: %v", test.kind, test.at.Format("2 15:04"), got)
		}
	}
}

func TestAHoldIsRemindedOnceBetweenTwelveMinutesAndOneBeforeItsEnd(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	midnight := clockOfLake(2, 0, 0) // a hold may end while people sleep
	r := wish(b.Cabin, nights(10, 12))
	r.ExpiresAt = midnight.Add(booking.HoldFor)
	if err := b.Hold(t.Context(), r, "guest", booking.Answer{}, midnight); err != nil {
		t.Fatal(err)
	}
	for left, want := range map[time.Duration]bool{
		30 * time.Minute: false, 12*time.Minute + 1: false, 12*time.Minute - time.Second: true, 10 * time.Minute: true, 61 * time.Second: true,
		time.Minute: false, time.Second: false, 0: false, -time.Minute: false,
	} {
		if got := b.due(t, notice.HoldExpiring, r.ExpiresAt.Add(-left)); (len(got) == 1) != want {
			t.Errorf("%s before: %v", left, got)
		}
	}
	// Whenever the task comes, every ten minutes and a little late, it finds the hold once.
	for offset := range 10 {
		found := 0
		for run := range 5 {
			late := time.Duration(run%2) * 50 * time.Second
			found += len(b.due(t, notice.HoldExpiring, midnight.Add(time.Duration(offset+10*run)*time.Minute+late)))
		}
		if found == 0 || found > 2 { // a second time it would be written already
			t.Errorf("from minute %d on: found %d times", offset, found)
		}
	}
}

func TestAHoldThatNeedsNoPaymentNowIsLeftInPeace(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	soon := noon.Add(booking.HoldFor - 10*time.Minute)
	change := func(statement string) func(*booking.Reservation) {
		return func(r *booking.Reservation) { b.exec(t, statement, r.Code) }
	}
	for n, test := range []struct {
		what string
		make func(*booking.Reservation)
		want int
	}{
		{"an ordinary one", func(*booking.Reservation) {}, 1},
		{"some of it is paid", change(`update reservations set paid_amount = 1 where code = $1`), 1},
		{"it waits for the owner", change(`update reservations set approval = 'waiting' where code = $1`), 0},
		{"the owner has said yes", change(`update reservations set approval = 'approved' where code = $1`), 1},
		{"a payment is under way", func(r *booking.Reservation) {
			p := paid(r, 900, r.Deposit)
			p.Status = payment.InProcess
			b.settle(t, p, noon)
			b.exec(t, `update reservations set expires_at = $2 where code = $1`, r.Code, r.ExpiresAt)
		}, 0},
		{"a payment has failed", func(r *booking.Reservation) {
			p := paid(r, 901, r.Deposit)
			p.Status = payment.Rejected
			b.settle(t, p, noon)
		}, 1},
		{"he transfers it", func(r *booking.Reservation) {
			b.tell(t, r, "transfer:"+r.Code+":1", notice.TransferDetails, notice.Facts{})
		}, 0},
		{"it was made for ten minutes", change(`update reservations set created_at = expires_at - interval '14 minutes' where code = $1`), 0},
		{"it was made for a quarter of an hour", change(`update reservations set created_at = expires_at - interval '15 minutes' where code = $1`), 1},
		{"it was cancelled", change(`update reservations set status = 'cancelled' where code = $1`), 0},
		{"it has run out", change(`update reservations set status = 'expired' where code = $1`), 0},
		{"it was confirmed", change(`update reservations set status = 'confirmed' where code = $1`), 0},
	} {
		r := b.stay(t, nights(10*n+20, 10*n+22))
		before := b.due(t, notice.HoldExpiring, soon)
		test.make(r)
		got := 0
		for _, code := range b.due(t, notice.HoldExpiring, soon) {
			if code == r.Code {
				got++
			}
		}
		if got != test.want || !slices.Contains(before, r.Code) {
			t.Errorf("%s: due to %d, before that to %v", test.what, got, before)
		}
	}
}

func TestOnlyAStayThatTakesPlaceIsSpokenOf(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	times := map[notice.Kind]time.Time{
		notice.BalanceDue: clockOfLake(8, 12, 0), notice.PreArrival: clockOfLake(13, 12, 0),
		notice.DepartureDay: clockOfLake(17, 9, 30), notice.ThanksReview: clockOfLake(18, 12, 0),
	}
	r := b.confirmed(t, 14, 17)
	for status, want := range map[booking.Status][]notice.Kind{
		booking.StatusConfirmed: {notice.BalanceDue, notice.DepartureDay, notice.PreArrival, notice.ThanksReview},
		"completed":             {notice.ThanksReview},
		"no_show":               nil, "cancelled": nil, "expired": nil, booking.StatusPreReserved: nil,
	} {
		b.exec(t, `update reservations set status = $2 where code = $1`, r.Code, string(status))
		var got []notice.Kind
		for kind, at := range times {
			if len(b.due(t, kind, at)) == 1 {
				got = append(got, kind)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", status, got)
		}
	}
}

func TestTheBalanceIsAskedForWhereThereIsOne(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	r := b.confirmed(t, 20, 22)
	at := clockOfLake(15, 12, 0)
	with := func(days int, at time.Time) int {
		found, err := b.Due(t.Context(), notice.BalanceDue, notice.ReminderRules{BalanceDays: days}, at, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	for days, want := range map[int]int{0: 0, 1: 0, 4: 0, 5: 1, 7: 1, 90: 1} {
		if got := with(days, at); got != want {
			t.Errorf("%d days before: due to %d", days, got)
		}
	}
	if with(90, clockOfLake(1, 12, 0)) != 1 || with(1, clockOfLake(19, 12, 0)) != 1 || with(1, clockOfLake(20, 14, 0)) != 0 {
		t.Error("not as many days before arrival as was said")
	}
	p := paid(r, 902, r.Total-r.Deposit)
	p.Status = payment.Pending
	b.settle(t, p, noon)
	if with(7, at) != 0 {
		t.Error("he is about to pay")
	}
	b.exec(t, `update payments set status = 'cancelled'`)
	if with(7, at) != 1 {
		t.Error("he was about to pay, and has not")
	}
	b.exec(t, `update reservations set paid_amount = total_price`)
	if with(7, at) != 0 {
		t.Error("all of it is paid")
	}
}

func TestWhoBooksForTomorrowIsToldInTheMorning(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	b.confirmed(t, 9, 11)
	for _, test := range []struct {
		at   time.Time
		want int
	}{{clockOfLake(8, 23, 10), 0}, {clockOfLake(9, 2, 0), 0}, {clockOfLake(9, 8, 50), 0}, {clockOfLake(9, 9, 0), 1}, {clockOfLake(9, 9, 10), 0}} {
		if got := b.write(t, notice.PreArrival, test.at); got != test.want {
			t.Errorf("%s: %d", test.at, got)
		}
		if got := b.write(t, notice.BalanceDue, test.at); got != 0 {
			t.Errorf("%s: the balance %d times: what is said of the arrival says it, too", test.at, got)
		}
	}
}

func TestWhoLeavesBeforePeopleAreUpIsToldTheEveningBefore(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	b.exec(t, `update accommodations set check_out_time = '08:00'`)
	b.confirmed(t, 14, 17)
	for at, want := range map[time.Time]int{
		clockOfLake(16, 17, 59): 0, clockOfLake(16, 18, 0): 1, clockOfLake(16, 21, 59): 1, clockOfLake(16, 22, 0): 0, clockOfLake(17, 9, 0): 0,
	} {
		if got := len(b.due(t, notice.DepartureDay, at)); got != want {
			t.Errorf("%s: %d", at, got)
		}
	}
}

func TestEveryCabinHasItsOwnDay(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	b.exec(t, `update accommodations set timezone = 'Pacific/Auckland'`)
	b.confirmed(t, 14, 17)
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Fatal(err)
	}
	for hour, want := range map[int]int{8: 0, 9: 1, 21: 1, 22: 0} {
		if got := len(b.due(t, notice.PreArrival, time.Date(2026, 12, 12, hour, 0, 0, 0, auckland))); got != want {
			t.Errorf("at %d h: %d", hour, got)
		}
	}
}

func TestAReminderIsWrittenOnceForTheDatesOfAStay(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	r := b.confirmed(t, 14, 17)
	at := clockOfLake(13, 12, 0)
	var wrote atomic.Int32
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			n, err := b.Write(t.Context(), notice.PreArrival, week, at, 100)
			if err != nil {
				t.Error(err)
			}
			wrote.Add(int32(n))
		})
	}
	wait.Wait()
	if b.write(t, notice.PreArrival, at.Add(10*time.Minute)); wrote.Load() != 1 {
		t.Errorf("written %d times", wrote.Load())
	}
	id := one[int64](t, b.bundle, `select id from messages`)
	if got := b.jobs(t); len(got) != 1 || got[0] != fmt.Sprintf(`notice_deliver {"message_id": %d}`, id) {
		t.Errorf("jobs %v", got)
	}
	if key := one[string](t, b.bundle, `select dedupe_key from messages`); key != "remind:pre_arrival:"+r.Code+":2026-12-14" {
		t.Errorf("key %q", key)
	}
	b.exec(t, `update reservations set check_in = check_in + 1, check_out = check_out + 1`)
	if n := b.write(t, notice.PreArrival, at); n != 1 {
		t.Errorf("of the new dates he was told %d times", n)
	}
	// A stay that is made longer ends on another day, and its guest is told of that.
	morning := clockOfLake(18, 9, 10)
	if n := b.write(t, notice.DepartureDay, morning); n != 1 {
		t.Errorf("told %d times", n)
	}
	b.exec(t, `update reservations set check_out = check_out + 1`)
	if again, later := b.write(t, notice.DepartureDay, morning), b.write(t, notice.DepartureDay, morning.AddDate(0, 0, 1)); again != 0 || later != 1 {
		t.Errorf("told %d times that day, %d times the next", again, later)
	}
}

func TestAReminderKnowsWhatItIsAboutAndWhenItIsTooLate(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	stay := b.confirmed(t, 14, 17)
	hold := b.stay(t, nights(40, 42))
	for _, test := range []struct {
		kind    notice.Kind
		at      time.Time
		code    string
		tooLate time.Time
	}{
		{notice.HoldExpiring, hold.ExpiresAt.Add(-10 * time.Minute), hold.Code, hold.ExpiresAt.Add(-time.Minute)},
		{notice.BalanceDue, clockOfLake(8, 12, 0), stay.Code, clockOfLake(12, 0, 0)},
		{notice.PreArrival, clockOfLake(12, 12, 0), stay.Code, clockOfLake(14, 14, 0)},
		{notice.DepartureDay, clockOfLake(17, 9, 0), stay.Code, clockOfLake(17, 10, 0)},
		{notice.ThanksReview, clockOfLake(18, 9, 0), stay.Code, clockOfLake(21, 0, 0)},
	} {
		b.write(t, test.kind, test.at)
		d, _ := b.claim(t, one[int64](t, b.bundle, `select id from messages where kind = $1`, string(test.kind)), test.at)
		if d.Code != test.code || d.Recipient != notice.Guest || d.To != "ana@example.com" || !d.CreatedAt.Equal(test.at) || !d.Facts.NotAfter.Equal(test.tooLate) {
			t.Errorf("%s: %+v", test.kind, d)
		}
		m := notice.Render(notice.Spanish, d.Kind, d.Facts)
		if !strings.HasPrefix(m.Text, "Hola Ana, ") || !strings.Contains(m.Subject, "Lake") {
			t.Errorf("%s: %+v", test.kind, m)
		}
		switch test.kind {
		case notice.HoldExpiring:
			if !d.Facts.Until.Equal(hold.ExpiresAt) || !strings.Contains(m.Text, "hasta las 9:30 h") {
				t.Errorf("until %s: %s", d.Facts.Until, m.Text)
			}
		case notice.ThanksReview:
			if d.Facts.Links.Review != week.ReviewURL || !strings.Contains(m.Text, week.ReviewURL) {
				t.Errorf("%+v", d.Facts.Links)
			}
		default:
		}
	}
}

func TestRemindersComeInPages(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	for range 5 {
		b.Cabin = b.cabin(t)
		b.confirmed(t, 14, 17)
	}
	at := clockOfLake(13, 12, 0)
	after, pages := int64(0), 0
	for seen := 0; seen < 5; pages++ {
		found, err := b.Due(t.Context(), notice.PreArrival, week, at, after, 2)
		if err != nil || len(found) == 0 || len(found) > 2 || found[0].ReservationID <= after {
			t.Fatalf("%+v %v", found, err)
		}
		seen, after = seen+len(found), found[len(found)-1].ReservationID
	}
	if pages != 3 || len(b.jobs(t)) != 0 {
		t.Errorf("%d pages, jobs %v", pages, b.jobs(t))
	}
	var wrote []int
	for range 4 {
		n, err := b.Write(t.Context(), notice.PreArrival, week, at, 2)
		if err != nil {
			t.Fatal(err)
		}
		wrote = append(wrote, n)
	}
	if !slices.Equal(wrote, []int{2, 2, 1, 0}) || len(b.jobs(t)) != 5 {
		t.Errorf("wrote %v, jobs %v", wrote, b.jobs(t))
	}
	if _, err := b.Write(t.Context(), notice.Confirmed, week, at, 2); err == nil {
		t.Error("what is no reminder was written")
	}
}

// TestRemindersComeWhenTheCabinsClockSaysSo holds the statements against the same rules, reckoned otherwise.
func TestRemindersComeWhenTheCabinsClockSaysSo(t *testing.T) {
	t.Parallel()
	b := setupDesk(t)
	b.confirmed(t, 14, 15)
	rapid.Check(t, func(rt *rapid.T) {
		zone := rapid.SampledFrom([]string{"America/Argentina/Ushuaia", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "America/New_York", "UTC"}).Draw(rt, "zone")
		place, err := time.LoadLocation(zone)
		if err != nil {
			rt.Fatal(err)
		}
		first := time.Date(2027, 3, rapid.IntRange(1, 28).Draw(rt, "day"), 0, 0, 0, 0, place) // clocks are changed this month
		long := rapid.IntRange(1, 20).Draw(rt, "nights")
		in, out := rapid.IntRange(0, 23).Draw(rt, "in"), rapid.IntRange(0, 23).Draw(rt, "out")
		days := rapid.IntRange(0, 30).Draw(rt, "days")
		b.exec(t, `update accommodations set timezone = $1, check_in_time = make_time($2, 0, 0), check_out_time = make_time($3, 30, 0)`, zone, in, out)
		b.exec(t, `update reservations set check_in = $1::date, check_out = $1::date + $2::integer`, first.Format(time.DateOnly), long)
		now := first.Add(time.Duration(rapid.IntRange(-33*24*4, 30*24*4).Draw(rt, "quarters")) * 15 * time.Minute)
		at := func(day, hour, minute int) time.Time {
			return time.Date(first.Year(), first.Month(), first.Day()+day, hour, minute, 0, 0, place)
		}
		hour := now.In(place).Hour()
		within := func(from, until time.Time) bool {
			return !now.Before(from) && now.Before(until) && hour >= 9 && hour < 22
		}
		balanceUntil, leaves := at(-2, 0, 0), at(long, 0, 0)
		if days <= 2 {
			balanceUntil = at(0, in, 0)
		}
		if out < 9 {
			leaves = at(long-1, 18, 0)
		}
		for kind, want := range map[notice.Kind]bool{
			notice.BalanceDue:   days > 0 && within(at(-days, 0, 0), balanceUntil),
			notice.PreArrival:   within(at(-2, 0, 0), at(0, in, 0)),
			notice.DepartureDay: within(leaves, at(long, out, 30)),
			notice.ThanksReview: within(at(long+1, 0, 0), at(long+4, 0, 0)),
		} {
			found, err := b.Due(t.Context(), kind, notice.ReminderRules{BalanceDays: days}, now, 0, 10)
			if err != nil || (len(found) == 1) != want {
				rt.Fatalf("%s at %s: due to %d, want %v (%v)", kind, now.In(place), len(found), want, err)
			}
		}
	})
}
