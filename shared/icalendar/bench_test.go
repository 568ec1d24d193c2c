package icalendar_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

// feedOf is a feed of so many events, as a large platform writes it.
func feedOf(tb testing.TB, events int) []byte {
	tb.Helper()
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nPRODID:-//Cabins Inc//Hosting Calendar 1.0//EN\r\nCALSCALE:GREGORIAN\r\nVERSION:2.0\r\n")
	from := day(tb, "2020-01-01")
	for i := range events {
		to := from.AddDays(1 + i%6)
		flat := func(d civil.Date) string { return strings.ReplaceAll(d.String(), "-", "") }
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nDTSTAMP:20260822T073326Z\r\nDTSTART;VALUE=DATE:%s\r\nDTEND;VALUE=DATE:%s\r\n", flat(from), flat(to))
		if i%4 == 3 {
			fmt.Fprintf(&b, "SUMMARY:Cabins (Not available)\r\nUID:7f662ec65913-%032x@cabins.example\r\nEND:VEVENT\r\n", i*7919)
		} else {
			fmt.Fprintf(&b, "SUMMARY:Reserved\r\nUID:1418fb94e984-%032x@cabins.example\r\nDESCRIPTION:Reservation URL: https://www.cabins.example/hosting/reservations/de\r\n tails/HM%08X\\nPhone Number (Last 4 Digits): %04d\r\nEND:VEVENT\r\n", i*7919, i, i%10_000)
		}
		from = to
	}
	b.WriteString("END:VCALENDAR\r\n")
	return []byte(b.String())
}

func BenchmarkRead5000(b *testing.B) {
	text, o := feedOf(b, 5_000), patagonia(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if c, err := icalendar.Read(text, o); err != nil || len(c.Events) != 5_000 {
			b.Fatal(err, len(c.Events))
		}
	}
}

// BenchmarkReadLargest reads as many events as a text may hold.
func BenchmarkReadLargest(b *testing.B) {
	text, o := feedOf(b, 35_000), patagonia(b)
	if len(text) > icalendar.MaxBytes {
		b.Fatal(len(text))
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if c, err := icalendar.Read(text, o); err != nil || len(c.Events) != 35_000 {
			b.Fatal(err, len(c.Events))
		}
	}
}

func BenchmarkAppend200(b *testing.B) {
	list := make([]icalendar.Entry, 200)
	for i := range list {
		from := day(b, "2026-12-01").AddDays(3 * i)
		list[i] = icalendar.Entry{
			UID: fmt.Sprintf("%08x-5f2c-4c35-9d59-0b6f7a6f2a10@cabins.example", i), Nights: civil.Nights{From: from, To: from.AddDays(2)},
			Summary: "Reservado", Changed: time.Date(2026, time.November, 20, 12, 0, i, 0, time.UTC), Sequence: i % 3,
		}
	}
	var text []byte
	b.ReportAllocs()
	for b.Loop() {
		text = icalendar.Append(text[:0], "Cabaña del río", list)
	}
	b.SetBytes(int64(len(text)))
}
