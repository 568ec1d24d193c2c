package feeds

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// validators are what a channel calls the state in which we have last seen its feed.
type validators struct{ etag, lastModified string }

// cleanValidator drops what could not be kept or sent: whatever comes from outside ends up in a header and in the database.
func cleanValidator(text string) string {
	strange := func(r rune) bool { return r < ' ' || r > '~' }
	if len(text) > maxValidator || strings.ContainsFunc(text, strange) {
		return ""
	}
	return text
}

// follow asks for a feed, and wherever it is sent on to. It is a loop of our own over single requests, because http.Client
// passes on too much: the address in Referer, and the validators to any host.
func (c *Client) follow(ctx context.Context, first *url.URL, seen validators) (Response, error) {
	at := first
	for redirects := 0; ; redirects++ {
		// Validators can tell who is asking, so they go to whoever gave them and to nobody else.
		home := at.Scheme == first.Scheme && at.Host == first.Host
		send := seen
		if !home {
			send = validators{}
		}
		answer, next, err := c.ask(ctx, at, send)
		if !home {
			answer.ETag, answer.LastModified = "", ""
		}
		if err != nil || next == nil {
			return answer, err
		}
		if redirects == maxRedirects {
			return answer, errRedirects
		}
		at = next
	}
}

// ask makes one request. next is where it is sent on to, nil = nowhere.
func (c *Client) ask(ctx context.Context, at *url.URL, seen validators) (answer Response, next *url.URL, err error) {
	r, err := c.transport.RoundTrip(c.request(ctx, at, seen))
	if err != nil {
		return Response{}, nil, err
	}
	defer r.Body.Close() //nolint:errcheck // it was only read
	answer = Response{
		Status: r.StatusCode, ETag: cleanValidator(r.Header.Get("ETag")), LastModified: cleanValidator(r.Header.Get("Last-Modified")),
	}
	switch r.StatusCode {
	case http.StatusOK:
		answer.Body, err = read(r)
		return answer, nil, err
	case http.StatusNotModified:
		if seen == (validators{}) {
			return answer, nil, refusal(r) // nobody asked whether it has changed, so we have nothing that it could mean
		}
		answer.NotModified = true
		answer.ETag, answer.LastModified = cmp.Or(answer.ETag, seen.etag), cmp.Or(answer.LastModified, seen.lastModified)
		return answer, nil, nil
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		next, err = c.next(at, r)
		return answer, next, err
	default:
		return answer, nil, refusal(r)
	}
}

func (c *Client) request(ctx context.Context, at *url.URL, seen validators) *http.Request {
	header := http.Header{
		"User-Agent": {c.agent},
		"Accept":     {"text/calendar, text/plain;q=0.9, */*;q=0.8"},
	}
	if seen.etag != "" {
		header.Set("If-None-Match", seen.etag)
	}
	if seen.lastModified != "" {
		header.Set("If-Modified-Since", seen.lastModified)
	}
	// The very URL that was judged, and not its text read a second time.
	r := &http.Request{Method: http.MethodGet, URL: at, Host: at.Host, Header: header}
	return r.WithContext(ctx)
}

// next judges where an answer sends us.
func (c *Client) next(at *url.URL, r *http.Response) (*url.URL, error) {
	location := r.Header.Get("Location")
	if location == "" {
		return nil, refusal(r)
	}
	next, err := at.Parse(location)
	if err != nil {
		return nil, errAddress.WithDetail("The channel sends us on to another address, which cannot be read.")
	}
	if refused := c.guard.judge(next); refused != "" {
		return nil, errAddress.WithDetail("The channel sends us on to another address, which " + refused + ".")
	}
	return next, nil
}

// read reads a body, which the transport has asked for and unpacked as gzip, up to its limit.
func read(r *http.Response) ([]byte, error) {
	if packed := r.Header.Get("Content-Encoding"); packed != "" && !strings.EqualFold(packed, "identity") {
		return nil, errUnreadable.WithDetail("The channel packs its answer in a way that was not asked for.")
	}
	if r.ContentLength > MaxBody {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > MaxBody {
		return nil, errTooLarge
	}
	return body, nil
}
