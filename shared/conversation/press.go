package conversation

import (
	"strconv"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// pressed does what a button or a row was made for. It may have been made days ago, so that nothing is taken from it but what
// the guest wanted; whether that can be had is looked up.
func (t *talk) pressed() {
	p, ok := parsePressing(t.event.Choice)
	if !ok {
		t.help(t.w.OldButton)
		return
	}
	t.understood()
	if t.late() {
		t.lead(t.w.Late)
	}
	switch p.verb {
	case "want", "more", "near", "dates", "book":
		t.pressedStay(p)
	case "mine", "stay", "pay", "transfer", "cancel", "cancelyes", "keep", "redo":
		t.pressedMine(p)
	case "photos":
		t.pressedPhotos(p)
	case "cabins":
		t.cabins(t.facts.Cabins)
	case "faq":
		t.m.Topics = []understanding.Topic{understanding.Topic(p.arg(0))}
		if n := p.number(1); n != 0 {
			t.m.Cabin = named + id64(n)
		}
		t.services(false)
	case "person":
		t.toPerson(word(p.arg(0)))
	case "no":
		t.no(false)
	case "drop":
		t.drop()
		t.say(t.w.Dropped)
	case "menu", "bot":
		t.menu(t.w.Menu)
	case "help":
		t.help("")
	default:
		t.help(t.w.OldButton)
	}
}

// word is an argument that goes to the owner as it is: one of ours has nothing but these letters.
func word(s string) string {
	if len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "asked"
	}
	return s
}

func (t *talk) pressedPhotos(p pressing) {
	if c := t.cabin(p.number(0)); c != nil {
		t.picture(c)
		return
	}
	t.cabins(t.facts.Cabins)
}

// pressedStay is pressed for buttons that say what stay is wanted.
func (t *talk) pressedStay(p pressing) {
	w, ok := p.wanted(0)
	if !ok {
		t.help(t.w.OldButton)
		return
	}
	if t.cabin(w.Cabin) == nil {
		w.Cabin = 0
	}
	if w.Guests == t.Wanted.Guests {
		w.Adults, w.Children = t.Wanted.Adults, t.Wanted.Children
	}
	if p.verb != "dates" && w.CheckIn.IsZero() {
		w.Nights = t.Wanted.Nights
	}
	t.Wanted = w
	if t.Step == AskedPay {
		t.Step = Idle
	}
	switch p.verb {
	case "dates":
		t.Wanted.CheckIn, t.Wanted.CheckOut = civil.Date{}, civil.Date{}
		t.Shown = Shown{}
		if t.Step == AskedDates { // he has seen the weekends
			t.ask(AskedDates)
			t.say(t.w.AskDates)
			return
		}
		t.askDates("")
	case "near":
		t.do(Act{Kind: Search, Stay: w.stay(), Cabin: w.Cabin, Babies: w.Babies, Pets: w.Pets}, Search)
	case "more":
		t.Doing.Skip, _ = strconv.Atoi(p.arg(1))
		t.Doing.Skip = max(t.Doing.Skip, 0)
		t.pursue()
	case "book":
		t.pressedBook(w, money.Cents(p.number(1)))
	default:
		t.pursue()
	}
}

// pressedBook books what the button says if that is what was shown just now at the same price; what he has booked already is
// shown to him.
func (t *talk) pressedBook(w Wanted, total money.Cents) {
	switch {
	case t.seen() && t.Shown.Total == total:
		t.book()
	case t.Code != "" && t.Shown.At.IsZero() && w.whole():
		t.do(Act{Kind: Mine}, toBook)
	default:
		t.Shown = Shown{}
		t.pursue()
	}
}

// pressedMine is pressed for buttons about a reservation.
func (t *talk) pressedMine(p pressing) {
	code := p.code(0)
	if code == "" && p.verb != "mine" {
		t.help(t.w.OldButton)
		return
	}
	switch p.verb {
	case "mine":
		t.mine(Mine)
	case "stay":
		t.withCode(code, purposeOf(p.arg(1)))
	case "pay":
		t.withCode(code, toPay)
	case "transfer":
		t.withCode(code, Transfer)
	case "cancel":
		t.withCode(code, Preview)
	case "redo":
		if w, ok := p.wanted(1); ok {
			t.Wanted = w
		}
		t.withCode(code, toRedo)
	case "keep":
		t.Code = code
		t.keep()
	case "cancelyes":
		t.pressedCancel(code, p.arg(1) == string(toRedo))
	}
}

// pressedCancel cancels what was shown to be cancelled just now; an older button shows it again.
func (t *talk) pressedCancel(code string, redo bool) {
	if t.Step == AskedCancel && t.Code == code && redo == (t.Then == toRedo) {
		t.cancelYes()
		return
	}
	purpose := Preview
	if redo {
		purpose = toRedo
	}
	t.withCode(code, purpose)
}

// purposeOf is what a row of a list of reservations was made for.
func purposeOf(arg string) ActKind {
	switch purpose := ActKind(arg); purpose {
	case LookPaid, Preview, Transfer, toPay, toAlter, toRedo:
		return purpose
	}
	return Mine
}
