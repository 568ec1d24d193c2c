package pglocal

import (
	"context"
	"io"
)

// Install and Download are what Start does on a machine without Postgres, which a machine that runs the tests is not.
func Install(ctx context.Context, log io.Writer) error {
	return supply{log: log}.install(ctx)
}

// Download returns the version of what it has downloaded from mirror to dir.
func Download(ctx context.Context, dir, mirror string) (string, error) {
	found, err := supply{downloads: dir, mirror: mirror}.download(ctx)
	return found.version, err
}
