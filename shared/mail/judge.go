package mail

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"regexp"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// judgeConnection says what it means that a server was not reached or did not let us in. Of what a server says only the
// codes are passed on.
func judgeConnection(err error) error {
	var (
		reply   *textproto.Error
		unknown *net.DNSError
	)
	switch {
	case errors.As(err, &reply) && reply.Code/100 == 4:
		return fmt.Errorf("the server lets nobody in right now (%s): %w", codes(reply), notice.ErrTemporary)
	case errors.As(err, &reply) && strings.Contains(err.Error(), "AUTH"):
		return fmt.Errorf("the server does not let us in (%s): are SMTP_USER and SMTP_PASSWORD right? %w", codes(reply), notice.ErrSettings)
	case errors.As(err, &reply):
		return fmt.Errorf("the server does not let us in (%s): %w", codes(reply), notice.ErrSettings)
	case untrusted(err):
		return fmt.Errorf("the server cannot prove who it is, or speaks no TLS on this port: are SMTP_HOST, SMTP_PORT and SMTP_TLS right? %w", notice.ErrSettings)
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return fmt.Errorf("there is no server of that name: is SMTP_HOST right? %w", notice.ErrSettings)
	case disagreed(err):
		return fmt.Errorf("the server offers no STARTTLS, or no way to sign in that we know: are SMTP_PORT, SMTP_TLS and SMTP_USER right? %w", notice.ErrSettings)
	default:
		return fmt.Errorf("the server cannot be reached, or hangs up: %w", notice.ErrTemporary)
	}
}

func untrusted(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
	)
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert)
}

// disagreed finds what the library says of a server that lacks what we insist on. It has no type for it.
func disagreed(err error) bool {
	return errors.Is(err, mail.ErrPlainAuthNotSupported) || errors.Is(err, mail.ErrLoginAuthNotSupported) ||
		errors.Is(err, mail.ErrNoSupportedAuthDiscovered) || strings.Contains(err.Error(), "does not support")
}

// judgeDelivery says what it means that a server did not take a message.
func judgeDelivery(err error) error {
	var failure *mail.SendError
	if !errors.As(err, &failure) {
		return fmt.Errorf("the server hangs up: %w", notice.ErrTemporary)
	}
	code, detail := failure.ErrorCode(), failure.EnhancedStatusCode()
	said := strings.TrimSpace(fmt.Sprintf("%d %s", code, detail))
	switch {
	case code == 0 && failure.Reason == mail.ErrSMTPDataClose:
		return fmt.Errorf("the server's answer is lost, so that the message may have arrived: %w", notice.ErrTemporary)
	case code == 0:
		return fmt.Errorf("the server hangs up: %w", notice.ErrTemporary)
	case code/100 == 4:
		return fmt.Errorf("the server takes it later (%s): %w", said, notice.ErrTemporary)
	case code == 530 || code == 535: // RFC 4954 §6
		return fmt.Errorf("the server wants us to sign in (%s): are SMTP_USER and SMTP_PASSWORD right? %w", said, notice.ErrSettings)
	case failure.Reason == mail.ErrSMTPMailFrom:
		return fmt.Errorf("the server refuses the sender (%s): is SMTP_FROM right? %w", said, notice.ErrSettings)
	case failure.Reason == mail.ErrSMTPRcptTo && strings.HasPrefix(detail, "5.7."):
		// RFC 3463 §3.8: security or policy, and nearly always a relay that is not ours to use. Calling the message lost would
		// lose every message until somebody looks.
		return fmt.Errorf("the server does not pass it on (%s): %w", said, notice.ErrSettings)
	case failure.Reason == mail.ErrSMTPRcptTo:
		return fmt.Errorf("the server refuses the recipient (%s): %w", said, notice.ErrRefused)
	default:
		return fmt.Errorf("the server refuses the message (%s): %w", said, notice.ErrRefused)
	}
}

var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// codes is a reply without its words, which repeat addresses: "550 5.1.1".
func codes(reply *textproto.Error) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", reply.Code, enhanced.FindString(reply.Msg)))
}
