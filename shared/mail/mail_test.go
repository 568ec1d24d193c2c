package mail_test

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/mail"
	"github.com/eevans-d/sist-cabanas/shared/mail/mailtest"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	user     = "reservas@example.com"
	password = "hunter2-secret"
)

var hello = mail.Mail{
	To:      "ana@example.com",
	ReplyTo: "Marta <marta@example.com>",
	Subject: "Tu reserva en Ñandú está confirmada",
	Text:    "Hola Ana, tu reserva está confirmada.\n\nPagar:\nhttps://c.example/pay/ABC123?t=" + strings.Repeat("x", 90) + "\n\n.\nfin\n",
	HTML:    "<!doctype html><html lang=\"es\"><head></head><body><p>Hola Ana, está confirmada</p></body></html>",
	ICS:     []byte("BEGIN:VCALENDAR\r\nSUMMARY:Cabaña\r\nEND:VCALENDAR\r\n"),
	Key:     "confirmed:ABC123",
}

// settings are what an operator would write to use a server.
func settings(s *mailtest.Server, o mailtest.Options) mail.Config {
	c := mail.Config{Host: s.Host, Port: s.Port, From: "El Refugio <reservas@example.com>", TLS: mail.Open}
	switch {
	case o.TLS:
		c.TLS = mail.TLS
	case o.StartTLS:
		c.TLS = mail.StartTLS
	}
	if o.User != "" {
		c.User, c.Password = o.User, config.Secret(o.Password)
	}
	return c
}

func setup(t *testing.T, o mailtest.Options) (*mailtest.Server, *mail.Sender) {
	t.Helper()
	server := mailtest.New(t, o)
	return server, mail.New(settings(server, o)).Trusting(server.Roots())
}

func TestAMessageArrivesWholeWhateverTheServerOffers(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]mailtest.Options{
		"open":           {},
		"old":            {Bare: true},
		"signed in":      {User: user, Password: password},
		"login only":     {User: user, Password: password, LoginOnly: true},
		"starttls":       {User: user, Password: password, StartTLS: true},
		"tls":            {User: user, Password: password, TLS: true},
		"tls, login":     {User: user, Password: password, TLS: true, LoginOnly: true},
		"starttls, open": {StartTLS: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, sender := setup(t, o)
			if err := sender.Send(t.Context(), hello); err != nil {
				t.Fatal(err)
			}
			messages := server.Messages()
			if len(messages) != 1 {
				t.Fatalf("%d messages", len(messages))
			}
			m := messages[0]
			arrived(t, m)
			if m.User != o.User || m.Private != (o.TLS || o.StartTLS) {
				t.Errorf("signed in as %q, private: %v", m.User, m.Private)
			}
		})
	}
}

