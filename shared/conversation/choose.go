package conversation

import (
	"slices"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// superlative chooses of the cabins that were shown the one that is called by its place, or by what it is most of; who asks which
// one to take is told.
func (t *talk) superlative() {
	t.whatHas()
	if says(t.m) || len(t.m.Topics) > 0 {
		return
	}
	said := " " + plain(t.event.Text) + " "
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(said, word) })
	}
	cheap := has(" barat", " economic", " cheap", " cualquier", " qualquer", " any ") || cheapish(said)
	if t.Step == AskedBook && cheap {
		t.Wanted.Cabin = 0 // the others, from the cheapest on
	}
	if t.Step != AskedCabin || len(t.Offered) == 0 {
		return
	}
	last := len(t.Offered) - 1
	place := ordinal(said) - 1
	switch { // they were shown from the cheapest on
	case place >= 0:
	case cheap:
		place = 0
	case recommends(said):
		place = 0
		t.lead(fill(t.w.Recommend, "cabin", t.cabinName(t.Offered[0]), "guests", t.lang.Guests(t.Wanted.Guests)))
	case has(" ultima ", " last "):
		place = last
	case has(" grande ", " maior ", " bigest ", " largest "):
		largest := slices.MaxFunc(t.Offered, func(a, b int64) int { return t.capacity(a) - t.capacity(b) })
		place = slices.Index(t.Offered, largest)
	}
	if place >= 0 && place <= last {
		t.m.Cabin = named + id64(t.Offered[place])
	}
}

// whatHas chooses the only one of the cabins that has what he wants: "la que tenga pileta".
func (t *talk) whatHas() {
	if t.Step != AskedCabin || len(t.m.Topics) != 1 || says(t.m) || strings.ContainsRune(t.event.Text, '?') || !has(t.event.Text, "tenga", "tiene", "con", "tem", "com", "with", "has") {
		return
	}
	var those []int64
	for _, id := range t.Offered {
		if c := t.cabin(id); c != nil && hasAmenity(t.m.Topics[0], c) {
			those = append(those, id)
		}
	}
	if len(those) == 1 {
		t.m.Cabin, t.m.Topics, t.m.Intent = named+id64(those[0]), nil, understanding.Availability
	}
}

// cheapish reports whether a text asks for what is cheap, and its writer was in a hurry.
func cheapish(said string) bool {
	words := strings.Fields(said)
	return len(words) <= 4 && slices.ContainsFunc(words, func(word string) bool {
		return slip(word, "barata") || slip(word, "barato") || slip(word, "economica") || slip(word, "cheapest")
	})
}

// focus wants the cabin that was asked about last, of those that were shown, where none is named: "tiene tele? dale, reservala".
func (t *talk) focus() {
	if t.Step == AskedCabin && t.Wanted.Cabin == 0 && slices.Contains(t.Offered, t.About) {
		t.Wanted.Cabin = t.About
	}
}
