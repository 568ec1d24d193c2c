package inline_test

import (
	"context"
	"errors"
	"testing"

	"github.com/eevans-d/sist-cabanas/functions/inline"
	"github.com/eevans-d/sist-cabanas/shared/runs"
)

func TestAJobConductsItsRunAndIsDoneHoweverThatEnds(t *testing.T) {
	t.Parallel()
	for _, ending := range []error{nil, errors.New("boom"), runs.ErrNotLive} {
		var task string
		var id int64
		work := inline.New(inline.Deps{Conduct: func(_ context.Context, t string, runID int64) error {
			task, id = t, runID
			return ending
		}})
		if err := work(t.Context(), runs.Inline{RunID: 7, Task: "expire"}); err != nil {
			t.Errorf("it would be repeated: %v", err)
		}
		if task != "expire" || id != 7 {
			t.Errorf("conducted run %d of %q", id, task)
		}
	}
}
