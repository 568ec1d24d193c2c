package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// tell writes a message about a reservation, as a decision does, and returns its id.
func (b *till) tell(t *testing.T, r *booking.Reservation, key string, kind notice.Kind, f notice.Facts) int64 {
	t.Helper()
	_, err := b.Payments.Decide(t.Context(), r.Code, "system", noon, func(a payment.Account) (payment.Decision, error) {
		return payment.Decision{Reservation: a.Reservation, Messages: []payment.Message{{Kind: kind, Key: key, Facts: f}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return one[int64](t, b.bundle, `select id from messages where dedupe_key = $1`, key)
}

func (b *till) claim(t *testing.T, id int64, now time.Time) (notice.Delivery, bool) {
	t.Helper()
	d, claimed, err := b.Messages.Claim(t.Context(), id, now)
	if err != nil {
		t.Fatal(err)
	}
	return d, claimed
}

func TestAMessageSaysWhatWasTrueThenAndWhoIsWhereNow(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	b.exec(t, `update accommodations set check_in_time = '15:30', address = 'Ruta 40 km 1', host_name = 'Marta', host_phone = '+5492944000000',
		transfer_alias = 'lago.azul', timezone = 'America/Argentina/Cordoba'`)
	r := b.stay(t, nights(3, 6))
	id := b.tell(t, r, "a", notice.Confirmed, notice.Facts{Now: noon, Code: r.Code, Amount: 1020000, Paid: 1020000, Total: r.Total, Currency: "ARS", Zone: time.UTC})
	b.exec(t, `update reservations set contact_name = 'Ana María', paid_amount = 34000`)
	d, claimed := b.claim(t, id, noon)
	f := d.Facts
	if !claimed || d.To != "ana@example.com" || d.Kind != notice.Confirmed || d.Recipient != notice.Guest || d.Code != r.Code || d.Status != "queued" || d.Attempts != 1 {
		t.Errorf("%v %+v", claimed, d)
	}
	if f.Amount != 1020000 || f.Paid != 1020000 || f.Deposit != r.Deposit || f.Contact.Name != "Ana María" || f.Cabin != "Lake" || f.Stay != r.Stay ||
		f.CheckIn != 15*time.Hour+30*time.Minute || f.CheckOut != 10*time.Hour || f.Place != "Ruta 40 km 1" || f.HostName != "Marta" ||
		f.Transfer.Alias != "lago.azul" || f.Zone.String() != "America/Argentina/Cordoba" || !f.Now.Equal(noon) {
		t.Errorf("%+v", f)
	}
	if stored := one[string](t, b.bundle, `select facts::text from messages`); len(stored) > 200 {
		t.Errorf("stored %s", stored)
	}
}

func TestAMessageIsWrittenOnceAndTakenByOne(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	id := b.tell(t, r, "a", notice.Confirmed, notice.Facts{Now: noon})
	b.tell(t, r, "a", notice.Confirmed, notice.Facts{Now: noon})
	if got := b.jobs(t); len(got) != 1 || got[0] != fmt.Sprintf(`notice_deliver {"message_id": %d}`, id) {
		t.Errorf("jobs %v", got)
	}
	var takers atomic.Int32
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, claimed, err := b.Messages.Claim(t.Context(), id, noon); err != nil || claimed {
				takers.Add(1)
			}
		})
	}
	wg.Wait()
	if takers.Load() != 1 {
		t.Errorf("%d took it", takers.Load())
	}
	if _, claimed := b.claim(t, id, noon.Add(2*time.Minute)); !claimed {
		t.Error("whoever took it never came back")
	}
	if err := b.Messages.Sent(t.Context(), id, "<1@smtp>", noon); err != nil {
		t.Fatal(err)
	}
	d, claimed := b.claim(t, id, noon.Add(time.Hour))
	if claimed || d.Status != "sent" || !d.SentAt.Equal(noon) {
		t.Errorf("%v %+v", claimed, d)
	}
	if err := b.Messages.Failed(t.Context(), id, "temporary", time.Time{}, noon); err != nil {
		t.Fatal(err)
	}
	if d, _ := b.claim(t, id, noon); d.Status != "sent" {
		t.Errorf("%+v", d)
	}
	if _, _, err := b.Messages.Claim(t.Context(), 999, noon); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestAMessageThatFailsIsTriedAgainAndGivenUpInTheEnd(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r := b.stay(t, nights(3, 6))
	id := b.tell(t, r, "a", notice.OwnerConfirmed, notice.Facts{Now: noon})
	b.claim(t, id, noon)
	if err := b.Messages.Failed(t.Context(), id, "temporary", noon.Add(time.Minute), noon); err != nil {
		t.Fatal(err)
	}
	if _, claimed := b.claim(t, id, noon.Add(59*time.Second)); claimed {
		t.Error("too early")
	}
	if due, err := b.Messages.Due(t.Context(), noon.Add(time.Minute), 10); err != nil || len(due) != 1 || due[0] != id {
		t.Errorf("%v, %v", due, err)
	}
	d, claimed := b.claim(t, id, noon.Add(time.Minute))
	if !claimed || d.Status != "failed" || d.LastError != "temporary" || d.Attempts != 2 || d.To != "" || d.Channel != "email" || !d.FirstAttempt.Equal(noon) {
		t.Errorf("%v %+v", claimed, d)
	}
	if err := b.Messages.Again(t.Context(), id, noon); !errors.Is(err, notice.ErrNotGivenUp) {
		t.Errorf("got %v", err)
	}
	if err := b.Messages.Failed(t.Context(), id, "refused", time.Time{}, noon); err != nil {
		t.Fatal(err)
	}
	if _, claimed := b.claim(t, id, noon.Add(24*time.Hour)); claimed {
		t.Error("it was given up")
	}
	if list, err := b.Messages.List(t.Context(), "", "given_up", 0, 10); err != nil || len(list) != 1 || list[0].LastError != "refused" {
		t.Errorf("%+v, %v", list, err)
	}
	if err := b.Messages.Again(t.Context(), id, noon.Add(24*time.Hour)); err != nil || len(b.jobs(t)) != 2 {
		t.Errorf("%v, jobs %v", err, b.jobs(t))
	}
	if d, claimed := b.claim(t, id, noon.Add(24*time.Hour)); !claimed || !d.FirstAttempt.Equal(noon.Add(24*time.Hour)) {
		t.Errorf("it is to be sent as if it had never been tried: %v %+v", claimed, d)
	}
}

func TestMessagesComeInPagesTheNewestFirst(t *testing.T) {
	t.Parallel()
	b := setupTill(t)
	r, other := b.stay(t, nights(3, 6)), b.stay(t, nights(6, 8))
	for n := range 5 {
		b.tell(t, r, fmt.Sprint("a", n), notice.Confirmed, notice.Facts{Now: noon})
	}
	b.tell(t, other, "b", notice.Confirmed, notice.Facts{Now: noon})
	before, found := int64(0), 0
	for {
		page, err := b.Messages.List(t.Context(), r.Code, "", before, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, d := range page {
			if want := fmt.Sprint("a", 4-found); d.DedupeKey != want {
				t.Errorf("%s, want %s", d.DedupeKey, want)
			}
			found++
			before = d.ID
		}
	}
	if found != 5 {
		t.Errorf("%d found", found)
	}
}
