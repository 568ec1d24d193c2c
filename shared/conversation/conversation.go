// Package conversation is a guest's whole stay at the door, talked through: a pure function from what was said before, what is
// said now, and what is true, to what to answer and what to do. It does no I/O and knows no clock: whoever calls it asks what it
// wants to know, does what it wants done, and comes back with the outcome as the next event.
package conversation

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// EventKind is what has happened.
type EventKind string

// What a guest does, and what comes back of what was done for him.
const (
	Said       EventKind = "said"       // Text, or Choice where a button or a row was pressed
	Heard      EventKind = "heard"      // a voice note, as Text: what was understood of it is repeated
	NotHeard   EventKind = "not_heard"  // a voice note that nobody could make out
	Attached   EventKind = "attached"   // a picture or a document, with its caption as Text
	Unreadable EventKind = "unreadable" // a poll, something that vanishes: it cannot be read
	Wordless   EventKind = "wordless"   // a sticker, a place, a contact, a reaction: kept, and never answered
	Opened     EventKind = "opened"     // the chat was opened for the first time, and nothing was said
	Taken      EventKind = "taken"      // the owner has written to the guest himself: the bot falls silent
	Done       EventKind = "done"       // the outcome of an Act
)

// Event is one thing that has happened. What a guest sends in a burst is one event, its texts in lines.
type Event struct {
	ID      string // of the message, or of the last of a burst: tells what follows from it from everything else
	Kind    EventKind
	Text    string
	Choice  string   // the id of what was pressed, as one of our own messages had it; it may be days old
	Burst   int      // how many messages it is made of; 0 and 1 are one
	Files   []string // of Attached: the ids of the messages that the files came with; all of them are kept
	At      time.Time
	Outcome Outcome
}

// ActKind is what is to be asked or done.
type ActKind string

// The acts. Each but HandOver comes back as an event Done with its Outcome, at once and in the same turn.
const (
	None        ActKind = ""
	Search      ActKind = "search"       // which cabins are free for Stay, and what they cost; where none is: what is near
	Hold        ActKind = "hold"         // keep Cabin for Stay, for Name
	Mine        ActKind = "mine"         // the guest's reservations
	LookPaid    ActKind = "look_paid"    // has Code been paid: ask the provider, too
	Preview     ActKind = "preview"      // what would go back if Code were cancelled
	Cancel      ActKind = "cancel"       // cancel Code, by the policy
	Transfer    ActKind = "transfer"     // Code is going to be paid by transfer: keep it for as long as that takes
	KeepReceipt ActKind = "keep_receipt" // keep what was attached as the receipt of Code, and tell the owner
	HandOver    ActKind = "hand_over"    // tell the owner that a person is wanted (Why); the state says that the bot is silent
	TellLoop    ActKind = "tell_loop"    // tell the owner that somebody, or something, talks in circles
)

// Act is something that is to be asked or done.
type Act struct {
	Kind   ActKind
	Stay   booking.Stay
	Babies int    // besides Stay.Guests; of Search see Cabin.Stay, of Hold those that count are among the guests already
	Cabin  int64  // 0 = all
	Code   string // of a reservation
	Name   string
	Pets   int
	Total  money.Cents // of Hold: what the guest was told that it costs; a reservation at another price is refused with price_changed
	Why    string      // in a word
}

// Outcome is what came of an Act.
type Outcome struct {
	Act ActKind
	// Refused is the stable code of the fault, as dates_taken or invalid_state; "" = it was done. "unavailable": try again later.
	Refused string
	Offers  []Offer // of Search: every cabin that was asked about, those that are free first
	Near    []Offer // of Search where no cabin is free: other nights of the same length, the nearest first, at most 5
	Stays   []Stay  // of Mine, those to come first; of all other acts about a reservation: that one
	Refund  money.Cents
	Kept    money.Cents // of what was paid
}

// Offer is a cabin for a stay. Why not is the code of a fault as the booking rules have it: dates_taken, too_many_guests,
// min_nights, max_nights, past_date, …; "" = it is free and Quote says what it costs.
type Offer struct {
	Cabin  int64
	Stay   booking.Stay
	WhyNot string
	Least  int // nights, where min_nights says why not
	Quote  booking.Quote
}

