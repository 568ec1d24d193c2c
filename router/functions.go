package main

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/functions/admin"
	"github.com/eevans-d/sist-cabanas/functions/backup"
	"github.com/eevans-d/sist-cabanas/functions/clock"
	closecheckouts "github.com/eevans-d/sist-cabanas/functions/close-checkouts"
	"github.com/eevans-d/sist-cabanas/functions/converse"
	"github.com/eevans-d/sist-cabanas/functions/deliver"
	"github.com/eevans-d/sist-cabanas/functions/docs"
	"github.com/eevans-d/sist-cabanas/functions/expire"
	"github.com/eevans-d/sist-cabanas/functions/healthz"
	"github.com/eevans-d/sist-cabanas/functions/ical"
	"github.com/eevans-d/sist-cabanas/functions/inline"
	"github.com/eevans-d/sist-cabanas/functions/migrate"
	"github.com/eevans-d/sist-cabanas/functions/pay"
	"github.com/eevans-d/sist-cabanas/functions/reconcile"
	"github.com/eevans-d/sist-cabanas/functions/refund"
	"github.com/eevans-d/sist-cabanas/functions/remind"
	"github.com/eevans-d/sist-cabanas/functions/reserve"
	"github.com/eevans-d/sist-cabanas/functions/settle"
	"github.com/eevans-d/sist-cabanas/functions/site"
	syncical "github.com/eevans-d/sist-cabanas/functions/sync-ical"
	"github.com/eevans-d/sist-cabanas/functions/track"
	webhookmp "github.com/eevans-d/sist-cabanas/functions/webhook-mp"
	webhookwhatsapp "github.com/eevans-d/sist-cabanas/functions/webhook-whatsapp"
	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/postgres"
	"github.com/eevans-d/sist-cabanas/shared/queue"
	"github.com/eevans-d/sist-cabanas/shared/runs"
	"github.com/eevans-d/sist-cabanas/shared/storage"
)

// Database is where a function's share of the truth is. It is named here because a configuration embeds it beside the
// function's own.
type Database = postgres.Config

// functions is the whole service on one page: every function, and exactly what it is given.
func functions(r *resources) []function.Function {
	return slices.Concat(onRequest(r), onJob(r), onClock(r))
}

