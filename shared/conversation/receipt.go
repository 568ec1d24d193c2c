package conversation

import (
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// attached takes a file of who has a reservation for a receipt, however that is paid: the owner sees what it is, and nothing that
// may be money is lost.
func (t *talk) attached() {
	t.Doing.Text = chat.Cut(t.event.Text, chat.MaxBody)
	t.mine(KeepReceipt)
}

// keepSilently keeps a file where nothing is to be said: a receipt is money, however late it comes, and also while a person has the
// conversation.
func (t *talk) keepSilently() {
	if t.event.Kind == Attached {
		t.Doing = Errand{Silent: true}
		t.mine(KeepReceipt)
	}
}

// afterwards is for how many days after its end a reservation may still be what a receipt is for.
const afterwards = 7

// receipt keeps what was attached with the reservation that it is most likely for. With which is not asked: the files come with this
// event and no other, and the owner is told which was taken.
func (t *talk) receipt(stays []Stay) {
	code := t.Doing.Code
	if code == "" {
		code = t.Code
	}
	var best *Stay
	most := 0
	for i := range stays {
		s := &stays[i]
		likely := s.likelyPaid(t.facts.Today)
		if likely > 0 && s.Reservation.Code == code {
			likely++
		}
		if likely > most {
			best, most = s, likely
		}
	}
	switch {
	case best == nil && t.Doing.Silent:
		return
	case best == nil:
		t.unknownFile()
		return
	}
	t.Code = best.Reservation.Code
	t.do(Act{Kind: KeepReceipt, Code: t.Code}, KeepReceipt)
}

// likelyPaid is how likely a receipt is for a stay; 0 = not at all.
func (s *Stay) likelyPaid(today civil.Date) int {
	r := &s.Reservation
	switch {
	case s.Status.Live() && s.AwaitsTransfer:
		return 9
	case s.Status.Live() && r.Paid < r.Deposit:
		return 7
	case s.Status.Live() && r.Paid < r.Total:
		return 5
	case s.Status.Live():
		return 3
	case !today.After(r.Stay.Nights.To.AddDays(afterwards)):
		return 1
	}
	return 0
}

// unknownFile asks what a file is, once; if something was written with it, that is answered.
func (t *talk) unknownFile() {
	if t.captioned() {
		return
	}
	if t.once("attached") {
		t.say(t.w.WhatIsIt, t.button(t.w.MenuMine, "mine"), t.button(t.w.ToPerson, "person", "file"))
	}
}

// captioned answers what was written with a file. It reports false where nothing was.
func (t *talk) captioned() bool {
	text := t.Doing.Text
	if strings.TrimSpace(text) == "" {
		return false
	}
	t.event.Text, t.Doing.Text = text, ""
	t.text()
	return true
}

func (t *talk) receiptKept() {
	if t.event.Outcome.Refused != "" {
		t.say(t.w.NoReceipt, t.button(t.w.ToPerson, "person", "receipt"))
		return
	}
	if !t.once("receipt") { // it may be of several pages
		return
	}
	t.lead(fill(t.w.ReceiptKept, "code", t.Code)) // without an answer to what was written with it, a message of its own
	t.askedWithFile()
}

// askedWithFile answers a question that was written with a receipt.
func (t *talk) askedWithFile() {
	if t.Doing.Silent || !strings.ContainsRune(t.Doing.Text, '?') {
		return
	}
	m := t.read(t.Doing.Text)
	switch m.Intent {
	case understanding.Services, understanding.Availability, understanding.Price, understanding.Human:
		t.captioned()
		return
	}
	if stays := t.event.Outcome.Stays; len(m.Topics) > 0 {
		if t.m = m; m.Cabin == "" && len(stays) > 0 {
			t.m.Cabin = named + id64(stays[0].Cabin)
		}
		t.services(false)
	}
}

// otherWays tells whose cabin takes no transfers just that, and how to pay it. It reports false if there is no such reservation.
func (t *talk) otherWays(stays []Stay) bool {
	for _, s := range stays {
		c := t.cabin(s.Cabin)
		if !s.fits(toPay) || t.Doing.Code != "" && s.Reservation.Code != t.Doing.Code || offered(s.Transfer) || c != nil && c.Transfer {
			continue
		}
		t.lead(t.w.NoTransferHere)
		t.toPay(s)
		return true
	}
	return false
}
