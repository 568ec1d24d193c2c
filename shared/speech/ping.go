package speech

import (
	"context"
	"io"
	"net/http"
	"strings"
)

// Ping asks the endpoint for its models, which costs nothing: for who wants to know whether it is there and takes the key. One that
// has no such list is there all the same. The errors are those of Transcribe.
func (c *Client) Ping(ctx context.Context) error {
	if !c.On() {
		return ErrOff
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.address, transcriptions)+"/models", http.NoBody)
	if err != nil {
		return ErrRefused.WithCause(errAddress)
	}
	request.Header.Set("User-Agent", "cabanas")
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key.Reveal())
	}
	response, err := c.http.Do(request)
	if err != nil {
		return unanswered(ctx, err)
	}
	defer response.Body.Close()                                     //nolint:errcheck // it was only read
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // what was read so far is enough to tell
	switch a := (&answer{response.StatusCode, readCode(body)}); {
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.code == codeNoMoney:
		return ErrRefused.WithCause(a)
	case a.passes():
		return ErrTemporary.WithCause(a)
	default:
		return nil
	}
}
