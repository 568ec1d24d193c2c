package converse

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/desk"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// How long each act may take. The guest waits, and the whole visit has Spec.Timeout.
const (
	askTimeout  = 5 * time.Second  // a question to the database
	doTimeout   = 8 * time.Second  // a change, with a look at calendars of other channels
	lookTimeout = 12 * time.Second // a question to the payment provider
	keepTimeout = 20 * time.Second // a file
)

// act asks or does what the dialogue wants. A world that does not answer is an outcome too: the guest is told, and never left
// without a word. An error is one of ours, and the message is tried again.
func (v *visit) act(ctx context.Context, a conversation.Act, one said) (conversation.Outcome, error) {
	do, within := v.deed(a.Kind)
	if do == nil {
		return conversation.Outcome{}, fmt.Errorf("nobody knows how to do %q", a.Kind)
	}
	inTime, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	o, err := do(inTime, a, one)
	if err == nil {
		return o, nil
	}
	if ctx.Err() != nil { // all of our time is over, not that of the act
		return conversation.Outcome{}, err
	}
	code := refusal(err)
	v.Log.Info().Str("function", Spec.Name).Str("act", string(a.Kind)).Str("refused", code).Msg("not done for a guest")
	return conversation.Outcome{Refused: code, Stays: o.Stays}, nil
}

type deed func(ctx context.Context, a conversation.Act, one said) (conversation.Outcome, error)

func (v *visit) deed(kind conversation.ActKind) (do deed, within time.Duration) {
	switch kind {
	case conversation.Search:
		return v.search, askTimeout
	case conversation.Hold:
		return v.hold, doTimeout
	case conversation.Mine:
		return v.mine, askTimeout
	case conversation.LookPaid:
		return v.lookPaid, lookTimeout
	case conversation.Preview:
		return v.preview, askTimeout
	case conversation.Cancel:
		return v.cancel, doTimeout
	case conversation.Transfer:
		return v.transfer, doTimeout
	case conversation.KeepReceipt:
		return v.keepReceipt, keepTimeout
	case conversation.HandOver:
		return v.tellOwner(notice.OwnerHandoff), askTimeout
	case conversation.TellLoop:
		return v.tellOwner(notice.OwnerLoop), askTimeout
	default:
		return nil, 0
	}
}

func (v *visit) search(ctx context.Context, a conversation.Act, _ said) (conversation.Outcome, error) {
	offers, err := v.each(ctx, a, v.desk.Search)
	if err != nil {
		return conversation.Outcome{}, err
	}
	o := conversation.Outcome{Offers: show(offers)}
	if slices.ContainsFunc(offers, func(o desk.Offer) bool { return o.WhyNot == nil }) {
		return o, nil
	}
	near, err := v.each(ctx, a, v.desk.Near)
	if err != nil {
		return conversation.Outcome{}, err
	}
	slices.SortStableFunc(near, func(x, y desk.Offer) int { return cmp.Compare(moved(x, a), moved(y, a)) })
	o.Near = show(near[:min(len(near), desk.MostNear)])
	return o, nil
}

// moved is by how many days an offer is of other nights than were asked for.
func moved(o desk.Offer, a conversation.Act) int {
	days := o.Stay.Nights.From.Sub(a.Stay.Nights.From)
	return max(days, -days)
}

// each asks the desk for the stay as it is in each cabin: a baby takes a guest's place in some of them.
func (v *visit) each(ctx context.Context, a conversation.Act, ask func(context.Context, booking.Stay, int64) ([]desk.Offer, error)) ([]desk.Offer, error) {
	guests := map[int64]int{}
	var stays []booking.Stay
	for _, c := range v.facts.Cabins {
		stay := c.Stay(a)
		guests[c.ID] = stay.Guests
		if !slices.Contains(stays, stay) {
			stays = append(stays, stay)
		}
	}
	var all []desk.Offer
	for _, stay := range stays {
		offers, err := ask(ctx, stay, a.Cabin)
		if err != nil {
			return nil, err
		}
		for _, o := range offers {
			if o.Stay.Guests == guests[o.Cabin.ID] {
				all = append(all, o)
			}
		}
	}
	slices.SortStableFunc(all, func(x, y desk.Offer) int { return cmp.Compare(refused(x), refused(y)) })
	return all, nil
}

func refused(o desk.Offer) int {
	if o.WhyNot != nil {
		return 1
	}
	return 0
}

func show(offers []desk.Offer) []conversation.Offer {
	shown := make([]conversation.Offer, len(offers))
	for n, o := range offers {
		shown[n] = conversation.Offer{Cabin: o.Cabin.ID, Stay: o.Stay, Quote: o.Quote}
		if o.WhyNot == nil {
			continue
		}
		shown[n].WhyNot = refusal(o.WhyNot)
		if errors.Is(o.WhyNot, booking.ErrMinNights) {
			shown[n].Least = o.Cabin.Night(o.Stay.Nights.From).MinNights
		}
	}
	return shown
}

// held is what is kept of a hold, to be found again by whoever works the same message once more.
type held struct {
	Code string `json:"code"`
}

