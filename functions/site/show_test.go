package site_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestAHoldSaysUntilWhenItIsKeptAndHowToPay(t *testing.T) {
	t.Parallel()
	p := setup(t)
	w := p.get("")
	if w.Code != http.StatusOK {
		t.Fatalf("%d", w.Code)
	}
	reads(t, w,
		"Reservada hasta las 14:35 h", "Cabaña <del> Bosque", "7K3M9P", "vie 4/12, desde las 14 h", "lun 7/12, hasta las 10:30 h",
		"3 noches, 2 personas", "2 noches de fin de semana", "Verano", "$ 24.000", "1 noche", "$ 10.000", "Total $ 34.000", "Seña $ 10.200", "Pagado $ 0",
		"Resta pagar $ 34.000", "Pagar la seña · $ 10.200", "Pagar todo · $ 34.000", "Ruta 40, km 12", "Ver en el mapa", "Marta te responde",
		"Escribir por WhatsApp", "+5492944123456", "Cancelar la reserva",
	)
	silent(t, w, "calendario", "transferencia", "Ana", "ana@example.com", "5544")
	for _, link := range []string{
		`href="/pay/7K3M9P?t=` + p.token() + `"`, `href="/pay/7K3M9P?t=` + p.token() + `&amp;amount=total"`, `href="/r/7K3M9P/cancelar?t=` + p.token() + `"`,
		`href="https://wa.me/5492944123456"`, `href="tel:`, `href="https://maps.example/?q=1"`,
	} {
		if !strings.Contains(w.Body.String(), link) {
			t.Errorf("there is no %s", link)
		}
	}
	if strings.Contains(w.Body.String(), `http-equiv="refresh"`) {
		t.Error("the page loads itself again, and nothing is awaited")
	}
}

