package feeds

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// What a Fetch fails with. The sentences are for the owner, who will find them beside the feed.
var (
	errAddress     = fault.New(fault.Invalid, "feed_refused_address", "The address leads to this computer, into a private network or to a reserved range: only calendars on the public Internet are read.")
	errRedirects   = fault.New(fault.Unavailable, "feed_too_many_redirects", "The channel sends us on more than three times.")
	errTimeout     = fault.New(fault.Unavailable, "feed_timeout", "The channel did not answer in time.")
	errInterrupted = fault.New(fault.Unavailable, "feed_interrupted", "The reading of the calendar was interrupted.")
	errUnreachable = fault.New(fault.Unavailable, "feed_unreachable", "The channel cannot be reached.")
	errInsecure    = fault.New(fault.Unavailable, "feed_insecure", "The channel cannot prove that it is who the address says: its certificate or its encryption is not to be trusted.")
	errStatus      = fault.New(fault.Unavailable, "feed_status", "The channel does not answer with a calendar.")
	errTooLarge    = fault.New(fault.Unavailable, "feed_too_large", "The channel's answer is larger than 10 MB: a calendar is not.")
	errBrokenOff   = fault.New(fault.Unavailable, "feed_broken_off", "The channel's answer broke off.")
	errUnreadable  = fault.New(fault.Unavailable, "feed_unreadable", "The channel's answer cannot be read.")
)

// explain turns what went wrong into a fault. The errors of net and net/http have addresses in them, those of TLS what a
// stranger's certificate says, so none of them is passed on: what the log is told is an errno, or the name of a type.
func explain(ctx context.Context, err error) error {
	if shown, ok := errors.AsType[*fault.Error](err); ok {
		return shown
	}
	switch ended := ctx.Err(); {
	case errors.Is(ended, context.Canceled):
		return errInterrupted.WithCause(context.Canceled)
	case ended != nil:
		return errTimeout.WithCause(context.DeadlineExceeded)
	}
	if isInsecure(err) {
		return errInsecure.WithCause(typeOf(err))
	}
	if missing, ok := errors.AsType[*net.DNSError](err); ok && missing.IsNotFound {
		return errUnreachable.WithDetail("There is no computer of the name that the address has: is it written right?")
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return errTimeout
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errUnreachable.WithCause(errno)
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return errUnreachable.WithCause(typeOf(err))
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errBrokenOff
	}
	return errUnreadable.WithCause(typeOf(err))
}

// isInsecure reports whether the connection was not one to trust: a certificate that does not hold, or encryption that is none
// or too old.
func isInsecure(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	alert, ok := errors.AsType[*net.OpError](err)
	return ok && alert.Op == "remote error" // crypto/tls's name for an alert of the other side, whose type is its own
}

// typeOf is the name of the type of the innermost error, which is all that is safe to say of it.
func typeOf(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return fmt.Errorf("%T", err)
}

// refusal is the fault of an answer that is neither a calendar nor a way to one.
func refusal(r *http.Response) error {
	f := errStatus.WithDetail("The channel answers " + strconv.Itoa(r.StatusCode) + ": " + meaning(r.StatusCode) + ".")
	if r.StatusCode == http.StatusTooManyRequests || r.StatusCode == http.StatusServiceUnavailable {
		return f.WithRetryAfter(retryAfter(r.Header))
	}
	return f
}

func meaning(status int) string {
	switch {
	case status == http.StatusNotFound, status == http.StatusGone:
		return "the address may have changed"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return "it does not let us read this calendar; the address may have been withdrawn"
	case status == http.StatusTooManyRequests:
		return "it was asked too often; it will be asked again later"
	case status >= 500:
		return "it has trouble of its own; it will be asked again"
	default:
		return "that is no calendar"
	}
}

// retryAfter reads how long a channel wants to be left alone: a number of seconds or a date (RFC 9110, section 10.2.3). A date
// is taken from the channel's own clock, so that it does not matter whether ours agrees. 0 = not said, or not readable.
func retryAfter(h http.Header) time.Duration {
	said := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(said, 10, 63); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	until, err := http.ParseTime(said)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}
