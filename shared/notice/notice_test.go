package notice_test

import (
	"html"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// now is 24 November 2026, 10 h in Argentina.
var now = time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)

// everything is facts without a gap. Each amount is another one, so that none can stand for another.
func everything() notice.Facts {
	return notice.Facts{
		Now: now, Zone: time.FixedZone("ART", -3*60*60),
		Code: "ABC123", Cabin: "El Refugio",
		Stay:    booking.Stay{Nights: civil.Nights{From: civil.New(2026, 12, 4), To: civil.New(2026, 12, 7)}, Guests: 2},
		CheckIn: 14 * time.Hour, CheckOut: 10 * time.Hour, Place: "Ruta 40, km 2031",
		Contact:  booking.Contact{Name: "Ana Pérez", Phone: "+5491123456789", Email: "ana@example.com"},
		Requests: "una cuna", Chat: "#12", ByOwner: true, HostName: "Marta", HostPhone: "+5492944111111",
		Currency: "ARS", Total: 340_000_00, Deposit: 102_000_00, Paid: 111_000_00,
		Amount: 111_000_50, AmountCurrency: "USD", Expected: 103_000_00, Refund: 51_000_00,
		Provider: "mercadopago", Payment: "987654", Reference: "XYZ", ReasonCode: "cc_rejected_insufficient_amount",
		Reason: "hay arreglos", Until: now.Add(30 * time.Minute), NotAfter: now.Add(30 * time.Minute),
		Transfer: notice.Transfer{Alias: "refugio.lago", CBU: "0000003100010000000001", Holder: "Marta Gómez", Bank: "Nación", Reference: "R-ABC123"},
		Rival:    notice.Rival{Source: "Airbnb", Nights: civil.Nights{From: civil.New(2026, 12, 5), To: civil.New(2026, 12, 8)}},
		Links: notice.Links{
			Pay: "https://c.example/pay/ABC123?t=a&amount=total", Manage: "https://c.example/r/ABC123?t=a", Site: "https://c.example/",
			Voucher: "https://mp.example/voucher", Admin: "https://c.example/admin/ABC123", Map: "https://maps.example/refugio",
			Review: "https://reviews.example/refugio",
		},
	}
}

const (
	stay     = "ABC123|vie 4/12, desde las 14 h|lun 7/12, hasta las 10 h|3 noches, 2 personas"
	paid     = "$ 340.000|$ 111.000|$ 229.000"
	owners   = "El Refugio|ABC123|vie 4/12 → lun 7/12|Ana Pérez|+5491123456789|https://c.example/admin/ABC123|https://wa.me/5491123456789"
	chats    = "ABC123|vie 4/12 → lun 7/12|Ana Pérez|+5491123456789|https://c.example/admin/ABC123|https://wa.me/5491123456789"
	payments = "Mercado Pago|987654"
	thePay   = "https://c.example/pay/ABC123?t=a&amount=total"
)

