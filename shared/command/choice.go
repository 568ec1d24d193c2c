package command

import (
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// What the id of a button begins with: say: is as if the rest of it had been written, yes: is a yes to what the rest says, asked at
// an instant, no is a no. They are other than those that guests are shown.
const (
	saySo = "owner:say:"
	yesTo = "owner:yes:"
	noTo  = "owner:no"
)

// YesFor is how long a question may be answered by its button. Later the world may be another than the one that was asked about.
const YesFor = 5 * time.Minute

// Say is the id of a button that says something.
func Say(text string) string { return saySo + text }

// Yes is the id of a button that says yes to a command, asked at an instant.
func Yes(c Command, now time.Time) string {
	parts := []string{string(c.Verb), strconv.FormatInt(now.Unix(), 10), c.Who.Code}
	switch c.Verb {
	case Approve:
		cash := ""
		if c.Cash {
			cash = "cash"
		}
		parts = append(parts, strconv.FormatInt(int64(c.Amount), 10), cash)
	case Unblock:
		parts = append(parts, strconv.FormatInt(c.Cabin, 10), strconv.FormatInt(c.Block, 10))
	case Block:
		parts = append(parts, strconv.FormatInt(c.Cabin, 10), c.Nights.From.String(), c.Nights.To.String(), c.Text)
	case Reject:
		parts = append(parts, c.Text)
	}
	return chat.Cut(yesTo+strings.Join(parts, ":"), chat.MaxRowID)
}

// chosen is what a button says. An id that is none of ours is left to the title that was pressed; one of ours that nobody can read
// is nothing.
func chosen(choice string, c Context) (Command, bool) {
	if text, ok := strings.CutPrefix(choice, saySo); ok {
		return Parse(text, "", c), true
	}
	if choice == noTo {
		return Command{Verb: Decline}, true
	}
	rest, ok := strings.CutPrefix(choice, yesTo)
	if !ok {
		return Command{}, false
	}
	parts := strings.SplitN(rest, ":", 4)
	if len(parts) < 3 {
		return Command{}, true
	}
	asked, err := strconv.ParseInt(parts[1], 10, 64)
	cmd := Command{Verb: Verb(parts[0]), Who: Who{Code: parts[2]}}
	if code, valid := booking.NormalizeCode(parts[2]); err != nil || parts[2] != "" && (!valid || code != parts[2]) {
		return Command{}, true
	}
	if parts = parts[3:]; len(parts) == 0 {
		parts = []string{""}
	}
	if !cmd.details(parts[0]) {
		return Command{}, true
	}
	age := c.Now.Sub(time.Unix(asked, 0))
	cmd.Sure = age <= YesFor && age >= -time.Minute
	cmd.Late = !cmd.Sure
	return cmd, true
}

// details reads what Yes has written of a verb.
func (c *Command) details(text string) bool {
	switch c.Verb {
	case Reject:
		c.Text = text
		return c.Who.Code != ""
	case Approve:
		amount, cash, _ := strings.Cut(text, ":")
		n, err := strconv.ParseInt(amount, 10, 64)
		c.Amount, c.Cash = money.Cents(n), cash == "cash"
		return c.Who.Code != "" && err == nil && n >= 0
	case Unblock:
		cabin, block, _ := strings.Cut(text, ":")
		id, err := strconv.ParseInt(cabin, 10, 64)
		its, other := strconv.ParseInt(block, 10, 64)
		c.Cabin, c.Block = id, its
		return err == nil && other == nil && id > 0 && its > 0
	case Block:
		parts := strings.SplitN(text, ":", 4)
		if len(parts) < 4 {
			return false
		}
		id, err := strconv.ParseInt(parts[0], 10, 64)
		from, bad := civil.Parse(parts[1])
		to, worse := civil.Parse(parts[2])
		c.Cabin, c.All, c.Nights, c.Text = id, id == 0, civil.Nights{From: from, To: to}, parts[3]
		return err == nil && bad == nil && worse == nil && id >= 0 && c.Nights.Valid()
	default:
		return false
	}
}
