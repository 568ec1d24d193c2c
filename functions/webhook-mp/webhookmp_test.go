package webhookmp_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	webhookmp "github.com/eevans-d/sist-cabanas/functions/webhook-mp"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
)

func TestANotificationIsKeptAndItsPaymentIsToBeLookedUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if status, body := b.send(t, told(paymentID, 1)); status != http.StatusOK || strings.TrimSpace(body) != "{}" {
		t.Fatalf("%d %s", status, body)
	}
	older := told("143845427327", 1)
	older.path = "/api/v1/mercadopago/webhook"
	if status, body := b.send(t, older); status != http.StatusOK {
		t.Fatalf("under its older name: %d %s", status, body)
	}
	if got := b.looks(t); !slices.Equal(got, []string{paymentID, "143845427327"}) {
		t.Errorf("to be looked up: %q", got)
	}
	if n := b.kept(t, `source = 'mercadopago' and signed and settled_at is null and topic = 'payment' and event_id is not null and convert_from(payload, 'UTF8') like '%payment.updated%'`); n != 2 {
		t.Errorf("%d are kept as they came", n)
	}
	if n := b.counted(t, "accepted"); n != 2 {
		t.Errorf("%v were counted", n)
	}
}

// TestEveryShapeNamesItsPayment is about the forms in which the provider tells of one thing.
func TestEveryShapeNamesItsPayment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, n := range []notification{
		{query: "data.id=11&type=payment", body: `{"action":"payment.created","data":{"id":"11"},"id":1,"type":"payment"}`},
		{query: "data.id=12&type=payment", body: `{"action":"payment.created","data":{"id":12},"id":"2","user_id":239610915,"type":"payment"}`},
		{query: "data.id=13&type=payment", body: `{"date_created":"2022-07-23T23:03:5704:00","data":{"id":"13"},"id":3}`},
		{query: "data.id=14&type=payment", body: `this is not JSON`},
		{query: "data.id=15&type=payment"},
		{query: "source_news=webhooks&data.id=16&type=payment", body: `{"id":6}`},
		{query: "id=17&topic=payment", body: `{"resource":"https://api.mercadolibre.com/collections/notifications/17","topic":"payment"}`},
		{query: "id=18&topic=payment", body: `{"resource":"18","topic":"payment"}`},
		{body: `{"type":"payment","data":{"id":19},"id":9}`},
		{query: "type=topic_chargebacks_wh&data.id=CB1", body: `{"data":{"id":"CB1","payment_id":20},"type":"topic_chargebacks_wh","id":10}`},
	} {
		n.requestID = fmt.Sprint("r", i)
		signed := ""
		if _, id, ok := strings.Cut(n.query, "data.id="); ok {
			signed, _, _ = strings.Cut(id, "&")
		}
		if status, body := b.send(t, n.signed(signed)); status != http.StatusOK {
			t.Errorf("%s %s: %d %s", n.query, n.body, status, body)
		}
	}
	if got, want := b.looks(t), strings.Fields("11 12 13 14 15 16 17 18 19 20"); !slices.Equal(got, want) {
		t.Errorf("to be looked up: %q, want %q", got, want)
	}
}

