// Package fault holds errors that may be shown: a kind that decides the status at the edge, a stable code for programs,
// a sentence for people, and a private cause for the log. Anything that is not a fault is internal: its text never
// leaves the process.
package fault

import (
	"errors"
	"time"
)

// Kind says what sort of refusal a fault is; the HTTP edge alone knows which status each kind has.
type Kind uint8

// The kinds. Internal is the zero value, so that a kind nobody chose is never shown.
const (
	Internal         Kind = iota
	Malformed             // the request cannot be read
	Invalid               // it can be read, but a rule forbids it
	Unauthenticated       // who is asking is not known
	Denied                // who is asking is known, and may not
	NotFound              //
	MethodNotAllowed      // the resource is there, the verb is not
	Conflict              // the state of things forbids it now
	TooLarge              // the body is over its limit
	UnsupportedMedia      // the body is of a type nobody reads
	TooMany               // the client asks too often
	Unavailable           // try again: busy, timed out, or a part we need is down
)

// Field is one thing wrong with one field of a request; Field is its name as the client wrote it.
type Field struct {
	Field   string `json:"field" required:"true"`
	Message string `json:"message" required:"true"`
}

// Error is a fault. Values declared with New are sentinels: compare with errors.Is, which looks at the code.
type Error struct {
	Kind       Kind
	Code       string        // stable, snake_case: programs may depend on it
	Detail     string        // a sentence for people: what is wrong and what is allowed
	Fields     []Field       // what is wrong with which field, for Invalid
	RetryAfter time.Duration // when trying again makes sense; 0 = not said

	cause error
}

// New declares a fault. The detail is a whole sentence that anybody may read.
func New(kind Kind, code, detail string) *Error {
	return &Error{Kind: kind, Code: code, Detail: detail}
}

// Error is for logs: code, detail and the private cause. Clients get Detail alone.
func (e *Error) Error() string {
	text := e.Code + ": " + e.Detail
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is a fault of the same code, so that a copy made with a With… method still matches its sentinel.
func (e *Error) Is(target error) bool {
	var other *Error
	return errors.As(target, &other) && other.Code == e.Code
}

// WithDetail returns a copy with another sentence.
func (e *Error) WithDetail(detail string) *Error {
	c := *e
	c.Detail = detail
	return &c
}

// WithFields returns a copy that names fields.
func (e *Error) WithFields(fields ...Field) *Error {
	c := *e
	c.Fields = fields
	return &c
}

// WithRetryAfter returns a copy that says when to try again.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// WithCause returns a copy that carries what went wrong underneath, for the log only.
func (e *Error) WithCause(err error) *Error {
	c := *e
	c.cause = err
	return &c
}

// ErrInvalid is the fault of a request whose fields break a rule; it always names the fields.
var ErrInvalid = New(Invalid, "invalid", "Some fields are not as they should be.")

// ErrNotFound is the fault of something that is not there, or not for this client to see.
var ErrNotFound = New(NotFound, "not_found", "There is nothing here.")

// ErrBusy is the fault of work that would have to wait too long for its turn.
var ErrBusy = New(Unavailable, "busy", "Too much is going on right now; try again in a moment.").WithRetryAfter(time.Second)

// ErrUnavailable is the fault of work that needs a part of the system that is down.
var ErrUnavailable = New(Unavailable, "unavailable", "A part of the system cannot be reached; try again in a moment.").WithRetryAfter(5 * time.Second)

// InField is ErrInvalid for one field.
func InField(field, message string) *Error {
	return ErrInvalid.WithFields(Field{Field: field, Message: message})
}
