// Package feeds reads the calendars of other channels over HTTP. Their addresses are what owners type in, so they are trusted
// neither with our network (see guard) nor with our memory and time; and they are secrets, so that no error holds any part of
// one.
package feeds

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
)

// MaxBody is how many bytes of a feed are read at most, counted after decompression.
const MaxBody = 10 << 20

// Limits of one Fetch. It is not repeated here: a feed is read again within minutes.
const (
	maxRedirects  = 3
	totalTimeout  = 15 * time.Second // names, connections, redirects and the whole body
	stepTimeout   = 10 * time.Second // a connection; its encryption; the wait until an answer begins
	maxHeader     = 64 << 10         // bytes
	maxRetryAfter = time.Hour        // however long a channel wants to be left alone: nights are sold meanwhile
	maxValidator  = 512              // bytes of an ETag that is worth keeping
)

// Config says where feeds may be.
type Config struct {
	// Environment is the name in config.Environment. It is not embedded, because a configuration that embeds others is not asked
	// to check itself.
	Environment string `envconfig:"ENVIRONMENT" default:"development"`
	// AllowPrivate lets feeds be on this computer and in private networks, at any port. For development only.
	AllowPrivate bool `envconfig:"ICAL_ALLOW_PRIVATE_HOSTS"`
	// Contact is this service's own address, where those who run a channel find out who is asking.
	Contact string `envconfig:"BASE_URL"`
}

// Check reports a private network that would be open to whoever types in an address.
func (c Config) Check() config.Problems {
	if c.AllowPrivate && c.Environment == config.Production {
		return config.Problems{{
			Variable: "ICAL_ALLOW_PRIVATE_HOSTS", Message: "must not be true in production: the private network would be open to whoever types in a feed",
		}}
	}
	return nil
}

// agent is what we call ourselves. Of our site it says scheme and host.
func (c Config) agent() string {
	const name = "Cabanas/1.0"
	site, err := url.Parse(c.Contact)
	if err != nil || site.Host == "" {
		return name
	}
	return name + " (+" + site.Scheme + "://" + site.Host + ")"
}

// Client reads feeds. It is safe for concurrent use.
type Client struct {
	guard     *guard
	transport *http.Transport
	agent     string
	timeout   time.Duration
}

// Response is what a channel answered.
type Response struct {
	NotModified        bool   // nothing has changed since the validators that were sent; there is no body
	Body               []byte // at most MaxBody
	ETag, LastModified string // to be sent with the next Fetch of this address; "" = none, or none that it may be sent
	Status             int    // of the last answer; 0 = there was none
}

// New makes a client. It connects to nothing.
func New(c Config) *Client {
	// Check has refused production's open door before; this is the second lock.
	return newClient(c, newGuard(c.AllowPrivate && c.Environment != config.Production), net.DefaultResolver)
}

func newClient(c Config, g *guard, resolver *net.Resolver) *Client {
	dialer := &net.Dialer{Timeout: stepTimeout, Resolver: resolver, ControlContext: g.control}
	// Not HTTP/2: it wins nothing for a request every five minutes, and one connection that died unnoticed would hold up every
	// feed of its host.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &Client{
		guard: g, agent: c.agent(), timeout: totalTimeout,
		transport: &http.Transport{
			Proxy:                  nil, // that of the environment would look up names and connect in our place, past the guard
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    stepTimeout,
			ResponseHeaderTimeout:  stepTimeout,
			MaxResponseHeaderBytes: maxHeader,
			MaxIdleConns:           8,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
			Protocols:              protocols,
		},
	}
}

// Close lets go of the connections that are idle. The client can still be used.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Fetch reads the feed at an address that CheckURL accepts. etag and lastModified are those of the last good Response for this
// address, or "": they make the request a conditional one.
//
// An error is a fault with a sentence for the owner and no part of the address: Invalid where it is one that we do not read,
// Unavailable where the channel gave no calendar, with its word on RetryAfter (at most an hour). The status comes along, where
// there was an answer. When ctx ends it is feed_interrupted or feed_timeout, and errors.Is finds the context's error in it.
func (c *Client) Fetch(ctx context.Context, address, etag, lastModified string) (Response, error) {
	at, refused := c.guard.parse(address)
	if refused != "" {
		return Response{}, errAddress.WithDetail("The address " + refused + ".")
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	answer, err := c.follow(ctx, at, validators{cleanValidator(etag), cleanValidator(lastModified)})
	if err != nil {
		return Response{Status: answer.Status}, explain(ctx, err)
	}
	return answer, nil
}
