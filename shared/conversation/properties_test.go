package conversation_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
)

// phrases is what guests write, in any order.
func phrases() []string {
	return []string{
		"hola", "hola, tenés algo del 3 al 8 de enero para 4 y un perro?", "el finde", "somos 4", "somos 5 + bebé", "2", "4", "14", "del 10 al 12 de diciembre",
		"mejor 5 noches", "una noche más", "la otra cabaña", "la segunda", "la más barata", "la cabaña del lago", "el refugio de la montaña", "sí", "no", "dale",
		"reservar", "quiero reservar", "Juan Pérez", "a nombre de Ana Gómez", "cancelar", "quiero cancelar mi reserva", "cancelar la reserva AAA001",
		"quiero cambiar la fecha", "mis reservas", "quiero pagar", "puedo pagar por transferencia?", "ya pagué", "ya está pago?", "cómo llego?",
		"tienen pileta?", "a qué hora es el check in?", "aceptan mascotas?", "hay desayuno?", "fotos", "cuanto sale?", "precio por noche", "gracias", "chau",
		"quiero hablar con una persona", "menú", "bot", "empecemos de nuevo", "asdf qwer", "del 3 al 8 de noviembre de 2020", "30 de febrero", "05/06", "x",
		"oi, tem vaga no fim de semana?", "do you have anything from January 3 to 8 for 2?", "yes", "sim", "soy *Ana* https://evil.example {name}", "1e9 noches", "999 personas",
		"del 1/1/2027 al 31/12/2027 somos 2", "0 personas", "el 15", "hasta el 20", strings.Repeat("muy largo ", 900),
	}
}

// forged is ids that are not, or no longer, ours.
func forged() []string {
	return []string{
		"", ":", "1", "1:", "0:menu", "2:book:1.2027-01-03.2027-01-08.4.0.0:60000000", "1:book", "1:book:1.2027-01-03.2027-01-08.4.0.0:60000000", "1:book:9.2027-01-03.2027-01-08.4.0.0:1",
		"1:want:1.2020-01-01.2019-01-01.4.0.0", "1:want:0...0.0.0", "1:want:x", "1:want:1.2027-01-03.2027-01-08.99.99.99", "1:cancelyes:AAA001", "1:cancelyes:AAA001:redo",
		"1:cancelyes:ZZZ999", "1:cancel:AAA001", "1:transfer:AAA002", "1:pay:AAA001", "1:redo:AAA001:0...0.0.0", "1:stay:AAA001:cancel", "1:stay:AAA001:hold", "1:keep:AAA001",
		"1:photos:7", "1:photos:1", "1:faq", "1:faq:nothing:1", "1:faq:pets:99", "1:person:<b>", "1:more:0.2027-01-03.2027-01-08.4.0.0:-5", "1:more:0.2027-01-03.2027-01-08.4.0.0:9999999999999999999",
		"1:near:1.2027-01-03.2027-01-08.4.0.0", "1:dates:1.2027-01-03.2027-01-08.4.0.0", "1:no", "1:drop", "1:help", "1:cabins", "1:mine", "1:bot", "1:menu", "menu_availability", "confirm_res_AAA001",
	}
}

// anyEvent draws something that a guest may do.
func (p *phone) anyEvent(t *rapid.T) conversation.Event {
	p.n++
	e := conversation.Event{ID: "wamid", Kind: conversation.Said, At: p.w.now.Add(-rapid.SampledFrom([]time.Duration{0, 0, 0, 0, time.Second, time.Hour, 30 * time.Hour}).Draw(t, "age"))}
	text := func() string {
		texts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(phrases()), rapid.String()), 1, 3).Draw(t, "texts")
		e.Burst = len(texts)
		return strings.Join(texts, "\n")
	}
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0, 1, 2:
		e.Text = text()
	case 3, 4, 5:
		if choices := p.choices(); len(choices) > 0 {
			e.Choice = rapid.SampledFrom(choices).Draw(t, "choice")
		}
	case 6:
		e.Choice = rapid.SampledFrom(forged()).Draw(t, "forged")
	case 7:
		e.Kind, e.Text = conversation.Heard, text()
	case 8:
		e.Kind, e.Files = conversation.Attached, []string{"wamid"}
		e.Text = rapid.SampledFrom(append(phrases(), "", "")).Draw(t, "caption")
	case 9:
		e.Kind = rapid.SampledFrom([]conversation.EventKind{
			conversation.NotHeard, conversation.Unreadable, conversation.Wordless, conversation.Opened, conversation.Taken,
		}).Draw(t, "kind")
	}
	return e
}

