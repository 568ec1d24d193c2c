// Package migrations carries the database's schema: one goose file per change, never edited after it has landed.
package migrations

import "embed"

// Files holds the migrations, NNNNN_name.sql.
//
//go:embed *.sql
var Files embed.FS
