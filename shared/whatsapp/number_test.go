package whatsapp_test

import (
	"errors"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

func TestTheNumberIsThatOfTheToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got, err := b.Number(t.Context())
	want := whatsapp.Number{ID: watest.PhoneID, Shown: "+" + watest.Number, Name: "Cabañas", Quality: "GREEN"}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for what, c := range map[string]struct {
		config whatsapp.Config
		action chat.Action
	}{
		"another token":  {whatsapp.Config{BaseURL: b.api.URL, Token: "EAAhunter2", PhoneID: watest.PhoneID}, chat.ActionTokenDead},
		"another number": {whatsapp.Config{BaseURL: b.api.URL, Token: watest.Token, PhoneID: "1"}, chat.ActionAlarm},
	} {
		_, err := client(t, c.config).Number(t.Context())
		if failure, ok := errors.AsType[*whatsapp.Error](err); !ok || failure.Action != c.action {
			t.Errorf("%s: %v", what, err)
		}
	}
}
