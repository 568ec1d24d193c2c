package whatsapp_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// phone is a guest's.
const phone = "5492944123456"

// guest is a person without a BSUID.
var guest = chat.Contact{WaID: phone}

// clock is one that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bundle is WhatsApp and a client of it.
type bundle struct {
	*whatsapp.Client

	api   *watest.Server
	clock *clock
}

// setup is a WhatsApp in which the guest has just written.
func setup(t *testing.T) bundle {
	t.Helper()
	return setupWith(t, watest.Config{})
}

func setupWith(t *testing.T, c watest.Config) bundle {
	t.Helper()
	clock := &clock{now: time.Date(2026, time.December, 1, 15, 0, 0, 0, time.UTC)}
	c.Clock = clock.Now
	api, err := watest.New(c)
	check(t, err)
	t.Cleanup(api.Close)
	api.Say(phone, "hola")
	return bundle{client(t, whatsapp.Config{BaseURL: api.URL, Token: watest.Token, PhoneID: watest.PhoneID}), api, clock}
}

func client(t *testing.T, c whatsapp.Config) *whatsapp.Client {
	t.Helper()
	made, err := whatsapp.New(c)
	check(t, err)
	t.Cleanup(made.Close)
	return made
}

// answering is a client of an API that answers everything in one way.
func answering(t *testing.T, status int, body string, header ...string) *whatsapp.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		w.Write([]byte(body)) //nolint:errcheck // a test that is over
	}))
	t.Cleanup(server.Close)
	return client(t, whatsapp.Config{BaseURL: server.URL, Token: "EAAhunter2", PhoneID: "1"})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
