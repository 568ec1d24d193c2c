package speech_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"github.com/eevans-d/sist-cabanas/shared/speech"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	voiceNote = "audio/ogg; codecs=opus" // as WhatsApp calls it
	secret    = "hunter2"
)

// listening is an endpoint and a client of it. What the configuration leaves out is as by default.
func listening(t *testing.T, endpoint speechtest.Config, c speech.Config) (*speech.Client, *speechtest.Server) {
	t.Helper()
	server, err := speechtest.New(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	c.URL, c.MinConfidence = server.URL, 0.5
	if c.APIKey == "" {
		c.APIKey = speechtest.Key
	}
	return client(t, c), server
}

func client(t *testing.T, c speech.Config) *speech.Client {
	t.Helper()
	made := speech.New(c)
	t.Cleanup(made.Close)
	return made
}

// answering is a client of an endpoint that answers everything in one way.
func answering(t *testing.T, status int, body string, header ...string) *speech.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		w.Write([]byte(body)) //nolint:errcheck // a test that is over
	}))
	t.Cleanup(server.Close)
	return client(t, speech.Config{URL: server.URL, APIKey: secret, MinConfidence: 0.5})
}
