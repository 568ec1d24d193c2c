package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/mail/mailtest"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// till is a whole system that takes payments: processes come and go, what is around them stays.
type till struct {
	t        *testing.T
	dsn      string
	conn     *pgx.Conn
	provider *mptest.Server
	mail     *mailtest.Server
	env      []string
}

func newTill(t *testing.T) *till {
	t.Helper()
	c := &till{t: t, dsn: pgtest.NewDSN(t), mail: mailtest.New(t, mailtest.Options{})}
	c.conn = connect(t, c.dsn)
	mustExec(t, c.conn, addCabin, "Cabaña del Bosque")
	mustExec(t, c.conn, `update accommodations set weekend_multiplier = 1`) // so that every day's stay costs the same
	var err error
	if c.provider, err = mptest.New(mptest.Config{Pauses: []time.Duration{}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.provider.Close)
	// Links and notifications need to know where it will be: the same place after it was killed.
	port := freePort(t)
	c.env = []string{
		"PORT=" + port, "BASE_URL=http://127.0.0.1:" + port, "GUEST_TOKEN_SECRET=another secret, as long as it has to be", "TASKS_INLINE=",
		"MERCADOPAGO_ACCESS_TOKEN=" + mptest.Token, "MERCADOPAGO_BASE_URL=" + c.provider.URL, "MERCADOPAGO_WEBHOOK_SECRET=" + mptest.Secret,
		"SMTP_HOST=" + c.mail.Host, fmt.Sprintf("SMTP_PORT=%d", c.mail.Port), "SMTP_FROM=reservas@example.com", "SMTP_TLS=none",
		"PLACEMENT=exec", "MAX_LAUNCHES_PER_DAY=1", // the clock is not what this is about
	}
	return c
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func (c *till) start(extra ...string) *process {
	c.t.Helper()
	return startRouter(c.t, buildRouter(c.t), c.dsn, append(c.env, extra...)...)
}

// paying is a guest on his way.
type paying struct{ code, paymentURL string }

func (c *till) book(p *process, in int) paying {
	c.t.Helper()
	from := civil.Of(time.Now(), time.UTC).AddDays(in)
	response, err := http.Post(p.url("/api/v1/reservations"), "application/json", strings.NewReader(fmt.Sprintf(
		`{"accommodation_id":1,"check_in":"%s","check_out":"%s","guests":2,"contact_name":"Ana Pérez","contact_phone":"+5491155443322","contact_email":"ana@example.com"}`,
		from, from.AddDays(2))))
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	var made struct {
		Code       string
		PaymentURL string `json:"payment_url"`
	}
	if err := json.NewDecoder(response.Body).Decode(&made); err != nil || response.StatusCode != http.StatusCreated {
		c.t.Fatal(response.Status, err)
	}
	return paying{made.Code, made.PaymentURL}
}

// checkout opens the payment link, and returns where it leads.
func (c *till) checkout(g paying) string {
	c.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(g.paymentURL)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusSeeOther {
		c.t.Fatal(response.Status, err, string(body))
	}
	return response.Header.Get("Location")
}

// until waits for a query to say something.
func (c *till) until(want, query string, args ...any) {
	c.t.Helper()
	var got string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err := c.conn.QueryRow(c.t.Context(), query, args...).Scan(&got); err != nil {
			c.t.Fatal(err)
		}
		if got == want {
			return
		}
	}
	c.t.Fatalf("%s: %s, want %s", query, got, want)
}

const (
	howItStands = `select status || ' ' || payment_status || ' ' || paid_amount from reservations where code = $1`
	inboxSize   = `select count(*)::text from inbox`
)

// told is how many letters said something.
func (c *till) told(to, what string) (n int) {
	for _, m := range c.mail.Messages() {
		if m.To[0] == to && strings.Contains(m.Subject+m.Text, what) {
			n++
		}
	}
	return n
}

func TestAPaidStayIsConfirmedAndBothAreTold(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	p := c.start()
	g := c.book(p, 30)
	c.until("1", `select count(*)::text from messages where status = 'sent'`)
	if c.told("ana@example.com", "/pay/"+g.code+"?t=") != 1 || c.told("ana@example.com", "/r/"+g.code+"?t=") != 1 {
		t.Errorf("of the hold the guest is told %+v", c.mail.Messages())
	}
	if place := c.checkout(g); !strings.HasPrefix(place, c.provider.URL) {
		t.Fatalf("the guest is taken to %s", place)
	}
	if c.checkout(g); c.provider.Seen(mptest.CreateCheckout) != 1 {
		t.Error("each click makes a checkout")
	}
	paid, err := c.provider.Approve(g.code)
	if err != nil {
		t.Fatal(err)
	}
	c.until("confirmed partially_paid 6000.00", howItStands, g.code)
	c.until("0", `select count(*)::text from messages where status <> 'sent'`)
	if c.told("ana@example.com", "confirmada") != 1 || c.told("owner@example.com", g.code) != 1 {
		t.Errorf("there are %d letters", len(c.mail.Messages()))
	}
	for _, w := range c.provider.Webhooks() { // once more, all that was told
		if status, err := c.provider.Deliver(t.Context(), w.ID); err != nil || status != http.StatusOK {
			t.Errorf("again: %d %v", status, err)
		}
	}
	if code, said := runForCode(t, p.binary, c.dsn, c.env, "run", "reconcile"); code != exitOK {
		t.Errorf("reconcile: exit %d: %s", code, said)
	}
	c.until("0", `select count(*)::text from river_job where kind <> 'tick' and state not in ('completed', 'discarded')`)
	c.until("1", `select count(*)::text from ledger`)
	if n := len(c.mail.Messages()); n != 3 { // of the hold too
		t.Errorf("there are %d letters", n)
	}
	if _, err := c.provider.RefundFromPanel(paid.ID, 0); err != nil {
		t.Fatal(err)
	}
	c.until("confirmed refunded 0.00", howItStands, g.code)
}

// TestAPaymentIsNotLostWhenTheServerIsKilledBeforeItIsSettled kills it while the provider is asked, and, in another system, before
// anybody has asked.
func TestAPaymentIsNotLostWhenTheServerIsKilledBeforeItIsSettled(t *testing.T) {
	t.Parallel()
	t.Run("while the provider is asked", func(t *testing.T) {
		t.Parallel()
		c := newTill(t)
		doomed := c.start()
		g := c.book(doomed, 30)
		c.checkout(g)
		c.provider.Fail(mptest.Fault{Action: mptest.GetPayment, Hang: true})
		if _, err := c.provider.Approve(g.code); err != nil {
			t.Fatal(err)
		}
		c.until("1", `select count(*)::text from river_job where kind = 'payment_look' and state = 'running'`)
		doomed.kill()
		c.provider.Heal()
		c.until("pre_reserved pending 0.00", howItStands, g.code)
		again := c.start()
		if code, said := runForCode(t, again.binary, c.dsn, c.env, "run", "reconcile"); code != exitOK {
			t.Fatalf("reconcile: exit %d: %s", code, said)
		}
		c.until("confirmed partially_paid 6000.00", howItStands, g.code)
		c.until("0", `select count(*)::text from messages where status <> 'sent' and last_error <> 'late'`)
		if c.told("ana@example.com", "confirmada") != 1 {
			t.Errorf("there are %d letters", len(c.mail.Messages()))
		}
	})
	t.Run("before anybody has asked", func(t *testing.T) {
		t.Parallel()
		c := newTill(t)
		doomed := c.start("SERVE=reserve pay webhook-mp healthz")
		g := c.book(doomed, 30)
		c.checkout(g)
		if _, err := c.provider.Approve(g.code); err != nil {
			t.Fatal(err)
		}
		c.until("1", inboxSize)
		doomed.kill()
		c.start()
		c.until("confirmed partially_paid 6000.00", howItStands, g.code)
		c.until("1", `select count(*)::text from inbox where outcome <> '' and settled_at is not null`)
	})
	t.Run("between click and notification", func(t *testing.T) {
		t.Parallel()
		c := newTill(t)
		doomed := c.start()
		g := c.book(doomed, 30)
		c.checkout(g)
		doomed.kill()
		if _, err := c.provider.Approve(g.code); err != nil {
			t.Fatal(err)
		}
		if err := c.provider.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.until("0", inboxSize)
		again := c.start()
		if code, said := runForCode(t, again.binary, c.dsn, c.env, "run", "reconcile"); code != exitOK {
			t.Fatalf("reconcile: exit %d: %s", code, said)
		}
		c.until("confirmed partially_paid 6000.00", howItStands, g.code)
	})
}

// TestALatePaymentForNightsThatAreGoneGoesBack has the nights sold to another guest meanwhile.
func TestALatePaymentForNightsThatAreGoneGoesBack(t *testing.T) {
	t.Parallel()
	c := newTill(t)
	p := c.start()
	late := c.book(p, 30)
	c.checkout(late)
	mustExec(t, c.conn, `update reservations set expires_at = now() - interval '1 minute' where code = $1`, late.code)
	other := c.book(p, 30)
	paid, err := c.provider.Approve(late.code)
	if err != nil {
		t.Fatal(err)
	}
	c.until("1", `select count(*)::text from refunds where state = 'done'`)
	c.until("0.00", `select paid_amount::text from reservations where code = $1`, late.code)
	c.until("pre_reserved pending 0.00", howItStands, other.code)
	if back := c.provider.Refunds(paid.ID); len(back) != 1 || back[0].Amount != paid.Amount {
		t.Errorf("what went back: %+v", back)
	}
	c.until("0", `select count(*)::text from messages where status <> 'sent' and last_error <> 'late'`)
	if c.told("owner@example.com", late.code) == 0 || len(c.mail.Messages()) < 2 {
		t.Errorf("there are %d letters", len(c.mail.Messages()))
	}
}