func arrived(t *testing.T, m mailtest.Message) {
	t.Helper()
	if m.From != "reservas@example.com" || len(m.To) != 1 || m.To[0] != "ana@example.com" {
		t.Errorf("from %q to %q", m.From, m.To)
	}
	if m.Subject != hello.Subject || strings.TrimSpace(m.Text) != strings.TrimSpace(hello.Text) || strings.TrimSpace(m.HTML) != hello.HTML {
		t.Errorf("subject %q, text %q, page %q", m.Subject, m.Text, m.HTML)
	}
	if len(m.Files) != 1 || string(m.Files[0].Content) != string(hello.ICS) || m.Files[0].Name != "estadia.ics" || !strings.HasPrefix(m.Files[0].Type, "text/calendar; charset=utf-8; method=PUBLISH") {
		t.Errorf("files %q", m.Files)
	}
	for name, want := range map[string]string{
		"From": `"El Refugio" <reservas@example.com>`, "To": "<ana@example.com>", "Reply-To": `"Marta" <marta@example.com>`,
		"Auto-Submitted": "auto-generated", "Mime-Version": "1.0", "User-Agent": "", "X-Mailer": "",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if date, err := m.Header.Date(); err != nil || time.Since(date).Abs() > time.Hour {
		t.Errorf("dated %v (%v)", date, err)
	}
}

func TestTheSameKeyIsTheSameMessage(t *testing.T) {
	t.Parallel()
	server, sender := setup(t, mailtest.Options{})
	server.Fail(mailtest.LostAnswer)
	if err := sender.Send(t.Context(), hello); !errors.Is(err, notice.ErrTemporary) || !strings.Contains(err.Error(), "may have arrived") {
		t.Fatalf("got %v", err)
	}
	other, none := hello, hello
	other.Key, none.Key = "confirmed:ABC124", ""
	for _, m := range []mail.Mail{hello, other, none, none} {
		if err := sender.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	ids := make([]string, 0, 5)
	for _, m := range server.Messages() {
		ids = append(ids, m.Header.Get("Message-Id"))
	}
	if len(ids) != 5 || ids[4] != ids[3] {
		t.Fatalf("a retry is not recognised: %q", ids)
	}
	seen := make(map[string]bool)
	for _, id := range ids[:4] {
		if seen[id] || !strings.HasSuffix(id, "@example.com>") || strings.Contains(id, "ABC") {
			t.Errorf("%q", ids)
		}
		seen[id] = true
	}
}

func TestWhatGoesWrongSaysWhetherToTryAgain(t *testing.T) {
	t.Parallel()
	signedIn := mailtest.Options{User: user, Password: password}
	tests := []struct {
		name    string
		options mailtest.Options
		fault   mailtest.Fault
		with    func(*mail.Config, *mail.Mail)
		want    error
		says    string
		kept    int
	}{
		{"too busy", signedIn, mailtest.Busy, nil, notice.ErrTemporary, "421 4.3.2", 0},
		{"no greeting", signedIn, mailtest.Silent, nil, notice.ErrTemporary, "given up waiting", 0},
		{"greylisted", signedIn, mailtest.Greylist, nil, notice.ErrTemporary, "451 4.7.1", 0},
		{"cut off", signedIn, mailtest.Cut, nil, notice.ErrTemporary, "", 0},
		{"no answer", signedIn, mailtest.Hang, nil, notice.ErrTemporary, "may have arrived", 1},
		{"a lost answer", signedIn, mailtest.LostAnswer, nil, notice.ErrTemporary, "may have arrived", 1},
		{"signing in fails for now", signedIn, mailtest.RefuseLogin, nil, notice.ErrTemporary, "454 4.7.0", 0},
		{"the sender is refused", signedIn, mailtest.RefuseSender, nil, notice.ErrSettings, "550 5.7.1", 0},
		{"no relay", signedIn, mailtest.RefuseRelay, nil, notice.ErrSettings, "550 5.7.1", 0},
		{"taken for spam", signedIn, mailtest.RefuseMessage, nil, notice.ErrRefused, "554 5.7.1", 0},
		{"nobody of that name", signedIn, 0, func(_ *mail.Config, m *mail.Mail) { m.To = "gone@example.com" }, notice.ErrRefused, "550 5.1.1", 0},
		{"no address", signedIn, 0, func(_ *mail.Config, m *mail.Mail) { m.To = "ana, marta" }, notice.ErrRefused, "cannot be read", 0},
		{"two addresses", signedIn, 0, func(_ *mail.Config, m *mail.Mail) { m.To = "a@example.com, b@example.com" }, notice.ErrRefused, "cannot be read", 0},
		{"a wrong password", signedIn, 0, func(c *mail.Config, _ *mail.Mail) { c.Password = "wrong" }, notice.ErrSettings, "SMTP_PASSWORD", 0},
		{"nobody signs in", signedIn, 0, func(c *mail.Config, _ *mail.Mail) { c.User, c.Password = "", "" }, notice.ErrSettings, "530 5.7.0", 0},
		{"no way to sign in", mailtest.Options{}, 0, func(c *mail.Config, _ *mail.Mail) { c.User, c.Password = user, "x" }, notice.ErrSettings, "SMTP_USER", 0},
		{"no STARTTLS", mailtest.Options{}, 0, func(c *mail.Config, _ *mail.Mail) { c.TLS = mail.StartTLS }, notice.ErrSettings, "SMTP_TLS", 0},
		{"no TLS on this port", mailtest.Options{}, 0, func(c *mail.Config, _ *mail.Mail) { c.TLS = mail.TLS }, notice.ErrSettings, "SMTP_TLS", 0},
		{"an impostor", mailtest.Options{StartTLS: true}, 0, func(c *mail.Config, _ *mail.Mail) { c.TLS = mail.StartTLS }, notice.ErrSettings, "who it is", 0},
		{"an impostor from the first byte", mailtest.Options{TLS: true}, 0, func(c *mail.Config, _ *mail.Mail) { c.TLS = mail.TLS }, notice.ErrSettings, "who it is", 0},
		{"no such server", signedIn, 0, func(c *mail.Config, _ *mail.Mail) { c.Host = "nowhere.invalid" }, nil, "server", 0},
		{"nobody listens", signedIn, 0, func(c *mail.Config, _ *mail.Mail) { c.Port = 1 }, notice.ErrTemporary, "cannot be reached", 0},
		{"mail is off", signedIn, 0, func(c *mail.Config, _ *mail.Mail) { c.Host = "" }, notice.ErrOff, "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := mailtest.New(t, test.options)
			server.Refuse("gone@example.com")
			server.Fail(test.fault)
			c, m := settings(server, mailtest.Options{User: test.options.User, Password: test.options.Password}), hello
			if test.with != nil {
				test.with(&c, &m)
			}
			sender := mail.New(c)
			if test.fault == mailtest.Hang || test.fault == mailtest.Silent {
				sender = sender.Within(300 * time.Millisecond)
			}
			err := sender.Send(t.Context(), m)
			if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("got %v, want %v that says %q", err, test.want, test.says)
			}
			for _, other := range []error{notice.ErrOff, notice.ErrTemporary, notice.ErrRefused, notice.ErrSettings} {
				if test.want != nil && other != test.want && errors.Is(err, other) { //nolint:errorlint // which of them it is
					t.Errorf("%v is also %v", err, other)
				}
			}
			for _, secret := range []string{"ana@", "gone@", "reservas@", "marta", "hunter2", "Ñandú", "ABC123"} {
				if strings.Contains(fmt.Sprintf("%v %+v", err, err), secret) {
					t.Errorf("%q is shown: %v", secret, err)
				}
			}
			if got := len(server.Messages()); got != test.kept {
				t.Errorf("%d messages are kept, want %d", got, test.kept)
			}
		})
	}
}

