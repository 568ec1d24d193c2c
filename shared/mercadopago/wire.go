package mercadopago

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/money"
)

// instant is a date as Mercado Pago writes it. A date that cannot be read is zero and never an error: one unusual field
// must not make a payment unreadable.
type instant struct{ time.Time }

// layouts are the forms that were seen: with and without a colon in the offset, without an offset, a date alone. Fractions
// of a second are read with each.
var layouts = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", time.DateTime, time.DateOnly,
}

func (i *instant) UnmarshalJSON(text []byte) error {
	*i = instant{}
	s := unquote(text)
	if len(s) > 64 {
		return nil
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			i.Time = t.UTC()
			return nil
		}
	}
	return nil
}

// format is how Mercado Pago wants dates: milliseconds, and an offset with a colon. The zone is Argentina's.
func format(t time.Time) string {
	return t.In(time.FixedZone("", -3*60*60)).Format("2006-01-02T15:04:05.000-07:00")
}

// name is an id or a word: a string, or a number as it is written. What is anything else, or too long to be one, is "".
type name string

func (n *name) UnmarshalJSON(text []byte) error {
	*n = ""
	text = bytes.TrimSpace(text)
	if s := unquote(text); s != "" {
		*n = name(s)
	} else if len(text) > 0 && (text[0] >= '0' && text[0] <= '9') {
		*n = name(text)
	}
	if len(*n) > 256 {
		*n = ""
	}
	return nil
}

// unquote is what a JSON string says; "" for anything else.
func unquote(text []byte) string {
	var s string
	if json.Unmarshal(text, &s) != nil {
		return ""
	}
	return s
}

// yes is true for true alone.
type yes bool

func (y *yes) UnmarshalJSON(text []byte) error {
	*y = yes(string(text) == "true")
	return nil
}

// amount is a JSON number, or a string with one in it, as exact cents. Given tells 0 from nothing.
type amount struct {
	money.Cents
	Given bool
}

var errAmount = errors.New("not an amount in cents")

func (a *amount) UnmarshalJSON(text []byte) error {
	*a = amount{}
	s := string(bytes.TrimSpace(text))
	if s == "null" || s == `""` {
		return nil
	}
	if strings.HasPrefix(s, `"`) {
		s = unquote(text)
	}
	cents, err := parseAmount(s)
	if err != nil {
		return err
	}
	*a = amount{cents, true}
	return nil
}

var amountForm = regexp.MustCompile(`^-?[0-9]{1,20}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$`)

// parseAmount reads a number without ever making a float of it. Some of their services add in binary floats and write
// 0.30000000000000004, or 1.0E7: what is within a thousandth of a cent of a cent is that cent. Half a cent is nobody's price.
func parseAmount(s string) (money.Cents, error) {
	if cents, err := money.Parse(s); err == nil {
		return cents, nil
	}
	exact, ok := new(big.Rat), amountForm.MatchString(s)
	if ok {
		_, ok = exact.SetString(s)
	}
	if !ok {
		return 0, errAmount
	}
	exact.Mul(exact, big.NewRat(100, 1))
	cents, err := strconv.ParseInt(exact.FloatString(0), 10, 64) // rounded, half away from zero
	if err != nil || cents > int64(money.Max) || cents < -int64(money.Max) {
		return 0, errAmount
	}
	off := exact.Sub(exact, new(big.Rat).SetInt64(cents))
	if off.Abs(off).Cmp(big.NewRat(1, 1000)) > 0 {
		return 0, errAmount
	}
	return money.Cents(cents), nil
}

// number is cents as a JSON number that Mercado Pago reads: 45000.00.
func number(c money.Cents) json.Number { return json.Number(c.String()) }

var codeForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// code is a text that is a code, and surely no sentence that may quote somebody; else "".
func code(text string) string {
	if !codeForm.MatchString(text) {
		return ""
	}
	return text
}

// readCodes finds the codes of an answer that says no: {"error":"bad_request","cause":[{"code":2006,…}]}, where cause may be
// an object, null or absent, and the whole may be somebody else's error page.
func readCodes(body []byte) (of string, causes []string) {
	var said struct {
		Error name
		Code  name
		Cause json.RawMessage
	}
	if json.Unmarshal(body, &said) != nil {
		return "", nil
	}
	type cause struct{ Code name }
	var several []cause
	if json.Unmarshal(said.Cause, &several) != nil {
		var one cause
		if json.Unmarshal(said.Cause, &one) == nil {
			several = []cause{one}
		}
	}
	const enough = 5
	for _, c := range several[:min(len(several), enough)] {
		if found := code(string(c.Code)); found != "" {
			causes = append(causes, found)
		}
	}
	if of = code(string(said.Error)); of == "" {
		of = code(string(said.Code))
	}
	return of, causes
}
