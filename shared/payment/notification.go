package payment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

// Topics of notifications that are about a payment. There are others, of no interest to us.
const (
	TopicPayment      = "payment"
	TopicChargeback   = "topic_chargebacks_wh"
	TopicStopDelivery = "stop_delivery_op_wh" // the provider takes the payment for fraud; it is not repeated
)

// Notification is what a notification says. All of it is hearsay, but for SignedID where Verify was content: it says where
// to look, and never how a payment stands.
type Notification struct {
	Topic      string // payment, merchant_order, order, stop_delivery_op_wh…; "" = it does not say
	Action     string // payment.created, payment.updated…; "" = it does not say
	ID         string // the notification's own, the same when it is delivered again; "" in the older form
	ResourceID string // what it is about; "" = it does not say, or nothing that could be an id
	PaymentID  string // the payment to be looked up, digits; "" = none
	SignedID   string // data.id of the URL, exactly as it came: for Verify
	RequestID  string // x-request-id, for EventID; the caller has the headers and sets it
}

var (
	paymentIDForm = regexp.MustCompile(`^[1-9][0-9]{0,19}$`)
	resourceForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	wordForm      = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
)

// IsPaymentID reports whether id can be that of a payment: a number of at most 20 digits.
func IsPaymentID(id string) bool { return paymentIDForm.MatchString(id) }

// ReadNotification reads every form in which Mercado Pago tells of something: the webhook (?data.id=…&type=payment and a
// body with data.id), the older IPN (?id=…&topic=payment and a body with resource, a URL or a bare id), and what is in
// between. Where URL and body differ the URL counts, of which the id is signed. Nothing is an error: what cannot be read is
// not there, and a notification without a PaymentID asks for nothing.
// https://www.mercadopago.com.ar/developers/en/docs/your-integrations/notifications
func ReadNotification(query url.Values, body []byte) Notification {
	b := readFields(body)
	data := readFields(b["data"])
	action := word(b.text("action"))
	beforeDot, _, _ := strings.Cut(action, ".")
	n := Notification{
		Topic:    first(wordForm, query.Get("type"), query.Get("topic"), b.text("type"), b.text("topic"), beforeDot),
		Action:   action,
		ID:       word(b.text("id")),
		SignedID: query.Get("data.id"),
	}
	n.ResourceID = resourceID(query, b, data)
	switch n.Topic {
	case TopicPayment:
		n.PaymentID = first(paymentIDForm, n.ResourceID)
	case TopicChargeback: // its own id is the dispute's
		n.PaymentID = first(paymentIDForm, data.text("payment_id"))
	case TopicStopDelivery: // whose own id is the payment's, where it has one
		n.PaymentID = first(paymentIDForm, data.text("payment_id"), n.ResourceID)
	}
	return n
}

// resourceID takes the first id that the notification gives: where one is there but is no id, none of the others is taken
// for it.
func resourceID(query url.Values, body, data fields) string {
	for _, id := range []string{query.Get("data.id"), data.text("id"), lastPart(body.text("resource")), query.Get("id")} {
		if id != "" {
			return first(resourceForm, id)
		}
	}
	return ""
}

// lastPart is what follows the last slash: https://api.mercadolibre.com/collections/notifications/143… or just 143….
func lastPart(resource string) string {
	return resource[strings.LastIndexByte(resource, '/')+1:]
}

// EventID names a notification, in 64 characters, so that a second delivery of it can be told; "" = it cannot. The older form
// has no id of its own and says the same of every change of a payment, so there every request counts as a notification.
// Only what was verified may take its id for itself: anybody can invent one that is yet to come.
func (n Notification) EventID() string {
	own := n.ID
	switch {
	case own == "" && n.RequestID == "":
		return ""
	case own == "":
		own = "request " + n.RequestID // no ID has a space in it
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{n.Topic, n.ResourceID, n.Action, own}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// fields are those of a JSON object, unread: their types differ from one notification to the next.
type fields map[string]json.RawMessage

// readFields returns nil for what is no JSON object.
func readFields(text []byte) fields {
	var f fields
	if json.Unmarshal(text, &f) != nil {
		return nil
	}
	return f
}

// text is a field that is a string, or a number as it is written; "" = it is neither.
func (f fields) text(name string) string {
	raw := bytes.TrimSpace(f[name])
	if len(raw) == 0 {
		return ""
	}
	var s string
	switch c := raw[0]; {
	case c == '"':
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
	case c >= '0' && c <= '9':
		s = string(raw)
	}
	return s
}

// word is text that is fit for a log or a label, or nothing.
func word(text string) string { return first(wordForm, text) }

// first is the first of the texts that is there; "" if it has not the form.
func first(form *regexp.Regexp, texts ...string) string {
	for _, text := range texts {
		if text == "" {
			continue
		}
		if len(text) > 64 || !form.MatchString(text) {
			return ""
		}
		return text
	}
	return ""
}
