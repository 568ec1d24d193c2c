package payment_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func parse(t testing.TB, query string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestEveryFormNamesItsPayment(t *testing.T) {
	t.Parallel()
	const id = "143845427326"
	type n = payment.Notification
	tests := []struct {
		name, query, body string
		want              n
	}{
		{
			"a webhook", "data.id=" + id + "&type=payment",
			`{"action":"payment.created","api_version":"v1","data":{"id":"` + id + `"},"date_created":"2026-01-28T16:09:18Z","id":128483944749,"live_mode":true,"type":"payment","user_id":"239610915"}`,
			n{Topic: "payment", Action: "payment.created", ID: "128483944749", ResourceID: id, PaymentID: id, SignedID: id},
		},
		{
			"ids as numbers and as text, the other way round", "",
			`{"action":"payment.updated","data":{"id":` + id + `},"id":"128483944749","type":"payment"}`,
			n{Topic: "payment", Action: "payment.updated", ID: "128483944749", ResourceID: id, PaymentID: id},
		},
		{
			"a webhook that says its type by its action alone", "data.id=" + id, `{"action":"payment.updated"}`,
			n{Topic: "payment", Action: "payment.updated", ResourceID: id, PaymentID: id, SignedID: id},
		},
		{
			"an IPN with a URL", "id=" + id + "&topic=payment", `{"resource":"https://api.mercadolibre.com/collections/notifications/` + id + `","topic":"payment"}`,
			n{Topic: "payment", ResourceID: id, PaymentID: id},
		},
		{"an IPN with a bare id", "", `{"resource":"` + id + `","topic":"payment"}`, n{Topic: "payment", ResourceID: id, PaymentID: id}},
		{"an IPN without a body", "id=" + id + "&topic=payment", "", n{Topic: "payment", ResourceID: id, PaymentID: id}},
		{
			"an IPN of an order", "id=37660797225&topic=merchant_order", `{"resource":"https://api.mercadolibre.com/merchant_orders/37660797225","topic":"merchant_order"}`,
			n{Topic: "merchant_order", ResourceID: "37660797225"},
		},
		{
			"an order of the newer kind", "data.id=ORD01JQ4S4KY8HWQ6NA5PXB65B3D3&type=order", `{"action":"order.processed"}`,
			n{Topic: "order", Action: "order.processed", ResourceID: "ORD01JQ4S4KY8HWQ6NA5PXB65B3D3", SignedID: "ORD01JQ4S4KY8HWQ6NA5PXB65B3D3"},
		},
		{
			"an alarm of fraud", "", `{"action":"Created","data":{"description":"desc","merchant_order":249940988000,"payment_id":58980959081},"date_created":"2022-07-23T23:03:5704:00","id":"58980959081","type":"stop_delivery_op_wh"}`,
			n{Topic: "stop_delivery_op_wh", Action: "Created", ID: "58980959081", PaymentID: "58980959081"},
		},
		{
			"an alarm of fraud that names the payment by data.id alone", "data.id=58980959081&type=stop_delivery_op_wh", `{"data":{"id":"58980959081"},"id":7}`,
			n{Topic: "stop_delivery_op_wh", ID: "7", ResourceID: "58980959081", PaymentID: "58980959081", SignedID: "58980959081"},
		},
		{
			"an alarm of fraud whose payment is no number", "data.id=58980959081&type=stop_delivery_op_wh", `{"data":{"payment_id":"x"}}`,
			n{Topic: "stop_delivery_op_wh", ResourceID: "58980959081", SignedID: "58980959081"},
		},
		{
			"a chargeback", "data.id=217000087654321000&type=topic_chargebacks_wh", `{"data":{"id":"217000087654321000","payment_id":"` + id + `"},"type":"topic_chargebacks_wh"}`,
			n{Topic: "topic_chargebacks_wh", ResourceID: "217000087654321000", PaymentID: id, SignedID: "217000087654321000"},
		},
		{
			"a body that speaks of another payment", "data.id=" + id + "&type=payment", `{"data":{"id":"666"},"type":"order"}`,
			n{Topic: "payment", ResourceID: id, PaymentID: id, SignedID: id},
		},
		{"no JSON", "data.id=" + id + "&type=payment", `{ _id: "f9f0`, n{Topic: "payment", ResourceID: id, PaymentID: id, SignedID: id}},
		{"JSON of another kind", "", `["payment"]`, n{}},
		{"nothing", "", "", n{}},
		{"data that is no object", "", `{"type":"payment","data":"143"}`, n{Topic: "payment"}},
		{"an id that is no number", "data.id=1e9&type=payment", "", n{Topic: "payment", ResourceID: "1e9", SignedID: "1e9"}},
		{"an id that leads elsewhere", "data.id=../users/me&type=payment", "", n{Topic: "payment", SignedID: "../users/me"}},
		{"a bad id hides a good one", "data.id=%2A&id=" + id + "&type=payment", `{"data":{"id":"` + id + `"}}`, n{Topic: "payment", SignedID: "*"}},
		{"an id of 21 digits", "type=payment", `{"data":{"id":` + strings.Repeat("1", 21) + `}}`, n{Topic: "payment", ResourceID: strings.Repeat("1", 21)}},
		{"an id of a million digits", "type=payment", `{"data":{"id":` + strings.Repeat("1", 1_000_000) + `}}`, n{Topic: "payment"}},
		{"no payment has the number 0", "data.id=0&type=payment", "", n{Topic: "payment", ResourceID: "0", SignedID: "0"}},
		{"a topic that is a sentence", "data.id=1&type=" + url.QueryEscape("Ana, 11 5555-1234"), "", n{ResourceID: "1", SignedID: "1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := payment.ReadNotification(parse(t, test.query), []byte(test.body))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestADeliveryIsToldFromTheNext(t *testing.T) {
	t.Parallel()
	read := func(query, body, requestID string) string {
		n := payment.ReadNotification(parse(t, query), []byte(body))
		n.RequestID = requestID
		return n.EventID()
	}
	const query = "data.id=7&type=payment"
	first := read(query, `{"action":"payment.updated","id":1}`, "r-1")
	if len(first) != 64 {
		t.Errorf("%q has %d characters", first, len(first))
	}
	if again := read(query, `{"action":"payment.updated","id":"1"}`, "r-2"); again != first {
		t.Error("the second delivery passes for another notification")
	}
	for _, other := range []string{
		read(query, `{"action":"payment.updated","id":2}`, "r-1"),
		read(query, `{"action":"payment.created","id":1}`, "r-1"),
		read("data.id=8&type=payment", `{"action":"payment.updated","id":1}`, "r-1"),
	} {
		if other == first {
			t.Error("another notification passes for the first")
		}
	}
	const old = "id=7&topic=payment"
	unnamed := read(old, "", "r-1")
	if unnamed == read(old, "", "r-2") {
		t.Error("the second change passes for the first")
	}
	if again := read(old, "", "r-1"); again != unnamed {
		t.Error("the same request passes for another")
	}
	if got := read(old, "", ""); got != "" {
		t.Errorf("what has no name is called %q", got)
	}
}

// FuzzReadNotification proves that nothing anybody sends gets past the forms that ids and words have.
func FuzzReadNotification(f *testing.F) {
	for _, body := range []string{
		`{"action":"payment.created","data":{"id":"143"},"id":128,"type":"payment"}`, `{"resource":"https://x/y/1","topic":"payment"}`, `{"data":{"payment_id":1},"type":"stop_delivery_op_wh"}`,
		`{"data":{"id":"\u0000"}}`, `{"id":1e400,"data":[]}`, "\xff", strings.Repeat("[", 10_000),
	} {
		f.Add("data.id=143&type=payment&source_news=webhooks", []byte(body))
		f.Add("", []byte(body))
	}
	digits, safe := regexp.MustCompile(`^([1-9][0-9]{0,19})?$`), regexp.MustCompile(`^[A-Za-z0-9_.-]{0,64}$`)
	f.Fuzz(func(t *testing.T, query string, body []byte) {
		values, _ := url.ParseQuery(query) // what can be read of it is what a server works with
		n := payment.ReadNotification(values, body)
		if !digits.MatchString(n.PaymentID) {
			t.Errorf("the payment %q", n.PaymentID)
		}
		for _, word := range []string{n.Topic, n.Action, n.ID, n.ResourceID} {
			if !safe.MatchString(word) {
				t.Errorf("%q got through", word)
			}
		}
		if n.SignedID != values.Get("data.id") {
			t.Errorf("%q is checked, and %q was signed", n.SignedID, values.Get("data.id"))
		}
		if n.Topic == payment.TopicPayment && n.PaymentID != "" && n.SignedID != "" && n.PaymentID != n.SignedID {
			t.Errorf("%q is looked up, and %q was signed", n.PaymentID, n.SignedID)
		}
	})
}
