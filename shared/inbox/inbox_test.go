package inbox_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
)

var noon = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

func TestWhatWhatsAppTellsIsKeptSoThatItCanBeReadBack(t *testing.T) {
	t.Parallel()
	m := chat.Inbound{
		ID: "wamid.1", From: chat.Contact{BSUID: "AR.1349", WaID: "5491155443322"}, At: noon, Kind: chat.KindText, Text: "hola <b>☕</b>",
		Raw: json.RawMessage(`{"type":"text"}`),
	}
	e, err := inbox.Said(m, noon)
	if err != nil || e.Source != inbox.WhatsApp || e.Subject != "AR.1349" || e.EventID != m.EventID() || !e.Signed || !e.At.Equal(noon) {
		t.Errorf("%+v, %v", e, err)
	}
	var back chat.Inbound
	if err := json.Unmarshal(e.Payload, &back); err != nil || cmp.Diff(m, back) != "" {
		t.Errorf("%v\n%s", err, cmp.Diff(m, back))
	}
	s := chat.Status{MessageID: "wamid.2", State: chat.Failed, At: noon, Data: "7.1", Problems: []chat.Problem{{Code: 131047}}}
	e, err = inbox.News(s, noon)
	if err != nil || e.Source != inbox.WhatsAppStatus || e.Subject != "wamid.2" || e.EventID != s.EventID() {
		t.Errorf("%+v, %v", e, err)
	}
	var told chat.Status
	if err := json.Unmarshal(e.Payload, &told); err != nil || cmp.Diff(s, told) != "" {
		t.Errorf("%v\n%s", err, cmp.Diff(s, told))
	}
	if e := inbox.Else(chat.Other{Field: "account_update", Raw: json.RawMessage(`{}`)}, noon); e.Subject != "" || e.Topic != "account_update" || e.EventID == "" {
		t.Errorf("somebody has to look at it: %+v", e)
	}
	if e, err := inbox.Said(chat.Inbound{ID: "wamid.3", Kind: chat.KindOther}, noon); err != nil || e.Subject != "" {
		t.Errorf("of nobody: %+v, %v", e, err)
	}
}
