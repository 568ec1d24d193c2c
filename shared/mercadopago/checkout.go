package mercadopago

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// preference is the body of POST and PUT /checkout/preferences, as far as it is used.
// https://www.mercadopago.com.ar/developers/en/reference/preferences/_checkout_preferences/post
type preference struct {
	Items             []item    `json:"items,omitempty"`
	Payer             *payer    `json:"payer,omitempty"`
	ExternalReference string    `json:"external_reference,omitempty"`
	NotificationURL   string    `json:"notification_url,omitempty"`
	BackURLs          *backURLs `json:"back_urls,omitempty"`
	AutoReturn        string    `json:"auto_return,omitempty"`
	Expires           bool      `json:"expires"`
	ExpirationDateTo  string    `json:"expiration_date_to,omitempty"`
	DateOfExpiration  string    `json:"date_of_expiration,omitempty"`
	Statement         string    `json:"statement_descriptor,omitempty"`
}

type item struct {
	ID        string      `json:"id"`
	Title     string      `json:"title"`
	Category  string      `json:"category_id"`
	Quantity  int         `json:"quantity"`
	Currency  string      `json:"currency_id"`
	UnitPrice json.Number `json:"unit_price"`
}

type payer struct {
	Name    string `json:"name,omitempty"`
	Surname string `json:"surname,omitempty"`
	Email   string `json:"email,omitempty"`
}

type backURLs struct {
	Success string `json:"success,omitempty"`
	Pending string `json:"pending,omitempty"`
	Failure string `json:"failure,omitempty"`
}

// link is an answer about a preference.
type link struct {
	ID        name
	InitPoint string `json:"init_point"`
	Collector name   `json:"collector_id"`
}

// CreateCheckout creates a page on which the guest can pay. The same checkout asked for again, by whomever, is the same
// page. Errors are those of shared/payment; ErrRefused is a mistake of ours or of the owner's.
func (c *Client) CreateCheckout(ctx context.Context, of payment.Checkout) (payment.Link, error) {
	if err := of.Check(); err != nil {
		return payment.Link{}, payment.ErrRefused.WithCause(err)
	}
	body, err := json.Marshal(preferenceOf(of))
	if err != nil {
		return payment.Link{}, payment.ErrRefused.WithCause(err)
	}
	var made link
	// The key is made of all that is asked, code, amount and end among it: under one of less, a changed address of ours
	// would be a conflict for as long as the hold lasts.
	err = c.call(ctx, request{
		method: http.MethodPost, path: "/checkout/preferences", body: body, key: keyFor("checkout", string(body), strconv.Itoa(of.Edition)),
	}, &made)
	if err != nil {
		return payment.Link{}, err
	}
	if made.ID == "" || !c.leadsOn(made.InitPoint) {
		return payment.Link{}, unreadable("a checkout without an id or an address")
	}
	return payment.Link{ID: string(made.ID), InitPoint: made.InitPoint, CollectorID: string(made.Collector)}, nil
}

// ExpireCheckout closes a checkout that CreateCheckout made, as of at, which should be past. A payment that was begun on it
// may still come.
func (c *Client) ExpireCheckout(ctx context.Context, id string, at time.Time) error {
	if !preferenceForm.MatchString(id) {
		return payment.ErrNotFound
	}
	body, err := json.Marshal(preference{Expires: true, ExpirationDateTo: format(at)})
	if err != nil {
		return payment.ErrRefused.WithCause(err)
	}
	return c.call(ctx, request{
		method: http.MethodPut, path: "/checkout/preferences/" + id, body: body, key: keyFor("expire", id, string(body)),
	}, &link{})
}

// preferenceForm is what an id may be that becomes part of an address: <collector>-<uuid>.
var preferenceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// leadsOn reports whether a guest can be sent to an address. It is https, as the API itself is; in development neither is.
func (c *Client) leadsOn(address string) bool {
	at, err := url.Parse(address)
	return err == nil && at.Host != "" && (at.Scheme == "https" || at.Scheme == "http" && strings.HasPrefix(c.base, "http:"))
}

func preferenceOf(of payment.Checkout) preference {
	p := preference{
		Items: []item{{
			ID: of.Reference, Title: cut(of.Title, 250), Category: "travels", Quantity: 1, Currency: of.Currency, UnitPrice: number(of.Amount),
		}},
		ExternalReference: of.Reference,
		NotificationURL:   of.NotificationURL,
		Statement:         statement(of.Statement),
	}
	if of.Payer != (payment.Payer{}) {
		p.Payer = &payer{Name: of.Payer.Name, Surname: of.Payer.Surname, Email: of.Payer.Email}
	}
	if of.Back != (payment.Back{}) {
		p.BackURLs = &backURLs{Success: of.Back.Success, Pending: of.Back.Pending, Failure: of.Back.Failure}
	}
	if public(of.Back.Success) {
		p.AutoReturn = "approved"
	}
	if !of.ExpiresAt.IsZero() {
		p.Expires, p.ExpirationDateTo = true, format(of.ExpiresAt)
	}
	if !of.VoucherUntil.IsZero() {
		p.DateOfExpiration = format(of.VoucherUntil)
	}
	return p
}

// public reports whether Mercado Pago sends a browser to an address without being asked: it refuses a preference whose
// auto_return is to go to http or to this machine.
func public(address string) bool {
	at, err := url.Parse(address)
	return err == nil && at.Scheme == "https" && at.Host != "" && !isLoopback(at.Hostname())
}

// unaccented is what a card's statement can print of Spanish and Portuguese names.
var unaccented = strings.NewReplacer(
	"Á", "A", "À", "A", "Â", "A", "Ã", "A", "É", "E", "Ê", "E", "Í", "I", "Ó", "O", "Ô", "O", "Õ", "O", "Ú", "U", "Ü", "U", "Ñ", "N", "Ç", "C",
)

// statement is a name in the at most 13 capitals, digits and spaces that fit on a card's statement.
func statement(text string) string {
	text = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == ' ' {
			return r
		}
		return -1
	}, unaccented.Replace(strings.ToUpper(text)))
	return strings.TrimSpace(cut(strings.TrimSpace(text), 13))
}

// cut is the beginning of a text, at most n characters.
func cut(text string, n int) string {
	i := 0
	for at := range text {
		if i == n {
			return text[:at]
		}
		i++
	}
	return text
}
