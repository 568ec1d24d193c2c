package watest_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

func TestWhatAPhoneDoesIsToldAndSigned(t *testing.T) {
	t.Parallel()
	b := setup(t, watest.Config{})
	b.Meet(watest.Person{Phone: phone, Name: "Ana Pérez", Username: "anap", BSUID: "AR.1349"})
	b.Say(phone, "hola, ¿hay lugar? 😀 3/1")
	_, _, asked := b.post(t, wrap(replies("v1:yes", "Sí")))
	_, _, menu := b.post(t, wrap(listed("Ver", rows(2, "Del Lago", "Hasta 6"))))
	for _, press := range [][2]string{{asked, "v1:yes"}, {menu, "1"}} {
		if _, err := b.Press(phone, press[0], press[1]); err != nil {
			t.Error(err)
		}
	}
	b.Voice(phone, []byte("OggS"))
	b.Picture(phone, []byte("\xff\xd8"), "el comprobante")
	b.Document(phone, []byte("%PDF"), "application/pdf", "a.pdf", "")
	b.Place(phone, -41.1, -71.3)
	b.Unsupported(phone)
	b.Event(phone, "hologram", map[string]any{"hologram": 1})
	b.Echo(phone, "ya te confirmo")
	messages, statuses := b.received(t)
	var kinds []string
	for _, m := range messages {
		kinds = append(kinds, string(m.Kind))
		if m.From.WaID != phone || m.PhoneNumberID != watest.PhoneID || m.Kind != chat.KindEcho && (m.From.Name != "Ana Pérez" || m.From.BSUID != "AR.1349") || !m.At.Equal(b.clock()) {
			t.Errorf("got %+v", m)
		}
	}
	if got := strings.Join(kinds, " "); got != "text reply reply audio image document location unsupported other echo" {
		t.Fatalf("got %s", got)
	}
	if messages[0].Text != "hola, ¿hay lugar? 😀 3/1" || messages[1].ReplyID != "v1:yes" || messages[1].Context != asked || messages[2].ReplyTitle != "Del Lago" ||
		!messages[3].Media.Voice || messages[4].Media.Caption != "el comprobante" || messages[5].Media.Filename != "a.pdf" {
		t.Errorf("got %+v", messages)
	}
	if len(statuses) != 4 || statuses[0].State != chat.Sent || statuses[1].State != chat.Delivered || statuses[0].MessageID != asked || statuses[0].Recipient.BSUID != "AR.1349" {
		t.Errorf("got %+v", statuses)
	}
	for _, h := range b.Webhooks() {
		if bytes.ContainsFunc(h.Body, func(r rune) bool { return r > 127 }) || bytes.Contains(h.Body, []byte("\"3/1")) {
			t.Errorf("Meta would not write so: %s", h.Body)
		}
	}
	if _, err := b.Press(phone, asked, "v1:no"); err == nil {
		t.Error("a button that is not there was pressed")
	}
	if _, err := b.Press(phone, messages[0].ID, "x"); err == nil {
		t.Error("a text was pressed")
	}
}

func TestTicksAndReading(t *testing.T) {
	t.Parallel()
	b := setup(t, watest.Config{})
	changed := b.Changed()
	id := b.Say(phone, "hola")
	<-changed
	_, _, answer := b.post(t, wrap(`"type":"text","text":{"body":"¿para cuándo?"}`))
	b.received(t)
	c := b.Chat(phone)
	if c.Entries[0].State != chat.Delivered || c.Entries[1].State != chat.Delivered || c.Unread != 1 {
		t.Errorf("got %+v", c)
	}
	b.MarkRead(phone)
	b.MarkRead(phone)
	if status, _, _ := b.post(t, `{"messaging_product":"whatsapp","status":"read","message_id":"`+id+`","typing_indicator":{"type":"text"}}`); status != 200 {
		t.Errorf("got %d", status)
	}
	_, statuses := b.received(t)
	if len(statuses) != 3 || statuses[2].State != chat.Seen || statuses[2].MessageID != answer {
		t.Errorf("got %+v", statuses)
	}
	c = b.Chats()[0]
	if c.Entries[0].State != chat.Seen || c.Entries[1].State != chat.Seen || c.Unread != 0 || !c.Typing {
		t.Errorf("got %+v", c)
	}
}