// matters is what each kind has to say, whatever its words are.
var matters = map[notice.Kind]string{
	notice.HoldMade:            "Ana|El Refugio|las 10:30 h|$ 102.000|" + thePay + "|https://c.example/r/ABC123|" + stay,
	notice.HoldExpired:         "Ana|El Refugio|No se te cobró nada|https://c.example/|ABC123",
	notice.ApprovalRequested:   "Ana|El Refugio|10:30 h|" + stay,
	notice.Approved:            "Ana|El Refugio|10:30 h|$ 102.000|" + thePay + "|" + stay,
	notice.ApprovalRejected:    "Ana|El Refugio|hay arreglos|https://c.example/|" + stay,
	notice.TransferDetails:     "Ana|El Refugio|refugio.lago|0000003100010000000001|Marta Gómez|Nación|R-ABC123|US$ 111.000,50|10:30 h|" + stay,
	notice.TransferReceived:    "Ana|El Refugio|US$ 111.000,50|confirmada|Ruta 40, km 2031|https://maps.example/refugio|" + paid + "|" + stay,
	notice.PaymentPending:      "Ana|El Refugio|US$ 111.000,50|10:30 h|https://mp.example/voucher|" + stay,
	notice.PaymentRejected:     "Ana|El Refugio|fondos|10:30 h|" + thePay + "|" + stay,
	notice.PaymentInReview:     "Ana|El Refugio|US$ 111.000,50|$ 103.000|" + stay,
	notice.Confirmed:           "Ana|El Refugio|US$ 111.000,50|confirmada|Ruta 40, km 2031|https://maps.example/refugio|" + paid + "|" + stay,
	notice.PaymentReceived:     "Ana|US$ 111.000,50|" + paid + "|" + stay,
	notice.PaidInFull:          "Ana|El Refugio|toda paga|" + stay,
	notice.LateConfirmed:       "Ana|El Refugio|US$ 111.000,50|vencido|confirmada|" + paid + "|" + stay,
	notice.LateRefunded:        "Ana|El Refugio|vie 4/12 → lun 7/12|$ 51.000|otra fecha|https://c.example/",
	notice.PaymentShort:        "Ana|US$ 111.000,50|faltan $ 103.000|10:30 h|" + thePay + "|" + stay,
	notice.PaymentWaits:        "Ana|El Refugio|US$ 111.000,50|10:30 h|" + stay,
	notice.UnconfirmedRefunded: "Ana|El Refugio|$ 51.000|vie 4/12 → lun 7/12|https://c.example/|ABC123",
	notice.ClashRefunded:       "Ana|El Refugio|$ 51.000|disculpas|vie 4/12 → lun 7/12|https://c.example/|ABC123",
	notice.CancelledRefunded:   "Ana|$ 51.000|cancelada|ABC123",
	notice.ExcessRefunded:      "Ana|El Refugio|$ 51.000|" + stay,
	notice.CancelledByGuest:    "Ana|El Refugio|$ 51.000|" + stay,
	notice.CancelledByOwner:    "Ana|El Refugio|$ 51.000|hay arreglos|disculpas|" + stay,
	notice.RefundDone:          "Ana|El Refugio|$ 51.000|ABC123",
	notice.HoldExpiring:        "Ana|El Refugio|las 10:30 h|vie 4/12 → lun 7/12|falta de la seña|" + thePay + "|ABC123",
	notice.BalanceDue:          "Ana|El Refugio|Quedan por pagar $ 229.000|Pagar el saldo|" + thePay + "|" + paid + "|" + stay,
	notice.PreArrival:          "Ana|El Refugio|el vie 4/12, desde las 14 h|Ruta 40, km 2031|https://maps.example/refugio|+5492944111111|$ 229.000|https://c.example/r/ABC123|" + stay,
	notice.DepartureDay:        "Ana|El Refugio|hasta el lun 7/12 a las 10 h|+5492944111111|Gracias",
	notice.ThanksReview:        "Ana|El Refugio|racias|https://reviews.example/refugio",

	notice.OwnerConfirmed:           "US$ 111.000,50|una cuna|ana@example.com|" + paid + "|" + owners,
	notice.OwnerPaymentReceived:     "US$ 111.000,50|" + payments + "|" + paid + "|" + owners,
	notice.OwnerLateRefunded:        "$ 51.000|" + payments + "|" + owners,
	notice.OwnerUnconfirmedRefunded: "$ 51.000|" + payments + "|" + owners,
	notice.OwnerClashRefunded:       "US$ 111.000,50|$ 51.000|" + payments + "|" + owners,
	notice.OwnerPaymentWaits:        "US$ 111.000,50|10:30 h|" + payments + "|" + owners,
	notice.OwnerMediation:           "US$ 111.000,50|siguen ocupadas|" + payments + "|" + owners,
	notice.OwnerFraudAlert:          "US$ 111.000,50|fraude|siguen ocupadas|" + payments + "|" + owners,
	notice.OwnerDisputeOver:         "US$ 111.000,50|" + payments + "|" + owners,
	notice.OwnerRefundByHand:        "$ 51.000|panel|" + payments + "|" + owners,
	notice.OwnerCancelledRefunded:   "$ 51.000|" + payments + "|" + owners,
	notice.OwnerExcessRefunded:      "$ 51.000|" + payments + "|" + owners,
	notice.OwnerAmountWrong:         "US$ 111.000,50|$ 103.000|no se confirmó|" + payments + "|" + owners,
	notice.OwnerTestPayment:         "US$ 111.000,50|" + payments + "|" + owners,
	notice.OwnerUnknownReference:    "US$ 111.000,50|XYZ|" + payments,
	notice.OwnerPaymentRefunded:     "$ 51.000|siguen ocupadas|" + payments + "|" + owners,
	notice.OwnerChargeback:          "US$ 111.000,50|siguen ocupadas|" + payments + "|" + owners,
	notice.OwnerCancelled:           "$ 51.000|hay arreglos|de parte de la casa|" + owners,
	notice.OwnerRefundFailing:       "$ 51.000|hay arreglos|" + payments + "|" + owners,
	notice.OwnerRefundDone:          "$ 51.000|" + payments + "|" + owners,
	notice.OwnerTransferWaiting:     "US$ 111.000,50|R-ABC123|10:30 h|" + owners,
	notice.OwnerApprovalWaiting:     "10:30 h|$ 340.000|una cuna|" + owners,
	notice.OwnerDoubleBooking:       "El Refugio|ABC123|vie 4/12 → lun 7/12|Airbnb|sáb 5/12 → mar 8/12|https://c.example/admin/ABC123",
	notice.OwnerHandoff:             "hablar con una persona|hay arreglos|responder #12 …|bot #12|" + chats,
	notice.OwnerGuestWrote:          "Ana Pérez (#12): |hay arreglos|responder #12 …|bot #12|https://c.example/admin/ABC123|https://wa.me/5491123456789",
	notice.OwnerLoop:                "dando vueltas|hay arreglos|" + chats,
	notice.OwnerReceipt:             "comprobante|hay arreglos|" + paid + "|" + chats,
	notice.OwnerUnanswered:          "no le pudo contestar|hay arreglos|" + chats,
	notice.OwnerMessageFailed:       "No le pudimos avisar|ni por WhatsApp ni por mail|" + chats,
	notice.OwnerWhatsAppDown:        "WhatsApp no está funcionando|quedan en espera",
	notice.OwnerTemplateDown:        "dio de baja una plantilla|le avisamos por mail",
}