// onRequest is the functions triggered by requests.
func onRequest(r *resources) []function.Function {
	return []function.Function{
		function.Serve(reserve.Spec, func(_ context.Context, c struct {
			reserve.Config
			ChannelsConfig
			Money
		},
		) (http.Handler, error) {
			db, err := r.share(c.Database, reserve.Spec)
			if err != nil {
				return nil, err
			}
			calendars, err := r.channels(c.ChannelsConfig)
			if err != nil {
				return nil, err
			}
			return reserve.New(c.Config, reserve.Deps{
				Bookings: postgres.NewDesk(db, insertWith(r, (*queue.Queue).Insert)), Payments: r.payments(db, c.Money), Calendars: calendars,
				Now: r.now, Metrics: r.registry,
			})
		}),

		function.Serve(pay.Spec, func(_ context.Context, c struct {
			pay.Config
			Database
			MercadoPago
		},
		) (http.Handler, error) {
			db, err := r.share(c.Database, pay.Spec)
			if err != nil {
				return nil, err
			}
			provider, err := r.provider(c.MercadoPago)
			if err != nil {
				return nil, err
			}
			deps := pay.Deps{Checkouts: checkouts(db, c.MercadoPago), Now: r.now, Metrics: r.registry}
			if provider != nil {
				deps.Create = provider.CreateCheckout
			}
			return pay.New(c.Config, deps)
		}),

		function.Serve(site.Spec, func(_ context.Context, c struct {
			site.Config
			Database
			MercadoPago
			Money
		},
		) (http.Handler, error) {
			db, err := r.share(c.Database, site.Spec)
			if err != nil {
				return nil, err
			}
			return site.New(c.Config, r.sitesView(db, c.Money, c.AccessToken != "")), nil
		}),

		function.Serve(webhookmp.Spec, func(_ context.Context, c struct {
			webhookmp.Config
			Database
		},
		) (http.Handler, error) {
			db, err := r.share(c.Database, webhookmp.Spec)
			if err != nil {
				return nil, err
			}
			return webhookmp.New(c.Config, webhookmp.Deps{
				Inbox: postgres.NewInbox(db, insertWith(r, (*queue.Queue).Insert)), Now: r.now, Metrics: r.registry,
			})
		}),

		function.Serve(webhookwhatsapp.Spec, func(_ context.Context, c struct {
			webhookwhatsapp.Config
			Database
		},
		) (http.Handler, error) {
			db, err := r.share(c.Database, webhookwhatsapp.Spec)
			if err != nil {
				return nil, err
			}
			return webhookwhatsapp.New(c.Config, webhookwhatsapp.Deps{
				Inbox: postgres.NewInbox(db, insertWith(r, (*queue.Queue).Insert)), Now: r.now, Metrics: r.registry,
			})
		}),

		function.Serve(ical.Spec, func(_ context.Context, c struct {
			ical.Config
			ChannelsConfig
		},
		) (http.Handler, error) {
			db, err := r.share(c.Database, ical.Spec)
			if err != nil {
				return nil, err
			}
			calendars, err := r.channels(c.ChannelsConfig)
			if err != nil {
				return nil, err
			}
			return ical.New(c.Config, ical.Deps{
				Calendars: postgres.NewCalendars(db), Cabin: postgres.NewBookings(db).Accommodation, Channels: calendars, Now: r.now,
			}), nil
		}),

		function.Serve(admin.Spec, func(_ context.Context, c struct {
			admin.Config
			ChannelsConfig
			Money
		},
		) (http.Handler, error) {
			db, err := r.share(c.Database, admin.Spec)
			if err != nil {
				return nil, err
			}
			calendars, err := r.channels(c.ChannelsConfig)
			if err != nil {
				return nil, err
			}
			insert := insertWith(r, (*queue.Queue).Insert)
			return admin.New(c.Config, admin.Deps{
				Calendars: postgres.NewCalendars(db), AwaitingApproval: postgres.NewBookings(db).AwaitingApproval, Now: r.now,
				Payments: r.payments(db, c.Money), Messages: postgres.NewMessages(db, insert), Conversations: postgres.NewConversations(db, insert),
				Sync: func(ctx context.Context, feed calendar.Feed) (calendar.Change, error) {
					return calendars.Sync(ctx, feed, channels.Options{})
				},
				Feeds: admin.Addresses{
					Normalize: feeds.Normalize, Mask: feeds.Mask,
					Check: func(url string) error { return feeds.CheckURL(url, c.AllowPrivate) },
				},
			}), nil
		}),

		function.Serve(healthz.Spec, func(_ context.Context, c struct {
			healthz.Config
			Database
		},
		) (http.Handler, error) {
			db, err := r.share(c.Database, healthz.Spec)
			if err != nil {
				return nil, err
			}
			return healthz.New(c.Config, healthz.Deps{
				Checks: r.checks(db), Calendars: postgres.NewCalendars(db), Money: postgres.NewPayments(db, nil, postgres.Rules{}),
				Messages: postgres.NewMessages(db, nil), Draining: r.draining.Load, Metrics: r.registry, Now: r.now,
			})
		}),

		function.Serve(docs.Spec, func(_ context.Context, c docs.Config) (http.Handler, error) {
			return docs.New(c, docs.Deps{Served: r.specs, Now: r.now}), nil
		}),
	}
}

