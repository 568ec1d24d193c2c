package chat_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

func buttons(titles ...string) []chat.Button {
	var all []chat.Button
	for i, title := range titles {
		all = append(all, chat.Button{ID: fmt.Sprint(i), Title: title})
	}
	return all
}

func list(sections ...chat.Section) *chat.List { return &chat.List{Button: "Ver", Sections: sections} }

func TestAMessageIsMadeToFit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 5000)
	tests := []struct {
		name    string
		m, want chat.Message
	}{
		{"a text", chat.Message{Kind: chat.FormText, Body: " hola\r\n\n¿qué tal? \x00"}, chat.Message{Kind: chat.FormText, Body: "hola\n\n¿qué tal?"}},
		{"a text with a header", chat.Message{Kind: chat.FormText, Header: "H", Body: "B", Footer: "F"}, chat.Message{Kind: chat.FormText, Body: "H\n\nB\n\nF"}},
		{"a long text", chat.Message{Kind: chat.FormText, Body: long}, chat.Message{Kind: chat.FormText, Body: long[:4095] + "…"}},
		{"no kind", chat.Message{Body: "x"}, chat.Message{Kind: chat.FormText, Body: "x"}},
		{
			"buttons",
			chat.Message{Kind: chat.FormButtons, Body: "x", Buttons: buttons(" Sí \n", "", "Quiero reservar esta cabaña", "Quiero reservar esta otra")},
			chat.Message{Kind: chat.FormButtons, Body: "x", Buttons: []chat.Button{{ID: "0", Title: "Sí"}, {ID: "2", Title: "Quiero reservar est…"}, {ID: "3", Title: "Quiero reservar e… 2"}}},
		},
		{"the same button twice", chat.Message{Kind: chat.FormButtons, Body: "x", Buttons: []chat.Button{{"a", "A"}, {"a", "B"}}}, chat.Message{Kind: chat.FormButtons, Body: "x", Buttons: []chat.Button{{"a", "A"}}}},
		{"the same title twice", chat.Message{Kind: chat.FormButtons, Body: "x", Buttons: buttons("Sí", "sí")}, chat.Message{Kind: chat.FormButtons, Body: "x", Buttons: buttons("Sí", "sí 2")}},
		{"an id that is too long", chat.Message{Kind: chat.FormButtons, Body: "x", Buttons: []chat.Button{{long[:257], "A"}, {long[:256], "B"}}}, chat.Message{Kind: chat.FormButtons, Body: "x", Buttons: []chat.Button{{long[:256], "B"}}}},
		{"no buttons", chat.Message{Kind: chat.FormButtons, Header: "H", Body: "x", Buttons: buttons(" ")}, chat.Message{Kind: chat.FormText, Body: "H\n\nx"}},
		{"buttons without a body", chat.Message{Kind: chat.FormButtons, Header: "H", Buttons: buttons("A")}, chat.Message{Kind: chat.FormButtons, Body: "H", Buttons: buttons("A")}},
		{"buttons alone", chat.Message{Kind: chat.FormButtons, Buttons: buttons("A", "B")}, chat.Message{Kind: chat.FormButtons, Body: "A", Buttons: buttons("A", "B")}},
		{
			"four buttons",
			chat.Message{Kind: chat.FormButtons, Body: "x", Buttons: buttons("A", "B", "C", "D")},
			chat.Message{Kind: chat.FormList, Body: "x", List: &chat.List{Button: "☰", Sections: []chat.Section{{Rows: []chat.Row{{ID: "0", Title: "A"}, {ID: "1", Title: "B"}, {ID: "2", Title: "C"}, {ID: "3", Title: "D"}}}}}},
		},
		{
			"a title that is too long for a row",
			chat.Message{Kind: chat.FormList, Body: "x", List: list(chat.Section{Rows: []chat.Row{{ID: "1", Title: "Cabaña del Lago con pileta climatizada"}}})},
			chat.Message{Kind: chat.FormList, Body: "x", List: list(chat.Section{Rows: []chat.Row{{ID: "1", Title: "Cabaña del Lago con pil…", Description: "Cabaña del Lago con pileta climatizada"}}})},
		},
		{
			"sections of which one has no title",
			chat.Message{Kind: chat.FormList, Body: "x", List: list(chat.Section{Title: "A", Rows: []chat.Row{{ID: "1", Title: "1"}}}, chat.Section{Title: "Nobody"}, chat.Section{Rows: []chat.Row{{ID: "1", Title: "1"}, {ID: "2", Title: "2"}}})},
			chat.Message{Kind: chat.FormList, Body: "x", List: list(chat.Section{Rows: []chat.Row{{ID: "1", Title: "1"}, {ID: "2", Title: "2"}}})},
		},
		{"a list of nothing", chat.Message{Kind: chat.FormList, Body: "x", List: list()}, chat.Message{Kind: chat.FormText, Body: "x"}},
		{"a list that is none", chat.Message{Kind: chat.FormList, Body: "x"}, chat.Message{Kind: chat.FormText, Body: "x"}},
		{"a link", chat.Message{Kind: chat.FormLink, Body: "x", Link: &chat.Link{Text: "Pagar la seña con Mercado Pago", URL: "https://a.example/"}}, chat.Message{Kind: chat.FormLink, Body: "x", Link: &chat.Link{Text: "Pagar la seña con M…", URL: "https://a.example/"}}},
		{"a link to nowhere", chat.Message{Kind: chat.FormLink, Body: "x", Link: &chat.Link{Text: "Pagar", URL: "javascript:x"}}, chat.Message{Kind: chat.FormText, Body: "x"}},
		{"a link without words", chat.Message{Kind: chat.FormLink, Body: "x", Link: &chat.Link{URL: "https://a.example/"}}, chat.Message{Kind: chat.FormText, Body: "x\n\nhttps://a.example/"}},
		{"an image nowhere", chat.Message{Kind: chat.FormImage, Body: "x", Image: &chat.Image{URL: "/fotos/1.jpg"}}, chat.Message{Kind: chat.FormText, Body: "x"}},
		{"a place nowhere", chat.Message{Kind: chat.FormLocation, Location: &chat.Location{Latitude: 91, Name: "Cabañas", Address: "Ruta 40"}}, chat.Message{Kind: chat.FormText, Body: "Cabañas\n\nRuta 40"}},
		{
			"a template",
			chat.Message{Kind: chat.FormTemplate, Template: &chat.Template{Name: "a_b", Language: "es_AR", Parameters: []string{"Ana\n\tPérez      x", " "}, URLSuffix: "a b"}},
			chat.Message{Kind: chat.FormTemplate, Template: &chat.Template{Name: "a_b", Language: "es_AR", Parameters: []string{"Ana Pérez x", "-"}}},
		},
		{"a template without a name", chat.Message{Kind: chat.FormTemplate, Body: "x", Template: &chat.Template{Language: "es_AR"}}, chat.Message{Kind: chat.FormText, Body: "x"}},
	}
	for _, test := range tests {
		if got := test.m.Fit(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s:\ngot  %+v %+v\nwant %+v %+v", test.name, got, got.List, test.want, test.want.List)
		}
	}
	if (chat.Message{Kind: chat.FormButtons, Body: " \n\u200b"}).Blank() != true || (chat.Message{Kind: chat.FormButtons, Buttons: buttons("A")}).Blank() {
		t.Error("what says nothing is not told from what does")
	}
}

