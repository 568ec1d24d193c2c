// Package deliver is the function that sends what guests and owners are told, by e-mail or over WhatsApp. Messages are rows,
// written with what they tell of; what becomes of each is written beside it.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function. Its time is enough for every owner's mail server to be slow. So many are at work at once because
// guests wait for what goes over WhatsApp; mail has a few places among them, see maxMail.
var Spec = function.Spec{
	Name:        "deliver",
	Summary:     "send what guests and owners are told",
	Timeout:     90 * time.Second,
	Concurrency: 16,
	Connections: 4,
}

// Config is what the function reads from its environment.
type Config struct {
	web.AccessConfig // whom owners' messages go to, and what opens the links of guests
	web.SiteConfig
	Templates
	// Owners are the phones of owners, E.164: where they are reached over WhatsApp they get no mail.
	Owners config.List `envconfig:"OWNER_PHONES"`
}

// Deps is what the function is given.
type Deps struct {
	Messages Messages
	// Mail delivers one letter, with errors of shared/notice.
	Mail func(context.Context, Letter) error
	// Phone sends over WhatsApp; nil = nobody has set that up, and all goes by mail.
	Phone   Phone
	Now     func() time.Time
	Metrics prometheus.Registerer
}

// Messages is where messages are kept; see postgres.Messages for what each method promises.
type Messages interface {
	// Claim takes a message for one attempt. claimed is false for one that is settled, and while somebody else is at it.
	Claim(ctx context.Context, id int64, now time.Time) (d notice.Delivery, claimed bool, err error)
	Sent(ctx context.Context, id int64, providerID string, now time.Time) error
	// Failed says why not, and when the next attempt may be made; the zero time gives the message up.
	Failed(ctx context.Context, id int64, class string, next, now time.Time) error

	// Route decides whether a message goes over WhatsApp, if that is on, and to whom; none = by mail. Owners are their numbers there.
	Route(ctx context.Context, id int64, on bool, owners []string, now time.Time) (outbox.Way, error)
	// Next takes the first message to a person over WhatsApp, and Said or Unsaid says what has become of it. One speaker at a time
	// has them; when none is left he is the speaker no more.
	Next(ctx context.Context, contactID int64, speaker string, now time.Time) (t outbox.Turn, found bool, err error)
	Said(ctx context.Context, t *outbox.Turn, wamid string, now time.Time) error
	Unsaid(ctx context.Context, t *outbox.Turn, e outbox.Ending, now time.Time) error
	// Tell leaves a message, one of each key.
	Tell(ctx context.Context, kind notice.Kind, key, code string, f notice.Facts, now time.Time) error
}

// Phone sends over WhatsApp.
type Phone interface {
	// Send sends a message and returns its id there. The data comes back in what is told of the message later. Errors hold a
	// *chat.Failure, which says what to do.
	Send(ctx context.Context, to chat.Contact, m chat.Message, data string) (id string, err error)
}

// Letter is one mail to one person.
type Letter struct {
	To      string // an address
	ReplyTo string // an address; empty = the sender's
	Subject string
	Text    string
	HTML    string
	ICS     []byte // nil = none
	Key     string // tells this letter from every other, also where it had to be sent twice
}

// keepTrying is how long a message is tried before it is given up: from the first attempt, since it may have waited for that.
const keepTrying = 24 * time.Hour

// The channels.
const (
	email    = "email"
	whatsapp = "whatsapp"
)

// maxMail is how many letters are on their way at once: mail servers are slow, and must not keep guests on WhatsApp waiting.
const maxMail = 4

// errElsewhere makes the queue ask again: whoever has the message may die with it.
var errElsewhere = errors.New("the message is being sent by somebody else")

// errCrowded makes the queue ask again: all places for mail are taken.
var errCrowded = errors.New("too many letters are on their way")

type worker struct {
	Deps
	access    *web.Access
	owners    []string // addresses
	phones    []string // of owners, as WhatsApp has them
	templates map[notice.Kind]Template
	baseURL   string
	host      string
	mails     chan struct{}
	began     time.Time
	hold      *hold
	counted   func(channel, status string)
}

// New returns the worker.
func New(c Config, d Deps) (function.Worker[notice.Deliver], error) {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "messages_total", Help: "What became of attempts to send messages.",
	}, []string{"channel", "status"})
	if err := d.Metrics.Register(outcomes); err != nil {
		return nil, fmt.Errorf("messages_total: %w", err)
	}
	w := &worker{
		Deps: d, access: web.NewAccess(c.AccessConfig, d.Now), owners: c.Admins, baseURL: c.URL(), templates: c.byKind(),
		mails: make(chan struct{}, maxMail), began: d.Now(), hold: &hold{},
		counted: func(channel, status string) { outcomes.WithLabelValues(channel, status).Inc() },
	}
	for _, phone := range c.Owners {
		number, ok := chat.NormalizeNumber(phone)
		if !ok {
			return nil, errors.New("OWNER_PHONES: a phone is written with its country, as in +5492944123456")
		}
		w.phones = append(w.phones, number)
	}
	if base, err := url.Parse(w.baseURL); err == nil {
		w.host = base.Hostname()
	}
	return w.deliver, nil
}

