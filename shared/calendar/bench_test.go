package calendar_test

import (
	"fmt"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

// season is a feed of so many stays in a row.
func season(events int) []calendar.Listed {
	all := make([]calendar.Listed, events)
	for i := range all {
		all[i] = sold(fmt.Sprintf("1418fb94e984-%032x@airbnb.com", i*7919%events), 1+i*3, 3+i*3)
	}
	return all
}

func BenchmarkStep(b *testing.B) {
	for _, events := range []int{50, 500, 5_000, 50_000} {
		whole := season(events)
		at := calendar.Facts{Now: noon, Today: today}
		s := calendar.State{}.Step(list(whole...), at)
		at.Now = at.Now.Add(poll)
		for name, f := range map[string]calendar.Fetched{
			"unchanged": list(whole...), "a tenth is gone": list(whole[events/10:]...), "all is gone": list(),
		} {
			b.Run(fmt.Sprintf("%d events/%s", events, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					s.Step(f, at)
				}
			})
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	whole := season(500)
	b.ReportAllocs()
	for b.Loop() {
		calendar.Digest(whole)
	}
}
