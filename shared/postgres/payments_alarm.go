package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/payment"
)

// Alarm has the owner told, once, that a provider takes one of its payments for fraud, also one that nobody knows of, and keeps that
// in the reservation's history and beside the payment; see payment.FraudAlert.
func (p *Payments) Alarm(ctx context.Context, provider, id string, now time.Time) error {
	about := payment.Name{Provider: provider, ID: id}
	_, err := p.act(ctx, act{about: about, by: provider, now: now, rule: func(a payment.Account) (payment.Decision, error) {
		return payment.FraudAlert(a, about, now), nil
	}})
	return err
}

// queueAdoption gives a reservation what was told of its payment before anybody knew whose that was.
func queueAdoption(batch *pgx.Batch, reservation int64, a act) {
	name := a.name()
	batch.Queue(`
		with adopted as (
			update messages set reservation_id = $1 where dedupe_key = $2 and reservation_id is null
			returning reservation_id)
		insert into reservation_events (reservation_id, at, actor, event, details)
		select reservation_id, $3, $4, $5, jsonb_build_object('payment', $6::text) from adopted`,
		reservation, payment.FraudKey(name), a.now, a.by, payment.EventFraudAlert, name.String())
}
