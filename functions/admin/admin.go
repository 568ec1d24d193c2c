// Package admin is the function that owners keep their calendars and their money with: the feeds of other channels, the nights
// that they close by hand, what guests have paid without a provider, what only they can decide: conflicts, and reservations that
// wait for their approval, and the guests on WhatsApp who want a person.
package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/channels"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function.
var Spec = function.Spec{
	Name:        "admin",
	Summary:     "the owner's calendars, money and guests: feeds, closed nights, conflicts, approvals, payments, messages, conversations",
	Routes:      web.Routes(operations),
	Docs:        web.Docs(operations),
	Timeout:     45 * time.Second, // reading a feed takes up to 20, and writing it down as long
	Concurrency: 32,
	MaxBody:     16 << 10,
	Connections: 4,
}

// Config is what the function reads from its environment.
type Config struct {
	web.AccessConfig
	web.SiteConfig
}

// Deps is what the function is given.
type Deps struct {
	Calendars Calendars
	Payments  Payments
	Messages  Messages
	// Conversations are those over WhatsApp.
	Conversations Conversations
	// AwaitingApproval lists the holds that wait for the owner; see postgres.Bookings.
	AwaitingApproval func(ctx context.Context, accommodationID int64, now time.Time, after int64, limit int) ([]booking.Reservation, error)
	// Sync reads a feed now, within a bounded time; see channels.Channels.Sync. What is wrong with the feed is kept with it.
	Sync  func(ctx context.Context, feed calendar.Feed) (calendar.Change, error)
	Feeds Addresses
	Now   func() time.Time
}

// Addresses is what can be said of a feed's address without looking anything up; see package feeds.
type Addresses struct {
	Normalize func(url string) string // what was pasted as an address
	Check     func(url string) error  // whether a feed may be read there; names the field url
	Mask      func(url string) string // what of it may be shown
}

// Calendars is where feeds, closed nights and conflicts are kept; see postgres.Calendars for what each method promises.
type Calendars interface {
	Feeds(ctx context.Context, accommodationID int64, now time.Time, after int64, limit int) ([]calendar.Feed, error)
	FeedOf(ctx context.Context, accommodationID, feedID int64, now time.Time) (calendar.Feed, error)
	Add(ctx context.Context, accommodationID int64, source, url string, now time.Time) (calendar.Feed, error)
	Pause(ctx context.Context, accommodationID, feedID int64) error
	Resume(ctx context.Context, accommodationID, feedID int64) error
	Believe(ctx context.Context, accommodationID, feedID int64, now time.Time) (calendar.Change, error)
	Rotate(ctx context.Context, accommodationID, feedID int64) error
	Delete(ctx context.Context, accommodationID, feedID int64, now time.Time) error
	Close(ctx context.Context, accommodationID int64, nights civil.Nights, note string, now time.Time) (calendar.Block, error)
	Blocks(ctx context.Context, accommodationID int64, now time.Time, after int64, limit int) ([]calendar.Block, error)
	Open(ctx context.Context, accommodationID, blockID int64, now time.Time) error
	Conflicts(ctx context.Context, accommodationID int64, open bool, before int64, limit int) ([]calendar.Conflict, error)
}

// Payments is where money is kept; see postgres.Payments for what each method promises.
type Payments interface {
	Receive(ctx context.Context, code, provider string, amount money.Cents, note, by, key string, now time.Time) (payment.Outcome, error)
	Book(ctx context.Context, code string) (payment.Book, error)
	Ledger(ctx context.Context, code string, limit int) ([]payment.Booked, error)
	Repayment(ctx context.Context, id int64) (payment.RepaymentRow, error)
	RefundsUndone(ctx context.Context, after int64, limit int) ([]payment.RepaymentRow, error)
	RefundEnded(ctx context.Context, id int64, end payment.RepaymentEnd, by string, now time.Time) (payment.Outcome, error)
	List(ctx context.Context, flagged bool, before int64, limit int) ([]payment.Row, error)
}

// Messages is where what is written to guests and owners is kept; see postgres.Messages for what each method promises.
type Messages interface {
	List(ctx context.Context, code, status string, before int64, limit int) ([]notice.Delivery, error)
	Again(ctx context.Context, id int64, now time.Time) error
}

const (
	cabin  = "/api/v1/admin/accommodations/{id}"
	feeds  = cabin + "/feeds"
	feed   = feeds + "/{feed}"
	blocks = cabin + "/blocks"

	stay     = "/api/v1/admin/reservations/{code}"
	payments = stay + "/payments"

	talks = "/api/v1/admin/conversations"
)

