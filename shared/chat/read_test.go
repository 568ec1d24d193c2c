package chat_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

const (
	ourPhone = "106540352242922"
	ana      = `{"profile":{"name":"Ana Pérez","username":"anap"},"wa_id":"5492944123456","user_id":"AR.1349","parent_user_id":"AR.ENT.7"}`
)

var (
	anaContact = chat.Contact{BSUID: "AR.1349", ParentBSUID: "AR.ENT.7", WaID: "5492944123456", Name: "Ana Pérez", Username: "anap"}
	sentAt     = time.Date(2026, time.December, 1, 15, 0, 0, 0, time.UTC)
)

// envelope is a webhook with these changes.
func envelope(changes ...string) []byte {
	return []byte(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[` + strings.Join(changes, ",") + `]}]}`)
}

// change is one of messages, with this in its value.
func change(value string) string {
	return `{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"5492944000000","phone_number_id":"` + ourPhone + `"},` + value + `}}`
}

// message is a webhook with one message of Ana's: its own fields are given.
func message(fields string) []byte {
	return envelope(change(`"contacts":[` + ana + `],"messages":[{"from":"5492944123456","id":"wamid.A","timestamp":"1796137200",` + fields + `}]`))
}

func read(t *testing.T, body []byte) chat.Batch {
	t.Helper()
	b, err := chat.Read(body)
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return b
}

func TestEveryKindOfMessageIsRead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, fields string
		want         chat.Inbound // without what all have in common
	}{
		{"a text", `"type":"text","text":{"body":"hola, ¿hay lugar?\n\u00bf4 personas?"}`, chat.Inbound{Kind: chat.KindText, Type: "text", Text: "hola, ¿hay lugar?\n¿4 personas?"}},
		{"an answer to a message", `"type":"text","text":{"body":"esa"},"context":{"from":"1","id":"wamid.Q"}`, chat.Inbound{Kind: chat.KindText, Type: "text", Text: "esa", Context: "wamid.Q"}},
		{"a forwarded text", `"type":"text","text":{"body":"x"},"context":{"frequently_forwarded":true}`, chat.Inbound{Kind: chat.KindText, Type: "text", Text: "x", Forwarded: true}},
		{"a text of a group", `"type":"text","text":{"body":"x"},"group_id":"G"`, chat.Inbound{Kind: chat.KindText, Type: "text", Text: "x", GroupID: "G"}},
		{"a text without its type", `"text":{"body":"x"}`, chat.Inbound{Kind: chat.KindText, Type: "text", Text: "x"}},
		{
			"a button", `"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"v1:yes","title":"Sí"}},"context":{"id":"wamid.Q"}`,
			chat.Inbound{Kind: chat.KindReply, Type: "interactive", Text: "Sí", ReplyID: "v1:yes", ReplyTitle: "Sí", Context: "wamid.Q"},
		},
		{
			"a row of a list", `"type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"cabin:2","title":"Del Lago","description":"d"}}`,
			chat.Inbound{Kind: chat.KindReply, Type: "interactive", Text: "Del Lago", ReplyID: "cabin:2", ReplyTitle: "Del Lago"},
		},
		{
			"a quick reply of a template", `"type":"button","button":{"payload":"pay:7K3M9Q","text":"Pagar"}`,
			chat.Inbound{Kind: chat.KindReply, Type: "button", Text: "Pagar", ReplyID: "pay:7K3M9Q", ReplyTitle: "Pagar"},
		},
		{"a flow", `"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{}"}}`, chat.Inbound{Kind: chat.KindOther, Type: "interactive", Text: "Sent"}},
		{
			"a voice note", `"type":"audio","audio":{"id":"77","mime_type":"audio/ogg; codecs=opus","sha256":"abc=","voice":true,"url":"https://lookaside.fbsbx.com/x"}`,
			chat.Inbound{Kind: chat.KindAudio, Type: "audio", Media: &chat.Media{ID: "77", MIME: "audio/ogg; codecs=opus", SHA256: "abc=", Voice: true, URL: "https://lookaside.fbsbx.com/x"}},
		},
		{
			"a photo", `"type":"image","image":{"id":77,"mime_type":"image/jpeg","caption":"el comprobante"}`,
			chat.Inbound{Kind: chat.KindImage, Type: "image", Text: "el comprobante", Media: &chat.Media{ID: "77", MIME: "image/jpeg", Caption: "el comprobante"}},
		},
		{"a video", `"type":"video","video":{"id":"77"}`, chat.Inbound{Kind: chat.KindVideo, Type: "video", Media: &chat.Media{ID: "77"}}},
		{"a sticker", `"type":"sticker","sticker":{"id":"77","animated":true}`, chat.Inbound{Kind: chat.KindSticker, Type: "sticker", Media: &chat.Media{ID: "77"}}},
		{
			"a document", `"type":"document","document":{"id":"77","mime_type":"application/pdf","filename":"transfe\u202erencia\n.pdf"}`,
			chat.Inbound{Kind: chat.KindDocument, Type: "document", Media: &chat.Media{ID: "77", MIME: "application/pdf", Filename: "transferencia .pdf"}},
		},
		{"a photo without an id", `"type":"image","image":{}`, chat.Inbound{Kind: chat.KindUnsupported, Type: "image"}},
		{
			"a place", `"type":"location","location":{"latitude":-41.1335,"longitude":"-71.31","name":"Bariloche","address":"Ruta 40"}`,
			chat.Inbound{Kind: chat.KindLocation, Type: "location", Location: &chat.Location{Latitude: -41.1335, Longitude: -71.31, Name: "Bariloche", Address: "Ruta 40"}},
		},
		{"a place nowhere", `"type":"location","location":{"latitude":"X","longitude":1e999}`, chat.Inbound{Kind: chat.KindLocation, Type: "location"}},
		{
			"somebody's contact", `"type":"contacts","contacts":[{"name":{"formatted_name":"Juan"},"phones":[{"phone":"+54 2944 15 123456"},{"phone":"+54 9 2944 99-9999","wa_id":"5492944999999"}]},{"name":{}}]`,
			chat.Inbound{Kind: chat.KindContacts, Type: "contacts", Cards: []chat.Card{{Name: "Juan", Phone: "+54 9 2944 99-9999", WaID: "5492944999999"}, {}}},
		},
		{"an order", `"type":"order","order":{"catalog_id":"1","text":"para el finde","product_items":[]}`, chat.Inbound{Kind: chat.KindOrder, Type: "order", Text: "para el finde"}},
		{"a reaction", `"type":"reaction","reaction":{"message_id":"wamid.Q","emoji":"👍🏽"}`, chat.Inbound{Kind: chat.KindReaction, Type: "reaction", Text: "👍🏽", Context: "wamid.Q"}},
		{"a reaction taken back", `"type":"reaction","reaction":{"message_id":"wamid.Q"}`, chat.Inbound{Kind: chat.KindReaction, Type: "reaction", Context: "wamid.Q"}},
		{
			"a poll", `"type":"unsupported","errors":[{"code":131051,"title":"Message type unknown","error_data":{"details":"not supported"}}],"unsupported":{"type":"poll"}`,
			chat.Inbound{Kind: chat.KindUnsupported, Type: "unsupported", Problems: []chat.Problem{{Code: 131051, Title: "Message type unknown", Details: "not supported"}}},
		},
		{
			"a poll of before", `"type":"unknown","errors":[{"code":"131051","title":"T","details":"D"}]`,
			chat.Inbound{Kind: chat.KindUnsupported, Type: "unknown", Problems: []chat.Problem{{Code: 131051, Title: "T", Details: "D"}}},
		},
		{"something deleted", `"type":"revoke","revoke":{"original_message_id":"wamid.Q"}`, chat.Inbound{Kind: chat.KindRevoke, Type: "revoke", Context: "wamid.Q"}},
		{
			"something edited", `"type":"edit","edit":{"original_message_id":"wamid.Q","message":{"type":"text","text":{"body":"somos 5"}}}`,
			chat.Inbound{Kind: chat.KindEdit, Type: "edit", Context: "wamid.Q", Text: "somos 5"},
		},
		{"a chat that was opened", `"type":"request_welcome"`, chat.Inbound{Kind: chat.KindWelcome, Type: "request_welcome"}},
		{"a type of tomorrow", `"type":"hologram","hologram":{"id":"1"}`, chat.Inbound{Kind: chat.KindOther, Type: "hologram"}},
		{"no type at all", `"x":1`, chat.Inbound{Kind: chat.KindOther}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := read(t, message(test.fields))
			want := test.want
			want.ID, want.PhoneNumberID, want.From, want.At = "wamid.A", ourPhone, anaContact, sentAt
			if len(b.Messages) != 1 || len(b.Others)+len(b.Statuses) != 0 {
				t.Fatalf("got %+v", b)
			}
			got := b.Messages[0]
			if !json.Valid(got.Raw) || got.EventID() != "wamid.A" {
				t.Errorf("raw: %s, event %s", got.Raw, got.EventID())
			}
			again := got
			kept, err := json.Marshal(got)
			if err == nil {
				again = chat.Inbound{}
				err = json.Unmarshal(kept, &again)
			}
			if err != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("kept as %s, read back as %+v, %v", kept, again, err)
			}
			got.Raw = nil
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestANumberOrABSUIDThatChangesNamesBoth(t *testing.T) {
	t.Parallel()
	const old, fresh = "5492944123456", "5492944999999"
	tests := []struct {
		name, message string
		now, before   chat.Contact
	}{
		{"a number", `"from":"` + old + `","system":{"type":"user_changed_number","wa_id":"` + fresh + `"}`, chat.Contact{WaID: fresh}, chat.Contact{WaID: old}},
		{"a number, as it was told before", `"from":"` + old + `","system":{"type":"user_changed_number","new_wa_id":"` + fresh + `"}`, chat.Contact{WaID: fresh}, chat.Contact{WaID: old}},
		{"a number, with the customer", `"from":"1","system":{"type":"user_changed_number","customer":"` + old + `","wa_id":"` + fresh + `"}`, chat.Contact{WaID: fresh}, chat.Contact{WaID: old}},
		{
			"a number and a BSUID", `"from":"` + old + `","from_user_id":"AR.1","system":{"type":"user_changed_user_id","wa_id":"` + fresh + `","user_id":"AR.2","previous_user_id":"AR.1"}`,
			chat.Contact{WaID: fresh, BSUID: "AR.2"},
			chat.Contact{WaID: old, BSUID: "AR.1"},
		},
		{"a BSUID alone", `"from_user_id":"AR.1","system":{"type":"user_changed_user_id","user_id":"AR.2"}`, chat.Contact{BSUID: "AR.2"}, chat.Contact{BSUID: "AR.1"}},
		{
			"a number, and the new BSUID is not told", `"from":"` + old + `","from_user_id":"AR.1","system":{"type":"user_changed_number","wa_id":"` + fresh + `"}`,
			chat.Contact{WaID: fresh},
			chat.Contact{WaID: old, BSUID: "AR.1"},
		},
		{"nothing but a key", `"from":"` + old + `","system":{"type":"customer_identity_changed","body":"x"}`, chat.Contact{WaID: old}, chat.Contact{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := read(t, envelope(change(`"messages":[{"id":"wamid.A","timestamp":"1796137200","type":"system",`+test.message+`}]`)))
			if len(b.Messages) != 1 || b.Messages[0].Kind != chat.KindSystem || b.Messages[0].From != test.now || b.Messages[0].Previous != test.before {
				t.Errorf("got %+v", b)
			}
		})
	}
	b := read(t, envelope(`{"field":"user_id_update","value":{"contacts":[{"profile":{"name":"Ana"},"user_id":"AR.2"}],"user_id_update":[{"wa_id":"`+old+`","user_id":{"previous":"AR.1","current":"AR.2"},"timestamp":"1796137200"}]}}`))
	if len(b.Messages) != 1 || b.Messages[0].From != (chat.Contact{BSUID: "AR.2", WaID: old, Name: "Ana"}) || b.Messages[0].Previous.BSUID != "AR.1" || b.Messages[0].ID == "" {
		t.Errorf("got %+v", b)
	}
}