// Stay is a reservation of the guest.
type Stay struct {
	Reservation    booking.Reservation
	Status         booking.Status // at this instant
	Cabin          int64
	PayURL         string // "" = nothing can be paid there
	ManageURL      string
	Transfer       notice.Transfer // where its deposit can be transferred to; empty = nowhere
	TransferDue    money.Cents
	AwaitsTransfer bool // the guest said that he would transfer
}

// Cabin is a cabin as guests ask about it. What it does not say is not made up.
type Cabin struct {
	booking.Accommodation
	CheckIn, CheckOut   time.Duration // since midnight
	Address, MapURL     string
	Latitude, Longitude float64           // both 0 = not known
	Steps               booking.Steps     // the cabin's own terms of cancellation; empty = those of its Policy
	Pets                *bool             // nil = nobody has said
	BabiesCount         bool              // a baby counts as a guest
	Answers             map[string]string // by topic of understanding: the owner's own words
	Transfer            bool              // deposits can be transferred
	HostName, HostPhone string
}

// Facts is what is true when something happens.
type Facts struct {
	Today    civil.Date // where the cabins are
	Zone     *time.Location
	Cabins   []Cabin
	Holidays *understanding.Holidays
	Profile  string          // the name that the guest has given himself; may be anything
	Contact  booking.Contact // what is known of him from before
	Online   bool            // payments by the provider are on
	Site     string          // where he can look for himself; "" = nowhere
}

// Step is what the guest was asked last.
type Step string

// The steps.
const (
	Idle          Step = ""
	AskedDates    Step = "dates"
	AskedCheckOut Step = "check_out"
	AskedWhich    Step = "which_date" // of Readings
	AskedGuests   Step = "guests"
	AskedCabin    Step = "cabin" // one of Offered
	AskedBook     Step = "book"  // shall it be held
	AskedName     Step = "name"
	AskedPay      Step = "pay"    // how
	AskedCancel   Step = "cancel" // sure?
	AskedChange   Step = "change" // of Code: to what, or shall it be done
	AskedStay     Step = "stay"   // which of his reservations
	AskedPhotos   Step = "photos" // of which cabin
	AskedPerson   Step = "person" // shall the owner be asked
	HandedOver    Step = "handed_over"
)

// State is all that is remembered of a conversation. The zero State is that of somebody who has never written. It is stored as
// JSON: a field that is taken away is ignored, one that is added is zero.
type State struct {
	Language understanding.Language `json:"language,omitempty"`
	Step     Step                   `json:"step,omitempty"`
	AskedAt  time.Time              `json:"asked_at,omitzero"`
	// Wanted is the stay that is talked about, as far as it is known.
	Wanted   Wanted                `json:"wanted,omitzero"`
	Offered  []int64               `json:"offered,omitempty"`  // cabins, in the order in which they were shown
	Listed   string                `json:"listed,omitempty"`   // for what they were, as buttons have it
	Past     Wanted                `json:"past,omitzero"`      // dates that were over when he named them
	Topics   []understanding.Topic `json:"topics,omitempty"`   // what he has just asked about
	Shown    Shown                 `json:"shown,omitzero"`     // what he would book if he said yes now
	About    int64                 `json:"about,omitempty"`    // the cabin of Offered that he has asked about last
	Code     string                `json:"code,omitempty"`     // the reservation that is talked about
	Codes    []string              `json:"codes,omitempty"`    // those that are known to be his
	Then     ActKind               `json:"then,omitempty"`     // what is to be done as soon as it is known with which reservation
	Readings []Wanted              `json:"readings,omitempty"` // of a date that may be one of two, or what was offered instead
	Back     Step                  `json:"back,omitempty"`     // what was asked before it was asked whether to ask a person
	Name     string                `json:"name,omitempty"`
	Why      string                `json:"why,omitempty"`    // what a person would be asked, in a word
	Misses   int                   `json:"misses,omitempty"` // in a row
	Told     []string              `json:"told,omitempty"`   // what is said only once, until he is understood again
	Until    time.Time             `json:"until,omitzero"`   // HandedOver, or silent because of a loop: until then
	Recent   []Recent              `json:"recent,omitempty"` // the last things he wrote, for loops; never the text
	LastAt   time.Time             `json:"last_at,omitzero"`
	Doing    Errand                `json:"doing,omitzero"` // between an Act and its Outcome; zero at the end of a turn
}

