package understanding

import "github.com/eevans-d/sist-cabanas/shared/civil"

// Object is a Meaning as router understand prints it: what is not known is null.
type Object struct {
	Language Language    `json:"language"`
	Intent   Intent      `json:"intent"`
	CheckIn  *civil.Date `json:"check_in"`
	CheckOut *civil.Date `json:"check_out"`
	Nights   *int        `json:"nights"`
	Guests   *int        `json:"guests"`
	Adults   *int        `json:"adults"`
	Children *int        `json:"children"`
	Pets     *int        `json:"pets"`
	Cabin    *string     `json:"cabin"`
	Ask      Ask         `json:"ask"`
}

// Object returns m with nulls for what is not known.
func (m Meaning) Object() Object {
	o := Object{
		Language: m.Language, Intent: m.Intent,
		Guests: m.Guests, Adults: m.Adults, Children: m.Children, Pets: m.Pets, Ask: m.Ask,
	}
	if !m.CheckIn.IsZero() {
		o.CheckIn = &m.CheckIn
	}
	if !m.CheckOut.IsZero() {
		o.CheckOut = &m.CheckOut
	}
	if m.Nights > 0 {
		o.Nights = &m.Nights
	}
	if m.Cabin != "" {
		o.Cabin = &m.Cabin
	}
	return o
}
