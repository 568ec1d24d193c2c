package ical

import (
	"context"
	"errors"
	"sync"
	"time"
)

// desk looks feeds up for whoever asks, once for all who ask for the same one at the same time. Nobody is given what was
// looked up before he asked: who comes while a look is going on waits for the next, which all who came meanwhile share. So a
// night that is booked is in every feed that is asked for afterwards, and a hundred readers cost two looks.
type desk struct {
	look func(context.Context, address) (rendered, error)

	mu    sync.Mutex
	lines map[address]*line // of the feeds that somebody is waiting for
}

// line is who waits for one feed.
type line struct{ next *group }

// group is those who came between two looks.
type group struct {
	size int           // how many have not left
	turn chan struct{} // has one token when it is the group's turn: whoever takes it looks
	done chan struct{}
	feed rendered
	err  error
}

func newDesk(look func(context.Context, address) (rendered, error)) *desk {
	return &desk{look: look, lines: make(map[address]*line)}
}

// ask returns a feed as it is at some instant between the call and the return.
func (d *desk) ask(ctx context.Context, a address) (rendered, error) {
	g := d.join(a)
	select {
	case <-g.turn:
		d.serve(ctx, a, g)
	case <-g.done:
	case <-ctx.Done():
		d.leave(a, g)
		return rendered{}, ctx.Err()
	}
	return g.feed, g.err
}

func (d *desk) join(a address) *group {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lines[a]
	idle := l == nil
	if idle {
		l = &line{}
		d.lines[a] = l
	}
	if l.next == nil {
		l.next = &group{turn: make(chan struct{}, 1), done: make(chan struct{})}
	}
	if idle {
		l.next.turn <- struct{}{}
	}
	l.next.size++
	return l.next
}

var errLookFailed = errors.New("the look at the feed did not come to its end")

// serve looks for a whole group, and then calls the next. The others wait for it too, so it does not end because the one
// whose request it is has gone.
func (d *desk) serve(ctx context.Context, a address, g *group) {
	d.mu.Lock()
	l := d.lines[a]
	l.next = nil // who comes from here on came after the look began
	d.mu.Unlock()
	g.err = errLookFailed // if it panics
	defer func() {
		close(g.done)
		d.mu.Lock()
		defer d.mu.Unlock()
		if l.next == nil {
			delete(d.lines, a)
			return
		}
		l.next.turn <- struct{}{}
	}()
	g.feed, g.err = d.look(context.WithoutCancel(ctx), a)
}

// leave takes one out of a group. One that nobody is left in must not be called: nobody would ever call the next.
func (d *desk) leave(a address, g *group) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g.size--
	l := d.lines[a]
	if g.size > 0 || l == nil || l.next != g {
		return
	}
	l.next = nil
	select {
	case <-g.turn: // it was called already, and nobody is looking
		delete(d.lines, a)
	default:
	}
}

// readEvery is how often it is recorded that a channel has read its feed.
const readEvery = time.Minute

// reads remembers which reads were recorded, as far as this process knows. There are no more of them than there are feeds.
type reads struct {
	now func() time.Time

	mu   sync.Mutex
	last map[int64]time.Time
}

func newReads(now func() time.Time) *reads { return &reads{now: now, last: make(map[int64]time.Time)} }

// due reports whether a read of a feed is to be recorded, and takes it as done.
func (r *reads) due(feedID int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if last, ok := r.last[feedID]; ok && now.Sub(last) < readEvery {
		return false
	}
	r.last[feedID] = now
	return true
}
