package postgres_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// meets has people write one after the other, each of them answered, and returns who there is afterwards.
func (b *front) meets(t testing.TB, messages ...chat.Inbound) []string {
	t.Helper()
	for n, m := range messages {
		m.ID, m.At = fmt.Sprint("m", n), noon.Add(time.Duration(n)*time.Second)
		if m.Kind == "" {
			m.Kind = chat.KindText
		}
		b.write(t, noon, m)
		b.answer(t, b.mustTakeUp(t, m.From.Key(), noon.Add(time.Hour)), noon.Add(time.Hour))
	}
	return b.people(t)
}

func TestPeopleAreKnownByWhateverTheyShow(t *testing.T) {
	t.Parallel()
	from := func(c chat.Contact) chat.Inbound { return chat.Inbound{From: c} }
	moved := func(now, before chat.Contact) chat.Inbound {
		return chat.Inbound{From: now, Previous: before, Kind: chat.KindSystem}
	}
	for name, c := range map[string]struct {
		said []chat.Inbound
		want []string
	}{
		"the same again":                   {[]chat.Inbound{from(ana), from(ana)}, []string{"AR.1349 5491155443322 Ana 🌻 "}},
		"the number first, then both":      {[]chat.Inbound{from(anaPhone), from(ana)}, []string{"AR.1349 5491155443322 Ana 🌻 "}},
		"both, then a user name alone":     {[]chat.Inbound{from(ana), from(anaUser)}, []string{"AR.1349 5491155443322 Ana 🌻 ana.p"}},
		"each alone, then both: were two":  {[]chat.Inbound{from(anaUser), from(anaPhone), from(ana)}, []string{"AR.1349 5491155443322 Ana 🌻 ana.p"}},
		"the same person at a new number":  {[]chat.Inbound{from(ana), from(chat.Contact{BSUID: "AR.1349", WaID: "549351"})}, []string{"AR.1349 549351 Ana 🌻 "}},
		"a number that has changed hands":  {[]chat.Inbound{from(ana), from(chat.Contact{BSUID: "AR.2", WaID: ana.WaID, Name: "Eva"})}, []string{"AR.1349 Ana 🌻 ", "AR.2 5491155443322 Eva "}},
		"different people":                 {[]chat.Inbound{from(ana), from(beto)}, []string{"AR.1349 5491155443322 Ana 🌻 ", "AR.77 5492944000000 Beto "}},
		"a new number and a new BSUID":     {[]chat.Inbound{from(ana), moved(chat.Contact{BSUID: "AR.9", WaID: "549351"}, ana)}, []string{"AR.9 549351 Ana 🌻 "}},
		"a new number, the BSUID not said": {[]chat.Inbound{from(ana), moved(chat.Contact{WaID: "549351"}, ana), from(chat.Contact{BSUID: "AR.9", WaID: "549351"})}, []string{"AR.9 549351 Ana 🌻 "}},
		"a new BSUID after it wrote":       {[]chat.Inbound{from(ana), from(chat.Contact{BSUID: "AR.9"}), moved(chat.Contact{BSUID: "AR.9", WaID: ana.WaID}, ana)}, []string{"AR.9 5491155443322 Ana 🌻 "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setupFront(t)
			if diff := cmp.Diff(c.want, b.meets(t, c.said...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhoTurnsOutToBeOneKeepsAllOfIt(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	b.meets(t, chat.Inbound{From: anaPhone}, chat.Inbound{From: anaUser})
	first, second := int64(1), int64(2)
	r := b.hold(t, b.Cabin, nights(3, 6))
	if err := b.Own(t.Context(), second, r.Code); err != nil {
		t.Fatal(err)
	}
	for _, id := range []int64{first, second} {
		for _, content := range []string{"same", fmt.Sprint("of ", id)} {
			if _, err := b.KeepReceipt(t.Context(), receipt(id, r.Code, content), noon); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := b.HandOver(t.Context(), second, noon.Add(9*time.Hour), noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	b.write(t, noon, text(ana, "both", "soy la misma", noon.Add(time.Minute)))
	s := b.mustTakeUp(t, ana.Key(), noon.Add(2*time.Hour))
	if s.ContactID != first || s.State.Step != conversation.HandedOver || s.Contact.Email != "ana@example.com" || s.Profile != "Ana 🌻" {
		t.Errorf("%+v", s)
	}
	b.answer(t, s, noon.Add(2*time.Hour))
	got := one[string](t, b.bundle, `select concat_ws(' ', (select count(*) from contacts), (select count(*) from conversations), (select count(*) from messages where contact_id = 1),
		(select contact_id from reservations), (select count(*) from receipts where contact_id = 1))`)
	if got != "1 1 3 1 3" {
		t.Errorf("got %s", got)
	}
}

func TestWhoIsBeingTalkedWithDoesNotBecomeAnother(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	b.meets(t, chat.Inbound{From: anaPhone})
	b.write(t, noon, text(anaUser, "x", "hola", noon))
	s := b.mustTakeUp(t, anaUser.Key(), noon)
	b.write(t, noon, text(ana, "both", "soy la misma", noon.Add(time.Minute)))
	if _, _, err := b.Begin(t.Context(), ana.Key(), noon); !errors.Is(err, fault.ErrBusy) {
		t.Errorf("got %v", err)
	}
	b.answer(t, s, noon)
	if s := b.mustTakeUp(t, ana.Key(), noon); words(t, s) != "soy la misma" || s.ContactID != 1 {
		t.Errorf("%+v", s)
	}
}

// TestHoweverPeopleShowThemselvesEachIsOne has a few people write at once, under whatever of their identities, and in the end
// under all of them: so in the end there are as many as there are, and each was answered once.
func TestHoweverPeopleShowThemselvesEachIsOne(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	const people = 20
	var wg sync.WaitGroup
	for p := range people {
		whole := chat.Contact{BSUID: fmt.Sprint("AR.", p), WaID: fmt.Sprint("549", p)}
		shapes := []chat.Contact{whole, {BSUID: whole.BSUID}, {WaID: whole.WaID}}
		random := rand.New(rand.NewPCG(1, uint64(p)))
		wg.Go(func() {
			var answering sync.WaitGroup
			for n := range 8 {
				shape := whole
				if n < 7 {
					shape = shapes[random.IntN(3)]
				}
				b.write(t, noon, text(shape, fmt.Sprint(p, "-", n), "hola", noon))
				answering.Go(func() { b.finishAll(t, shape.Key()) })
			}
			answering.Wait()
		})
	}
	wg.Wait()
	if got := b.people(t); len(got) != people {
		t.Errorf("%d people: %q", len(got), got)
	}
	if n := one[int](t, b.bundle, `select count(*) from inbox where settled_at is null`); n != 0 {
		t.Errorf("%d are not answered", n)
	}
	if n := one[int](t, b.bundle, `select count(*) from inbox i where (select count(*) from messages where dedupe_key = 'talk:' || i.id || ':0') <> 1`); n != 0 {
		t.Errorf("%d were not answered once", n)
	}
}

// finishAll answers somebody until there is nothing left.
func (b *front) finishAll(t testing.TB, key string) {
	t.Helper()
	for range 500 {
		s, ok, err := b.Begin(t.Context(), key, noon)
		switch {
		case errors.Is(err, fault.ErrBusy):
			continue
		case err != nil:
			t.Error(err)
			return
		case !ok && one[int](t, b.bundle, `select count(*) from inbox where settled_at is null and subject = $1`, key) == 0:
			return
		case !ok:
			continue
		}
		if err := b.Finish(t.Context(), s, s.State, replies(s), rows(s), noon); err != nil && !errors.Is(err, fault.ErrBusy) {
			t.Error(err)
			return
		}
	}
	t.Errorf("%s is never done", key)
}

func receipt(contact int64, code, content string) conversation.Receipt {
	return conversation.Receipt{ContactID: contact, Code: code, MediaID: "media", File: chat.File{Bytes: []byte(content), MIME: "image/jpeg"}}
}

func TestAReceiptIsKeptOnce(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	b.meets(t, chat.Inbound{From: ana})
	r := b.hold(t, b.Cabin, nights(3, 6))
	id, err := b.KeepReceipt(t.Context(), receipt(1, "", "a picture"), noon)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := b.KeepReceipt(t.Context(), receipt(1, r.Code, "a picture"), noon); err != nil || again != id {
		t.Errorf("%d, %v", again, err)
	}
	got, err := b.Receipt(t.Context(), id)
	want := receipt(1, r.Code, "a picture")
	want.ID, want.CreatedAt = id, noon
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if list, err := b.Receipts(t.Context(), r.Code, 10); err != nil || len(list) != 1 || len(list[0].File.Bytes) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	for _, content := range []string{"", string(bytes.Repeat([]byte("x"), 5<<20+1))} {
		if _, err := b.KeepReceipt(t.Context(), receipt(1, "", content), noon); err == nil {
			t.Errorf("%d bytes are kept", len(content))
		}
	}
	if _, err := b.Receipt(t.Context(), 999); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestAPersonsStaysAreHisAndThoseOfHisNumber(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	b.meets(t, chat.Inbound{From: ana}, chat.Inbound{From: beto})
	later, sooner := b.hold(t, b.Cabin, nights(20, 22)), b.hold(t, b.Cabin, nights(3, 6))
	b.exec(t, `update reservations set contact_phone = '+541155443322' where code = $1`, sooner.Code) // the same, as a landline is written
	past := b.row(t, b.Cabin, nights(-9, -7), booking.StatusConfirmed, noon)
	gone := b.row(t, b.Cabin, nights(8, 9), booking.StatusCancelled, noon)
	other := b.hold(t, b.Cabin, nights(30, 31))
	b.exec(t, `update reservations set contact_phone = '+5492944000000' where code = $1`, other.Code)
	for _, code := range []string{past, gone} {
		if err := b.Own(t.Context(), 1, code); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Own(t.Context(), 2, past); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("somebody else's: %v", err)
	}
	found, err := b.Stays(t.Context(), 1, noon, 10)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, s := range found {
		codes = append(codes, s.Reservation.Code)
	}
	if diff := cmp.Diff([]string{sooner.Code, later.Code, past, gone}, codes); diff != "" || found[0].Cabin != b.Cabin || found[0].Status != booking.StatusPreReserved {
		t.Error(diff)
	}
	if p, err := b.PersonOf(t.Context(), sooner.Code); err != nil || p.ID != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestWhatGuestsAskAboutCabinsIsAsNewAsTheCabins(t *testing.T) {
	t.Parallel()
	b := setupFront(t)
	all, err := b.Cabins(t.Context())
	if err != nil || len(all) != 1 || all[0].Pets != nil || all[0].Transfer || all[0].CheckIn != 14*time.Hour || all[0].Name != "Lake" {
		t.Fatalf("%+v, %v", all, err)
	}
	b.exec(t, `update accommodations set pets_allowed = true, babies_count = true, answers = '{"wifi": "Sí, 50 megas"}', latitude = -41.133472, longitude = -71.310278,
		transfer_alias = 'lago.azul', address = 'Ruta 40', host_name = 'Marta'`)
	all, err = b.Cabins(t.Context())
	if err != nil || !*all[0].Pets || !all[0].BabiesCount || all[0].Answers["wifi"] != "Sí, 50 megas" || all[0].Latitude != -41.133472 || !all[0].Transfer || all[0].Address != "Ruta 40" {
		t.Errorf("%+v, %v", all, err)
	}
	if to, err := b.Account(t.Context(), b.Cabin); err != nil || to.Alias != "lago.azul" {
		t.Errorf("%+v, %v", to, err)
	}
	for _, change := range []string{"answers = '[]'", `answers = '{"a": 1}'`, "latitude = null", "latitude = 91", "longitude = -181"} {
		b.refused(t, `update accommodations set `+change, checkViolation)
	}
}
