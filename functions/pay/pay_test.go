package pay_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/pay"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestAHoldLeadsToTheCheckoutOfItsDeposit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.get(t, b.path())
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location(), b.provider.URL) || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s %s", a.status, a.location(), a.body)
	}
	back := "https://cabins.example/r/" + code + "?t=" + b.access.GuestToken(code)
	want := payment.Checkout{
		Reference: code, Title: "Seña · Cabaña del Bosque · vie 4/12 al lun 7/12", Amount: 10200, Currency: "ARS",
		NotificationURL: "https://cabins.example/api/v1/webhooks/mercadopago?source_news=webhooks",
		Back:            payment.Back{Success: back, Pending: back, Failure: back},
		ExpiresAt:       noon.Add(30 * time.Minute), VoucherUntil: noon.Add(24 * time.Hour),
		Payer: payment.Payer{Name: "Ana", Surname: "María Pérez", Email: "ana@example.com"}, Statement: "Cabaña del Bosque",
	}
	if got := b.asked.newest(); got != want {
		t.Errorf("asked for\n%+v\nwant\n%+v", got, want)
	}
	b.move(10 * time.Minute)
	if again := b.get(t, b.path()); again.location() != a.location() || b.provider.Seen(mptest.CreateCheckout) != 1 {
		t.Errorf("again: %d %s; the provider was asked %d times", again.status, again.location(), b.provider.Seen(mptest.CreateCheckout))
	}
	lower := b.get(t, "/pay/abc-234?t="+b.access.GuestToken(code))
	if lower.location() != a.location() {
		t.Errorf("as it is dictated: %d %s", lower.status, lower.location())
	}
	if header := b.get(t, "/pay/"+code, "X-Guest-Token", b.access.GuestToken(code)); header.location() != a.location() {
		t.Errorf("with the token in a header: %d", header.status)
	}
}

func TestClicksAtOnceShareOneCheckout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Fail(mptest.Fault{Action: mptest.CreateCheckout, Delay: 300 * time.Millisecond, Times: 1})
	var wait sync.WaitGroup
	places := make([]string, 20)
	for i := range places {
		wait.Go(func() { places[i] = b.get(t, b.path()).location() })
	}
	wait.Wait()
	for _, place := range places {
		if place == "" || place != places[0] {
			t.Errorf("some are taken to %q, some to %q", place, places[0])
		}
	}
	if n := b.provider.Seen(mptest.CreateCheckout); n != 1 {
		t.Errorf("the provider was asked %d times", n)
	}
}

func TestNobodyIsTakenToACheckoutThatWasClosed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	closed := b.get(t, b.path()).location()
	b.sql(t, `update checkouts set closed_at = $1`, noon)
	again := b.get(t, b.path()).location()
	if again == "" || again == closed || len(b.provider.Checkouts(code)) != 2 {
		t.Errorf("to %q, and then to %q: %v", closed, again, b.provider.Checkouts(code))
	}
	if third := b.get(t, b.path()).location(); third != again {
		t.Errorf("to %q, and then to %q", again, third)
	}
}

func TestEachAmountHasACheckoutOfItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, test := range []struct {
		change, query string
		title         string
		amount        money.Cents
		until         time.Time
	}{
		{"", "&amount=deposit", "Seña", 10200, noon.Add(30 * time.Minute)},
		{"", "&amount=total", "Estadía", 34000, noon.Add(30 * time.Minute)},
		{"paid_amount = 50", "", "Seña", 5200, noon.Add(30 * time.Minute)},
		{"paid_amount = 10, deposit_amount = 0", "", "Estadía", 33000, noon.Add(30 * time.Minute)},
	} {
		if test.change != "" {
			b.sql(t, `update reservations set `+test.change)
		}
		if a := b.get(t, b.path()+test.query); a.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", test.query, a.status, a.body)
		}
		if got := b.asked.newest(); got.Amount != test.amount || !strings.HasPrefix(got.Title, test.title+" ") || !got.ExpiresAt.Equal(test.until) {
			t.Errorf("%s after %s: %+v", test.query, test.change, got)
		}
	}
}

func TestTheBalanceOfAConfirmedStayCanBePaid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sql(t, `update reservations set status = 'confirmed', paid_amount = 102, payment_status = 'partially_paid'`)
	b.move(48 * time.Hour)
	first := b.get(t, b.path())
	got := b.asked.newest()
	if first.status != http.StatusSeeOther || got.Amount != 23800 || !got.ExpiresAt.After(b.clock().Add(time.Hour)) || !got.VoucherUntil.IsZero() {
		t.Errorf("%d %+v", first.status, got)
	}
	if again := b.get(t, b.path()); again.location() != first.location() {
		t.Error("the same day has two checkouts")
	}
	b.sql(t, `update reservations set paid_amount = 340, payment_status = 'paid'`)
	b.refused(t, b.path(), http.StatusConflict, "No queda nada por pagar", "nothing_owed")
}

