package main

import (
	"context"
	"errors"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/deliver"
	"github.com/eevans-d/sist-cabanas/shared/cashier"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/mail"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/queue"
)

// MercadoPago is who takes payments, and Mail what carries messages. They are named here because a configuration embeds them
// beside others.
type (
	MercadoPago = mercadopago.Config
	Mail        = mail.Config
)

// Money is what decisions about payments depend on, whoever decides.
type Money struct {
	Env         string        `envconfig:"ENVIRONMENT" default:"development"`
	PendingHold time.Duration `envconfig:"PAYMENT_PENDING_HOLD" default:"24h" validate:"min=30m,max=168h"`
}

// cashierConfig is what looking payments up needs, whoever wants them looked up.
type cashierConfig struct {
	ChannelsConfig
	MercadoPago
	Money
}

// provider is this process's client of whoever takes payments; nil where there is no access token.
func (r *resources) provider(c MercadoPago) (*mercadopago.Client, error) {
	if c.AccessToken == "" || r.payer != nil {
		return r.payer, nil
	}
	var err error
	r.payer, err = mercadopago.New(c)
	return r.payer, err
}

// payments is a share's view of money. What it decides is carried out by jobs.
func (r *resources) payments(db *postgres.DB, c Money) *postgres.Payments {
	return postgres.NewPayments(db, insertWith(r, (*queue.Queue).Insert), postgres.Rules{
		Production: c.Env == config.Production, PendingHold: c.PendingHold,
	})
}

// checkouts is a share's view of the provider's pages. Whoever has one made is waited for as long as that may take, and some more.
func checkouts(db *postgres.DB, c MercadoPago) *postgres.Checkouts {
	return postgres.NewCheckouts(db, c.Timeout+5*time.Second)
}

// cashier looks payments up; nil where nobody takes any.
func (r *resources) cashier(db *postgres.DB, c cashierConfig) (*cashier.Cashier, error) {
	provider, err := r.provider(c.MercadoPago)
	if err != nil || provider == nil {
		return nil, err
	}
	calendars, err := r.channels(c.ChannelsConfig)
	if err != nil {
		return nil, err
	}
	return cashier.New(cashier.Deps{
		Provider: provider, Payments: r.payments(db, c.Money), Reservation: postgres.NewBookings(db).Reservation,
		Refresh: calendars.Refresh, Now: r.now,
	}), nil
}

// insertWith is how adapters enqueue jobs in their own transactions: insert is the queue's. What a transaction is neither of the
// two tells here: they agree on it.
func insertWith[Tx any](r *resources, insert func(*queue.Queue, context.Context, Tx, ...queue.Job) error) func(context.Context, Tx, ...queue.Job) error {
	return func(ctx context.Context, tx Tx, jobs ...queue.Job) error {
		q, err := r.queue()
		if err != nil {
			return err
		}
		return insert(q, ctx, tx, jobs...)
	}
}

// queue is where this process leaves jobs. One that serves has opened it before it does anything; a task only leaves jobs for
// those that serve.
func (r *resources) queue() (*queue.Queue, error) {
	r.jobsMu.Lock()
	defer r.jobsMu.Unlock()
	if r.jobs != nil {
		return r.jobs, nil
	}
	if r.pool == nil {
		return nil, errors.New("there is no queue in this process")
	}
	var consumers []queue.Consumer
	for _, f := range r.all {
		if f.Trigger == function.Queued {
			consumers = append(consumers, f.Declared())
		}
	}
	var err error
	r.jobs, err = queue.Open(r.pool.Raw(), consumers, r.log, queue.Options{Now: r.now})
	return r.jobs, err
}

// sendWith is how a function has a letter sent.
func sendWith(c Mail) func(context.Context, deliver.Letter) error {
	sender := mail.New(c)
	return func(ctx context.Context, l deliver.Letter) error { return sender.Send(ctx, mail.Mail(l)) }
}
