// Package whatsapp sends messages over the WhatsApp Cloud API, marks those of others as read, and fetches their files. It tries
// everything once: messages wait in a queue, which knows better when to try again, and there is no key by which Meta would know
// a second attempt from a second message.
package whatsapp

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/config"
)

const (
	defaultBase      = "https://graph.facebook.com"
	defaultVersion   = "v26.0"
	defaultMediaHost = "lookaside.fbsbx.com"
)

// Config says who we are to Meta.
type Config struct {
	Token   config.Secret `envconfig:"WHATSAPP_TOKEN" validate:"needed"`    // of a system user: it does not expire
	PhoneID string        `envconfig:"WHATSAPP_PHONE_ID" validate:"needed"` // the id of our number, which is not the number
	// APIVersion is in every address. Meta answers one that has ended with the oldest that has not.
	APIVersion string `envconfig:"WHATSAPP_API_VERSION" default:"v26.0"`
	BaseURL    string `envconfig:"WHATSAPP_BASE_URL" default:"https://graph.facebook.com" validate:"http_url"`
	// MediaHosts are those that files are fetched from, and the token goes to, besides the API's own.
	MediaHosts config.List `envconfig:"WHATSAPP_MEDIA_HOSTS" default:"lookaside.fbsbx.com"`
	// Timeout is for one call; a caller's own deadline may be shorter. A file may take 30 seconds.
	Timeout time.Duration `envconfig:"WHATSAPP_TIMEOUT" default:"10s" validate:"min=1s,max=1m"`
	// Environment is not embedded: what embeds it is not asked to Check.
	Environment string `envconfig:"ENVIRONMENT" default:"development"`
}

var (
	versionForm = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,2}$`)
	phoneForm   = regexp.MustCompile(`^[0-9]{1,32}$`)
	hostForm    = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
)

// Check refuses what cannot be an address of the API, and in production to send the token where others can read it.
func (c *Config) Check() config.Problems {
	var problems config.Problems
	complain := func(variable, message string) {
		problems = append(problems, config.Problem{Variable: variable, Message: message})
	}
	if base, err := readBase(c.BaseURL); err != nil {
		complain("WHATSAPP_BASE_URL", "must be a URL without a user and a query")
	} else if c.Environment == config.Production && base.Scheme != "https" && !isLoopback(base.Hostname()) {
		complain("WHATSAPP_BASE_URL", "must be https in production")
	}
	if !versionForm.MatchString(cmp.Or(c.APIVersion, defaultVersion)) {
		complain("WHATSAPP_API_VERSION", "must look like v26.0")
	}
	if c.PhoneID != "" && !phoneForm.MatchString(c.PhoneID) {
		complain("WHATSAPP_PHONE_ID", "must be the number's id, digits alone")
	}
	if slices.ContainsFunc(c.MediaHosts, func(host string) bool { return !hostForm.MatchString(host) }) {
		complain("WHATSAPP_MEDIA_HOSTS", "must be names of hosts with commas in between")
	}
	return problems
}

var (
	errBase   = errors.New("whatsapp: not a usable base URL")
	errConfig = errors.New("whatsapp: not a usable version, phone id or media host")
)

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
	maxAnswer     = 1 << 20 // bytes; a real one has some 300
)

// Error is why something was not done; see chat.Failure.
type Error = chat.Failure

// Client speaks to the Cloud API for one number. It is safe for use by many at once.
type Client struct {
	base       *url.URL
	root       string // base and version, without a slash at its end
	phone      string
	token      config.Secret
	mediaHosts []string
	timeout    time.Duration
	http       *http.Client
}

// New returns a client. It connects to nothing.
func New(c Config) (*Client, error) {
	c.BaseURL, c.APIVersion = cmp.Or(c.BaseURL, defaultBase), cmp.Or(c.APIVersion, defaultVersion)
	base, err := readBase(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if len(c.Check()) > 0 {
		return nil, errConfig
	}
	if c.MediaHosts == nil {
		c.MediaHosts = config.List{defaultMediaHost}
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectWithin, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   connectWithin,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   32, // many guests are answered at once; the default of 2 would dial for most
		IdleConnTimeout:       time.Minute,
		ExpectContinueTimeout: time.Second,
	}
	return &Client{
		base: base, root: strings.TrimRight(base.String(), "/") + "/" + c.APIVersion,
		phone: c.PhoneID, token: c.Token, mediaHosts: c.MediaHosts, timeout: cmp.Or(c.Timeout, 10*time.Second),
		http: &http.Client{
			Transport: transport,
			// The API does not redirect; what does is something on the way, and has no business with the token.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
