package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
)

const approvals = "/api/v1/admin/approvals"

// approval is a hold that waits for the owner, as owners see it.
type approval struct {
	Code            string `json:"code"`
	AccommodationID int64  `json:"accommodation_id"`
	CheckIn         string `json:"check_in"`
	CheckOut        string `json:"check_out"`
	Guests          int    `json:"guests"`
	TotalPrice      string `json:"total_price"`
	Currency        string `json:"currency"`
	ExpiresAt       string `json:"expires_at"`
	CreatedAt       string `json:"created_at"`
}

type approvalList struct {
	Approvals []approval `json:"approvals"`
	Next      string     `json:"next,omitempty"`
}

func (b *bundle) approvals(t testing.TB, query string) approvalList {
	t.Helper()
	return decode[approvalList](t, b.do(t, http.MethodGet, approvals+query, ""), http.StatusOK)
}

func TestAnOwnerSeesWhatWaitsForApproval(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sql(t, `insert into reservations (code, accommodation_id, check_in, check_out, guests, status, channel, contact_name, contact_phone,
			currency, total_price, deposit_amount, approval, expires_at, created_at)
		select code, cabin, '2026-12-04'::date + n, '2026-12-06'::date + n, 2, 'pre_reserved', 'web', 'Zaphod Beeblebrox', '+541142424242',
			'ARS', 34000, 10200, approval, '2026-12-02T12:00:00Z', '2026-12-01T12:00:00Z'
		from (values ('AAAAAA', 1, 0, 'waiting'), ('BBBBBB', 2, 0, 'waiting'), ('CCCCCC', 1, 10, 'none'), ('DDDDDD', 1, 20, 'waiting'))
			v (code, cabin, n, approval)`)
	all := b.approvals(t, "")
	want := approval{"AAAAAA", 1, "2026-12-04", "2026-12-06", 2, "34000.00", "ARS", "2026-12-02T12:00:00Z", "2026-12-01T12:00:00Z"}
	if len(all.Approvals) != 3 || all.Approvals[0] != want || all.Approvals[1].Code != "BBBBBB" || all.Approvals[2].Code != "DDDDDD" || all.Next != "" {
		t.Errorf("%+v", all)
	}
	first := b.approvals(t, "?accommodation_id=1&limit=1")
	if rest := b.approvals(t, "?accommodation_id=1&after="+first.Next); len(first.Approvals) != 1 || first.Approvals[0] != want ||
		len(rest.Approvals) != 1 || rest.Approvals[0].Code != "DDDDDD" || rest.Next != "" {
		t.Errorf("%+v, then %+v", first, rest)
	}
	if _, _, err := b.bookings.Change(t.Context(), "AAAAAA", owner, "approved", b.clock.now(), func(r *booking.Reservation) error {
		return r.Approve(b.clock.now())
	}); err != nil {
		t.Fatal(err)
	}
	if left := b.approvals(t, ""); len(left.Approvals) != 2 {
		t.Errorf("once one is approved: %+v", left)
	}
	b.clock.move(24 * time.Hour)
	if left := b.approvals(t, ""); len(left.Approvals) != 0 {
		t.Errorf("once they have run out: %+v", left)
	}
	for _, query := range []string{"?limit=201", "?after=-1", "?accommodation_id=x"} {
		field, _, _ := strings.Cut(query[1:], "=")
		b.do(t, http.MethodGet, approvals+query, "").refusal(t, http.StatusUnprocessableEntity, "invalid", field)
	}
	b.as(t, nil, http.MethodGet, approvals, "").refusal(t, http.StatusUnauthorized, "unauthenticated")
}
