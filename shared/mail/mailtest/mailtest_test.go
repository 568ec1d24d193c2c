package mailtest_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/textproto"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/eevans-d/sist-cabanas/shared/mail/mailtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// letter has a text, a page and a file, as other programs write them.
const letter = "From: a@example.com\r\nTo: b@example.com\r\nSubject: =?utf-8?q?Caba=C3=B1a_<b>?=\r\nMIME-Version: 1.0\r\n" +
	"Content-Type: multipart/mixed; boundary=outer\r\n\r\n" +
	"--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n" +
	"--inner\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"Caba=C3=B1a: https://c.example/pay?t=3Dx&a=3D1 <script>\r\n" +
	"--inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
	"PGh0bWw+PGhlYWQ+PC9oZWFkPjxib2R5PjxzY3JpcHQ+YWxlcnQoMSk8L3NjcmlwdD48\r\nL2JvZHk+PC9odG1sPg==\r\n" +
	"--inner--\r\n" +
	"--outer\r\nContent-Type: text/calendar; name=\"estad=C3=ADa.ics\"\r\nContent-Disposition: attachment; filename=\"estadia.ics\"\r\n\r\n" +
	"BEGIN:VCALENDAR\r\n--outer--\r\n"

func address(s *mailtest.Server) string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

func post(t *testing.T, s *mailtest.Server, text string) {
	t.Helper()
	if err := smtp.SendMail(address(s), nil, "a@example.com", []string{"b@example.com"}, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestAMessageIsTakenApart(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	arrived := s.Arrived()
	post(t, s, letter)
	<-arrived
	m := s.Messages()[0]
	if m.Subject != "Cabaña <b>" || m.Text != "Cabaña: https://c.example/pay?t=x&a=1 <script>" || m.HTML != "<html><head></head><body><script>alert(1)</script></body></html>" {
		t.Errorf("%q, %q, %q", m.Subject, m.Text, m.HTML)
	}
	if len(m.Files) != 1 || m.Files[0].Name != "estadia.ics" || string(m.Files[0].Content) != "BEGIN:VCALENDAR" {
		t.Errorf("%q", m.Files)
	}
}

func TestTheMailboxShowsMessagesWithoutTrustingThem(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	h := http.StripPrefix("/mail", s.Handler())
	if w := get(t, h, "/mail/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Todavía no llegó ningún mensaje") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	post(t, s, letter)
	tests := []struct {
		path        string
		status      int
		policy      string
		says, hides string
	}{
		{"/mail/", 200, "default-src 'none'", `<a href="1/"><strong>Cabaña &lt;b&gt;</strong>`, "<b>"},
		{"/mail/1/", 200, "default-src 'none'", `<a href="https://c.example/pay?t=x&amp;a=1" target="_blank" rel="noopener">`, "<script>"},
		{"/mail/1/", 200, "default-src 'none'", `<iframe src="page" title="El mensaje como página" sandbox="allow-popups allow-popups-to-escape-sandbox">`, "<b>"},
		{"/mail/1/", 200, "default-src 'none'", `<a href="files/0">estadia.ics</a>`, "<b>"},
		{"/mail/1/page", 200, "sandbox allow-popups allow-popups-to-escape-sandbox", `<head><base target="_blank"></head><body><script>`, "allow-scripts"},
		{"/mail/1/source", 200, "default-src 'none'", "Content-Type: multipart/mixed", "alert"},
		{"/mail/1/files/0", 200, "sandbox", "BEGIN:VCALENDAR", "Subject"},
		{"/mail/2/", 404, "", "", "Cabaña"},
		{"/mail/x/page", 404, "", "", "Cabaña"},
		{"/mail/1/files/1", 404, "", "", "Cabaña"},
		{"/mail/1/files/-1", 404, "", "", "Cabaña"},
	}
	for _, test := range tests {
		w := get(t, h, test.path)
		body := w.Body.String()
		if w.Code != test.status || !strings.Contains(body, test.says) || strings.Contains(body, test.hides) || !strings.Contains(w.Header().Get("Content-Security-Policy"), test.policy) {
			t.Errorf("%s: %d %v\n%s", test.path, w.Code, w.Header(), body)
		}
	}
	if got := get(t, h, "/mail/1/files/0").Header().Get("Content-Disposition"); got != "attachment; filename=estadia.ics" {
		t.Errorf("got %q", got)
	}
}

func TestTheMailboxKeepsTheNewest(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	c, err := smtp.Dial(address(s))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range 503 {
		send(t, c, fmt.Sprintf("Subject: %d\r\n\r\nhi\r\n", i))
	}
	messages := s.Messages()
	if len(messages) != 500 || messages[0].Subject != "502" || messages[499].Subject != "3" || messages[0].ID != 503 {
		t.Errorf("%d messages from %q to %q", len(messages), messages[499].Subject, messages[0].Subject)
	}
	if _, ok := s.Message(3); ok {
		t.Error("the third is still there")
	}
}

func send(t *testing.T, c *smtp.Client, text string) {
	t.Helper()
	if err := c.Mail("a@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("b@example.com"); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestItIsAsStrictAsTheStrictest says one line after the other, and looks at the codes of the answers.
func TestItIsAsStrictAsTheStrictest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options mailtest.Options
		dialog  []string // a line, and the code of its answer
	}{
		{"no hello", mailtest.Options{}, []string{"MAIL FROM:<a@example.com>", "503", "EHLO", "501", "WHAT", "500"}},
		{"out of order", mailtest.Options{}, []string{"EHLO x", "250", "RCPT TO:<b@example.com>", "503", "DATA", "503", "MAIL FROM:a@example.com", "501", "MAIL FROM:<>", "250", "RCPT TO:<>", "501", "MAIL FROM:<a@example.com>", "503", "RSET", "250", "DATA", "503"}},
		{"nobody signs in", mailtest.Options{User: "u", Password: "p"}, []string{"EHLO x", "250", "MAIL FROM:<a@example.com>", "530", "AUTH PLAIN !", "501", "AUTH PLAIN AHUAeA==", "535", "AUTH XOAUTH2 x", "504", "AUTH PLAIN AHUAcA==", "235", "MAIL FROM:<a@example.com>", "250"}},
		{"in the open", mailtest.Options{User: "u", Password: "p", StartTLS: true}, []string{"EHLO x", "250", "AUTH PLAIN AHUAcA==", "538"}},
		{"not without SMTPUTF8", mailtest.Options{}, []string{"EHLO x", "250", "MAIL FROM:<ñ@example.com>", "553", "MAIL FROM:<ñ@example.com> SMTPUTF8", "250", "RCPT TO:<ñ@example.com>", "250"}},
		{"what an old server does not know", mailtest.Options{Bare: true}, []string{"EHLO x", "250", "MAIL FROM:<a@example.com> BODY=8BITMIME", "555", "STARTTLS", "502"}},
		{"a header that is not ASCII", mailtest.Options{}, []string{"EHLO x", "250", "MAIL FROM:<a@example.com>", "250", "RCPT TO:<b@example.com>", "250", "DATA", "354", "Subject: ñ\r\n\r\nhi\r\n.", "554"}},
		{"a line without an end", mailtest.Options{}, []string{"EHLO x", "250", "MAIL FROM:<a@example.com>", "250", "RCPT TO:<b@example.com>", "250", "DATA", "354", "Subject: x\r\n\r\n" + strings.Repeat("x", 1200) + "\r\n.", "554"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.New(t, test.options)
			conn, err := net.Dial("tcp", address(s))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			text := textproto.NewConn(conn)
			_, _, err = text.ReadResponse(220)
			for i := 0; err == nil && i < len(test.dialog); i += 2 {
				if err = text.PrintfLine("%s", test.dialog[i]); err != nil {
					break
				}
				var code int
				code, _, _ = text.ReadResponse(0)
				if fmt.Sprint(code) != test.dialog[i+1] {
					t.Errorf("%q: %d, want %s", test.dialog[i], code, test.dialog[i+1])
				}
			}
			if err != nil {
				t.Error(err)
			}
			if n := len(s.Messages()); n != 0 {
				t.Errorf("%d messages", n)
			}
		})
	}
}
