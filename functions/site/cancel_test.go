package site_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

var hidden = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// fields are what a form of a page sends by itself.
func fields(body string) url.Values {
	form := url.Values{}
	for _, match := range hidden.FindAllStringSubmatch(body, -1) {
		form.Set(match[1], html.UnescapeString(match[2]))
	}
	return form
}

func TestCancellingIsAskedForOnceMoreWithWhatGoesBack(t *testing.T) {
	t.Parallel()
	p := setup(t, confirmed)
	p.preview = payment.Preview{Paid: 1020000, Refund: 510000, Kept: 510000, ByHand: 10000}
	w := p.get("/cancelar")
	reads(t, w, "¿Cancelar la reserva 7K3M9P?", "Pagado $ 10.200", "Te devolvemos $ 5.100", "No se devuelve $ 5.100", "$ 100 te los devuelve el anfitrión",
		"Hasta el dom 29/11 te devolvemos el 100 %", "Hasta el jue 3/12 te devolvemos el 50 %", "Sí, cancelar la reserva", "No, volver")
	if len(p.cancelled) != 0 {
		t.Fatal("looking has cancelled")
	}
	form := fields(w.Body.String())
	form.Set("motivo", "  Nos enfermamos\x00\u202e\r\nperdón  ")
	leadsTo(t, p.post("/cancelar", form), "/r/7K3M9P?t="+p.token())
	if len(p.cancelled) != 1 || p.cancelled[0] != "Nos enfermamos\nperdón" {
		t.Errorf("%q", p.cancelled)
	}
}

func TestAHoldThatNobodyPaidForIsCancelledWithoutTalkOfMoney(t *testing.T) {
	t.Parallel()
	p := setup(t)
	w := p.get("/cancelar")
	reads(t, w, "Todavía no pagaste nada")
	silent(t, w, "Te devolvemos $")
}

func TestWhatTheGuestWasShownMustStillHold(t *testing.T) {
	t.Parallel()
	p := setup(t, confirmed)
	p.preview = payment.Preview{Paid: 1020000, Refund: 1020000}
	form := fields(p.get("/cancelar").Body.String())
	p.preview = payment.Preview{Paid: 1020000, Refund: 510000, Kept: 510000}
	w := p.post("/cancelar", form)
	if w.Code != http.StatusConflict || len(p.cancelled) != 0 {
		t.Fatalf("%d, cancelled %d times", w.Code, len(p.cancelled))
	}
	reads(t, w, "cambió", "Te devolvemos $ 5.100")
	leadsTo(t, p.post("/cancelar", fields(w.Body.String())), "/r/7K3M9P?t="+p.token())
	if len(p.cancelled) != 1 {
		t.Error("the second form does not cancel")
	}
}

func TestFormsNeedTheTokenAndTheSamePage(t *testing.T) {
	t.Parallel()
	p := setup(t, transfers)
	good := url.Values{"t": {p.token()}}
	for _, below := range []string{"/cancelar", "/transferencia"} {
		for name, test := range map[string]struct {
			form   url.Values
			header []string
			want   int
		}{
			"no token":            {url.Values{}, nil, http.StatusNotFound},
			"a wrong one":         {url.Values{"t": {"wrong"}}, nil, http.StatusNotFound},
			"another site":        {good, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
			"another origin":      {good, []string{"Origin", "https://evil.example"}, http.StatusForbidden},
			"an old browser":      {good, []string{"Origin", "http://example.com"}, http.StatusSeeOther},
			"without an origin":   {good, []string{"Origin", "null"}, http.StatusSeeOther},
			"null and cross-site": {good, []string{"Origin", "null", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
			"the page itself":     {good, []string{"Origin", "null", "Sec-Fetch-Site", "same-origin"}, http.StatusSeeOther},
		} {
			before := len(p.cancelled) + len(p.transfers)
			w := p.post(below, test.form, test.header...)
			after := len(p.cancelled) + len(p.transfers)
			if w.Code != test.want {
				t.Errorf("%s, %s: %d, want %d", below, name, w.Code, test.want)
			}
			if done := w.Code == http.StatusSeeOther; done != (after > before) {
				t.Errorf("%s, %s: %d, done %v", below, name, w.Code, after > before)
			}
		}
	}
}

func TestWhatCannotBeCancelledAnyMoreLeadsToHowThingsAre(t *testing.T) {
	t.Parallel()
	p := setup(t, confirmed)
	p.refusal = booking.ErrInvalidState
	leadsTo(t, p.get("/cancelar"), "/r/7K3M9P?t="+p.token())
	leadsTo(t, p.post("/cancelar", url.Values{"t": {p.token()}}), "/r/7K3M9P?t="+p.token())
	p.refusal = fault.ErrBusy
	if w := p.get("/cancelar"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("%d", w.Code)
	}
}

func TestAGuestWhoSaysThatHeTransfersIsTakenAtHisWord(t *testing.T) {
	t.Parallel()
	p := setup(t, transfers)
	leadsTo(t, p.post("/transferencia", fields(p.get("").Body.String())), "/r/7K3M9P?t="+p.token()+"#transferencia")
	if len(p.transfers) != 1 || p.transfers[0] != 1020000 {
		t.Errorf("%v", p.transfers)
	}
	p = setup(t) // the cabin takes none
	leadsTo(t, p.post("/transferencia", url.Values{"t": {p.token()}}), "/r/7K3M9P?t="+p.token())
	if len(p.transfers) != 0 {
		t.Error("nights are kept for a transfer to nowhere")
	}
}