// hold keeps nights. One message keeps nights once, whatever becomes of whoever works it.
func (v *visit) hold(ctx context.Context, a conversation.Act, one said) (conversation.Outcome, error) {
	ask := desk.Ask{
		Cabin: a.Cabin, Stay: a.Stay, Channel: channel, By: byGuest,
		Contact:  booking.Contact{Name: a.Name, Phone: v.session.Phone, Email: v.session.Contact.Email},
		Requests: pets(a.Pets), Total: a.Total,
		Key: "whatsapp:" + strconv.FormatInt(one.inboxID, 10),
		Answer: func(made *booking.Reservation, _ booking.Terms, _ time.Time) (int, []byte, error) {
			body, err := json.Marshal(held{made.Code})
			return http.StatusCreated, body, err
		},
	}
	hash := sha256.Sum256([]byte(ask.Key)) // of nothing else: the same message, understood otherwise since, has its nights already
	ask.Hash = hash[:]
	done, err := v.desk.Hold(ctx, ask)
	if err != nil {
		return conversation.Outcome{}, err
	}
	code := done.Reservation.Code
	if done.Before != nil {
		var before held
		if err := json.Unmarshal(done.Before, &before); err != nil {
			return conversation.Outcome{}, err
		}
		code = before.Code
	}
	if err := v.Conversations.Own(ctx, v.session.ContactID, code); err != nil {
		return conversation.Outcome{}, err
	}
	stay, err := v.stay(ctx, code)
	return conversation.Outcome{Stays: some(stay, err)}, err
}

// What reservations say of where they come from, and their history of who acts.
const (
	channel = "whatsapp"
	byGuest = "guest:whatsapp"
)

// pets is what the owner should know.
func pets(n int) string {
	switch {
	case n <= 0:
		return ""
	case n == 1:
		return "Viene con una mascota"
	default:
		return "Viene con " + strconv.Itoa(n) + " mascotas"
	}
}

func (v *visit) mine(ctx context.Context, _ conversation.Act, _ said) (conversation.Outcome, error) {
	stays, err := v.stays(ctx)
	return conversation.Outcome{Stays: stays}, err
}

// lookPaid asks the provider, who may know of a payment that nobody has told us of yet. Where he does not answer, what is known
// already may be answer enough.
func (v *visit) lookPaid(ctx context.Context, a conversation.Act, _ said) (conversation.Outcome, error) {
	stay, err := v.stay(ctx, a.Code)
	if err != nil || v.Cashier == nil || stay.Reservation.Paid >= stay.Reservation.Total {
		return conversation.Outcome{Stays: some(stay, err)}, err
	}
	if _, err := v.Cashier.Find(ctx, stay.Reservation.Code, nil); err != nil && stay.Status != booking.StatusConfirmed {
		return conversation.Outcome{Stays: some(stay, nil)}, err
	}
	stay, err = v.stay(ctx, a.Code)
	return conversation.Outcome{Stays: some(stay, err)}, err
}

func some(stay conversation.Stay, err error) []conversation.Stay {
	if err != nil {
		return nil
	}
	return []conversation.Stay{stay}
}

func (v *visit) preview(ctx context.Context, a conversation.Act, _ said) (conversation.Outcome, error) {
	stay, err := v.stay(ctx, a.Code)
	if err != nil {
		return conversation.Outcome{}, err
	}
	p, _, err := v.Payments.CancelPreview(ctx, stay.Reservation.Code, payment.ByGuest, nil, v.Now())
	return conversation.Outcome{Stays: some(stay, nil), Refund: p.Refund, Kept: p.Kept}, err
}

// justNow is how long ago a cancellation may be for it to be the one that was asked for: by whoever worked the message before, and
// did not come to say so.
const justNow = 10 * time.Minute

func (v *visit) cancel(ctx context.Context, a conversation.Act, one said) (conversation.Outcome, error) {
	stay, err := v.stay(ctx, a.Code)
	if err != nil {
		return conversation.Outcome{}, err
	}
	code, now := stay.Reservation.Code, v.Now()
	if r := stay.Reservation; r.Status == booking.StatusCancelled && r.Kept != nil && now.Sub(r.CancelledAt) < justNow && !r.CancelledAt.Before(one.message.At) {
		return conversation.Outcome{Stays: some(stay, nil), Refund: max(0, r.Paid-*r.Kept), Kept: *r.Kept}, nil
	}
	p, _, err := v.Payments.CancelPreview(ctx, code, payment.ByGuest, nil, now)
	if err != nil {
		return conversation.Outcome{Stays: some(stay, nil)}, err
	}
	_, err = v.Payments.Decide(ctx, code, byGuest, now, func(a payment.Account) (payment.Decision, error) {
		d, err := payment.Cancel(a, payment.ByGuest, "", nil, now)
		return d.Answered(), err
	})
	if err != nil {
		return conversation.Outcome{Stays: some(stay, nil)}, err
	}
	if after, err := v.stay(ctx, code); err == nil {
		stay = after
	}
	return conversation.Outcome{Stays: some(stay, nil), Refund: p.Refund, Kept: p.Kept}, nil
}

func (v *visit) transfer(ctx context.Context, a conversation.Act, _ said) (conversation.Outcome, error) {
	stay, err := v.stay(ctx, a.Code)
	if err != nil {
		return conversation.Outcome{}, err
	}
	if stay.Transfer.Alias == "" && stay.Transfer.CBU == "" {
		return conversation.Outcome{Stays: some(stay, nil)}, payment.ErrTransferNotOffered
	}
	due := payment.Owed(&stay.Reservation, payment.Deposit)
	now := v.Now()
	_, err = v.Payments.Decide(ctx, stay.Reservation.Code, byGuest, now, func(a payment.Account) (payment.Decision, error) {
		d, err := payment.AwaitTransfer(a, due, v.TransferHold, now)
		return d.Answered(), err
	})
	switch {
	case due <= 0 && errors.Is(err, fault.ErrInvalid):
		return conversation.Outcome{Stays: some(stay, nil)}, payment.ErrNothingOwed
	case err != nil:
		return conversation.Outcome{Stays: some(stay, nil)}, err
	}
	stay, err = v.stay(ctx, stay.Reservation.Code)
	return conversation.Outcome{Stays: some(stay, err)}, err
}
