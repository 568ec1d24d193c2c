package speech_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/speech"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
)

func TestEveryFailureIsToldApart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault speechtest.Fault
		want  error
		asked int
	}{
		{"a wrong key", speechtest.Fault{Status: 401}, speech.ErrRefused, 1},
		{"no right", speechtest.Fault{Status: 403}, speech.ErrRefused, 1},
		{"no such model", speechtest.Fault{Status: 404}, speech.ErrRefused, 1},
		{"too large", speechtest.Fault{Status: 413}, speech.ErrRefused, 1},
		{"not decoded", speechtest.Fault{Status: 400}, speech.ErrRefused, 2},
		{"not decoded either", speechtest.Fault{Status: 422}, speech.ErrRefused, 2},
		{"refused, then down", speechtest.Fault{Times: 1, Status: 400}, speech.ErrTemporary, 2},
		{"too many", speechtest.Fault{Status: 429}, speech.ErrTemporary, 1},
		{"no money", speechtest.Fault{Status: 429, Body: `{"error":{"message":"hunter2","type":"insufficient_quota","code":"insufficient_quota"}}`}, speech.ErrRefused, 1},
		{"down", speechtest.Fault{Status: 500}, speech.ErrTemporary, 1},
		{"overloaded", speechtest.Fault{Status: 503}, speech.ErrTemporary, 1},
		{"a proxy's page", speechtest.Fault{Status: 502, HTML: true}, speech.ErrTemporary, 1},
		{"slow", speechtest.Fault{Status: 408}, speech.ErrTemporary, 1},
		{"cut off", speechtest.Fault{Cut: true}, speech.ErrTemporary, 1},
		{"closed", speechtest.Fault{Close: true}, speech.ErrTemporary, 1},
		{"a page", speechtest.Fault{HTML: true}, speech.ErrRefused, 1},
		{"a page that says no", speechtest.Fault{Status: 404, HTML: true}, speech.ErrRefused, 1},
		{"garbage", speechtest.Fault{Status: 200, Body: `{"text":`}, speech.ErrRefused, 1},
		{"plain text", speechtest.Fault{Status: 200, Body: `hunter2`}, speech.ErrRefused, 1},
		{"no text", speechtest.Fault{Status: 200, Body: `{"error":"hunter2"}`}, speech.ErrRefused, 1},
		{"another kind of text", speechtest.Fault{Status: 200, Body: `{"text":["hunter2"]}`}, speech.ErrRefused, 1},
		{"null", speechtest.Fault{Status: 200, Body: `null`}, speech.ErrRefused, 1},
		{"a flood behind a text", speechtest.Fault{Status: 200, Body: `{"text":"hunter2"}` + strings.Repeat(" ", 300<<10)}, speech.ErrRefused, 1},
		{"a flood", speechtest.Fault{Status: 200, Body: `{"text":"` + strings.Repeat("a", 300<<10) + `"}`}, speech.ErrRefused, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, endpoint := listening(t, speechtest.Config{}, speech.Config{})
			endpoint.Fail(test.fault)
			endpoint.Fail(speechtest.Fault{Status: 500})
			got, err := c.Transcribe(t.Context(), speechtest.Voice("El secreto es hunter2"), voiceNote)
			if !errors.Is(err, test.want) || got != (speech.Heard{}) || endpoint.Seen() != test.asked {
				t.Errorf("got %+v, %v after %d requests", got, err, endpoint.Seen())
			}
			if text := err.Error(); strings.Contains(text, secret) || strings.Contains(text, speechtest.Key) || strings.Contains(text, "OggS") {
				t.Errorf("told too much: %v", err)
			}
			if shown, ok := errors.AsType[*fault.Error](err); !ok || shown.Kind == fault.Internal || (shown.RetryAfter > 0) != errors.Is(test.want, speech.ErrTemporary) {
				t.Errorf("%#v", err)
			}
		})
	}
}

func TestTheEndpointSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	const guess = 10 * time.Second
	for header, want := range map[string]time.Duration{
		"30": 30 * time.Second, "7.5": 7500 * time.Millisecond, "86401": 24 * time.Hour, "1e300": 24 * time.Hour, "inf": 24 * time.Hour,
		"0": guess, "-5": guess, "soon": guess, "NaN": guess, "": guess,
		"Tue, 01 Dec 1998 15:00:00 GMT": guess, "Tue, 01 Dec 2099 15:00:00 GMT": 24 * time.Hour,
	} {
		_, err := answering(t, http.StatusTooManyRequests, "", "Retry-After", header).Transcribe(t.Context(), speechtest.Voice("Hola"), voiceNote)
		shown, ok := errors.AsType[*fault.Error](err)
		if !ok || !errors.Is(err, speech.ErrTemporary) || shown.RetryAfter != want {
			t.Errorf("%q: got %v", header, err)
		}
	}
}

func TestAnEndpointThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{}, speech.Config{Timeout: 50 * time.Millisecond})
	endpoint.Fail(speechtest.Fault{Hang: true})
	if _, err := c.Transcribe(t.Context(), speechtest.Voice("Hola"), voiceNote); !errors.Is(err, speech.ErrTemporary) || endpoint.Seen() > 1 {
		t.Errorf("got %v after %d requests", err, endpoint.Seen())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Transcribe(ctx, speechtest.Voice("Hola"), voiceNote); !errors.Is(err, speech.ErrTemporary) || !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
}

func TestNobodyListensThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c := client(t, speech.Config{URL: server.URL + "/v1?key=hunter2"})
	if _, err := c.Transcribe(t.Context(), speechtest.Voice("Hola"), voiceNote); !errors.Is(err, speech.ErrTemporary) || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
}

// TestTheVoiceGoesNowhereElse: neither where an answer leads, nor into an error.
func TestTheVoiceGoesNowhereElse(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 307, 308, 401, 500} {
		echo := `{"error":{"message":"hunter2","type":"hunter2","code":{"hunter2":1},"param":"hunter2"}}`
		_, err := answering(t, status, echo, "Location", elsewhere.URL).Transcribe(t.Context(), speechtest.Voice("Hola"), voiceNote)
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%d: got %v", status, err)
		}
		if want := speech.ErrRefused; status < 500 && !errors.Is(err, want) {
			t.Errorf("%d: got %v", status, err)
		}
	}
	if followed.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestAnErrorNamesTheStatusAndAKnownCode(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"error":{"message":"x","type":"invalid_request_error","code":"invalid_api_key"}}`: ": the answer is 401 invalid_api_key",
		`{"error":{"message":"x","type":"invalid_request_error","code":null}}`:              ": the answer is 401 invalid_request_error",
		`{"error":"x"}`: ": the answer is 401",
		`<html>`:        ": the answer is 401",
	} {
		_, err := answering(t, http.StatusUnauthorized, body).Transcribe(t.Context(), speechtest.Voice("Hola"), voiceNote)
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestManyAreHeardAtOnceAndEachIsAnsweredItsOwn(t *testing.T) {
	t.Parallel()
	c, _ := listening(t, speechtest.Config{Plain: true}, speech.Config{})
	failed := make(chan string, 16)
	for i := range cap(failed) {
		go func() {
			said := "Somos " + strings.Repeat("muchos ", i) + "y un perro"
			got, err := c.Transcribe(context.Background(), speechtest.Voice(said), voiceNote)
			if err != nil || got.Text != said {
				failed <- said + ": " + got.Text
				return
			}
			failed <- ""
		}()
	}
	for range cap(failed) {
		if text := <-failed; text != "" {
			t.Error(text)
		}
	}
}