func TestEveryMessageSaysWhatMatters(t *testing.T) {
	t.Parallel()
	for _, kind := range notice.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			m := notice.Render(notice.Spanish, kind, everything())
			wellFormed(t, m)
			if matters[kind] == "" {
				t.Fatal("nobody has said what matters")
			}
			page := html.UnescapeString(m.HTML)
			for want := range strings.SplitSeq(matters[kind], "|") {
				if text := m.Subject + "\n" + m.Text; !strings.Contains(text, want) {
					t.Errorf("the text does not say %q:\n%s", want, text)
				}
				if !strings.Contains(page, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
			if strings.Contains(m.Subject, "Ana") {
				t.Errorf("a guest's name on a lock screen: %q", m.Subject)
			}
		})
	}
}

// wellFormed checks what holds for any message whatever the facts.
func wellFormed(t rapid.TB, m notice.Message) {
	if n := utf8.RuneCountInString(m.Text); n == 0 || n > notice.MaxText {
		t.Errorf("the text has %d characters", n)
	}
	if m.Subject == "" || strings.ContainsAny(m.Subject, "\r\n") || utf8.RuneCountInString(m.Subject) > 120 {
		t.Errorf("the subject is %q", m.Subject)
	}
	for _, text := range []string{m.Subject, m.Text, m.HTML} {
		for _, bad := range []string{"<no value>", "%!", "{{", "}}", "ZgotmplZ", "()", "«»", " .", " ,", "  ", ": \n", "$ 0"} {
			if strings.Contains(text, bad) {
				t.Errorf("%q in %s", bad, text)
			}
		}
		if !utf8.ValidString(text) {
			t.Errorf("not UTF-8: %q", text)
		}
	}
	if !strings.HasPrefix(m.HTML, "<!doctype html>") || !strings.HasSuffix(m.HTML, "</html>\n") {
		t.Errorf("not a page: %s", m.HTML)
	}
}

// TestWhateverIsNotKnownIsLeftOut takes facts away, some at a time and all at once.
func TestWhateverIsNotKnownIsLeftOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := everything()
		forget(t, reflect.ValueOf(&f).Elem())
		for _, kind := range notice.Kinds() {
			for _, err := range notice.Complaints(notice.Spanish, kind, f) {
				if err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
			}
			wellFormed(t, notice.Render(notice.Spanish, kind, f))
		}
	})
	for _, kind := range notice.Kinds() {
		m := notice.Render(notice.Spanish, kind, notice.Facts{})
		wellFormed(t, m)
		if strings.Contains(m.HTML, "<a ") {
			t.Errorf("%s: a link to nowhere", kind)
		}
	}
}