func TestEveryStateIsSaidInWords(t *testing.T) {
	t.Parallel()
	become := func(s booking.Status) func(*payment.Folio) {
		return func(f *payment.Folio) { f.Reservation.Status = s }
	}
	paid := func(status payment.Status, detail string, flag payment.Flag) func(*payment.Folio) {
		return func(f *payment.Folio) {
			f.Payments = []payment.Payment{{
				Provider: payment.MercadoPago, ID: "143", Status: status, StatusDetail: detail, Flag: flag, Amount: 1020000, Currency: "ARS",
				DateCreated: noon.Add(-time.Minute), Expires: noon.Add(24 * time.Hour),
			}}
		}
	}
	tests := []struct {
		name  string
		of    func(*payment.Folio)
		wants []string
		no    []string
	}{
		{"confirmed", confirmed, []string{"Reserva confirmada", "Pagado $ 10.200", "Resta pagar $ 23.800", "Pagar el saldo · $ 23.800", "Agregar a mi calendario", "Pago acreditado"}, []string{"Pagar la seña"}},
		{"paid in full", func(f *payment.Folio) { confirmed(f); f.Reservation.Paid = f.Reservation.Total }, []string{"Está todo pagado"}, []string{"Resta pagar", "Pagar el saldo"}},
		{"waits for the owner", func(f *payment.Folio) { f.Reservation.Approval = booking.ApprovalWaiting }, []string{"Esperando la aprobación del anfitrión", "hasta las 14:35 h"}, []string{"Pagar la seña", "Pagar todo"}},
		{"a voucher is not paid", paid(payment.Pending, "", ""), []string{"Tu pago está en curso", "comprobante", "hasta mañana a las 14:05 h", "Ya hay un pago en curso"}, nil},
		{"the provider looks at it", paid(payment.InProcess, "", ""), []string{"Tu pago está en curso", "Mercado Pago está revisando tu pago de $ 10.200"}, nil},
		{"too little was paid", paid(payment.Approved, "", payment.FlagAmountShort), []string{"Pago en revisión"}, nil},
		{"a card was refused", paid(payment.Rejected, "cc_rejected_insufficient_amount", ""), []string{"Reservada hasta", "El último pago no se hizo", "fondos", "Pagar la seña"}, nil},
		{"a transfer is awaited", func(f *payment.Folio) { transfers(f); f.TransferBegun = true }, []string{"Esperando tu transferencia", "bosque.cabana.mp"}, []string{"Voy a transferir"}},
		{"expired by the clock", func(f *payment.Folio) { f.Reservation.ExpiresAt = noon }, []string{"Esta reserva venció", "Reservar de nuevo"}, []string{"Pagar", "Cancelar la reserva", "Cómo llegar", "Ruta 40"}},
		{"expired", become(booking.StatusExpired), []string{"Esta reserva venció", "no pagues otra vez"}, []string{"Pagar la seña"}},
		{"expired with money on its way back", func(f *payment.Folio) {
			become(booking.StatusExpired)(f)
			f.Returned = []payment.Returned{{Provider: payment.MercadoPago, Amount: 1020000, State: "sent"}}
		}, []string{"Tu pago llegó tarde", "Devolución en camino", "$ 10.200"}, nil},
		{"cancelled", become(booking.StatusCancelled), []string{"Reserva cancelada", "Reservar de nuevo"}, []string{"Pagar", "Cancelar la reserva"}},
		{"cancelled and given back", func(f *payment.Folio) {
			become(booking.StatusCancelled)(f)
			f.Returned = []payment.Returned{{Provider: payment.MercadoPago, Amount: 1020000, State: "done"}, {Provider: payment.Transfer, Amount: 100, State: "queued", ByHand: true}}
		}, []string{"Devolución hecha", "la hace el anfitrión"}, nil},
		{"cancelled too late", func(f *payment.Folio) { confirmed(f); become(booking.StatusCancelled)(f) }, []string{"lo pagado no se devuelve"}, nil},
		{"over", func(f *payment.Folio) { confirmed(f); become(booking.StatusCompleted)(f) }, []string{"Gracias por tu estadía"}, []string{"Pagar el saldo", "Cancelar la reserva", "calendario"}},
		{"nobody came", become(booking.StatusNoShow), []string{"Esta estadía ya pasó"}, []string{"Pagar"}},
		{"it has begun", func(f *payment.Folio) {
			confirmed(f)
			f.Reservation.Stay.Nights.From, f.Reservation.Stay.Nights.To = f.Reservation.Stay.Nights.From.AddDays(-125), f.Reservation.Stay.Nights.From
		}, []string{"Reserva confirmada"}, []string{"Cancelar la reserva"}},
		{"no deposit", func(f *payment.Folio) { f.Reservation.Deposit = 0 }, []string{"pagá antes el total", "Pagar · $ 34.000"}, []string{"Seña"}},
		{"nothing is known of the host", func(f *payment.Folio) { f.Facts.HostName, f.Facts.HostPhone = "", "11 5544" }, nil, []string{"Contacto", "WhatsApp"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, test.of).get("")
			if w.Code != http.StatusOK {
				t.Fatalf("%d", w.Code)
			}
			reads(t, w, test.wants...)
			silent(t, w, test.no...)
		})
	}
}

func TestWhereNobodyTakesPaymentsThePageOffersNone(t *testing.T) {
	t.Parallel()
	w := setupWith(t, false).get("")
	reads(t, w, "El anfitrión te va a decir cómo pagar.")
	silent(t, w, "Pagar la seña")
	w = setupWith(t, false, transfers).get("")
	reads(t, w, "Pagar por transferencia")
	silent(t, w, "El anfitrión te va a decir cómo pagar.")
}

func TestATransferSaysWhereToWhomHowMuchAndUntilWhen(t *testing.T) {
	t.Parallel()
	w := setup(t, transfers).get("")
	reads(t, w, "antes de las 14:35 h", "Alias bosque.cabana.mp", "CBU 0000003100010000000001", "Titular Marta Ruiz", "Banco Banco Nación",
		"Importe $ 10.200", "Referencia 7K3M9P", "Voy a transferir", "hasta mañana a las 14:05 h")
	w = setup(t, transfers, confirmed).get("")
	reads(t, w, "Importe $ 23.800")
	silent(t, w, "Voy a transferir", "antes de")
}

