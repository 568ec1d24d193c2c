package speech_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/speech"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
)

func TestPingTellsWhetherSomebodyListens(t *testing.T) {
	t.Parallel()
	there, server := listening(t, speechtest.Config{}, speech.Config{})
	wrong, _ := listening(t, speechtest.Config{}, speech.Config{APIKey: secret})
	for what, c := range map[string]struct {
		of   *speech.Client
		want error // nil = somebody does
	}{
		"somebody does":          {there, nil},
		"nobody is configured":   {speech.New(speech.Config{}), speech.ErrOff},
		"the key is wrong":       {wrong, speech.ErrRefused},
		"it has no list":         {answering(t, http.StatusNotFound, ""), nil},
		"it may not be read":     {answering(t, http.StatusForbidden, ""), speech.ErrRefused},
		"there is nothing":       {client(t, speech.Config{URL: "http://127.0.0.1:1"}), speech.ErrTemporary},
		"it is down":             {answering(t, http.StatusBadGateway, ""), speech.ErrTemporary},
		"nobody has paid for it": {answering(t, http.StatusTooManyRequests, `{"error":{"code":"insufficient_quota"}}`), speech.ErrRefused},
		"too many ask":           {answering(t, http.StatusTooManyRequests, ""), speech.ErrTemporary},
	} {
		err := c.of.Ping(t.Context())
		if !errors.Is(err, c.want) || err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if server.Seen() != 0 {
		t.Error("a recording was sent")
	}
}
