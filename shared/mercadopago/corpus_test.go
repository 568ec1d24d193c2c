package mercadopago_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// TestPayloadsOfTheCorpus reads payments, searches, refunds and preferences from elsewhere, where a folder of them is given.
func TestPayloadsOfTheCorpus(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("MP_CORPUS")
	if folder == "" {
		t.Skip("MP_CORPUS names no folder of payloads")
	}
	files, err := filepath.Glob(filepath.Join(folder, "sdk-*", "*.json"))
	check(t, err)
	counts := make(map[string]int)
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(t, err)
		kind := readable(t, filepath.Base(file), string(text))
		counts[kind]++
	}
	t.Logf("%v", counts)
	if counts["payment"] == 0 || counts["search"] == 0 || counts["refund"] == 0 || counts["preference"] == 0 {
		t.Error("some kinds are missing")
	}
}

// readable reads a payload of a kind that we ask for, and says which.
func readable(t *testing.T, name, text string) string {
	t.Helper()
	c := answering(t, http.StatusOK, text)
	var of struct {
		ID        json.Number
		PaymentID json.Number `json:"payment_id"`
		Amount    json.Number `json:"transaction_amount"`
	}
	_ = json.Unmarshal([]byte(text), &of) // a list has none of it
	var err error
	var kind string
	var wanted error
	switch name := strings.ReplaceAll(name, "__", "_"); {
	case strings.HasPrefix(name, "payment_methods"), strings.HasPrefix(name, "payment_method_"):
		return "other"
	case strings.HasPrefix(name, "payment_search"):
		var page payment.Page
		kind = "search"
		if page, err = c.SearchPayments(t.Context(), payment.Search{}); err == nil && len(page.Found) == 0 {
			t.Errorf("%s: nothing found", name)
		}
	case strings.HasPrefix(name, "payment_"):
		kind = "payment"
		if _, err = c.GetPayment(t.Context(), of.ID.String()); of.Amount == "" {
			wanted = payment.ErrUnreadable // shortened by whoever made it
		}
	case strings.HasPrefix(name, "refund_list"):
		kind = "refund"
		var list []struct {
			PaymentID json.Number `json:"payment_id"`
		}
		check(t, json.Unmarshal([]byte(text), &list))
		_, err = c.GetRefunds(t.Context(), list[0].PaymentID.String())
	case strings.HasPrefix(name, "refund_"):
		kind = "refund"
		_, err = c.CreateRefund(t.Context(), payment.RefundOrder{PaymentID: of.PaymentID.String()})
	case strings.HasPrefix(name, "preference_") && !strings.Contains(name, "search"):
		kind = "preference"
		if _, err = c.CreateCheckout(t.Context(), deposit()); !strings.Contains(text, `"init_point"`) {
			wanted = payment.ErrUnreadable // shortened too
		}
	default:
		return "other"
	}
	if !errors.Is(err, wanted) {
		t.Errorf("%s: got %v, want %v", name, err, wanted)
	}
	return kind
}
