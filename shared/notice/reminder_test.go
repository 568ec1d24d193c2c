package notice_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/notice"
)

func TestAReminderSaysOnlyWhatIsStillTrue(t *testing.T) {
	t.Parallel()
	morning := time.Date(2026, 12, 7, 12, 0, 0, 0, time.UTC) // 9 h in Argentina, the day of departure
	tests := []struct {
		what      string
		kind      notice.Kind
		change    func(*notice.Facts)
		says, not string
	}{
		{"nothing of the deposit is there", notice.HoldExpiring, func(f *notice.Facts) { f.Paid = 0 }, "Pagar la seña de $ 102.000", "falta"},
		{"some of it is there", notice.HoldExpiring, func(f *notice.Facts) { f.Paid = 100 }, "Pagar lo que falta de la seña", "$ 102.000"},
		{"he has paid since", notice.BalanceDue, func(f *notice.Facts) { f.Paid = f.Total }, "Está todo pago", "Pagar el saldo"},
		{"nothing is owed on arrival", notice.PreArrival, func(f *notice.Facts) { f.Paid = f.Total }, "Ya está todo pago", "Quedan"},
		{"nobody says where it is", notice.PreArrival, func(f *notice.Facts) { f.Place, f.Links.Map = "", "" }, "desde las 14 h", "Cómo llegar"},
		{"that very day", notice.DepartureDay, func(f *notice.Facts) { f.Now = morning }, "La salida es hasta las 10 h.", "lun"},
		{"the evening before", notice.DepartureDay, func(f *notice.Facts) {
			f.Now, f.CheckOut = morning.Add(-14*time.Hour), 8*time.Hour
		}, "La salida es hasta mañana a las 8 h.", "lun"},
		{"nobody says until when", notice.DepartureDay, func(f *notice.Facts) { f.CheckOut = 0 }, "se termina tu estadía", "hasta"},
		{"there is nowhere to say how it was", notice.ThanksReview, func(f *notice.Facts) { f.Links.Review = "" }, "contanos", "opinión"},
	}
	for _, test := range tests {
		f := everything()
		test.change(&f)
		m := notice.Render(notice.Spanish, test.kind, f)
		wellFormed(t, m)
		if text := m.Subject + "\n" + m.Text; !strings.Contains(text, test.says) || strings.Contains(text, test.not) {
			t.Errorf("%s: %s", test.what, text)
		}
	}
}

func TestRemindersAreForGuests(t *testing.T) {
	t.Parallel()
	for _, kind := range notice.Reminders() {
		if !slices.Contains(notice.Kinds(), kind) || kind.Recipient() != notice.Guest || kind.Calendar() {
			t.Errorf("%s", kind)
		}
	}
}

func TestAMessageIsTooLateFromAnInstantOn(t *testing.T) {
	t.Parallel()
	d := notice.Delivery{Facts: notice.Facts{NotAfter: now}}
	for _, test := range []struct {
		at   time.Time
		want bool
	}{{now.Add(-time.Nanosecond), false}, {now, true}, {now.Add(time.Hour), true}} {
		if got := d.Late(test.at); got != test.want {
			t.Errorf("%s: %v", test.at, got)
		}
	}
	if d.Facts.NotAfter = (time.Time{}); d.Late(now.AddDate(100, 0, 0)) {
		t.Error("one that always makes sense is never too late")
	}
}