// TestOnlyTheProviderRaisesTheAlarm: who does not sign has the payment looked up, like any other.
func TestOnlyTheProviderRaisesTheAlarm(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *webhookmp.Config) { c.Strict = false })
	n := notification{requestID: "r1", body: `{"action":"Created","data":{"description":"desc","merchant_order":249940988000,"payment_id":31},"date_created":"2022-07-23T23:03:5704:00","id":"31","type":"stop_delivery_op_wh"}`}
	forged := n
	forged.body = strings.ReplaceAll(n.body, "31", "32")
	other := told("33", 1)
	for _, n := range []notification{n.signed(""), forged, other} {
		if status, body := b.send(t, n); status != http.StatusOK {
			t.Errorf("%d %s", status, body)
		}
	}
	rows, err := b.db.Query(t.Context(), `select (args ->> 'payment_id') || ' ' || coalesce(args ->> 'fraud', 'no') from river_job order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := pgx.CollectRows(rows, pgx.RowTo[string]); err != nil || !slices.Equal(got, []string{"31 true", "32 no", "33 no"}) {
		t.Errorf("to be looked up: %q, %v", got, err)
	}
}

func TestWhatIsAboutNoPaymentIsKeptAndNothingElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, n := range []notification{
		{query: "id=376&topic=merchant_order", body: `{"resource":"https://api.mercadolibre.com/merchant_orders/376","topic":"merchant_order"}`},
		{query: "data.id=ORD01ABC&type=order", body: `{"action":"order.processed","data":{"id":"ORD01ABC"},"type":"order","id":1}`},
		{query: "data.id=7&type=subscription_preapproval", body: `{"id":2}`},
		{query: "data.id=8&type=a_topic_of_tomorrow", body: `{"id":3}`},
		{query: "data.id=12x&type=payment", body: `{"id":4,"data":{"id":"999"}}`},
		{query: "data.id=" + strings.Repeat("9", 21) + "&type=payment", body: `{"id":5}`},
		{query: "data.id=-1&type=payment", body: `{"id":6}`},
		{query: "data.id=%00&type=payment", body: "{\"id\":7,\"x\":\"\x00\xff\"}"},
		{body: `[]`},
		{body: `null`},
		{body: strings.Repeat("[", 10000)},
		{},
	} {
		n.requestID = fmt.Sprint("r", i)
		r := n.request(t, "http://x")
		if status, body := b.send(t, n.signed(r.URL.Query().Get("data.id"))); status != http.StatusOK {
			t.Errorf("%.80s %.80s: %d %s", n.query, n.body, status, body)
		}
	}
	if got := b.looks(t); len(got) != 0 {
		t.Errorf("to be looked up: %q", got)
	}
	if n := b.kept(t, `settled_at is not null and outcome = 'ignored'`); n != 12 {
		t.Errorf("%d are kept", n)
	}
}

func TestWhatTheProviderHasNotSignedIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := told(paymentID, 1)
	forged := func(change func(*notification)) notification {
		n := good
		change(&n)
		return n
	}
	for name, test := range map[string]struct {
		n    notification
		want string
	}{
		"unsigned":                          {forged(func(n *notification) { n.signature = "" }), "signature_missing"},
		"garbage":                           {forged(func(n *notification) { n.signature = "ts=1,v1" }), "signature_malformed"},
		"another secret":                    {forged(func(n *notification) { n.signature = mptest.Sign("guessed", n.requestID, paymentID, noon.UnixMilli()) }), "signature_mismatch"},
		"for another id":                    {forged(func(n *notification) { n.query = "data.id=143845427327&type=payment" }), "signature_mismatch"},
		"for another id, in the older form": {forged(func(n *notification) { n.query = "id=" + paymentID + "&topic=payment" }), "signature_mismatch"},
		"another request":                   {forged(func(n *notification) { n.requestID = "another" }), "signature_mismatch"},
		"truncated":                         {forged(func(n *notification) { n.signature = n.signature[:60] }), "signature_mismatch"},
		"a year ago": {forged(func(n *notification) {
			n.signature = mptest.Sign(mptest.Secret, n.requestID, paymentID, noon.AddDate(-1, 0, 0).Unix())
		}), "signature_stale"},
		"a million digits":   {forged(func(n *notification) { n.query = "data.id=" + strings.Repeat("9", 10_000) }), "signature_malformed"},
		"a header of 8 kB":   {forged(func(n *notification) { n.signature += strings.Repeat(",v1=00", 1400) }), "signature_malformed"},
		"an empty secret":    {forged(func(n *notification) { n.signature = mptest.Sign("", n.requestID, paymentID, noon.UnixMilli()) }), "signature_mismatch"},
		"in capital letters": {forged(func(n *notification) { n.query = "data.id=ABC&type=payment" }), "signature_mismatch"},
	} {
		before := b.counted(t, test.want)
		if status, body := b.send(t, test.n); status != http.StatusUnauthorized || !strings.Contains(body, test.want) {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if b.counted(t, test.want) != before+1 {
			t.Errorf("%s is not counted as %s", name, test.want)
		}
	}
	if n, looks := b.kept(t, "true"), b.looks(t); n != 0 || len(looks) != 0 {
		t.Errorf("%d are kept, to be looked up: %q", n, looks)
	}
	if status, _ := b.send(t, good); status != http.StatusOK {
		t.Errorf("the real one, afterwards: %d", status)
	}
}

func TestBothSecretsAreGoodWhileOneReplacesTheOther(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *webhookmp.Config) { c.Secret, c.Previous = "the new one", mptest.Secret })
	byNew := told("21", 1)
	byNew.signature = mptest.Sign("the new one", byNew.requestID, "21", noon.Unix())
	for _, n := range []notification{told("20", 1), byNew} {
		if status, body := b.send(t, n); status != http.StatusOK {
			t.Errorf("%d %s", status, body)
		}
	}
}

func TestWithoutASecretNothingIsBelieved(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *webhookmp.Config) { c.Secret = "" })
	n := told(paymentID, 1)
	n.signature = mptest.Sign("", n.requestID, paymentID, noon.UnixMilli())
	if status, _ := b.send(t, n); status != http.StatusUnauthorized {
		t.Errorf("%d", status)
	}
}

func TestTheSameNotificationFiftyTimesAtOnceIsOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			n := told(paymentID, 1)
			if i%2 == 0 { // repeated deliveries are requests of their own
				n.requestID = fmt.Sprint("again-", i)
				n = n.signed(paymentID)
			}
			if status, body := b.send(t, n); status != http.StatusOK {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	wait.Wait()
	if n, looks := b.kept(t, "true"), b.looks(t); n != 1 || len(looks) != 1 {
		t.Errorf("%d are kept, to be looked up: %q", n, looks)
	}
	if b.counted(t, "accepted") != 1 || b.counted(t, "repeated") != 49 {
		t.Errorf("accepted %v, repeated %v", b.counted(t, "accepted"), b.counted(t, "repeated"))
	}
}

// TestNobodyCanTakeTheNameOfAnEventThatIsYetToCome forges a notification first.
func TestNobodyCanTakeTheNameOfAnEventThatIsYetToCome(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *webhookmp.Config) { c.Strict = false })
	forged := told(paymentID, 1)
	forged.signature = ""
	b.send(t, forged)
	b.send(t, told(paymentID, 1))
	if n := b.counted(t, "accepted"); n != 1 || len(b.looks(t)) != 2 {
		t.Errorf("the real one was accepted %v times; to be looked up: %q", n, b.looks(t))
	}
}

func TestWhatIsNotSignedIsLookedUpNowAndThenIfTheOwnerWants(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *webhookmp.Config) { c.Strict = false })
	for i := range 40 {
		n := told(fmt.Sprint(100+i), 1)
		n.signature = ""
		if status, body := b.send(t, n); status != http.StatusOK || strings.TrimSpace(body) != "{}" {
			t.Fatalf("%d %s", status, body)
		}
	}
	if n := b.kept(t, "not signed and event_id is null"); n != 30 || len(b.looks(t)) != 30 || b.counted(t, "unsigned_dropped") != 10 {
		t.Errorf("%d are kept, %d to be looked up, %v dropped", n, len(b.looks(t)), b.counted(t, "unsigned_dropped"))
	}
	b.move(20 * time.Second)
	for i := range 20 {
		n := told(fmt.Sprint(200+i), 1)
		n.signature = "forged"
		b.send(t, n)
	}
	if n := len(b.looks(t)); n != 40 {
		t.Errorf("%d are to be looked up 20 s later", n)
	}
	order := notification{query: "id=376&topic=merchant_order"}
	if status, _ := b.send(t, order); status != http.StatusOK || b.counted(t, "unsigned_ignored") != 1 || b.kept(t, "topic = 'merchant_order'") != 0 {
		t.Errorf("%d", status)
	}
	// What is signed has all the patience in the world.
	if status, _ := b.send(t, told(paymentID, 1)); status != http.StatusOK || b.counted(t, "accepted") != 1 {
		t.Errorf("%d", status)
	}
}

func TestATooLargeBodyIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n := told(paymentID, 1)
	n.body = strings.Repeat(" ", 1<<20+1)
	if status, body := b.send(t, n); status != http.StatusRequestEntityTooLarge || !strings.Contains(body, "too_large") {
		t.Errorf("%d %s", status, body)
	}
	n.body = strings.Repeat(" ", 1<<20)
	if status, _ := b.send(t, n); status != http.StatusOK {
		t.Errorf("as large as it may be: %d", status)
	}
}

// TestATruncatedBodyIsNoErrorOfOurs ends the connection within a body.
func TestATruncatedBodyIsNoErrorOfOurs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	n := told(paymentID, 1)
	fmt.Fprintf(connection, "POST %s?%s HTTP/1.1\r\nHost: x\r\nX-Request-Id: %s\r\nX-Signature: %s\r\nContent-Length: 500\r\n\r\n{\"action\":", route, n.query, n.requestID, n.signature)
	connection.(*net.TCPConn).CloseWrite()
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err == nil {
		response.Body.Close()
	}
	if err == nil && response.StatusCode >= 500 {
		t.Errorf("it was answered with %d", response.StatusCode)
	}
	if len(b.looks(t)) != 0 || b.counted(t, "failed") != 0 || strings.Contains(b.log.String(), `"level":"error"`) {
		t.Errorf("to be looked up: %q; %s", b.looks(t), b.log)
	}
}

// shut stands for an inbox that cannot keep anything.
type shut struct{ err error }

func (s shut) Accept(context.Context, inbox.Event, interface{ Kind() string }) (bool, error) {
	return false, s.err
}

func TestWhatCannotBeKeptIsNotAccepted(t *testing.T) {
	t.Parallel()
	b := &bundle{registry: prometheus.NewRegistry(), log: &logged{}, now: noon}
	b.serve(t, webhookmp.Config{Secret: mptest.Secret, Strict: true}, shut{fault.ErrUnavailable.WithCause(errors.New("down"))})
	if status, _ := b.send(t, told(paymentID, 1)); status != http.StatusServiceUnavailable || b.counted(t, "failed") != 1 {
		t.Errorf("%d: the provider must come again", status)
	}
}

func TestNothingOfANotificationIsLogged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n := told(paymentID, 1)
	n.body = `{"action":"payment.updated","data":{"id":"143845427326"},"id":1,"payer":{"email":"ana@example.com"}}`
	b.send(t, n)
	n.signature = "ts=1,v1=00"
	b.send(t, n)
	if log := b.log.String(); strings.Contains(log, "ana@") || strings.Contains(log, mptest.Secret) || strings.Contains(log, "v1=") || !strings.Contains(log, `"outcome":"accepted"`) {
		t.Error(log)
	}
}