func TestSomebodyMayShowNoPhoneOrNoBSUID(t *testing.T) {
	t.Parallel()
	b := setup(t, watest.Config{})
	b.Meet(watest.Person{Phone: phone, Name: "Ana", BSUID: "AR.1349", Hidden: true})
	b.Meet(watest.Person{Phone: "5492944000001", Old: true, Offline: true})
	b.Say(phone, "hola")
	b.Say("5492944000001", "hola")
	b.post(t, `{"messaging_product":"whatsapp","recipient":"AR.1349","type":"text","text":{"body":"x"}}`)
	b.post(t, `{"messaging_product":"whatsapp","to":"542944000001","type":"text","text":{"body":"x"}}`)
	messages, statuses := b.received(t)
	seen := make(map[chat.Contact]int)
	for _, m := range messages {
		seen[m.From]++
	}
	for _, s := range statuses {
		seen[s.Recipient]++
	}
	if seen[chat.Contact{BSUID: "AR.1349", Name: "Ana"}] != 3 || seen[chat.Contact{WaID: "5492944000001"}] != 2 || len(seen) != 2 {
		t.Errorf("got %v", seen)
	}
}

func TestWebhooksComeAgainUntilTheyAreAccepted(t *testing.T) {
	t.Parallel()
	b := setup(t, watest.Config{})
	b.answers = []int{500, 503}
	b.Say(phone, "hola")
	messages, _ := b.received(t)
	if len(messages) != 1 || b.posts != 3 || len(b.Outbox()) != 0 {
		t.Errorf("got %d messages after %d", len(messages), b.posts)
	}
	b.answers = []int{500, 500, 500, 500}
	b.Say(phone, "hola?")
	messages, _ = b.received(t)
	if len(messages) != 1 || b.posts != 6 || len(b.Outbox()) != 0 {
		t.Errorf("got %d messages after %d", len(messages), b.posts)
	}
}

func TestWebhooksCanBeLostDoubledAndReordered(t *testing.T) {
	t.Parallel()
	b := setup(t, watest.Config{})
	b.Disturb(watest.Disturbance{Drop: true}, watest.Disturbance{Copies: 2}, watest.Disturbance{Delay: 50 * time.Millisecond})
	for _, text := range []string{"a", "b", "c", "d"} {
		b.Say(phone, text)
	}
	messages, _ := b.received(t)
	var got []string
	for _, m := range messages {
		got = append(got, m.Text)
	}
	if strings.Join(got, "") != "bbbdc" {
		t.Errorf("got %v", got)
	}
	b.Hold()
	b.Say(phone, "e")
	b.Say(phone, "f")
	held := b.Outbox()
	if len(held) != 2 {
		t.Fatalf("got %+v", held)
	}
	for _, i := range []int{1, 0, 1} {
		if status, err := b.Deliver(t.Context(), held[i].ID); err != nil || status != 200 {
			t.Error(status, err)
		}
	}
	b.Say(phone, "g")
	b.Release()
	messages, _ = b.received(t)
	if got := messages[5].Text + messages[6].Text + messages[7].Text + messages[8].Text; got != "fefg" || len(messages) != 9 {
		t.Errorf("got %q", got)
	}
}

func TestTheHandshakeIsMade(t *testing.T) {
	t.Parallel()
	b := setup(t, watest.Config{})
	check(t, b.Subscribe(t.Context(), watest.VerifyToken))
	if b.Subscribe(t.Context(), "another") == nil {
		t.Error("another token is as good")
	}
}

func TestAFileThatIsUploadedCanBeSent(t *testing.T) {
	t.Parallel()
	b := setup(t, watest.Config{})
	b.Say(phone, "hola")
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	check(t, w.WriteField("messaging_product", "whatsapp"))
	check(t, w.WriteField("type", "image/jpeg"))
	part, err := w.CreateFormFile("file", "a.jpg")
	check(t, err)
	_, err = part.Write([]byte("\xff\xd8"))
	check(t, err)
	check(t, w.Close())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.URL+"/v26.0/"+watest.PhoneID+"/media", &form)
	check(t, err)
	r.Header.Set("Authorization", "Bearer "+watest.Token)
	r.Header.Set("Content-Type", w.FormDataContentType())
	response, err := http.DefaultClient.Do(r)
	check(t, err)
	defer response.Body.Close()
	var made struct{ ID string }
	check(t, json.NewDecoder(response.Body).Decode(&made))
	if _, code, _ := b.post(t, wrap(`"type":"image","image":{"id":"`+made.ID+`"}`)); code != 0 || made.ID == "" {
		t.Errorf("got %q, %d", made.ID, code)
	}
	if content, kind, ok := b.Content(b.Chat(phone).Entries[1].MediaID); !ok || len(content) != 2 || kind != "image/jpeg" {
		t.Errorf("got %q of %q", content, kind)
	}
}