// TestWhatDoesNotOpenIsOnePage: neither the code nor the token can be probed.
func TestWhatDoesNotOpenIsOnePage(t *testing.T) {
	t.Parallel()
	p := setup(t)
	var first string
	for _, address := range []string{
		"/r/7K3M9P", "/r/7K3M9P?t=", "/r/7K3M9P?t=wrong", "/r/ZZZZZZ?t=" + p.access.GuestToken("ZZZZZZ"), "/r/ZZZZZZ?t=" + p.token(),
		"/r/%00?t=" + p.token(), "/r/%ff?t=" + p.token(), "/r/7K3M9P/cancelar", "/r/7K3M9P/estadia.ics", "/r/7K3M9P/estadia.ics?t=" + p.token(),
	} {
		w := p.ask(httptest.NewRequest(http.MethodGet, address, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", address, w.Code)
		}
		if first == "" {
			first = w.Body.String()
		}
		if w.Body.String() != first {
			t.Errorf("%s is another page", address)
		}
		reads(t, w, "No encontramos esa reserva")
		silent(t, w, "7K3M9P", "Bosque")
	}
}

func TestACodeIsReadAsItIsDictated(t *testing.T) {
	t.Parallel()
	p := setup(t)
	w := p.ask(httptest.NewRequest(http.MethodGet, "/r/7k3-m9p?t="+p.token(), nil))
	reads(t, w, "Reservada hasta")
}

func TestAProgramIsShownTheWayToTheSameAsJSON(t *testing.T) {
	t.Parallel()
	p := setup(t)
	for accept, want := range map[string]int{
		"application/json": http.StatusSeeOther, "application/problem+json, application/json;q=0.9": http.StatusSeeOther,
		"": http.StatusOK, "*/*": http.StatusOK, "text/html,application/json": http.StatusOK,
	} {
		r := httptest.NewRequest(http.MethodGet, "/r/7K3M9P?t="+p.token(), nil)
		r.Header.Set("Accept", accept)
		w := p.ask(r)
		if w.Code != want || want == http.StatusSeeOther && w.Header().Get("Location") != "/api/v1/reservations/7K3M9P?t="+p.token() {
			t.Errorf("%q: %d to %q", accept, w.Code, w.Header().Get("Location"))
		}
	}
}

func TestEveryAnswerKeepsTheAddressToItself(t *testing.T) {
	t.Parallel()
	p := setup(t, confirmed)
	for name, w := range map[string]*httptest.ResponseRecorder{
		"page": p.get(""), "cancel": p.get("/cancelar"), "ics": p.get("/estadia.ics"), "redirect": p.get("", "&payment_id=143"),
		"missing": p.ask(httptest.NewRequest(http.MethodGet, "/r/ZZZZZZ?t=x", nil)),
		"foreign": p.post("/cancelar", nil, "Sec-Fetch-Site", "cross-site"),
	} {
		header := w.Header()
		for field, want := range map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"} {
			if got := header.Get(field); got != want {
				t.Errorf("%s: %s is %q, want %q", name, field, got, want)
			}
		}
		policy := header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "style-src 'sha256-", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy %q lacks %s", name, policy, part)
			}
		}
		for _, no := range []string{"unsafe", "http:", "https:", "*"} {
			if strings.Contains(policy, no) {
				t.Errorf("%s: the policy allows %s", name, no)
			}
		}
		body := w.Body.String()
		for _, no := range []string{"<script", "style=\"", "src=", " onclick", "@import", "url("} {
			if strings.Contains(body, no) {
				t.Errorf("%s: the page contains %s", name, no)
			}
		}
	}
}

func TestADatabaseThatIsDownIsAPageToTryAgain(t *testing.T) {
	t.Parallel()
	p := setup(t)
	p.broken = fault.ErrUnavailable
	w := p.get("")
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", w.Code)
	}
	reads(t, w, "No pudimos abrir tu reserva", "Probar de nuevo")
	p.broken = errors.New("a secret of the database")
	if w = p.get(""); w.Code != http.StatusInternalServerError {
		t.Errorf("%d", w.Code)
	}
	silent(t, w, "secret")
}

