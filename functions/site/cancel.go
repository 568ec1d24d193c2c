package site

import (
	"errors"
	"net/http"
	"strings"
	"unicode"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// leaving is the page that asks once more.
type leaving struct {
	page
	Preview  []amount
	Refund   money.Cents // what is shown, sent along to be compared
	Token    string
	Action   string
	Nothing  bool // nothing was paid
	Changed  bool // since it was shown last
	ByHand   string
	Policies []string
}

// askToCancel shows what would be given back, before anybody decides.
func (h *handler) askToCancel(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("t")
	f, err := h.folio(r, token)
	if err != nil {
		refuse(w, r, err)
		return nil
	}
	preview, err := h.Preview(r.Context(), f.Reservation.Code, h.Now())
	if err != nil {
		return h.tooLate(w, r, &f, err)
	}
	return render(w, http.StatusOK, "cancel.html", h.leaving(&f, preview, false))
}

// tooLate answers where nothing can be cancelled: the guest's page says how things are.
func (h *handler) tooLate(w http.ResponseWriter, r *http.Request, f *payment.Folio, failure error) error {
	if errors.Is(failure, booking.ErrInvalidState) || errors.Is(failure, booking.ErrAwaitingApproval) {
		see(w, h.self(f.Reservation.Code, ""))
		return nil
	}
	refuse(w, r, failure)
	return nil
}

func (h *handler) leaving(f *payment.Folio, p payment.Preview, changed bool) leaving {
	currency := f.Reservation.Currency
	l := leaving{
		page: h.view(f, h.Now()), Refund: p.Refund, Changed: changed, Nothing: p.Paid <= 0, Policies: policyWords(f, civil.Of(h.Now(), f.Terms.Zone)),
		Token: h.access.GuestToken(f.Reservation.Code), Action: pathTo(f.Reservation.Code, "/cancelar"),
	}
	if !l.Nothing {
		l.Preview = []amount{
			{Label: "Pagado", Value: notice.Spanish.Money(p.Paid, currency)},
			{Label: "Te devolvemos", Value: notice.Spanish.Money(p.Refund, currency), Strong: true},
		}
		if p.Kept > 0 {
			l.Preview = append(l.Preview, amount{Label: "No se devuelve", Value: notice.Spanish.Money(p.Kept, currency)})
		}
	}
	if p.ByHand > 0 {
		l.ByHand = notice.Spanish.Money(p.ByHand, currency)
	}
	return l
}

// cancel cancels, if what the guest was shown still holds: a day later the policy may give back less.
func (h *handler) cancel(w http.ResponseWriter, r *http.Request) error {
	f, err := h.form(r)
	if err != nil {
		refuse(w, r, err)
		return nil
	}
	now, code := h.Now(), f.Reservation.Code
	preview, err := h.Preview(r.Context(), code, now)
	if err != nil {
		return h.tooLate(w, r, &f, err)
	}
	if shown := r.PostFormValue("devolucion"); shown != "" && shown != preview.Refund.String() {
		return render(w, http.StatusConflict, "cancel.html", h.leaving(&f, preview, true))
	}
	if err := h.Cancel(r.Context(), code, cleanReason(r.PostFormValue("motivo")), now); err != nil {
		return h.tooLate(w, r, &f, err)
	}
	see(w, h.self(code, ""))
	return nil
}

// transfer takes the guest's word that he transfers, for which the nights are kept for longer.
func (h *handler) transfer(w http.ResponseWriter, r *http.Request) error {
	f, err := h.form(r)
	if err != nil {
		refuse(w, r, err)
		return nil
	}
	if !takesTransfers(&f) {
		see(w, h.self(f.Reservation.Code, ""))
		return nil
	}
	if err := h.Transfer(r.Context(), f.Reservation.Code, payment.Owed(&f.Reservation, payment.Deposit), h.transferHold, h.Now()); err != nil {
		return h.tooLate(w, r, &f, err)
	}
	see(w, h.self(f.Reservation.Code, "")+"#transferencia")
	return nil
}

// form reads what a form of ours sends. The token is in it: no other page can make such a form up.
func (h *handler) form(r *http.Request) (payment.Folio, error) {
	if err := r.ParseForm(); err != nil {
		if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return payment.Folio{}, large
		}
		return payment.Folio{}, fault.New(fault.Malformed, "malformed", "The form cannot be read.").WithCause(err)
	}
	return h.folio(r, r.FormValue("t"))
}

// maxReason is how long a reason is that the owner is shown, in characters.
const maxReason = 500

// cleanReason is what the guest typed as data: no characters that deceive, and not too many.
func cleanReason(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case !unicode.IsGraphic(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.TrimSpace(text)
	if runes := []rune(text); len(runes) > maxReason {
		text = string(runes[:maxReason])
	}
	return text
}
