package whatsapp_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// everyKind is one message of each.
func everyKind() map[string]chat.Message {
	return map[string]chat.Message{
		"text": {Kind: chat.FormText, Body: "¡Hola! ¿Para qué fechas?"},
		"buttons": {Kind: chat.FormButtons, Header: "Cabaña del Lago", Body: "Son $ 120.000. ¿Reservamos?", Footer: "Precio final", Buttons: []chat.Button{
			{ID: "v1:yes", Title: "Sí, reservar"}, {ID: "v1:no", Title: "No, gracias"},
		}},
		"list": {Kind: chat.FormList, Body: "¿Qué te muestro?", List: &chat.List{Button: "Ver cabañas", Sections: []chat.Section{
			{Title: "Con pileta", Rows: []chat.Row{{ID: "1", Title: "Del Lago", Description: "Hasta 6"}}},
			{Title: "Sin pileta", Rows: []chat.Row{{ID: "2", Title: "Del Bosque"}}},
		}}},
		"link":     {Kind: chat.FormLink, Body: "La seña es de $ 36.000.", Link: &chat.Link{Text: "Pagar", URL: "https://cabanas.example/pay/7K3M9Q?t=x"}},
		"image":    {Kind: chat.FormImage, Body: "El living", Image: &chat.Image{URL: "https://cabanas.example/fotos/1.jpg"}},
		"document": {Kind: chat.FormDocument, Body: "Cómo llegar", Document: &chat.Document{URL: "https://cabanas.example/mapa.pdf", Filename: "mapa.pdf"}},
		"location": {Kind: chat.FormLocation, Location: &chat.Location{Latitude: -41.1335, Longitude: -71.3103, Name: "Cabañas", Address: "Ruta 40"}},
		"template": {Kind: chat.FormTemplate, Body: "Hola Ana, mañana te esperamos.", Template: &chat.Template{
			Name: "pre_arrival", Language: "es_AR", Parameters: []string{"Ana", "mañana"}, URLSuffix: "7K3M9Q",
		}},
	}
}

func TestEveryKindOfMessageArrivesAsItWasMeant(t *testing.T) {
	t.Parallel()
	for name, m := range everyKind() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			asked := b.api.Chat(phone).Entries[0].ID
			id, err := b.Send(t.Context(), guest, m, "outbox:17", asked)
			check(t, err)
			entries := b.api.Chat(phone).Entries
			got := entries[len(entries)-1]
			want := m
			if m.Kind == chat.FormTemplate {
				want.Body = "" // only Meta has it
			}
			if got.ID != id || got.ReplyTo != asked || !reflect.DeepEqual(*got.Message, want) {
				t.Errorf("got %+v\nof %+v", got.Message, got)
			}
			if r := b.api.Requests(); len(r) != 1 || r[0].Data != "outbox:17" || r[0].Phone != phone || r[0].ID != id {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// TestWhateverIsSaidIsTaken: a server that refuses everything over a limit takes whatever Fit makes of anything.
func TestWhateverIsSaidIsTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	word := rapid.OneOf(rapid.String(), rapid.StringN(0, 3000, 6000), rapid.SampledFrom([]string{
		"", " ", "\n", "🇦🇷", strings.Repeat("👩‍👩‍👧‍👦", 40), strings.Repeat("e\u0301", 3000), "Cabaña del Lago con pileta climatizada", "x", "X", "\x00\u200b",
	}))
	rapid.Check(t, func(r *rapid.T) {
		b.clock.add(time.Minute) // nobody is written to too often
		b.api.Say(phone, "hola")
		m := chat.Message{
			Kind:   rapid.SampledFrom([]chat.Form{chat.FormText, chat.FormButtons, chat.FormList, chat.FormLink, chat.FormImage, chat.FormLocation, chat.FormTemplate, "?"}).Draw(r, "kind"),
			Header: word.Draw(r, "header"), Body: word.Draw(r, "body"), Footer: word.Draw(r, "footer"),
			Link:     &chat.Link{Text: word.Draw(r, "link"), URL: rapid.SampledFrom([]string{"https://a.example/x", "nope", ""}).Draw(r, "url")},
			Image:    &chat.Image{URL: "https://a.example/x.jpg"},
			Location: &chat.Location{Latitude: rapid.Float64().Draw(r, "latitude"), Name: word.Draw(r, "name")},
			Template: &chat.Template{Name: "a", Language: "es_AR", Parameters: rapid.SliceOfN(word, 0, 6).Draw(r, "parameters")},
			List:     &chat.List{Button: word.Draw(r, "button")},
		}
		for range rapid.IntRange(0, 12).Draw(r, "choices") {
			m.Buttons = append(m.Buttons, chat.Button{ID: word.Draw(r, "id"), Title: word.Draw(r, "title")})
			m.List.Sections = append(m.List.Sections, chat.Section{Title: word.Draw(r, "section"), Rows: []chat.Row{
				{ID: word.Draw(r, "row"), Title: word.Draw(r, "row title"), Description: word.Draw(r, "description")},
			}})
		}
		for _, part := range m.Split() {
			if _, err := b.Send(t.Context(), guest, part, "", ""); err != nil && !part.Blank() {
				text, _ := json.Marshal(part)
				r.Fatalf("%v: %s", err, text)
			}
		}
	})
}

func TestSomebodyWithABSUIDNeedsNoPhone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.api.Meet(watest.Person{Phone: phone, BSUID: "AR.1349", Hidden: true})
	id, err := b.Send(t.Context(), chat.Contact{BSUID: "AR.1349"}, everyKind()["text"], "", "")
	check(t, err)
	if r := b.api.Requests(); r[0].ID != id || !strings.Contains(string(r[0].Body), `"recipient":"AR.1349"`) || strings.Contains(string(r[0].Body), `"to"`) {
		t.Errorf("got %s", r[0].Body)
	}
	b.api.Fail(watest.Fault{Code: 131062, Times: 1})
	_, err = b.Send(t.Context(), chat.Contact{BSUID: "AR.1349"}, everyKind()["text"], "", "")
	if f, ok := errors.AsType[*whatsapp.Error](err); !ok || f.Action != chat.ActionAskPhone {
		t.Errorf("got %v", err)
	}
	b.api.Fail(watest.Fault{Code: 131062, Times: 1})
	_, err = b.Send(t.Context(), chat.Contact{BSUID: "AR.1349", WaID: phone}, everyKind()["text"], "", "")
	check(t, err)
}

