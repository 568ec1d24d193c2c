package converse_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// on has it be 9 in the morning of a day.
func (b *boss) on(year int, month time.Month, day int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
}

func TestAnOwnersDatesThatHaveBegunAreThisYears(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	b.on(2027, time.January, 4)
	says(t, b.orders(t, "bloquear cabaña 2 del 3 al 5/1 pintura"), "ya pasó", "desde hoy", "Bloqueada Cabaña del Bosque", "lun 4/1 → mar 5/1", "pintura")
	if got := b.closed(t); got != "2 2027-01-04 2027-01-05 pintura" {
		t.Error(got)
	}
	says(t, b.orders(t, "libre 3/1 al 8/1"), "desde hoy", "lun 4/1 → vie 8/1 (4 noches)")
	says(t, b.orders(t, "bloquear lago del 1/1 al 3/1"), "ya pasaron")
	says(t, b.orders(t, "libre del 1/1 al 3/1"), "ya pasaron")
	if got := b.closed(t); strings.Contains(got, "2028") {
		t.Error(got)
	}
	says(t, b.orders(t, "desbloquear cabaña 2 del 3 al 5/1"), "¿Desbloqueo Cabaña del Bosque")
}

func TestDatesThatRolledOverFarAreAskedBackWithBothYears(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	b.on(2026, time.August, 20)
	told := b.orders(t, "bloquear lago del 3 al 5/5 pintura")
	says(t, told, "¿De qué año?", "2026", "2027")
	if got := b.closed(t); got != "" {
		t.Fatal(got)
	}
	says(t, b.press(t, marta, "Las de 2027"), "Bloqueada Cabaña del Lago", "pintura")
	if got := b.closed(t); got != "1 2027-05-03 2027-05-05 pintura" {
		t.Error(got)
	}
	b.orders(t, "bloquear bosque del 3 al 5/5")
	says(t, b.press(t, marta, "Las de 2026"), "ya pasaron")
	says(t, b.orders(t, "bloquear bosque del 3/6/2027 al 5/6/2027"), "Bloqueada") // who says the year is not asked for it
}

func TestMoreThanTwoWeeksAndDatesBackwardsAreAskedBack(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	says(t, b.orders(t, "bloquear lago del 1 al 15/1"), "Bloqueada") // 14 nights
	before := b.closed(t)
	says(t, b.orders(t, "bloquear lago del 1/2 al 16/2"), "¿Bloqueo", "15 noches")
	says(t, b.orders(t, "bloquear lago del 10 al 9/5"), "terminan antes de empezar")
	says(t, b.orders(t, "bloquear lago del 10/5 al 9/5"), "terminan antes de empezar")
	for _, month := range []time.Month{1, 4, 5} {
		for _, day := range []int{1, 8, 9, 10, 11, 27} {
			b.on(2027, month, day)
			b.orders(t, "bloquear lago del 10 al 9/5")
		}
	}
	if got := b.closed(t); got != before {
		t.Error(got)
	}
}

func TestAnOwnerIsNotToldTwiceOfWhatHeDid(t *testing.T) {
	t.Parallel()
	b := setupBoss(t)
	first, second := b.keep(t, 3, 8, booking.ApprovalNone), b.keep(t, 10, 12, booking.ApprovalNone)
	b.orders(t, "aprobar "+first)
	b.orders(t, "rechazar "+second)
	b.press(t, marta, "Sí, rechazar")
	for _, code := range []string{first, second} { // and nobody who looks at it later does
		if _, err := b.payments.Decide(t.Context(), code, "system", b.clock(), func(a payment.Account) (payment.Decision, error) {
			return payment.Settle(a, b.clock()), nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if got := list[string](t, b.bundle, `select kind from messages where recipient = 'owner' and status <> 'sent'`); len(got) != 0 {
		t.Errorf("he is told once more: %q", got)
	}
	if got := list[string](t, b.bundle, `select kind from messages where recipient = 'guest' and body is null order by id`); !slices.Equal(got, []string{"transfer_received", "cancelled_by_owner"}) {
		t.Errorf("guests are told %q", got)
	}
}
