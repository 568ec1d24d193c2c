package payment

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// What can become of a request to the provider. The causes name the provider's own codes and never repeat its sentences,
// which may quote the guest's data.
var (
	// ErrUnauthorized: the access token is wrong, expired or revoked. Trying again does not help; the guest cannot help it.
	ErrUnauthorized = fault.New(fault.Unavailable, "payments_unauthorized", "The payment provider does not accept us; the owner has to look at it.")

	// ErrNotFound: there is no such payment or checkout, or it is not ours. A payment of a moment ago may be there later.
	ErrNotFound = fault.New(fault.NotFound, "payment_not_found", "The payment provider knows of no such payment.")

	// ErrRateLimited: the provider wants fewer requests. RetryAfter is what it said, or a guess.
	ErrRateLimited = fault.New(fault.Unavailable, "payments_rate_limited", "The payment provider wants fewer requests; try again in a moment.").WithRetryAfter(30 * time.Second)

	// ErrRefused: the provider understood, and will never do it: a refund of more than is left, or after 180 days.
	ErrRefused = fault.New(fault.Conflict, "payment_refused", "The payment provider refuses to do this.")

	// ErrInProgress: the same is being done already, by an earlier request. Ask again later.
	ErrInProgress = fault.New(fault.Unavailable, "payment_in_progress", "The payment provider is at it already; try again in a minute.").WithRetryAfter(time.Minute)

	// ErrUnavailable: the provider does not answer, or with an error of its own. What was asked for may have been done:
	// asking for the same again is safe.
	ErrUnavailable = fault.New(fault.Unavailable, "payments_unavailable", "The payment provider cannot be reached; try again in a minute.").WithRetryAfter(time.Minute)

	// ErrUnreadable: the provider says that all is well, and nobody can read what else it says. The same as ErrUnavailable
	// to a guest; to an operator it may be a change of the provider's format.
	ErrUnreadable = fault.New(fault.Unavailable, "payments_unreadable", "The payment provider answers in a way that cannot be read; try again in a minute.").WithRetryAfter(time.Minute)
)

// Why a notification is not believed. To whoever sent it they are all the same; the codes are for counting.
var (
	ErrSignatureMissing   = fault.New(fault.Unauthenticated, "signature_missing", "The notification is not signed.")
	ErrSignatureMalformed = fault.New(fault.Unauthenticated, "signature_malformed", "The notification's signature cannot be read.")
	ErrSignatureMismatch  = fault.New(fault.Unauthenticated, "signature_mismatch", "The notification's signature is not the provider's.")
	ErrSignatureStale     = fault.New(fault.Unauthenticated, "signature_stale", "The notification was signed too long ago, or in the future.")
)
