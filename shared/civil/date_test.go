package civil_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have no zones of its own

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// day reads a date that a test writes down.
func day(tb testing.TB, text string) civil.Date {
	tb.Helper()
	d, err := civil.Parse(text)
	if err != nil {
		tb.Fatalf("Parse(%q): %v", text, err)
	}
	return d
}

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

func TestEveryDateThereIsAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	d := day(t, "1900-01-01")
	for at := time.Date(1900, 1, 1, 12, 0, 0, 0, time.UTC); at.Year() < 10_000; at = at.AddDate(0, 0, 1) {
		y, m, n := d.YMD()
		wantY, wantM, wantN := at.Date()
		if y != wantY || m != wantM || n != wantN || d.Weekday() != at.Weekday() {
			t.Fatalf("%d-%d-%d, %s instead of %s", y, m, n, d.Weekday(), at.Format(time.RFC1123))
		}
		if parsed, err := civil.Parse(d.String()); err != nil || parsed != d {
			t.Fatalf("Parse(%q) = %s, %v", d, parsed, err)
		}
		if of := civil.Of(at, time.UTC); of != d {
			t.Fatalf("Of(%s) = %s", at, of)
		}
		d = d.AddDays(1)
	}
	if last := day(t, "9999-12-31"); d != last {
		t.Errorf("ended on %s", d)
	}
}

func TestDatesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1900-01-01", "2024-02-29", "2000-02-29", "2026-12-31", "9999-12-31"} {
		if got := day(t, text).String(); got != text {
			t.Errorf("Parse(%q) is %q", text, got)
		}
	}
	for _, text := range []string{
		"", "2026", "2026-02-30", "2026-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00",
		"2026-01-32", "1899-12-31", "0000-00-00", "10000-01-01", "2026-1-1", "2026-01-1", "26-01-01", "2026/01/01",
		"20260101", "2026-01-01T00:00:00Z", " 2026-01-01", "2026-01-01 ", "2026-01-0x", "+026-01-01", "-026-01-01",
		"２０26-01", "infinity", "2026-01-01\x00", "today",
	} {
		if got, err := civil.Parse(text); !errors.Is(err, civil.ErrFormat) || !got.IsZero() {
			t.Errorf("Parse(%q) = %s, %v; want ErrFormat", text, got, err)
		}
	}
}

func TestNewCarriesOverLikeTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		year  int
		month time.Month
		day   int
		want  string
	}{
		{2026, time.December, 4, "2026-12-04"},
		{2026, time.December + 1, 1, "2027-01-01"},
		{2026, time.February, 30, "2026-03-02"},
		{2028, time.March, 0, "2028-02-29"},
		{1899, time.December, 31, "1900-01-01"},
		{10_000, time.January, 1, "9999-12-31"},
	} {
		if got := civil.New(c.year, c.month, c.day).String(); got != c.want {
			t.Errorf("New(%d, %d, %d) = %s; want %s", c.year, c.month, c.day, got, c.want)
		}
	}
}

func TestTheDateIsThatOfTheZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, at, zone, want string }{
		{"one in the morning in London is still yesterday in Buenos Aires", "2026-12-04T01:00:00Z", "America/Argentina/Buenos_Aires", "2026-12-03"},
		{"one second before midnight there", "2026-12-04T02:59:59Z", "America/Argentina/Buenos_Aires", "2026-12-03"},
		{"midnight there", "2026-12-04T03:00:00Z", "America/Argentina/Buenos_Aires", "2026-12-04"},
		{"it is already tomorrow in Auckland", "2026-12-04T11:00:00Z", "Pacific/Auckland", "2026-12-05"},
		{"the year turns there first", "2026-12-31T11:00:00Z", "Pacific/Auckland", "2027-01-01"},
		{"the leap day begins late in Buenos Aires", "2028-02-29T02:59:59Z", "America/Argentina/Buenos_Aires", "2028-02-28"},
		{"winter in Madrid", "2026-10-25T22:59:59Z", "Europe/Madrid", "2026-10-25"},
		{"summer in Madrid", "2026-10-24T22:00:00Z", "Europe/Madrid", "2026-10-25"},
		{"before 1970", "1969-12-31T23:59:59Z", "UTC", "1969-12-31"},
		{"the written offset does not matter", "2026-12-04T09:00:00+09:00", "America/Argentina/Buenos_Aires", "2026-12-03"},
		{"before the first date", "1812-06-01T00:00:00Z", "UTC", "1900-01-01"},
		{"the last second there is", "9999-12-31T23:59:59Z", "Pacific/Auckland", "9999-12-31"},
		{"no instant, no date", "0001-01-01T00:00:00Z", "Pacific/Auckland", ""},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := civil.Of(at, zone(t, c.zone)).String(); got != c.want {
			t.Errorf("%s: %s in %s is %q, want %q", c.name, c.at, c.zone, got, c.want)
		}
	}
}