func TestWhoWroteIsFoundByNumberOrBSUIDAndNeverByPlace(t *testing.T) {
	t.Parallel()
	const juan = `{"profile":{"name":"Juan"},"wa_id":"5491100000000","user_id":"AR.2"}`
	tests := []struct {
		name, contacts, sender string
		want                   chat.Contact
	}{
		{"the second of two", juan + "," + ana, `"from":"5492944123456",`, anaContact},
		{"by BSUID alone", juan + "," + ana, `"from_user_id":"AR.1349",`, anaContact},
		{"without the 9", juan + "," + ana, `"from":"542944123456",`, chat.Contact{BSUID: "AR.1349", ParentBSUID: "AR.ENT.7", WaID: "542944123456", Name: "Ana Pérez", Username: "anap"}},
		{"nobody of those", juan, `"from":"5492944123456",`, chat.Contact{WaID: "5492944123456"}},
		{"a number that has another BSUID now", ana, `"from":"5492944123456","from_user_id":"AR.9",`, chat.Contact{WaID: "5492944123456", BSUID: "AR.9"}},
		{"the only one there is", ana, ``, anaContact},
		{"a list that is none", `7`, `"from":"5492944123456",`, chat.Contact{WaID: "5492944123456"}},
		{"no profile", `{"wa_id":"5492944123456"}`, `"from":"5492944123456",`, chat.Contact{WaID: "5492944123456"}},
		{"a phone that is a number", `{"wa_id":5492944123456,"profile":{"name":"Ana"}}`, `"from":5492944123456,`, chat.Contact{WaID: "5492944123456", Name: "Ana"}},
		{"a name of several lines", `{"wa_id":"1","profile":{"name":" Ana\n\u202e\u0000Pérez "}}`, `"from":"1",`, chat.Contact{WaID: "1", Name: "Ana Pérez"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := read(t, envelope(change(`"contacts":[`+test.contacts+`],"messages":[{`+test.sender+`"id":"wamid.A","timestamp":1796137200,"type":"text","text":{"body":"x"}}]`)))
			if len(b.Messages) != 1 || b.Messages[0].From != test.want || b.Messages[0].At != sentAt {
				t.Errorf("got %+v", b)
			}
		})
	}
	b := read(t, envelope(change(`"contacts":[`+juan+`,`+ana+`],"messages":[{"id":"wamid.A","timestamp":"1","type":"text","text":{"body":"x"}}]`)))
	if len(b.Messages) != 0 || len(b.Others) != 1 {
		t.Errorf("a message of nobody: %+v", b)
	}
}