func TestAGreylistedMessageIsTakenInTheEnd(t *testing.T) {
	t.Parallel()
	server, sender := setup(t, mailtest.Options{})
	server.Fail(mailtest.Greylist, mailtest.Greylist)
	for range 2 {
		if err := sender.Send(t.Context(), hello); !errors.Is(err, notice.ErrTemporary) {
			t.Fatalf("got %v", err)
		}
	}
	if err := sender.Send(t.Context(), hello); err != nil {
		t.Fatal(err)
	}
}

func TestWhoStopsWaitingIsNotKept(t *testing.T) {
	t.Parallel()
	server, sender := setup(t, mailtest.Options{})
	server.Fail(mailtest.Hang)
	ctx, cancel := context.WithCancel(t.Context())
	arrived := server.Arrived()
	go func() {
		<-arrived
		cancel()
	}()
	if err := sender.Send(ctx, hello); !errors.Is(err, notice.ErrTemporary) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAPingSignsInAndSendsNothing(t *testing.T) {
	t.Parallel()
	o := mailtest.Options{User: user, Password: password, StartTLS: true}
	server, sender := setup(t, o)
	if err := sender.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := settings(server, o)
	c.Password = "wrong"
	if err := mail.New(c).Trusting(server.Roots()).Ping(t.Context()); !errors.Is(err, notice.ErrSettings) {
		t.Errorf("got %v", err)
	}
	if err := mail.New(mail.Config{}).Ping(t.Context()); !errors.Is(err, notice.ErrOff) {
		t.Errorf("got %v", err)
	}
	server.Close()
	if err := sender.Ping(t.Context()); !errors.Is(err, notice.ErrTemporary) {
		t.Errorf("got %v", err)
	}
	if n := len(server.Messages()); n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestAnAddressThatNeedsSMTPUTF8GetsIt(t *testing.T) {
	t.Parallel()
	_, sender := setup(t, mailtest.Options{})
	m := hello
	m.To = "ñandú@example.com"
	if err := sender.Send(t.Context(), m); err != nil {
		t.Error(err)
	}
	_, old := setup(t, mailtest.Options{Bare: true})
	if err := old.Send(t.Context(), m); !errors.Is(err, notice.ErrRefused) {
		t.Errorf("got %v", err)
	}
}

// TestNothingBecomesAHeader puts line ends wherever a text can be given.
func TestNothingBecomesAHeader(t *testing.T) {
	t.Parallel()
	server, sender := setup(t, mailtest.Options{})
	evil := "x\r\nBcc: evil@example.com\r\n\r\nhi"
	for _, to := range []string{"ana@example.com\r\nBcc: evil@example.com", "ana@example.com>\r\nRCPT TO:<evil@example.com", "\"a\r\nb\"@example.com", "ana@example.com\n"} {
		m := hello
		m.To = to
		if err := sender.Send(t.Context(), m); !errors.Is(err, notice.ErrRefused) {
			t.Errorf("%q: %v", to, err)
		}
	}
	m := hello
	m.Subject, m.ReplyTo, m.Key = "Hola "+evil, "marta@example.com"+evil, evil
	m.Text = "Hola\r\n.\r\nMAIL FROM:<evil@example.com>\r\n"
	if err := sender.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	messages := server.Messages()
	if len(messages) != 1 {
		t.Fatalf("%d messages", len(messages))
	}
	got := messages[0]
	if got.Header.Get("Bcc") != "" || got.Header.Get("Reply-To") != "" || got.Subject != "Hola x Bcc: evil@example.com hi" || len(got.To) != 1 {
		t.Errorf("%q to %q", got.Header, got.To)
	}
	if !strings.Contains(got.Text, "MAIL FROM:<evil@example.com>") {
		t.Errorf("the text ended early: %q", got.Text)
	}
}

func TestAnySubjectArrivesInOneHeader(t *testing.T) {
	t.Parallel()
	server, sender := setup(t, mailtest.Options{Bare: true})
	rapid.Check(t, func(r *rapid.T) {
		m := hello
		m.Subject, m.ICS = rapid.String().Draw(r, "subject"), nil
		if err := sender.Send(t.Context(), m); err != nil {
			r.Fatal(err)
		}
		got := server.Messages()[0]
		if strings.ContainsAny(got.Subject, "\r\n") || len(got.Header["Subject"]) > 1 || len(got.Header) > 12 {
			r.Fatalf("%q became %q", m.Subject, got.Header)
		}
		if _, err := netmail.ParseAddress(got.Header.Get("From")); err != nil || strings.TrimSpace(got.Text) != strings.TrimSpace(m.Text) {
			r.Fatalf("%q: %v", got.Header, err)
		}
	})
}
