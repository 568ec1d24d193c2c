package main

import (
	"context"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/site"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// sitesView is what guests' pages show and do. Online says that somebody takes payments for us.
func (r *resources) sitesView(db *postgres.DB, c Money, online bool) site.Deps {
	payments := r.payments(db, c)
	return site.Deps{
		Folio: payments.Folio,
		Preview: func(ctx context.Context, code string, now time.Time) (payment.Preview, error) {
			preview, _, err := payments.CancelPreview(ctx, code, payment.ByGuest, nil, now)
			return preview, err
		},
		Cancel: func(ctx context.Context, code, reason string, now time.Time) error {
			_, err := payments.Cancel(ctx, code, payment.ByGuest, string(web.Guest), reason, nil, now)
			return err
		},
		Transfer: func(ctx context.Context, code string, amount money.Cents, hold time.Duration, now time.Time) error {
			_, err := payments.AwaitTransfer(ctx, code, string(web.Guest), amount, hold, now)
			return err
		},
		Look:   func(ctx context.Context, job payment.Look) error { return r.enqueue(ctx, job) },
		Online: online, Now: r.now,
	}
}
