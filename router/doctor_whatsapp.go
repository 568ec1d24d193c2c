package main

import (
	"context"
	"errors"
	"strings"

	webhookwhatsapp "github.com/eevans-d/sist-cabanas/functions/webhook-whatsapp"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/speech"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp"
)

// whatsApp asks for our own number. Whether the app is subscribed only Meta's panel tells.
func (e *examination) whatsApp(ctx context.Context) finding {
	const panel = "in the app's panel, https://developers.facebook.com/apps, under WhatsApp, API Setup"
	var c WhatsApp
	var hook webhookwhatsapp.Config
	if err := errors.Join(e.load(&c), e.load(&hook)); err != nil {
		return finding{isBroken, strings.ReplaceAll(err.Error(), "\n", "; "), "set them; .env.example describes every variable"}
	}
	if c.Token == "" {
		return finding{isOff, "WHATSAPP_TOKEN is not set: nothing is sent over WhatsApp", ""}
	}
	client, err := whatsapp.New(c)
	if err != nil {
		return finding{isBroken, "WHATSAPP_BASE_URL, WHATSAPP_API_VERSION or WHATSAPP_PHONE_ID is none", "see what .env.example says of them"}
	}
	defer client.Close()
	number, err := client.Number(ctx)
	failure, failed := errors.AsType[*whatsapp.Error](err)
	switch {
	case failed && failure.Action == chat.ActionTokenDead:
		return finding{isBroken, "the token is refused: wrong, expired, or revoked; messages wait meanwhile", "set WHATSAPP_TOKEN to a new one of the system user, which does not expire"}
	case failed && (failure.Action == chat.ActionAlarm || failure.Action == chat.ActionBug):
		return finding{isBroken, "the number is not known, or the token is not for it", "set WHATSAPP_PHONE_ID to the one " + panel + ", and give the system user the account"}
	case err != nil:
		return finding{isBroken, "it does not answer: " + whyNot(err), "see that WHATSAPP_BASE_URL is right, and https://metastatus.com; messages wait meanwhile"}
	case hook.Secret == "" || hook.VerifyToken == "":
		return finding{
			isOdd, "the token is accepted; WHATSAPP_APP_SECRET or WHATSAPP_VERIFY_TOKEN is not set: what guests write is refused",
			"set them to what the app's panel has, under Settings, Basic, and under WhatsApp, Configuration",
		}
	case number.Quality == "RED":
		return finding{isOdd, "the token is accepted; guests have complained, and Meta may soon let us write to fewer", "write only to who wants it; see the number in WhatsApp Manager"}
	}
	return finding{isFine, "the token is accepted for our number", ""}
}

// speech asks whoever writes voice notes down for the list of models.
func (e *examination) speech(ctx context.Context) finding {
	var c Speech
	if err := e.load(&c); err != nil {
		return finding{isBroken, strings.ReplaceAll(err.Error(), "\n", "; "), "set them; .env.example describes every variable"}
	}
	switch err := speech.New(c).Ping(ctx); {
	case errors.Is(err, speech.ErrOff):
		return finding{isOff, "SPEECH_URL is not set: who sends a voice note is asked to write", ""}
	case errors.Is(err, speech.ErrRefused):
		return finding{isBroken, "the key is refused, or its account is out of money", "set SPEECH_API_KEY to one of the endpoint that SPEECH_URL names"}
	case err != nil:
		return finding{isOdd, "it does not answer: who sends a voice note is asked to write", "see that SPEECH_URL is right"}
	}
	return finding{isFine, "there is somebody who writes voice notes down", ""}
}
