package reserve_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestView(t *testing.T) {
	t.Parallel()

	t.Run("the guest sees everything but himself, the owner sees him too", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, map[string]any{"contact_email": "ana@example.com", "channel": "phone", "special_requests": "Una cuna"})
		byHeader := b.get(t, held.path(""), held.asGuest(t)...)
		byLink := b.get(t, held.link(t))
		if string(byHeader.body) != string(byLink.body) {
			t.Errorf("by header %s\nby link %s", byHeader.body, byLink.body)
		}
		seen := byHeader.reservation(t, http.StatusOK)
		for _, hers := range []string{"Ana", "5544", "ana@", "cuna", "phone"} {
			if strings.Contains(string(byHeader.body), hers) {
				t.Errorf("%q is in %s", hers, byHeader.body)
			}
		}
		byOwner := b.get(t, held.path(""), b.asOwner(t)...).reservation(t, http.StatusOK)
		if want := (person{Name: "Ana Pérez", Phone: "+5491155443322", Email: "ana@example.com", Channel: "phone", SpecialRequests: "Una cuna"}); byOwner.Contact == nil || *byOwner.Contact != want {
			t.Errorf("contact %+v", byOwner.Contact)
		}
		byOwner.Contact = nil
		if string(encode(t, byOwner)) != string(encode(t, seen)) {
			t.Errorf("the owner sees %+v\nthe guest %+v", byOwner, seen)
		}
		if kept := byLink.header.Get("Cache-Control"); kept != "no-store" {
			t.Errorf("Cache-Control %q", kept)
		}
	})

	t.Run("a code may be dictated", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		b.sql(t, `update reservations set code = '0K1ABC' where code = $1`, held.Code)
		token := []string{"X-Guest-Token", b.access.GuestToken("0K1ABC")}
		for _, said := range []string{"0K1ABC", "0k1abc", "OKIABC", "okl-abc", "0K1%20ABC", "%200%20k%201%20a%20b%20c", "0K1%E2%80%93ABC"} {
			if seen := b.get(t, reservations+"/"+said, token...).reservation(t, http.StatusOK); seen.Code != "0K1ABC" {
				t.Errorf("%s opens %s", said, seen.Code)
			}
		}
		if seen := b.post(t, reservations+"/okl-abc/cancel", "", token...).reservation(t, http.StatusOK); seen.Status != "cancelled" {
			t.Errorf("%+v", seen)
		}
	})

	t.Run("a reservation that an operator entered opens by the code that he gave it", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for i, code := range []string{"AIRBNB-HMX123", "HOLD01", "Luis 7", "x"} {
			b.sql(t, `insert into reservations (code, accommodation_id, check_in, check_out, status, channel, total_price)
				values ($1, 1, $2, $3, 'confirmed', 'airbnb', 20000)`, code, noon.AddDate(0, 0, i), noon.AddDate(0, 0, i+1))
			for _, who := range [][]string{b.asOwner(t), {"X-Guest-Token", b.access.GuestToken(code)}} {
				seen := b.get(t, reservations+"/"+url.PathEscape(code), who...).reservation(t, http.StatusOK)
				if seen.Code != code || seen.TotalPrice != "20000.00" || seen.Lines == nil || len(seen.Lines) != 0 || seen.PaymentURL == "" {
					t.Errorf("%+v", seen)
				}
				b.get(t, seen.link(t)).reservation(t, http.StatusOK)
			}
			b.post(t, reservations+"/"+url.PathEscape(code)+"/cancel", "", b.asOwner(t)...).reservation(t, http.StatusOK)
		}
	})

	t.Run("there is something to pay until all of it is paid", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		for paid, open := range map[string]bool{"0": true, "10200": true, "33999.99": true, "34000": false, "40000": false} {
			b.sql(t, `update reservations set paid_amount = $1::numeric`, paid)
			if seen := b.get(t, held.link(t)).reservation(t, http.StatusOK); (seen.PaymentURL != "") != open {
				t.Errorf("%s paid: %+v", paid, seen)
			}
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()

	t.Run("a guest gives up his hold, once, and its nights are free", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		b.clock.move(10 * time.Minute)
		got := b.post(t, held.path("/cancel"), `{"reason": " Llueve.\n "}`, held.asGuest(t)...).reservation(t, http.StatusOK)
		want := held
		want.Status, want.CancelledAt, want.ExpiresAt, want.PaymentURL = "cancelled", "2026-12-01T12:10:00Z", "", ""
		nothing := "0.00"
		want.RefundDue = &nothing
		if string(encode(t, got)) != string(encode(t, want)) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		if row := b.row(t, held.Code); row.Status != "cancelled" || row.CancelReason != "Llueve." {
			t.Errorf("%+v", row)
		}
		p := b.post(t, held.path("/cancel"), "", held.asGuest(t)...).refusal(t, http.StatusConflict, "invalid_state")
		if p.Detail != "The reservation is cancelled and cannot be cancelled." {
			t.Error(p.Detail)
		}
		if events := b.events(t, held.Code); !slices.Equal(events, []string{"guest held 0", "guest cancelled 10"}) {
			t.Errorf("events %q", events)
		}
		b.held(t, nil)
	})

	t.Run("the owner cancels a confirmed one, whether he says why or not", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for i, body := range []string{"", "{}", `{"reason":""}`, `{"reason":null}`, `{"reason":"` + strings.Repeat("ñ", 500) + `"}`} {
			day := noon.AddDate(0, 0, 5+i)
			held := b.held(t, nights(day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly)))
			b.post(t, held.path("/confirm"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
			b.clock.move(time.Hour)
			if got := b.post(t, held.path("/cancel"), body, b.asOwner(t)...).reservation(t, http.StatusOK); got.Status != "cancelled" || got.Contact == nil || i == 4 && got.Contact.CancelReason == "" {
				t.Errorf("%s: %+v", body, got)
			}
			b.post(t, held.path("/confirm"), "", b.asOwner(t)...).refusal(t, http.StatusConflict, "invalid_state")
			b.clock.move(-time.Hour)
			want := []string{"guest held 0", "admin:owner@example.com confirmed 0", "admin:owner@example.com cancelled 60"}
			if events := b.events(t, held.Code); !slices.Equal(events, want) {
				t.Errorf("events %q", events)
			}
		}
	})

	t.Run("an overdue hold cannot be cancelled", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		b.clock.move(30 * time.Minute)
		b.post(t, held.path("/cancel"), "", held.asGuest(t)...).refusal(t, http.StatusConflict, "invalid_state")
		if events := b.events(t, held.Code); len(events) != 1 {
			t.Errorf("events %q", events)
		}
	})

	t.Run("of twenty who cancel at once one does", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		var mu sync.Mutex
		done := 0
		var clients sync.WaitGroup
		for range 20 {
			clients.Go(func() {
				a := b.post(t, held.path("/cancel"), "", held.asGuest(t)...)
				if a.status != http.StatusOK {
					a.refusal(t, http.StatusConflict, "invalid_state")
					return
				}
				mu.Lock()
				defer mu.Unlock()
				done++
			})
		}
		clients.Wait()
		if events := b.events(t, held.Code); done != 1 || len(events) != 2 {
			t.Errorf("%d did, events %q", done, events)
		}
	})
}

