package whatsapp_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

var hello = chat.Message{Kind: chat.FormText, Body: "Hola Ana"}

// failure sends something and returns what went wrong.
func failure(t *testing.T, c *whatsapp.Client) *whatsapp.Error {
	t.Helper()
	_, err := c.Send(t.Context(), guest, hello, "", "")
	f, ok := errors.AsType[*whatsapp.Error](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	return f
}

func TestEveryRefusalIsToldApart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		fault     watest.Fault
		want      chat.Action
		ambiguous bool
	}{
		{"a dead token", watest.Fault{Code: 190}, chat.ActionTokenDead, false},
		{"too many", watest.Fault{Code: 130429}, chat.ActionRateLimited, false},
		{"too many to one", watest.Fault{Code: 131056}, chat.ActionPairLimited, false},
		{"the window", watest.Fault{Code: 131047}, chat.ActionTemplate, false},
		{"not on WhatsApp", watest.Fault{Code: 131026}, chat.ActionUndeliverable, false},
		{"their trouble", watest.Fault{Code: 131000, Status: 500}, chat.ActionRetry, false},
		{"a mistake of ours", watest.Fault{Code: 100}, chat.ActionBug, false},
		{"a number that is not ours", watest.Fault{Code: 100, Subcode: 33}, chat.ActionAlarm, false},
		{"401 without a word", watest.Fault{Status: 401}, chat.ActionTokenDead, false},
		{"403 without a word", watest.Fault{Status: 403}, chat.ActionAlarm, false},
		{"429 without a word", watest.Fault{Status: 429}, chat.ActionRateLimited, false},
		{"404 without a word", watest.Fault{Status: 404}, chat.ActionBug, false},
		{"500 without a word", watest.Fault{Status: 500, Body: "<html>"}, chat.ActionRetry, true},
		{"502 on the way", watest.Fault{Status: 502}, chat.ActionRetry, true},
		{"elsewhere", watest.Fault{Status: 302}, chat.ActionRetry, false},
		{"cut off", watest.Fault{Cut: true}, chat.ActionRetry, true},
		{"garbage", watest.Fault{Status: 200, Body: "<html>Ana"}, chat.ActionRetry, true},
		{"nothing", watest.Fault{Status: 200}, chat.ActionRetry, true},
		{"no id", watest.Fault{Status: 200, Body: `{"messages":[]}`}, chat.ActionRetry, true},
		{"no end of it", watest.Fault{Status: 200, Body: `{"x":"` + strings.Repeat("9", 2<<20) + `"}`}, chat.ActionRetry, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.api.Fail(test.fault)
			f := failure(t, b.Client)
			if f.Action != test.want || f.Ambiguous != test.ambiguous || f.Code != test.fault.Code || b.api.Seen(watest.Send) != 1 {
				t.Errorf("got %v after %d attempts", f, b.api.Seen(watest.Send))
			}
		})
	}
}

func TestARefusalSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.api.Fail(watest.Fault{Code: 130429, RetryAfter: "7"})
	if f := failure(t, b.Client); f.RetryAfter != 7*time.Second || f.Trace == "" {
		t.Errorf("got %+v", f)
	}
}

func TestAnAPIThatHangsIsGivenUpAndItIsNotKnownWhetherItWasSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.api.Fail(watest.Fault{Hang: true, After: true})
	impatient := client(t, whatsapp.Config{BaseURL: b.api.URL, Token: watest.Token, PhoneID: watest.PhoneID, Timeout: 50 * time.Millisecond})
	if f := failure(t, impatient); !f.Ambiguous || f.Action != chat.ActionRetry || len(b.api.Requests()) != 1 {
		t.Errorf("got %v, and %d were sent", f, len(b.api.Requests()))
	}
}

func TestWhatNeverLeftIsSurelyNotSent(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if f := failure(t, client(t, whatsapp.Config{BaseURL: server.URL, PhoneID: "1"})); f.Ambiguous || f.Action != chat.ActionRetry {
		t.Errorf("got %v", f)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := setup(t).Send(ctx, guest, hello, "", "")
	if f, ok := errors.AsType[*whatsapp.Error](err); !ok || f.Ambiguous || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestNothingPrivateIsInAnError: neither the token, nor a number, nor a word.
func TestNothingPrivateIsInAnError(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	t.Cleanup(elsewhere.Close)
	echo := `{"error":{"message":"EAAhunter2 to ` + phone + `: Hola Ana","type":"Ana","code":131009,"error_data":{"details":"Hola Ana ` + phone + `"},"fbtrace_id":"Hola Ana"}}`
	for _, status := range []int{200, 301, 302, 307, 308, 400, 401, 500} {
		_, err := answering(t, status, echo, "Location", elsewhere.URL).Send(t.Context(), guest, hello, "", "")
		for _, private := range []string{"hunter2", "Ana", phone} {
			if err == nil || strings.Contains(err.Error(), private) {
				t.Errorf("%d: got %v", status, err)
			}
		}
	}
	if followed.Load() != 0 {
		t.Error("a redirect was followed")
	}
}
