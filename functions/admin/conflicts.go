package admin

import (
	"context"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type conflictsRequest struct {
	AccommodationID int64  `query:"accommodation_id" validate:"omitempty,min=1" description:"Only those of one cabin"`
	Resolved        string `query:"resolved" validate:"omitempty,oneof=true false" description:"true: those that are resolved too"`
	web.Page
	web.Credentials
}

type conflictList struct {
	Conflicts []conflict `json:"conflicts" required:"true" nullable:"false"`
	Next      string     `json:"next,omitempty" description:"Give it as after to get the next page; absent: there is none"`
}

// conflict is two that want the same nights.
type conflict struct {
	ID              int64             `json:"id" required:"true"`
	AccommodationID int64             `json:"accommodation_id" required:"true"`
	Severity        calendar.Severity `json:"severity" required:"true" enum:"double_booking,overlap" description:"double_booking: two guests may come; overlap: at least one of the two is surely no guest"`
	From            civil.Date        `json:"from" required:"true" description:"The first night that both want"`
	To              civil.Date        `json:"to" required:"true" description:"The day after the last"`
	Parties         []party           `json:"parties" required:"true" nullable:"false" description:"The two"`
	DetectedAt      time.Time         `json:"detected_at" required:"true"`
	ResolvedAt      *time.Time        `json:"resolved_at,omitempty" description:"Since when they overlap no more; absent: they do"`
	Options         []option          `json:"options" required:"true" nullable:"false" description:"What can be done; none where it is resolved"`
}

// party is one of the two. It says nothing of the guest.
type party struct {
	Type       string        `json:"type" required:"true" enum:"reservation,event" description:"event: of another channel's calendar, or closed by hand"`
	Code       string        `json:"code,omitempty" description:"Of the reservation"`
	PaidAmount *money.Cents  `json:"paid_amount,omitempty" description:"For the reservation, and not given back"`
	Source     string        `json:"source,omitempty" description:"The channel of the event"`
	FeedID     int64         `json:"feed_id,omitempty" description:"The feed of the event"`
	Kind       calendar.Kind `json:"kind,omitempty" enum:"reserved,blocked" description:"reserved: a guest's stay, or what may be one; blocked: surely none"`
	From       civil.Date    `json:"from" required:"true" description:"Its first night"`
	To         civil.Date    `json:"to" required:"true" description:"The day after its last night"`
}

type option struct {
	Code string `json:"code" required:"true" enum:"cancel_reservation,move_guest,cancel_on_channel,open_on_channel" description:"Stable: programs may depend on it"`
	Text string `json:"text" required:"true" description:"For the owner, in Spanish"`
}

func (h *handler) conflicts(ctx context.Context, r conflictsRequest) (conflictList, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return conflictList{}, err
	}
	found, err := h.Calendars.Conflicts(ctx, r.AccommodationID, r.Resolved != "true", r.After, r.Size()+1)
	if err != nil {
		return conflictList{}, err
	}
	var list conflictList
	list.Conflicts, list.Next = web.CutPage(r.Page, found, func(c calendar.Conflict) int64 { return c.ID }, showConflict)
	return list, nil
}

func showConflict(c calendar.Conflict) conflict {
	shown := conflict{
		ID: c.ID, AccommodationID: c.AccommodationID, Severity: c.Severity, From: c.Nights.From, To: c.Nights.To,
		Parties: []party{showEvent(c.Event)}, DetectedAt: c.DetectedAt.UTC(), ResolvedAt: web.Instant(c.ResolvedAt), Options: []option{},
	}
	if c.ReservationCode != "" {
		shown.Parties = append(shown.Parties, party{
			Type: "reservation", Code: c.ReservationCode, PaidAmount: &c.ReservationPaid, From: c.ReservationNights.From, To: c.ReservationNights.To,
		})
	} else {
		shown.Parties = append(shown.Parties, showEvent(c.Other))
	}
	if c.ResolvedAt.IsZero() {
		shown.Options = optionsOf(c)
	}
	return shown
}

func showEvent(p calendar.Party) party {
	return party{Type: "event", Source: p.Source, FeedID: p.FeedID, Kind: p.Kind, From: p.Nights.From, To: p.Nights.To}
}
