package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

var (
	errTimeout    = errors.New("no answer in time")
	errTooLong    = errors.New("the answer is too long")
	errUnreadable = errors.New("the answer is not what was expected")
	errRedirect   = errors.New("it was sent elsewhere")
)

// call asks once and decodes the answer. body nil = a GET.
func (c *Client) call(ctx context.Context, address string, body, into any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	r, err := c.request(ctx, address, body)
	if err != nil {
		return err
	}
	answer, err := c.ask(r, maxAnswer)
	if err != nil {
		return err
	}
	if json.Unmarshal(answer, into) != nil {
		// Errors of encoding/json may repeat what they read, so they are not passed on.
		return &Error{Status: http.StatusOK, Action: chat.ActionRetry, Ambiguous: body != nil, Cause: errUnreadable}
	}
	return nil
}

func (c *Client) request(ctx context.Context, address string, body any) (*http.Request, error) {
	method, text := http.MethodGet, []byte(nil)
	if body != nil {
		method = http.MethodPost
		text, _ = json.Marshal(body) // of structs with nothing in them that can fail
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(text))
	if err != nil {
		return nil, &Error{Action: chat.ActionBug, Cause: errBase} // without err: it repeats the address
	}
	r.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	r.Header.Set("User-Agent", "cabanas/1.0") // some agents are refused when they fetch files
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// ask sends a request once and returns the body of an answer that says yes.
func (c *Client) ask(r *http.Request, most int64) ([]byte, error) {
	var written atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }}
	ctx := httptrace.WithClientTrace(r.Context(), trace)
	response, err := c.http.Do(r.WithContext(ctx))
	if err != nil {
		return nil, unanswered(r, err, written.Load())
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil {
		return nil, unanswered(r, err, true)
	}
	changes := r.Method != http.MethodGet
	switch ok := response.StatusCode/100 == 2; {
	case ok && int64(len(body)) > most:
		return nil, &Error{Status: response.StatusCode, Action: chat.ActionRetry, Ambiguous: changes, Cause: errTooLong}
	case !ok:
		return nil, refusal(response, body, changes, time.Now())
	}
	return body, nil
}

// unanswered is the failure of a request that came to no answer. The error of net/http repeats the URL, which for a file is a
// secret in itself. A message may have been sent if the request has been.
func unanswered(r *http.Request, err error, written bool) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	if cause := context.Cause(r.Context()); cause != nil {
		err = cause
	}
	return &Error{Action: chat.ActionRetry, Ambiguous: written && r.Method != http.MethodGet, Cause: err}
}

var traceForm = regexp.MustCompile(`^[A-Za-z0-9_+/=-]{1,64}$`)

// refusal is the failure of an answer that says no. Meta's code is what counts, and the status only where there is none: then
// it is not Meta who answers but something on the way, which need not know what became of the request.
func refusal(response *http.Response, body []byte, changes bool, now time.Time) error {
	var said struct {
		Error *struct {
			Code    *int   `json:"code"`
			Subcode int    `json:"error_subcode"`
			Trace   string `json:"fbtrace_id"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &said) // it may be anybody's page
	f := &Error{Status: response.StatusCode, RetryAfter: retryAfter(response.Header.Get("Retry-After"), now)}
	if said.Error == nil || said.Error.Code == nil {
		f.Action = ofStatus(f.Status)
		f.Ambiguous = changes && f.Status >= http.StatusInternalServerError
		if f.Status/100 == 3 {
			f.Cause = errRedirect
		}
		return f
	}
	f.Code, f.Subcode, f.Action = *said.Error.Code, said.Error.Subcode, chat.Verdict(*said.Error.Code)
	if traceForm.MatchString(said.Error.Trace) {
		f.Trace = said.Error.Trace
	}
	const noSuchObject = 33 // with code 100: the number's id is not known, or not permitted to the token
	if f.Code == 100 && f.Subcode == noSuchObject {
		f.Action = chat.ActionAlarm
	}
	return f
}

// ofStatus is what to do about an answer without a code.
func ofStatus(status int) chat.Action {
	switch {
	case status == http.StatusUnauthorized:
		return chat.ActionTokenDead
	case status == http.StatusForbidden:
		return chat.ActionAlarm
	case status == http.StatusTooManyRequests:
		return chat.ActionRateLimited
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500, status < 400:
		return chat.ActionRetry
	default:
		return chat.ActionBug
	}
}

// retryAfter reads seconds or a date; 0 = it does not say. A year is as good as never.
func retryAfter(header string, now time.Time) time.Duration {
	const longest = 24 * time.Hour
	if seconds, err := strconv.ParseUint(header, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, longest)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), 0), longest)
	}
	return 0
}
