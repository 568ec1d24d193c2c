package admin_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

const blocks = "/api/v1/admin/accommodations/1/blocks"

// block is nights that are closed by hand, as owners see them.
type block struct {
	ID        int64  `json:"id"`
	From      string `json:"from"`
	To        string `json:"to"`
	Note      string `json:"note"`
	CreatedAt string `json:"created_at"`
}

type blockList struct {
	Blocks []block `json:"blocks"`
	Next   string  `json:"next,omitempty"`
}

func TestAnOwnerClosesNightsByHand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := decode[block](t, b.do(t, http.MethodPost, blocks, `{"from":"2026-12-04","to":"2026-12-07","note":" Pintura\nafuera "}`), http.StatusCreated)
	if got.From != "2026-12-04" || got.To != "2026-12-07" || got.Note != "Pintura\nafuera" || got.CreatedAt != "2026-12-01T12:00:00Z" {
		t.Errorf("%+v", got)
	}
	decode[block](t, b.do(t, http.MethodPost, blocks, `{"from":"2026-12-01","to":"2026-12-02"}`), http.StatusCreated)
	listed := decode[blockList](t, b.do(t, http.MethodGet, blocks+"?limit=1", ""), http.StatusOK)
	if len(listed.Blocks) != 1 || listed.Blocks[0] != got || listed.Next == "" {
		t.Errorf("%+v", listed)
	}
	if rest := decode[blockList](t, b.do(t, http.MethodGet, blocks+"?after="+listed.Next, ""), http.StatusOK); len(rest.Blocks) != 1 || rest.Next != "" {
		t.Errorf("%+v", rest)
	}
	b.clock.move(72 * time.Hour)
	if left := decode[blockList](t, b.do(t, http.MethodGet, blocks, ""), http.StatusOK); len(left.Blocks) != 1 {
		t.Errorf("what is over is listed: %+v", left)
	}
	path := fmt.Sprintf("%s/%d", blocks, got.ID)
	if a := b.do(t, http.MethodDelete, path, ""); a.status != http.StatusNoContent || a.body != "" {
		t.Errorf("%d %s", a.status, a.body)
	}
	b.do(t, http.MethodDelete, path, "").refusal(t, http.StatusNotFound, "not_found")
	b.do(t, http.MethodDelete, blocks+"/x", "").refusal(t, http.StatusNotFound, "not_found")
}

func TestNightsThatCannotBeClosed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sql(t, `insert into reservations (code, accommodation_id, check_in, check_out, guests, status, channel, contact_name, contact_phone,
			currency, total_price, deposit_amount) values ('AAAAAA', 1, '2026-12-20', '2026-12-22', 2, 'confirmed', 'web', 'Zaphod', '+541142424242', 'ARS', 1, 1)`)
	b.do(t, http.MethodPost, blocks, `{"from":"2026-12-19","to":"2026-12-21"}`).refusal(t, http.StatusConflict, "dates_taken")
	decode[block](t, b.do(t, http.MethodPost, blocks, `{"from":"2026-12-18","to":"2026-12-20"}`), http.StatusCreated)
	for body, field := range map[string]string{
		`{"to":"2026-12-07"}`:                                                  "from",
		`{"from":"2026-12-07"}`:                                                "to",
		`{"from":"2026-12-07","to":"2026-12-07"}`:                              "to",
		`{"from":"2026-12-07","to":"2026-12-04"}`:                              "to",
		`{"from":"2026-11-07","to":"2026-11-30"}`:                              "to",
		`{"from":"2026-11-07","to":"2026-12-01"}`:                              "to", // this very morning
		`{"from":"2026-12-07","to":"2126-12-09"}`:                              "to",
		`{"from":"2126-12-07","to":"2126-12-09"}`:                              "to",
		`{"from":"tomorrow","to":"2026-12-07"}`:                                "from",
		`{"from":"2026-12-04","to":"2026-12-07","note":"` + repeat(501) + `"}`: "note",
		`{"from":"2026-12-04","to":"2026-12-07","note":"\u0000"}`:              "note",
	} {
		b.do(t, http.MethodPost, blocks, body).refusal(t, http.StatusUnprocessableEntity, "invalid", field)
	}
}