// choices is all that can be pressed of what was sent lately.
func (p *phone) choices() []string {
	var ids []string
	for _, m := range p.shown[max(len(p.shown)-6, 0):] {
		for _, b := range m.Buttons {
			ids = append(ids, b.ID)
		}
		if m.List != nil {
			for _, s := range m.List.Sections {
				for _, r := range s.Rows {
					ids = append(ids, r.ID)
				}
			}
		}
	}
	return ids
}

// anyChange is something that happens in the world meanwhile.
func (p *phone) anyChange(t *rapid.T) {
	day := civil.New(2026, time.November, 24)
	switch rapid.IntRange(0, 9).Draw(t, "change") {
	case 0:
		p.w.now = p.w.now.Add(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 13 * time.Hour, 50 * time.Hour}).Draw(t, "wait"))
	case 1:
		from := day.AddDays(rapid.IntRange(0, 60).Draw(t, "from"))
		p.w.blocks = append(p.w.blocks, block{int64(rapid.IntRange(1, 4).Draw(t, "cabin")), civil.Nights{From: from, To: from.AddDays(9)}})
	case 2:
		if n := len(p.w.stays); n > 0 {
			p.w.pay(p.w.stays[rapid.IntRange(0, n-1).Draw(t, "stay")].Reservation.Code, rapid.Bool().Draw(t, "all"))
		}
	case 3:
		if len(p.w.stays) < 12 {
			from := day.AddDays(rapid.IntRange(-5, 60).Draw(t, "from"))
			stay := booking.Stay{Nights: civil.Nights{From: from, To: from.AddDays(3)}, Guests: 2}
			p.w.stays = append(p.w.stays, p.w.reserve(1, stay, rapid.SampledFrom([]booking.Status{booking.StatusConfirmed, booking.StatusCancelled, booking.StatusPreReserved}).Draw(t, "status")))
		}
	case 4:
		kind := rapid.SampledFrom([]conversation.ActKind{conversation.Search, conversation.Hold, conversation.Mine, conversation.Cancel, conversation.LookPaid}).Draw(t, "act")
		p.w.refuse[kind] = rapid.SampledFrom([]string{"unavailable", "dates_taken", "invalid_state", "price_changed", "whatever", "past_date", "too_far"}).Draw(t, "refusal")
	case 5:
		p.w.profile = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "Ana", "🌻"})).Draw(t, "profile")
	case 6:
		p.w.offline = !p.w.offline
	case 7:
		p.state = p.state.GivenBack()
	}
}

func TestWhateverGuestsDoIsAnsweredInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := newPhone(t)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			p.w.now = p.w.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second)
			p.anyChange(t)
			e := p.anyEvent(t)
			p.turn(e)
			if p.state.Doing.For != "" || p.state.Doing.Text != "" || len(p.state.Doing.Lead) > 0 {
				t.Fatalf("a turn ends with something left to be done: %+v", p.state.Doing)
			}
			if t.Failed() {
				t.Fatalf("after %+v in %+v", e, p.state)
			}
		}
	})
}

func TestNextChangesNothingThatItIsGiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := newPhone(t)
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			p.w.now = p.w.now.Add(time.Minute)
			e := p.anyEvent(t)
			before := p.kept(p.state)
			a := p.state.Next(e, p.w.facts(), p.w.now)
			b := before.Next(e, p.w.facts(), p.w.now)
			equal(t, "the state that was given", before, p.kept(p.state))
			equal(t, "the same event in the same state", p.kept(a.State), p.kept(b.State))
			p.turn(e)
		}
	})
}

func FuzzAnyText(f *testing.F) {
	for _, text := range phrases() {
		f.Add(text, "", false)
	}
	for _, choice := range forged() {
		f.Add("hola", choice, true)
	}
	f.Fuzz(func(t *testing.T, text, choice string, heard bool) {
		p := newPhone(t)
		for _, first := range []string{"", "la cabaña del lago del 3 al 8 de enero para 4", "hay lugar el finde?", "quiero reservar"} {
			p.state = conversation.State{}
			e := conversation.Event{ID: "a", Kind: conversation.Said, Text: first, At: p.w.now}
			if first != "" {
				p.turn(e)
			}
			e.Text, e.Choice = text, choice
			if heard {
				e.Kind = conversation.Heard
			}
			p.turn(e)
			conversation.Events([]chat.Inbound{{ID: "a", Kind: chat.KindText, Text: text, At: p.w.now}}, p.w.now)
			p.state.Complete(e, p.w.facts())
		}
	})
}
