package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

func TestCopiesMatchTheirSentinel(t *testing.T) {
	t.Parallel()
	sentinel := fault.New(fault.Conflict, "dates_taken", "Those nights are taken.")
	cause := errors.New("23P01")
	copies := map[string]error{
		"detail":  sentinel.WithDetail("Another sentence."),
		"fields":  sentinel.WithFields(fault.Field{Field: "check_in", Message: "taken"}),
		"retry":   sentinel.WithRetryAfter(time.Second),
		"cause":   sentinel.WithCause(cause),
		"wrapped": fmt.Errorf("hold: %w", sentinel.WithCause(cause)),
	}
	for name, err := range copies {
		if !errors.Is(err, sentinel) {
			t.Errorf("%s: errors.Is does not find the sentinel in %v", name, err)
		}
		if errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: matches another code", name)
		}
	}
	if sentinel.Unwrap() != nil || sentinel.Fields != nil || sentinel.RetryAfter != 0 {
		t.Errorf("a With… method changed the sentinel: %+v", sentinel)
	}
}

func TestTheCauseIsForTheLogOnly(t *testing.T) {
	t.Parallel()
	cause := errors.New("password authentication failed")
	err := fault.New(fault.Unavailable, "unavailable", "Try again.").WithCause(cause)
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), cause.Error()) {
		t.Errorf("the log does not get the cause: %v", err)
	}
	if strings.Contains(err.Detail, cause.Error()) {
		t.Errorf("the detail shows the cause: %s", err.Detail)
	}
}

func TestInFieldNamesTheField(t *testing.T) {
	t.Parallel()
	err := fault.InField("guests", "must be 1 or more")
	if !errors.Is(err, fault.ErrInvalid) || len(err.Fields) != 1 || err.Fields[0].Field != "guests" {
		t.Errorf("got %+v", err)
	}
}
