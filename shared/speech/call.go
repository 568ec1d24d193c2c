package speech

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"time"
)

// maxAnswer is how much of an answer is read: two minutes in verbose_json have some 30 kB.
const maxAnswer = 256 << 10

var (
	errUnreadable = errors.New("the answer is not what was asked for")
	errAnswer     = errors.New("the answer is too long")
)

// The forms of an answer. verbose_json tells how sure the model was; models that are no Whisper (gpt-4o-transcribe, Voxtral)
// refuse it.
const (
	verbose = "verbose_json"
	plain   = "json"
)

// note is a recording of a known kind.
type note struct {
	audio []byte
	kind  kind
}

// askBoth asks for verbose_json, and once more for json if that is refused for a reason that may be the form.
func (c *Client) askBoth(ctx context.Context, n note) ([]byte, error) {
	if c.plain.Load() {
		return c.ask(ctx, n, plain)
	}
	body, err := c.ask(ctx, n, verbose)
	no, answered := errors.AsType[*answer](err)
	// OpenAI and vLLM answer 400, servers made with FastAPI 422.
	if !answered || no.status != http.StatusBadRequest && no.status != http.StatusUnprocessableEntity {
		return body, err
	}
	body, err = c.ask(ctx, n, plain)
	if err == nil {
		c.plain.Store(true)
	}
	return body, err
}

// ask sends a recording once and returns the body of an answer that says yes.
func (c *Client) ask(ctx context.Context, n note, format string) ([]byte, error) {
	request, err := c.build(ctx, n, format)
	if err != nil {
		return nil, ErrRefused.WithCause(err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, unanswered(ctx, err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case response.StatusCode/100 != 2:
		return nil, refusal(response, body, time.Now())
	case err != nil:
		return nil, unanswered(ctx, err)
	case len(body) > maxAnswer:
		return nil, ErrRefused.WithCause(errAnswer)
	}
	return body, nil
}

// build makes the request. The recording is not copied.
func (c *Client) build(ctx context.Context, n note, format string) (*http.Request, error) {
	head, tail, contentType, err := c.around(n.kind, format)
	if err != nil {
		return nil, err
	}
	whole := func() io.Reader {
		return io.MultiReader(bytes.NewReader(head), bytes.NewReader(n.audio), bytes.NewReader(tail))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, whole())
	if err != nil {
		return nil, errAddress
	}
	request.ContentLength = int64(len(head) + len(n.audio) + len(tail)) // not every server takes chunks
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(whole()), nil }
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "cabanas")
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key.Reveal())
	}
	return request, nil
}

// around is the multipart body before and after the recording. The file comes last: servers that read as they go know by then
// what to do with it.
func (c *Client) around(k kind, format string) (head, tail []byte, contentType string, err error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	fields := [][2]string{{"model", c.model}, {"response_format", format}, {"temperature", "0"}, {"prompt", prompt}}
	if c.language != "" {
		fields = append(fields, [2]string{"language", c.language})
	}
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, nil, "", err // never: it is written to memory
		}
	}
	_, err = w.CreatePart(textproto.MIMEHeader{
		// Servers take a recording's type from its name.
		"Content-Disposition": {`form-data; name="file"; filename="audio` + k.ending + `"`},
		"Content-Type":        {k.mime},
	})
	if err != nil {
		return nil, nil, "", err // never: it is written to memory
	}
	cut := body.Len()
	if err := w.Close(); err != nil {
		return nil, nil, "", err // never: it is written to memory
	}
	return body.Bytes()[:cut:cut], body.Bytes()[cut:], w.FormDataContentType(), nil
}

// unanswered is the fault of a request that came to no answer. The error of net/http repeats the URL.
func unanswered(ctx context.Context, err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return ErrTemporary.WithCause(err)
}

// answer is one that says no.
type answer struct {
	status int
	code   string // the API's word for it, if it is one that we know
}

func (a *answer) Error() string {
	if a.code == "" {
		return fmt.Sprintf("the answer is %d", a.status)
	}
	return fmt.Sprintf("the answer is %d %s", a.status, a.code)
}

// refusal is the fault of an answer that says no.
func refusal(response *http.Response, body []byte, now time.Time) error {
	a := &answer{response.StatusCode, readCode(body)}
	if !a.passes() {
		return ErrRefused.WithCause(a)
	}
	err := ErrTemporary.WithCause(a)
	if wait := retryAfter(response.Header.Get("Retry-After"), now); wait > 0 {
		err = err.WithRetryAfter(wait)
	}
	return err
}

// passes reports whether another attempt makes sense later.
func (a *answer) passes() bool {
	switch a.status {
	case http.StatusTooManyRequests:
		return a.code != codeNoMoney
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return true
	default:
		return a.status >= 500
	}
}

// codeNoMoney comes with 429, and stays until somebody pays: platform.openai.com/docs/guides/error-codes.
const codeNoMoney = "insufficient_quota"

// readCode finds the word for what is wrong. Only those that help an operator are passed on: the rest of an answer may repeat
// the key, as OpenAI's does, or what was said.
func readCode(body []byte) string {
	var said struct {
		Error struct {
			Code any `json:"code"`
			Type any `json:"type"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	for _, word := range []any{said.Error.Code, said.Error.Type} {
		switch word {
		case codeNoMoney, "invalid_api_key", "model_not_found", "rate_limit_exceeded", "unsupported_value", "invalid_request_error",
			"billing_hard_limit_reached", "unsupported_country_region_territory", "audio_too_short":
			return word.(string) //nolint:forcetypeassert // it equals a string
		}
	}
	return ""
}

// retryAfter reads seconds, which some write with a fraction, or a date; 0 = it does not say. A day is as good as never.
func retryAfter(header string, now time.Time) time.Duration {
	const longest = 24 * time.Hour
	if seconds, err := strconv.ParseFloat(header, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), 0), longest)
	}
	return 0
}
