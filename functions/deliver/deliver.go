// Package deliver is the function that sends what guests and owners are told. Messages are rows, written with what they tell of;
// what becomes of each is written beside it.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// Spec describes the function. Its time is enough for every owner's mail server to be slow.
var Spec = function.Spec{
	Name:        "deliver",
	Summary:     "send what guests and owners are told",
	Timeout:     90 * time.Second,
	Concurrency: 4,
	Connections: 2,
}

// Config is what the function reads from its environment.
type Config struct {
	web.AccessConfig // whom owners' messages go to, and what opens the links of guests
	web.SiteConfig
}

// Deps is what the function is given.
type Deps struct {
	Messages Messages
	// Mail delivers one letter, with errors of shared/notice.
	Mail    func(context.Context, Letter) error
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

// email is the channel of every message, until there is another.
const email = "email"

// errElsewhere makes the queue ask again: whoever has the message may die with it.
var errElsewhere = errors.New("the message is being sent by somebody else")

type worker struct {
	Deps
	access  *web.Access
	owners  []string
	baseURL string
	host    string
	count   func(status string)
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
		Deps: d, access: web.NewAccess(c.AccessConfig, d.Now), owners: c.Admins, baseURL: c.URL(),
		count: func(status string) { outcomes.WithLabelValues(email, status).Inc() },
	}
	if base, err := url.Parse(w.baseURL); err == nil {
		w.host = base.Hostname()
	}
	return w.deliver, nil
}

func (w *worker) deliver(ctx context.Context, job notice.Deliver) error {
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
		w.count("sent")
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
			w.count("partly")
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
		w.count(status)
		return w.Messages.Failed(ctx, d.ID, class, time.Time{}, now)
	}
	w.count("failed")
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
	f := d.FactsAt(w.Now())
	if d.Code != "" && d.Recipient == notice.Guest {
		f.Links.Manage, f.Links.Pay = w.link("/r/", d.Code), w.link("/pay/", d.Code)
	}
	f.Links.Site = w.baseURL + "/"
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

// link opens something of a reservation for its guest.
func (w *worker) link(path, code string) string {
	return w.baseURL + path + url.PathEscape(code) + "?t=" + w.access.GuestToken(code)
}