func TestATestNumberIsAskedOnceWithoutThe9(t *testing.T) {
	t.Parallel()
	b := setupWith(t, watest.Config{AllowList: []string{"542944123456"}})
	_, err := b.Send(t.Context(), guest, everyKind()["text"], "", "")
	check(t, err)
	if n := b.api.Seen(watest.Send); n != 2 {
		t.Errorf("asked %d times", n)
	}
	_, err = b.Send(t.Context(), chat.Contact{WaID: "5492944999999"}, everyKind()["text"], "", "")
	if f, ok := errors.AsType[*whatsapp.Error](err); !ok || f.Code != 131030 || b.api.Seen(watest.Send) != 4 {
		t.Errorf("got %v after %d", err, b.api.Seen(watest.Send))
	}
	_, err = b.Send(t.Context(), chat.Contact{WaID: "5511987654321"}, everyKind()["text"], "", "")
	if err == nil || b.api.Seen(watest.Send) != 5 {
		t.Errorf("got %v after %d", err, b.api.Seen(watest.Send))
	}
}

func TestNothingAndNobodyAreNotAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, send := range []func() error{
		func() error {
			_, err := b.Send(t.Context(), guest, chat.Message{Kind: chat.FormText, Body: " \n"}, "", "")
			return err
		},
		func() error { _, err := b.Send(t.Context(), chat.Contact{}, everyKind()["text"], "", ""); return err },
	} {
		if f, ok := errors.AsType[*whatsapp.Error](send()); !ok || f.Action != chat.ActionBug || f.Ambiguous {
			t.Errorf("got %v", f)
		}
	}
	if b.api.Seen(watest.Send) != 0 {
		t.Error("it was asked for")
	}
}

func TestTheWindowClosesAfter24Hours(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.clock.add(24*time.Hour - time.Second)
	_, err := b.Send(t.Context(), guest, everyKind()["text"], "", "")
	check(t, err)
	b.clock.add(time.Second)
	_, err = b.Send(t.Context(), guest, everyKind()["text"], "", "")
	if f, ok := errors.AsType[*whatsapp.Error](err); !ok || f.Action != chat.ActionTemplate || f.Ambiguous {
		t.Errorf("got %v", err)
	}
	_, err = b.Send(t.Context(), guest, everyKind()["template"], "", "")
	check(t, err)
}

func TestReadingTurnsTheTicksBlue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	second := b.api.Say(phone, "¿hay lugar?")
	third := b.api.Say(phone, "para 4")
	check(t, b.Read(t.Context(), second, true))
	c := b.api.Chat(phone)
	if c.Entries[0].State != chat.Seen || c.Entries[1].State != chat.Seen || c.Entries[2].State == chat.Seen || !c.Typing {
		t.Errorf("got %+v", c)
	}
	b.clock.add(25 * time.Second)
	if b.api.Chat(phone).Typing {
		t.Error("it is still writing")
	}
	check(t, b.Read(t.Context(), third, false))
	if err := b.Read(t.Context(), "wamid.unknown", false); err == nil {
		t.Error("a message that never came was read")
	}
}
