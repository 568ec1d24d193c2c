package money

import (
	"database/sql/driver"
	"fmt"
)

// Factor is a multiplier in hundredths: 120 is 1.20. Columns of type numeric(4,2) hold it.
type Factor int

// One is the factor that changes nothing.
const One Factor = 100

// String is the factor with a point and exactly two decimals: "1.20".
func (f Factor) String() string { return Cents(f).String() }

// MarshalText is String; in JSON the factor is a string, like the amounts it multiplies.
func (f Factor) MarshalText() ([]byte, error) { return Cents(f).MarshalText() }

// UnmarshalText reads what Parse reads, with its errors.
func (f *Factor) UnmarshalText(text []byte) error {
	n, err := parseAmount(text)
	if err != nil {
		return err
	}
	*f = Factor(n)
	return nil
}

// Value sends the factor to a numeric column, as text.
func (f Factor) Value() (driver.Value, error) { return f.String(), nil }

// Scan reads a numeric column: text, or an integer of whole units. It refuses NULL, floats and more than two decimals.
func (f *Factor) Scan(src any) error {
	n, err := scan(src)
	if err != nil {
		return fmt.Errorf("scan a factor: %w", err)
	}
	*f = Factor(n)
	return nil
}
