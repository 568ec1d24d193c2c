package admin

import (
	"context"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type approvalsRequest struct {
	AccommodationID int64 `query:"accommodation_id" validate:"omitempty,min=1" description:"Only those of one cabin"`
	web.Page
	web.Credentials
}

type approvalList struct {
	Approvals []approval `json:"approvals" required:"true" nullable:"false"`
	Next      string     `json:"next,omitempty" description:"Give it as after to get the next page; absent: there is none"`
}

// approval is a hold that waits for the owner's word. It says nothing of the guest.
type approval struct {
	Code            string      `json:"code" required:"true" description:"What to approve, confirm or cancel"`
	AccommodationID int64       `json:"accommodation_id" required:"true"`
	CheckIn         civil.Date  `json:"check_in" required:"true"`
	CheckOut        civil.Date  `json:"check_out" required:"true"`
	Guests          int         `json:"guests" required:"true"`
	TotalPrice      money.Cents `json:"total_price" required:"true"`
	Currency        string      `json:"currency" required:"true"`
	ExpiresAt       time.Time   `json:"expires_at" required:"true" description:"Until when it waits"`
	CreatedAt       time.Time   `json:"created_at" required:"true"`
}

func (h *handler) approvals(ctx context.Context, r approvalsRequest) (approvalList, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return approvalList{}, err
	}
	found, err := h.AwaitingApproval(ctx, r.AccommodationID, h.Now(), r.After, r.Size()+1)
	if err != nil {
		return approvalList{}, err
	}
	var list approvalList
	list.Approvals, list.Next = web.CutPage(r.Page, found, func(a booking.Reservation) int64 { return a.ID }, showApproval)
	return list, nil
}

func showApproval(r booking.Reservation) approval {
	return approval{
		Code: r.Code, AccommodationID: r.AccommodationID, CheckIn: r.Stay.Nights.From, CheckOut: r.Stay.Nights.To, Guests: r.Stay.Guests,
		TotalPrice: r.Total, Currency: r.Currency, ExpiresAt: r.ExpiresAt.UTC(), CreatedAt: r.CreatedAt.UTC(),
	}
}
