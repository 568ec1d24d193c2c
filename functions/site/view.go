package site

import (
	"net/url"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// page is what a guest sees of his reservation. Texts are ready to be read; what is empty is not shown.
type page struct {
	Code, Cabin string
	State       state
	Awaited     string // what is waited for after the return from a checkout
	Refresh     int    // seconds; 0 = the page stays as it is

	Arrive, Leave      string // "vie 4/12, desde las 14 h"
	Nights, Guests     string
	Place, Map         string
	Lines              []amount
	Sums               []amount // total, deposit, paid, owed
	Payments, Returned []amount

	Pay       []button
	PayNote   string
	Transfer  *transfer
	Cancel    string   // where it is asked for
	Policies  []string // what a cancellation gives back when
	Calendar  string   // where the .ics is
	Site      string   // where other nights are found
	Host      string
	Phone     string // E.164
	Call      string // a chat
	Self      string // this page
	UpdatedAt string
}

// state is the headline.
type state struct {
	Tone  string // good, wait or over: also its class
	Title string
	Text  []string
}

// amount is a line with a number at its end.
type amount struct {
	Label, Note, Value string
	Strong             bool
}

// button leads to the checkout.
type button struct {
	Label, Link string
	Main        bool
}

// transfer is how to pay by bank transfer.
type transfer struct {
	Lines  []amount
	Until  string
	Longer string // until when the nights are kept for who says that he transfers; "" = he has said so
	Action string
	Token  string
}

func (h *handler) view(f *payment.Folio, now time.Time) page {
	r := &f.Reservation
	today := civil.Of(now, f.Terms.Zone)
	status := r.StatusAt(now)
	p := page{
		Code: r.Code, Cabin: f.Terms.AccommodationName, Self: h.self(r.Code, ""),
		State: stateOf(f, now), Nights: notice.Spanish.Nights(r.Stay.Nights.Len()), Guests: notice.Spanish.Guests(r.Stay.Guests),
		Arrive: day(r.Stay.Nights.From, f.Facts.CheckIn, "desde", today), Leave: day(r.Stay.Nights.To, f.Facts.CheckOut, "hasta", today),
		Lines: priceLines(r), Sums: sums(r, status), Payments: paymentLines(f, today), Returned: returnLines(f),
		Host: f.Facts.HostName, Phone: phone(f.Facts.HostPhone), Call: notice.WhatsApp(f.Facts.HostPhone),
		UpdatedAt: notice.Spanish.Time(now, f.Terms.Zone),
	}
	if status.Live() {
		p.Place, p.Map = f.Facts.Place, safeLink(f.Facts.Links.Map)
		h.ways(&p, f, now)
	}
	switch {
	case status == booking.StatusConfirmed:
		p.Calendar = h.self(r.Code, "/estadia.ics")
	case status == booking.StatusExpired || status == booking.StatusCancelled:
		p.Site = "/"
	}
	if status.Live() && (status == booking.StatusPreReserved || today.Before(r.Stay.Nights.From)) {
		p.Cancel, p.Policies = h.self(r.Code, "/cancelar"), policyWords(f, today)
	}
	return p
}

// ways are how a live reservation can be paid.
func (h *handler) ways(p *page, f *payment.Folio, now time.Time) {
	r := &f.Reservation
	due, all := payment.Owed(r, payment.Deposit), payment.Owed(r, payment.Total)
	if all <= 0 || r.Approval == booking.ApprovalWaiting {
		return
	}
	if h.Online {
		p.Pay = h.buttons(r, due, all)
	}
	if takesTransfers(f) {
		p.Transfer = h.transferView(f, now)
	}
	busy := waiting(f.Payments) != nil
	for i := range p.Pay {
		p.Pay[i].Main = p.Pay[i].Main && !busy && !f.TransferBegun
	}
	switch {
	case busy:
		p.PayNote = "Ya hay un pago en curso: esperá la respuesta antes de pagar otra vez."
	case p.Pay == nil && p.Transfer == nil:
		p.PayNote = "El anfitrión te va a decir cómo pagar."
	}
}

// buttons lead to the checkout: for what is due and, where that is only a part, for all.
func (h *handler) buttons(r *booking.Reservation, due, all money.Cents) []button {
	deposit := "/pay/" + url.PathEscape(r.Code) + "?t=" + h.access.GuestToken(r.Code)
	total := deposit + "&amount=" + payment.Total
	value := notice.Spanish.Money(all, r.Currency)
	switch {
	case due < all:
		return []button{
			{"Pagar la seña · " + notice.Spanish.Money(due, r.Currency), deposit, true},
			{"Pagar todo · " + value, total, false},
		}
	case r.Paid > 0:
		return []button{{"Pagar el saldo · " + value, total, true}}
	default:
		return []button{{"Pagar · " + value, total, true}}
	}
}

func takesTransfers(f *payment.Folio) bool {
	return f.Facts.Transfer.Alias != "" || f.Facts.Transfer.CBU != ""
}

func (h *handler) transferView(f *payment.Folio, now time.Time) *transfer {
	r, to := &f.Reservation, f.Facts.Transfer
	t := transfer{Token: h.access.GuestToken(r.Code), Action: pathTo(r.Code, "/transferencia")}
	for _, line := range []amount{
		{Label: "Alias", Value: to.Alias},
		{Label: "CBU", Value: to.CBU},
		{Label: "Titular", Value: to.Holder},
		{Label: "Banco", Value: to.Bank},
		{Label: "Importe", Value: notice.Spanish.Money(payment.Owed(r, payment.Deposit), r.Currency), Strong: true},
		{Label: "Referencia", Value: r.Code, Strong: true},
	} {
		if line.Value != "" {
			t.Lines = append(t.Lines, line)
		}
	}
	if r.StatusAt(now) != booking.StatusPreReserved {
		return &t
	}
	t.Until = notice.Spanish.Moment(r.ExpiresAt, now, f.Terms.Zone)
	if until := now.Add(h.transferHold); !f.TransferBegun && until.After(r.ExpiresAt) {
		t.Longer = notice.Spanish.Moment(until, now, f.Terms.Zone)
	}
	return &t
}

// waiting is a payment of which nobody knows yet what becomes of it; nil = there is none.
func waiting(all []payment.Payment) *payment.Payment {
	for i := range all {
		if all[i].Status.Waiting() {
			return &all[i]
		}
	}
	return nil
}

func day(d civil.Date, sinceMidnight time.Duration, word string, today civil.Date) string {
	text := notice.Spanish.Date(d, today)
	if sinceMidnight > 0 {
		article := "las"
		if sinceMidnight/time.Hour == 1 {
			article = "la"
		}
		text += ", " + word + " " + article + " " + notice.Spanish.Clock(sinceMidnight)
	}
	return text
}

// safeLink is an address that a page may lead to; the owner's, but typed by hand.
func safeLink(address string) string {
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return ""
	}
	return address
}

// phone is a number to be called: digits, after a plus.
func phone(text string) string {
	if notice.WhatsApp(text) == "" {
		return ""
	}
	return text
}