// forget empties some of the fields.
func forget(t *rapid.T, v reflect.Value) {
	for i := range v.NumField() {
		field := v.Field(i)
		switch {
		case rapid.Bool().Draw(t, v.Type().Field(i).Name):
			field.SetZero()
		case field.Kind() == reflect.Struct && field.Type().PkgPath() != "time" && field.Type() != reflect.TypeFor[civil.Nights]():
			forget(t, field)
		}
	}
}

var href = regexp.MustCompile(`href="([^"]*)"`)

// TestWhatGuestsTypeStaysData: anybody can type anything into a form that sends mail to anybody else.
func TestWhatGuestsTypeStaysData(t *testing.T) {
	t.Parallel()
	hostile := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "Ana\r\nBcc: x@evil.example", "x\n\nPagar:\nhttps://evil.example",
		"{{.Code}}", "%s%d%!", "\u202egnp.exe", strings.Repeat("ñandú ", 500), strings.Repeat("https://evil.example/", 99), "\x00\xff\xfe", "Total: $ 1",
	}
	for _, kind := range notice.Kinds() {
		for _, text := range hostile {
			f := everything()
			f.Contact = booking.Contact{Name: text, Phone: text, Email: text}
			f.Cabin, f.Code, f.Requests, f.Reason, f.ReasonCode, f.Reference, f.Payment = text, text, text, text, text, text, text
			f.Place, f.HostName, f.HostPhone, f.Provider, f.Rival.Source, f.AmountCurrency = text, text, text, text, text, text
			f.Transfer = notice.Transfer{Alias: text, CBU: text, Holder: text, Bank: text, Reference: text}
			m := notice.Render(notice.Spanish, kind, f)
			if n := utf8.RuneCountInString(m.Text); n > notice.MaxText || strings.ContainsAny(m.Subject, "\r\n") {
				t.Errorf("%s: %d characters, subject %q", kind, n, m.Subject)
			}
			if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<img") || strings.ContainsAny(m.Text+m.Subject, "\u202e\x00\r") {
				t.Errorf("%s: %q went through", kind, text)
			}
			for _, found := range href.FindAllStringSubmatch(m.HTML, -1) {
				if strings.Contains(found[1], "evil") {
					t.Errorf("%s: %q became a link", kind, text)
				}
			}
			if strings.Contains(m.Text, "\nhttps://evil.example\n") {
				t.Errorf("%s: a line of the guest's own: %s", kind, m.Text)
			}
		}
	}
}

func TestOnlyAFirstNameGreets(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ana Pérez": "Hola Ana,", "  María-José  ": "Hola María-José,", "O'Connor": "Hola O'Connor,", "": "Hola,",
		"evil.example gratis": "Hola,", "https://evil.example": "Hola,", "4ever": "Hola,", strings.Repeat("a", 31): "Hola,",
	} {
		f := everything()
		f.Contact.Name = name
		if m := notice.Render(notice.Spanish, notice.Confirmed, f); !strings.HasPrefix(m.Text, want) {
			t.Errorf("%q: %.40s", name, m.Text)
		}
	}
}

func TestWhoHasToPayAllIsNotToldOfADeposit(t *testing.T) {
	t.Parallel()
	for _, kind := range []notice.Kind{notice.HoldMade, notice.HoldExpired, notice.Approved, notice.TransferDetails, notice.PaymentShort} {
		for deposit, all := range map[money.Cents]bool{0: true, 102_000_00: false, 340_000_00: true} {
			f := everything()
			f.Deposit = deposit
			m := notice.Render(notice.Spanish, kind, f)
			wellFormed(t, m)
			for _, text := range []string{m.Subject + m.Text, m.HTML} {
				if strings.Contains(strings.ToLower(text), "seña") == all || all != strings.Contains(text, "el total") && all != strings.Contains(text, "al total") {
					t.Errorf("%s with a deposit of %s: %s", kind, deposit, text)
				}
			}
			if kind == notice.HoldMade && all && !strings.Contains(m.Text, "Pagar el total de $ 340.000") {
				t.Error(m.Text)
			}
		}
	}
}

