package conversation_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
)

func (p *phone) says(text string) {
	p.w.now = p.w.now.Add(time.Minute)
	p.replies, p.acts = nil, nil
	p.turn(conversation.Event{ID: "wamid", Kind: conversation.Said, Text: text, At: p.w.now})
}

func (p *phone) presses(title string) {
	p.w.now = p.w.now.Add(time.Minute)
	p.replies, p.acts = nil, nil
	id, _ := p.find(title)
	p.turn(conversation.Event{ID: "wamid", Kind: conversation.Said, Choice: id, At: p.w.now})
}

func TestABabyCountsWhereTheCabinSaysSo(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.w.cabins[0].BabiesCount = true
	p.says("del 3 al 8 de enero, somos 4 + bebé")
	p.reply(" Cabaña del Bosque")
	p.reply("!Cabaña del Lago")
	p.says("la cabaña del lago del 3 al 8 de enero, somos 3 + bebé")
	p.presses("Reservar")
	if n := len(p.w.stays); n != 1 || p.w.stays[0].Reservation.Stay.Guests != 4 {
		t.Fatalf("%d reservations: %+v", n, p.w.stays)
	}
}

func TestAReceiptIsKeptHoweverLateItComes(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.says("la cabaña del lago del 3 al 8 de enero para 4")
	p.presses("Reservar")
	p.says("voy a transferir, puedo pagar por transferencia?")
	p.replies, p.acts = nil, nil
	p.turn(conversation.Event{ID: "i", Kind: conversation.Attached, Files: []string{"i"}, At: p.w.now.Add(-30 * time.Hour)})
	if len(p.replies) > 0 || len(p.acts) != 2 || p.acts[1].Kind != conversation.KeepReceipt {
		t.Fatalf("%d replies, acts %+v", len(p.replies), p.acts)
	}
}

func TestWhatWasTalkedAboutLastWeekIsForgotten(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.says("la cabaña del lago del 3 al 8 de enero para 4, soy Marcela Gómez")
	p.presses("Reservar")
	p.w.now = p.w.now.Add(7 * 24 * time.Hour)
	p.says("hola")
	if s := p.state; s.Wanted != (conversation.Wanted{}) || s.Code == "" || s.Name != "Marcela Gómez" || len(s.Codes) != 1 {
		t.Fatalf("%+v", s)
	}
	p.reply(" Fechas y precios")
}

func TestAWorldThatRefusesForEverEndsATurn(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.says("la cabaña del lago del 3 al 8 de enero para 4")
	id, _ := p.find("Reservar")
	e := conversation.Event{ID: "a", Kind: conversation.Said, Choice: id, At: p.w.now}
	s := p.state
	for round := 0; ; round++ {
		turn := s.Next(e, p.w.facts(), p.w.now)
		if turn.Act.Kind == conversation.None {
			if len(turn.Replies) != 1 {
				t.Fatalf("%d replies", len(turn.Replies))
			}
			return
		}
		if round == conversation.MaxRounds {
			t.Fatalf("goes on with %+v", turn.Act)
		}
		s = turn.State
		e = conversation.Event{ID: "a", Kind: conversation.Done, At: p.w.now, Outcome: conversation.Outcome{Act: turn.Act.Kind, Refused: "price_changed"}}
		if turn.Act.Kind == conversation.Search {
			e.Outcome = conversation.Outcome{Act: conversation.Hold, Refused: "price_changed"}
		}
	}
}

func TestManyCabinsWithLongNamesAreShownInParts(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.w.cabins = nil
	for n := range 25 {
		c := demoCabins()[0]
		c.ID = int64(n + 1)
		c.Name = fmt.Sprintf("Cabaña %d de %s", n+1, strings.Repeat("la *Señora* del Ñandú ", 20))
		c.Description, c.Amenities = strings.Repeat("descripción ", 400), strings.Split(strings.Repeat("Amenidad larga,", 60), ",")
		c.BasePrice += 100
		p.w.cabins = append(p.w.cabins, c)
	}
	seen := map[string]bool{}
	p.says("del 3 al 8 de enero para 4")
	for range 4 {
		for _, s := range p.replies[0].List.Sections {
			for _, r := range s.Rows {
				seen[r.ID] = true
			}
		}
		if id, _ := p.find("Más cabañas"); seen[id] {
			p.presses("Más cabañas")
		}
	}
	cabins := 0
	for id := range seen {
		if strings.HasPrefix(id, "1:want:") {
			cabins++
		}
	}
	if cabins != 25 {
		t.Errorf("%d cabins can be chosen", cabins)
	}
	for _, text := range []string{"fotos", "qué incluye?", "cómo llego?", "precio por noche?", "tienen wifi?"} {
		p.says(text)
		if len(p.replies) == 0 {
			t.Errorf("%q is not answered", text)
		}
	}
}

func TestAStateOfAnotherVersionIsRead(t *testing.T) {
	t.Parallel()
	var s conversation.State
	if err := json.Unmarshal([]byte(`{"step":"no_longer_asked","gone":1,"wanted":{"guests":4,"gone":[]}}`), &s); err != nil || s.Wanted.Guests != 4 {
		t.Fatalf("%+v, %v", s, err)
	}
	p := newPhone(t)
	p.state = s
	p.says("del 3 al 8 de enero")
	p.reply(" $ 600.000")
}

func TestAPersonTakesOverAndGivesBack(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.state = p.state.HandedTo(p.w.now)
	p.says("hola")
	if len(p.replies) > 0 {
		t.Error("the bot interrupts")
	}
	p.state = p.state.GivenBack()
	p.says("hola")
	if len(p.replies) != 1 {
		t.Error("the bot is silent")
	}
	if s := (conversation.State{Step: conversation.AskedGuests}).GivenBack(); s.Step != conversation.AskedGuests {
		t.Errorf("what was not taken over is at %q", s.Step)
	}
}

func TestWhatIsWrittenByGuestsIsNeverMarkup(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.w.profile = "*_Ana_* ~Paula~"
	p.says("hola")
	for _, m := range p.replies {
		if strings.ContainsAny(strings.ReplaceAll(m.Body, "*persona*", ""), "*_~`") {
			t.Errorf("markup in %q", m.Body)
		}
	}
	p.turn(conversation.Event{ID: "v", Kind: conversation.Heard, Text: "*cancelá* _todo_ https://evil.example", At: p.w.now})
	for _, m := range p.shown {
		if m.Kind == chat.FormLink || strings.Contains(m.Body, "*cancelá*") || strings.Contains(m.Body, "evil.example") {
			t.Errorf("%+v", m)
		}
	}
}
