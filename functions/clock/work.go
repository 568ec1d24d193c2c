package clock

import "fmt"

// work is what a look has begun and not finished. It is used by one goroutine; what it starts runs in others.
type work struct {
	under map[int64]bool // by the id of the run
	done  chan done
}

// done is something that was begun and is over.
type done struct {
	id  int64
	err error
}

func newWork() *work { return &work{under: make(map[int64]bool), done: make(chan done)} }

// start begins something, unless it is under way already. A panic is an error like any other: it must not take the process
// with it, which serves guests.
func (w *work) start(id int64, act func() error) {
	if w.under[id] {
		return
	}
	w.under[id] = true
	go func() {
		end := done{id: id}
		defer func() {
			if value := recover(); value != nil {
				end.err = fmt.Errorf("panic: %v", value)
			}
			w.done <- end
		}()
		end.err = act()
	}()
}