func TestStatusesAreRead(t *testing.T) {
	t.Parallel()
	b := read(t, envelope(change(`"contacts":[`+ana+`],"statuses":[
		{"id":"wamid.1","status":"delivered","timestamp":"1796137200","recipient_id":"5492944123456","biz_opaque_callback_data":"outbox:17","pricing":{"billable":true,"pricing_model":"PMP","category":"utility"}},
		{"id":"wamid.2","status":"failed","timestamp":1796137200,"recipient_user_id":"AR.1349","errors":[{"code":131047,"title":"Re-engagement message"}]},
		{"id":"wamid.3","status":"pondered","timestamp":"1796137200"},
		{"status":"read"}]`)))
	if len(b.Statuses) != 2 || len(b.Others) != 2 {
		t.Fatalf("got %+v", b)
	}
	first, second := b.Statuses[0], b.Statuses[1]
	if first.MessageID != "wamid.1" || first.State != chat.Delivered || first.At != sentAt || first.Recipient != anaContact || first.Data != "outbox:17" ||
		!first.Billable || first.Category != "utility" || first.EventID() != "wamid.1:delivered" || first.PhoneNumberID != ourPhone {
		t.Errorf("got %+v", first)
	}
	if second.State != chat.Failed || second.Recipient != anaContact || len(second.Problems) != 1 || chat.Verdict(second.Problems[0].Code) != chat.ActionTemplate {
		t.Errorf("got %+v", second)
	}
}

// TestNothingTakesItsNeighboursAlong has something wrong on every level, and something right beside it.
func TestNothingTakesItsNeighboursAlong(t *testing.T) {
	t.Parallel()
	good := func(id string) string {
		return `{"from":"5492944123456","id":"` + id + `","timestamp":"1","type":"text","text":{"body":"x"}}`
	}
	body := `{"object":"whatsapp_business_account","entry":[7,null,{"changes":"none"},
		{"id":"1","changes":[false,{"field":7,"value":[]},{"field":"messages"},` + change(`"messages":[`+good("a")+`,"x",{},{"id":{},"from":[],"type":1},`+good("b")+`],"statuses":{"a":1},"errors":[{"code":131000}]`) + `]},
		{"id":"2","changes":[` + change(`"contacts":"nobody","messages":[{"from":"1","id":"c","timestamp":{},"type":"text","text":"not an object"}],"statuses":[{"id":"s","status":"sent","timestamp":"soon"}]`) + `,
		{"field":"message_template_status_update","value":{"event":"PAUSED"}},` + change(`"messages":[`+good("d")+`]`) + `]}]}`
	b := read(t, []byte(body))
	var ids []string
	for _, m := range b.Messages {
		ids = append(ids, m.ID)
	}
	if strings.Join(ids, "") != "abcd" || len(b.Statuses) != 1 || !b.Statuses[0].At.IsZero() {
		t.Errorf("got %v and %+v", ids, b.Statuses)
	}
	seen := make(map[string]bool)
	for _, o := range b.Others {
		if !json.Valid(o.Raw) || o.EventID() == "" {
			t.Errorf("got %+v", o)
		}
		seen[o.Field] = true
	}
	if !seen["message_template_status_update"] || !seen["errors"] || !seen["statuses"] || len(b.Others) != 12 {
		t.Errorf("%d others: %v", len(b.Others), seen)
	}
}