func TestAListHasTenRowsInAll(t *testing.T) {
	t.Parallel()
	var sections []chat.Section
	for i := range 4 {
		var rows []chat.Row
		for j := range 4 {
			rows = append(rows, chat.Row{ID: fmt.Sprint(i, j), Title: "x"})
		}
		sections = append(sections, chat.Section{Title: fmt.Sprint(i), Rows: rows})
	}
	got := chat.Message{Kind: chat.FormList, Body: "x", List: &chat.List{Button: "Ver", Sections: sections}}.Fit().List.Sections
	if len(got) != 3 || len(got[0].Rows) != 4 || len(got[2].Rows) != 2 {
		t.Errorf("got %+v", got)
	}
}

// anything is a message of whatever may come along.
func anything(t *rapid.T) chat.Message {
	text := rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(characters), " ", "\n", "palabra ", "\x00", "\u202e")), 0, 200).Draw(t, "characters"), "")
	}))
	m := chat.Message{
		Kind: rapid.SampledFrom([]chat.Form{
			chat.FormText, chat.FormButtons, chat.FormList, chat.FormLink, chat.FormImage, chat.FormDocument, chat.FormLocation, chat.FormTemplate, "",
		}).Draw(t, "kind"),
		Header: text.Draw(t, "header"), Body: strings.Repeat(text.Draw(t, "body"), rapid.SampledFrom([]int{1, 40}).Draw(t, "times")), Footer: text.Draw(t, "footer"),
		Link: &chat.Link{Text: text.Draw(t, "link"), URL: "https://a.example/"}, Image: &chat.Image{URL: "https://a.example/"}, List: &chat.List{Button: text.Draw(t, "list")},
		Document: &chat.Document{URL: text.Draw(t, "document")}, Location: &chat.Location{Latitude: rapid.Float64().Draw(t, "latitude"), Name: text.Draw(t, "name")},
		Template: &chat.Template{Name: "a", Language: "es", Parameters: rapid.SliceOfN(text, 0, 5).Draw(t, "parameters"), URLSuffix: text.Draw(t, "suffix")},
	}
	for range rapid.IntRange(0, 11).Draw(t, "choices") {
		m.Buttons = append(m.Buttons, chat.Button{ID: text.Draw(t, "id"), Title: text.Draw(t, "title")})
		m.List.Sections = append(m.List.Sections, chat.Section{Title: text.Draw(t, "section"), Rows: []chat.Row{{ID: text.Draw(t, "row"), Title: text.Draw(t, "row title"), Description: text.Draw(t, "description")}}})
	}
	return m
}