func TestADateBeginsAtItsFirstInstant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, date, zone, want string }{
		{"an ordinary day", "2026-12-04", "America/Argentina/Buenos_Aires", "2026-12-04T00:00:00-03:00"},
		{"midnight was skipped, west", "2018-11-04", "America/Sao_Paulo", "2018-11-04T01:00:00-02:00"},
		{"the day after it", "2018-11-05", "America/Sao_Paulo", "2018-11-05T00:00:00-02:00"},
		{"midnight was skipped, east", "2021-03-28", "Asia/Beirut", "2021-03-28T01:00:00+03:00"},
		{"midnight came twice, east", "2021-10-29", "Asia/Amman", "2021-10-29T00:00:00+03:00"},
		{"midnight came twice, west", "2021-11-07", "America/Havana", "2021-11-07T00:00:00-04:00"},
		{"the hour before midnight came twice", "2019-02-17", "America/Sao_Paulo", "2019-02-17T00:00:00-03:00"},
		{"the clocks change later in the day", "2026-03-29", "Europe/Madrid", "2026-03-29T00:00:00+01:00"},
		{"a zone without changes", "2026-03-29", "UTC", "2026-03-29T00:00:00Z"},
	} {
		if got := day(t, c.date).Time(zone(t, c.zone)).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: %s in %s begins at %s, want %s", c.name, c.date, c.zone, got, c.want)
		}
	}
}

func TestTheFirstInstantOfADateBelongsToItAndTheOneBeforeDoesNot(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"America/Argentina/Buenos_Aires", "America/Sao_Paulo", "America/Santiago", "America/Havana", "America/New_York",
		"Europe/Madrid", "Asia/Amman", "Asia/Beirut", "Asia/Kathmandu", "Pacific/Auckland", "Australia/Lord_Howe", "UTC",
	} {
		z := zone(t, name)
		for d := range (civil.Nights{From: day(t, "2005-01-01"), To: day(t, "2030-01-01")}).All() {
			begin := d.Time(z)
			if got := civil.Of(begin, z); got != d {
				t.Fatalf("%s: %s begins at %s, which is %s", name, d, begin, got)
			}
			if before := civil.Of(begin.Add(-1), z); before != d.AddDays(-1) {
				t.Fatalf("%s: %s begins at %s, but just before it is %s", name, d, begin, before)
			}
		}
	}
}

func TestDaysAreAddedAcrossMonthsAndYears(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		days int
		want string
	}{
		{"2026-12-31", 1, "2027-01-01"},
		{"2027-01-01", -1, "2026-12-31"},
		{"2028-02-28", 1, "2028-02-29"},
		{"2027-02-28", 1, "2027-03-01"},
		{"2100-02-28", 1, "2100-03-01"},
		{"2026-12-04", 0, "2026-12-04"},
		{"2026-12-04", 540, "2028-05-27"},
		{"9999-12-31", 1, "9999-12-31"},
		{"1900-01-01", -1, "1900-01-01"},
		{"2026-12-04", math.MaxInt, "9999-12-31"},
		{"2026-12-04", math.MinInt, "1900-01-01"},
	} {
		if got := day(t, c.from).AddDays(c.days).String(); got != c.want {
			t.Errorf("%s and %d days = %s; want %s", c.from, c.days, got, c.want)
		}
	}
}

func TestTheZeroDateIsNoDay(t *testing.T) {
	t.Parallel()
	var none civil.Date
	y, m, d := none.YMD()
	if !none.IsZero() || none.String() != "" || none.AddDays(3) != none || y != 0 || m != 0 || d != 0 {
		t.Errorf("the zero Date is %q, its parts %d %d %d", none, y, m, d)
	}
	if first := day(t, "1900-01-01"); first.IsZero() || !none.Before(first) {
		t.Error("the zero Date is not before the first")
	}
}

func TestDatesAreOrdered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, n := anyDate(t, "a"), rapid.IntRange(-5000, 5000).Draw(t, "n")
		b := a.AddDays(n)
		if y, _, _ := b.YMD(); y == 1900 || y == 9999 {
			t.Skip("AddDays may have stopped at the edge")
		}
		if b.Sub(a) != n || a.Sub(b) != -n || b.AddDays(-n) != a {
			t.Fatalf("%s and %d days is %s, %d days later", a, n, b, b.Sub(a))
		}
		if b.After(a) != (n > 0) || b.Before(a) != (n < 0) || b.Equal(a) != (n == 0) || b.Compare(a) != min(max(n, -1), 1) {
			t.Fatalf("%s and %s are out of order", a, b)
		}
		if text := min(a.String(), b.String()); n != 0 && (text == a.String()) != a.Before(b) {
			t.Fatalf("%s and %s sort differently as text", a, b)
		}
	})
}

