// Package mail delivers mail through the operator's SMTP server, one message per connection, and tells what will pass from
// what will not. Its errors are those of shared/notice, and never hold an address or a word of the message.
package mail

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wneessen/go-mail"

	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// patience is how long one delivery may take, from the look-up of the host's name to the answer to the last byte.
const patience = 15 * time.Second

// Mail is one message to one person.
type Mail struct {
	To      string // an address
	ReplyTo string // an address; empty or unreadable = none
	Subject string
	Text    string
	HTML    string // a whole document; empty = none
	ICS     []byte // a calendar to go along, METHOD:PUBLISH; nil = none
	// Key is what tells this message from every other. The Message-ID is made of it, so that a message which had to be sent
	// again, because the answer was lost, is seen to be the same one. Empty = a Message-ID that never comes again.
	Key string
}

// Sender sends mail. The zero value is of no use; see New.
type Sender struct {
	config Config
	from   *netmail.Address
	dial   dialer
}

// New returns a sender. It connects to nothing, now or later, if the configuration has no host.
func New(c Config) *Sender {
	from, _ := parseAddress(c.From) // Config.Check has complained
	return &Sender{config: c, from: from, dial: dialer{patience: patience}}
}

// Send delivers a message, or says why not: notice.ErrOff, ErrTemporary, ErrRefused or ErrSettings. When it returns nil the
// server has taken the message upon itself; after ErrTemporary it may have, where the answer was lost.
func (s *Sender) Send(ctx context.Context, m Mail) error {
	if !s.config.On() {
		return fmt.Errorf("mail: %w", notice.ErrOff)
	}
	message, err := s.compose(m)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return s.connected(ctx, plainASCII(m.To), func(c *connection) error {
		err := c.client.SendWithSMTPClient(c.smtp, message)
		if message.IsDelivered() {
			return nil // whatever went wrong in saying goodbye
		}
		return judgeDelivery(err)
	})
}

// Ping connects, turns private, signs in and leaves. Its errors are those of Send.
func (s *Sender) Ping(ctx context.Context) error {
	if !s.config.On() {
		return fmt.Errorf("mail: %w", notice.ErrOff)
	}
	return s.connected(ctx, true, func(*connection) error { return nil })
}

var (
	errAddress   = errors.New("not an e-mail address")
	errRecipient = fmt.Errorf("the recipient's address cannot be read: %w", notice.ErrRefused)
	errSender    = fmt.Errorf("SMTP_FROM cannot be read: %w", notice.ErrSettings)
)

// compose builds the message. Addresses are parsed and the subject is made one line, so that nothing of it becomes a header.
func (s *Sender) compose(m Mail) (*mail.Msg, error) {
	to, err := parseAddress(m.To)
	if err != nil {
		return nil, errRecipient
	}
	if s.from == nil {
		return nil, errSender
	}
	message := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8), mail.WithEncoding(mail.EncodingQP), mail.WithNoDefaultUserAgent())
	message.FromMailAddress(s.from)
	message.ToMailAddress(&netmail.Address{Address: to.Address})
	if reply, err := parseAddress(m.ReplyTo); err == nil {
		message.ReplyToMailAddress(reply)
	}
	message.Subject(oneLine(m.Subject))
	message.SetMessageIDWithValue(messageID(m.Key, domain(s.from.Address)))
	// RFC 3834: nobody's holiday notice should come back.
	message.SetGenHeader(mail.Header("Auto-Submitted"), "auto-generated")
	message.SetGenHeader(mail.HeaderXAutoResponseSuppress, "All")
	message.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		message.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	if m.ICS != nil {
		err := message.AttachReader("estadia.ics", bytes.NewReader(m.ICS),
			mail.WithFileContentType("text/calendar; charset=utf-8; method=PUBLISH"))
		if err != nil {
			return nil, fmt.Errorf("attach a calendar: %w", err) // from memory
		}
	}
	return message, nil
}

// messageID hides the key, which may be a reservation's code.
func messageID(key, at string) string {
	if key == "" {
		return strings.ToLower(rand.Text()) + "@" + at
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16]) + "@" + at
}

func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

func plainASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
