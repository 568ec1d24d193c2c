package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
)

const conflicts = "/api/v1/admin/conflicts"

// conflict is one as owners see it.
type conflict struct {
	ID              int64    `json:"id"`
	AccommodationID int64    `json:"accommodation_id"`
	Severity        string   `json:"severity"`
	From            string   `json:"from"`
	To              string   `json:"to"`
	Parties         []party  `json:"parties"`
	DetectedAt      string   `json:"detected_at"`
	ResolvedAt      string   `json:"resolved_at,omitempty"`
	Options         []option `json:"options"`
}

type party struct {
	Type       string `json:"type"`
	Code       string `json:"code,omitempty"`
	PaidAmount string `json:"paid_amount,omitempty"`
	Source     string `json:"source,omitempty"`
	FeedID     int64  `json:"feed_id,omitempty"`
	Kind       string `json:"kind,omitempty"`
	From       string `json:"from"`
	To         string `json:"to"`
}

type option struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

type conflictList struct {
	Conflicts []conflict `json:"conflicts"`
	Next      string     `json:"next,omitempty"`
}

func (b *bundle) conflicts(t testing.TB, query string) conflictList {
	t.Helper()
	return decode[conflictList](t, b.do(t, http.MethodGet, conflicts+query, ""), http.StatusOK)
}

func (c conflict) codes() []string {
	var codes []string
	for _, o := range c.Options {
		codes = append(codes, o.Code)
	}
	return codes
}

func TestConflictsSayWhoWantsWhatAndWhatCanBeDone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sql(t, `insert into reservations (code, accommodation_id, check_in, check_out, guests, status, channel, contact_name, contact_phone,
			currency, total_price, deposit_amount, paid_amount)
		values ('AAAAAA', 1, '2026-12-04', '2026-12-08', 2, 'confirmed', 'web', 'Zaphod Beeblebrox', '+541142424242', 'ARS', 34000, 10200, 10200)`)
	b.reads(stay("a", 2026, 12, 6, 4))
	airbnb := b.add(t, `{"source":"airbnb","url":"https://example.com/a"}`)
	closure := stay("c", 2026, 12, 4, 1)
	closure.Kind = calendar.Blocked
	b.reads(closure)
	vrbo := b.add(t, `{"source":"vrbo","url":"https://example.com/v"}`)

	found := b.conflicts(t, "")
	if len(found.Conflicts) != 2 {
		t.Fatalf("%+v", found)
	}
	overlap, double := found.Conflicts[0], found.Conflicts[1]
	if overlap.Severity != "overlap" || !slices.Equal(overlap.codes(), []string{"open_on_channel", "cancel_reservation"}) || overlap.Parties[0].FeedID != vrbo.ID {
		t.Errorf("%+v", overlap)
	}
	want := conflict{
		ID: double.ID, AccommodationID: 1, Severity: "double_booking", From: "2026-12-06", To: "2026-12-08", DetectedAt: "2026-12-01T12:00:00Z",
		Parties: []party{
			{Type: "event", Source: "airbnb", FeedID: airbnb.ID, Kind: "reserved", From: "2026-12-06", To: "2026-12-10"},
			{Type: "reservation", Code: "AAAAAA", PaidAmount: "10200.00", From: "2026-12-04", To: "2026-12-08"},
		},
		Options: []option{
			{"move_guest", "Ofrecele a uno de los dos huéspedes otra cabaña que esté libre esas noches."},
			{"cancel_reservation", "Cancelá la reserva AAAAAA, devolvé lo que se pagó y avisale al huésped."},
			{"cancel_on_channel", "Cancelá la estadía en Airbnb, según las reglas de ese sitio."},
		},
	}
	if fmt.Sprintf("%+v", double) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", double, want)
	}
	encoded, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(encoded), "Zaphod") || strings.Contains(string(encoded), "4242") {
		t.Errorf("a guest is named: %s", encoded)
	}

	b.clock.move(time.Hour)
	b.do(t, http.MethodDelete, airbnb.path(""), "")
	if left := b.conflicts(t, ""); len(left.Conflicts) != 1 || left.Conflicts[0].ID != overlap.ID {
		t.Errorf("%+v", left)
	}
	all := b.conflicts(t, "?resolved=true&limit=1&after="+fmt.Sprint(overlap.ID))
	if len(all.Conflicts) != 1 || all.Conflicts[0].ResolvedAt != "2026-12-01T13:00:00Z" || len(all.Conflicts[0].Options) != 0 {
		t.Errorf("%+v", all)
	}
	if first := b.conflicts(t, "?resolved=true&limit=1"); len(first.Conflicts) != 1 || first.Next != fmt.Sprint(overlap.ID) {
		t.Errorf("%+v", first)
	}
	if other := b.conflicts(t, "?accommodation_id=2"); len(other.Conflicts) != 0 {
		t.Errorf("%+v", other)
	}
	for _, query := range []string{"?resolved=yes", "?limit=0x", "?limit=201", "?after=-1", "?accommodation_id=x"} {
		field, _, _ := strings.Cut(query[1:], "=")
		b.do(t, http.MethodGet, conflicts+query, "").refusal(t, http.StatusUnprocessableEntity, "invalid", field)
	}
}

func TestTwoChannelsThatSoldTheSameNights(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.reads(stay("a", 2026, 12, 4, 3))
	b.add(t, `{"source":"airbnb","url":"https://example.com/a"}`)
	b.reads(stay("b", 2026, 12, 5, 3))
	b.add(t, `{"source":"booking","url":"https://example.com/b"}`)
	found := b.conflicts(t, "")
	if len(found.Conflicts) != 1 {
		t.Fatalf("%+v", found)
	}
	got := found.Conflicts[0]
	if got.Severity != "double_booking" || got.From != "2026-12-05" || got.To != "2026-12-07" ||
		!slices.Equal(got.codes(), []string{"move_guest", "cancel_on_channel", "cancel_on_channel"}) ||
		!strings.Contains(got.Options[1].Text, "Airbnb") || !strings.Contains(got.Options[2].Text, "Booking.com") {
		t.Errorf("%+v", got)
	}
}
