package mailtest

import (
	"bufio"
	"bytes"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"
	"unicode/utf8"
)

// session is one connection: RFC 5321, with STARTTLS (RFC 3207) and AUTH (RFC 4954).
type session struct {
	*Server
	conn    net.Conn
	text    *textproto.Reader
	fault   Fault
	greeted bool
	private bool
	user    string // who has signed in

	from  string
	mail  bool // there is a MAIL command
	utf8  bool // with SMTPUTF8
	to    []string
	ended bool
}

func (s *Server) serve(conn net.Conn, fault Fault) {
	_ = conn.SetDeadline(time.Now().Add(sessionTime)) // else Close ends it
	x := &session{Server: s, fault: fault}
	if s.options.TLS {
		conn = tls.Server(conn, s.tls)
		x.private = true
	}
	x.over(conn)
	switch fault {
	case Busy:
		x.say("421 4.3.2 too busy")
		return
	case Silent:
		x.wait()
		return
	}
	x.say("220 mailtest ESMTP")
	for !x.ended {
		line, err := x.text.ReadLine()
		if err != nil || len(line) > 2000 {
			return
		}
		verb, argument, _ := strings.Cut(line, " ")
		x.obey(strings.ToUpper(verb), strings.TrimSpace(argument))
	}
}

// over goes on over another connection, as a client does behind STARTTLS.
func (x *session) over(conn net.Conn) {
	x.conn = conn
	x.text = textproto.NewReader(bufio.NewReader(conn))
}

func (x *session) say(format string, args ...any) {
	if _, err := fmt.Fprintf(x.conn, format+"\r\n", args...); err != nil {
		x.ended = true
	}
}

// wait is for the client to give up.
func (x *session) wait() {
	_, _ = io.Copy(io.Discard, x.conn)
	x.ended = true
}

func (x *session) obey(verb, argument string) {
	switch verb {
	case "EHLO", "HELO":
		x.hello(verb, argument)
	case "NOOP":
		x.say("250 2.0.0 ok")
	case "RSET":
		x.reset()
		x.say("250 2.0.0 ok")
	case "QUIT":
		x.say("221 2.0.0 bye")
		x.ended = true
	case "STARTTLS":
		x.startTLS()
	case "AUTH":
		x.auth(argument)
	case "MAIL":
		x.mailFrom(argument)
	case "RCPT":
		x.rcptTo(argument)
	case "DATA":
		x.data()
	default:
		x.say("500 5.5.2 what?")
	}
}

func (x *session) reset() { x.from, x.to, x.mail, x.utf8 = "", nil, false, false }

func (x *session) hello(verb, name string) {
	if name == "" {
		x.say("501 5.5.4 who?")
		return
	}
	x.reset()
	x.greeted = true
	if verb == "HELO" {
		x.say("250 mailtest")
		return
	}
	lines := []string{"mailtest", "ENHANCEDSTATUSCODES", fmt.Sprintf("SIZE %d", maxBytes)}
	if !x.options.Bare {
		lines = append(lines, "8BITMIME", "SMTPUTF8")
	}
	if x.options.StartTLS && !x.private {
		lines = append(lines, "STARTTLS")
	} else if x.options.User != "" {
		ways := "AUTH PLAIN LOGIN"
		if x.options.LoginOnly {
			ways = "AUTH LOGIN"
		}
		lines = append(lines, ways)
	}
	for _, line := range lines[:len(lines)-1] {
		x.say("250-%s", line)
	}
	x.say("250 %s", lines[len(lines)-1])
}

func (x *session) startTLS() {
	if !x.options.StartTLS || x.private {
		x.say("502 5.5.1 not here")
		return
	}
	x.say("220 2.0.0 go ahead")
	x.private, x.greeted = true, false // RFC 3207 §4.2: whatever was said before does not count
	x.reset()
	x.over(tls.Server(x.conn, x.tls))
}

var errNoMore = errors.New("the client has gone")

func (x *session) auth(argument string) {
	way, first, _ := strings.Cut(argument, " ")
	var user, password string
	var err error
	switch {
	case x.options.User == "" || x.options.StartTLS && !x.private:
		x.say("538 5.7.11 not like this")
		return
	case x.fault == RefuseLogin:
		x.say("454 4.7.0 not now")
		return
	case strings.EqualFold(way, "PLAIN") && !x.options.LoginOnly:
		user, password, err = x.plain(first)
	case strings.EqualFold(way, "LOGIN"):
		user, password, err = x.login(first)
	default:
		x.say("504 5.5.4 no such way")
		return
	}
	switch {
	case errors.Is(err, errNoMore):
	case err != nil:
		x.say("501 5.5.2 not base64")
	case !same(user, x.options.User) || !same(password, x.options.Password):
		x.say("535 5.7.8 %s may not come in", user)
	default:
		x.user = user
		x.say("235 2.7.0 come in")
	}
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (x *session) plain(first string) (user, password string, err error) {
	answer, err := x.ask("", first)
	parts := strings.Split(answer, "\x00")
	if err == nil && len(parts) != 3 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", "", err
	}
	return parts[1], parts[2], nil
}

