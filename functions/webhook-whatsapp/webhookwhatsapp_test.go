package webhookwhatsapp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	webhookwhatsapp "github.com/eevans-d/sist-cabanas/functions/webhook-whatsapp"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
)

func newBundle() *bundle { return &bundle{registry: prometheus.NewRegistry(), log: &logged{}} }

// broken stands for an inbox that cannot keep anything.
type broken struct{}

func (broken) AcceptAll(context.Context, ...inbox.Arrival) ([]bool, error) {
	return nil, fault.ErrUnavailable.WithCause(errors.New("down"))
}

func TestAMessageIsKeptAndIsToBeAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.send(t, told(text("wamid.1", "hola"), ""))
	if got := b.jobs(t); !slices.Equal(got, []string{"conversation_talk 5491155443322 wamid.1"}) {
		t.Errorf("to be done: %q", got)
	}
	if n := b.kept(t, `source = 'whatsapp' and event_id = 'wamid.1' and subject = '5491155443322' and signed and settled_at is null and convert_from(payload, 'UTF8') like '%hola%'`); n != 1 {
		t.Errorf("%d are kept", n)
	}
	if b.counted(t, "accepted") != 1 {
		t.Errorf("%v were counted", b.counted(t, "accepted"))
	}
}

func TestAllThatOneNotificationSaysIsKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.send(t, told(text("wamid.1", "hola")+","+text("wamid.2", "somos 4"), status("wamid.9", "sent")+","+status("wamid.9", "delivered")+`,{"id":"wamid.9","status":"levitating"}`))
	want := []string{"conversation_talk 5491155443322 wamid.1", "conversation_talk 5491155443322 wamid.2", "chat_track"}
	got := b.jobs(t)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("to be done: %q", got)
	}
	for condition, want := range map[string]int{
		`source = 'whatsapp' and settled_at is null`:                                2,
		`source = 'whatsapp_status' and subject = 'wamid.9' and settled_at is null`: 2,
		`source = 'whatsapp_other' and settled_at is not null`:                      1,
	} {
		if n := b.kept(t, condition); n != want {
			t.Errorf("%s: %d, want %d", condition, n, want)
		}
	}
}

func TestTheSameNotificationFiftyTimesAtOnceIsOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := told(text("wamid.1", "hola"), status("wamid.9", "sent"))
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() { b.send(t, body) })
	}
	wait.Wait()
	if n, jobs := b.kept(t, "true"), b.jobs(t); n != 2 || len(jobs) != 2 {
		t.Errorf("%d are kept, to be done: %q", n, jobs)
	}
	if b.counted(t, "accepted") != 1 || b.counted(t, "repeated") != 49 {
		t.Errorf("accepted %v, repeated %v", b.counted(t, "accepted"), b.counted(t, "repeated"))
	}
}

func TestWhatMetaHasNotSignedIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := told(text("wamid.1", "hola"), "")
	good := sign(secret, body)
	for name, test := range map[string]struct{ body, signature, want string }{
		"unsigned":           {body, "", "signature_missing"},
		"no prefix":          {body, strings.TrimPrefix(good, "sha256="), "signature_malformed"},
		"another prefix":     {body, "sha1=" + good[7:], "signature_malformed"},
		"of odd length":      {body, good[:len(good)-1], "signature_malformed"},
		"no hex":             {body, "sha256=" + strings.Repeat("x", 64), "signature_malformed"},
		"another secret":     {body, sign("guessed", body), "signature_mismatch"},
		"no secret":          {body, sign("", body), "signature_mismatch"},
		"another body":       {body + "\n", good, "signature_mismatch"},
		"of 8 kB":            {body, good + strings.Repeat("0", 8000), "signature_malformed"},
		"not JSON, unsigned": {"x", "", "signature_missing"},
	} {
		before := b.counted(t, test.want)
		if code, answer := b.post(t, test.body, test.signature); code != http.StatusUnauthorized || !strings.Contains(answer, test.want) {
			t.Errorf("%s: %d %s", name, code, answer)
		}
		if b.counted(t, test.want) != before+1 {
			t.Errorf("%s is not counted as %s", name, test.want)
		}
	}
	if n, jobs := b.kept(t, "true"), b.jobs(t); n != 0 || len(jobs) != 0 {
		t.Errorf("%d are kept, to be done: %q", n, jobs)
	}
	b.send(t, body)
}

func TestBothSecretsAreGoodWhileOneReplacesTheOther(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *webhookwhatsapp.Config) { c.Secret, c.Previous = "the new one", secret })
	for n, by := range []string{secret, "the new one"} {
		body := told(text(fmt.Sprint("wamid.", n), "hola"), "")
		if code, answer := b.post(t, body, sign(by, body)); code != http.StatusOK {
			t.Errorf("%d %s", code, answer)
		}
	}
}

