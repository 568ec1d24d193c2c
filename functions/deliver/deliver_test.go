package deliver_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/functions/deliver"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/mail"
	"github.com/eevans-d/sist-cabanas/shared/mail/mailtest"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

const code = "ABC234"

// bundle is the function over a real database and a real mail server.
type bundle struct {
	db       *pgxpool.Pool
	mail     *mailtest.Server
	worker   function.Worker[notice.Deliver]
	registry *prometheus.Registry
	access   *web.Access

	mu  sync.Mutex
	now time.Time
}

func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) move(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// setup has a confirmed stay, two owners, and no message yet.
func setup(t *testing.T, adjust ...func(*mail.Config)) *bundle {
	t.Helper()
	pool, err := postgres.Open(postgres.Config{URL: config.Secret(pgtest.NewDSN(t))}, 4, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	b := &bundle{db: pool.Raw(), mail: mailtest.New(t, mailtest.Options{}), registry: prometheus.NewRegistry(), now: noon}
	m := mail.Config{Host: b.mail.Host, Port: b.mail.Port, From: "El Refugio <reservas@example.com>", TLS: mail.Open}
	for _, a := range adjust {
		a(&m)
	}
	sender := mail.New(m)
	access := web.AccessConfig{Admins: config.List{"owner@example.com", "partner@example.com"}, GuestSecret: "the guests' key, of these tests only"}
	b.access = web.NewAccess(access, b.clock)
	b.worker, err = deliver.New(deliver.Config{AccessConfig: access, SiteConfig: web.SiteConfig{BaseURL: "https://cabins.example"}}, deliver.Deps{
		Messages: postgres.NewMessages(pool.Share(3), nil), Now: b.clock, Metrics: b.registry,
		Mail: func(ctx context.Context, l deliver.Letter) error { return sender.Send(ctx, mail.Mail(l)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	b.sql(t, `insert into accommodations (slug, name, type, capacity, base_price, address, host_name) values ('bosque', 'Cabaña del Bosque', 'cabin', 4, 100, 'Ruta 40 km 2010', 'Marta')`)
	b.sql(t, `
		insert into reservations (code, accommodation_id, check_in, check_out, guests, status, payment_status, paid_amount,
			contact_name, contact_phone, contact_email, total_price, deposit_amount, created_at)
		values ($1, 1, '2026-12-04', '2026-12-07', 2, 'confirmed', 'partially_paid', 102, 'Ana Pérez', '+5491155443322', 'ana@example.com', 340, 102, $2)`, code, noon)
	return b
}

func (b *bundle) sql(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := b.db.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// message writes one, as deciding does.
func (b *bundle) message(t *testing.T, kind notice.Kind) int64 {
	t.Helper()
	var id int64
	err := b.db.QueryRow(t.Context(), `
		insert into messages (reservation_id, kind, recipient, dedupe_key, facts, created_at)
		values (1, $1, $2, 'key of ' || $1, '{"Amount": "102.00"}', $3) returning id`, kind, kind.Recipient(), b.clock()).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (b *bundle) deliver(t *testing.T, id int64) error {
	t.Helper()
	return b.worker(t.Context(), notice.Deliver{MessageID: id})
}

// state is a message's: its status, and why.
func (b *bundle) state(t *testing.T, id int64) string {
	t.Helper()
	rows, err := b.db.Query(t.Context(), `select trim(status || ' ' || last_error) from messages where id = $1`, id)
	if err != nil {
		t.Fatal(err)
	}
	state, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func (b *bundle) counted(t *testing.T, status string) float64 {
	t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == "messages_total" && m.GetLabel()[0].GetValue() == "email" && m.GetLabel()[1].GetValue() == status {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestAGuestIsToldWithTheStayForTheCalendar(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.message(t, notice.Confirmed)
	for range 3 { // what was sent is not sent again
		if err := b.deliver(t, id); err != nil {
			t.Fatal(err)
		}
	}
	all := b.mail.Messages()
	if len(all) != 1 || b.state(t, id) != "sent" || b.counted(t, "sent") != 1 {
		t.Fatalf("%d letters; %s", len(all), b.state(t, id))
	}
	m := all[0]
	link := "https://cabins.example/r/" + code + "?t=" + b.access.GuestToken(code)
	if !slices.Equal(m.To, []string{"ana@example.com"}) || !strings.Contains(m.Text, "Cabaña del Bosque") || !strings.Contains(m.Text, "$ 102") || !strings.Contains(m.HTML, link) {
		t.Errorf("to %q: %s", m.To, m.Text)
	}
	if len(m.Files) != 1 || !strings.Contains(string(m.Files[0].Content), "BEGIN:VCALENDAR") || !strings.Contains(string(m.Files[0].Content), "UID:stay-") ||
		!strings.Contains(string(m.Files[0].Content), "@cabins.example") {
		t.Errorf("along goes %+v", m.Files)
	}
}

func TestEveryOwnerIsToldByALetterOfHisOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.message(t, notice.OwnerConfirmed)
	if err := b.deliver(t, id); err != nil {
		t.Fatal(err)
	}
	var to, ids []string
	for _, m := range b.mail.Messages() {
		if len(m.To) != 1 || m.Header.Get("Reply-To") == "" || len(m.Files) != 0 || strings.Contains(m.Text+m.HTML, b.access.GuestToken(code)) {
			t.Errorf("to %q, answers to %q: %s", m.To, m.Header.Get("Reply-To"), m.Text)
		}
		to, ids = append(to, m.To...), append(ids, m.Header.Get("Message-Id"))
	}
	slices.Sort(to)
	if !slices.Equal(to, []string{"owner@example.com", "partner@example.com"}) || ids[0] == ids[1] || b.state(t, id) != "sent" {
		t.Errorf("to %q under %q; %s", to, ids, b.state(t, id))
	}
}

func TestOneOwnerWhoIsReachedIsEnough(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mail.Refuse("owner@example.com")
	id := b.message(t, notice.OwnerConfirmed)
	if err := b.deliver(t, id); err != nil || len(b.mail.Messages()) != 1 || b.state(t, id) != "sent" || b.counted(t, "partly") != 1 {
		t.Errorf("%d letters; %s; %v", len(b.mail.Messages()), b.state(t, id), err)
	}
	b.mail.Refuse("partner@example.com")
	id = b.message(t, notice.OwnerChargeback)
	if err := b.deliver(t, id); err != nil || b.state(t, id) != "given_up refused" {
		t.Errorf("%s; %v", b.state(t, id), err)
	}
}

func TestWhatWillPassIsTriedForADay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.message(t, notice.Confirmed)
	for _, pause := range []time.Duration{0, time.Second, 15 * time.Minute, 23*time.Hour + 44*time.Minute} {
		b.move(pause)
		b.mail.Fail(mailtest.Busy)
		if err := b.deliver(t, id); !errors.Is(err, notice.ErrTemporary) || b.state(t, id) != "failed temporary" {
			t.Fatalf("after %s: %s; %v", pause, b.state(t, id), err)
		}
	}
	b.move(time.Minute)
	b.mail.Fail(mailtest.Greylist)
	if err := b.deliver(t, id); err != nil || b.state(t, id) != "given_up temporary" {
		t.Errorf("after a day: %s; %v", b.state(t, id), err)
	}
	if err := b.deliver(t, id); err != nil || len(b.mail.Messages()) != 0 || b.counted(t, "failed") != 4 || b.counted(t, "given_up") != 1 {
		t.Errorf("given up, it was sent: %v", err)
	}
}

// TestTheDayOfAMessageBeginsWithItsFirstAttempt: it may have waited for days, for whoever sends messages or for the owner who has
// it sent again.
func TestTheDayOfAMessageBeginsWithItsFirstAttempt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.message(t, notice.Confirmed)
	b.move(48 * time.Hour)
	for _, pause := range []time.Duration{0, 23*time.Hour + 59*time.Minute} {
		b.move(pause)
		b.mail.Fail(mailtest.Busy)
		if err := b.deliver(t, id); !errors.Is(err, notice.ErrTemporary) || b.state(t, id) != "failed temporary" {
			t.Fatalf("after %s: %s; %v", pause, b.state(t, id), err)
		}
	}
	b.move(time.Minute)
	b.mail.Fail(mailtest.Busy)
	if err := b.deliver(t, id); err != nil || b.state(t, id) != "given_up temporary" {
		t.Errorf("after its day: %s; %v", b.state(t, id), err)
	}
}

func TestAServerThatComesBackGetsTheMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.message(t, notice.Confirmed)
	b.mail.Fail(mailtest.Cut)
	if err := b.deliver(t, id); err == nil {
		t.Fatal("it is taken for done")
	}
	if err := b.deliver(t, id); err != nil || b.state(t, id) != "sent" || len(b.mail.Messages()) != 1 {
		t.Errorf("%s, %d letters; %v", b.state(t, id), len(b.mail.Messages()), err)
	}
}

// TestALostAnswerIsAnsweredWithTheSameLetter sends twice, as it must.
func TestALostAnswerIsAnsweredWithTheSameLetter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.message(t, notice.Confirmed)
	b.mail.Fail(mailtest.LostAnswer)
	if err := b.deliver(t, id); err == nil {
		t.Fatal("it is taken for done")
	}
	if err := b.deliver(t, id); err != nil {
		t.Fatal(err)
	}
	all := b.mail.Messages()
	if len(all) != 2 || all[0].Header.Get("Message-Id") != all[1].Header.Get("Message-Id") {
		t.Errorf("%d letters, under different names", len(all))
	}
}

func TestAMessageThatIsRefusedIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mail.Refuse("ana@example.com")
	id := b.message(t, notice.Confirmed)
	if err := b.deliver(t, id); err != nil || b.state(t, id) != "given_up refused" || b.counted(t, "given_up") != 1 {
		t.Errorf("%s; %v", b.state(t, id), err)
	}
}

func TestAGuestWithoutAnAddressIsSkipped(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sql(t, `update reservations set contact_email = ''`)
	id := b.message(t, notice.Confirmed)
	if err := b.deliver(t, id); err != nil || b.state(t, id) != "given_up no_address" || b.counted(t, "skipped") != 1 {
		t.Errorf("%s; %v", b.state(t, id), err)
	}
}

// TestMessagesWaitForTheOperatorToMendTheSettings is quiet: the task that reconciles asks again, and the queue does not.
func TestMessagesWaitForTheOperatorToMendTheSettings(t *testing.T) {
	t.Parallel()
	for want, adjust := range map[string]func(*mail.Config){
		"off":      func(c *mail.Config) { c.Host = "" },
		"settings": func(c *mail.Config) { c.Host = "no-such-host.invalid" },
	} {
		b := setup(t, adjust)
		id := b.message(t, notice.Confirmed)
		if err := b.deliver(t, id); err != nil || b.state(t, id) != "failed "+want {
			t.Errorf("%s: %s; %v", want, b.state(t, id), err)
		}
		b.move(25 * time.Hour)
		if err := b.deliver(t, id); err != nil || b.state(t, id) != "given_up "+want {
			t.Errorf("%s, a day later: %s; %v", want, b.state(t, id), err)
		}
	}
}

// hold makes the stay one that is held for another hour and a half, and writes a message that says so.
func (b *bundle) hold(t *testing.T, kind notice.Kind) int64 {
	t.Helper()
	until := b.clock().Add(90 * time.Minute)
	b.sql(t, `update reservations set status = 'pre_reserved', expires_at = $1, paid_amount = 0, payment_status = 'pending'`, until)
	id := b.message(t, kind)
	b.sql(t, `update messages set facts = facts || jsonb_build_object('Until', $2::text) where id = $1`, id, until.Format(time.RFC3339))
	return id
}

func TestWhatIsNotTrueAnyMoreIsNotSent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind  notice.Kind
		later time.Duration
		sql   string
		want  string
	}{
		"held":                       {notice.HoldMade, 89 * time.Minute, "", "sent"},
		"paid":                       {notice.HoldMade, 0, "status = 'confirmed'", "given_up late"},
		"expired":                    {notice.HoldMade, 0, "status = 'expired'", "given_up late"},
		"cancelled":                  {notice.HoldMade, 0, "status = 'cancelled'", "given_up late"},
		"expired by the clock":       {notice.HoldMade, 90 * time.Minute, "", "given_up late"},
		"kept for longer":            {notice.HoldMade, 90 * time.Minute, "expires_at = expires_at + interval '1 day'", "given_up late"},
		"not answered":               {notice.ApprovalRequested, 0, "approval = 'waiting'", "sent"},
		"answered":                   {notice.ApprovalRequested, 0, "approval = 'approved'", "given_up late"},
		"answered by himself":        {notice.OwnerApprovalWaiting, 0, "approval = 'approved'", "given_up late"},
		"approved and paid":          {notice.Approved, 0, "status = 'confirmed'", "given_up late"},
		"transferred":                {notice.TransferDetails, 0, "status = 'confirmed'", "given_up late"},
		"pending no more":            {notice.PaymentPending, 0, "status = 'confirmed'", "given_up late"},
		"money that has come":        {notice.PaymentShort, 0, "status = 'expired'", "sent"},
		"a transfer to be looked at": {notice.OwnerTransferWaiting, 2 * time.Hour, "", "sent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := b.hold(t, test.kind)
			b.move(test.later)
			if test.sql != "" {
				b.sql(t, `update reservations set `+test.sql)
			}
			for range 2 { // it is not tried again
				if err := b.deliver(t, id); err != nil || b.state(t, id) != test.want {
					t.Fatalf("%s, want %s; %v", b.state(t, id), test.want, err)
				}
			}
			letters := b.mail.Messages()
			if sent := test.want == "sent"; sent != (len(letters) > 0) || b.counted(t, "given_up") != 0 || !sent && b.counted(t, "skipped") != 1 {
				t.Fatalf("%d letters", len(letters))
			}
			if says := test.kind.OnlyWhileHeld(); len(letters) > 0 && strings.Contains(letters[0].Text, "hasta las 10:30 h") != says {
				t.Errorf("it says until when nights are kept, or does not: %s", letters[0].Text)
			}
		})
	}
}

// TestWhatTheOwnerHasSentAgainIsNotTrueAgain: he sees a message that was given up, and presses a button.
func TestWhatTheOwnerHasSentAgainIsNotTrueAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.hold(t, notice.HoldMade)
	b.mail.Refuse("ana@example.com")
	if err := b.deliver(t, id); err != nil || b.state(t, id) != "given_up refused" {
		t.Fatalf("%s; %v", b.state(t, id), err)
	}
	b.move(90 * time.Minute)
	b.sql(t, `update messages set status = 'queued', attempts = 0, first_attempt_at = null, next_attempt_at = $2, given_up_at = null where id = $1`, id, b.clock())
	if err := b.deliver(t, id); err != nil || b.state(t, id) != "given_up late" {
		t.Errorf("%s; %v", b.state(t, id), err)
	}
}

// TestAMomentIsNamedAsOnTheDayWhenItIsSent: a hold of a day that was written before midnight, and sent after it.
func TestAMomentIsNamedAsOnTheDayWhenItIsSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.move(14*time.Hour + 30*time.Minute) // half past eleven at night where the cabin is
	id := b.hold(t, notice.HoldMade)
	b.mail.Fail(mailtest.Busy)
	if err := b.deliver(t, id); err == nil {
		t.Fatal("it is taken for done")
	}
	b.move(45 * time.Minute)
	if err := b.deliver(t, id); err != nil || len(b.mail.Messages()) != 1 {
		t.Fatal(err)
	}
	if text := b.mail.Messages()[0].Text; !strings.Contains(text, "hasta la 1 h") || strings.Contains(text, "mañana") {
		t.Error(text)
	}
	other := setup(t)
	other.move(14*time.Hour + 30*time.Minute)
	if err := other.deliver(t, other.hold(t, notice.HoldMade)); err != nil {
		t.Fatal(err)
	}
	if text := other.mail.Messages()[0].Text; !strings.Contains(text, "hasta mañana a la 1 h") {
		t.Error(text)
	}
}

func TestTwoWhoHaveTheSameMessageSendItOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.message(t, notice.Confirmed)
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			b.deliver(t, id) //nolint:errcheck // the queue would ask again
		})
	}
	wait.Wait()
	if len(b.mail.Messages()) != 1 || b.state(t, id) != "sent" {
		t.Errorf("%d letters; %s", len(b.mail.Messages()), b.state(t, id))
	}
}

func TestAMessageThatThereIsNotIsNothingToDo(t *testing.T) {
	t.Parallel()
	if err := setup(t).worker(t.Context(), notice.Deliver{MessageID: 4711}); err != nil {
		t.Error(err)
	}
}