func TestALinkGoesWhereAPersonMayBeSent(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://c.example/pay?t=x": true, "http://localhost:8080/pay": true,
		"javascript:alert(1)": false, "//evil.example": false, "ftp://x.example": false, "https://x.example/a b": false,
		"https://x.example/\r\nBcc:": false, "https://x.example/" + strings.Repeat("a", 500): false,
	} {
		f := everything()
		f.Links.Pay = address
		m := notice.Render(notice.Spanish, notice.HoldMade, f)
		if got := strings.Contains(m.Text, "Pagar la seña"); got != want || got && !strings.Contains(m.Text, address) {
			t.Errorf("%q: %v", address, got)
		}
	}
}

func TestALongTextKeepsWhatItIsAbout(t *testing.T) {
	t.Parallel()
	f := everything()
	f.Cabin, f.Place, f.HostName = strings.Repeat("Refugio ", 12), strings.Repeat("Camino ", 20), strings.Repeat("Marta ", 12)
	long := "https://c.example/" + strings.Repeat("a", 400)
	f.Links.Pay, f.Links.Manage, f.Links.Map = long+"/pay", long+"/manage", long+"/map"
	m := notice.Render(notice.Spanish, notice.HoldMade, f)
	wellFormed(t, m)
	if !strings.Contains(m.Text, f.Links.Pay) || strings.Contains(m.Text, "…/") || strings.Contains(m.Text, f.Links.Manage) {
		t.Errorf("got %s", m.Text)
	}
	if !strings.Contains(m.HTML, f.Links.Manage) {
		t.Error("the page has room for all of it")
	}
}

func TestEveryKindHasOneReaderAndWords(t *testing.T) {
	t.Parallel()
	kinds := notice.Kinds()
	for i, kind := range kinds {
		if !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(string(kind)) || slices.Contains(kinds[:i], kind) {
			t.Errorf("%q is stored and not fit for it", kind)
		}
		if !notice.Translated(notice.Spanish, kind) {
			t.Errorf("%s has no words", kind)
		}
		if want := strings.HasPrefix(string(kind), "owner_"); want != (kind.Recipient() == notice.Owner) {
			t.Errorf("%s goes to %s", kind, kind.Recipient())
		}
		if kind.Recipient() == notice.Owner && kind.Calendar() {
			t.Errorf("%s: the .ics is the guest's", kind)
		}
	}
	if len(kinds) != len(matters) {
		t.Errorf("%d kinds, %d of which it is known what matters", len(kinds), len(matters))
	}
}

func TestAKindThatNobodyKnowsStillSaysWhereToLook(t *testing.T) {
	t.Parallel()
	for kind, want := range map[notice.Kind]string{"": "https://c.example/r/ABC123", "news": "https://c.example/r/ABC123", "owner_news": "https://c.example/admin/ABC123"} {
		m := notice.Render("xx", kind, everything())
		wellFormed(t, m)
		if !strings.Contains(m.Text, want) || !strings.Contains(m.Subject, "ABC123") {
			t.Errorf("%q: %s", kind, m.Text)
		}
	}
}

func TestMoneyThatWasNotPaidIsNotSpokenOf(t *testing.T) {
	t.Parallel()
	f := everything()
	f.Amount, f.Paid, f.Refund = 0, 0, 0
	tests := []struct {
		kind      notice.Kind
		paid      bool
		says, not string
	}{
		{notice.Confirmed, false, "está confirmada", "recibimos"}, // by the owner's word
		{notice.Confirmed, true, "todo pago", "Resta"},
		{notice.CancelledByGuest, false, "cancelamos", "devol"},
		{notice.CancelledByGuest, true, "no corresponde devolución", "Te devolvemos"},
		{notice.OwnerCancelled, true, "no corresponde devolución", "Se le devuelven"},
	}
	for _, test := range tests {
		f := f
		if test.paid {
			f.Paid = f.Total
		}
		m := notice.Render(notice.Spanish, test.kind, f)
		wellFormed(t, m)
		if !strings.Contains(m.Text, test.says) || strings.Contains(m.Text, test.not) {
			t.Errorf("%s: %s", test.kind, m.Text)
		}
	}
}
