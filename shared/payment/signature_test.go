package payment_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

var secrets = [][]byte{[]byte("the secret of the panel")}

// signedAt is when everything here was signed.
var signedAt = time.Date(2026, time.December, 1, 15, 0, 0, 0, time.UTC)

// sign is the v1 of a manifest.
func sign(secret []byte, manifest string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(manifest))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestASignatureVouchesForTheID(t *testing.T) {
	t.Parallel()
	const ms, s = "1796137200000", "1796137200"
	v1 := func(manifest string) string { return sign(secrets[0], manifest) }
	good := v1("id:143845427326;request-id:r-1;ts:" + ms + ";")
	tests := []struct {
		name, header, requestID, dataID string
		want                            error
	}{
		{"milliseconds", "ts=" + ms + ",v1=" + good, "r-1", "143845427326", nil},
		{"seconds", "ts=" + s + ",v1=" + v1("id:1;request-id:r-1;ts:"+s+";"), "r-1", "1", nil},
		{"spaces, another order, another version", "v2=00 , v1=" + good + " , ts=" + ms, "r-1", "143845427326", nil},
		{"capital digits", "ts=" + ms + ",v1=" + strings.ToUpper(good), "r-1", "143845427326", nil},
		{"an id signed as it came", "ts=" + ms + ",v1=" + v1("id:ORD01ABC;request-id:r-1;ts:"+ms+";"), "r-1", "ORD01ABC", nil},
		{"an id signed in lower case", "ts=" + ms + ",v1=" + v1("id:ord01abc;request-id:r-1;ts:"+ms+";"), "r-1", "ORD01ABC", nil},
		{"no id", "ts=" + ms + ",v1=" + v1("request-id:r-1;ts:"+ms+";"), "r-1", "", nil},
		{"no request id", "ts=" + ms + ",v1=" + v1("id:1;ts:"+ms+";"), " ", "1", nil},
		{"the second hash", "ts=" + ms + ",v1=" + strings.Repeat("0", 64) + ",v1=" + good, "r-1", "143845427326", nil},

		{"nothing", "", "r-1", "1", payment.ErrSignatureMissing},
		{"blanks", "  ", "r-1", "1", payment.ErrSignatureMissing},
		{"no time", "v1=" + good, "r-1", "143845427326", payment.ErrSignatureMalformed},
		{"no hash", "ts=" + ms, "r-1", "143845427326", payment.ErrSignatureMalformed},
		{"another version alone", "ts=" + ms + ",v2=" + good, "r-1", "143845427326", payment.ErrSignatureMalformed},
		{"a time that is none", "ts=now,v1=" + good, "r-1", "143845427326", payment.ErrSignatureMalformed},
		{"a time before all times", "ts=-" + ms + ",v1=" + good, "r-1", "143845427326", payment.ErrSignatureMalformed},
		{"a time of twenty digits", "ts=99999999999999999999,v1=" + good, "r-1", "143845427326", payment.ErrSignatureMalformed},
		{"a header without end", "ts=" + ms + ",v1=" + good + strings.Repeat(",v3=00", 1000), "r-1", "143845427326", payment.ErrSignatureMalformed},
		{"an id without end", "ts=" + ms + ",v1=" + good, "r-1", strings.Repeat("9", 1_000_000), payment.ErrSignatureMalformed},
		{"another id", "ts=" + ms + ",v1=" + good, "r-1", "143845427327", payment.ErrSignatureMismatch},
		{"the id left out", "ts=" + ms + ",v1=" + good, "r-1", "", payment.ErrSignatureMismatch},
		{"another request", "ts=" + ms + ",v1=" + good, "r-2", "143845427326", payment.ErrSignatureMismatch},
		{"another time", "ts=1796137200001,v1=" + good, "r-1", "143845427326", payment.ErrSignatureMismatch},
		{"half a hash", "ts=" + ms + ",v1=" + good[:32], "r-1", "143845427326", payment.ErrSignatureMismatch},
		{"a hash that is none", "ts=" + ms + ",v1=é" + good[2:], "r-1", "143845427326", payment.ErrSignatureMismatch},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := payment.Verify(test.header, test.requestID, test.dataID, secrets, signedAt, time.Minute)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestEitherSecretSignsWhileOneReplacesTheOther(t *testing.T) {
	t.Parallel()
	header := "ts=1796137200000,v1=" + sign([]byte("the old one"), "id:1;ts:1796137200000;")
	verify := func(secrets ...[]byte) error {
		return payment.Verify(header, "", "1", secrets, signedAt, 0)
	}
	if err := verify([]byte("the new one"), []byte("the old one")); err != nil {
		t.Error(err)
	}
	if err := verify([]byte("the new one")); !errors.Is(err, payment.ErrSignatureMismatch) {
		t.Errorf("the old secret still opens: %v", err)
	}
	if err := verify(); !errors.Is(err, payment.ErrSignatureMismatch) {
		t.Errorf("without a secret: %v", err)
	}
}

func TestNothingIsSignedWithAnEmptySecret(t *testing.T) {
	t.Parallel()
	header := "ts=1796137200000,v1=" + sign(nil, "id:1;ts:1796137200000;")
	err := payment.Verify(header, "", "1", [][]byte{nil, {}}, signedAt, 0)
	if !errors.Is(err, payment.ErrSignatureMismatch) {
		t.Errorf("got %v", err)
	}
}

func TestATimeTooFarAwayIsStale(t *testing.T) {
	t.Parallel()
	for _, ts := range []string{"1796137200000", "1796137200"} {
		header := "ts=" + ts + ",v1=" + sign(secrets[0], "id:1;ts:"+ts+";")
		for _, test := range []struct {
			now       time.Time
			tolerance time.Duration
			want      error
		}{
			{signedAt.Add(time.Hour), time.Hour, nil},
			{signedAt.Add(time.Hour + time.Second), time.Hour, payment.ErrSignatureStale},
			{signedAt.Add(-time.Hour), time.Hour, nil},
			{signedAt.Add(-time.Hour - time.Second), time.Hour, payment.ErrSignatureStale},
			{signedAt.AddDate(400, 0, 0), time.Hour, payment.ErrSignatureStale}, // more than a Duration holds
			{signedAt.AddDate(400, 0, 0), 0, nil},
		} {
			if err := payment.Verify(header, "", "1", secrets, test.now, test.tolerance); !errors.Is(err, test.want) {
				t.Errorf("ts %s at %v within %v: got %v, want %v", ts, test.now, test.tolerance, err, test.want)
			}
		}
	}
}

// TestOnlyWhatWasSignedIsBelieved changes one thing of a good notification at a time.
func TestOnlyWhatWasSignedIsBelieved(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[A-Za-z0-9-]{1,40}`)
	rapid.Check(t, func(t *rapid.T) {
		id, requestID, ts := word.Draw(t, "id"), word.Draw(t, "request"), rapid.StringMatching(`1[0-9]{9}([0-9]{3})?`).Draw(t, "ts")
		header := "ts=" + ts + ",v1=" + sign(secrets[0], "id:"+id+";request-id:"+requestID+";ts:"+ts+";")
		if err := payment.Verify(header, requestID, id, secrets, signedAt, 0); err != nil {
			t.Fatal(err)
		}
		other := word.Filter(func(s string) bool { return !strings.EqualFold(s, id) && s != requestID }).Draw(t, "other")
		if payment.Verify(header, requestID, other, secrets, signedAt, 0) == nil {
			t.Fatalf("%q is taken for %q", other, id)
		}
		if payment.Verify(header, other, id, secrets, signedAt, 0) == nil {
			t.Fatalf("the request %q is taken for %q", other, requestID)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("ts=1742505638683,v1=633f91233312dd391ec75fa0bea539cfc2d6c4918873305b84a96cc1c58db71c", "r", "1")
	f.Add("ts=,v1=", "", "")
	f.Add(",,=,ts=ts=1,v1=\x00", ";", "id:1;")
	f.Fuzz(func(t *testing.T, header, requestID, dataID string) {
		err := payment.Verify(header, requestID, dataID, secrets, signedAt, time.Hour)
		if err == nil {
			t.Errorf("%q was forged", header)
		}
		known := errors.Is(err, payment.ErrSignatureMissing) || errors.Is(err, payment.ErrSignatureMalformed) || errors.Is(err, payment.ErrSignatureMismatch)
		if !known {
			t.Errorf("got %v", err)
		}
	})
}