// TestAllIsReadAlikeWhateverStandsBesideIt: what is read at one go is read the same when something unreadable beside it has
// it taken apart.
func TestAllIsReadAlikeWhateverStandsBesideIt(t *testing.T) {
	t.Parallel()
	for _, fields := range []string{
		`"type":"text","text":{"body":"\u00bfhay\/lugar? 😀"}`, `"type":"image","image":{"id":"7","caption":"\u0000"}`, `"type":"interactive","interactive":{"button_reply":{"id":"a","title":"b"}}`,
	} {
		whole := string(message(fields))
		quick := read(t, []byte(whole))
		slow := read(t, []byte(strings.Replace(whole, `"entry":[`, `"entry":[7,`, 1)))
		if len(quick.Messages) != 1 || !reflect.DeepEqual(slow.Messages, quick.Messages) || len(slow.Others) != 1 {
			t.Errorf("got %+v and %+v", quick, slow)
		}
	}
}

func TestWhateverIsJSONLeavesATraceAndNothingElseIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `[]`, `7`, `null`, `"x"`, `{"object":"page","entry":[]}`, `{"object":"whatsapp_business_account"}`, `{"object":"whatsapp_business_account","entry":[{"changes":[]}]}`,
		string(envelope(change(`"messages":[]`))),
	} {
		b := read(t, []byte(body))
		if len(b.Others) != 1 || len(b.Messages)+len(b.Statuses) != 0 || b.Others[0].EventID() != read(t, []byte(body)).Others[0].EventID() {
			t.Errorf("%s: got %+v", body, b)
		}
	}
	for _, body := range []string{``, ` `, `{`, `{"object":}`, `hola`, "\x00", strings.Repeat(`[`, 100_000), `{} {}`} {
		if _, err := chat.Read([]byte(body)); !errors.Is(err, chat.ErrUnreadable) {
			t.Errorf("%.20q: got %v", body, err)
		}
	}
}

func TestWhatTheOwnerWritesInHisAppIsOfTheGuestsChat(t *testing.T) {
	t.Parallel()
	b := read(t, envelope(`{"field":"smb_message_echoes","value":{"metadata":{"phone_number_id":"`+ourPhone+`"},"message_echoes":[
		{"from":"5492944000000","to":"5492944123456","id":"wamid.E","timestamp":"1796137200","type":"text","text":{"body":"ya te confirmo"}}]}}`))
	if len(b.Messages) != 1 || b.Messages[0].Kind != chat.KindEcho || b.Messages[0].From.WaID != "5492944123456" || b.Messages[0].Text != "ya te confirmo" || b.Messages[0].OpensWindow() {
		t.Errorf("got %+v", b)
	}
}