// Shown is an offer that a guest has seen with all that he has to know before he says yes.
type Shown struct {
	Cabin   int64        `json:"cabin"`
	Nights  civil.Nights `json:"nights"`
	Guests  int          `json:"guests"` // as they count there
	Total   money.Cents  `json:"total"`
	Deposit money.Cents  `json:"deposit"`
	For     string       `json:"for"` // what was wanted, as buttons have it
	At      time.Time    `json:"at"`
}

// Errand is what an Act was begun for.
type Errand struct {
	For    ActKind               `json:"for,omitempty"`
	Lead   []string              `json:"lead,omitempty"` // what is said before the answer, in the same message
	Heard  bool                  `json:"heard,omitempty"`
	Redo   bool                  `json:"redo,omitempty"`   // what is cancelled is to be booked anew as Wanted
	Code   string                `json:"code,omitempty"`   // the reservation, as the guest named it
	Cabin  int64                 `json:"cabin,omitempty"`  // the same, by its cabin
	Place  int                   `json:"place,omitempty"`  // the same, by its place in the list, from 1
	In     civil.Date            `json:"in,omitzero"`      // the same, by the day it begins
	Month  time.Month            `json:"month,omitempty"`  // the same, by its month
	Other  bool                  `json:"other,omitempty"`  // another one than that which was talked about
	Any    bool                  `json:"any,omitempty"`    // of a change: any other cabin will do
	Tell   bool                  `json:"tell,omitempty"`   // what would go back is told, and not whether to cancel asked
	Silent bool                  `json:"silent,omitempty"` // it is done, and nothing said: it is too late for that
	Skip   int                   `json:"skip,omitempty"`   // of the cabins that are free, those that were shown before
	Text   string                `json:"text,omitempty"`   // that is answered, or that came with a file
	Topics []understanding.Topic `json:"topics,omitempty"` // of a question
	Rounds int                   `json:"rounds,omitempty"`
}

// Wanted is a stay as far as it is known.
type Wanted struct {
	CheckIn  civil.Date `json:"check_in,omitzero"`
	CheckOut civil.Date `json:"check_out,omitzero"`
	Nights   int        `json:"nights,omitempty"`
	Guests   int        `json:"guests,omitempty"`
	Adults   int        `json:"adults,omitempty"`
	Children int        `json:"children,omitempty"`
	Babies   int        `json:"babies,omitempty"`
	Pets     int        `json:"pets,omitempty"`
	Month    civil.Date `json:"month,omitzero"` // its first day, of whom no more is known of when
	Cabin    int64      `json:"cabin,omitempty"`
	Held     string     `json:"held,omitempty"` // the reservation that it has become
}

// Recent is a thing that a guest wrote, as a digest that tells whether it was the same.
type Recent struct {
	At     time.Time `json:"at"`
	Digest uint64    `json:"digest"`
}

// Turn is what follows from an event: the state afterwards, what to answer in this order, and the next act.
type Turn struct {
	State   State
	Replies []chat.Message
	Act     Act
}

// Next says what follows from an event. It changes nothing that it is given. A turn ends when Act is None or needs no outcome
// (HandOver and TellLoop, whose replies are there already); a caller goes round at most MaxRounds times. The outcome of an act
// is handed to the State of the same Turn, as an event Done with the ID of the event that began it.
func (s State) Next(e Event, f Facts, now time.Time) Turn {
	t := begin(s, e, f, now)
	if e.Kind == Done {
		t.come()
	} else {
		t.hear()
	}
	return t.end()
}

// MaxRounds is how many acts one event leads to at most.
const MaxRounds = 4