// onJob is the functions triggered by jobs in the queue.
func onJob(r *resources) []function.Function {
	return []function.Function{
		function.Consume(clock.Spec, func(_ context.Context, c tasksConfig) (function.Worker[runs.Tick], error) {
			record, err := r.record(c.Database)
			if err != nil {
				return nil, err
			}
			machines, err := r.taskMachines(c, record)
			if err != nil {
				return nil, err
			}
			return clock.New(clock.Deps{
				Tasks: clockTasks(r.all), Runs: record, Machines: machines, Now: r.now, Log: r.log,
			}), nil
		}),

		function.Consume(inline.Spec, func(_ context.Context, c Database) (function.Worker[runs.Inline], error) {
			record, err := r.record(c)
			if err != nil {
				return nil, err
			}
			return inline.New(inline.Deps{Conduct: r.conductNamed(record, r.all)}), nil
		}),

		function.Consume(settle.Spec, func(_ context.Context, c cashierConfig) (function.Worker[payment.Look], error) {
			db, err := r.share(c.Database, settle.Spec)
			if err != nil {
				return nil, err
			}
			deps := settle.Deps{
				Dismiss: postgres.NewInbox(db, nil).Dismiss, Alarm: r.payments(db, c.Money).Alarm, Now: r.now, Log: r.log, Metrics: r.registry,
				Enqueue: func(ctx context.Context, job payment.Look) error { return r.enqueue(ctx, job) },
			}
			cashier, err := r.cashier(db, c)
			if err != nil {
				return nil, err
			}
			if cashier != nil {
				deps.Cashier = cashier
			}
			return settle.New(deps)
		}),

		function.Consume(refund.Spec, func(_ context.Context, c struct {
			Database
			MercadoPago
			Money
		},
		) (function.Worker[payment.Return], error) {
			db, err := r.share(c.Database, refund.Spec)
			if err != nil {
				return nil, err
			}
			deps := refund.Deps{
				Refunds: r.payments(db, c.Money), Now: r.now, Log: r.log, Metrics: r.registry,
				Enqueue: func(ctx context.Context, job payment.Return) error { return r.enqueue(ctx, job) },
			}
			provider, err := r.provider(c.MercadoPago)
			if err != nil {
				return nil, err
			}
			if provider != nil {
				deps.Provider = provider
			}
			return refund.New(deps)
		}),

		function.Consume(closecheckouts.Spec, func(_ context.Context, c struct {
			Database
			MercadoPago
		},
		) (function.Worker[payment.Close], error) {
			db, err := r.share(c.Database, closecheckouts.Spec)
			if err != nil {
				return nil, err
			}
			deps := closecheckouts.Deps{Pages: checkouts(db, c.MercadoPago), Now: r.now}
			provider, err := r.provider(c.MercadoPago)
			if err != nil {
				return nil, err
			}
			if provider != nil {
				deps.Expire = provider.ExpireCheckout
			}
			return closecheckouts.New(deps), nil
		}),

		function.Consume(converse.Spec, func(_ context.Context, c Conversing) (function.Worker[conversation.Talk], error) {
			db, err := r.share(c.Database, converse.Spec)
			if err != nil {
				return nil, err
			}
			deps, err := r.conversation(db, c)
			if err != nil {
				return nil, err
			}
			return converse.New(c.Config, deps)
		}),

		function.Consume(track.Spec, func(_ context.Context, c Database) (function.Worker[conversation.Track], error) {
			db, err := r.share(c, track.Spec)
			if err != nil {
				return nil, err
			}
			insert := insertWith(r, (*queue.Queue).Insert)
			return track.New(track.Deps{
				Statuses: postgres.NewStatuses(db, insert), Unanswered: postgres.NewConversations(db, insert).Unanswered,
				Stalled: postgres.NewMessages(db, insert).Stalled, Enqueue: r.enqueue, Now: r.now,
			}), nil
		}),

		function.Consume(deliver.Spec, func(_ context.Context, c struct {
			deliver.Config
			Database
			Mail
			WhatsApp
		},
		) (function.Worker[notice.Deliver], error) {
			db, err := r.share(c.Database, deliver.Spec)
			if err != nil {
				return nil, err
			}
			phone, err := r.phoneWith(c.WhatsApp)
			if err != nil {
				return nil, err
			}
			return deliver.New(c.Config, deliver.Deps{
				Messages: postgres.NewMessages(db, insertWith(r, (*queue.Queue).Insert)), Mail: sendWith(c.Mail), Phone: phone,
				Now: r.now, Metrics: r.registry,
			})
		}),
	}
}

