package payment_test

import (
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

func TestACheckoutThatCannotBeIsOurMistake(t *testing.T) {
	t.Parallel()
	good := payment.Checkout{Reference: "7K3M9Q", Title: "Seña", Amount: 1, Currency: "ARS"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*payment.Checkout){
		"no reference":            func(c *payment.Checkout) { c.Reference = "" },
		"a reference with spaces": func(c *payment.Checkout) { c.Reference = "7K3 M9Q" },
		"a long reference":        func(c *payment.Checkout) { c.Reference = strings.Repeat("A", 65) },
		"no title":                func(c *payment.Checkout) { c.Title = "" },
		"nothing to pay":          func(c *payment.Checkout) { c.Amount = 0 },
		"less than nothing":       func(c *payment.Checkout) { c.Amount = -1 },
		"more than there is":      func(c *payment.Checkout) { c.Amount = money.Max + 1 },
		"no currency":             func(c *payment.Checkout) { c.Currency = "" },
		"pesos":                   func(c *payment.Checkout) { c.Currency = "$" },
	} {
		spoiled := good
		spoil(&spoiled)
		if spoiled.Check() == nil {
			t.Errorf("%s: nothing is said", name)
		}
	}
}

func TestTheGuestIsToldWhyInSentences(t *testing.T) {
	t.Parallel()
	general := payment.Reason("")
	for _, detail := range []string{
		"cc_rejected_bad_filled_card_number", "cc_rejected_bad_filled_date", "cc_rejected_bad_filled_security_code", "cc_rejected_bad_filled_other",
		"cc_rejected_insufficient_amount", "cc_rejected_call_for_authorize", "cc_rejected_card_disabled", "cc_rejected_duplicated_payment",
		"cc_rejected_max_attempts", "cc_rejected_invalid_installments", "rejected_by_bank", "expired", "by_payer", "by_collector",
	} {
		got := payment.Reason(detail)
		if got == general || !strings.HasSuffix(got, ".") || strings.Contains(got, "_") {
			t.Errorf("%s: %q", detail, got)
		}
	}
	for _, detail := range []string{"cc_rejected_high_risk", "cc_rejected_blacklist", "something_new", "<script>"} {
		if got := payment.Reason(detail); got != general {
			t.Errorf("%s: the guest is told %q", detail, got)
		}
	}
}

func TestOnlyWhatIsUndecidedWaits(t *testing.T) {
	t.Parallel()
	for status, want := range map[payment.Status]bool{
		payment.Pending: true, payment.InProcess: true, payment.Authorized: true,
		payment.Approved: false, payment.Rejected: false, payment.Cancelled: false, payment.Refunded: false,
		payment.ChargedBack: false, payment.InMediation: false, "something_new": false,
	} {
		if status.Waiting() != want {
			t.Errorf("%s: got %v", status, !want)
		}
	}
}
