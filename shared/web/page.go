package web

import (
	"strconv"
	"time"
)

// Page is which part of a list a request wants. A request embeds it.
type Page struct {
	Limit int   `query:"limit" validate:"omitempty,min=1,max=200" description:"How many at most; 50 if not said"`
	After int64 `query:"after" validate:"omitempty,min=0" description:"The next of the page before"`
}

// pageSize is how many a page has if nothing is said.
const pageSize = 50

// Size is how many the page has at most.
func (p Page) Size() int {
	if p.Limit == 0 {
		return pageSize
	}
	return p.Limit
}

// CutPage takes the first of a list of which one more than Size was looked for, as clients read them, and what the next page
// comes after: the id of the last; "" = there is no next page. No element is an empty list, never null.
func CutPage[T, S any](p Page, found []T, id func(T) int64, show func(T) S) (shown []S, next string) {
	if size := p.Size(); len(found) > size {
		found, next = found[:size], strconv.FormatInt(id(found[size-1]), 10)
	}
	shown = make([]S, len(found))
	for i, one := range found {
		shown[i] = show(one)
	}
	return shown, next
}

// Instant is a time as clients read it, in UTC; nil where there is none.
func Instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
