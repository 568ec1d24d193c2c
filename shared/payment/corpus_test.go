package payment_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// corpus is a folder of signatures and notifications from elsewhere, which the tests below are about where it is given.
func corpus(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("MP_CORPUS")
	if folder == "" {
		t.Skip("MP_CORPUS names no folder of signatures and notifications")
	}
	return folder
}

func TestSignaturesOfTheCorpus(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(corpus(t), "signature_vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name       string
		XSignature string `json:"x_signature"`
		XRequestID string `json:"x_request_id"`
		DataID     string `json:"data_id"`
		Secret     string
		Valid      bool
		Reason     string
		NowMS      int64 `json:"now_ms"`
		ToleranceS int64 `json:"tolerance_s"`
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) == 0 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	reasons := map[string]error{
		"MissingSignatureHeader": payment.ErrSignatureMissing, "MalformedSignatureHeader": payment.ErrSignatureMalformed,
		"MissingTimestamp": payment.ErrSignatureMalformed, "MissingHash": payment.ErrSignatureMalformed,
		"SignatureMismatch": payment.ErrSignatureMismatch, "TimestampOutOfTolerance": payment.ErrSignatureStale,
	}
	for _, v := range vectors {
		var want error
		if !v.Valid {
			want = reasons[v.Reason]
		}
		got := payment.Verify(v.XSignature, v.XRequestID, v.DataID, [][]byte{[]byte(v.Secret)}, time.UnixMilli(v.NowMS), time.Duration(v.ToleranceS)*time.Second)
		if !errors.Is(got, want) || !v.Valid && want == nil {
			t.Errorf("%s: got %v, want %v (%s)", v.Name, got, want, v.Reason)
		}
	}
	t.Logf("%d vectors", len(vectors))
}

func TestNotificationsOfTheCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(corpus(t), "webhooks", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := payment.ReadNotification(nil, body)
		about := filepath.Base(file)
		isPayment := strings.Contains(about, "payment") || strings.Contains(about, "stop_delivery")
		if (n.PaymentID != "") != isPayment {
			t.Errorf("%s: got %+v", about, n)
		}
		if n.Topic == "" && filepath.Ext(file) == ".json" {
			t.Errorf("%s has no topic", about)
		}
	}
	t.Logf("%d notifications", len(files))
}
