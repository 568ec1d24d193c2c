package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// state is what a reservation's row says of it and its money.
func (b *till) state(t testing.TB, code string) string {
	t.Helper()
	return one[string](t, b.bundle, `select concat_ws(' ', status, payment_status, paid_amount) from reservations where code = $1`, code)
}

// kinds are the messages about a reservation, in order.
func (b *till) kinds(t testing.TB, code string) []string {
	t.Helper()
	return list[string](t, b.bundle, `select kind from messages m join reservations r on r.id = m.reservation_id where r.code = $1 order by kind`, code)
}

func TestADepositConfirmsALiveHold(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	e, job := event("a", "143")
	b.accept(t, e, job)
	d := b.settle(t, paid(r, 143, r.Deposit), noon.Add(time.Minute))
	if d.Reservation.Status != booking.StatusConfirmed || !d.Reservation.ConfirmedAt.Equal(noon.Add(time.Minute)) || d.Flag != "" {
		t.Errorf("%+v", d.Reservation)
	}
	if got := b.state(t, r.Code); got != "confirmed partially_paid 10200.00" {
		t.Error(got)
	}
	if diff := cmp.Diff([]string{"confirmed", "owner_confirmed"}, b.kinds(t, r.Code)); diff != "" {
		t.Error(diff)
	}
	if jobs := b.jobs(t); len(jobs) != 3 || !strings.HasPrefix(jobs[1], "notice_deliver ") || !strings.HasPrefix(jobs[2], "notice_deliver ") {
		t.Errorf("jobs %v", jobs)
	}
	if events := b.events(t, r.Code); !slices.Contains(events, "mercadopago confirmed") || !slices.Contains(events, "mercadopago paid") {
		t.Errorf("history %v", events)
	}
	if outcome := one[string](t, b.bundle, `select outcome from inbox where settled_at is not null`); outcome != "approved" {
		t.Errorf("outcome %s", outcome)
	}
	b.balanced(t)
}

