package deliver

import (
	"cmp"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

// Template is a message that Meta has approved in advance, for whom nobody may be written to freely: name, name:language, or
// name:language:button, where the button of the template opens what it says, pay or manage. It takes four texts: the guest's
// first name, the cabin, the dates, and an amount.
type Template struct{ Name, Language, Button string }

var templateForm = regexp.MustCompile(`^([a-z0-9_]{1,512})(?::([a-z]{2,3}(?:_[A-Z]{2,3})?))?(?::(pay|manage))?$`)

// Decode implements envconfig.Decoder.
func (t *Template) Decode(text string) error {
	if text == "" {
		*t = Template{}
		return nil
	}
	parts := templateForm.FindStringSubmatch(text)
	if parts == nil {
		return errors.New("a template is written name, name:language, or name:language:button")
	}
	*t = Template{Name: parts[1], Language: cmp.Or(parts[2], "es_AR"), Button: parts[3]}
	return nil
}

// Templates are those that Meta has approved, by what they tell of. Of what has none of its own Other tells, whose fourth text is
// what it is about instead of an amount; owners are told by Owner, whose one text is that.
type Templates struct {
	HoldMade         Template `envconfig:"WHATSAPP_TEMPLATE_HOLD_MADE"`
	Approved         Template `envconfig:"WHATSAPP_TEMPLATE_APPROVED"`
	ApprovalRejected Template `envconfig:"WHATSAPP_TEMPLATE_APPROVAL_REJECTED"`
	TransferReceived Template `envconfig:"WHATSAPP_TEMPLATE_TRANSFER_RECEIVED"`
	Confirmed        Template `envconfig:"WHATSAPP_TEMPLATE_CONFIRMED"`
	PaymentReceived  Template `envconfig:"WHATSAPP_TEMPLATE_PAYMENT_RECEIVED"`
	PaidInFull       Template `envconfig:"WHATSAPP_TEMPLATE_PAID_IN_FULL"`
	CancelledByOwner Template `envconfig:"WHATSAPP_TEMPLATE_CANCELLED_BY_OWNER"`
	RefundDone       Template `envconfig:"WHATSAPP_TEMPLATE_REFUND_DONE"`
	HoldExpiring     Template `envconfig:"WHATSAPP_TEMPLATE_HOLD_EXPIRING"`
	BalanceDue       Template `envconfig:"WHATSAPP_TEMPLATE_BALANCE_DUE"`
	PreArrival       Template `envconfig:"WHATSAPP_TEMPLATE_PRE_ARRIVAL"`
	DepartureDay     Template `envconfig:"WHATSAPP_TEMPLATE_DEPARTURE_DAY"`
	ThanksReview     Template `envconfig:"WHATSAPP_TEMPLATE_THANKS_REVIEW"`
	Other            Template `envconfig:"WHATSAPP_TEMPLATE_OTHER"`
	Owner            Template `envconfig:"WHATSAPP_TEMPLATE_OWNER"`
}

// Those that are no kind.
const (
	otherKind notice.Kind = "other"
	ownerKind notice.Kind = "owner"
)

// byKind are those that there are: a variable's name ends in the kind's.
func (t Templates) byKind() map[notice.Kind]Template {
	all, v := map[notice.Kind]Template{}, reflect.ValueOf(t)
	for i := range v.NumField() {
		name := strings.TrimPrefix(v.Type().Field(i).Tag.Get("envconfig"), "WHATSAPP_TEMPLATE_")
		if one, ok := reflect.TypeAssert[Template](v.Field(i)); ok && one.Name != "" {
			all[notice.Kind(strings.ToLower(name))] = one
		}
	}
	return all
}

// template is a message as a template, if there is one for it. One that Meta has taken down is as if there were none: then the
// message has failed with that, and goes elsewhere.
func (w *worker) template(t *outbox.Turn) (chat.Message, bool) {
	f := w.facts(t.Delivery)
	whole := notice.Render(language(t), t.Kind, f)
	if t.Recipient == notice.Owner {
		one, ok := w.templates[ownerKind]
		return one.message(whole.Text, "", whole.Subject), ok
	}
	one, ok := w.templates[t.Kind]
	last := amount(f)
	if !ok {
		one, ok = w.templates[otherKind]
		last = whole.Subject
	}
	suffix := ""
	if address := map[string]string{"pay": f.Links.Pay, "manage": f.Links.Manage}[one.Button]; address != "" {
		suffix = strings.TrimPrefix(address, w.baseURL+"/")
	}
	return one.message(whole.Text, suffix, cmp.Or(firstName(f.Contact.Name), "huésped"), cmp.Or(f.Cabin, "la cabaña"), dates(f), last), ok
}

// firstName is a name's first word, if it is one: anybody can type anything there.
func firstName(name string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	if len(word) > 60 || strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '-' && r != '\'' }) {
		return ""
	}
	return word
}

func (t Template) message(body, suffix string, parameters ...string) chat.Message {
	for n, text := range parameters {
		parameters[n] = cmp.Or(strings.Join(strings.Fields(text), " "), "-") // Meta takes no empty one, and no line breaks
	}
	return chat.Message{Kind: chat.FormTemplate, Body: body, Template: &chat.Template{
		Name: t.Name, Language: t.Language, Parameters: parameters, URLSuffix: suffix,
	}}
}

// dates are those of the stay.
func dates(f notice.Facts) string {
	n := f.Stay.Nights
	if !n.Valid() {
		return "-"
	}
	today := civil.Of(f.Now, cmp.Or(f.Zone, time.UTC))
	return notice.Spanish.Date(n.From, today) + " al " + notice.Spanish.Date(n.To, today)
}

// amount is the one that a message is most likely about: what goes back, what has come, what is still owed.
func amount(f notice.Facts) string {
	a, currency := cmp.Or(f.Refund, f.Amount, f.Total-f.Paid, f.Total), f.Currency
	if a <= 0 {
		return "-"
	}
	if f.Refund == 0 && f.Amount > 0 {
		currency = cmp.Or(f.AmountCurrency, currency)
	}
	return notice.Spanish.Money(a, currency)
}
