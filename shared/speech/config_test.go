package speech_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/speech"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
)

// Not parallel: this is about the process's environment.
func TestTheEnvironmentIsCheckedBeforeAnythingOpens(t *testing.T) {
	tests := []struct {
		name string
		env  string // VARIABLE=value, one a word
		want string // a variable that is complained of; empty = none
	}{
		{"off", "ENVIRONMENT=production", ""},
		{"as it should be", "ENVIRONMENT=production SPEECH_URL=https://api.groq.com/openai/v1 SPEECH_API_KEY=gsk_hunter2", ""},
		{"another program of ours", "ENVIRONMENT=production SPEECH_URL=http://whisper.internal:8000/v1", ""},
		{"another container", "ENVIRONMENT=production SPEECH_URL=http://whisper:8000", ""},
		{"a private address", "ENVIRONMENT=production SPEECH_URL=http://[fdaa::3]:8000", ""},
		{"any language", "SPEECH_URL=http://x SPEECH_LANGUAGE=auto", ""},
		{"voices in the clear", "ENVIRONMENT=production SPEECH_URL=http://api.groq.com/openai/v1", "SPEECH_URL"},
		{"no address", "SPEECH_URL=hunter2", "SPEECH_URL"},
		{"another scheme", "SPEECH_URL=ftp://hunter2", "SPEECH_URL"},
		{"a password", "SPEECH_URL=https://me:hunter2@x.example", "SPEECH_URL"},
		{"no language", "SPEECH_URL=http://x SPEECH_LANGUAGE=hunter2", "SPEECH_LANGUAGE"},
		{"a key that no header takes", "SPEECH_URL=http://x SPEECH_API_KEY=hunter2é", "SPEECH_API_KEY"},
		{"more than sure", "AUDIO_MIN_CONFIDENCE=1.1", "AUDIO_MIN_CONFIDENCE"},
		{"less than nothing", "AUDIO_MIN_CONFIDENCE=-0.1", "AUDIO_MIN_CONFIDENCE"},
		{"no number", "AUDIO_MIN_CONFIDENCE=NaN", "AUDIO_MIN_CONFIDENCE"},
		{"no time", "SPEECH_TIMEOUT=0s", "SPEECH_TIMEOUT"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for pair := range strings.FieldsSeq(test.env) {
				name, value, _ := strings.Cut(pair, "=")
				t.Setenv(name, value)
			}
			var c speech.Config
			err := config.FromEnvironment()(&c)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, c.APIKey, c.APIKey), secret) {
				t.Errorf("a secret is shown: %v", err)
			}
		})
	}
}

func TestTheDefaultsAreThoseOfTheHandbook(t *testing.T) {
	var c speech.Config
	if err := config.FromEnvironment()(&c); err != nil {
		t.Fatal(err)
	}
	want := speech.Config{Model: "whisper-1", Language: "es", Timeout: time.Minute, MinConfidence: 0.5, Environment: c.Environment}
	if c != want || c.On() {
		t.Errorf("got %+v", c)
	}
}

func TestWithoutAnAddressNobodyListens(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "hunter2", "https://me:hunter2@x.example"} {
		c := speech.New(speech.Config{URL: address})
		_, err := c.Transcribe(t.Context(), speechtest.Voice("Hola"), voiceNote)
		if c.On() || !errors.Is(err, speech.ErrOff) || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: got %v", address, err)
		}
		c.Close()
	}
}

func TestTheAddressMayBeWrittenInSeveralWays(t *testing.T) {
	t.Parallel()
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.RequestURI()
		w.Write([]byte(`{"text":"Hola"}`)) //nolint:errcheck // a test that is over
	}))
	t.Cleanup(server.Close)
	for given, want := range map[string]string{
		"":                          "/v1/audio/transcriptions",
		"/":                         "/v1/audio/transcriptions",
		"/v1":                       "/v1/audio/transcriptions",
		"/openai/v1/":               "/openai/v1/audio/transcriptions",
		"/v1/audio/transcriptions":  "/v1/audio/transcriptions",
		"/v1/audio/transcriptions/": "/v1/audio/transcriptions",
		"/openai/deployments/w?api-version=2024-10": "/openai/deployments/w/audio/transcriptions?api-version=2024-10",
	} {
		c := client(t, speech.Config{URL: server.URL + given})
		if _, err := c.Transcribe(t.Context(), speechtest.Voice("Hola"), voiceNote); err != nil || asked != want {
			t.Errorf("%q: asked %q, got %v", given, asked, err)
		}
	}
}
