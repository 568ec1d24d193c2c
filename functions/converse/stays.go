package converse

import (
	"context"
	"net/url"
	"strconv"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// maxStays is how many reservations a guest is shown.
const maxStays = 10

// stays are the guest's reservations, with the addresses that open them, and how they can be paid.
func (v *visit) stays(ctx context.Context) ([]conversation.Stay, error) {
	all, err := v.Conversations.Stays(ctx, v.session.ContactID, v.Now(), maxStays)
	if err != nil {
		return nil, err
	}
	for n := range all {
		if err := v.complete(ctx, &all[n]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (v *visit) complete(ctx context.Context, s *conversation.Stay) error {
	r := &s.Reservation
	token := url.PathEscape(r.Code) + "?t=" + v.access.GuestToken(r.Code)
	s.ManageURL = v.baseURL + "/r/" + token
	if !s.Status.Live() || r.Paid >= r.Total || r.Approval == booking.ApprovalWaiting {
		return nil
	}
	if v.Cashier != nil {
		s.PayURL = v.baseURL + "/pay/" + token
	}
	account, err := v.Conversations.Account(ctx, r.AccommodationID)
	if err != nil || account.Alias == "" && account.CBU == "" {
		return err
	}
	s.Transfer, s.TransferDue = account, payment.Owed(r, payment.Deposit)
	s.Transfer.Reference = r.Code
	folio, err := v.Payments.Folio(ctx, r.Code)
	s.AwaitsTransfer = folio.TransferBegun
	return err
}

// stay is the guest's reservation of a code. Of any other's nobody is told even that there is one: a code alone opens nothing.
func (v *visit) stay(ctx context.Context, code string) (conversation.Stay, error) {
	all, err := v.stays(ctx)
	if err != nil {
		return conversation.Stay{}, err
	}
	for _, s := range all {
		if s.Reservation.Code == code {
			return s, nil
		}
	}
	return conversation.Stay{}, fault.ErrNotFound
}

// maxReceipt is how large a receipt may be; see the table.
const maxReceipt = 5 << 20

// keepReceipt keeps what the guest has sent, and tells the owner to look at it.
func (v *visit) keepReceipt(ctx context.Context, a conversation.Act, one said) (conversation.Outcome, error) {
	if len(one.media) == 0 || v.Fetch == nil {
		return conversation.Outcome{}, fault.ErrUnavailable
	}
	var stays []conversation.Stay
	code := ""
	if stay, err := v.stay(ctx, a.Code); err == nil {
		stays, code = []conversation.Stay{stay}, stay.Reservation.Code
	}
	for _, id := range one.media {
		file, err := v.Fetch(ctx, id, maxReceipt)
		if err != nil {
			return conversation.Outcome{Stays: stays}, err
		}
		receipt := conversation.Receipt{ContactID: v.session.ContactID, Code: code, MediaID: id, File: file, CreatedAt: v.Now()}
		if _, err := v.KeepReceipt(ctx, receipt, receipt.CreatedAt); err != nil {
			return conversation.Outcome{Stays: stays}, err
		}
	}
	return conversation.Outcome{Stays: stays}, v.inform(ctx, v.session, notice.OwnerReceipt, one.inboxID, code, one.event.Text)
}

func (v *visit) tellOwner(kind notice.Kind) deed {
	return func(ctx context.Context, a conversation.Act, one said) (conversation.Outcome, error) {
		code := ""
		if stay, err := v.stay(ctx, a.Code); a.Code != "" && err == nil {
			code = stay.Reservation.Code
		}
		return conversation.Outcome{}, v.inform(ctx, v.session, kind, one.inboxID, code, one.event.Text)
	}
}

// inform leaves the owners a message about a guest, once for what made it necessary.
func (w *worker) inform(ctx context.Context, s conversation.Session, kind notice.Kind, inboxID int64, code, text string) error {
	contact := s.Contact
	if s.Profile != "" || contact.Name == "" {
		contact.Name = s.Profile
	}
	contact.Phone = s.Phone
	key := string(kind) + ":" + strconv.FormatInt(inboxID, 10)
	called := code
	if called == "" {
		called = "#" + strconv.FormatInt(s.ContactID, 10)
	}
	return w.Tell(ctx, kind, key, code, notice.Facts{Contact: contact, Reason: text, Chat: called}, w.Now())
}