var operations = []web.Operation[*handler]{
	web.Act(owners("GET "+feeds, http.StatusOK, "The calendars of other channels for a cabin"), (*handler).feeds),
	web.Act(owners("POST "+feeds, http.StatusCreated, "Add a calendar, which is read at once, or with no address only gives the channel ours",
		calendar.ErrFeedExists, calendar.ErrTooManyFeeds), (*handler).addFeed),
	web.Act(owners("PATCH "+feed, http.StatusOK, "Pause a feed, or make it ok again: what is in quarantine is believed, what is paused or failing is read next"), (*handler).setFeed),
	web.Raw(noContent("DELETE "+feed, feedRequest{}, "Delete a feed; its nights are free, and what it was given of ours is gone"), (*handler).deleteFeed),
	web.Act(owners("POST "+feed+"/sync", http.StatusOK, "Read a feed now, also one that is paused; one that cannot be read is answered as failing, with the reason",
		channels.ErrNoAddress), (*handler).syncFeed),
	web.Act(owners("POST "+feed+"/rotate", http.StatusOK, "Give a feed's export_url another token; the one before opens nothing any more"), (*handler).rotateFeed),
	web.Act(owners("GET "+blocks, http.StatusOK, "What is closed by hand in a cabin, from today on"), (*handler).blocks),
	web.Act(owners("POST "+blocks, http.StatusCreated, "Close nights of a cabin by hand", booking.ErrTaken), (*handler).closeNights),
	web.Raw(noContent("DELETE "+blocks+"/{block}", blockRequest{}, "Open nights again that were closed by hand"), (*handler).openNights),
	web.Act(web.Doc{
		Route: "GET /api/v1/admin/conflicts", Status: http.StatusOK, Secured: web.AdminOnly,
		Summary: "Stays and closures that want the same nights, the newest first, with what can be done",
	}, (*handler).conflicts),
	web.Act(web.Doc{
		Route: "GET /api/v1/admin/approvals", Status: http.StatusOK, Secured: web.AdminOnly,
		Summary: "Reservations that wait for the owner's approval because a calendar could not be read, the oldest first",
	}, (*handler).approvals),
	web.Act(owners("GET "+payments, http.StatusOK, "All that has come and gone of a reservation's money, and who was told; the newest first, at most 200 of each"),
		(*handler).money),
	web.Act(owners("POST "+payments, http.StatusCreated, "Say that a transfer or cash has come; what is too much, or comes too late, is to be given back by hand",
		payment.ErrKeyUsed), (*handler).receive),
	web.Act(owners("POST "+stay+"/refunds/{refund}/done", http.StatusOK, "Say that a refund by hand is made; saying it again changes nothing",
		payment.ErrNotByHand, payment.ErrRefundOver), (*handler).refunded),
	web.Act(web.Doc{
		Route: "GET /api/v1/admin/payments", Status: http.StatusOK, Secured: web.AdminOnly,
		Summary: "Payments of all reservations and of none, the newest first, or only those that the owner has to look at",
	}, (*handler).payments),
	web.Act(web.Doc{
		Route: "GET /api/v1/admin/refunds", Status: http.StatusOK, Secured: web.AdminOnly,
		Summary: "Refunds that have not gone back yet, the oldest first, each until it is done; by_hand: the owner makes it, and says so",
	}, (*handler).refunds),
	web.Act(web.Doc{
		Route: "GET /api/v1/admin/messages", Status: http.StatusOK, Secured: web.AdminOnly,
		Summary: "What was written to guests and owners, the newest first, without what it says; given_up: nobody got it",
	}, (*handler).messages),
	web.Act(owners("POST /api/v1/admin/messages/{message}/again", http.StatusOK, "Send a message again that was given up; it is queued, and goes out soon",
		notice.ErrNotGivenUp), (*handler).sendAgain),
	web.Act(web.Doc{
		Route: "GET " + talks, Status: http.StatusOK, Secured: web.AdminOnly,
		Summary: "Who writes over WhatsApp, the last first, without what was said; awaiting: only those who wait for a person",
	}, (*handler).conversations),
	web.Act(owners("POST "+talks+"/{contact}/give-back", http.StatusOK, "Have the bot answer a guest again"), (*handler).giveBack),
	web.Act(owners("POST "+talks+"/{contact}/reply", http.StatusOK, "Write to a guest over WhatsApp; for twelve hours from then on the bot leaves him to you",
		ErrOutOfReach), (*handler).reply),
}

// owners describes a route of something that a cabin or a reservation has.
func owners(route string, status int, summary string, problems ...*fault.Error) web.Doc {
	return web.Doc{Route: route, Status: status, Secured: web.AdminOnly, Summary: summary, Problems: append(problems, fault.ErrNotFound)}
}

func noContent(route string, request any, summary string) web.Doc {
	doc := owners(route, http.StatusNoContent, summary)
	doc.Request = request
	return doc
}

type handler struct {
	Deps
	access  *web.Access
	baseURL string
}

// New returns the function's handler.
func New(c Config, d Deps) http.Handler {
	h := &handler{Deps: d, access: web.NewAccess(c.AccessConfig, d.Now), baseURL: c.URL()}
	return web.Mount(h, operations)
}
