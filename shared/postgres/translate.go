package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// SQLSTATEs that mean something to us; https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	uniqueViolation    = "23505"
	exclusionViolation = "23P01"
	deadlockDetected   = "40P01"
	serialization      = "40001"
	lockNotAvailable   = "55P03"
	queryCanceled      = "57014"
	keyInUse           = "CB001" // ours: claim_idempotency_key
)

// translate is the one place where the driver's errors become the domain's. Deadlock and exclusion mean the same to a guest:
// somebody else got there first.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.ErrNotFound
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return translateState(pg, err)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok || pgconn.SafeToRetry(err) || connectionLost(err) {
		return fault.ErrUnavailable.WithCause(withoutAddress(err))
	}
	return err
}

func translateState(pg *pgconn.PgError, err error) error {
	switch pg.Code {
	case exclusionViolation, deadlockDetected:
		return booking.ErrTaken.WithCause(err)
	case keyInUse:
		return booking.ErrKeyInProgress
	case lockNotAvailable, serialization:
		return fault.ErrBusy.WithCause(err)
	case queryCanceled:
		return errors.Join(context.DeadlineExceeded, err)
	case uniqueViolation:
		switch pg.ConstraintName {
		case "reservations_code_key":
			return booking.ErrCodeClash
		case "idempotency_keys_pkey":
			return booking.ErrKeyUsed
		}
	}
	// 08 connection, 53 resources, 57P shutdown: the database's trouble, not the request's.
	if strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P") {
		return fault.ErrUnavailable.WithCause(err)
	}
	return err
}

// connectionLost reports whether the connection broke under a statement.
func connectionLost(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// withoutAddress keeps of a connection error what the log may have: pgx quotes user and database names.
func withoutAddress(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op
	}
	return errors.New("connection failed")
}
