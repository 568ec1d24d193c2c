package chat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// Why a webhook is not believed. To whoever sent it they are all the same; the codes are for counting.
var (
	ErrSignatureMissing   = fault.New(fault.Unauthenticated, "signature_missing", "The notification is not signed.")
	ErrSignatureMalformed = fault.New(fault.Unauthenticated, "signature_malformed", "The notification's signature cannot be read.")
	ErrSignatureMismatch  = fault.New(fault.Unauthenticated, "signature_mismatch", "The notification's signature is not the provider's.")
)

// Verify checks that Meta sent a webhook. header is X-Hub-Signature-256, body the bytes as they came: Meta signs what is on
// the wire, with its \uXXXX and \/, and nothing that was decoded and encoded again has the same signature.
// https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
//
// secrets are the app secrets that may be in use: two while one replaces the other. The error is one of ErrSignature….
func Verify(header string, body []byte, secrets ...string) error {
	if header == "" {
		return ErrSignatureMissing
	}
	digest, ok := strings.CutPrefix(header, "sha256=")
	if !ok || len(digest) != hex.EncodedLen(sha256.Size) {
		return ErrSignatureMalformed
	}
	given, err := hex.DecodeString(digest)
	if err != nil {
		return ErrSignatureMalformed
	}
	found := false
	for _, secret := range secrets {
		if secret == "" {
			continue // anybody can sign with nothing
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		found = hmac.Equal(given, mac.Sum(nil)) || found
	}
	if !found {
		return ErrSignatureMismatch
	}
	return nil
}
