package site_test

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/site"
	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const secret = "a secret of the tests, long enough"

// argentina is the cabin's time; at noon there it is 15 h in UTC.
var argentina = time.FixedZone("ART", -3*60*60)

// noon is when the guest looks: 14:05 h where the cabin is, on Saturday 1 August 2026.
var noon = time.Date(2026, time.August, 1, 17, 5, 0, 0, time.UTC)

// page is the function with what it is given, which a test may change before it asks.
type page struct {
	http.Handler
	access *web.Access

	mu        sync.Mutex
	now       time.Time
	folio     payment.Folio
	preview   payment.Preview
	refusal   error // of Preview, Cancel and Transfer
	broken    error // of Folio
	cancelled []string
	transfers []money.Cents
	looks     []payment.Look
}

func setup(t *testing.T, adjust ...func(*payment.Folio)) *page {
	t.Helper()
	return setupWith(t, true, adjust...)
}

func setupWith(t *testing.T, online bool, adjust ...func(*payment.Folio)) *page {
	t.Helper()
	p := &page{now: noon, folio: held()}
	for _, change := range adjust {
		change(&p.folio)
	}
	c := site.Config{TransferHold: 24 * time.Hour}
	c.GuestSecret, c.BaseURL = config.Secret(secret), "https://cabins.test"
	clock := func() time.Time {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.now
	}
	p.access = web.NewAccess(c.AccessConfig, clock)
	p.Handler = site.New(c, site.Deps{
		Folio: func(_ context.Context, code string) (payment.Folio, error) {
			if p.broken != nil {
				return payment.Folio{}, p.broken
			}
			if code != p.folio.Reservation.Code {
				return payment.Folio{}, fault.ErrNotFound
			}
			return p.folio, nil
		},
		Preview: func(context.Context, string, time.Time) (payment.Preview, error) { return p.preview, p.refusal },
		Cancel: func(_ context.Context, _, reason string, _ time.Time) error {
			p.cancelled = append(p.cancelled, reason)
			return p.refusal
		},
		Transfer: func(_ context.Context, _ string, amount money.Cents, _ time.Duration, _ time.Time) error {
			p.transfers = append(p.transfers, amount)
			return p.refusal
		},
		Look: func(_ context.Context, job payment.Look) error {
			p.looks = append(p.looks, job)
			return nil
		},
		Online: online, Now: clock,
	})
	return p
}

// held is a live hold of three nights: a deposit of $ 10.200 of $ 34.000, until 14:35 h.
func held() payment.Folio {
	r := booking.Reservation{
		ID: 1, Code: "7K3M9P", AccommodationID: 2, Status: booking.StatusPreReserved, PaymentStatus: booking.PaymentPending,
		Stay:    booking.Stay{Nights: civil.Nights{From: civil.New(2026, time.December, 4), To: civil.New(2026, time.December, 7)}, Guests: 2},
		Contact: booking.Contact{Name: "Ana <b>", Phone: "+5491155443322", Email: "ana@example.com"}, Currency: "ARS",
		Total: 3400000, Deposit: 1020000, ExpiresAt: noon.Add(30 * time.Minute), CreatedAt: noon,
		Lines: []booking.Line{
			{Kind: booking.LineNights, Label: "2 weekend nights, Verano", Quantity: 2, UnitPrice: 1200000, Amount: 2400000},
			{Kind: booking.LineNights, Label: "1 night", Quantity: 1, UnitPrice: 1000000, Amount: 1000000},
		},
	}
	return payment.Folio{
		Reservation: r, Terms: booking.Terms{AccommodationName: "Cabaña <del> Bosque", Policy: booking.PolicyModerate, Zone: argentina},
		Facts: notice.Facts{
			Zone: argentina, Code: r.Code, Cabin: "Cabaña <del> Bosque", Stay: r.Stay, Contact: r.Contact, Currency: "ARS",
			Total: r.Total, Deposit: r.Deposit, CheckIn: 14 * time.Hour, CheckOut: 10*time.Hour + 30*time.Minute,
			Place: "Ruta 40, km 12, Villa La Angostura", HostName: "Marta", HostPhone: "+5492944123456",
			Transfer: notice.Transfer{Reference: r.Code}, Links: notice.Links{Map: "https://maps.example/?q=1"},
		},
	}
}

func confirmed(f *payment.Folio) {
	f.Reservation.Status, f.Reservation.PaymentStatus = booking.StatusConfirmed, booking.PaymentPartiallyPaid
	f.Reservation.Paid, f.Reservation.ConfirmedAt = f.Reservation.Deposit, noon.Add(-time.Hour)
	f.Payments = []payment.Payment{{
		Provider: payment.MercadoPago, ID: "143", Status: payment.Approved, Amount: f.Reservation.Deposit, Currency: "ARS",
		DateCreated: noon.Add(-time.Hour),
	}}
}

func transfers(f *payment.Folio) {
	f.Facts.Transfer = notice.Transfer{Alias: "bosque.cabana.mp", CBU: "0000003100010000000001", Holder: "Marta Ruiz", Bank: "Banco Nación", Reference: f.Facts.Code}
}

func (p *page) token() string { return p.access.GuestToken(p.folio.Reservation.Code) }

// get asks for an address of the reservation, below it or its own (""), with its token.
func (p *page) get(below string, more ...string) *httptest.ResponseRecorder {
	return p.ask(httptest.NewRequest(http.MethodGet, "/r/"+p.folio.Reservation.Code+below+"?t="+p.token()+strings.Join(more, ""), nil))
}

func (p *page) ask(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func (p *page) post(below string, form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/r/"+p.folio.Reservation.Code+below, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return p.ask(r)
}

var (
	invisible = regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`)
	spaces    = regexp.MustCompile(`\s+`)
)

// words are what of a page can be read.
func words(w *httptest.ResponseRecorder) string {
	return strings.TrimSpace(spaces.ReplaceAllString(html.UnescapeString(invisible.ReplaceAllString(w.Body.String(), " ")), " "))
}

func reads(t *testing.T, w *httptest.ResponseRecorder, wanted ...string) {
	t.Helper()
	text := words(w)
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
}

func silent(t *testing.T, w *httptest.ResponseRecorder, unwanted ...string) {
	t.Helper()
	for _, no := range unwanted {
		if strings.Contains(words(w), no) {
			t.Errorf("the page says %q:\n%s", no, words(w))
		}
	}
}

func leadsTo(t *testing.T, w *httptest.ResponseRecorder, want string) {
	t.Helper()
	if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
		t.Errorf("%d to %q, want 303 to %q", w.Code, got, want)
	}
}
