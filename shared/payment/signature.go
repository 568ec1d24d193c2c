package payment

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

const (
	maxSignature = 1024 // bytes of the header; a real one has about 90
	maxHashes    = 4    // of one version, in case the provider signs with two secrets while one replaces the other
	maxSignedID  = 128
	// millisecondsFrom is the first timestamp that is taken for milliseconds: as seconds it would be the year 33658. The
	// documentation says one and shows the other, and the provider's own libraries differ.
	millisecondsFrom = 1_000_000_000_000
)

// Verify checks that Mercado Pago sent a notification. header is x-signature and requestID is x-request-id; dataID is the
// parameter data.id of the URL that was called, exactly as it came there (Notification.SignedID). The body is not signed:
// what a good signature vouches for is that id, and nothing if there is none.
// https://www.mercadopago.com.ar/developers/en/docs/your-integrations/notifications/webhooks
//
// secrets are those that may be in use: two while one replaces the other. A tolerance of 0 accepts any age; it must cover
// the provider's repeated deliveries, which carry the first one's time. The error is one of ErrSignature….
func Verify(header, requestID, dataID string, secrets [][]byte, now time.Time, tolerance time.Duration) error {
	if strings.TrimSpace(header) == "" {
		return ErrSignatureMissing
	}
	signature, ok := readSignature(header)
	if !ok || len(dataID) > maxSignedID || len(requestID) > maxSignature {
		return ErrSignatureMalformed
	}
	if !signature.by(secrets, requestID, dataID) {
		return ErrSignatureMismatch
	}
	if age := now.Sub(signature.at).Abs(); tolerance > 0 && age > tolerance {
		return ErrSignatureStale
	}
	return nil
}

// signature is what the header says.
type signature struct {
	ts     string // as it was signed
	at     time.Time
	hashes [][]byte
}

// readSignature reads "ts=1742505638683,v1=633f…". Versions that are not known are passed over. A hash that is none is one
// that matches nothing: the header has its form.
func readSignature(header string) (s signature, ok bool) {
	if len(header) > maxSignature {
		return s, false
	}
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch value = strings.TrimSpace(value); strings.TrimSpace(name) {
		case "ts":
			s.ts = value
		case "v1":
			if value == "" || len(s.hashes) == maxHashes {
				continue
			}
			hash, err := hex.DecodeString(value)
			if err != nil {
				hash = nil
			}
			s.hashes = append(s.hashes, hash)
		}
	}
	ts, err := strconv.ParseUint(s.ts, 10, 53) // 53 bits of milliseconds are 285 000 years
	if err != nil || len(s.hashes) == 0 {
		return s, false
	}
	s.at = time.Unix(int64(ts), 0)
	if ts >= millisecondsFrom {
		s.at = time.UnixMilli(int64(ts))
	}
	return s, true
}

// by reports whether one of the secrets made one of the hashes, of the id as it came or in lower case: the documentation
// says the latter, and the provider's own libraries have held the former since June 2026.
func (s signature) by(secrets [][]byte, requestID, dataID string) bool {
	ids := []string{dataID}
	if lower := strings.ToLower(dataID); lower != dataID {
		ids = append(ids, lower)
	}
	found := false
	for _, id := range ids {
		signed := []byte(manifest(id, requestID, s.ts))
		for _, secret := range secrets {
			if len(secret) == 0 {
				continue // anybody can sign with nothing
			}
			mac := hmac.New(sha256.New, secret)
			mac.Write(signed)
			want := mac.Sum(nil)
			for _, hash := range s.hashes {
				found = hmac.Equal(hash, want) || found
			}
		}
	}
	return found
}

// manifest is what is signed. A part that has no value is left out.
func manifest(id, requestID, ts string) string {
	var b strings.Builder
	for _, part := range [][2]string{{"id:", id}, {"request-id:", requestID}, {"ts:", ts}} {
		if value := strings.TrimSpace(part[1]); value != "" {
			b.WriteString(part[0] + value + ";")
		}
	}
	return b.String()
}
