// Package understanding reads what a guest writes: what he wants, from when to when, and for how many. It is made of tables
// of words and of rules over them, without a model and without a network, for the Spanish of Argentina first, and for the
// Portuguese and the English in which guests ask about dates, guests, prices and booking. What a text does not say is not
// made up: a date that is past, that does not exist or that may be one of two is asked back.
package understanding

import (
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// Language is that in which a text is written, and in which it wants to be answered.
type Language string

// The languages that are read. A text that could be any of them ("ok", "15/12") is Spanish.
const (
	Spanish    Language = "es"
	Portuguese Language = "pt"
	English    Language = "en"
)

// Intent is the one thing a text wants done first.
type Intent string

// What a guest may want.
const (
	Greeting       Intent = "greeting" // and nothing else
	Availability   Intent = "availability"
	Price          Intent = "price"
	Book           Intent = "book"
	Services       Intent = "services"        // a question about the cabin, the place or its rules: see Topics
	MyReservations Intent = "my_reservations" // about a stay that he has already
	Pay            Intent = "pay"             // wants to, or asks how
	Paid           Intent = "paid"            // claims that he has
	Cancel         Intent = "cancel"
	Change         Intent = "change" // other dates or guests for what he has already
	Human          Intent = "human"  // a person, not a machine
	Thanks         Intent = "thanks" // and goodbye
	Yes            Intent = "yes"
	No             Intent = "no"
	Unknown        Intent = "unknown"
)

// Ask is why a date is questioned instead of guessed; "" where none is.
type Ask string

// What may be wrong with a date.
const (
	PastDate      Ask = "past_date"      // it is over
	InvalidDate   Ask = "invalid_date"   // no calendar has it, or the stay would end before it begins
	AmbiguousDate Ask = "ambiguous_date" // it may be one of two: see Readings
)

// Dates are those of a stay, as far as they were said.
type Dates struct {
	CheckIn, CheckOut civil.Date // zero = not said
	Nights            int        // 0 = not said; CheckOut - CheckIn where both are there
}

// Meaning is what a text says. The zero value of a field is "not said".
type Meaning struct {
	Language Language
	Intent   Intent
	Also     []Intent // further ones in the same text, in the order in which they were said: "cuánto sale y aceptan perros?"
	Dates

	Guests                         *int // all who sleep there but babies
	Adults, Children, Babies, Pets *int // as they were said; Guests may be known without them

	Cabin      string // the name or id of one of Context.Cabins, else the number it was called by: "2" of "la dos"
	Other      bool   // another cabin than the one talked about
	Photos     bool   // wants to see pictures of it, or a description
	Topics     []Topic
	Code       string // of a reservation, as booking.NormalizeCode writes it
	Name       string // "soy Ana Pérez"
	Email      string
	Restart    bool // from the beginning, or the menu
	MoreNights int  // "una noche más" = 1, "un día menos" = -1

	Ask      Ask
	Readings []Dates // of an ambiguous date, the likelier first
}

// Question is what a guest was asked last: a bare "4", "el 15", "Ana" or "la dos" is read in its light.
type Question string

// What may have been asked.
const (
	AskedNothing  Question = ""
	AskedDates    Question = "dates"
	AskedCheckOut Question = "check_out"
	AskedNights   Question = "nights"
	AskedGuests   Question = "guests"
	AskedName     Question = "name"
	AskedCabin    Question = "cabin"
	AskedYesNo    Question = "yes_no"
)

// Cabin is how a cabin is called.
type Cabin struct {
	ID    string
	Names []string
}

// Context is what is known when a text arrives. All but Today may be left out.
type Context struct {
	Today    civil.Date
	Cabins   []Cabin
	Holidays *Holidays // nil = Argentina's
	Asked    Question
	CheckIn  civil.Date // of the stay talked about: "hasta el 8" and "mejor 5 noches" are said of it
	CheckOut civil.Date
}