// overLimit says what of a message is over a limit. It is written without what makes messages fit.
func overLimit(m chat.Message) string {
	most := func(what, text string, limit int) string {
		if length(text) > limit {
			return what
		}
		return ""
	}
	body := 1024
	if m.Kind == chat.FormText || m.Kind == chat.FormTemplate {
		body = 4096
	}
	wrong := most("body", m.Body, body) + most("header", m.Header, 60) + most("footer", m.Footer, 60)
	titles, ids := make(map[string]bool), make(map[string]bool)
	for _, b := range m.Buttons {
		wrong += most("title", b.Title, 20) + most("id", b.ID, 256)
		if b.ID == "" || strings.TrimSpace(b.Title) != b.Title || b.Title == "" || titles[b.Title] || ids[b.ID] {
			wrong += "button"
		}
		titles[b.Title], ids[b.ID] = true, true
	}
	rows := 0
	if m.List != nil {
		wrong += most("list", m.List.Button, 20)
		for _, s := range m.List.Sections {
			wrong += most("section", s.Title, 24)
			if len(m.List.Sections) > 1 && s.Title == "" {
				wrong += "no title"
			}
			for _, r := range s.Rows {
				wrong += most("row id", r.ID, 200) + most("row title", r.Title, 24) + most("description", r.Description, 72)
				rows++
			}
		}
	}
	if len(m.Buttons) > 3 || rows > 10 || m.Kind != chat.FormText && m.Kind != chat.FormTemplate && m.Kind != chat.FormImage && m.Kind != chat.FormDocument && m.Kind != chat.FormLocation && m.Body == "" {
		wrong += "number"
	}
	return wrong
}

func TestWhateverIsMadeToFitFitsAndStaysSo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := anything(t)
		before, _ := json.Marshal(m)
		for _, fit := range append(m.Split(), m.Fit()) {
			if wrong := overLimit(fit); wrong != "" {
				t.Fatalf("%s of %+v", wrong, fit)
			}
			if again := fit.Fit(); !reflect.DeepEqual(again, fit) {
				t.Fatalf("fitted again:\n%+v\n%+v", fit, again)
			}
			text, err := json.Marshal(fit)
			var back chat.Message
			if err == nil {
				err = json.Unmarshal(text, &back)
			}
			if err != nil || !reflect.DeepEqual(back, fit) {
				t.Fatalf("%v: read back as %+v of %s", err, back, text)
			}
		}
		if after, _ := json.Marshal(m); string(after) != string(before) {
			t.Fatalf("it was changed: %s\n%s", before, after)
		}
	})
}

