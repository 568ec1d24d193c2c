package conversation

import (
	"strconv"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// version is of the ids of buttons and rows. They stay in the chat for ever and are pressed days later, so that each says all
// that it was made for, and what it says is looked up again before anything is done by it.
const version = "1"

// button is one that means a verb of something.
func (t *talk) button(title, verb string, args ...string) chat.Button {
	return chat.Button{ID: id(verb, args...), Title: title}
}

func id(verb string, args ...string) string {
	return strings.Join(append([]string{version, verb}, args...), ":")
}

// pressing is the id of what was pressed, taken apart.
type pressing struct {
	verb string
	args []string
}

// parsePressing reports false for an id that is not one of ours, or is of a version that is no longer understood.
func parsePressing(choice string) (pressing, bool) {
	parts := strings.Split(choice, ":")
	if len(parts) < 2 || parts[0] != version {
		return pressing{}, false
	}
	return pressing{verb: parts[1], args: parts[2:]}, true
}

// arg is what stands in a place, or "".
func (p pressing) arg(i int) string {
	if i < len(p.args) {
		return p.args[i]
	}
	return ""
}

// code is a reservation's, or "".
func (p pressing) code(i int) string {
	code, ok := booking.NormalizeCode(p.arg(i))
	if !ok {
		return ""
	}
	return code
}

func (p pressing) number(i int) int64 {
	n, err := strconv.ParseInt(p.arg(i), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// wanted is a stay as an id has it.
func (p pressing) wanted(i int) (Wanted, bool) {
	parts := strings.Split(p.arg(i), ".")
	if len(parts) != 6 {
		return Wanted{}, false
	}
	var w Wanted
	var ok [6]bool
	var cabin int
	cabin, ok[0] = count(parts[0], 1<<31)
	w.Cabin = int64(cabin)
	w.CheckIn, ok[1] = day(parts[1])
	w.CheckOut, ok[2] = day(parts[2])
	w.Guests, ok[3] = count(parts[3], maxPeople)
	w.Babies, ok[4] = count(parts[4], maxPeople)
	w.Pets, ok[5] = count(parts[5], maxPeople)
	return w, ok == [6]bool{true, true, true, true, true, true}
}

// code is the stay as an id has it: cabin, dates, guests, babies and pets.
func (w Wanted) code() string {
	number := strconv.Itoa
	return strings.Join([]string{
		strconv.FormatInt(w.Cabin, 10), w.CheckIn.String(), w.CheckOut.String(), number(w.Guests), number(w.Babies), number(w.Pets),
	}, ".")
}

// anyCabin is the same for whichever cabin it is wanted in.
func (w Wanted) anyCabin() string {
	w.Cabin = 0
	return w.code()
}

func count(text string, most int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && n <= most
}

// day reads a date; none is right, too.
func day(text string) (civil.Date, bool) {
	if text == "" {
		return civil.Date{}, true
	}
	d, err := civil.Parse(text)
	return d, err == nil
}
