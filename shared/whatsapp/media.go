package whatsapp

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// downloadWithin is for a file: 16 MB over a slow line.
const downloadWithin = 30 * time.Second

var (
	errMediaID   = errors.New("that is no id of a file")
	errMediaHost = errors.New("the file is to be fetched from a host that is not Meta's")
	errAltered   = errors.New("the file is not the one that was announced")
	mediaIDForm  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)
)

// described is what the API says of a file. Sizes come as numbers and as strings.
type described struct {
	URL    string          `json:"url"`
	MIME   string          `json:"mime_type"`
	SHA256 string          `json:"sha256"`
	Size   json.RawMessage `json:"file_size"`
}

// Media fetches a file that came with a message, of at most so many bytes. Meta has it for seven days, and its address for five
// minutes; the address is asked for anew each time. The error is an *Error; with chat.ErrTooLarge inside if it is larger.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
func (c *Client) Media(ctx context.Context, id string, most int64) (chat.File, error) {
	if !mediaIDForm.MatchString(id) {
		return chat.File{}, &Error{Action: chat.ActionNever, Cause: errMediaID}
	}
	var d described
	err := c.call(ctx, c.root+"/"+id+"?phone_number_id="+url.QueryEscape(c.phone), nil, &d)
	if failure, failed := errors.AsType[*Error](err); failed && failure.Code == 100 {
		failure.Action = chat.ActionNever // it is gone
	}
	if err != nil {
		return chat.File{}, err
	}
	var size json.Number
	if json.Unmarshal(d.Size, &size) == nil { // it takes strings too
		if n, err := size.Int64(); err == nil && n > most {
			return chat.File{}, &Error{Action: chat.ActionNever, Cause: chat.ErrTooLarge}
		}
	}
	content, err := c.download(ctx, d, most)
	if err != nil {
		return chat.File{}, err
	}
	return chat.File{Bytes: content, MIME: d.MIME}, nil
}

func (c *Client) download(ctx context.Context, d described, most int64) ([]byte, error) {
	if !c.isMeta(d.URL) {
		return nil, &Error{Action: chat.ActionNever, Cause: errMediaHost}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, max(c.timeout, downloadWithin), errTimeout)
	defer cancel()
	r, err := c.request(ctx, d.URL, nil)
	if err != nil {
		return nil, err
	}
	content, err := c.ask(r, most)
	if failure, failed := errors.AsType[*Error](err); failed {
		switch {
		case errors.Is(failure.Cause, errTooLong):
			failure.Action, failure.Cause = chat.ActionNever, chat.ErrTooLarge
		case failure.Status == http.StatusNotFound, failure.Status == http.StatusGone:
			failure.Action = chat.ActionMedia // the address has died meanwhile: ask again
		}
	}
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(content); d.SHA256 != "" && !slices.Equal(sum[:], readDigest(d.SHA256)) {
		return nil, &Error{Action: chat.ActionMedia, Cause: errAltered}
	}
	return content, nil
}

// isMeta reports whether a file may be fetched from there, with the token: over https from one of Meta's hosts, or from where
// the API itself is.
func (c *Client) isMeta(text string) bool {
	address, err := url.Parse(text)
	if err != nil || address.User != nil {
		return false
	}
	if address.Scheme == c.base.Scheme && address.Host == c.base.Host {
		return true
	}
	return address.Scheme == "https" && address.Port() == "" && slices.Contains(c.mediaHosts, strings.ToLower(address.Hostname()))
}

// readDigest reads hex, as the API writes it, or base64, as webhooks do; nil = neither.
func readDigest(text string) []byte {
	if sum, err := hex.DecodeString(text); err == nil && len(sum) == sha256.Size {
		return sum
	}
	if sum, err := base64.StdEncoding.DecodeString(text); err == nil && len(sum) == sha256.Size {
		return sum
	}
	return nil
}