func TestTheSameNewsDecidesNothingNew(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	p := paid(r, 143, r.Deposit)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := b.Payments.Settle(t.Context(), p, noon.Add(time.Minute)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	before := everything(t, b.operator)
	if d := b.settle(t, p, noon.Add(2*time.Minute)); !d.Empty() {
		t.Errorf("%+v", d)
	}
	late := p
	late.Status, late.LastUpdated = payment.Pending, noon.Add(-time.Minute)
	if d := b.settle(t, late, noon.Add(3*time.Minute)); !d.Empty() {
		t.Errorf("what is old has moved something: %+v", d)
	}
	expectSame(t, everything(t, b.operator), before)
	if got := b.kinds(t, r.Code); len(got) != 2 {
		t.Errorf("messages %v", got)
	}
	b.balanced(t)
}

func TestAnEventThatCameAfterTheLookIsNotSettledByIt(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	for n, at := range []time.Time{noon, noon.Add(time.Minute), noon.Add(time.Minute + time.Second)} {
		e, job := event(fmt.Sprint("n", n), "143")
		e.At = at
		b.accept(t, e, job)
	}
	b.settle(t, paid(r, 143, r.Deposit), noon.Add(time.Minute))
	if got := list[string](t, b.bundle, `select event_id from inbox where settled_at is null`); len(got) != 1 || got[0] != "n2" {
		t.Errorf("unsettled %v", got)
	}
}

// TestALatePaymentAndAnotherGuestNeverGetTheSameNights has both come at the same instant, many times.
func TestALatePaymentAndAnotherGuestNeverGetTheSameNights(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	late, won := noon.Add(time.Hour), 0
	for n := range 30 {
		stay := nights(3+3*n, 6+3*n)
		r := b.stay(t, stay)
		var wg sync.WaitGroup
		var taken error
		wg.Go(func() {
			if _, err := b.Payments.Settle(t.Context(), paid(r, 1000+n, r.Deposit), late); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			other := wish(b.Cabin, stay)
			other.ExpiresAt = late.Add(booking.HoldFor)
			taken = b.Hold(t.Context(), other, "guest", booking.Answer{}, late)
		})
		wg.Wait()
		if taken != nil && !errors.Is(taken, booking.ErrTaken) {
			t.Fatal(taken)
		}
		want := "confirmed partially_paid 10200.00"
		if taken == nil {
			want = "expired partially_paid 10200.00" // until it has gone back
			won++
		}
		if got := b.state(t, r.Code); got != want {
			t.Errorf("%s, and the other's hold: %v", got, taken)
		}
		if refunds := one[int](t, b.bundle, `select count(*) from refunds f join payments p on p.id = f.payment_id where p.provider_id = $1 and f.amount = 10200`, fmt.Sprint(1000+n)); refunds != map[bool]int{true: 1}[taken == nil] {
			t.Errorf("%d refunds, %v", refunds, taken)
		}
	}
	t.Logf("the other guest won %d times of 30", won)
	b.balanced(t)
}

func TestALatePaymentMakesRoomAmongOverdueHolds(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	first := b.stay(t, nights(3, 6))
	b.exec(t, `update reservations set status = 'expired'`)
	b.row(t, b.Cabin, nights(4, 8), booking.StatusPreReserved, noon.Add(40*time.Minute)) // overdue by then, and nobody has said so
	d := b.settle(t, paid(first, 143, first.Total), noon.Add(time.Hour))
	if d.Reservation.Status != booking.StatusConfirmed {
		t.Errorf("%+v", d.Reservation)
	}
	if got := list[string](t, b.bundle, `select status from reservations order by id`); !slices.Equal(got, []string{"confirmed", "expired"}) {
		t.Errorf("statuses %v", got)
	}
	b.balanced(t)
}

func TestNightsThatAChannelHasSoldAreNotConfirmedLate(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	if _, err := b.Calendars.Close(t.Context(), b.Cabin, nights(5, 9), "", noon.Add(50*time.Minute)); err != nil {
		t.Fatal(err)
	}
	d := b.settle(t, paid(r, 143, r.Deposit), noon.Add(time.Hour))
	if d.Reservation.Status.Live() || len(d.Refunds) != 1 {
		t.Errorf("%+v", d)
	}
	b.balanced(t)
}

func TestAPaymentOfNobodyIsKeptAndTold(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := wish(b.Cabin, nights(3, 6)) // which is not there
	r.Code = "cabin\x00 \xff" + strings.Repeat("x", 400)
	p := paid(r, 143, 1000)
	for range 2 {
		d := b.settle(t, p, noon)
		if d.Reservation.ID != 0 {
			t.Errorf("%+v", d)
		}
	}
	if got := one[string](t, b.bundle, `select concat_ws(' ', status, flag, reservation_id) from payments`); got != "approved unknown_reference" {
		t.Error(got)
	}
	if got := list[string](t, b.bundle, `select kind from messages`); !slices.Equal(got, []string{"owner_unknown_reference"}) {
		t.Errorf("messages %v", got)
	}
	flagged, err := b.Payments.List(t.Context(), true, 0, 10)
	if err != nil || len(flagged) != 1 || flagged[0].ID != "143" || flagged[0].Flag != payment.FlagUnknownReference {
		t.Errorf("%+v, %v", flagged, err)
	}
}

func TestTransfersAndCashAreReceivedOnce(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r, other := b.stay(t, nights(3, 6)), b.stay(t, nights(6, 8))
	receive := func(code, provider string, amount money.Cents, key string) (payment.Outcome, error) {
		return b.Payments.Receive(t.Context(), code, provider, amount, "por alias", "admin:marta@example.com", key, noon.Add(time.Minute))
	}
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if out, err := receive(r.Code, payment.Transfer, r.Deposit, "k"); err != nil || out.Reservation.Status != booking.StatusConfirmed || out.Terms.AccommodationName == "" {
				t.Errorf("%+v, %v", out, err)
			}
		})
	}
	wg.Wait()
	if got := b.state(t, r.Code); got != "confirmed partially_paid 10200.00" {
		t.Error(got)
	}
	for _, err := range []error{
		second(receive(r.Code, payment.Transfer, r.Deposit+1, "k")), second(receive(other.Code, payment.Transfer, r.Deposit, "k")),
		second(receive(r.Code, payment.Cash, r.Deposit, "k")), second(receive(other.Code, payment.Cash, r.Deposit, "k")),
	} {
		if !errors.Is(err, payment.ErrKeyUsed) {
			t.Errorf("got %v", err)
		}
	}
	for _, err := range []error{
		second(receive(r.Code, payment.MercadoPago, 1, "x")), second(receive(r.Code, "", 1, "x")), second(receive(r.Code, payment.Cash, 0, "x")),
		second(receive(r.Code, payment.Cash, -1, "x")), second(receive(r.Code, payment.Cash, money.Max+1, "x")),
	} {
		if !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("got %v", err)
		}
	}
	if err := second(receive("NOBODY", payment.Cash, 1, "y")); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	for range 2 {
		if err := second(receive(r.Code, payment.Cash, 100, "")); err != nil {
			t.Error(err)
		}
	}
	book, err := b.Payments.Book(t.Context(), r.Code)
	if err != nil || len(book.Payments) != 3 || book.Payments[0].Note != "por alias" || book.Payments[0].By != "admin:marta@example.com" || book.Reservation.Paid != r.Deposit+200 {
		t.Errorf("%+v, %v", book, err)
	}
	b.balanced(t)
}

