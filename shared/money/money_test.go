package money_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/money"
)

func TestAmountsAreReadFromDecimals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Cents{
		"0":              0,
		"34000":          3_400_000,
		"34000.5":        3_400_050,
		"34000.50":       3_400_050,
		"34000.05":       3_400_005,
		"0.01":           1,
		"-0.01":          -1,
		"-0":             0,
		"+12.30":         1230,
		"0012.30":        1230,
		"9999999999.99":  money.Max,
		"-9999999999.99": -money.Max,
	} {
		got, err := money.Parse(text)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestWhatIsNotAnAmountIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "-", "+", ".", ".5", "5.", "-.5", "1.234", "1.2.3", "1..2", "--1", "+-1", "1-", "1,50", "1.000,00", "1 000",
		" 1", "1 ", "1e3", "0x1", "NaN", "Infinity", "$1", "١٢", "1\x00", "1.\n5",
	} {
		if got, err := money.Parse(text); !errors.Is(err, money.ErrFormat) || got != 0 {
			t.Errorf("Parse(%q) = %d, %v; want ErrFormat", text, got, err)
		}
	}
	for _, text := range []string{
		"10000000000", "10000000000.00", "-10000000000", "92233720368547758.08", "9223372036854775807",
		"92233720368547759", "184467440737095517", "184467440737095516.16", strings.Repeat("9", 10_000),
	} {
		if got, err := money.Parse(text); !errors.Is(err, money.ErrRange) || got != 0 {
			t.Errorf("Parse(%.30q) = %d, %v; want ErrRange", text, got, err)
		}
	}
}

func TestAmountsAreWrittenWithTwoDecimals(t *testing.T) {
	t.Parallel()
	for amount, want := range map[money.Cents]string{
		0:              "0.00",
		5:              "0.05",
		-5:             "-0.05",
		99:             "0.99",
		100:            "1.00",
		3_400_000:      "34000.00",
		-3_400_050:     "-34000.50",
		money.Max:      "9999999999.99",
		math.MaxInt64:  "92233720368547758.07",
		-math.MaxInt64: "-92233720368547758.07",
		math.MinInt64:  "-92233720368547758.08",
	} {
		if got := amount.String(); got != want {
			t.Errorf("Cents(%d).String() = %q; want %q", int64(amount), got, want)
		}
		if got, err := amount.AppendText([]byte("$ ")); err != nil || string(got) != "$ "+want {
			t.Errorf("Cents(%d).AppendText = %q, %v", int64(amount), got, err)
		}
	}
}

func TestAnAmountIsAJSONString(t *testing.T) {
	t.Parallel()
	type price struct {
		Total  money.Cents
		Factor money.Factor
	}
	const text = `{"Total":"34000.00","Factor":"1.20"}`
	want := price{Total: 3_400_000, Factor: 120}
	if got, err := json.Marshal(want); err != nil || string(got) != text {
		t.Errorf("Marshal = %s, %v; want %s", got, err, text)
	}
	var got price
	if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
		t.Errorf("Unmarshal = %+v, %v; want %+v", got, err, want)
	}
}

func TestJSONThatIsNotAnAmountIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`34000`, `34000.00`, `"34.000"`, `""`, `true`, `{}`, `[]`, `"10000000000.00"`} {
		amount, factor := money.Cents(7), money.Factor(7)
		if err := json.Unmarshal([]byte(text), &amount); err == nil || amount != 7 {
			t.Errorf("Unmarshal(%s) into an amount = %d, %v", text, amount, err)
		}
		if err := json.Unmarshal([]byte(text), &factor); err == nil || factor != 7 {
			t.Errorf("Unmarshal(%s) into a factor = %d, %v", text, factor, err)
		}
	}
}

func TestDatabaseColumnsAreReadExactlyOrNotAtAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  any
		want int64 // hundredths
		ok   bool
	}{
		{"34000.00", 3_400_000, true},
		{[]byte("-0.50"), -50, true},
		{"99999999999.99", 9_999_999_999_999, true}, // a sum of amounts, above Max
		{int64(34), 3400, true},
		{int64(-34), -3400, true},
		{int64(math.MaxInt64/100 + 1), 0, false},
		{int64(math.MinInt64), 0, false},
		{"1.234", 0, false},
		{"NaN", 0, false},
		{[]byte(nil), 0, false},
		{nil, 0, false},
		{34.0, 0, false},
		{true, 0, false},
	} {
		amount, factor := money.Cents(7), money.Factor(7)
		errAmount, errFactor := amount.Scan(c.src), factor.Scan(c.src)
		if !c.ok {
			if errAmount == nil || errFactor == nil || amount != 7 || factor != 7 {
				t.Errorf("Scan(%T %v) = %d, %v and %d, %v; want errors", c.src, c.src, amount, errAmount, factor, errFactor)
			}
			continue
		}
		if errAmount != nil || errFactor != nil || int64(amount) != c.want || int64(factor) != c.want {
			t.Errorf("Scan(%T %v) = %d, %v and %d, %v; want %d", c.src, c.src, amount, errAmount, factor, errFactor, c.want)
		}
	}
}

func TestDatabaseParametersAreText(t *testing.T) {
	t.Parallel()
	if got, err := money.Cents(3_400_050).Value(); err != nil || got != "34000.50" {
		t.Errorf("Cents.Value = %v, %v", got, err)
	}
	if got, err := money.Factor(120).Value(); err != nil || got != "1.20" {
		t.Errorf("Factor.Value = %v, %v", got, err)
	}
}

func TestProductsAreRoundedHalfAwayFromZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		got, want money.Cents
	}{
		{"three times", money.Cents(1050).Times(3), 3150},
		{"no times", money.Cents(1050).Times(0), 0},
		{"minus two times", money.Cents(1050).Times(-2), -2100},
		{"thirty percent, exact", money.Cents(3_400_000).Percent(30), 1_020_000},
		{"thirty percent of 42001.93", money.Cents(4_200_193).Percent(30), 1_260_058},
		{"just under half a cent", money.Cents(149).Percent(1), 1},
		{"half a cent goes up", money.Cents(150).Percent(1), 2},
		{"minus half a cent goes down", money.Cents(-150).Percent(1), -2},
		{"half a cent of nothing", money.Cents(1).Percent(50), 1},
		{"no percent", money.Cents(999).Percent(0), 0},
		{"all of it", money.Cents(999).Percent(100), 999},
		{"a weekend", money.Cents(1_000_000).Scale(120), 1_200_000},
		{"a weekend of 12000.55", money.Cents(1_200_055).Scale(125), 1_500_069},
		{"by one", money.Cents(1_200_055).Scale(money.One), 1_200_055},
		{"by nothing", money.Cents(1_200_055).Scale(0), 0},
		{"by the largest factor", money.Max.Scale(9999), 99_989_999_999_900},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, int64(c.got), int64(c.want))
		}
	}
}

func TestProductsThatDoNotFitStopAtTheLargest(t *testing.T) {
	t.Parallel()
	const most = money.Cents(math.MaxInt64)
	for _, c := range []struct {
		name      string
		got, want money.Cents
	}{
		{"one too many", (most/2 + 1).Times(2), most},
		{"far too many", most.Times(math.MaxInt), most},
		{"far too few", most.Times(math.MinInt), -most},
		{"two negatives", money.Cents(math.MinInt64).Times(-1), most},
		{"the largest itself", most.Times(1), most},
		{"a percentage that fits after all", most.Percent(100), most},
		{"a percentage that does not", most.Percent(101), most},
		{"a factor that does not", (-most).Scale(101), -most},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, int64(c.got), int64(c.want))
		}
	}
}

func TestAnyStoredAmountSurvivesText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := money.Cents(rapid.Int64Range(-int64(money.Max), int64(money.Max)).Draw(t, "cents"))
		if got, err := money.Parse(want.String()); err != nil || got != want {
			t.Fatalf("Parse(%q) = %d, %v", want, int64(got), err)
		}
		var scanned money.Cents
		value, err := want.Value()
		if err != nil {
			t.Fatal(err)
		}
		if err := scanned.Scan(value); err != nil || scanned != want {
			t.Fatalf("Scan(%v) = %d, %v", value, int64(scanned), err)
		}
	})
}

func TestProductsAreTheNearestCent(t *testing.T) {
	t.Parallel()
	largest := big.NewInt(math.MaxInt64)
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Int64().Draw(t, "cents")
		by := rapid.Int().Draw(t, "hundredths")
		got := big.NewInt(int64(money.Cents(amount).Percent(by)))
		if scaled := money.Cents(amount).Scale(money.Factor(by)); got.Cmp(big.NewInt(int64(scaled))) != 0 {
			t.Fatalf("Percent gives %s, Scale %d", got, int64(scaled))
		}
		exact := new(big.Int).Mul(big.NewInt(amount), big.NewInt(int64(by))) // hundredths of a cent
		if new(big.Int).Abs(exact).Cmp(new(big.Int).Mul(largest, big.NewInt(100))) >= 0 {
			if new(big.Int).Abs(got).Cmp(largest) != 0 || got.Sign() != exact.Sign() {
				t.Fatalf("%s hundredths of a cent became %s", exact, got)
			}
			return
		}
		off := new(big.Int).Sub(new(big.Int).Mul(got, big.NewInt(100)), exact)
		if off.Abs(off).Cmp(big.NewInt(50)) > 0 {
			t.Fatalf("%s hundredths of a cent became %s cents", exact, got)
		}
	})
}

func TestTimesIsRepeatedAddition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := money.Cents(rapid.Int64Range(-int64(money.Max), int64(money.Max)).Draw(t, "cents"))
		n := rapid.IntRange(0, 600).Draw(t, "n")
		var sum money.Cents
		for range n {
			sum += amount
		}
		if got := amount.Times(n); got != sum {
			t.Fatalf("%d × %d = %d; want %d", int64(amount), n, int64(got), int64(sum))
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"34000.00", "-0.05", "+1", "9999999999.99", "10000000000", "1.234", "", "1e3", "0000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := money.Parse(text)
		exact, isNumber := new(big.Rat).SetString(text)
		if err != nil {
			return
		}
		if !isNumber || exact.Mul(exact, big.NewRat(100, 1)).Cmp(big.NewRat(int64(got), 1)) != 0 {
			t.Errorf("Parse(%q) = %d cents", text, int64(got))
		}
		if again, err := money.Parse(got.String()); err != nil || again != got {
			t.Errorf("Parse(%q) = %d, written %q, read again %d, %v", text, int64(got), got, int64(again), err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := money.Parse("34000.00"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendText(b *testing.B) {
	b.ReportAllocs()
	buffer := make([]byte, 0, 32)
	for b.Loop() {
		buffer, _ = money.Cents(3_400_000).AppendText(buffer[:0])
	}
}

func BenchmarkScale(b *testing.B) {
	b.ReportAllocs()
	amount := money.Cents(1_200_055)
	for b.Loop() {
		_ = amount.Scale(125)
	}
}
