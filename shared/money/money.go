// Package money holds amounts as whole cents and multipliers as whole hundredths, so that no price is ever a float.
package money

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
)

// Cents is an amount in hundredths of its currency's unit. The currency travels beside it, never in it.
type Cents int64

// Max is the largest amount that is stored or accepted: numeric(12,2), 9999999999.99.
const Max Cents = 999_999_999_999

// Texts that are not amounts. The messages are fit to be shown next to the field that was wrong.
var (
	ErrFormat = errors.New("must be an amount with at most two decimals, such as 34000.00")
	ErrRange  = errors.New("must be an amount between -9999999999.99 and 9999999999.99")
)

// Parse reads a decimal number with an optional sign and at most two decimals: "34000", "34000.5", "-0.05". It returns
// ErrFormat for anything else (also "", ".5", "5.", "1,000" and "1e3") and ErrRange beyond ±Max.
func Parse(s string) (Cents, error) {
	return parseAmount(s)
}

func parseAmount[T string | []byte](s T) (Cents, error) {
	n, err := parse(s)
	if err != nil {
		return 0, err
	}
	if n < -int64(Max) || n > int64(Max) {
		return 0, ErrRange
	}
	return Cents(n), nil
}

// parse reads hundredths. It takes bytes as they are, because a conversion to string is an allocation per amount.
func parse[T string | []byte](s T) (int64, error) {
	negative := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	var n int64
	point := -1
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && point < 0 && i > 0:
			point = i
		case c < '0' || c > '9':
			return 0, ErrFormat
		case n >= math.MaxInt64/1000: // one more digit and two decimals must still fit
			return 0, ErrRange
		default:
			n = n*10 + int64(c-'0')
		}
	}
	switch decimals := len(s) - 1 - point; {
	case len(s) == 0:
		return 0, ErrFormat
	case point < 0:
		n *= 100
	case decimals == 1:
		n *= 10
	case decimals != 2:
		return 0, ErrFormat
	}
	if negative {
		n = -n
	}
	return n, nil
}

// String is the amount with a point and exactly two decimals: "34000.00", "-0.05".
func (c Cents) String() string {
	return string(appendHundredths(make([]byte, 0, 24), int64(c)))
}

// AppendText appends String to b. It never fails.
func (c Cents) AppendText(b []byte) ([]byte, error) {
	return appendHundredths(b, int64(c)), nil
}

// MarshalText is String, which makes an amount a JSON string: a JSON number would be a float in every client.
func (c Cents) MarshalText() ([]byte, error) {
	return appendHundredths(make([]byte, 0, 24), int64(c)), nil
}

// UnmarshalText is Parse, with its errors; in JSON the amount is a string.
func (c *Cents) UnmarshalText(text []byte) error {
	n, err := parseAmount(text)
	if err != nil {
		return err
	}
	*c = n
	return nil
}

// Value sends the amount to a numeric column, as text.
func (c Cents) Value() (driver.Value, error) { return c.String(), nil }

// Scan reads a numeric column: text, or an integer of whole units. A sum may exceed Max. It refuses NULL, floats and more
// than two decimals.
func (c *Cents) Scan(src any) error {
	n, err := scan(src)
	if err != nil {
		return fmt.Errorf("scan an amount: %w", err)
	}
	*c = Cents(n)
	return nil
}

// Times is the amount n times.
func (c Cents) Times(n int) Cents { return Cents(scale(int64(c), int64(n), 1)) }

// Percent is p hundredths of the amount, rounded to the cent, half away from zero.
func (c Cents) Percent(p int) Cents { return Cents(scale(int64(c), int64(p), 100)) }

// Scale is the amount multiplied by f, rounded to the cent, half away from zero.
func (c Cents) Scale(f Factor) Cents { return Cents(scale(int64(c), int64(f), 100)) }

// scale is n × by / per, half away from zero. What does not fit stops at the largest int64: an absurd product must stay
// absurd, where wrapping around could make it a plausible price.
func scale(n, by int64, per uint64) int64 {
	hi, lo := bits.Mul64(magnitude(n), magnitude(by))
	lo, carry := bits.Add64(lo, per/2, 0)
	hi += carry
	q := uint64(math.MaxInt64)
	if hi < per {
		q, _ = bits.Div64(hi, lo, per)
		q = min(q, math.MaxInt64)
	}
	if (n < 0) != (by < 0) {
		return -int64(q)
	}
	return int64(q)
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n) // also right for the smallest int64, which has no positive twin
	}
	return uint64(n)
}

func appendHundredths(b []byte, n int64) []byte {
	if n < 0 {
		b = append(b, '-')
	}
	u := magnitude(n)
	b = strconv.AppendUint(b, u/100, 10)
	return append(b, '.', byte('0'+u/10%10), byte('0'+u%10))
}

func scan(src any) (int64, error) {
	switch v := src.(type) {
	case string:
		return parse(v)
	case []byte:
		return parse(v)
	case int64:
		if v > math.MaxInt64/100 || v < -math.MaxInt64/100 {
			return 0, ErrRange
		}
		return v * 100, nil
	case nil:
		return 0, errors.New("there is none (NULL)")
	default:
		return 0, fmt.Errorf("a %T is not exact", src)
	}
}
