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
	"github.com/eevans-d/sist-cabanas/functions/docs"
	"github.com/eevans-d/sist-cabanas/functions/expire"
	"github.com/eevans-d/sist-cabanas/functions/healthz"
	"github.com/eevans-d/sist-cabanas/functions/ical"
	"github.com/eevans-d/sist-cabanas/functions/inline"
	"github.com/eevans-d/sist-cabanas/functions/migrate"
	"github.com/eevans-d/sist-cabanas/functions/reserve"
	syncical "github.com/eevans-d/sist-cabanas/functions/sync-ical"
	"github.com/eevans-d/sist-cabanas/migrations"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/feeds"
	"github.com/eevans-d/sist-cabanas/shared/function"
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
				Bookings: postgres.NewBookings(db), Calendars: calendars, Now: r.now, Metrics: r.registry,
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
			return admin.New(c.Config, admin.Deps{
				Calendars: postgres.NewCalendars(db), AwaitingApproval: postgres.NewBookings(db).AwaitingApproval, Now: r.now,
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
				Checks: r.checks(db), Calendars: postgres.NewCalendars(db), Draining: r.draining.Load, Metrics: r.registry, Now: r.now,
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

		function.Run(expire.Spec, func(_ context.Context, c Database) (function.Task, error) {
			db, err := r.share(c, expire.Spec)
			if err != nil {
				return nil, err
			}
			return expire.New(expire.Deps{Bookings: postgres.NewBookings(db), Now: r.now, Report: r.reporter(expire.Spec.Name)}), nil
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
	}
}
