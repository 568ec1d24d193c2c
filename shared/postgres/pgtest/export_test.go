package pgtest

import (
	"context"
	"testing"
)

// Open does to the server at address what the first test of a process does to that of TEST_DATABASE_URL. It returns the
// template's name.
func Open(ctx context.Context, t testing.TB, address string) (string, error) {
	t.Helper()
	s, err := open(ctx, address)
	if err != nil {
		return "", err
	}
	t.Cleanup(s.admin.Close)
	return s.template, nil
}
