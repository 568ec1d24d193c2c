package speech_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/speech"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
)

func TestAVoiceNoteIsWrittenDown(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{}, speech.Config{})
	audio := speechtest.Voice("Hola, ¿tenés algo del 3 al 8 de enero para cuatro y un perro?")
	got, err := c.Transcribe(t.Context(), audio, voiceNote)
	if err != nil || got.Text != "Hola, ¿tenés algo del 3 al 8 de enero para cuatro y un perro?" || math.Abs(got.Confidence-0.95) > 1e-9 {
		t.Fatalf("got %+v, %v", got, err)
	}
	requests := endpoint.Requests()
	if len(requests) != 1 || requests[0].Complaint != "" {
		t.Fatalf("got %d requests, %q", len(requests), requests[0].Complaint)
	}
	r := requests[0]
	for field, want := range map[string]string{"model": "whisper-1", "language": "es", "response_format": "verbose_json", "temperature": "0"} {
		if r.Fields[field] != want {
			t.Errorf("%s is %q", field, r.Fields[field])
		}
	}
	if !strings.Contains(r.Fields["prompt"], "seña") || r.FileName != "audio.ogg" || r.Type != "audio/ogg" || !bytes.Equal(r.Audio, audio) {
		t.Errorf("got %q %q %q, %d bytes", r.Fields["prompt"], r.FileName, r.Type, len(r.Audio))
	}
}

func TestTheLanguageMayBeLeftToTheEndpoint(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{}, speech.Config{Language: "auto", Model: "whisper-large-v3-turbo"})
	if _, err := c.Transcribe(t.Context(), speechtest.Voice("Olá"), voiceNote); err != nil {
		t.Fatal(err)
	}
	if language, told := endpoint.Requests()[0].Fields["language"]; told {
		t.Errorf("got %q", language)
	}
}

func TestAnEndpointOfOnesOwnIsSentNoKey(t *testing.T) {
	t.Parallel()
	endpoint, err := speechtest.New(speechtest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(endpoint.Close)
	_, err = client(t, speech.Config{URL: endpoint.URL}).Transcribe(t.Context(), speechtest.Voice("Hola"), voiceNote)
	if requests := endpoint.Requests(); len(requests) != 1 || requests[0].Authorization != "" || !errors.Is(err, speech.ErrRefused) {
		t.Errorf("got %+v, %v", requests, err)
	}
}

// TestAModelThatCannotTellHowSureItIsIsAskedOnceMore, and from then on only for what it can.
func TestAModelThatCannotTellHowSureItIsIsAskedOnceMore(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{Plain: true}, speech.Config{Model: "gpt-4o-mini-transcribe"})
	for range 2 {
		got, err := c.Transcribe(t.Context(), speechtest.Voice("Somos cinco"), voiceNote)
		if err != nil || got != (speech.Heard{Text: "Somos cinco", Confidence: -1}) {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	var formats []string
	for _, r := range endpoint.Requests() {
		formats = append(formats, r.Fields["response_format"])
	}
	if got := strings.Join(formats, " "); got != "verbose_json json json" {
		t.Errorf("asked for %s", got)
	}
}

func TestARecordingThatIsRefusedIsNoReasonToAskForLess(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{}, speech.Config{})
	if _, err := c.Transcribe(t.Context(), []byte("not a recording"), voiceNote); !errors.Is(err, speech.ErrRefused) || endpoint.Seen() != 2 {
		t.Fatalf("got %v after %d requests", err, endpoint.Seen())
	}
	if got, err := c.Transcribe(t.Context(), speechtest.Voice("Hola"), voiceNote); err != nil || got.Confidence < 0 || endpoint.Seen() != 3 {
		t.Errorf("got %+v, %v after %d requests", got, err, endpoint.Seen())
	}
}

func TestTheFilesNameTellsItsType(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{}, speech.Config{})
	tests := []struct{ mime, audio, name, sent string }{
		{"audio/ogg; codecs=opus", "OggS", "audio.ogg", "audio/ogg"},
		{"AUDIO/OPUS", "OggS", "audio.ogg", "audio/ogg"},
		{"audio/mp4", "x", "audio.m4a", "audio/mp4"},
		{"audio/x-m4a", "x", "audio.m4a", "audio/mp4"},
		{"audio/mpeg", "x", "audio.mp3", "audio/mpeg"},
		{"audio/amr", "x", "audio.amr", "audio/amr"},
		{"audio/aac", "x", "audio.aac", "audio/aac"},
		{"audio/wav", "x", "audio.wav", "audio/wav"},
		{"audio/webm;codecs=opus", "x", "audio.webm", "audio/webm"},
		{"audio/flac", "x", "audio.flac", "audio/flac"},
		{"", "OggS", "audio.ogg", "audio/ogg"},
		{"audio/x\"\r\nX-Evil: 1", "OggS", "audio.ogg", "audio/ogg"},
		{"application/octet-stream", "\x00\x00\x00\x20ftypM4A ", "audio.m4a", "audio/mp4"},
		{"", "ID3\x04", "audio.mp3", "audio/mpeg"},
		{"", "\xff\xfb\x90", "audio.mp3", "audio/mpeg"},
		{"", "\xff\xf1\x50", "audio.aac", "audio/aac"},
		{"", "#!AMR\n", "audio.amr", "audio/amr"},
		{"", "RIFF....WAVE", "audio.wav", "audio/wav"},
		{"", "\x1aE\xdf\xa3", "audio.webm", "audio/webm"},
		{"", "fLaC", "audio.flac", "audio/flac"},
	}
	for i, test := range tests {
		endpoint.Fail(speechtest.Fault{Times: 1, Status: 413}) // what it makes of it is not the point
		if _, err := c.Transcribe(t.Context(), []byte(test.audio), test.mime); !errors.Is(err, speech.ErrRefused) {
			t.Fatal(err)
		}
		if r := endpoint.Requests()[i]; r.FileName != test.name || r.Type != test.sent {
			t.Errorf("%q: got %q %q", test.mime, r.FileName, r.Type)
		}
	}
}

