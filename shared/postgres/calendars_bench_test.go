package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

// fullCabin is a cabin with 500 events of one channel and 100 of another, and 100 guests of its own.
func (b *bundle) fullCabin(t testing.TB) (cabin int64, feed calendar.Feed) {
	t.Helper()
	cabin = b.cabin(t)
	feed = b.feed(t, cabin, "airbnb")
	b.apply(t, feed, noon, many(500, 0)...)
	b.apply(t, b.feed(t, cabin, "booking"), noon, many(100, 1600)...)
	b.exec(t, `insert into reservations (code, accommodation_id, check_in, check_out, status)
		select 'code ' || $1::bigint || ' ' || n, $1, date '2032-01-01' + n * 2, date '2032-01-01' + n * 2 + 2, 'confirmed' from generate_series(1, 100) n`, cabin)
	return cabin, feed
}

// BenchmarkApply500 applies a feed of 500 events: of which all, a tenth or none have changed since.
func BenchmarkApply500(bench *testing.B) {
	b := setup(bench)
	_, feed := b.fullCabin(bench)
	b.exec(bench, `analyze`)
	sets := make([][]calendar.Listed, 4)
	for i := range sets {
		sets[i] = many(500, i%2)
	}
	copy(sets[3][50:], sets[2][50:])
	pool, counter := b.counted(bench)
	calendars := postgres.NewCalendars(pool.Share(1))
	for name, set := range map[string][2]int{"all moved": {0, 1}, "a tenth moved": {2, 3}, "nothing moved": {0, 0}} {
		b.apply(bench, feed, noon, sets[set[0]]...)
		bench.Run(name, func(bench *testing.B) {
			sent := counter.statements.Load()
			for i := 1; bench.Loop(); i++ {
				listed := sets[set[i%2]]
				if _, err := calendars.Apply(bench.Context(), feed.ID, noon, said(listed...), false, exactly(listed...)); err != nil {
					bench.Fatal(err)
				}
			}
			bench.ReportMetric(float64(counter.statements.Load()-sent)/float64(bench.N), "statements/op")
		})
	}
	bench.Run("another 500", func(bench *testing.B) {
		for i := 0; bench.Loop(); i++ {
			listed := many(500, 0)
			for j := range listed {
				listed[j].UID = fmt.Sprint(i%2, " ", j)
			}
			if _, err := calendars.Apply(bench.Context(), feed.ID, noon, said(listed...), false, exactly(listed...)); err != nil {
				bench.Fatal(err)
			}
		}
	})
}

func BenchmarkUnchanged(bench *testing.B) {
	b := setup(bench)
	_, feed := b.fullCabin(bench)
	for bench.Loop() {
		if err := b.Calendars.Unchanged(bench.Context(), feed.ID, noon, said(many(500, 0)...)); err != nil {
			bench.Fatal(err)
		}
	}
}

// BenchmarkSettle settles the conflicts of fifty cabins.
func BenchmarkSettle(bench *testing.B) {
	b := setup(bench)
	for range 50 {
		b.fullCabin(bench)
	}
	b.exec(bench, `analyze`)
	for bench.Loop() {
		if _, _, err := b.Calendars.SettleConflicts(bench.Context(), noon); err != nil {
			bench.Fatal(err)
		}
	}
}

func BenchmarkExport200(bench *testing.B) {
	b := setup(bench)
	cabin := b.cabin(bench)
	b.apply(bench, b.feed(bench, cabin, "airbnb"), noon, many(150, 0)...)
	b.exec(bench, `insert into reservations (code, accommodation_id, check_in, check_out, status)
		select 'code ' || n, $1, date '2026-12-01' + n * 2, date '2026-12-01' + n * 2 + 2, 'confirmed' from generate_series(1, 50) n`, cabin)
	reader := b.feed(bench, cabin, "booking")
	b.exec(bench, `analyze`)
	for bench.Loop() {
		if _, err := b.Calendars.Export(bench.Context(), cabin, reader.Token, noon); err != nil {
			bench.Fatal(err)
		}
	}
}

// The questions of a guest, in a cabin with 600 events of other channels.

func BenchmarkOffer(bench *testing.B) {
	b := setup(bench)
	cabin, _ := b.fullCabin(bench)
	b.exec(bench, `analyze`)
	for bench.Loop() {
		if _, err := b.Offer(bench.Context(), cabin, nights(3000, 3003), "", noon); err != nil {
			bench.Fatal(err)
		}
	}
}

func BenchmarkHold(bench *testing.B) {
	b := setup(bench)
	cabin, _ := b.fullCabin(bench)
	b.exec(bench, `analyze`)
	for i := 3000; bench.Loop(); i++ {
		r := wish(cabin, nights(i, i+1))
		r.ExpiresAt = noon.Add(booking.HoldFor + time.Hour)
		if err := b.Hold(bench.Context(), r, "guest", booking.Answer{}, noon); err != nil {
			bench.Fatal(err)
		}
	}
}

// BenchmarkFree searches thirty cabins, each with 600 events of other channels.
func BenchmarkFree(bench *testing.B) {
	b := setup(bench)
	for range 30 {
		b.fullCabin(bench)
	}
	b.exec(bench, `analyze`)
	for bench.Loop() {
		if free, err := b.Free(bench.Context(), nights(3000, 3003), noon); err != nil || len(free) != 30 {
			bench.Fatal(len(free), err)
		}
	}
}
