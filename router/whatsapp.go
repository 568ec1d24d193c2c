package main

import (
	"context"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/converse"
	"github.com/eevans-d/sist-cabanas/functions/deliver"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/queue"
	"github.com/eevans-d/sist-cabanas/shared/speech"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp"
)

// WhatsApp is who carries messages between us and guests, and Speech who writes down what they say. They are named here because a
// configuration embeds them beside others.
type (
	WhatsApp = whatsapp.Config
	Speech   = speech.Config
)

// trackEvery is how often somebody looks for what waits although it was told: what has become of messages, and forgotten guests.
const trackEvery = 15 * time.Second

// Conversing is what answering guests reads. It is exported because what loads configurations passes over what is embedded and is
// not.
type Conversing struct {
	converse.Config
	ChannelsConfig
	MercadoPago
	Money
	WhatsApp
	Speech
}

// messenger is this process's client of WhatsApp; nil where there is no token.
func (r *resources) messenger(c WhatsApp) (*whatsapp.Client, error) {
	if c.Token == "" || r.phone != nil {
		return r.phone, nil
	}
	var err error
	r.phone, err = whatsapp.New(c)
	return r.phone, err
}

// conversation is what answering guests is given.
func (r *resources) conversation(db *postgres.DB, c Conversing) (converse.Deps, error) {
	enqueue := insertWith(r, (*queue.Queue).Insert)
	calendars, err := r.channels(c.ChannelsConfig)
	if err != nil {
		return converse.Deps{}, err
	}
	talks := postgres.NewConversations(db, enqueue)
	deps := converse.Deps{
		Conversations: talks, Bookings: postgres.NewBookings(db), Calendars: calendars, Payments: r.payments(db, c.Money),
		Orders: &converse.OwnerDeps{
			Days: postgres.NewDays(db), People: talks, Calendars: postgres.NewCalendars(db), Payments: r.payments(db, c.Money),
		},
		KeepReceipt: talks.KeepReceipt, Tell: postgres.NewMessages(db, enqueue).Tell,
		Enqueue: func(ctx context.Context, job conversation.Talk) error { return r.enqueue(ctx, job) },
		Now:     r.now, Log: r.log, Metrics: r.registry,
	}
	cashier, err := r.cashier(db, cashierConfig{c.ChannelsConfig, c.MercadoPago, c.Money})
	if err != nil {
		return deps, err
	}
	if cashier != nil {
		deps.Cashier = cashier
	}
	messenger, err := r.messenger(c.WhatsApp)
	if err != nil || messenger == nil {
		return deps, err
	}
	deps.Fetch = messenger.Media
	deps.Seen = func(ctx context.Context, messageID string) error { return messenger.Read(ctx, messageID, true) }
	if r.ears = speech.New(c.Speech); r.ears.On() {
		deps.Hear = hearWith(messenger, r.ears)
	}
	return deps, nil
}

// hearWith is how a voice note becomes a text.
func hearWith(messenger *whatsapp.Client, listener *speech.Client) func(context.Context, chat.Media) (string, error) {
	return func(ctx context.Context, note chat.Media) (string, error) {
		file, err := messenger.Media(ctx, note.ID, speech.MaxBytes)
		if err != nil {
			return "", err
		}
		heard, err := listener.Transcribe(ctx, file.Bytes, note.MIME)
		return heard.Text, err
	}
}

// phoneWith is how messages are sent over WhatsApp; nil where nobody has set that up.
func (r *resources) phoneWith(c WhatsApp) (deliver.Phone, error) {
	messenger, err := r.messenger(c)
	if err != nil || messenger == nil {
		return nil, err
	}
	return phone{messenger}, nil
}

type phone struct{ *whatsapp.Client }

func (p phone) Send(ctx context.Context, to chat.Contact, m chat.Message, data string) (string, error) {
	return p.Client.Send(ctx, to, m, data, "")
}
