package mercadopago

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

var (
	errTimeout = errors.New("no answer in time")
	errTooLong = errors.New("the answer is too long")
)

// request is one call. It is repeated only because every one of ours may be: a GET changes nothing, and what changes
// something carries a key by which the provider knows it again.
type request struct {
	method, path string
	query        url.Values
	body         []byte
	key          string // X-Idempotency-Key
}

// call asks until there is an answer, at most three times, and decodes it.
func (c *Client) call(ctx context.Context, r request, into any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		body, err := c.ask(ctx, r)
		if err == nil {
			return decode(body, into)
		}
		pause, again := c.pause(err, attempt)
		if !again || !sleep(ctx, pause) {
			return err
		}
	}
}

// pause says whether another attempt makes sense, and how long to wait before.
func (c *Client) pause(err error, attempt int) (time.Duration, bool) {
	a, answered := errors.AsType[*answer](err)
	if attempt == maxAttempts || !errors.Is(err, payment.ErrUnavailable) && !errors.Is(err, payment.ErrRateLimited) {
		return 0, false
	}
	wait := c.backoff << (attempt - 1)
	wait += rand.N(wait/2 + 1) //nolint:gosec // nobody gains by guessing it; it is for those that failed together not to come back together
	if answered && a.retryAfter > wait {
		wait = a.retryAfter
	}
	return wait, wait <= maxPause
}

// sleep reports whether there is time left afterwards.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// ask sends the request once and returns the body of an answer that says yes.
func (c *Client) ask(ctx context.Context, r request) ([]byte, error) {
	sent, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(sent)
	if err != nil {
		return nil, unanswered(ctx, r, err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, unanswered(ctx, r, err)
	}
	if response.StatusCode/100 != 2 {
		return nil, refusal(r, response, body, time.Now())
	}
	if len(body) > maxAnswer {
		return nil, payment.ErrUnreadable.WithCause(errTooLong)
	}
	return body, nil
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("mercadopago: %s: %w", r.method, errBase)
	}
	sent.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	sent.Header.Set("Accept", "application/json")
	sent.Header.Set("User-Agent", "cabanas")
	if r.method != http.MethodGet {
		sent.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		// net/http too repeats what it may: with this header also a POST on a connection that was closed before it arrived.
		sent.Header.Set("X-Idempotency-Key", r.key)
	}
	return sent, nil
}

// unanswered is the fault of a request that came to no answer. The error of net/http repeats the URL, which for a search has
// the reservation's code in it.
func unanswered(ctx context.Context, r request, err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return payment.ErrUnavailable.WithCause(fmt.Errorf("%s %s: %w", r.method, r.path, err))
}

// answer is one that says no. It is shown with the provider's codes alone.
type answer struct {
	method, path string
	status       int
	code         string   // the field error, e.g. bad_request
	causes       []string // the codes of cause[], e.g. 2006
	requestID    string   // by which the provider's support finds it
	retryAfter   time.Duration
}

func (a *answer) Error() string {
	text := fmt.Sprintf("%s %s: %d", a.method, a.path, a.status)
	if codes := strings.TrimSpace(a.code + " " + strings.Join(a.causes, " ")); codes != "" {
		text += " " + codes
	}
	if a.requestID != "" {
		text += " (request " + a.requestID + ")"
	}
	return text
}

// refusal is the fault of an answer that says no. What the status says is what counts: the fields status of the bodies are
// numbers or strings or absent.
func refusal(r request, response *http.Response, body []byte, now time.Time) error {
	a := &answer{method: r.method, path: r.path, status: response.StatusCode}
	a.code, a.causes = readCodes(body)
	a.requestID = code(response.Header.Get("X-Request-Id"))
	a.retryAfter = retryAfter(response.Header.Get("Retry-After"), now)
	kind := kindOf(a)
	if a.retryAfter > 0 && kind.Kind == fault.Unavailable {
		kind = kind.WithRetryAfter(a.retryAfter)
	}
	return kind.WithCause(a)
}

func kindOf(a *answer) *fault.Error {
	switch s := a.status; {
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return payment.ErrUnauthorized
	case s == http.StatusNotFound:
		return payment.ErrNotFound
	case s == http.StatusTooManyRequests:
		return payment.ErrRateLimited
	case s == http.StatusConflict && (a.code == "" || a.code == "refund_in_progress" || strings.EqualFold(a.code, "conflict")):
		return payment.ErrInProgress
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s >= 500, s < 400:
		return payment.ErrUnavailable
	default:
		return payment.ErrRefused
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

// decode reads an answer that says yes.
func decode(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return unreadable("it is not the JSON that was expected")
	}
	return nil
}

// unreadable is the fault of an answer that says yes and nothing else. Errors of encoding/json may repeat what they read, so
// they are not passed on.
func unreadable(why string) error {
	return payment.ErrUnreadable.WithCause(errors.New(why))
}

// keyFor is an X-Idempotency-Key in the form of a UUID, always the same for the same parts: a repeated call is known as the
// same one, even by another process after a crash.
func keyFor(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // version 8, variant 10: RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
