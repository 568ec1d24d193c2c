package mail

import (
	netmail "net/mail"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

// How the connection is made private.
const (
	StartTLS = "starttls" // begins in the open and must turn private before anything is said: RFC 3207, port 587
	TLS      = "tls"      // private from the first byte: RFC 8314, port 465
	Open     = "none"     // never in production
)

// Config says through which server mail goes. Without a host no mail is sent.
type Config struct {
	Env      string        `envconfig:"ENVIRONMENT" default:"development"`
	Host     string        `envconfig:"SMTP_HOST" validate:"omitempty,hostname_rfc1123|ip"`
	Port     int           `envconfig:"SMTP_PORT" default:"587" validate:"min=1,max=65535"`
	User     string        `envconfig:"SMTP_USER"`
	Password config.Secret `envconfig:"SMTP_PASSWORD"`
	From     string        `envconfig:"SMTP_FROM"` // "reservas@example.com" or "El Refugio <reservas@example.com>"
	TLS      string        `envconfig:"SMTP_TLS" default:"starttls" validate:"oneof=starttls tls none"`
}

// On reports whether mail is sent at all.
func (c Config) On() bool { return c.Host != "" }

// Check finds what does not go together.
func (c Config) Check() config.Problems {
	var found config.Problems
	complain := func(variable, message string) {
		found = append(found, config.Problem{Variable: variable, Message: message})
	}
	if c.From != "" {
		if _, err := parseAddress(c.From); err != nil {
			complain("SMTP_FROM", "must be an e-mail address, such as reservas@example.com or El Refugio <reservas@example.com>")
		}
	} else if c.On() {
		complain("SMTP_FROM", "is missing: mail needs a sender")
	}
	if c.On() && (c.User == "") != (c.Password == "") {
		complain("SMTP_PASSWORD", "and SMTP_USER go together: set both or none")
	}
	if c.On() && c.TLS == Open && c.Env == config.Production {
		complain("SMTP_TLS", "must be starttls or tls: in production nobody may read along")
	}
	return found
}

// parseAddress reads one address with a domain, with or without a name.
func parseAddress(text string) (*netmail.Address, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errAddress // folding is for headers
	}
	address, err := netmail.ParseAddress(text)
	if err != nil {
		return nil, errAddress // theirs repeats it
	}
	return address, nil
}

// domain is what stands behind the @ of an address that parseAddress has read.
func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
