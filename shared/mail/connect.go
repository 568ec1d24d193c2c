package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// dialer is how the server is reached.
type dialer struct {
	patience time.Duration
	roots    *x509.CertPool // nil = those of the system
}

// connection is a server that has greeted us, and let us in.
type connection struct {
	client *mail.Client
	smtp   *smtp.Client
}

// connected runs f on a connection of its own, all of it within the sender's patience. ascii says that the recipient's address
// is nothing but that.
func (s *Sender) connected(ctx context.Context, ascii bool, f func(*connection) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.dial.patience)
	defer cancel()
	line := &line{config: s.dial.tls(s.config), private: s.config.TLS == TLS}
	defer line.Close()
	// The library looks at the context while it dials, and then only at deadlines that it sets anew with each step. Whatever
	// it waits for, a connection that is closed under it answers at once.
	defer context.AfterFunc(ctx, line.Close)()
	client, err := s.client(ascii, line)
	if err != nil {
		return fmt.Errorf("mail: the settings are refused by the client: %w", notice.ErrSettings)
	}
	answering, err := client.DialToSMTPClientWithContext(ctx)
	if err == nil {
		err = f(&connection{client, answering})
		if err == nil {
			_ = client.CloseWithSMTPClient(answering) // a goodbye; what matters has been answered
		}
	} else {
		err = judgeConnection(err)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("mail: given up waiting: %w: %w", err, context.Cause(ctx))
	default:
		return fmt.Errorf("mail: %w", err)
	}
}

func (s *Sender) client(ascii bool, l *line) (*mail.Client, error) {
	options := []mail.Option{
		mail.WithPort(s.config.Port),
		mail.WithTimeout(s.dial.patience + time.Second), // it never comes to that: the context is first
		mail.WithDialContextFunc(l.dial),
		mail.WithTLSConfig(l.config),
		mail.WithTLSPolicy(mail.NoTLS), // TLS from the first byte is the line's doing
	}
	if s.from != nil {
		options = append(options, mail.WithHELO(domain(s.from.Address))) // the machine's own name is nobody's business
	}
	if s.config.TLS == StartTLS {
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.config.User != "" {
		ways := []mail.SMTPAuthType{mail.SMTPAuthPlain, mail.SMTPAuthLogin}
		if s.config.TLS == Open {
			ways = []mail.SMTPAuthType{mail.SMTPAuthPlainNoEnc, mail.SMTPAuthLoginNoEnc}
		}
		options = append(options, mail.WithOpportunisticSMTPAuth(ways...), mail.WithUsername(s.config.User), mail.WithPassword(s.config.Password.Reveal()))
	}
	if ascii && (s.from == nil || plainASCII(s.from.Address)) {
		// A message that is marked as one of SMTPUTF8 must be refused by every server on its way that knows nothing of it, RFC
		// 6531 §3.7. Ours needs it for addresses only.
		options = append(options, mail.WithoutSMTPUTF8())
	}
	return mail.NewClient(s.config.Host, options...)
}

// tls is what a server has to prove: that it is the one in the configuration.
func (d dialer) tls(c Config) *tls.Config {
	return &tls.Config{ServerName: c.Host, RootCAs: d.roots, MinVersion: tls.VersionTLS12}
}

// line remembers the connection, which the library forgets to close where a server does not let us in.
type line struct {
	config  *tls.Config
	private bool

	mu     sync.Mutex
	conn   net.Conn
	closed bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := l.open(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = conn
	if l.closed {
		_ = conn.Close() // nobody waits any more
	}
	return conn, nil
}

func (l *line) open(ctx context.Context, network, address string) (net.Conn, error) {
	if l.private {
		return (&tls.Dialer{Config: l.config}).DialContext(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// Close hangs up, now or as soon as there is something to hang up.
func (l *line) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn != nil {
		_ = l.conn.Close() // with STARTTLS this is the line beneath
	}
}