func TestTheReturnFromTheCheckoutHasThePaymentLookedUpAndBelievesNothing(t *testing.T) {
	t.Parallel()
	p := setup(t)
	w := p.get("", "&collection_id=143&collection_status=approved&payment_id=143&status=approved&external_reference=7K3M9P&preference_id=1-2")
	clean := "/r/7K3M9P?t=" + p.token()
	leadsTo(t, w, clean+"&pago="+strconv.FormatInt(noon.Unix(), 10)+"-143")
	if len(p.looks) != 1 || p.looks[0].Provider != payment.MercadoPago || p.looks[0].PaymentID != "143" {
		t.Fatalf("%+v", p.looks)
	}
	waits := p.ask(httptest.NewRequest(http.MethodGet, w.Header().Get("Location"), nil))
	reads(t, waits, "Estamos confirmando tu pago", "Reservada hasta las 14:35 h")
	silent(t, waits, "Reserva confirmada", "Pagar la seña")
	if !strings.Contains(waits.Body.String(), `<meta http-equiv="refresh" content="3">`) {
		t.Error("the page does not load itself again")
	}
	for range 20 {
		p.get("", "&payment_id=144&status=approved")
	}
	if len(p.looks) != 1 {
		t.Errorf("the provider is asked %d times within a few seconds", len(p.looks))
	}
	p.now = noon.Add(6 * time.Second)
	p.get("", "&payment_id=143")
	if len(p.looks) != 2 || p.looks[1].UniqueKey() == p.looks[0].UniqueKey() {
		t.Errorf("%+v: a later return is not a look of its own", p.looks)
	}
	confirmed(&p.folio)
	leadsTo(t, p.ask(httptest.NewRequest(http.MethodGet, w.Header().Get("Location"), nil)), clean)
}

func TestAReturnThatNobodyHearsOfEnds(t *testing.T) {
	t.Parallel()
	p := setup(t)
	address := "&pago=" + strconv.FormatInt(noon.Unix(), 10) + "-143"
	p.now = noon.Add(61 * time.Second)
	w := p.get("", address)
	reads(t, w, "Todavía no nos llegó", "Actualizar")
	if strings.Contains(w.Body.String(), `http-equiv="refresh"`) {
		t.Error("after a minute the page still loads itself again")
	}
	p.folio.Payments = []payment.Payment{{ID: "143", Status: payment.Pending, Amount: 1020000}}
	leadsTo(t, p.get("", address), "/r/7K3M9P?t="+p.token())
	p.folio.Payments = nil
	p.now = noon.Add(2 * time.Hour)
	leadsTo(t, p.get("", address), "/r/7K3M9P?t="+p.token())
	for _, nonsense := range []string{"&pago=", "&pago=x-143", "&pago=99999999999999999999-1", "&pago=1-x", "&pago=9999999999-143"} {
		if w := p.get("", nonsense); strings.Contains(w.Body.String(), "refresh") {
			t.Errorf("%s is believed", nonsense)
		}
	}
}

func TestAGuestWhoComesBackWithoutHavingPaidGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"&collection_id=null&payment_id=null&status=null&preference_id=1-2", "&payment_id=" + strings.Repeat("9", 1000), "&payment_id=1%20or%201=1",
	} {
		p := setup(t)
		leadsTo(t, p.get("", query), "/r/7K3M9P?t="+p.token())
		if len(p.looks) != 1 || p.looks[0].Reservation() != "7K3M9P" {
			t.Errorf("%s: %+v", query, p.looks)
		}
	}
}

func TestOnlyAConfirmedStayGoesIntoACalendar(t *testing.T) {
	t.Parallel()
	w := setup(t, confirmed).get("/estadia.ics")
	if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != "text/calendar; charset=utf-8" {
		t.Fatalf("%d %s", w.Code, got)
	}
	for _, want := range []string{"BEGIN:VCALENDAR\r\n", "UID:stay-7K3M9P@cabins.test\r\n", "DTSTART:20261204T170000Z\r\n", "DTEND:20261207T133000Z\r\n"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("there is no %q in %s", want, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), "t=") {
		t.Error("the file carries the token")
	}
}

func TestWhatOwnersTypeNeverBecomesALinkThatRuns(t *testing.T) {
	t.Parallel()
	w := setup(t, func(f *payment.Folio) {
		f.Facts.Links = notice.Links{Map: "javascript:alert(1)"}
		f.Facts.Place, f.Facts.HostName = `"><script>`, "</style><script>alert(1)</script>"
	}).get("")
	body := w.Body.String()
	if strings.Contains(body, "javascript:") || strings.Contains(body, "<script") {
		t.Error(body)
	}
}
