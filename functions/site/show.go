package site

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const (
	// lookAgainFor is how long a page that waits for a payment loads itself again, and lookAgainEvery how often.
	lookAgainFor   = time.Minute
	lookAgainEvery = 3 * time.Second
	// waitedFor is how long after the return from a checkout it is worth saying that nothing has been heard of the payment.
	waitedFor = time.Hour
	// askEvery is how often one reservation's returns have the provider asked.
	askEvery = 5 * time.Second
)

// show is the guest's page. It is also where the checkout sends the guest back to.
func (h *handler) show(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	f, err := h.folio(r, query.Get("t"))
	if err != nil {
		refuse(w, r, err)
		return nil
	}
	w.Header().Set("Vary", "Accept")
	if wantsJSON(r) {
		see(w, "/api/v1/reservations/"+url.PathEscape(f.Reservation.Code)+"?t="+h.access.GuestToken(f.Reservation.Code))
		return nil
	}
	now := h.Now()
	if query.Has("collection_id") || query.Has("payment_id") || query.Has("preference_id") {
		see(w, h.returned(r, f.Reservation.Code, now))
		return nil
	}
	back, waits := readReturn(query.Get("pago"))
	if waits && back.over(f.Payments, now) {
		see(w, h.self(f.Reservation.Code, ""))
		return nil
	}
	p := h.view(&f, now)
	if waits {
		p.await(back, now)
	}
	return render(w, http.StatusOK, "show.html", p)
}

// wantsJSON reports whether a program asks that has found this address as a reservation's manage_url. Whoever does not say so, or
// takes pages too, gets a page.
func wantsJSON(r *http.Request) bool {
	accepted := strings.ToLower(strings.Join(r.Header.Values("Accept"), ","))
	return strings.Contains(accepted, "json") && !strings.Contains(accepted, "html")
}

// returned is where a guest goes on who comes from the checkout. What the query says of the payment, the guest's browser says: it
// is reason enough to ask the provider, and nothing else is made of it.
func (h *handler) returned(r *http.Request, code string, now time.Time) string {
	query := r.URL.Query()
	id := query.Get("payment_id")
	if !payment.IsPaymentID(id) {
		id = query.Get("collection_id")
	}
	named := payment.IsPaymentID(id) // else the provider says null: nothing was paid, as far as the browser knows
	if h.Online && h.returns.admit(code, now) {
		// One for all that happens in the same few seconds, through whichever process.
		job := payment.LookFor(payment.MercadoPago, code, "return "+code+" "+now.UTC().Truncate(askEvery).Format(time.RFC3339))
		if named {
			job.PaymentID = id
		}
		if err := h.Look(r.Context(), job); err != nil {
			web.Note(r.Context(), "not_looked_up", err.Error()) // the provider tells of it, too
		}
	}
	self := h.self(code, "")
	if !named {
		return self
	}
	return self + "&pago=" + strconv.FormatInt(now.Unix(), 10) + "-" + id
}

// comeBack is a return from the checkout that the page still waits to hear of.
type comeBack struct {
	at time.Time
	id string // of the payment, as the guest's browser says
}

func readReturn(text string) (comeBack, bool) {
	seconds, id, ok := strings.Cut(text, "-")
	at, err := strconv.ParseInt(seconds, 10, 64)
	return comeBack{time.Unix(at, 0), id}, ok && err == nil && payment.IsPaymentID(id)
}

// over reports whether there is nothing left to wait for: the provider has spoken, or it was too long ago.
func (b comeBack) over(known []payment.Payment, now time.Time) bool {
	if since := now.Sub(b.at); since < -lookAgainFor || since > waitedFor {
		return true
	}
	for _, p := range known {
		if p.ID == b.id {
			return !p.Status.Waiting() || now.Sub(b.at) > lookAgainFor
		}
	}
	return false
}

// await has the page say that it waits, and load itself again for a while. It offers no other way to pay meanwhile.
func (p *page) await(b comeBack, now time.Time) {
	p.Pay, p.PayNote, p.Transfer = nil, "", nil
	if p.State.Tone == wait {
		p.State.Text = nil // it says how to pay
	}
	if now.Sub(b.at) > lookAgainFor {
		p.Awaited = "Todavía no nos llegó la confirmación de tu pago. Puede demorar unos minutos: te avisamos apenas llegue. No pagues otra vez."
		return
	}
	p.Awaited, p.Refresh = "Estamos confirmando tu pago. Esta página se actualiza sola.", int(lookAgainEvery/time.Second)
}

// returns keeps one guest from having the provider asked all the time.
type returns struct {
	mu   sync.Mutex
	last map[string]time.Time // by code
}

// mostReturns bounds what is remembered.
const mostReturns = 1000

func (t *returns) admit(code string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, ok := t.last[code]; ok && now.Sub(last) < askEvery {
		return false
	}
	if t.last == nil || len(t.last) >= mostReturns {
		t.last = make(map[string]time.Time) // forgetting costs a question
	}
	t.last[code] = now
	return true
}

// calendar is the stay as a file for the guest's own calendar.
func (h *handler) calendar(w http.ResponseWriter, r *http.Request) error {
	f, err := h.folio(r, r.URL.Query().Get("t"))
	if err == nil && f.Reservation.StatusAt(h.Now()) != booking.StatusConfirmed {
		err = web.ErrNoRoute // there is no such page yet, or no more
	}
	if err != nil {
		refuse(w, r, err)
		return nil
	}
	f.Facts.Now = h.Now()
	text := notice.StayICS(notice.Spanish, notice.Event{Facts: f.Facts, Host: h.host})
	header := w.Header()
	header.Set("Content-Type", "text/calendar; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="estadia.ics"`)
	header.Set("Content-Length", strconv.Itoa(len(text)))
	w.Write(text) //nolint:errcheck // the client has gone: nothing is left to tell it
	return nil
}
