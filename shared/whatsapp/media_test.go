package whatsapp_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// voice has the guest send a voice note, and returns its id.
func (b bundle) voice(content []byte) string {
	b.api.Voice(phone, content)
	entries := b.api.Chat(phone).Entries
	return entries[len(entries)-1].MediaID
}

func TestAVoiceNoteIsFetched(t *testing.T) {
	t.Parallel()
	b := setup(t)
	note := bytes.Repeat([]byte("OggS"), 1000)
	id := b.voice(note)
	file, err := b.Media(t.Context(), id, int64(len(note)))
	check(t, err)
	if !bytes.Equal(file.Bytes, note) || file.MIME != "audio/ogg; codecs=opus" {
		t.Errorf("got %d bytes of %q", len(file.Bytes), file.MIME)
	}
	b.clock.add(6 * time.Minute) // its address has died, and is asked for anew
	_, err = b.Media(t.Context(), id, 1<<20)
	check(t, err)
}

func TestAFileThatIsNotAsItShouldBeIsNotTaken(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(bundle, string)
		want  chat.Action
		cause error
	}{
		{"too large", func(bundle, string) {}, chat.ActionNever, chat.ErrTooLarge},
		{"another than was announced", func(b bundle, id string) { b.api.Corrupt(id) }, chat.ActionMedia, nil},
		{"gone after seven days", func(b bundle, _ string) { b.clock.add(7 * 24 * time.Hour) }, chat.ActionNever, nil},
		{"its address dead", func(b bundle, _ string) { b.api.Fail(watest.Fault{Action: watest.Download, Status: 404}) }, chat.ActionMedia, nil},
		{"elsewhere", func(b bundle, _ string) { b.api.Fail(watest.Fault{Action: watest.Download, Status: 302}) }, chat.ActionRetry, nil},
		{"cut off", func(b bundle, _ string) { b.api.Fail(watest.Fault{Action: watest.Download, Cut: true}) }, chat.ActionRetry, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := b.voice(make([]byte, 2000))
			test.spoil(b, id)
			most := int64(1 << 20)
			if errors.Is(test.cause, chat.ErrTooLarge) {
				most = 1999
			}
			_, err := b.Media(t.Context(), id, most)
			f, ok := errors.AsType[*whatsapp.Error](err)
			if !ok || f.Action != test.want || f.Ambiguous || test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, id := range []string{"", "../x", "1/2", "1?x=y", "a b"} {
		if _, err := setup(t).Media(t.Context(), id, 1); err == nil {
			t.Errorf("%q was fetched", id)
		}
	}
}

func TestASizeThatWasNotAnnouncedIsNoticed(t *testing.T) {
	t.Parallel()
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/file" {
			w.Write(make([]byte, 5000)) //nolint:errcheck // it is given up
			return
		}
		fmt.Fprintf(w, `{"url":%q,"mime_type":"image/jpeg","file_size":1}`, server.URL+"/file")
	}))
	t.Cleanup(server.Close)
	_, err := client(t, whatsapp.Config{BaseURL: server.URL, PhoneID: "1"}).Media(t.Context(), "7", 4999)
	if !errors.Is(err, chat.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

// TestTheTokenGoesToMetaAlone: whatever address a file is said to have.
func TestTheTokenGoesToMetaAlone(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 16)
	stranger := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header.Get("Authorization") }))
	t.Cleanup(stranger.Close)
	for _, address := range []string{
		stranger.URL + "/file", "http://lookaside.fbsbx.com/x", "https://lookaside.fbsbx.com.evil.example/x", "https://evil.example/lookaside.fbsbx.com",
		"https://user@lookaside.fbsbx.com/x", "https://lookaside.fbsbx.com:8443/x", "file:///etc/passwd", "https://169.254.169.254/", "", "::",
	} {
		_, err := answering(t, 200, fmt.Sprintf(`{"url":%q,"mime_type":"image/jpeg"}`, address)).Media(t.Context(), "7", 1<<20)
		if f, ok := errors.AsType[*whatsapp.Error](err); !ok || f.Action != chat.ActionNever {
			t.Errorf("%q: got %v", address, err)
		}
	}
	if len(seen) > 0 {
		t.Errorf("a stranger was asked, with %q", <-seen)
	}
}
