package conversation

import (
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// answer does what a text wants.
func (t *talk) answer() {
	t.onlyAsksOfCancelling()
	if t.otherMatter() {
		t.m.Name = ""
	}
	if name := personName(t.m.Name); name != "" {
		t.Name = name
	}
	if t.m.Restart {
		t.restart()
		return
	}
	if t.Step == AskedName && t.nameGiven() {
		return
	}
	t.leave()
	if t.choosesStay() || t.choosesReading() {
		return
	}
	t.superlative()
	topics := t.Topics
	t.Topics, t.before = nil, topics
	if t.onlyCabin() && t.elliptic(topics) {
		return
	}
	if t.changesStay() {
		t.understood()
		t.change()
		return
	}
	wants := t.hasStay() || !t.month.IsZero()
	if t.m.Intent == understanding.Services && !counted(t.m) && (t.m.CheckIn.IsZero() || t.m.CheckOut.IsZero()) {
		wants = false // "a qué hora puedo entrar el viernes?" asks for no bed
	}
	if wants {
		t.whatIsThere()
		t.merge()
	}
	t.heardAs()
	t.intend(wants)
}

// choosesStay takes the answer to which of his reservations: by its code, its place in the list, or its cabin.
func (t *talk) choosesStay() bool {
	if t.Step != AskedStay {
		return false
	}
	purpose, place, cabin := t.Then, ordinal(t.event.Text), t.cabinNamed(t.m.Cabin)
	t.Step, t.Then = Idle, None
	chooses := t.m.Intent == understanding.Unknown || t.m.Intent == understanding.Availability && !dated(t.m) && !counted(t.m)
	if t.m.Code != "" && t.m.Intent == understanding.MyReservations {
		chooses = true
	}
	if !chooses || t.m.Code == "" && place == 0 && cabin == 0 {
		return false
	}
	t.understood()
	t.Doing.Cabin, t.Doing.Place = cabin, place
	t.mine(purpose)
	return true
}

// onlyCabin reports whether a text names a cabin, and nothing else.
func (t *talk) onlyCabin() bool {
	wants := t.m.Intent == understanding.Unknown || t.m.Intent == understanding.Availability || t.m.Intent == understanding.Services || t.m.Intent == understanding.Yes
	return wants && t.cabinNamed(t.m.Cabin) != 0 && len(t.m.Topics) == 0 && !dated(t.m) && !counted(t.m)
}

// elliptic answers "y la del refugio?" after a question, or after pictures, of another cabin.
func (t *talk) elliptic(topics []understanding.Topic) bool {
	switch {
	case t.Step == AskedPhotos, slices.Equal(topics, []understanding.Topic{topicPhotos}):
		t.photos()
	case len(topics) > 0 && !t.open() && asksOn(t.event.Text):
		t.understood()
		t.services(false, topics...)
	default:
		return false
	}
	return true
}

// whatIsThere takes "¿qué tienen para navidad? somos 6" for a question of what is free, and not of what there is in a cabin.
func (t *talk) whatIsThere() {
	only := len(t.m.Topics) == 1 && t.m.Topics[0] == understanding.TopicServices
	if only && t.cabinNamed(t.m.Cabin) == 0 && dated(t.m) && t.m.Intent == understanding.Services {
		t.m.Topics, t.m.Intent = nil, understanding.Availability
	}
}

// asksOn reports whether a text is said as one more question.
func asksOn(text string) bool {
	first, _, _ := strings.Cut(plain(text), " ")
	return strings.ContainsRune(text, '?') || slices.Contains([]string{"y", "i", "e", "and", "what", "la", "el", "a", "o", "the"}, first)
}

// topicPhotos stands for pictures among what was asked about.
const topicPhotos understanding.Topic = "photos"

// leave gives up a question to which yes would be dangerous, once something else is talked about, and goes back to what was asked
// before it.
func (t *talk) leave() {
	switch t.m.Intent {
	case understanding.Yes, understanding.No, understanding.Cancel, understanding.Thanks:
		return
	case understanding.Services, understanding.Greeting:
		if t.Step == AskedCancel {
			return // it is asked again below the answer
		}
	case understanding.Unknown:
		if t.Back == Idle && !says(t.m) {
			return
		}
	}
	if t.Step == AskedPerson || t.Step == AskedCancel {
		t.Step, t.Then, t.Back = t.Back, None, Idle
	}
}

// intend acts on what a text wants first; wants says that it also says something of the stay that is wanted.
func (t *talk) intend(wants bool) {
	if t.m.Intent != understanding.Unknown || wants || t.m.Photos {
		t.understood()
	}
	switch t.m.Intent {
	case understanding.Cancel:
		t.cancel()
	case understanding.Human:
		t.toPerson("asked")
	case understanding.MyReservations:
		t.mine(Mine)
	case understanding.Paid:
		t.mine(LookPaid)
	case understanding.Pay:
		t.pay()
	case understanding.Services:
		t.services(wants)
	case understanding.Availability, understanding.Price, understanding.Book, understanding.Change:
		t.wants()
	case understanding.Yes:
		t.yes(wants)
	case understanding.No:
		t.no(wants)
	default:
		t.intendLess(wants)
	}
}

// intendLess is intend for what wants nothing, or cannot be understood.
func (t *talk) intendLess(wants bool) {
	switch {
	case wants:
		t.wants()
	case t.m.Photos:
		t.photos()
	case byTransfer(t.event.Text):
		t.understood()
		t.pay()
	case t.ofPayment():
	case postpones(t.event.Text):
		t.later()
	case t.m.Intent == understanding.Greeting:
		t.greet()
	case t.inPassing():
	case t.m.Intent == understanding.Thanks:
		t.thanks()
	case len(t.m.Topics) > 0:
		t.services(false)
	case t.m.Email != "":
		t.say(t.w.NoEmail)
	default:
		t.miss()
	}
}

// wants goes on with the stay that is wanted. What else was asked in the same text is answered with it.
func (t *talk) wants() {
	if t.m.Photos && !says(t.m) {
		t.photos()
		return
	}
	if t.m.Intent == understanding.Price && !says(t.m) && t.Wanted.Cabin == 0 && t.month.IsZero() && t.ofDeposit() {
		t.services(false, understanding.TopicDeposit)
		return
	}
	if !says(t.m) && asksDiscount(t.event.Text) {
		t.discount()
		return
	}
	t.asides()
	if !says(t.m) && t.month.IsZero() {
		t.anew()
	}
	if t.m.Intent == understanding.Book && !says(t.m) {
		t.focus()
	}
	switch {
	case t.m.Intent == understanding.Price && !says(t.m) && (slices.Contains(t.m.Also, understanding.Pay) || t.owes()):
		t.pay() // how much is left, and not what a night costs
	case t.m.Intent == understanding.Price && t.Wanted.CheckIn.IsZero() && t.m.Ask == "" && t.month.IsZero():
		t.prices()
	case t.m.Intent == understanding.Book && !says(t.m) && t.books():
	case t.m.Intent == understanding.Book && !says(t.m) && t.Step == AskedCabin && t.Wanted.Cabin == 0:
		t.remind() // which one?
	default:
		t.pursue()
	}
}

// ofDeposit reports whether a question of how much is about what is paid to book.
func (t *talk) ofDeposit() bool {
	return has(t.event.Text, "seña", "sena", "anticipo", "adelanto", "sinal", "deposit", "deposito")
}

// owes reports whether a question of how much is about what is still to be paid.
func (t *talk) owes() bool {
	return slices.ContainsFunc(strings.Fields(plain(t.event.Text)), func(word string) bool {
		return slices.Contains([]string{"debo", "debemos", "adeudo", "saldo", "resta", "falta", "devo", "owe", "balance"}, word)
	})
}

// restart begins anew: with what the text says, or with the menu.
func (t *talk) restart() {
	t.understood()
	t.drop()
	if t.hasStay() {
		t.merge()
		t.heardAs()
		t.wants()
		return
	}
	t.menu(t.w.Menu)
}

// drop forgets the stay that was talked about.
func (t *talk) drop() {
	t.Step, t.Back = Idle, Idle
	t.Wanted, t.Offered, t.Shown, t.Readings, t.Then, t.Why, t.About = Wanted{}, nil, Shown{}, nil, None, "", 0
}

// yes is said to what was asked last.
func (t *talk) yes(wants bool) {
	switch {
	case wants:
		t.wants()
	case t.Step == AskedBook:
		t.book()
	case t.Step == AskedCancel && slices.Contains(t.before, understanding.TopicCancellation):
		t.remind() // the yes may be to the terms that he was told
	case t.Step == AskedCancel:
		t.cancelYes()
	case t.Step == AskedPerson:
		t.toPerson(t.Why)
	case t.Step == AskedWhich && len(t.Readings) == 1:
		t.take(t.Readings[0])
		t.pursue()
	case t.open():
		t.again()
	case t.Step == AskedChange:
		t.changeYes()
	case t.ofPayment():
	case t.Step == AskedPay, t.Step == AskedStay:
		t.say(t.w.Fine)
	case len(t.Codes) > 0:
		t.say(t.w.Fine)
	default:
		t.menu(t.w.Help)
	}
}

// no is said to what was asked last. It is never the end of the conversation.
func (t *talk) no(wants bool) {
	switch {
	case wants:
		t.wants()
	case t.Step == AskedCancel:
		t.keep()
	case t.Step == AskedChange:
		t.keep()
	case t.Step == AskedPay && drops(t.event.Text):
		t.mine(Preview)
	case t.Step == AskedPerson && t.Back != Idle:
		t.Step, t.Why, t.Back = t.Back, "", Idle
		if !t.remind() {
			t.say(t.w.NoPerson)
		}
	case t.Step == AskedWhich:
		t.Wanted.CheckIn, t.Wanted.CheckOut, t.Readings = civil.Date{}, civil.Date{}, nil
		t.askDates("")
	case t.Step == AskedPerson:
		t.Step, t.Why = Idle, ""
		t.say(t.w.NoPerson)
	case t.Step == AskedBook, t.Step == AskedCabin, t.Step == AskedName:
		w := t.Wanted
		t.Step, t.Shown = Idle, Shown{}
		w.Cabin = 0
		t.say(t.w.NoBook, t.otherButtons(w)...)
	case t.open():
		t.drop()
		t.say(t.w.Dropped)
	default:
		t.say(t.w.Fine)
	}
}

// open reports whether something was asked that is still to be answered to find a stay.
func (t *talk) open() bool {
	return slices.Contains([]Step{AskedDates, AskedCheckOut, AskedWhich, AskedGuests, AskedCabin, AskedBook, AskedName}, t.Step)
}

func (t *talk) thanks() {
	if t.late() {
		t.Doing.Lead = nil
		return
	}
	if postpones(t.event.Text) || t.Step == AskedPay && !thanked(t.event.Text) {
		t.later()
		return
	}
	t.say(t.w.Thanks)
}