func TestWhatCannotBePaidSaysSo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sql     string
		later   time.Duration
		says    string
		problem string
		again   bool // it offers to book again
	}{
		"expired by the clock": {later: 30 * time.Minute, says: "Tu reserva venció", problem: "invalid_state", again: true},
		"expired":              {sql: "status = 'expired'", says: "Tu reserva venció", problem: "invalid_state", again: true},
		"cancelled":            {sql: "status = 'cancelled'", says: "está cancelada", problem: "invalid_state", again: true},
		"over":                 {sql: "status = 'completed'", says: "ya terminó", problem: "invalid_state", again: true},
		"not approved yet":     {sql: "approval = 'waiting'", says: "tiene que aprobar", problem: "awaiting_approval"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			if test.sql != "" {
				b.sql(t, `update reservations set `+test.sql)
			}
			b.move(test.later)
			page := b.refused(t, b.path(), http.StatusConflict, test.says, test.problem)
			if strings.Contains(page.body, "Reservar de nuevo") != test.again || !strings.Contains(page.body, "https://cabins.example/r/"+code) {
				t.Errorf("the way on: %s", page.body)
			}
			if asJSON := b.get(t, b.path(), "Accept", "application/json"); strings.Contains(asJSON.body, "Book again: https://cabins.example/") != test.again {
				t.Errorf("the way on for a program: %s", asJSON.body)
			}
			if b.provider.Seen(mptest.CreateCheckout) != 0 {
				t.Error("the provider was asked")
			}
			for _, header := range []string{"Content-Security-Policy", "Referrer-Policy", "X-Robots-Tag"} {
				if page.header.Get(header) == "" {
					t.Errorf("no %s", header)
				}
			}
		})
	}
}

func TestOnlyTheGuestsTokenOpensTheCheckout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const link = "Este enlace no funciona"
	b.refused(t, "/pay/"+code, http.StatusUnauthorized, link, "unauthenticated")
	b.refused(t, b.path()+"x", http.StatusForbidden, link, "denied")
	b.refused(t, "/pay/ZZZZZZ?t="+b.access.GuestToken("ZZZZZZ"), http.StatusNotFound, link, "not_found")
	b.refused(t, "/pay/%00?t="+b.access.GuestToken("\x00"), http.StatusForbidden, link, "denied")
	b.refused(t, b.path()+"&amount=all", http.StatusUnprocessableEntity, link, "invalid")
	if page := b.get(t, "/pay/"+code); page.header.Get("WWW-Authenticate") != "" {
		t.Error("a browser asks for a password")
	}
	if b.provider.Seen(mptest.CreateCheckout) != 0 {
		t.Error("the provider was asked")
	}
}

func TestAProviderThatFailsLeavesTheHoldAlone(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]mptest.Fault{
		"an error of its own":  {Status: http.StatusInternalServerError},
		"garbage":              {Status: http.StatusOK, Body: "<html>maintenance"},
		"no answer":            {Hang: true},
		"half an answer":       {Cut: true},
		"a token that is none": {Status: http.StatusUnauthorized},
		"too many requests":    {Status: http.StatusTooManyRequests, RetryAfter: "60"},
		"nothing found":        {Status: http.StatusNotFound},
		"a mistake of ours":    {Status: http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.provider.Fail(fault)
			page := b.get(t, b.path())
			if page.status != http.StatusServiceUnavailable || !strings.Contains(page.body, "Probá de nuevo en un minuto") || !strings.Contains(page.body, "siguen reservadas hasta las 9:30 h") {
				t.Fatalf("%d %s", page.status, page.body)
			}
			if name != "a token that is none" && page.header.Get("Retry-After") == "" {
				t.Error("it does not say when to try again")
			}
			var untouched bool
			err := b.db.QueryRow(t.Context(), `select status = 'pre_reserved' and expires_at = $1 and updated_at <= now() from reservations`, noon.Add(30*time.Minute)).Scan(&untouched)
			if err != nil || !untouched {
				t.Errorf("the hold has changed: %v", err)
			}
			b.provider.Heal()
			if a := b.get(t, b.path()); a.status != http.StatusSeeOther {
				t.Errorf("afterwards: %d %s", a.status, a.body)
			}
		})
	}
}

// TestAPageThatWasMadeAndNotAnsweredForIsTheSame loses the answer to the first click.
func TestAPageThatWasMadeAndNotAnsweredForIsTheSame(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provider.Fail(mptest.Fault{Action: mptest.CreateCheckout, Status: http.StatusInternalServerError, After: true})
	if a := b.get(t, b.path()); a.status != http.StatusServiceUnavailable {
		t.Fatalf("%d", a.status)
	}
	b.provider.Heal()
	b.move(time.Minute)
	if a := b.get(t, b.path()); a.status != http.StatusSeeOther || len(b.provider.Checkouts(code)) != 1 {
		t.Errorf("%d; there are %d checkouts", a.status, len(b.provider.Checkouts(code)))
	}
}

func TestWhereNobodyTakesPaymentsThatIsSaid(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *pay.Deps) { d.Create = nil })
	b.refused(t, b.path(), http.StatusServiceUnavailable, "todavía no se paga en línea", "payments_off")
}

func TestWhoAsksDecidesWhetherThereIsAPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for accept, page := range map[string]bool{
		"": true, "*/*": true, "text/html": true, "text/html, application/json": true, "application/xhtml+xml": true,
		"application/json": false, "application/problem+json": false, "application/json, text/plain, */*": false,
		"text/html;q=0, application/json": false, "application/json;q=0, */*": true, ";;;": true,
	} {
		a := b.get(t, "/pay/"+code, "Accept", accept)
		if got := strings.HasPrefix(a.header.Get("Content-Type"), "text/html"); got != page || a.header.Get("Vary") != "Accept" {
			t.Errorf("%q gets %s, varying by %q", accept, a.header.Get("Content-Type"), a.header.Get("Vary"))
		}
	}
}
