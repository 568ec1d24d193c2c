// Package command is how an owner runs the cabins by writing to the system from his own phone: what a line of his means, and the
// words in which he is answered. It does nothing itself and knows no clock; whoever calls it does what was said.
//
// An owner writes as he talks, on the run, with one thumb: accents, capitals, the order of words and a slip of the finger do not
// matter. What would cost something if it were misread is asked back with buttons instead of guessed.
package command

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// Verb is what an owner wants done.
type Verb string

// The verbs. The comments say which fields of Command belong to them.
const (
	None     Verb = ""         // no command at all
	Agenda   Verb = "agenda"   // who comes, goes and stays on Nights.From
	Free     Verb = "free"     // what is free in Nights, in Cabin or in all, for Guests
	Block    Verb = "block"    // close Nights of Cabin, or of all, because of Text
	Unblock  Verb = "unblock"  // open again what was closed by hand in Cabin, or in all, in Nights, if they are said
	Approve  Verb = "approve"  // Who may have it, or his money has come: Amount, where it is said, and Cash
	Reject   Verb = "reject"   // Who may not have it, or his money has not come; Text is why
	Answer   Verb = "answer"   // send Text to Who
	Resume   Verb = "resume"   // give Who back to the bot
	Show     Verb = "show"     // what there is to be known of Who
	Help     Verb = "help"     //
	Agree    Verb = "agree"    // "sí", to a question that has buttons
	Decline  Verb = "decline"  // "no", by button or in words: nothing is done
	Courtesy Verb = "courtesy" // "gracias": there is nothing to answer
)

// Command is what an owner has said. The zero value of a field is "not said".
type Command struct {
	Verb  Verb
	Who   Who
	Cabin int64 // by id
	All   bool  // in every cabin
	// Named reports that he has named a cabin of which it is not known which one it is.
	Named    bool
	Nights   civil.Nights // From alone is a day
	Readings []civil.Nights
	Ask      understanding.Ask // what is wrong with the date; of an ambiguous one, or OtherYear, Readings says what it may be
	Begun    civil.Date        // of Block and Free: when what was said began, if Nights are only those from today on
	Guests   int
	Amount   money.Cents
	Cash     bool
	Unsure   bool   // it was said in a way that may mean something else
	Text     string // in his own words
	Block    int64  // of Unblock, by button: the id of what was closed

	Sure bool // he has said yes to a question, by its button, and in time
	Late bool // he has, but too late: the world may be another
}

// Who is whom a command is about: a reservation by its code, or a person on WhatsApp by his number or by his id. At most one is set.
type Who struct {
	Code    string // as booking.NormalizeCode writes it
	Phone   string // as WhatsApp has it: 5492944123456
	Contact int64
}

// IsZero reports whether nobody was named.
func (w Who) IsZero() bool { return w == Who{} }

// Cabin is how a cabin is called.
type Cabin struct {
	ID   int64
	Name string
}

// Context is what is known when an owner writes.
type Context struct {
	Now      time.Time
	Today    civil.Date // where the cabins are
	Cabins   []Cabin
	Holidays *understanding.Holidays // nil = Argentina's
}

// Parse says what an owner has said, by a text or by a button or row that he has pressed (its id is choice; "" = none). It never
// fails: what it does not understand is None. It never takes long: of a text the first words count, and of a message to a guest
// all of it is only copied.
func Parse(text, choice string, c Context) Command {
	if cmd, ok := chosen(choice, c); ok {
		return cmd
	}
	r := reader{Context: c, text: text, words: scan(text)}
	verb, at := r.verb()
	r.said = verb
	switch verb {
	case Answer:
		return r.answer(at)
	case Approve, Reject, Resume, Show:
		return r.about(at)
	case Block, Unblock, Free, Agenda:
		return r.calendar(at)
	default:
		return Command{Verb: verb}
	}
}

// reader is one text while it is read.
type reader struct {
	Context
	text  string
	words []word
	said  Verb
}

// answer reads whom to answer, and takes the rest of the text as it is.
func (r *reader) answer(at int) Command {
	at = r.skip(at+1, ofWho)
	who, next := r.who(at)
	cmd := Command{Verb: Answer, Who: who}
	if !who.IsZero() {
		cmd.Text = r.rest(next)
	}
	return cmd
}

// about reads which reservation or person is meant. It stands right behind the verb or, in what people say, further on.
func (r *reader) about(at int) Command {
	cmd := Command{Verb: r.said, Unsure: r.colloquial(at)}
	first := r.skip(at+1, ofWho)
	if at >= 0 && r.bare(at) {
		first = at
	}
	next := first
	for i := first; i < len(r.words) && i < first+maxLook; i++ {
		if who, end := r.who(i); !who.IsZero() && (cmd.Who.IsZero() || r.plainer(i)) {
			cmd.Who, next = who, end
			if i == first && !r.plainer(i) || r.words[i].digits() {
				break
			}
		}
	}
	switch r.said {
	case Approve:
		cmd.Amount, cmd.Cash = r.amount(next)
	case Reject:
		if !cmd.Who.IsZero() {
			cmd.Text = r.reason(next)
		}
	}
	return cmd
}

// maxLook is how many words after a verb a code is looked for.
const maxLook = 8
