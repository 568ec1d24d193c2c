package notice

import (
	"strings"
	"time"
	"unicode"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Facts is what a message can speak of. Every field may be left empty; Kind's constants say which ones matter to which.
type Facts struct {
	Now  time.Time      // decides whether a date is named with its year, or as today
	Zone *time.Location // the cabin's; nil is Argentina's time

	Code      string // of the reservation
	Cabin     string // its name
	Stay      booking.Stay
	CheckIn   time.Duration // from what time of day, since midnight; 0 = not said
	CheckOut  time.Duration // until what time of day; 0 = not said
	Place     string        // how to get there: an address, one line
	Contact   booking.Contact
	Requests  string // what the guest asks for
	Chat      string // how the owner names whom he answers over WhatsApp: a code, or "#12"
	ByOwner   bool   // who cancelled
	HostName  string // who signs: the owner's or the house's name
	HostPhone string // where guests reach the owner, E.164

	Currency string // of everything below
	Total    money.Cents
	Deposit  money.Cents
	Paid     money.Cents // all that was received and not given back, after what the message is about

	Amount         money.Cents // of the payment that the message is about
	AmountCurrency string      // of Amount where it is another one; else empty
	Expected       money.Cents // what it should have been
	Refund         money.Cents // what goes back
	Provider       string      // mercadopago, transfer, cash
	Payment        string      // the provider's name for the payment
	Reference      string      // what the payment says it is for
	ReasonCode     string      // the provider's: status_detail
	Reason         string      // a person's, in his words
	Until          time.Time   // how long nights are kept
	NotAfter       time.Time   // from when on nobody needs to be told any more; zero = never

	Transfer Transfer
	Rival    Rival
	Links    Links
}

// Transfer is where a bank transfer goes.
type Transfer struct {
	Alias, CBU, Holder, Bank string
	Reference                string // what to write on it
}

// Rival is what overlaps a stay.
type Rival struct {
	Source string // a channel's name as people know it, "Airbnb", or a reservation's code
	Nights civil.Nights
}

// Links are addresses to go to, whole: https://… or, on a laptop, http://…. Anything else is left out.
type Links struct {
	Pay     string // the checkout
	Manage  string // the guest's own page
	Site    string // where other dates can be found
	Voucher string // with which a cash payment is made
	Admin   string // where the owner acts on it
	Map     string
	Review  string // where the guest can say how it was
}

// Texts are cut here, so that whatever people type, a message stays within MaxText.
const (
	maxName   = 60
	maxPlace  = 100
	maxReason = 140
	maxWrote  = 500
	maxLink   = 500
)

// seen is the facts as templates see them: texts that are ready to be read, empty where there is nothing to say.
type seen struct {
	Hello                             string // "Hola Ana", or "Hola"
	Cabin                             string // its name, or "la cabaña"
	FromTime, ToTime                  string // "las 14 h"
	LeaveBy                           string // "las 10 h", "mañana a las 8 h"
	Code, Dates, From, To             string
	Nights, Guests                    string
	Place, Name, Phone, Email         string
	Requests, Host, HostPhone, Chat   string
	Total, Deposit, Paid, Owed        string
	Amount, Expected, Refund          string
	Provider, Payment, Reference      string
	Why, Reason, Wrote, Until         string
	Alias, CBU, Holder, Bank, Purpose string
	Rival, RivalDates                 string
	ByOwner, InFull, Whole            bool
	Pay, Manage, Site, Voucher        string
	Admin, Map, Call, Review          string
}

func view(lang Language, f Facts) seen {
	v := seen{
		Hello: lang.hello(f.Contact.Name), Code: oneLine(f.Code, maxName), Cabin: oneLine(f.Cabin, maxName),
		Place: oneLine(f.Place, maxPlace), Name: oneLine(f.Contact.Name, maxName), Phone: oneLine(f.Contact.Phone, maxName),
		Email: oneLine(f.Contact.Email, maxPlace), Requests: oneLine(f.Requests, maxReason), Chat: oneLine(f.Chat, maxName),
		Host: oneLine(f.HostName, maxName), HostPhone: oneLine(f.HostPhone, maxName),
		Provider: lang.provider(f.Provider), Payment: oneLine(f.Payment, maxName), Reference: oneLine(f.Reference, maxName),
		Why: lang.why(f.ReasonCode), Reason: oneLine(f.Reason, maxReason), Wrote: oneLine(f.Reason, maxWrote), Until: lang.Moment(f.Until, f.Now, f.Zone),
		Alias: oneLine(f.Transfer.Alias, maxName), CBU: oneLine(f.Transfer.CBU, maxName),
		Holder: oneLine(f.Transfer.Holder, maxName), Bank: oneLine(f.Transfer.Bank, maxName),
		Purpose: oneLine(f.Transfer.Reference, maxName), Rival: oneLine(f.Rival.Source, maxName), ByOwner: f.ByOwner,
		Pay: link(f.Links.Pay), Manage: link(f.Links.Manage), Site: link(f.Links.Site), Voucher: link(f.Links.Voucher),
		Admin: link(f.Links.Admin), Map: link(f.Links.Map), Call: WhatsApp(f.Contact.Phone),
		Review: link(f.Links.Review),
	}
	if v.Cabin == "" {
		v.Cabin = lang.manner().cabin
	}
	v.dates(lang, f)
	v.amounts(lang, f)
	return v
}

func (v *seen) dates(lang Language, f Facts) {
	today := civil.Of(f.Now, zoneOf(f.Zone))
	span := func(n civil.Nights) string {
		if !n.Valid() {
			return ""
		}
		return lang.Date(n.From, today) + " → " + lang.Date(n.To, today)
	}
	v.Dates, v.RivalDates = span(f.Stay.Nights), span(f.Rival.Nights)
	v.Nights, v.Guests = lang.Nights(f.Stay.Nights.Len()), lang.Guests(f.Stay.Guests)
	v.From, v.To = lang.Date(f.Stay.Nights.From, today), lang.Date(f.Stay.Nights.To, today)
	if f.CheckIn > 0 {
		v.FromTime = lang.clockAt(f.CheckIn)
	}
	if f.CheckOut > 0 {
		v.ToTime = lang.clockAt(f.CheckOut)
		if f.Stay.Nights.Valid() {
			v.LeaveBy = lang.Moment(at(f.Stay.Nights.To, f.CheckOut, f.Zone), f.Now, f.Zone)
		}
	}
}

func (v *seen) amounts(lang Language, f Facts) {
	show := func(c money.Cents, currency string) string {
		if c <= 0 {
			return ""
		}
		return lang.Money(c, oneLine(currency, maxName))
	}
	v.Total, v.Deposit, v.Paid = show(f.Total, f.Currency), show(f.Deposit, f.Currency), show(f.Paid, f.Currency)
	v.Owed, v.Expected, v.Refund = show(f.Total-f.Paid, f.Currency), show(f.Expected, f.Currency), show(f.Refund, f.Currency)
	v.Whole = f.Total > 0 && (f.Deposit <= 0 || f.Deposit >= f.Total)
	if v.Whole {
		v.Deposit = ""
	}
	v.InFull = f.Total > 0 && f.Paid >= f.Total
	if f.AmountCurrency == "" {
		f.AmountCurrency = f.Currency
	}
	v.Amount = show(f.Amount, f.AmountCurrency)
}

// oneLine is a text as data: in one line, without what cannot be seen, of at most so many characters.
func oneLine(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsGraphic(r) || r == unicode.ReplacementChar {
			return -1 // among them what turns the direction of writing
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if length(s) <= most {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:most-1]), " ") + "…"
}

// firstName is what a guest is greeted by: the first word of the name, if it is one. A name can be typed by anybody into a
// form that sends mail to anybody else; "Visit evil.example" makes no greeting.
func firstName(name string) string {
	word, _, _ := strings.Cut(oneLine(name, maxName), " ")
	for _, r := range word {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '’' && r != '-' {
			return ""
		}
	}
	if length(word) > 30 {
		return ""
	}
	return word
}

// link is an address if it is one that a person may be sent to.
func link(address string) string {
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") || len(address) > maxLink {
		return ""
	}
	if strings.ContainsFunc(address, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }) {
		return ""
	}
	return address
}

// WhatsApp is where to write to a phone in E.164, whose number goes in there without the plus; "" for any other text.
// https://faq.whatsapp.com/5913398998672934
func WhatsApp(phone string) string {
	digits, ok := strings.CutPrefix(phone, "+")
	if !ok || len(digits) < 8 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return "https://wa.me/" + digits
}