func (w *worker) deliver(ctx context.Context, job notice.Deliver) error {
	if job.ContactID != 0 {
		return w.speak(ctx, job.ContactID)
	}
	way, err := w.Messages.Route(ctx, job.MessageID, w.Phone != nil, w.phones, w.Now())
	if errors.Is(err, fault.ErrNotFound) {
		return nil // somebody has deleted it
	}
	for _, contact := range way.Contacts {
		err = errors.Join(err, w.speak(ctx, contact))
	}
	if err != nil || len(way.Contacts) > 0 {
		return err
	}
	return w.post(ctx, job)
}

// post sends a message by mail.
func (w *worker) post(ctx context.Context, job notice.Deliver) error {
	select {
	case w.mails <- struct{}{}:
		defer func() { <-w.mails }()
	default:
		return errCrowded
	}
	now := w.Now()
	d, claimed, err := w.Messages.Claim(ctx, job.MessageID, now)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return nil // somebody has deleted it
	case err != nil:
		return err
	case !claimed && (d.Status == "sent" || d.Status == "given_up"):
		return nil
	case !claimed:
		return errElsewhere
	}
	failure := errLate
	if !d.Late(now) {
		failure = w.send(ctx, d)
	}
	// Whatever came of it is written down, also when the time of the attempt is over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if failure == nil {
		w.counted(email, "sent")
		return w.Messages.Sent(ctx, d.ID, "", w.Now())
	}
	return w.failed(ctx, d, failure)
}

var (
	errNobody = errors.New("no address")   // there is nobody to write to
	errLate   = errors.New("not true now") // see notice.Delivery.Late
)

// send writes to everybody whom a message is for. One owner who was reached is enough: written to again because of another, he
// would be for as long as that one cannot be reached.
func (w *worker) send(ctx context.Context, d notice.Delivery) error {
	to := []string{d.To}
	if d.Recipient == notice.Owner {
		to = w.owners
	}
	letter := w.compose(d)
	failure, reached := errNobody, 0
	for _, address := range to {
		if address == "" {
			continue
		}
		letter.To = address
		letter.Key = d.DedupeKey + " " + address
		if err := w.Mail(ctx, letter); err != nil {
			failure = worse(failure, err)
			continue
		}
		reached++
	}
	if reached > 0 {
		if !errors.Is(failure, errNobody) {
			w.counted(email, "partly")
		}
		return nil
	}
	return failure
}

// worse is which of two failures decides: one that will pass goes before one that will not.
func worse(a, b error) error {
	if errors.Is(a, errNobody) || errors.Is(a, notice.ErrRefused) {
		return b
	}
	return a
}

// failed writes down why a message was not sent, and has it tried again if that may help.
func (w *worker) failed(ctx context.Context, d notice.Delivery, failure error) error {
	now := w.Now()
	class, again := classOf(failure)
	if again && now.Sub(d.FirstAttempt) >= keepTrying {
		again = false
	}
	if !again {
		status := "given_up"
		if class == classNobody || class == classLate {
			status = "skipped"
		}
		w.counted(email, status)
		return w.Messages.Failed(ctx, d.ID, class, time.Time{}, now)
	}
	w.counted(email, "failed")
	if err := w.Messages.Failed(ctx, d.ID, class, now, now); err != nil {
		return err
	}
	if class == classOff || class == classSettings {
		return nil // until somebody has changed that, once in a while is enough: reconcile asks again
	}
	return failure
}

// What keeps messages from being sent, as their rows say.
const (
	classOff       = "off"        // nobody has set up mail
	classSettings  = "settings"   // the mail server takes nothing from us, until the operator mends that
	classRefused   = "refused"    // it does not take this one
	classNobody    = "no_address" // the guest has left no address
	classLate      = "late"       // what it says is not true any more, which is nobody's failure
	classTemporary = "temporary"
)

func classOf(failure error) (class string, again bool) {
	switch {
	case errors.Is(failure, errNobody):
		return classNobody, false
	case errors.Is(failure, errLate):
		return classLate, false
	case errors.Is(failure, notice.ErrRefused):
		return classRefused, false
	case errors.Is(failure, notice.ErrOff):
		return classOff, true
	case errors.Is(failure, notice.ErrSettings):
		return classSettings, true
	default:
		return classTemporary, true
	}
}

// compose writes a message down, but for the address.
func (w *worker) compose(d notice.Delivery) Letter {
	f := w.facts(d)
	m := notice.Render(notice.Spanish, d.Kind, f)
	letter := Letter{Subject: m.Subject, Text: m.Text, HTML: m.HTML}
	if m.Calendar {
		letter.ICS = notice.StayICS(notice.Spanish, notice.Event{Facts: d.Facts, Host: w.host})
	}
	if d.Recipient == notice.Owner {
		letter.ReplyTo = f.Contact.Email // an owner who answers means the guest
	}
	return letter
}

// facts are a message's, with the addresses that it may name.
func (w *worker) facts(d notice.Delivery) notice.Facts {
	f := d.FactsAt(w.Now())
	if d.Code != "" && d.Recipient == notice.Guest {
		f.Links.Manage, f.Links.Pay = w.link("/r/", d.Code), w.link("/pay/", d.Code)
	}
	f.Links.Site = w.baseURL + "/"
	return f
}

// link opens something of a reservation for its guest.
func (w *worker) link(path, code string) string {
	return w.baseURL + path + url.PathEscape(code) + "?t=" + w.access.GuestToken(code)
}