func TestRefundDue(t *testing.T) {
	t.Parallel()

	t.Run("it follows the cabin's policy and the cabin's calendar", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		arrival := time.Date(2027, 1, 20, 0, 0, 0, 0, time.UTC)
		for _, c := range []struct {
			policy string
			days   int // before arrival
			want   string
		}{
			{"flexible", 30, "10200.01"},
			{"flexible", 1, "10200.01"},
			{"flexible", 0, "0.00"},
			{"moderate", 5, "10200.01"},
			{"moderate", 4, "5100.01"},
			{"moderate", 1, "5100.01"},
			{"moderate", 0, "0.00"},
			{"strict", 7, "5100.01"},
			{"strict", 6, "0.00"},
			{"strict", 0, "0.00"},
		} {
			b.clock.set(noon)
			b.sql(t, `update accommodations set cancellation_policy = $1`, c.policy)
			held := b.held(t, nights("2027-01-20", "2027-01-22"))
			b.post(t, held.path("/confirm"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
			b.sql(t, `update reservations set paid_amount = 10200.01, payment_status = 'partially_paid' where code = $1`, held.Code)
			// Half past two in the morning UTC is the day before in Buenos Aires.
			b.clock.set(arrival.AddDate(0, 0, 1-c.days).Add(150 * time.Minute))
			asker := held.asGuest(t)
			if c.days == 0 {
				b.post(t, held.path("/cancel"), "", asker...).refusal(t, http.StatusConflict, "invalid_state")
				asker = b.asOwner(t)
			}
			got := b.post(t, held.path("/cancel"), "", asker...).reservation(t, http.StatusOK)
			if got.RefundDue == nil || *got.RefundDue != c.want || got.PaidAmount != "10200.01" || got.PaymentStatus != "partially_paid" {
				t.Errorf("%s, %d days before: %+v", c.policy, c.days, got)
			}
			b.clock.move(240 * time.Hour)
			if later := b.get(t, held.link(t)).reservation(t, http.StatusOK); later.RefundDue == nil || *later.RefundDue != c.want {
				t.Errorf("%s, %d days before, seen later: %+v", c.policy, c.days, later)
			}
		}
	})

	t.Run("only of a cancelled one, and not where nobody knows when", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		b.sql(t, `update reservations set paid_amount = 100`)
		for _, change := range []string{
			`status = 'pre_reserved'`, `status = 'confirmed'`, `status = 'completed'`, `status = 'no_show'`, `status = 'expired'`, `status = 'cancelled', cancelled_at = null`,
		} {
			b.sql(t, `update reservations set `+change)
			if seen := b.get(t, held.link(t)).reservation(t, http.StatusOK); seen.RefundDue != nil {
				t.Errorf("%s: %s", change, *seen.RefundDue)
			}
		}
		b.sql(t, `update reservations set status = 'cancelled', cancelled_at = $1`, noon)
		if seen := b.get(t, held.link(t)).reservation(t, http.StatusOK); seen.RefundDue == nil || *seen.RefundDue != "100.00" {
			t.Errorf("%+v", seen)
		}
	})
}