func TestWhatIsTooLongIsNotSent(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{}, speech.Config{})
	lasting := func(d time.Duration) []byte { return speechtest.Note{Text: "Hola", Lasting: d}.Audio() }
	tests := []struct {
		name, mime string
		audio      []byte
		want       error
	}{
		{"two minutes", voiceNote, lasting(2 * time.Minute), nil},
		{"a moment more", voiceNote, lasting(2*time.Minute + time.Millisecond), speech.ErrTooLong},
		{"an hour that says it is a song", "audio/mpeg", lasting(time.Hour), speech.ErrTooLong},
		{"a song", "audio/mpeg", make([]byte, speech.MaxBytes+1), speech.ErrTooLong},
		{"a short song", "audio/mpeg", make([]byte, speech.MaxBytes), nil},
		{"nothing", voiceNote, nil, speech.ErrUnsure},
	}
	for _, test := range tests {
		endpoint.Hears(test.audio, "Hola", 0.9)
		before := endpoint.Seen()
		_, err := c.Transcribe(t.Context(), test.audio, test.mime)
		if !errors.Is(err, test.want) || (endpoint.Seen() > before) != (test.want == nil) {
			t.Errorf("%s: got %v, %d requests", test.name, err, endpoint.Seen()-before)
		}
	}
}

func TestWhatTheEndpointIsNotSureOfIsNoText(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{}, speech.Config{})
	for confidence, want := range map[float64]error{0.9: nil, 0.51: nil, 0.49: speech.ErrUnsure, 0.01: speech.ErrUnsure, -1: nil} {
		endpoint.Say("La cabaña dos, del tres al ocho", confidence)
		got, err := c.Transcribe(t.Context(), speechtest.Voice(""), voiceNote)
		if !errors.Is(err, want) || err != nil && (got != (speech.Heard{}) || strings.Contains(err.Error(), "cabaña")) {
			t.Errorf("%g: got %+v, %v", confidence, got, err)
		}
	}
}

func TestConfidenceIsThatOfWhatWasSaid(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, segments string
		want           float64
	}{
		{"one", `[{"start":0,"end":3,"avg_logprob":-0.1}]`, math.Exp(-0.1)},
		{"by how long they are", `[{"start":0,"end":3,"avg_logprob":-0.1},{"start":3,"end":4,"avg_logprob":-0.9}]`, (3*math.Exp(-0.1) + math.Exp(-0.9)) / 4},
		{"in nanoseconds", `[{"start":0,"end":3000000000,"avg_logprob":-0.1}]`, math.Exp(-0.1)},
		{"silence in between", `[{"start":0,"end":3,"avg_logprob":-0.1},{"start":3,"end":4,"avg_logprob":-1.2,"no_speech_prob":0.7}]`, 3 * math.Exp(-0.1) / 4},
		{"no time", `[{"start":0,"end":0,"avg_logprob":-0.2}]`, math.Exp(-0.2)},
		{"time that runs back", `[{"start":9,"end":1,"avg_logprob":-0.2}]`, math.Exp(-0.2)},
		{"not told", `[{"start":0,"end":3,"text":"Hola"}]`, -1},
		{"not known", `[{"start":0,"end":3,"avg_logprob":0.0,"no_speech_prob":0.0}]`, -1},
		{"null", `null`, -1},
		{"none", `[]`, -1},
		{"something else", `{"a":1}`, -1},
		{"words for numbers", `[{"start":"0","end":"3","avg_logprob":"-0.1"}]`, -1},
	}
	for _, test := range tests {
		c := answering(t, 200, fmt.Sprintf(`{"task":"transcribe","text":" Hola, qué tal. ","segments":%s,"words":[]}`, test.segments))
		got, err := c.Transcribe(t.Context(), speechtest.Voice(""), voiceNote)
		if err != nil || got.Text != "Hola, qué tal." || math.Abs(got.Confidence-test.want) > 1e-9 {
			t.Errorf("%s: got %+v, %v; want %g", test.name, got, err, test.want)
		}
	}
	for name, segment := range map[string]string{
		"doubtful":        `"avg_logprob":-0.8`,
		"a loop":          `"avg_logprob":-0.1,"compression_ratio":9.5`,
		"surely silence":  `"avg_logprob":-0.2,"no_speech_prob":0.95`,
		"nothing certain": `"avg_logprob":-1e300`,
	} {
		c := answering(t, 200, fmt.Sprintf(`{"text":"Hola","segments":[{"start":0,"end":3,%s}]}`, segment))
		if got, err := c.Transcribe(t.Context(), speechtest.Voice(""), voiceNote); !errors.Is(err, speech.ErrUnsure) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}
