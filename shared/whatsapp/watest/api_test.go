package watest_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// interactive is an interactive message of a type.
func interactive(kind, rest string) string {
	return `"type":"interactive","interactive":{"type":"` + kind + `",` + rest + `}`
}

func replies(pairs ...string) string {
	var all []string
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, fmt.Sprintf(`{"type":"reply","reply":{"id":%q,"title":%q}}`, pairs[i], pairs[i+1]))
	}
	return interactive("button", `"body":{"text":"x"},"action":{"buttons":[`+strings.Join(all, ",")+`]}`)
}

func rows(n int, title, description string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"id":"%d","title":%q,"description":%q}`, i, title, description))
	}
	return `{"title":"s","rows":[` + strings.Join(all, ",") + `]}`
}

func listed(button string, sections ...string) string {
	return interactive("list", fmt.Sprintf(`"body":{"text":"x"},"action":{"button":%q,"sections":[%s]}`, button, strings.Join(sections, ",")))
}

func TestEveryLimitIsKept(t *testing.T) {
	t.Parallel()
	x := func(n int) string { return strings.Repeat("x", n) }
	text := func(n int) string { return `"type":"text","text":{"body":"` + x(n) + `"}` }
	template := func(parameters string) string {
		return `"type":"template","template":{"name":"a","language":{"code":"es_AR"},"components":[{"type":"body","parameters":[` + parameters + `]}]}`
	}
	tests := []struct {
		name, body string
		code       int // 0 = it is taken
	}{
		{"a text", wrap(text(4096)), 0},
		{"a text that is too long", wrap(text(4097)), 100},
		{"a text in surrogates", wrap(`"type":"text","text":{"body":"` + strings.Repeat("😀", 2049) + `"}`), 100},
		{"no text", wrap(text(0)), 131008},
		{"blanks", wrap(`"type":"text","text":{"body":" \n"}`), 131008},
		{"a field that is none", wrap(text(1) + `,"txt":1`), 100},
		{"no JSON", `hola`, 100},
		{"no product", `{"to":"` + phone + `",` + text(1) + `}`, 100},
		{"nobody", `{"messaging_product":"whatsapp",` + text(1) + `}`, 100},
		{"no number", strings.Replace(wrap(text(1)), phone, "AR.1", 1), 131009},
		{"no type", wrap(`"text":{"body":"x"}`), 131008},
		{"two contents", wrap(text(1) + `,"image":{"link":"https://a.example"}`), 131008},
		{"another content", wrap(`"type":"image","text":{"body":"x"}`), 131008},
		{"data", wrap(text(1) + `,"biz_opaque_callback_data":"` + x(512) + `"`), 0},
		{"too much data", wrap(text(1) + `,"biz_opaque_callback_data":"` + x(513) + `"`), 131009},
		{"a quotation of nothing", wrap(text(1) + `,"context":{"message_id":"wamid.x"}`), 131009},
		{"three buttons", wrap(replies("1", x(20), x(256), "b", "3", "c")), 0},
		{"four buttons", wrap(replies("1", "a", "2", "b", "3", "c", "4", "d")), 131009},
		{"no buttons", wrap(replies()), 131009},
		{"a long title", wrap(replies("1", x(21))), 131009},
		{"a long id", wrap(replies(x(257), "a")), 131009},
		{"no title", wrap(replies("1", "")), 131008},
		{"blanks around", wrap(replies("1", "a ")), 131009},
		{"one title twice", wrap(replies("1", "a", "2", "a")), 131009},
		{"one id twice", wrap(replies("1", "a", "1", "b")), 131009},
		{"a long body", wrap(strings.Replace(replies("1", "a"), `"x"`, `"`+x(1025)+`"`, 1)), 131009},
		{"a long header", wrap(strings.Replace(replies("1", "a"), `"body"`, `"header":{"type":"text","text":"`+x(61)+`"},"body"`, 1)), 131009},
		{"a long footer", wrap(strings.Replace(replies("1", "a"), `"body"`, `"footer":{"text":"`+x(61)+`"},"body"`, 1)), 131009},
		{"ten rows", wrap(listed(x(20), rows(10, x(24), x(72)))), 0},
		{"eleven rows", wrap(listed("a", rows(11, "a", ""))), 131009},
		{"a long row", wrap(listed("a", rows(1, x(25), ""))), 131009},
		{"a long description", wrap(listed("a", rows(1, "a", x(73)))), 131009},
		{"a long button of a list", wrap(listed(x(21), rows(1, "a", ""))), 131009},
		{"one row twice", wrap(listed("a", rows(1, "a", ""), rows(1, "b", ""))), 131009},
		{"two sections without a title", wrap(listed("a", rows(1, "a", ""), `{"rows":[{"id":"z","title":"z"}]}`)), 131008},
		{"a link", wrap(interactive("cta_url", `"body":{"text":"x"},"action":{"name":"cta_url","parameters":{"display_text":"`+x(20)+`","url":"https://a.example"}}`)), 0},
		{"a long link", wrap(interactive("cta_url", `"body":{"text":"x"},"action":{"name":"cta_url","parameters":{"display_text":"`+x(21)+`","url":"https://a.example"}}`)), 131009},
		{"a link to nowhere", wrap(interactive("cta_url", `"body":{"text":"x"},"action":{"name":"cta_url","parameters":{"display_text":"x","url":"a.example"}}`)), 131009},
		{"an image", wrap(`"type":"image","image":{"link":"https://a.example/1.jpg","caption":"` + x(1024) + `"}`), 0},
		{"an image in the clear", wrap(`"type":"image","image":{"link":"http://a.example/1.jpg"}`), 131009},
		{"an image of this machine", wrap(`"type":"image","image":{"link":"http://127.0.0.1:1/1.jpg"}`), 0},
		{"an image nowhere", wrap(`"type":"image","image":{}`), 131008},
		{"an image that was never sent", wrap(`"type":"image","image":{"id":"7"}`), 131009},
		{"a place", wrap(`"type":"location","location":{"latitude":-41.1,"longitude":-71.3,"name":"x","address":"y"}`), 0},
		{"a place in strings", wrap(`"type":"location","location":{"latitude":"-41.1","longitude":"-71.3"}`), 0},
		{"a place nowhere", wrap(`"type":"location","location":{"latitude":-91,"longitude":-71.3}`), 131009},
		{"a template", wrap(template(`{"type":"text","text":"Ana"}`)), 0},
		{"too few parameters", wrap(template(``)), 132000},
		{"a template that nobody knows", wrap(strings.Replace(template(`{"type":"text","text":"Ana"}`), "es_AR", "es", 1)), 132001},
		{"a parameter of two lines", wrap(template(`{"type":"text","text":"a\nb"}`)), 132018},
		{"a blank parameter", wrap(template(`{"type":"text","text":" "}`)), 131008},
		{"long parameters", wrap(template(`{"type":"text","text":"` + x(1025) + `"}`)), 132005},
	}
	b := setup(t, watest.Config{Templates: []watest.Approved{{Name: "a", Language: "es_AR", Parameters: 1}}})
	b.Say(phone, "hola")
	for _, test := range tests {
		b.pass(time.Minute)
		status, code, id := b.post(t, test.body)
		if code != test.code || (status == http.StatusOK) != (test.code == 0) || (id != "") != (test.code == 0) {
			t.Errorf("%s: got %d, %d, %q, want %d", test.name, status, code, id, test.code)
		}
	}
}

func TestWhoIsNotExpectedIsTurnedAway(t *testing.T) {
	t.Parallel()
	b := setup(t, watest.Config{AllowList: []string{phone, "5492944000001"}})
	b.Say(phone, "hola")
	b.Meet(watest.Person{Phone: "5492944000001", Off: true})
	hello := wrap(`"type":"text","text":{"body":"x"}`)
	const path = "/v26.0/" + watest.PhoneID + "/messages"
	for name, test := range map[string]struct {
		path, token, body string
		status, code      int
	}{
		"another token":       {path, "EAAother", hello, 401, 190},
		"another number":      {"/v26.0/1/messages", watest.Token, hello, 400, 100},
		"no version":          {"/latest/" + watest.PhoneID + "/messages", watest.Token, hello, 400, 2500},
		"not on the list":     {path, watest.Token, strings.Replace(hello, phone, "542944123456", 1), 400, 131030},
		"not on WhatsApp":     {path, watest.Token, strings.Replace(hello, phone, "5492944000001", 1), 400, 131026},
		"a BSUID of nobody":   {path, watest.Token, strings.Replace(hello, `"to":"`+phone, `"recipient":"AR.9`, 1), 400, 131026},
		"read of what is not": {path, watest.Token, `{"messaging_product":"whatsapp","status":"read","message_id":"x"}`, 400, 100},
	} {
		if status, code, _ := b.postWith(t, test.path, test.token, test.body); status != test.status || code != test.code {
			t.Errorf("%s: got %d, %d", name, status, code)
		}
	}
}

func TestTheWindowAndThePairAreLimits(t *testing.T) {
	t.Parallel()
	b := setup(t, watest.Config{})
	hello := wrap(`"type":"text","text":{"body":"x"}`)
	if _, code, _ := b.post(t, hello); code != 131047 {
		t.Errorf("to who has never written: %d", code)
	}
	if _, code, _ := b.post(t, wrap(`"type":"template","template":{"name":"a","language":{"code":"es_AR"}}`)); code != 0 {
		t.Errorf("a template to who has never written: %d", code)
	}
	b.Say(phone, "hola")
	sent := 1
	for ; sent < 100; sent++ {
		if status, code, _ := b.post(t, hello); code == 131056 && status == 429 {
			break
		}
	}
	if sent != 45 {
		t.Errorf("the burst has %d", sent)
	}
	b.pass(6 * time.Second)
	if _, code, _ := b.post(t, hello); code != 0 {
		t.Errorf("after 6 s: %d", code)
	}
	if _, code, _ := b.post(t, hello); code != 131056 {
		t.Errorf("and at once: %d", code)
	}
	b.Event(phone, "reaction", map[string]any{"reaction": map[string]any{"message_id": "wamid.x", "emoji": "👍"}})
	b.pass(24 * time.Hour)
	if _, code, _ := b.post(t, hello); code != 131047 {
		t.Errorf("a day later: %d", code)
	}
}

func TestEveryKindOfFailureCanBeHad(t *testing.T) {
	t.Parallel()
	b := setup(t, watest.Config{})
	b.Say(phone, "hola")
	hello := wrap(`"type":"text","text":{"body":"x"},"biz_opaque_callback_data":"outbox:1"`)
	b.Fail(watest.Fault{Phone: "1", Code: 131000})
	b.Fail(watest.Fault{Action: watest.MarkRead, Code: 131000})
	b.Fail(watest.Fault{Action: watest.Send, Code: 130429, Times: 1})
	b.Fail(watest.Fault{Code: 131047, Later: true, Times: 1})
	if status, code, _ := b.post(t, hello); status != 429 || code != 130429 {
		t.Errorf("got %d, %d", status, code)
	}
	_, code, id := b.post(t, hello)
	if code != 0 {
		t.Errorf("got %d at once", code)
	}
	if _, code, _ := b.post(t, hello); code != 0 {
		t.Errorf("it does not end: %d", code)
	}
	_, statuses := b.received(t)
	if len(statuses) != 3 || statuses[0].MessageID != id || statuses[0].State != chat.Failed || statuses[0].Problems[0].Code != 131047 || statuses[0].Data != "outbox:1" {
		t.Errorf("got %+v", statuses)
	}
	if e := b.Chat(phone).Entries[1]; e.State != chat.Failed || e.Code != 131047 {
		t.Errorf("got %+v", e)
	}
	b.Heal()
	if n := b.Seen(watest.Send); n != 3 {
		t.Errorf("seen %d times", n)
	}
}

func TestAServerThatComesAfterKnowsTheChats(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "phones.json")
	b := setup(t, watest.Config{File: file})
	b.Meet(watest.Person{Phone: phone, Name: "Ana"})
	b.Voice(phone, []byte("OggS"))
	_, _, id := b.post(t, wrap(replies("1", "Sí")))
	b.received(t)
	b.Close()
	after := setup(t, watest.Config{File: file})
	c := after.Chat(phone)
	if c.Name != "Ana" || len(c.Entries) != 2 || c.Entries[1].ID != id {
		t.Fatalf("got %+v", c)
	}
	if content, kind, ok := after.Content(c.Entries[0].MediaID); !ok || string(content) != "OggS" || kind != "audio/ogg; codecs=opus" {
		t.Errorf("got %q of %q", content, kind)
	}
	if _, err := after.Press(phone, id, "1"); err != nil {
		t.Error(err)
	}
	if _, code, _ := after.post(t, wrap(`"type":"text","text":{"body":"x"}`)); code != 0 {
		t.Errorf("the window is forgotten: %d", code)
	}
}
