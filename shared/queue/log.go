package queue

import (
	"context"
	"log/slog"
	"slices"

	"github.com/rs/zerolog"
)

// bridge brings what River has to say into our log: warnings and errors, and of their attributes those that are known to
// be harmless. A new version of River may log more than this one, and a job's arguments are guests' data.
type bridge struct {
	log   zerolog.Logger
	attrs []slog.Attr
}

// Enabled implements slog.Handler.
func (b *bridge) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle implements slog.Handler.
func (b *bridge) Handle(_ context.Context, r slog.Record) error {
	line := b.log.Warn()
	if r.Level >= slog.LevelError {
		line = b.log.Error()
	}
	attrs := slices.Clone(b.attrs)
	r.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
	aboutJob := slices.ContainsFunc(attrs, func(a slog.Attr) bool { return a.Key == "job_id" })
	for _, a := range attrs {
		switch a.Key {
		case "job_id", "job_kind", "kind", "queue", "queues", "client_id", "attempt", "timeout", "duration", "err":
			line = line.Str(a.Key, a.Value.String())
		case "error":
			// In a line about a job this is the job's own error, which may quote its arguments; in any other, the database's.
			if !aboutJob {
				line = line.Str(a.Key, a.Value.String())
			}
		}
	}
	line.Msg("queue: " + r.Message)
	return nil
}

// WithAttrs implements slog.Handler.
func (b *bridge) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &bridge{log: b.log, attrs: append(slices.Clone(b.attrs), attrs...)}
}

// WithGroup implements slog.Handler. River uses no groups; a grouped attribute keeps its own name.
func (b *bridge) WithGroup(string) slog.Handler { return b }
