package web_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/web"
)

func TestAPageNamesTheNextIfThereIsMore(t *testing.T) {
	t.Parallel()
	id := func(n int64) int64 { return n }
	show := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, c := range []struct {
		found []int64
		shown []string
		next  string
	}{
		{nil, []string{}, ""},
		{[]int64{3}, []string{"3"}, ""},
		{[]int64{3, 5}, []string{"3", "5"}, ""},
		{[]int64{3, 5, 8}, []string{"3", "5"}, "5"},
	} {
		shown, next := web.CutPage(web.Page{Limit: 2}, c.found, id, show)
		if shown == nil || !slices.Equal(shown, c.shown) || next != c.next {
			t.Errorf("of %v: %v, next %q", c.found, shown, next)
		}
	}
	if size := (web.Page{}).Size(); size != 50 {
		t.Errorf("a page of nothing said has %d", size)
	}
}

func TestAnInstantIsInUTCAndNoneIsNull(t *testing.T) {
	t.Parallel()
	if web.Instant(time.Time{}) != nil {
		t.Error("no time is one")
	}
	noon := time.Date(2026, 12, 4, 9, 0, 0, 0, time.FixedZone("", -3*3600))
	if got := web.Instant(noon); got == nil || got.Location() != time.UTC || !got.Equal(noon) {
		t.Errorf("got %v", got)
	}
}
