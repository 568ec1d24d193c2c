package speechtest_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func setup(t *testing.T, c speechtest.Config) *speechtest.Server {
	t.Helper()
	server, err := speechtest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return server
}

// form is a request as it should be, but for what a test changes.
type form struct {
	key, fileName, fileType string
	audio                   []byte
	fields                  [][2]string
	cut                     int // bytes that are missing at the end
}

func good() form {
	return form{
		"Bearer " + speechtest.Key, "audio.ogg", "audio/ogg", speechtest.Voice("Hola"),
		[][2]string{{"model", "whisper-1"}, {"response_format", "json"}, {"temperature", "0"}, {"language", "es"}, {"prompt", "cabaña"}},
		0,
	}
}

func (f *form) with(name, value string) {
	for i := range f.fields {
		if f.fields[i][0] == name {
			f.fields[i][1] = value
		}
	}
}

// post sends it, and returns the status and the answer.
func post(t *testing.T, to *speechtest.Server, f form) (int, string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, field := range f.fields {
		w.WriteField(field[0], field[1]) //nolint:errcheck // to memory
	}
	if f.fileName != "" {
		part, _ := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="file"; filename="` + f.fileName + `"`}, "Content-Type": {f.fileType},
		})
		part.Write(f.audio) //nolint:errcheck // to memory
	}
	w.Close()
	body.Truncate(body.Len() - f.cut)
	r, err := http.NewRequest(http.MethodPost, to.URL+"/audio/transcriptions", &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", f.key)
	r.Header.Set("Content-Type", w.FormDataContentType())
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

func TestARequestThatTheOriginalsRefuseIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*form)
		want   int
	}{
		"as it should be":     {func(*form) {}, 200},
		"no language":         {func(f *form) { f.fields = append(f.fields[:3], f.fields[4]) }, 200},
		"no key":              {func(f *form) { f.key = "" }, 401},
		"a wrong key":         {func(f *form) { f.key += "x" }, 401},
		"no model":            {func(f *form) { f.fields = f.fields[1:] }, 400},
		"another model":       {func(f *form) { f.with("model", "whisper-2") }, 404},
		"a language by name":  {func(f *form) { f.with("language", "spanish") }, 400},
		"an unknown form":     {func(f *form) { f.with("response_format", "yaml") }, 400},
		"a hot head":          {func(f *form) { f.with("temperature", "1.5") }, 400},
		"a long prompt":       {func(f *form) { f.with("prompt", strings.Repeat("x", 900)) }, 400},
		"a field nobody asks": {func(f *form) { f.fields = append(f.fields, [2]string{"lang", "es"}) }, 400},
		"a field twice":       {func(f *form) { f.fields = append(f.fields, f.fields[0]) }, 400},
		"no file":             {func(f *form) { f.fileName = "" }, 400},
		"a file without type": {func(f *form) { f.fileName = "audio" }, 400},
		"a type nobody reads": {func(f *form) { f.fileName = "audio.amr" }, 400},
		"no sound":            {func(f *form) { f.fileType = "text/plain" }, 400},
		"an empty file":       {func(f *form) { f.audio = nil }, 400},
		"no Ogg":              {func(f *form) { f.audio = []byte("RIFF") }, 400},
		"cut off":             {func(f *form) { f.cut = 5 }, 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, speechtest.Config{Model: "whisper-1"})
			f := good()
			test.change(&f)
			status, answer := post(t, s, f)
			requests := s.Requests()
			if status != test.want || (status == 200) != (requests[0].Complaint == "") {
				t.Errorf("got %d %s, complaint %q", status, answer, requests[0].Complaint)
			}
		})
	}
}

func TestItHearsWhatItWasTold(t *testing.T) {
	t.Parallel()
	s := setup(t, speechtest.Config{})
	other := good()
	other.audio = append([]byte("OggS"), "something"...)
	s.Hears(other.audio, "conocida", 0.9)
	s.Say("primera", 0.9)
	s.Say("segunda", -1)
	unknown := good()
	unknown.audio = []byte("OggS")
	for i, ask := range []struct {
		form form
		want string
	}{
		{good(), "primera"}, {other, "conocida"}, {good(), "segunda"}, {good(), "Hola"}, {other, "conocida"}, {unknown, ""},
	} {
		if status, answer := post(t, s, ask.form); status != 200 || strings.TrimSpace(answer) != `{"text":"`+ask.want+`"}` {
			t.Errorf("%d: got %d %s, want %q", i, status, answer, ask.want)
		}
	}
}

func TestANoteTellsHowSureToBeOfItAndHowLongItLasts(t *testing.T) {
	t.Parallel()
	s := setup(t, speechtest.Config{})
	f := good()
	f.with("response_format", "verbose_json")
	f.audio = speechtest.Note{Text: strings.Repeat("ñandú ", 1000), Lasting: 2500 * time.Millisecond, Confidence: 0.25}.Audio()
	_, answer := post(t, s, f)
	var got struct {
		Text     string
		Duration float64
		Segments []struct {
			End     float64
			Logprob float64 `json:"avg_logprob"`
		}
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Text) > 4000 || len(got.Text) < 3990 || strings.Contains(got.Text, "\ufffd") || got.Duration != 2.5 || got.Segments[0].End != 2.5 || got.Segments[0].Logprob > -1.38 {
		t.Errorf("got %d bytes, %g, %+v", len(got.Text), got.Duration, got.Segments)
	}
}

// TestEveryPageOfAVoiceIsSummed: players drop pages whose checksum is wrong. The sums were worked out by another program.
func TestEveryPageOfAVoiceIsSummed(t *testing.T) {
	t.Parallel()
	audio := speechtest.Voice("Hola")
	var sums []uint32
	for page := range bytes.SplitSeq(audio, []byte("OggS\x00")) {
		if len(page) > 21 {
			sums = append(sums, binary.LittleEndian.Uint32(page[17:]))
		}
	}
	if want := []uint32{0x129b2841, 0x26f56b73, 0xf89a7af5, 0x345f4500}; !slices.Equal(sums, want) {
		t.Errorf("got %#x, want %#x", sums, want)
	}
}
