// Package speech has voice notes written down by an endpoint that speaks OpenAI's protocol, hosted or self-run: a model of our
// own does not fit into the memory that we have. What it returns is never taken for granted: a recording that is too long is
// not sent, and a text that the endpoint is unsure of, or has made up, is none.
//
// The voices of guests leave for whom SPEECH_URL names. Without it nothing is sent.
package speech

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// Why there is no text. The errors, and those that carry one of them, never hold the key, the recording or a word of it.
var (
	// ErrOff: nobody has said who listens. Nothing was sent.
	ErrOff = fault.New(fault.Unavailable, "speech_off", "Recordings are not listened to here.")
	// ErrTooLong: it lasts more than MaxDuration, or has more bytes than MaxBytes. Nothing was sent.
	ErrTooLong = fault.New(fault.TooLarge, "speech_too_long", "The recording is longer than two minutes.")
	// ErrUnsure: there are no words in it, or not certainly those that were heard.
	ErrUnsure = fault.New(fault.Invalid, "speech_unsure", "What the recording says was not clear.")
	// ErrTemporary: no answer, or one that says to come back. Its RetryAfter is what the endpoint asks for, or a guess.
	ErrTemporary = fault.New(fault.Unavailable, "speech_unavailable", "Nobody could listen just now.").WithRetryAfter(10 * time.Second)
	// ErrRefused: an answer that will be the same next time: the key, the model, the recording, or no such endpoint at all.
	ErrRefused = fault.New(fault.Unavailable, "speech_refused", "The recording was not accepted.")
)

// What is sent at most.
const (
	MaxDuration = 2 * time.Minute // of OGG/Opus, which tells
	MaxBytes    = 2 << 20         // of anything: two minutes of a good recording
)

// Config says who listens.
type Config struct {
	// URL is the API's base ("https://api.groq.com/openai/v1") or the whole address, ending in /audio/transcriptions. An
	// address without a path is taken for a host that serves /v1. Empty: off.
	URL    string        `envconfig:"SPEECH_URL"`
	Model  string        `envconfig:"SPEECH_MODEL" default:"whisper-1"`
	APIKey config.Secret `envconfig:"SPEECH_API_KEY"` // empty: none is sent, as to an endpoint of one's own
	// Language is ISO 639-1; "auto" leaves it to the endpoint, which is right less often.
	Language string `envconfig:"SPEECH_LANGUAGE" default:"es"`
	// Timeout is for one recording. A machine of one's own takes as long as the recording lasts, or longer.
	Timeout time.Duration `envconfig:"SPEECH_TIMEOUT" default:"60s" validate:"min=1s,max=5m"`
	// MinConfidence, 0 to 1, is how sure the endpoint must be, where it tells.
	MinConfidence float64 `envconfig:"AUDIO_MIN_CONFIDENCE" default:"0.5" validate:"min=0,max=1"`
	// Environment is not embedded: what embeds it is not asked to Check.
	Environment string `envconfig:"ENVIRONMENT" default:"development"`
}

// On reports whether anybody listens.
func (c *Config) On() bool { return c.URL != "" }

// Check refuses an address that is none, and in production to send voices where others can hear them.
func (c *Config) Check() config.Problems {
	var found config.Problems
	complain := func(variable, message string) {
		found = append(found, config.Problem{Variable: variable, Message: message})
	}
	if !c.On() {
		return nil
	}
	address, err := readAddress(c.URL)
	switch {
	case err != nil:
		complain("SPEECH_URL", "must be a URL without a user, such as https://api.groq.com/openai/v1")
	case c.Environment == config.Production && address.Scheme != "https" && !isNear(address.Hostname()):
		complain("SPEECH_URL", "must be https in production, unless it is on our own network")
	}
	if c.Language != "" && c.Language != anyLanguage && !isLanguage(c.Language) {
		complain("SPEECH_LANGUAGE", "must be two letters such as es, or auto")
	}
	if strings.ContainsFunc(c.APIKey.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		complain("SPEECH_API_KEY", "must be one word of plain letters, digits and signs")
	}
	return found
}

const (
	anyLanguage    = "auto"
	transcriptions = "/audio/transcriptions"
)

var errAddress = errors.New("speech: not a usable URL")

// readAddress completes what the operator gave to where recordings go.
func readAddress(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Fragment != "" {
		return nil, errAddress // without err: it repeats the value
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
	switch {
	case u.Path == "":
		u.Path = "/v1" + transcriptions
	case !strings.HasSuffix(u.Path, transcriptions):
		u.Path += transcriptions
	}
	return u, nil
}

// isNear tells hosts that are reached without the open internet: this machine, a private address, a container's name, Fly's
// private network.
func isNear(host string) bool {
	if address := net.ParseIP(host); address != nil {
		return address.IsLoopback() || address.IsPrivate()
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") ||
		strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".flycast")
}

func isLanguage(s string) bool {
	return len(s) == 2 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
}

// Client has recordings written down. It is safe for use by many at once, nil is one that is off, and how many recordings
// are under way at a time is up to its callers: each holds up to MaxBytes.
type Client struct {
	address  string
	model    string
	language string // empty: not said
	key      config.Secret
	timeout  time.Duration
	minimum  float64
	http     *http.Client
	// plain is set once the endpoint has been found not to know verbose_json, so that it is not asked for in vain each time.
	plain atomic.Bool
}

const connectWithin = 5 * time.Second

// New returns a client. It connects to nothing. It returns nil if nobody is to listen, or the URL is one that Check refuses.
func New(c Config) *Client {
	address, err := readAddress(c.URL)
	if err != nil {
		return nil
	}
	made := &Client{
		address: address.String(), model: c.Model, language: c.Language, key: c.APIKey, timeout: c.Timeout, minimum: c.MinConfidence,
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:               http.ProxyFromEnvironment,
				DialContext:         (&net.Dialer{Timeout: connectWithin, KeepAlive: 30 * time.Second}).DialContext,
				TLSHandshakeTimeout: connectWithin,
				ForceAttemptHTTP2:   true,
				MaxIdleConnsPerHost: 4,
				IdleConnTimeout:     time.Minute,
			},
			// The API does not redirect; what does is something on the way, and has no business with the key or the voice.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	made.withDefaults()
	return made
}

// withDefaults fills in what a Config that was not loaded from the environment leaves out.
func (c *Client) withDefaults() {
	if c.model == "" {
		c.model = "whisper-1"
	}
	switch c.language {
	case "":
		c.language = "es"
	case anyLanguage:
		c.language = ""
	}
	if c.timeout == 0 {
		c.timeout = time.Minute
	}
}

// On reports whether anybody listens.
func (c *Client) On() bool { return c != nil }

// Close drops idle connections.
func (c *Client) Close() {
	if c.On() {
		c.http.CloseIdleConnections()
	}
}