// TestOneKeyOfTwoProvidersAtOnceIsOnePayment: whoever sends the same form twice, and has changed his mind in between.
func TestOneKeyOfTwoProvidersAtOnceIsOnePayment(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r, other := b.stay(t, nights(3, 6)), b.stay(t, nights(6, 8))
	var wg sync.WaitGroup
	var taken atomic.Int32
	for _, code := range []string{r.Code, other.Code} {
		for _, provider := range []string{payment.Transfer, payment.Cash} {
			wg.Go(func() {
				switch _, err := b.Payments.Receive(t.Context(), code, provider, 100, "", "admin:marta@example.com", "k", noon); {
				case err == nil:
					taken.Add(1)
				case !errors.Is(err, payment.ErrKeyUsed):
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if n := one[int](t, b.bundle, `select count(*) from payments`); n != 1 || taken.Load() != 1 {
		t.Errorf("%d payments, %d taken", n, taken.Load())
	}
	b.balanced(t)
}

func second[T any](_ T, err error) error { return err }

func TestACancellationGivesBackWhatThePolicySays(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	b.exec(t, `update accommodations set cancellation_policy = 'custom', cancellation_steps = '[{"days_before": 2, "percent": 75}]'`)
	r := b.stay(t, nights(3, 6))
	b.settle(t, paid(r, 143, r.Deposit), noon)
	before := everything(t, b.operator)
	preview, out, err := b.Payments.CancelPreview(t.Context(), r.Code, payment.ByGuest, nil, noon)
	if err != nil || preview.Refund != 765000 || preview.Kept != 255000 || out.Reservation.Status != booking.StatusConfirmed {
		t.Errorf("%+v, %v", preview, err)
	}
	expectSame(t, everything(t, b.operator), before)
	out, err = b.Payments.Cancel(t.Context(), r.Code, payment.ByGuest, "guest", "me enfermé", nil, noon.Add(time.Minute))
	if err != nil || out.Reservation.Status != booking.StatusCancelled || out.Reservation.Kept == nil || *out.Reservation.Kept != 255000 {
		t.Errorf("%+v, %v", out, err)
	}
	if got := one[string](t, b.bundle, `select concat_ws(' ', amount, reason, state, by_hand, asked_by) from refunds`); got != "7650.00 cancelled queued f guest" {
		t.Error(got)
	}
	if _, err := b.Payments.Cancel(t.Context(), r.Code, payment.ByGuest, "guest", "", nil, noon.Add(time.Minute)); !errors.Is(err, booking.ErrInvalidState) {
		t.Errorf("got %v", err)
	}
	if found, _, err := b.Reservation(t.Context(), r.Code); err != nil || found.Kept == nil || *found.Kept != 255000 || found.CancelReason != "me enfermé" {
		t.Errorf("%+v, %v", found, err)
	}
	if jobs := b.jobs(t); !slices.ContainsFunc(jobs, func(job string) bool { return strings.HasPrefix(job, "payment_return ") }) {
		t.Errorf("jobs %v", jobs)
	}
	if strings.Contains(strings.Join(list[string](t, b.bundle, `select details::text from reservation_events`), " "), "enfermé") {
		t.Error("what a guest wrote is in the history")
	}
	b.balanced(t)
}

func TestWhatARuleRefusesIsNotWritten(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	b.exec(t, `update reservations set paid_amount = 1`)
	before := everything(t, b.operator)
	no := errors.New("no")
	_, err := b.Payments.Decide(t.Context(), r.Code, "guest", noon, func(a payment.Account) (payment.Decision, error) {
		return payment.Decision{Reservation: a.Reservation, Changed: true, Events: []payment.Event{{Name: "x"}}}, no
	})
	if !errors.Is(err, no) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Payments.Decide(t.Context(), "NOBODY", "guest", noon, nil); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	expectSame(t, everything(t, b.operator), before)
}

func TestReservationsThatWaitForAPayment(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	var codes []string
	for n := range 5 {
		r := b.stay(t, nights(3+n, 4+n))
		codes = append(codes, r.Code)
		o := b.open(t, r.Code, payment.Deposit, noon)
		if n != 1 { // of that one nobody knows whether there is a page
			if err := b.Checkouts.Store(t.Context(), o.ID, payment.Link{ID: fmt.Sprint("p", n), InitPoint: "https://pay.example"}); err != nil {
				t.Fatal(err)
			}
		}
		if n == 2 {
			p := paid(r, 143, r.Deposit)
			p.Status, p.StatusDetail, p.DateApproved = payment.Pending, "", time.Time{}
			b.settle(t, p, noon)
		}
	}
	var found []string
	after := int64(0)
	for {
		page, err := b.Payments.Waiting(t.Context(), noon, noon, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, w := range page {
			found = append(found, w.Code)
			after = w.ReservationID
			if w.Code == codes[2] && (len(w.Known) != 1 || w.Known[0].ID != "143" || w.Known[0].Status != payment.Pending || !w.Known[0].LastUpdated.Equal(noon)) {
				t.Errorf("%+v", w)
			}
		}
	}
	if diff := cmp.Diff(codes, found); diff != "" {
		t.Error(diff)
	}
	old, err := b.Payments.Waiting(t.Context(), noon.Add(time.Hour), noon, 0, 10)
	if err != nil || len(old) != 1 || old[0].Code != codes[2] {
		t.Errorf("only what is undecided waits longer: %+v, %v", old, err)
	}
	if older, err := b.Payments.Waiting(t.Context(), noon.Add(time.Hour), noon.Add(time.Second), 0, 10); err != nil || len(older) != 0 {
		t.Errorf("and not for ever: %+v, %v", older, err)
	}
}

func TestInProductionTestPaymentsConfirmNothing(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	b.Payments = postgres.NewPayments(b.pool.Share(2), enqueue, postgres.Rules{Production: true})
	r := b.stay(t, nights(3, 6))
	p := paid(r, 143, r.Deposit)
	p.Live = false
	if d := b.settle(t, p, noon); d.Reservation.Status != booking.StatusPreReserved || d.Flag != payment.FlagTestPayment {
		t.Errorf("%+v", d)
	}
	if flag := one[string](t, b.bundle, `select flag from payments`); flag != "test_payment" {
		t.Error(flag)
	}
	b.balanced(t)
}

func TestNeitherChangeNorJobWithoutTheOther(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	before := everything(t, b.operator)
	b.exec(t, `alter table jobs add check (kind <> 'notice_deliver')`)
	if _, err := b.Payments.Settle(t.Context(), paid(r, 143, r.Deposit), noon); err == nil {
		t.Error("no error")
	}
	b.exec(t, `alter table jobs drop constraint jobs_kind_check`)
	after := everything(t, b.operator)
	delete(before, "sequences") // they do not go back
	delete(after, "sequences")
	expectSame(t, after, before)
	if d := b.settle(t, paid(r, 143, r.Deposit), noon); d.Empty() {
		t.Error("it was not kept")
	}
}

func TestAFolioIsWhatAGuestMaySee(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	b.exec(t, `update accommodations set address = 'Ruta 40', transfer_alias = 'lago.azul'`)
	r := b.stay(t, nights(3, 6))
	b.settle(t, paid(r, 143, r.Total+500), noon)
	f, err := b.Payments.Folio(t.Context(), r.Code)
	if err != nil || f.Reservation.Code != r.Code || f.Facts.Place != "Ruta 40" || f.Facts.Transfer.Alias != "lago.azul" || len(f.Payments) != 1 ||
		len(f.Returned) != 1 || f.Returned[0].Amount != 500 || f.TransferBegun || f.Terms.AccommodationName != "Lake" {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := b.Payments.Decide(t.Context(), r.Code, "guest", noon, func(a payment.Account) (payment.Decision, error) {
		return payment.Decision{Reservation: a.Reservation, Messages: []payment.Message{{Kind: "transfer_details", Key: "transfer:" + r.Code + ":1"}}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if f, err = b.Payments.Folio(t.Context(), r.Code); err != nil || !f.TransferBegun {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := b.Payments.Folio(t.Context(), "NOBODY"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Payments.Book(t.Context(), "NOBODY"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestTheLedgerCannotBeRewritten(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	b.settle(t, paid(r, 143, r.Deposit), noon)
	for _, change := range []string{`update ledger set amount = 1`, `delete from ledger`} {
		b.refused(t, change, "P0001")
	}
}