func (x *session) login(first string) (user, password string, err error) {
	if user, err = x.ask("Username:", first); err != nil {
		return "", "", err
	}
	password, err = x.ask("Password:", "")
	return user, password, err
}

// ask is one question and its answer, unless that has been given.
func (x *session) ask(question, given string) (string, error) {
	if given == "" {
		x.say("334 %s", base64.StdEncoding.EncodeToString([]byte(question)))
		var err error
		if given, err = x.text.ReadLine(); err != nil {
			x.ended = true
			return "", errNoMore
		}
	}
	answer, err := base64.StdEncoding.DecodeString(given)
	return string(answer), err
}

func (x *session) mailFrom(argument string) {
	address, parameters, ok := path(argument, "FROM:")
	switch {
	case !x.greeted:
		x.say("503 5.5.1 say hello first")
	case x.options.User != "" && x.user == "":
		x.say("530 5.7.0 sign in first")
	case x.mail:
		x.say("503 5.5.1 one at a time")
	case !ok:
		x.say("501 5.1.7 no address")
	case x.options.Bare && parameters != "":
		x.say("555 5.5.4 unknown parameter")
	case x.fault == RefuseSender:
		x.say("550 5.7.1 <%s> may not send", address)
	default:
		x.from, x.mail = address, true
		x.utf8 = strings.Contains(strings.ToUpper(parameters), "SMTPUTF8")
		if !x.utf8 && !ascii(address) {
			x.reset()
			x.say("553 5.6.7 not without SMTPUTF8")
			return
		}
		x.say("250 2.1.0 ok")
	}
}

func (x *session) rcptTo(argument string) {
	address, _, ok := path(argument, "TO:")
	switch {
	case !x.mail:
		x.say("503 5.5.1 from whom?")
	case !ok || address == "":
		x.say("501 5.1.3 no address")
	case !x.utf8 && !ascii(address):
		x.say("553 5.6.7 not without SMTPUTF8")
	case x.fault == Greylist:
		x.say("451 4.7.1 <%s> greylisted, come back later", address)
	case x.fault == RefuseRelay:
		x.say("550 5.7.1 relaying to <%s> denied", address)
	case x.refuses(address):
		x.say("550 5.1.1 <%s> does not live here", address)
	case len(x.to) == 100:
		x.say("452 4.5.3 too many")
	default:
		x.to = append(x.to, address)
		x.say("250 2.1.5 ok")
	}
}

// path reads "FROM:<a@b> PARAMETER=…".
func path(argument, prefix string) (address, parameters string, ok bool) {
	if len(argument) < len(prefix) || !strings.EqualFold(argument[:len(prefix)], prefix) {
		return "", "", false
	}
	address, ok = strings.CutPrefix(strings.TrimSpace(argument[len(prefix):]), "<")
	if !ok {
		return "", "", false
	}
	address, parameters, ok = strings.Cut(address, ">")
	return address, strings.TrimSpace(parameters), ok
}

func (x *session) data() {
	if len(x.to) == 0 {
		x.say("503 5.5.1 to whom?")
		return
	}
	x.say("354 go ahead")
	if x.fault == Cut {
		_, _ = x.text.ReadLine()
		x.ended = true
		return
	}
	raw, err := io.ReadAll(io.LimitReader(x.text.DotReader(), maxBytes+1))
	if err != nil || len(raw) > maxBytes {
		x.say("552 5.3.4 too large")
		x.ended = true
		return
	}
	m, wrong := x.read(raw)
	switch {
	case wrong != "":
		x.say("554 5.6.0 %s", wrong)
	case x.fault == RefuseMessage:
		x.say("554 5.7.1 %q looks like spam", m.Subject)
	case x.fault == Hang:
		x.keep(m)
		x.wait()
	case x.fault == LostAnswer:
		x.keep(m)
		x.ended = true
	default:
		x.keep(m)
		x.say("250 2.0.0 taken")
	}
	x.reset()
}

// read parses what was sent, and says what a strict server would not take.
func (x *session) read(raw []byte) (m Message, wrong string) {
	for line := range bytes.Lines(raw) {
		if len(line) > 999 { // and a CR, which the reader has dropped: RFC 5321 §4.5.3.1.6
			return m, "a line is too long"
		}
	}
	header, _, _ := bytes.Cut(raw, []byte("\n\n"))
	switch {
	case !x.utf8 && !ascii(string(header)):
		return m, "the header is not ASCII"
	case x.options.Bare && !ascii(string(raw)):
		return m, "the body is not ASCII"
	}
	m, err := parse(raw)
	if err != nil {
		return m, "not a message"
	}
	m.At, m.From, m.To, m.User, m.Private = time.Now(), x.from, x.to, x.user, x.private
	return m, ""
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
