package understanding_test

import (
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// monday is 14 December 2026.
var monday = civil.New(2026, time.December, 14)

func number(p *int) int {
	if p == nil {
		return -1
	}
	return *p
}

func TestAShortAnswerIsReadInTheLightOfTheQuestion(t *testing.T) {
	t.Parallel()
	read := func(asked understanding.Question, text string) understanding.Meaning {
		return understanding.Read(text, understanding.Context{
			Today: monday, Asked: asked, CheckIn: civil.New(2027, time.January, 3),
			Cabins: []understanding.Cabin{{ID: "nogal", Names: []string{"El Nogal", "cabaña grande"}}, {ID: "2", Names: []string{"2"}}},
		})
	}
	for _, text := range []string{"4", "cuatro", "4!", "creo que 4", "2 y 2", "si, 4"} {
		if m := read(understanding.AskedGuests, text); number(m.Guests) != 4 || m.Intent == understanding.Unknown {
			t.Errorf("guests of %q: %d, %s", text, number(m.Guests), m.Intent)
		}
	}
	if m := read(understanding.AskedNothing, "4"); m.Guests != nil || m.Intent != understanding.Unknown {
		t.Errorf("4, unasked, is %+v", m)
	}
	if m := read(understanding.AskedNights, "5"); m.Nights != 5 {
		t.Errorf("nights of 5: %d", m.Nights)
	}
	for text, want := range map[string]string{"15": "2026-12-15", "el 15": "2026-12-15", "15/1": "2027-01-15", "mañana": "2026-12-15"} {
		if m := read(understanding.AskedDates, text); m.CheckIn.String() != want {
			t.Errorf("%q is %s; want %s", text, m.CheckIn, want)
		}
	}
	for text, want := range map[string]string{"8": "2027-01-08", "el 8": "2027-01-08", "hasta el 8": "2027-01-08", "el domingo": "2027-01-10"} {
		if m := read(understanding.AskedCheckOut, text); m.CheckOut.String() != want || !m.CheckIn.IsZero() {
			t.Errorf("%q is %s to %s; want until %s", text, m.CheckIn, m.CheckOut, want)
		}
	}
	for text, want := range map[string]string{"la 2": "2", "2": "2", "la primera": "1", "el nogal": "nogal", "la cabaña grande": "nogal", "el nogla": "nogal"} {
		if m := read(understanding.AskedCabin, text); m.Cabin != want {
			t.Errorf("cabin of %q is %q; want %q", text, m.Cabin, want)
		}
	}
	for text, want := range map[string]string{"Ana Pérez": "Ana Pérez", "soy Ana": "Ana", "Juan de la Cruz": "Juan de la Cruz", "dale": "", "4": "", "me llamo Ana Pérez": "Ana Pérez"} {
		if m := read(understanding.AskedName, text); m.Name != want {
			t.Errorf("name of %q is %q; want %q", text, m.Name, want)
		}
	}
}

func TestWhatIsSaidBesidesIsFound(t *testing.T) {
	t.Parallel()
	read := func(text string) understanding.Meaning {
		return understanding.Read(text, understanding.Context{Today: monday})
	}
	if m := read("hola, cuánto sale el finde y aceptan perros?"); m.Intent != understanding.Price || len(m.Also) != 1 || m.Also[0] != understanding.Services {
		t.Errorf("%s and also %v", m.Intent, m.Also)
	}
	if m := read("tenés wifi y cochera?"); len(m.Topics) != 2 {
		t.Errorf("topics %v", m.Topics)
	}
	if m := read("mi código es cab-7k3qx9"); m.Code != "7K3QX9" || m.Intent != understanding.MyReservations {
		t.Errorf("code %q, %s", m.Code, m.Intent)
	}
	if m := read("mi mail es ana.perez@example.com, gracias"); m.Email != "ana.perez@example.com" {
		t.Errorf("e-mail %q", m.Email)
	}
	if m := read("una noche más"); m.MoreNights != 1 || m.Nights != 0 {
		t.Errorf("more nights %d, nights %d", m.MoreNights, m.Nights)
	}
	if m := read("dos días menos"); m.MoreNights != -2 {
		t.Errorf("more nights %d", m.MoreNights)
	}
	if m := read("somos 2 y un bebé"); number(m.Babies) != 1 || number(m.Guests) != 2 {
		t.Errorf("%d guests, %d babies", number(m.Guests), number(m.Babies))
	}
	if !read("me mandás fotos?").Photos || !read("empecemos de nuevo").Restart || !read("y la otra cabaña?").Other {
		t.Error("photos, a new beginning or the other cabin were not understood")
	}
}

func TestAnAmbiguousDateHasItsReadings(t *testing.T) {
	t.Parallel()
	read := func(text string) []understanding.Dates {
		m := understanding.Read(text, understanding.Context{Today: monday})
		if m.Ask != understanding.AmbiguousDate || !m.CheckIn.IsZero() {
			t.Errorf("%q asks %q, from %s", text, m.Ask, m.CheckIn)
		}
		return m.Readings
	}
	// The 15th of February of 2027 is a Monday.
	got := read("sábado 15 de febrero")
	if len(got) != 2 || got[0].CheckIn.String() != "2027-02-15" || got[1].CheckIn.String() != "2027-02-13" {
		t.Errorf("readings %v", got)
	}
	for _, text := range []string{"del 3 al 5 o del 10 al 12 de enero", "somos 4, puede ser del 3 al 5 de enero o del 10 al 12?"} {
		got := read(text)
		if len(got) != 2 || got[0].CheckIn.String() != "2027-01-03" || got[0].Nights != 2 || got[1].CheckIn.String() != "2027-01-10" || got[1].Nights != 2 {
			t.Errorf("readings of %q: %v", text, got)
		}
	}
}

func TestACabinIsKnownByTheWordsThatTellItApart(t *testing.T) {
	t.Parallel()
	cabins := []understanding.Cabin{
		{ID: "lago", Names: []string{"Cabaña del Lago"}}, {ID: "nogal", Names: []string{"El Nogal"}}, {ID: "sol", Names: []string{"Puesta de Sol"}},
	}
	for text, want := range map[string]string{
		"quiero la cabaña del lago": "lago", "cabana do lago": "lago", "la del lago está libre?": "lago", "the lake one": "lago", "a cabana do lago no carnaval": "lago",
		"a cuánto está del lago?": "", "tiene vista al lago?": "", "queda cerca del lago?": "", "el nogal": "nogal", "me gusta nogal": "nogal", "la puesta del sol": "sol", "puesta de sol": "sol",
		"cabaña": "", "el sol sale temprano?": "",
	} {
		m := understanding.Read(text, understanding.Context{Today: monday, Cabins: cabins})
		if m.Cabin != want {
			t.Errorf("cabin of %q is %q; want %q", text, m.Cabin, want)
		}
		if want == "lago" && len(m.Topics) > 0 {
			t.Errorf("%q asks for %v", text, m.Topics)
		}
	}
}

func TestACabinThatIsNotMeantIsNotTheOne(t *testing.T) {
	t.Parallel()
	cabins := []understanding.Cabin{{ID: "casa", Names: []string{"Casa Grande"}}, {ID: "montana", Names: []string{"Cabaña de la Montaña"}}}
	for text, want := range map[string]string{
		"la de la montaña no, la grande": "casa", "la casa grande no, la de la montaña": "montana", "no la grande, la de la montaña": "montana",
		"no quiero la casa grande, quiero la montaña": "montana", "la grande no": "", "la grande está libre?": "casa", "la grande no está libre?": "casa",
		"no tenés la casa grande?": "casa", "a cuánto queda de la montaña?": "", "vista a la montaña?": "",
	} {
		if m := understanding.Read(text, understanding.Context{Today: monday, Cabins: cabins}); m.Cabin != want {
			t.Errorf("cabin of %q is %q; want %q", text, m.Cabin, want)
		}
	}
}

func TestAQuestionAboutCancellingIsNoWishTo(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"como es la cancelación si no puedo ir?", "que pasa si cancelo", "can I cancel for free?", "como funciona o cancelamento"} {
		m := understanding.Read(text, understanding.Context{Today: monday})
		if m.Intent != understanding.Services || len(m.Also) > 0 || len(m.Topics) != 1 || m.Topics[0] != understanding.TopicCancellation {
			t.Errorf("%q is %s about %v, and also %v", text, m.Intent, m.Topics, m.Also)
		}
	}
}
