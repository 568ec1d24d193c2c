// Package mercadopago asks Mercado Pago to take payments and to give them back, over four kinds of requests: checkouts,
// payments, searches, refunds. It is a client of our own over net/http: the official SDK makes a new idempotency key for
// every call, so that a repeated refund is a second refund; it holds money in floats; and it fails to read a payment in which
// one date of many has an unusual form.
package mercadopago

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

// Config says who we are to Mercado Pago.
type Config struct {
	AccessToken config.Secret `envconfig:"MERCADOPAGO_ACCESS_TOKEN" validate:"needed"`
	BaseURL     string        `envconfig:"MERCADOPAGO_BASE_URL" default:"https://api.mercadopago.com" validate:"http_url"`
	// Timeout is for one call with all its attempts; a caller's own deadline may be shorter.
	Timeout time.Duration `envconfig:"MERCADOPAGO_TIMEOUT" default:"10s" validate:"min=1s,max=1m"`
	// Backoff is the pause before the second attempt, doubled before the third; 0 = 250 ms.
	Backoff time.Duration `ignored:"true"`
	// Environment is not embedded: what embeds it is not asked to Check.
	Environment string `envconfig:"ENVIRONMENT" default:"development"`
}

// Check refuses an address that is none, and in production to send the access token where others can read it.
func (c *Config) Check() config.Problems {
	base, err := readBase(c.BaseURL)
	switch {
	case err != nil:
		return config.Problems{{Variable: "MERCADOPAGO_BASE_URL", Message: "must be a URL without a user and a query"}}
	case c.Environment == config.Production && base.Scheme != "https" && !isLoopback(base.Hostname()):
		return config.Problems{{Variable: "MERCADOPAGO_BASE_URL", Message: "must be https in production"}}
	}
	return nil
}

var errBase = errors.New("mercadopago: not a usable base URL")

func readBase(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" || base.User != nil || base.RawQuery+base.Fragment != "" {
		return nil, errBase // without err: it repeats the value
	}
	return base, nil
}

func isLoopback(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || address != nil && address.IsLoopback()
}

const (
	connectWithin = 3 * time.Second
	maxAttempts   = 3
	maxAnswer     = 1 << 20 // bytes; a page of 100 payments has some 500 kB
	// maxPause is how long a caller may be kept waiting between two attempts: what the provider wants beyond that is a
	// matter for whoever can come back later.
	maxPause = 2 * time.Second
)

// Client speaks to Mercado Pago for one account. It is safe for use by many at once.
type Client struct {
	base    string // without a slash at its end
	token   config.Secret
	timeout time.Duration
	backoff time.Duration
	http    *http.Client
}

// New returns a client. It connects to nothing.
func New(c Config) (*Client, error) {
	base, err := readBase(cmp.Or(c.BaseURL, "https://api.mercadopago.com"))
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectWithin, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   connectWithin,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          32,
		MaxIdleConnsPerHost:   32, // settling asks for many payments at once; the default of 2 would dial for most
		IdleConnTimeout:       time.Minute,
		ExpectContinueTimeout: time.Second,
	}
	return &Client{
		base:    strings.TrimRight(base.String(), "/"),
		token:   c.AccessToken,
		timeout: cmp.Or(c.Timeout, 10*time.Second),
		backoff: cmp.Or(c.Backoff, 250*time.Millisecond),
		http: &http.Client{
			Transport: transport,
			// The API does not redirect; what does is something on the way, and has no business with the token.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
