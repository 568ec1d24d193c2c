package webhookmp

import (
	"sync"
	"time"
)

// How many unsigned notifications are looked up: so many at once, and then one each so often. What is dropped beyond that is
// found by the task that reconciles.
const (
	patienceAtOnce = 30
	patienceEach   = 2 * time.Second
)

// patience is how many more unsigned notifications are put up with, in this process. The zero value is rested.
type patience struct {
	mu   sync.Mutex
	full time.Time // when all of it is back: a generic cell rate, which needs no clock of its own
}

// lasts reports whether there is patience for one more, and takes it.
func (p *patience) lasts(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := p.full
	if from.Before(now) {
		from = now
	}
	if next := from.Add(patienceEach); next.Sub(now) <= patienceAtOnce*patienceEach {
		p.full = next
		return true
	}
	return false
}
