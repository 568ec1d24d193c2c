package payment_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestALaterWordIsBelievedAndAnEarlierOneIsNot(t *testing.T) {
	t.Parallel()
	word := func(status payment.Status, hour int, refunded int64) payment.Payment {
		p := payment.Payment{Provider: "mercadopago", ID: "1", Status: status, Amount: 100}
		if p.Refunded = 0; refunded > 0 {
			p.Refunded = 100
		}
		if hour > 0 {
			p.LastUpdated = noon.Add(time.Duration(hour) * time.Hour)
		}
		return p
	}
	for name, c := range map[string]struct {
		known, seen payment.Payment
		believed    bool
	}{
		"approved later":                  {word("pending", 1, 0), word("approved", 2, 0), true},
		"pending, late":                   {word("approved", 2, 0), word("pending", 1, 0), false},
		"refunded later":                  {word("approved", 1, 0), word("refunded", 2, 1), true},
		"approved, late":                  {word("refunded", 2, 1), word("approved", 1, 0), false},
		"disputed later":                  {word("approved", 1, 0), word("in_mediation", 2, 0), true},
		"won later":                       {word("in_mediation", 1, 0), word("approved", 2, 0), true},
		"won after a chargeback":          {word("charged_back", 1, 0), word("approved", 2, 0), true},
		"a dispute, late":                 {word("approved", 3, 0), word("charged_back", 2, 0), false},
		"the same again":                  {word("approved", 1, 0), word("approved", 1, 0), false},
		"forward at the same time":        {word("pending", 1, 0), word("approved", 1, 0), true},
		"backward at the same time":       {word("approved", 1, 0), word("in_process", 1, 0), false},
		"forward, nobody knows when":      {word("in_process", 1, 0), word("rejected", 0, 0), true},
		"backward, nobody knows when":     {word("charged_back", 0, 0), word("approved", 1, 0), false},
		"more given back, the same time":  {word("approved", 1, 0), word("approved", 1, 1), true},
		"less given back, the same time":  {word("approved", 1, 1), word("approved", 1, 0), false},
		"something new, at the same time": {word("approved", 1, 0), word("enchanted", 1, 0), false},
		"something new, later":            {word("approved", 1, 0), word("enchanted", 2, 0), true},
	} {
		want := c.known
		if c.believed {
			want = c.seen
		}
		got, changed := payment.Merge(c.known, c.seen)
		if got.LastUpdated = want.LastUpdated; changed != c.believed || cmp.Diff(want, got) != "" {
			t.Errorf("%s: changed %v\n%s", name, changed, cmp.Diff(want, got))
		}
	}
}

func TestWhatALaterWordLeavesOutStaysKnown(t *testing.T) {
	t.Parallel()
	known := approved(1, 100, func(p *payment.Payment) { p.Flag = payment.FlagAmountShort })
	seen := payment.Payment{ID: known.ID, Status: payment.ChargedBack, Amount: 100, Currency: "ARS", LastUpdated: noon}
	got, changed := payment.Merge(known, seen)
	want := seen
	want.Provider, want.Flag, want.DateCreated, want.DateApproved = known.Provider, known.Flag, known.DateCreated, known.DateApproved
	if diff := cmp.Diff(want, got); diff != "" || !changed {
		t.Errorf("changed %v\n%s", changed, diff)
	}
	if got, changed := payment.Merge(payment.Payment{}, known); !changed || cmp.Diff(known, got) != "" {
		t.Errorf("the first word is %+v", got)
	}
	other := known
	other.StatusDetail = "partially_refunded"
	if got, changed := payment.Merge(known, other); changed || got.StatusDetail != "" {
		t.Errorf("of two words of the same time the second is believed: %+v", got)
	}
	moved := known
	moved.DateCreated, moved.LastUpdated = known.DateCreated.Local(), known.LastUpdated.In(time.FixedZone("", 3600))
	if _, changed := payment.Merge(known, moved); changed {
		t.Error("another time zone is news")
	}
}

func TestWordsInAnyOrderComeToTheSame(t *testing.T) {
	t.Parallel()
	statuses := []payment.Status{"pending", "in_process", "authorized", "approved", "rejected", "refunded", "charged_back", "in_mediation", "cancelled", "enchanted", "cursed"}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) payment.Payment {
			return payment.Payment{
				ID: "1", Amount: 100, Status: rapid.SampledFrom(statuses).Draw(t, "status"),
				LastUpdated: noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "hour")) * time.Hour),
			}
		}), 1, 8).Draw(t, "words")
		fold := func(words []payment.Payment) payment.Payment {
			var known payment.Payment
			for _, w := range words {
				known, _ = payment.Merge(known, w)
			}
			return known
		}
		one, other := fold(words), fold(rapid.Permutation(words).Draw(t, "order"))
		if diff := cmp.Diff(one, other); diff != "" {
			t.Fatal(diff)
		}
	})
}
