package main

import (
	"context"
	"errors"
	"strings"

	webhookmp "github.com/eevans-d/sist-cabanas/functions/webhook-mp"
	"github.com/eevans-d/sist-cabanas/shared/mail"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// mercadoPago asks for a payment, any one, as reconcile does.
func (e *examination) mercadoPago(ctx context.Context) finding {
	const panel = "in its panel, https://www.mercadopago.com.ar/developers/panel/app"
	var c MercadoPago
	var hook webhookmp.Config
	if err := errors.Join(e.load(&c), e.load(&hook)); err != nil {
		return finding{isBroken, strings.ReplaceAll(err.Error(), "\n", "; "), "set them; .env.example describes every variable"}
	}
	if c.AccessToken == "" {
		return finding{isOff, "MERCADOPAGO_ACCESS_TOKEN is not set: nobody can pay online", ""}
	}
	client, err := mercadopago.New(c)
	if err != nil {
		return finding{isBroken, "MERCADOPAGO_BASE_URL is no URL", "unset it"}
	}
	defer client.Close()
	_, err = client.SearchPayments(ctx, payment.Search{Limit: 1})
	switch {
	case errors.Is(err, payment.ErrUnauthorized):
		return finding{isBroken, "the access token is refused: wrong, expired, or revoked", "set MERCADOPAGO_ACCESS_TOKEN to the one " + panel}
	case err != nil:
		return finding{isBroken, "it does not answer: " + whyNot(err), "see that MERCADOPAGO_BASE_URL is right; holds stay meanwhile, and what is paid is found later"}
	case hook.Secret == "":
		return finding{
			isOdd, "the access token is accepted; MERCADOPAGO_WEBHOOK_SECRET is not set: notifications are refused, and payments are found only by reconcile",
			"set it to the one " + panel + ", under Webhooks",
		}
	}
	return finding{isFine, "the access token is accepted", ""}
}

// mail signs in to the mail server, and leaves.
func (e *examination) mail(ctx context.Context) finding {
	var c Mail
	if err := e.load(&c); err != nil {
		return finding{isBroken, strings.ReplaceAll(err.Error(), "\n", "; "), "set them; .env.example describes every variable"}
	}
	switch err := mail.New(c).Ping(ctx); {
	case errors.Is(err, notice.ErrOff) && e.environment.Production():
		return finding{isOdd, "SMTP_HOST is not set: neither guests nor owners are told anything", "set SMTP_HOST, SMTP_USER, SMTP_PASSWORD and SMTP_FROM"}
	case errors.Is(err, notice.ErrOff):
		return finding{isOff, "SMTP_HOST is not set: no mail is sent", ""}
	case err != nil:
		// Nothing of what a server says is in it, and no address.
		return finding{isBroken, err.Error(), "messages are kept, and tried for a day; see the variables that begin with SMTP_"}
	}
	return finding{isFine, "the mail server lets us in", ""}
}