func TestWithoutASecretNothingIsBelieved(t *testing.T) {
	t.Parallel()
	b := unkept(t, func(c *webhookwhatsapp.Config) { c.Secret = "" })
	body := told(text("wamid.1", "hola"), "")
	if code, _ := b.post(t, body, sign("", body)); code != http.StatusUnauthorized {
		t.Errorf("%d", code)
	}
}

// TestWhatIsSignedIsNeverRefused is about what would come again for seven days.
func TestWhatIsSignedIsNeverRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, body := range []string{
		"", "x", "{", "null", "[]", "{}", `"a"`, "\x00\xff", strings.Repeat("[", 20000), `{"object":"page","entry":[]}`,
		`{"object":"whatsapp_business_account"}`, `{"object":"whatsapp_business_account","entry":[null,1,{"changes":[null,{"field":"flying"}]}]}`,
		told(`null,1,"a",{},{"id":"wamid.3"},{"id":"wamid.4","from":"54","type":"hologram"}`, `null,{"id":7}`),
		told(text(strings.Repeat("w", 250), "hola")+","+text("wamid.5", "con vecino"), ""),
		told(`{"from":"5491155443322","id":"wamid.6","timestamp":"x","type":"text","text":{"body":"a\u0000b\ud800"}}`, ""),
	} {
		b.send(t, body)
		before := b.kept(t, "true")
		b.send(t, body)
		if after := b.kept(t, "true"); after != before {
			t.Errorf("%.60q twice: %d are kept, %d before", body, after, before)
		}
	}
	if n := b.kept(t, `event_id in ('wamid.4', 'wamid.5', 'wamid.6') and settled_at is null`); n != 3 {
		t.Errorf("%d of 3 messages are to be answered", n)
	}
	if b.counted(t, "unreadable") != 5 {
		t.Errorf("%v were unreadable", b.counted(t, "unreadable"))
	}
}

func TestWhatIsToldOfOthersNumbersIsNotOurs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.send(t, strings.ReplaceAll(told(text("wamid.1", "hola"), status("wamid.9", "read")), phone, "999"))
	if n, jobs := b.kept(t, "true"), b.jobs(t); n != 0 || len(jobs) != 0 || b.counted(t, "ignored") != 1 {
		t.Errorf("%d are kept, to be done: %q", n, jobs)
	}
	all := setup(t, func(c *webhookwhatsapp.Config) { c.PhoneID = "" })
	all.send(t, strings.ReplaceAll(told(text("wamid.1", "hola"), ""), phone, "999"))
	if n := all.kept(t, "true"); n != 1 {
		t.Errorf("without a number of our own: %d", n)
	}
}

func TestWhatIsSaidInAGroupIsNotAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.send(t, told(strings.Replace(text("wamid.1", "hola"), `"from"`, `"group_id":"G1","from"`, 1), ""))
	if n, jobs := b.kept(t, "settled_at is not null"), b.jobs(t); n != 1 || len(jobs) != 0 {
		t.Errorf("%d are kept, to be done: %q", n, jobs)
	}
}

func TestABodyOfThreeMegabytesIsTakenAndNoMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := told(text("wamid.1", "hola"), "")
	b.send(t, body+strings.Repeat(" ", 3<<20-len(body)))
	body += strings.Repeat(" ", 3<<20+1-len(body))
	if code, answer := b.post(t, body, sign(secret, body)); code != http.StatusRequestEntityTooLarge || !strings.Contains(answer, "too_large") {
		t.Errorf("%d %s", code, answer)
	}
}

func TestWhatCannotBeKeptIsNotAccepted(t *testing.T) {
	t.Parallel()
	b := unkept(t)
	body := told(text("wamid.1", "hola"), "")
	if code, _ := b.post(t, body, sign(secret, body)); code != http.StatusServiceUnavailable || b.counted(t, "failed") != 1 {
		t.Errorf("%d: Meta must come again", code)
	}
}

func TestNothingOfANotificationIsLogged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := told(text("wamid.1", "mi clave es azul"), "")
	b.send(t, body)
	b.post(t, body, "sha256=00")
	if log := b.log.String(); strings.Contains(log, "azul") || strings.Contains(log, "5491155443322") || strings.Contains(log, "Ana") || strings.Contains(log, secret) || !strings.Contains(log, `"outcome":"accepted"`) {
		t.Error(log)
	}
}

func TestProductionRefusesToStartWithoutItsSecrets(t *testing.T) {
	for name, value := range map[string]string{"ENVIRONMENT": "production", "WHATSAPP_APP_SECRET": "", "WHATSAPP_VERIFY_TOKEN": ""} {
		t.Setenv(name, value)
	}
	var c struct {
		config.Environment
		webhookwhatsapp.Config
	}
	err := config.FromEnvironment()(&c)
	for _, name := range []string{"WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing: %v", name, err)
		}
	}
}
