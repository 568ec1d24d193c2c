package postgres_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
)

type rule = func(*booking.Reservation) error

func confirm(r *booking.Reservation) error { return r.Confirm(noon) }
func extend(r *booking.Reservation) error  { return r.Extend(noon) }
func cancel(r *booking.Reservation) error  { return r.Cancel(noon, "ill") }

func TestAChangeIsWrittenWithItsEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	b.exec(t, `update accommodations set cancellation_policy = 'strict', timezone = 'America/Bogota'`)
	for event, change := range map[string]rule{"confirmed": confirm, "extended": extend, "cancelled": cancel} {
		r := b.hold(t, cabin, nights(3, 5))
		changed, terms, err := b.Change(t.Context(), r.Code, "owner@example.com", event, noon.Add(time.Second), change)
		if err != nil {
			t.Fatalf("%s: %v", event, err)
		}
		if err := change(r); err != nil {
			t.Fatal(err)
		}
		r.ID = changed.ID
		if diff := cmp.Diff(*r, changed); diff != "" {
			t.Errorf("%s (-want +returned):\n%s", event, diff)
		}
		found, readTerms, err := b.Reservation(t.Context(), r.Code)
		if diff := cmp.Diff(*r, found); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +read):\n%s", event, err, diff)
		}
		for _, terms := range []booking.Terms{terms, readTerms} {
			if terms.AccommodationName != "Lake" || terms.Policy != booking.PolicyStrict || terms.Zone.String() != "America/Bogota" {
				t.Errorf("%s: terms %+v", event, terms)
			}
		}
		if got := b.events(t, r.Code); !slices.Equal(got, []string{"guest held", "owner@example.com " + event}) {
			t.Errorf("%s: events %v", event, got)
		}
		at := one[time.Time](t, b, `select updated_at from reservations where code = $1`, r.Code)
		if eventAt := one[time.Time](t, b, `select max(at) from reservation_events`); !at.Equal(noon.Add(time.Second)) || !eventAt.Equal(at) {
			t.Errorf("%s: updated at %s, event at %s", event, at, eventAt)
		}
		b.exec(t, `update reservations set status = 'cancelled'`) // for the next one
	}
}

func TestARuleThatRefusesLeavesNoTrace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.hold(t, b.cabin(t), nights(3, 5))
	before := one[string](t, b, `select xmin::text from reservations`)
	refusal := errors.New("no")
	_, _, err := b.Change(t.Context(), r.Code, "guest", "confirmed", noon, func(r *booking.Reservation) error {
		r.Status = booking.StatusConfirmed
		return refusal
	})
	if !errors.Is(err, refusal) {
		t.Errorf("got %v", err)
	}
	late := func(r *booking.Reservation) error { return r.Confirm(noon.Add(booking.HoldFor)) }
	if _, _, err := b.Change(t.Context(), r.Code, "guest", "confirmed", noon.Add(booking.HoldFor), late); !errors.Is(err, booking.ErrInvalidState) {
		t.Errorf("an overdue hold: %v", err)
	}
	if after := one[string](t, b, `select xmin::text from reservations`); after != before || len(b.events(t, r.Code)) != 1 {
		t.Errorf("row %s, before %s; events %v", after, before, b.events(t, r.Code))
	}
}

func TestACodeThatNobodyHas(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.hold(t, b.cabin(t), nights(3, 5))
	for _, code := range []string{"NOBODY", "", "' or true --", strings.Repeat("x", 10_000), "ñ"} {
		if _, _, err := b.Reservation(t.Context(), code); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("reading %.20q: %v", code, err)
		}
		_, _, err := b.Change(t.Context(), code, "guest", "cancelled", noon, func(*booking.Reservation) error {
			t.Errorf("the rule is asked about %.20q", code)
			return nil
		})
		if !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("changing %.20q: %v", code, err)
		}
	}
}

// TestTheRuleSeesTheRowAsItIs lets somebody change the row while the rule thinks.
func TestTheRuleSeesTheRowAsItIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	for _, c := range []struct {
		name      string
		meanwhile []string
		asked     int // how often the rule is
		want      error
	}{
		{"the owner cancels it", []string{`update reservations set status = 'cancelled' where code = $1`}, 2, booking.ErrInvalidState},
		{"the owner corrects a name", []string{`update reservations set contact_name = 'Ana' where code = $1`}, 2, nil},
		{"the owner writes what was there", []string{`update reservations set status = status where code = $1`}, 2, nil},
		{"the owner cancels it and takes that back", []string{
			`update reservations set status = 'cancelled' where code = $1`, `update reservations set status = 'pre_reserved' where code = $1`,
		}, 2, nil},
		{"the owner locks it and lets go", []string{`select from reservations where code = $1 for update`}, 1, nil},
	} {
		r := b.hold(t, cabin, nights(3, 5))
		var seen []booking.Reservation
		_, _, err := b.Change(t.Context(), r.Code, "guest", "confirmed", noon, func(r *booking.Reservation) error {
			if seen = append(seen, *r); len(seen) == 1 {
				for _, statement := range c.meanwhile {
					b.exec(t, statement, r.Code)
				}
			}
			return r.Confirm(noon)
		})
		if !errors.Is(err, c.want) || len(seen) != c.asked {
			t.Errorf("%s: %v, the rule was asked %d times", c.name, err, len(seen))
			continue
		}
		name := one[string](t, b, `select contact_name from reservations where code = $1`, r.Code)
		if last := seen[len(seen)-1]; last.Contact.Name != name || last.Status == booking.StatusConfirmed {
			t.Errorf("%s: in the end the rule saw %+v", c.name, last)
		}
		events := []string{"guest held", "guest confirmed"}
		if c.want != nil {
			events = events[:1]
		}
		if got := b.events(t, r.Code); !slices.Equal(got, events) {
			t.Errorf("%s: events %v", c.name, got)
		}
		b.exec(t, `update reservations set status = 'cancelled'`) // for the next one
	}
}

func TestARowThatNeverRestsIsGivenUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.hold(t, b.cabin(t), nights(3, 5))
	asked := 0
	_, _, err := b.Change(t.Context(), r.Code, "guest", "confirmed", noon, func(r *booking.Reservation) error {
		asked++
		b.exec(t, `update reservations set guests = guests`)
		return r.Confirm(noon)
	})
	if !errors.Is(err, fault.ErrBusy) || asked < 3 || asked > 100 {
		t.Errorf("got %v after %d times", err, asked)
	}
	if got := b.events(t, r.Code); b.status(t, r.Code) != booking.StatusPreReserved || len(got) != 1 {
		t.Errorf("%s, %v", b.status(t, r.Code), got)
	}
}

func TestAChangeWaitsForWhoeverChangesTheRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.hold(t, b.cabin(t), nights(3, 5))
	owner := b.begin(t)
	if _, err := owner.Exec(t.Context(), `update reservations set status = 'cancelled'`); err != nil {
		t.Fatal(err)
	}
	changed := make(chan error)
	go func() {
		_, _, err := b.Change(t.Context(), r.Code, "guest", "confirmed", noon, confirm)
		changed <- err
	}()
	b.awaitWaiting(t, 1)
	if err := owner.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-changed; !errors.Is(err, booking.ErrInvalidState) {
		t.Errorf("got %v", err)
	}
	if got := b.events(t, r.Code); b.status(t, r.Code) != booking.StatusCancelled || len(got) != 1 {
		t.Errorf("%s, %v", b.status(t, r.Code), got)
	}
}

func TestNightsGivenBackCannotBeTakenTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	late := b.row(t, cabin, nights(3, 5), booking.StatusExpired, noon)
	b.hold(t, cabin, nights(4, 6))
	_, _, err := b.Change(t.Context(), late, "system", "confirmed", noon, func(r *booking.Reservation) error {
		r.Status, r.ConfirmedAt = booking.StatusConfirmed, noon // a payment that came late
		return nil
	})
	if !errors.Is(err, booking.ErrTaken) {
		t.Errorf("got %v", err)
	}
	if got := b.events(t, late); b.status(t, late) != booking.StatusExpired || len(got) != 0 {
		t.Errorf("%s, %v", b.status(t, late), got)
	}
}

func TestOfManyWhoDoTheSameOneSucceeds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	second, _ := b.process(t, 8)
	processes := []*postgres.Bookings{b.Bookings, postgres.NewBookings(second.Share(8))}
	for event, change := range map[string]rule{"confirmed": confirm, "extended": extend, "cancelled": cancel} {
		for range 3 {
			r := b.hold(t, cabin, nights(3, 5))
			won := b.allAtOnce(t, processes, r.Code, 30, func(int) (string, rule) { return event, change })
			if len(won) != 1 {
				t.Errorf("%s: %d succeeded", event, len(won))
			}
			if got := b.events(t, r.Code); !slices.Equal(got, []string{"guest held", "guest " + event}) {
				t.Errorf("%s: events %v", event, got)
			}
			b.exec(t, `update reservations set status = 'cancelled'`) // for the next round
		}
	}
}

func TestWhoeverWinsAmongDifferentChangesTheRowFollows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cabin := b.cabin(t)
	second, _ := b.process(t, 8)
	processes := []*postgres.Bookings{b.Bookings, postgres.NewBookings(second.Share(8))}
	changes := []rule{confirm, extend, cancel}
	names := []string{"confirmed", "extended", "cancelled"}
	for range 8 {
		r := b.hold(t, cabin, nights(3, 5))
		won := b.allAtOnce(t, processes, r.Code, 30, func(i int) (string, rule) { return names[i%3], changes[i%3] })
		// Held is extended once at most, confirmed once at most and cancelled in the end, in this order whatever the race.
		got := b.events(t, r.Code)
		order := []string{"guest held", "guest extended", "guest confirmed", "guest cancelled"}
		at := -1
		for _, event := range got {
			if i := slices.Index(order, event); i <= at {
				t.Errorf("events %v", got)
			} else {
				at = i
			}
		}
		if at != 3 || len(won) != len(got)-1 || b.status(t, r.Code) != booking.StatusCancelled {
			t.Errorf("events %v, succeeded %v, %s", got, won, b.status(t, r.Code))
		}
	}
}

// allAtOnce lets clients change a reservation at the same time and returns the events of those that succeeded; the others must
// have been told that its state does not allow it.
func (b *bundle) allAtOnce(t *testing.T, processes []*postgres.Bookings, code string, clients int, change func(client int) (string, rule)) []string {
	t.Helper()
	var group sync.WaitGroup
	var mu sync.Mutex
	var won []string
	start := make(chan struct{})
	for client := range clients {
		event, rule := change(client)
		group.Go(func() {
			<-start
			_, _, err := processes[client%len(processes)].Change(t.Context(), code, "guest", event, noon, rule)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, event)
			} else if !errors.Is(err, booking.ErrInvalidState) {
				t.Errorf("%s: %v", event, err)
			}
		})
	}
	close(start)
	group.Wait()
	return won
}
