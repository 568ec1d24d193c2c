package webhookwhatsapp_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	webhookwhatsapp "github.com/eevans-d/sist-cabanas/functions/webhook-whatsapp"
)

// shake asks as Meta does when the address is entered in its panel.
func (b *bundle) shake(t *testing.T, mode, token, challenge string) (code int, header http.Header, body string) {
	t.Helper()
	query := url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {challenge}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.server.URL+route+"?"+query.Encode(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := b.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(read)
}

// unkept is the function without a database: what is asked of it must need none.
func unkept(t *testing.T, adjust ...func(*webhookwhatsapp.Config)) *bundle {
	t.Helper()
	b := newBundle()
	b.serve(t, broken{}, adjust...)
	return b
}

func TestTheChallengeComesBackAsItIs(t *testing.T) {
	t.Parallel()
	b := unkept(t)
	for _, challenge := range []string{"1158201444", "0012", "a<b>&\"c\" ñ", ""} {
		code, header, body := b.shake(t, "subscribe", token, challenge)
		if code != http.StatusOK || body != challenge || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q: %d %q %v", challenge, code, body, header)
		}
	}
	if b.counted(t, "handshake") != 4 {
		t.Errorf("%v were counted", b.counted(t, "handshake"))
	}
}

func TestWhoDoesNotKnowTheTokenIsToldNothing(t *testing.T) {
	t.Parallel()
	b := unkept(t)
	for name, test := range map[string][3]string{
		"another token":    {"subscribe", "guessed", "1"},
		"no token":         {"subscribe", "", "1"},
		"another mode":     {"unsubscribe", token, "1"},
		"no mode":          {"", token, "1"},
		"a long challenge": {"subscribe", token, strings.Repeat("1", 1025)},
		"a token and more": {"subscribe", token + "x", "1"},
	} {
		if code, _, body := b.shake(t, test[0], test[1], test[2]); code != http.StatusForbidden || body != "" {
			t.Errorf("%s: %d %q", name, code, body)
		}
	}
	if b.counted(t, "handshake_refused") != 6 || strings.Contains(b.log.String(), token) {
		t.Errorf("%v were counted\n%s", b.counted(t, "handshake_refused"), b.log)
	}
}

func TestWithoutATokenNobodyShakesHands(t *testing.T) {
	t.Parallel()
	b := unkept(t, func(c *webhookwhatsapp.Config) { c.VerifyToken = "" })
	if code, _, body := b.shake(t, "subscribe", "", "1"); code != http.StatusForbidden || body != "" {
		t.Errorf("%d %q", code, body)
	}
}