func TestAnInteractiveMessageWithoutOneIsUnsupported(t *testing.T) {
	t.Parallel()
	b := read(t, envelope(change(`"messages":[{"from":"1","id":"wamid.A","timestamp":"1","type":"interactive"}],"errors":[{"code":131000,"title":"Something went wrong"}]`)))
	if len(b.Messages) != 1 || b.Messages[0].Kind != chat.KindUnsupported || len(b.Messages[0].Problems) != 1 || b.Messages[0].Problems[0].Code != 131000 {
		t.Errorf("got %+v", b)
	}
}

// TestWhatIsKeptIsFitForPostgres: jsonb has no NUL and no half of a surrogate pair, and neither has text.
func TestWhatIsKeptIsFitForPostgres(t *testing.T) {
	t.Parallel()
	b := read(t, message(`"type":"text","text":{"body":"a\u0000b\ud83d\ude00\ud83dc\\u0000`+"\xff"+`"}`))
	m := b.Messages[0]
	if m.Text != "ab😀\uFFFDc\\u0000\uFFFD" {
		t.Errorf("got %q", m.Text)
	}
	for _, bad := range []string{`a\u0000`, `\ud83dc`, "\xff"} {
		if strings.Contains(string(m.Raw), bad) {
			t.Errorf("%q is in %s", bad, m.Raw)
		}
	}
	plain := read(t, message(`"type":"text","text":{"body":"\u00f1 \ud83d\ude00 \/"}`)).Messages[0]
	if !strings.Contains(string(plain.Raw), `"\u00f1 \ud83d\ude00 \/"`) {
		t.Errorf("it was changed for nothing: %s", plain.Raw)
	}
}

func TestTimesAreSecondsOrMilliseconds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		`"1796137200"`: sentAt, `1796137200`: sentAt, `"1796137200000"`: sentAt, `""`: {}, `null`: {}, `"-5"`: {}, `0`: {}, `1.5`: {}, `"99999999999999999999"`: {}, `9223372036854775807`: {},
	} {
		b := read(t, envelope(change(`"messages":[{"from":"1","id":"a","type":"text","timestamp":`+text+`}]`)))
		if len(b.Messages) != 1 || !b.Messages[0].At.Equal(want) {
			t.Errorf("%s: got %+v", text, b)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(message(`"type":"text","text":{"body":"hola"}`))
	f.Add(message(`"type":"contacts","contacts":[{"name":{"formatted_name":"Juan"},"phones":[{"phone":"1","wa_id":"1"}]}]`))
	f.Add(message(`"type":"system","system":{"type":"user_changed_number","wa_id":"1"}`))
	f.Add(envelope(change(`"statuses":[{"id":"1","status":"failed","errors":[{"code":1,"error_data":{"details":"\u0000\ud83d"}}]}]`)))
	f.Add([]byte(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"user_id_update","value":{"user_id_update":[{}]}}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := chat.Read(body)
		if (err == nil) != json.Valid(body) {
			t.Fatalf("%v of %q", err, body)
		}
		if err == nil && len(b.Messages)+len(b.Statuses)+len(b.Others) == 0 {
			t.Fatalf("%q leaves no trace", body)
		}
		for _, m := range b.Messages {
			if m.ID == "" || m.From.Key() == "" || m.Kind == "" || strings.ContainsRune(m.Text+m.From.Name, 0) || !json.Valid(m.Raw) {
				t.Fatalf("%+v of %q", m, body)
			}
			if _, err := json.Marshal(m); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range b.Statuses {
			if s.MessageID == "" || s.State == "" || !json.Valid(s.Raw) {
				t.Fatalf("%+v of %q", s, body)
			}
		}
		for _, o := range b.Others {
			if !json.Valid(o.Raw) {
				t.Fatalf("%+v of %q", o, body)
			}
		}
	})
}

func BenchmarkReadText(b *testing.B) {
	body := message(`"type":"text","text":{"body":"hola, ten\u00e9s algo del 3 al 8 de enero para 4 y un perro?"}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := chat.Read(body); err != nil || len(got.Messages) != 1 {
			b.Fatal(got, err)
		}
	}
}