func TestExtend(t *testing.T) {
	t.Parallel()

	t.Run("a hold is kept for another half hour, once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		b.clock.move(20 * time.Minute)
		got := b.post(t, held.path("/extend"), "", held.asGuest(t)...).reservation(t, http.StatusOK)
		if got.Status != "pre_reserved" || got.ExpiresAt != "2026-12-01T12:50:00Z" {
			t.Errorf("%+v", got)
		}
		p := b.post(t, held.path("/extend"), "", held.asGuest(t)...).refusal(t, http.StatusConflict, "invalid_state")
		if p.Detail != "The reservation is pre_reserved and cannot be extended a second time." {
			t.Error(p.Detail)
		}
		b.clock.move(30*time.Minute - time.Millisecond)
		b.post(t, reservations, asked(nil)).refusal(t, http.StatusConflict, "dates_taken")
		b.clock.move(time.Millisecond)
		b.held(t, nil)
		if events := b.events(t, held.Code); !slices.Equal(events, []string{"guest held 0", "guest extended 20", "system expired 50"}) {
			t.Errorf("events %q", events)
		}
	})

	t.Run("neither an overdue hold nor anything but a hold is extended", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		b.post(t, held.path("/confirm"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
		b.post(t, held.path("/extend"), "", b.asOwner(t)...).refusal(t, http.StatusConflict, "invalid_state")
		overdue := b.held(t, nights("2026-12-10", "2026-12-11"))
		b.clock.move(30 * time.Minute)
		b.post(t, overdue.path("/extend"), "", overdue.asGuest(t)...).refusal(t, http.StatusConflict, "invalid_state")
	})
}

func TestConfirm(t *testing.T) {
	t.Parallel()

	t.Run("the owner's word confirms a hold, which then never runs out", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		b.clock.move(29 * time.Minute)
		got := b.post(t, held.path("/confirm"), "", b.asOwner(t)...).reservation(t, http.StatusOK)
		if got.Status != "confirmed" || got.ConfirmedAt != "2026-12-01T12:29:00Z" || got.ExpiresAt != "" || got.PaymentStatus != "pending" || got.Contact == nil || got.PaymentURL == "" {
			t.Errorf("%+v", got)
		}
		b.clock.move(24 * time.Hour)
		if seen := b.get(t, held.link(t)).reservation(t, http.StatusOK); seen.Status != "confirmed" {
			t.Errorf("%+v", seen)
		}
		b.post(t, reservations, asked(nil)).refusal(t, http.StatusConflict, "dates_taken")
		b.post(t, held.path("/confirm"), "", b.asOwner(t)...).refusal(t, http.StatusConflict, "invalid_state")
		if events := b.events(t, held.Code); !slices.Equal(events, []string{"guest held 0", "admin:owner@example.com confirmed 29"}) {
			t.Errorf("events %q", events)
		}
	})

	t.Run("an overdue hold is not confirmed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		held := b.held(t, nil)
		b.clock.move(30 * time.Minute)
		b.post(t, held.path("/confirm"), "", b.asOwner(t)...).refusal(t, http.StatusConflict, "invalid_state")
		if row := b.row(t, held.Code); row.Status != "pre_reserved" {
			t.Errorf("%+v", row)
		}
	})

	t.Run("a guest who cancels and an owner who confirms at once: one after the other, or one of them", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for day := range 10 {
			from := noon.AddDate(0, 0, 3+day)
			held := b.held(t, nights(from.Format(time.DateOnly), from.AddDate(0, 0, 1).Format(time.DateOnly)))
			var cancelled, confirmed answer
			var both sync.WaitGroup
			both.Go(func() { cancelled = b.post(t, held.path("/cancel"), "", held.asGuest(t)...) })
			both.Go(func() { confirmed = b.post(t, held.path("/confirm"), "", b.asOwner(t)...) })
			both.Wait()
			cancelled.reservation(t, http.StatusOK) // possible before and after
			if confirmed.status != http.StatusOK {
				confirmed.refusal(t, http.StatusConflict, "invalid_state")
			}
			if row := b.row(t, held.Code); row.Status != "cancelled" {
				t.Errorf("%+v", row)
			}
		}
	})
}