func TestADateIsTheSameInEveryZoneItIsReadBackIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDate(t, "date")
		z := time.FixedZone("", rapid.IntRange(-14*3600, 14*3600).Draw(t, "offset"))
		second := time.Duration(rapid.IntRange(0, 24*3600-1).Draw(t, "second")) * time.Second
		if got := civil.Of(d.Time(z).Add(second), z); got != d {
			t.Fatalf("%s became %s", d, got)
		}
	})
}

func TestADateIsAJSONString(t *testing.T) {
	t.Parallel()
	type stay struct {
		CheckIn  civil.Date `json:"check_in"`
		CheckOut civil.Date `json:"check_out,omitzero"`
	}
	want := stay{CheckIn: day(t, "2026-12-04")}
	const text = `{"check_in":"2026-12-04"}`
	if got, err := json.Marshal(want); err != nil || string(got) != text {
		t.Errorf("Marshal = %s, %v; want %s", got, err, text)
	}
	var got stay
	if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
		t.Errorf("Unmarshal = %v, %v", got, err)
	}
	for _, text := range []string{`""`, `"2026-02-30"`, `"04/12/2026"`, `"2026-12-04T00:00:00Z"`} {
		d := want.CheckIn
		err := json.Unmarshal([]byte(text), &d)
		if !errors.Is(err, civil.ErrFormat) || err.Error() != "must be a date as YYYY-MM-DD" || d != want.CheckIn {
			t.Errorf("Unmarshal(%s) = %s, %v", text, d, err)
		}
	}
}

func TestDateColumnsAreReadAndWritten(t *testing.T) {
	t.Parallel()
	christmas := day(t, "2026-12-25")
	for _, src := range []any{
		"2026-12-25", []byte("2026-12-25"),
		time.Date(2026, 12, 25, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 12, 25, 0, 0, 0, 0, zone(t, "Pacific/Auckland")), // still the 24th in UTC
	} {
		var got civil.Date
		if err := got.Scan(src); err != nil || got != christmas {
			t.Errorf("Scan(%T %v) = %s, %v", src, src, got, err)
		}
	}
	for _, src := range []any{
		"infinity", "-infinity", "", []byte(nil), int64(20_000), 1.5, true,
		time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC),
		time.Time{},
	} {
		got := christmas
		if err := got.Scan(src); err == nil || got != christmas {
			t.Errorf("Scan(%T %v) = %s, %v; want an error", src, src, got, err)
		}
	}
	got := christmas
	if err := got.Scan(nil); err != nil || !got.IsZero() {
		t.Errorf("Scan(NULL) = %s, %v", got, err)
	}
	if v, err := christmas.Value(); err != nil || v != "2026-12-25" {
		t.Errorf("Value = %v, %v", v, err)
	}
	if v, err := (civil.Date{}).Value(); err != nil || v != nil {
		t.Errorf("Value of the zero Date = %v, %v; want NULL", v, err)
	}
}

// TestWritingADateAllocatesNothing is not parallel: allocations are counted for the whole process.
func TestWritingADateAllocatesNothing(t *testing.T) {
	d, buffer := day(t, "2026-12-04"), make([]byte, 0, 16)
	allocations := testing.AllocsPerRun(100, func() {
		buffer, _ = d.AddDays(len(buffer)).AppendText(buffer[:0])
		if err := d.UnmarshalText(buffer); err != nil {
			t.Error(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"2026-12-04", "2024-02-29", "2026-02-30", "1900-01-01", "9999-12-31", "0000-00-00", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := civil.Parse(text)
		std, stdErr := time.Parse(time.DateOnly, text)
		valid := stdErr == nil && std.Year() >= 1900
		if (err == nil) != valid {
			t.Fatalf("Parse(%q) = %v, but time.Parse says %v", text, err, stdErr)
		}
		if valid && (got.String() != text || got != civil.Of(std, time.UTC)) {
			t.Errorf("Parse(%q) = %s", text, got)
		}
	})
}

func anyDate(t *rapid.T, label string) civil.Date {
	return civil.New(1900, time.January, 1).AddDays(rapid.IntRange(0, 2_958_463).Draw(t, label))
}

func BenchmarkAppendText(b *testing.B) {
	b.ReportAllocs()
	d, buffer := day(b, "2026-12-04"), make([]byte, 0, 16)
	for b.Loop() {
		buffer, _ = d.AppendText(buffer[:0])
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := civil.Parse("2026-12-04"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOf(b *testing.B) {
	b.ReportAllocs()
	z, at := zone(b, "America/Argentina/Buenos_Aires"), time.Date(2026, 12, 4, 1, 0, 0, 0, time.UTC)
	for b.Loop() {
		_ = civil.Of(at, z)
	}
}
