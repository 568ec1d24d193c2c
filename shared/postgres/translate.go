package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// SQLSTATEs that mean something to us; https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	foreignKeyViolation = "23503"
	uniqueViolation     = "23505"
	exclusionViolation  = "23P01"
	deadlockDetected    = "40P01"
	serialization       = "40001"
	lockNotAvailable    = "55P03"
	queryCanceled       = "57014"
	readOnlyTransaction = "25006"
	idleInTransaction   = "25P03"
	keyInUse            = "CB001" // ours: claim_idempotency_key
	personInUse         = "CB002" // ours: know_contact
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
	if pgconn.SafeToRetry(err) || connectionLost(err) {
		return fault.ErrUnavailable.WithCause(errors.New("connection lost: " + reason(err)))
	}
	return err
}

func translateState(pg *pgconn.PgError, err error) error {
	switch pg.Code {
	case exclusionViolation, deadlockDetected:
		return booking.ErrTaken.WithCause(err)
	case keyInUse:
		return booking.ErrKeyInProgress
	case lockNotAvailable, serialization, personInUse:
		return fault.ErrBusy.WithCause(err)
	case queryCanceled:
		return errors.Join(context.DeadlineExceeded, err)
	case uniqueViolation:
		switch pg.ConstraintName {
		case "reservations_code_key":
			return booking.ErrCodeClash
		case "idempotency_keys_pkey":
			return booking.ErrKeyUsed
		case "calendar_feeds_by_url":
			return calendar.ErrFeedExists // and not its cause, which quotes the address
		}
	}
	if unavailable(pg.Code) {
		return fault.ErrUnavailable.WithCause(err)
	}
	return err
}

// unavailable reports whether a state is the database's trouble, not the request's: 08 connection, 53 resources, 57P shutdown,
// 58 disks; or that the server has become a standby, or has given up on a session that was idle in a transaction.
func unavailable(state string) bool {
	switch state {
	case readOnlyTransaction, idleInTransaction:
		return true
	}
	return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "53") || strings.HasPrefix(state, "57P") || strings.HasPrefix(state, "58")
}

// unreachable translates why there is no connection. Whatever the server said, even that it does not know us, is not the
// guest's doing and may be over in a moment.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fault.ErrUnavailable.WithCause(errors.New("connect: " + reason(err)))
}

// connectionLost reports whether the connection broke under a statement.
func connectionLost(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// reason is what of a connection's error the log may have. The driver and the server quote user, database and host, which are
// parts of a secret.
func reason(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "refused with SQLSTATE " + pg.Code
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	if lookup, ok := errors.AsType[*net.DNSError](err); ok {
		return "look up the host: " + lookup.Err
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate is not trusted"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, pgconn.ErrConnClosed) {
		return "the server hung up"
	}
	return "no reason that may be logged; perhaps the server does not speak TLS"
}
