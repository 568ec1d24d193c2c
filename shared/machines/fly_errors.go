package machines

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"

	"github.com/superfly/fly-go/flaps"
)

// errNotYet: a machine did not reach a state in the time that was given. Nothing is wrong.
var errNotYet = errors.New("not yet")

// errNotSent marks requests that never left this process.
var errNotSent = errors.New("not sent")

// refusal is an answer that says no. It is nothing but an error: what fly-go takes for temporary, it repeats, POSTs too.
type refusal struct {
	status    int
	body      []byte
	requestID string
}

func (r *refusal) Error() string {
	text := fmt.Sprintf("%d %s", r.status, r.words())
	if r.requestID != "" {
		text += " (request " + r.requestID + ")"
	}
	return text
}

// said is what the API's own refusals look like. Status is a word such as insufficient_capacity.
type said struct{ Error, Message, Status string }

// read returns what the API said; ok: it was the API that spoke, and not something on the way to it.
func (r *refusal) read() (s said, ok bool) {
	err := json.Unmarshal(r.body, &s)
	return s, err == nil && s.Error+s.Message != ""
}

// words is what the answer says, in short.
func (r *refusal) words() string {
	text := string(r.body)
	if s, ok := r.read(); ok {
		text = strings.TrimSpace(s.Error + " " + s.Message)
	}
	const enough = 300
	return strings.ToValidUTF8(text[:min(len(text), enough)], "")
}

// refusalOf finds the answer in an error, whoever made it: our guard or fly-go.
func refusalOf(err error) (*refusal, bool) {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r, true
	}
	if f, ok := errors.AsType[*flaps.FlapsError](err); ok {
		return &refusal{status: f.ResponseStatusCode, body: f.ResponseBody, requestID: f.FlyRequestId}, true
	}
	return nil, false
}

// fullWords are how Fly says that there is no room, under 400, 403, 409, 412 and 422: as seen by others
// (github.com/Kilo-Org/cloud/pull/388, 412, 516, 787) and by flyctl (pull/2673). fly-go v0.9.3 knows the status word alone.
var fullWords = []string{
	"insufficient resources", "insufficient memory", "insufficient cpu", "no capacity", "over the allowed quota", "could not reserve resource",
}

func (r *refusal) full() bool {
	if s, _ := r.read(); s.Status == "insufficient_capacity" {
		return true
	}
	text := strings.ToLower(r.words())
	for _, words := range fullWords {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}

// nameTaken: under 409 as Fly answers, or 422 as it is said to.
func (r *refusal) nameTaken() bool {
	s, _ := r.read()
	return (r.status == http.StatusConflict || r.status == http.StatusUnprocessableEntity) &&
		(s.Status == "name_taken" || strings.Contains(s.Error, "machine name violation") || strings.HasPrefix(s.Error, "already_exists"))
}

// missing is the fault of a 404. That a machine is gone has consequences, so only the API's own word counts for it.
func (r *refusal) missing() error {
	s, ok := r.read()
	words := strings.ToLower(s.Error + s.Message)
	switch {
	case !ok:
		return ErrUnreachable.WithCause(r)
	case strings.Contains(words, "app") && !strings.Contains(words, "machine"):
		return ErrNoApp.WithCause(r)
	default:
		return ErrGone.WithCause(r)
	}
}

// ofApp corrects the fault of a request that was about no machine in particular: what is gone then is the app.
func ofApp(err error) error {
	if errors.Is(err, ErrGone) {
		return ErrNoApp.WithCause(err)
	}
	return err
}

var holderForm = regexp.MustCompile(`machine ID ([0-9A-Za-z]+)`)

// nameHolder is the id of the machine that has the name, if the refusal tells.
func nameHolder(err error) string {
	if r, ok := refusalOf(err); ok {
		if match := holderForm.FindStringSubmatch(r.words()); match != nil {
			return match[1]
		}
	}
	return ""
}

// translate makes the faults of this package out of what fly-go returns. What did not come to an answer, and what is a
// failure of the API's own, is ErrUnreachable: whether it was done after all, only create has to ask.
func translate(err error) error {
	if err == nil {
		return nil
	}
	r, answered := refusalOf(err)
	if !answered {
		return ErrUnreachable.WithCause(err)
	}
	// r instead of err as the cause: it says the same, shorter, and with the request's id.
	switch {
	case r.full():
		return ErrNoCapacity.WithCause(r)
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return ErrUnauthorized.WithCause(r)
	case r.status == http.StatusNotFound:
		return r.missing()
	case r.nameTaken():
		return ErrNameTaken.WithCause(r)
	case r.status == http.StatusTooManyRequests:
		return ErrRateLimited.WithCause(r)
	case r.status == http.StatusRequestTimeout:
		return ErrUnreachable.WithCause(errors.Join(errNotYet, r))
	case r.status >= http.StatusInternalServerError, r.status < http.StatusBadRequest:
		return ErrUnreachable.WithCause(r)
	default:
		return ErrRejected.WithDetail("Fly refused the machine: " + r.words()).WithCause(r)
	}
}

// neverSent reports whether a request failed before the API can have heard of it.
func neverSent(err error) bool {
	if errors.Is(err, errNotSent) {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// notSent says why a request did not leave.
func notSent(ctx context.Context) error {
	return errors.Join(errNotSent, ctx.Err())
}
