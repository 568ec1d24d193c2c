package chat_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func TestOnlyWhatMetaSignedIsBelieved(t *testing.T) {
	t.Parallel()
	good := sign("s", `{"a":"\u00f1"}`)
	tests := []struct {
		name, header, body string
		want               error
	}{
		{"as it should be", good, `{"a":"\u00f1"}`, nil},
		{"encoded again", good, `{"a":"ñ"}`, chat.ErrSignatureMismatch},
		{"a line more", good, `{"a":"\u00f1"}` + "\n", chat.ErrSignatureMismatch},
		{"another secret", sign("t", `{"a":"\u00f1"}`), `{"a":"\u00f1"}`, chat.ErrSignatureMismatch},
		{"no header", "", "x", chat.ErrSignatureMissing},
		{"no prefix", good[len("sha256="):], "x", chat.ErrSignatureMalformed},
		{"SHA-1", "sha1=" + strings.Repeat("0", 40), "x", chat.ErrSignatureMalformed},
		{"too short", good[:len(good)-1], "x", chat.ErrSignatureMalformed},
		{"too long", good + "00", "x", chat.ErrSignatureMalformed},
		{"no hex", "sha256=" + strings.Repeat("z", 64), "x", chat.ErrSignatureMalformed},
		{"blank before", " " + good, "x", chat.ErrSignatureMalformed},
	}
	for _, test := range tests {
		if err := chat.Verify(test.header, []byte(test.body), "s"); !errors.Is(err, test.want) || test.want == nil && err != nil {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

func TestTwoSecretsServeWhileOneReplacesTheOther(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"old", "new"} {
		if err := chat.Verify(sign(secret, "x"), []byte("x"), "new", "", "old"); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
	}
	for _, secrets := range [][]string{nil, {""}, {"new"}} {
		if err := chat.Verify(sign("", "x"), []byte("x"), secrets...); !errors.Is(err, chat.ErrSignatureMismatch) {
			t.Errorf("signed with nothing, %v: got %v", secrets, err)
		}
	}
}

func TestNoOtherBodyHasTheSignature(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body, other := rapid.String().Draw(t, "body"), rapid.String().Draw(t, "other")
		err := chat.Verify(sign("s", body), []byte(other), "s")
		if (err == nil) != (body == other) {
			t.Fatalf("got %v", err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("sha256=54edfa1d7259e0eb13c677cc7d73d1b5c86cfa12433d19156e058ab9251bc441", []byte("{}"))
	f.Add("sha256=", []byte(nil))
	f.Add("sha256=zz", []byte("x"))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		err := chat.Verify(header, body, "a secret that nobody guesses", "")
		known := errors.Is(err, chat.ErrSignatureMissing) || errors.Is(err, chat.ErrSignatureMalformed) || errors.Is(err, chat.ErrSignatureMismatch)
		if !known {
			t.Errorf("got %v for %q", err, header)
		}
	})
}