func TestALongTextIsPartedWhereItMayBeAndLosesNothing(t *testing.T) {
	t.Parallel()
	paragraph := strings.Repeat("Una frase de algunas palabras. ", 60) // 1,860 characters
	long := strings.TrimSpace(paragraph) + "\n\n" + strings.TrimSpace(paragraph) + "\n\n" + strings.TrimSpace(paragraph)
	parts := chat.Message{Kind: chat.FormText, Body: long}.Split()
	if len(parts) != 2 || parts[1].Body != strings.TrimSpace(paragraph) {
		t.Errorf("got %d parts", len(parts))
	}
	parts = chat.Message{Kind: chat.FormButtons, Body: long, Buttons: buttons("Sí")}.Split()
	last := parts[len(parts)-1]
	if last.Kind != chat.FormButtons || len(parts) < 2 || parts[0].Kind != chat.FormText {
		t.Errorf("got %+v", parts)
	}
	parts = chat.Message{Kind: chat.FormImage, Body: long, Image: &chat.Image{URL: "https://a.example/"}}.Split()
	if parts[0].Kind != chat.FormImage || parts[0].Body != "" || len(parts) != 3 {
		t.Errorf("got %+v", parts)
	}
	if n := len(chat.Message{Kind: chat.FormText, Body: strings.Repeat("x ", 100_000)}.Split()); n != 10 {
		t.Errorf("got %d parts", n)
	}
	if parts := (chat.Message{Kind: chat.FormText, Body: " "}).Split(); len(parts) != 0 {
		t.Errorf("nothing is %+v", parts)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(characters), " ", "\n", "palabra larga. ")), 0, 2000).Draw(t, "text"), "")
		m := chat.Message{Kind: rapid.SampledFrom([]chat.Form{chat.FormText, chat.FormButtons}).Draw(t, "kind"), Body: text, Buttons: buttons("Sí")}
		var whole strings.Builder
		for _, part := range m.Split() {
			whole.WriteString(part.Body)
		}
		if strings.Join(strings.Fields(text), "") != strings.Join(strings.Fields(whole.String()), "") && strings.TrimSpace(text) != "" {
			t.Fatalf("something was lost of %q: %q", text, whole.String())
		}
	})
}

func TestAMessageIsReadableWithoutButtons(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		m    chat.Message
		want string
	}{
		"buttons":  {chat.Message{Kind: chat.FormButtons, Header: "H", Body: "¿Reservamos?", Footer: "F", Buttons: buttons("Sí", "No")}, "H\n\n¿Reservamos?\n\n• Sí\n• No\n\nF"},
		"a list":   {chat.Message{Body: "x", List: list(chat.Section{Title: "A", Rows: []chat.Row{{ID: "1", Title: "Uno", Description: "el primero"}, {ID: "2", Title: "Dos"}}})}, "x\n\nA:\n• Uno: el primero\n• Dos"},
		"a link":   {chat.Message{Body: "x", Link: &chat.Link{Text: "Pagar", URL: "https://a.example"}}, "x\n\nPagar: https://a.example"},
		"an image": {chat.Message{Body: "x", Image: &chat.Image{URL: "https://a.example"}}, "x\n\nhttps://a.example"},
		"a place":  {chat.Message{Location: &chat.Location{Latitude: -41.1335, Longitude: -71.3, Name: "Cabañas"}}, "Cabañas\nhttps://maps.google.com/?q=-41.133500,-71.300000"},
		"template": {chat.Message{Template: &chat.Template{Name: "t", Parameters: []string{"Ana"}}}, "t · Ana"},
		"its body": {chat.Message{Body: "Hola Ana", Template: &chat.Template{Name: "t", Parameters: []string{"Ana"}}}, "Hola Ana"},
	} {
		if got := test.m.Plain(); got != test.want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func FuzzFit(f *testing.F) {
	f.Add("buttons", "hola", "Sí", "1", 3)
	f.Add("list", "👩‍👩‍👧‍👦", "e\u0301", " ", 11)
	f.Add("link", "", "\x00", "\xff", 1)
	f.Fuzz(func(t *testing.T, kind, body, title, id string, n int) {
		m := chat.Message{Kind: chat.Form(kind), Header: title, Body: body, Footer: title, List: &chat.List{Button: title}, Link: &chat.Link{Text: title, URL: "https://" + id}}
		for i := range min(max(n, 0), 20) {
			m.Buttons = append(m.Buttons, chat.Button{ID: id + strings.Repeat("x", i%3), Title: title})
			m.List.Sections = append(m.List.Sections, chat.Section{Title: body, Rows: []chat.Row{{ID: id + strings.Repeat("x", i), Title: title, Description: body}}})
		}
		for _, part := range append(m.Split(), m.Fit()) {
			if wrong := overLimit(part); wrong != "" {
				t.Fatalf("%s of %+v", wrong, part)
			}
		}
		_ = m.Plain()
	})
}

func BenchmarkFit(b *testing.B) {
	m := chat.Message{Kind: chat.FormButtons, Body: "La Cabaña del Lago está libre del 3 al 8 de enero: $ 600.000 por 5 noches. ¿La reservamos?", Buttons: buttons("Sí, reservar", "Ver otra", "No, gracias")}
	b.ReportAllocs()
	for b.Loop() {
		m.Fit()
	}
}
