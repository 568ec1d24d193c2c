package admin

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// maxBlock is how many nights are closed at once at most: three years.
const maxBlock = 3 * 366

// block is nights that are closed by hand.
type block struct {
	ID        int64      `json:"id" required:"true"`
	From      civil.Date `json:"from" required:"true" description:"The first night"`
	To        civil.Date `json:"to" required:"true" description:"The day after the last night"`
	Note      string     `json:"note" required:"true" description:"Why; for the owner alone"`
	CreatedAt time.Time  `json:"created_at" required:"true"`
}

func showBlock(b calendar.Block) block {
	return block{ID: b.ID, From: b.Nights.From, To: b.Nights.To, Note: b.Note, CreatedAt: b.CreatedAt.UTC()}
}

type blockList struct {
	Blocks []block `json:"blocks" required:"true" nullable:"false"`
	Next   string  `json:"next,omitempty" description:"Give it as after to get the next page; absent: there is none"`
}

func (h *handler) blocks(ctx context.Context, r feedsRequest) (blockList, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return blockList{}, err
	}
	found, err := h.Calendars.Blocks(ctx, r.AccommodationID, h.Now(), r.After, r.Size()+1)
	if err != nil {
		return blockList{}, err
	}
	var list blockList
	list.Blocks, list.Next = web.CutPage(r.Page, found, func(b calendar.Block) int64 { return b.ID }, showBlock)
	return list, nil
}

type closeRequest struct {
	AccommodationID int64      `path:"id" json:"-" description:"The id of the cabin"`
	From            civil.Date `json:"from" validate:"required" description:"The first night"`
	To              civil.Date `json:"to" validate:"required" description:"The day after the last night"`
	Note            string     `json:"note,omitempty" validate:"omitempty,max=500,text" description:"Why; for the owner alone"`
	web.Credentials
}

func (h *handler) closeNights(ctx context.Context, r closeRequest) (block, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return block{}, err
	}
	nights := civil.Nights{From: r.From, To: r.To}
	switch {
	case !nights.Valid():
		return block{}, fault.InField("to", "must be after from")
	case nights.Len() > maxBlock:
		return block{}, fault.InField("to", fmt.Sprintf("must be at most %d nights after from", maxBlock))
	}
	closed, err := h.Calendars.Close(ctx, r.AccommodationID, nights, strings.TrimSpace(r.Note), h.Now())
	if err != nil {
		return block{}, err
	}
	return showBlock(closed), nil
}

type blockRequest struct {
	AccommodationID int64 `path:"id" description:"The id of the cabin"`
	BlockID         int64 `path:"block" description:"The id of the closed nights"`
	web.Credentials
}

func (h *handler) openNights(w http.ResponseWriter, r *http.Request) error {
	return h.remove(w, r, "block", func(ctx context.Context, cabin, block int64) error {
		return h.Calendars.Open(ctx, cabin, block, h.Now())
	})
}
