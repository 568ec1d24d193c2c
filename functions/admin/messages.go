package admin

import (
	"context"

	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type messagesRequest struct {
	Status string `query:"status" validate:"omitempty,oneof=queued sent failed given_up" description:"Only those that stand so; failed: it is tried again"`
	web.Page
	web.Credentials
}

type messageList struct {
	Messages []written `json:"messages" required:"true" nullable:"false"`
	Next     string    `json:"next,omitempty" description:"Give it as after to get the next page; absent: there is none"`
}

// written is a message among those of all reservations. It says neither what was written nor where to.
type written struct {
	message
	ReservationCode *string `json:"reservation_code" required:"true" description:"null: it is about none"`
}

func (h *handler) messages(ctx context.Context, r messagesRequest) (messageList, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return messageList{}, err
	}
	found, err := h.Messages.List(ctx, "", r.Status, r.After, r.Size()+1)
	if err != nil {
		return messageList{}, err
	}
	var list messageList
	list.Messages, list.Next = web.CutPage(r.Page, found, func(d notice.Delivery) int64 { return d.ID },
		func(d notice.Delivery) written { return written{showMessage(&d), orNone(d.Code)} })
	return list, nil
}

type againRequest struct {
	MessageID int64 `path:"message" description:"The id of the message"`
	web.Credentials
}

// again is what was queued once more.
type again struct {
	ID     int64  `json:"id" required:"true"`
	Status string `json:"status" required:"true" enum:"queued"`
}

// sendAgain queues a message that was given up, as if it had never been tried.
func (h *handler) sendAgain(ctx context.Context, r againRequest) (again, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return again{}, err
	}
	if err := h.Messages.Again(ctx, r.MessageID, h.Now()); err != nil {
		return again{}, err
	}
	return again{ID: r.MessageID, Status: "queued"}, nil
}

func orNone(code string) *string {
	if code == "" {
		return nil
	}
	return &code
}