// onClock is the tasks, which the clock or an operator launches.
func onClock(r *resources) []function.Function {
	return []function.Function{
		function.Run(backup.Spec, func(_ context.Context, c struct {
			backup.Config
			Storage
			Database
		},
		) (function.Task, error) {
			db, err := r.share(c.Database, backup.Spec)
			if err != nil {
				return nil, err
			}
			archive, err := storage.OpenArchive(c.Storage)
			if err != nil {
				return nil, err
			}
			return backup.New(c.Config, backup.Deps{
				Dump: func(ctx context.Context, w io.Writer, now time.Time) (rows, bytes int64, err error) {
					done, err := db.Dump(ctx, w, now)
					return done.Rows, done.Bytes, err
				},
				Archive: archive, Now: r.now, Report: r.reporter(backup.Spec.Name),
			}), nil
		}),

		function.Run(expire.Spec, func(_ context.Context, c struct {
			Database
			Money
		},
		) (function.Task, error) {
			db, err := r.share(c.Database, expire.Spec)
			if err != nil {
				return nil, err
			}
			return expire.New(expire.Deps{
				Bookings: postgres.NewBookings(db), Payments: r.payments(db, c.Money), Now: r.now, Report: r.reporter(expire.Spec.Name),
			}), nil
		}),

		function.Run(migrate.Spec, func(_ context.Context, c Database) (function.Task, error) {
			pool, err := r.database(c)
			if err != nil {
				return nil, err
			}
			return migrate.New(migrate.Deps{
				Schema: func(ctx context.Context) ([]string, error) {
					return postgres.Migrate(ctx, c.URL.Reveal(), migrations.Files)
				},
				Queue:  func(ctx context.Context) error { return queue.Migrate(ctx, pool.Raw()) },
				Report: r.reporter(migrate.Spec.Name),
			}), nil
		}),

		function.Run(syncical.Spec, func(_ context.Context, c ChannelsConfig) (function.Task, error) {
			db, err := r.share(c.Database, syncical.Spec)
			if err != nil {
				return nil, err
			}
			reader, err := r.channels(c)
			if err != nil {
				return nil, err
			}
			return syncical.New(syncical.Deps{
				Channels: reader, Feed: postgres.NewCalendars(db).Feed, Said: r.said,
				Log: r.log, Report: r.reporter(syncical.Spec.Name),
			}), nil
		}),

		function.Run(reconcile.Spec, func(_ context.Context, c cashierConfig) (function.Task, error) {
			db, err := r.share(c.Database, reconcile.Spec)
			if err != nil {
				return nil, err
			}
			deps := reconcile.Deps{
				Payments: r.payments(db, c.Money), Inbox: postgres.NewInbox(db, nil), Messages: postgres.NewMessages(db, nil),
				Unanswered: postgres.NewConversations(db, nil).Unanswered,
				Enqueue:    r.enqueue, Now: r.now, Log: r.log, Report: r.reporter(reconcile.Spec.Name),
			}
			cashier, err := r.cashier(db, c)
			if err != nil {
				return nil, err
			}
			if cashier != nil {
				deps.Cashier = cashier
			}
			return reconcile.New(deps), nil
		}),

		function.Run(remind.Spec, func(_ context.Context, c struct {
			remind.Config
			Database
		},
		) (function.Task, error) {
			db, err := r.share(c.Database, remind.Spec)
			if err != nil {
				return nil, err
			}
			return remind.New(c.Config, remind.Deps{
				Reminders: postgres.NewReminders(db, insertWith(r, (*queue.Queue).Insert)), Said: r.said,
				Now: r.now, Log: r.log, Report: r.reporter(remind.Spec.Name),
			}), nil
		}),
	}
}
