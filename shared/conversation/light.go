package conversation

import (
	"slices"
	"strconv"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// inLight reads once more what means something else in the light of what is talked about.
func (t *talk) inLight() {
	t.notItsName()
	t.thatMonth()
	t.thatWeek()
	t.weekLater()
	t.mereNumbers()
	t.tonight()
	t.withoutPets()
	t.moreChildren()
	t.thatPast()
	t.ofThatMonth()
	t.monthAlone()
	t.dayOrMonth()
	t.notSaid()
}

// tonight is one night, if nothing else is said.
func (t *talk) tonight() {
	if t.m.CheckIn != t.facts.Today || !t.m.CheckOut.IsZero() || t.m.Nights > 0 || t.Wanted.Nights > 0 {
		return
	}
	if has(t.event.Text, "hoy", "noche", "hoje", "noite", "today", "tonight") {
		t.m.CheckOut, t.m.Nights = t.m.CheckIn.AddDays(1), 1
	}
}

// withoutPets takes back an animal that was to come.
func (t *talk) withoutPets() {
	if t.Wanted.Pets > 0 && t.m.Pets == nil && has(t.event.Text, "sin", "sem", "without") && has(t.event.Text, "pero", "perita", "perito", "gato", "mascota", "mascotas", "cachoro", "animal", "dog", "cat", "pet", "pets") {
		none := 0
		t.m.Pets = &none
	}
}

// has reports whether one of some words, as plain has them, is in a text.
func has(text string, words ...string) bool {
	return slices.ContainsFunc(strings.Fields(plain(text)), func(word string) bool { return slices.Contains(words, word) })
}

// remember keeps dates that are over, as they were said: "ay, de diciembre" may be said of them.
func (t *talk) remember() {
	yearAgo := t.facts.Today.AddDays(-400)
	m := understanding.Read(t.event.Text, understanding.Context{Today: yearAgo, Holidays: t.facts.Holidays})
	t.Past = Wanted{CheckIn: m.CheckIn, CheckOut: m.CheckOut}
}

// thatPast takes the name of a month for a correction of dates that were over.
func (t *talk) thatPast() {
	past, month := t.Past.nights(), monthOf(t.event.Text)
	if t.Step != AskedDates || !past.Valid() || month == 0 || dated(t.m) || strings.ContainsAny(t.event.Text, "0123456789") {
		return
	}
	_, _, day := past.From.YMD()
	year, now, _ := t.facts.Today.YMD()
	if month < now {
		year++
	}
	t.m.CheckIn = civil.New(year, month, day)
	t.m.CheckOut, t.m.Nights = t.m.CheckIn.AddDays(past.Len()), past.Len()
	t.m.Intent = understanding.Availability
	if t.m.CheckIn.Before(t.facts.Today) {
		t.m.CheckIn, t.m.CheckOut, t.m.Nights = civil.Date{}, civil.Date{}, 0
	}
}

// mereNumbers takes numbers for what was asked: of "capaz 4 o 5" people no day is made, and of a number that no cabin has, guests.
func (t *talk) mereNumbers() {
	words := strings.Fields(plain(t.event.Text))
	if len(words) == 2 && t.peopleAfter(words[0]) {
		if n, err := strconv.Atoi(words[1]); err == nil && n > 0 && n <= maxPeople { // "para 3", and not "para el 3"
			t.m.Dates, t.m.Ask, t.m.Guests, t.m.Intent = understanding.Dates{}, "", &n, understanding.Availability
		}
	}
	if t.Step == AskedGuests && counted(t.m) && !t.m.CheckIn.IsZero() && t.m.CheckOut.IsZero() && !namesMonth(t.event.Text) {
		t.m.CheckIn, t.m.Nights = civil.Date{}, 0
	}
	n, err := strconv.Atoi(t.m.Cabin)
	if err != nil || t.Step != AskedCabin || n <= len(t.Offered) || n > maxPeople || strings.Contains(plain(t.event.Text), "cab") {
		return
	}
	t.m.Cabin = ""
	year, month, _ := t.Wanted.CheckIn.YMD()
	if in := civil.New(year, month, n); has(t.event.Text, "del", "el", "desde", "dia", "from") && !t.Wanted.CheckIn.IsZero() && !in.Before(t.facts.Today) {
		t.m.CheckIn = in
		return
	}
	t.m.Guests = &n
}

// peopleAfter reports whether a number after a word is of people, in the light of what was asked.
func (t *talk) peopleAfter(word string) bool {
	switch word {
	case "somos", "seriamos", "vamos":
		return true
	case "para", "pra", "for":
		return t.Step == AskedDates
	}
	return false
}

// notItsName takes a cabin's own name for no question: who wants the Cabaña del Lago does not ask what there is to do at the lake.
func (t *talk) notItsName() {
	c := t.cabin(t.cabinNamed(t.m.Cabin))
	if c == nil || !slices.Contains(t.m.Topics, understanding.TopicActivities) {
		return
	}
	own := strings.Fields(plain(c.Name))
	for _, word := range own {
		own = append(own, aroundHere(word)...)
	}
	rest := slices.DeleteFunc(strings.Fields(t.event.Text), func(word string) bool { return slices.Contains(own, plain(word)) })
	m := t.read(strings.Join(rest, " "))
	if slices.Contains(m.Topics, understanding.TopicActivities) {
		return
	}
	t.m.Topics, t.m.Also = m.Topics, m.Also
	if t.m.Intent == understanding.Services && !m.Photos {
		if t.m.Intent = m.Intent; m.Intent == understanding.Unknown || m.Intent == understanding.Greeting {
			t.m.Intent = understanding.Availability
		}
	}
}

// thatMonth takes a day without its month for one of the month that is talked about: "mejor desde el 4" of a stay in January.
func (t *talk) thatMonth() {
	if t.Step == AskedWhich && t.thatReading() {
		return
	}
	in, before := t.m.CheckIn, t.Wanted.CheckIn
	if !t.Wanted.nights().Valid() {
		before = t.Wanted.Month
	}
	if in.IsZero() || before.IsZero() || namesMonth(t.event.Text) {
		return
	}
	_, _, day := in.YMD()
	if !has(t.event.Text, strconv.Itoa(day), strconv.Itoa(day)+"th", strconv.Itoa(day)+"st", strconv.Itoa(day)+"nd", strconv.Itoa(day)+"rd") {
		return
	}
	year, month, _ := before.YMD()
	meant := civil.New(year, month, day)
	if _, _, same := meant.YMD(); same != day || meant == in || meant.Before(t.facts.Today) {
		return
	}
	if !t.m.CheckOut.IsZero() {
		t.m.CheckOut = meant.AddDays(t.m.CheckOut.Sub(in))
	}
	t.m.CheckIn = meant
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }
