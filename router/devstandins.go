//go:build dev

package main

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/mail/mailtest"
	"github.com/eevans-d/sist-cabanas/shared/mercadopago/mptest"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// standIns play the parts of others: who takes payments, who carries mail and messages, and who listens to voice notes. Those that
// the environment names are not played.
type standIns struct {
	payments *mptest.Server     // nil: MERCADOPAGO_ACCESS_TOKEN or MERCADOPAGO_BASE_URL is set
	mail     *mailtest.Server   // nil: SMTP_HOST is set
	phones   *watest.Server     // nil: WHATSAPP_TOKEN or WHATSAPP_BASE_URL is set
	owner    string             // the number of the owner's phone
	listener *speechtest.Server // nil: SPEECH_URL is set
}

// Where they are.
const (
	devPayments = "/dev/payments"    // what has become of payments, with buttons
	devProvider = "/dev/mercadopago" // the provider: its API and its checkout pages
	devMailbox  = "/dev/mail/"
)

// startStandIns starts them, and returns the variables with which they are found. The provider is found through our own port,
// which is the same after a restart.
func startStandIns(now func() time.Time) (s standIns, variables map[string]string, err error) {
	variables = make(map[string]string)
	port := devPort()
	if os.Getenv("MERCADOPAGO_ACCESS_TOKEN")+os.Getenv("MERCADOPAGO_BASE_URL") == "" {
		s.payments, err = mptest.New(mptest.Config{
			PublicURL: devBase() + devProvider,
			Secret:    os.Getenv("MERCADOPAGO_WEBHOOK_SECRET"), File: filepath.Join(devState, "mercadopago.json"),
			Clock: now,
		})
		if err != nil {
			return s, nil, err
		}
		variables["MERCADOPAGO_ACCESS_TOKEN"], variables["MERCADOPAGO_BASE_URL"] = mptest.Token, port+devProvider
		variables["MERCADOPAGO_WEBHOOK_SECRET"] = mptest.Secret
	}
	if os.Getenv("SMTP_HOST") == "" {
		if s.mail, err = mailtest.Start(mailtest.Options{}); err != nil {
			s.close()
			return s, nil, err
		}
		variables["SMTP_HOST"], variables["SMTP_PORT"], variables["SMTP_TLS"] = s.mail.Host, strconv.Itoa(s.mail.Port), "none"
		variables["SMTP_FROM"] = "Cabañas <reservas@example.com>"
	}
	if err = s.startPhones(port, now, variables); err != nil {
		s.close()
		return s, nil, err
	}
	return s, variables, nil
}

// devPort is where this process reaches itself, and devBase where others do.
func devPort() string { return "http://localhost:" + cmp.Or(os.Getenv("PORT"), "8080") }
func devBase() string { return strings.TrimRight(cmp.Or(os.Getenv("BASE_URL"), devPort()), "/") }

func (s standIns) close() {
	if s.payments != nil {
		s.payments.Close()
	}
	if s.mail != nil {
		s.mail.Close()
	}
	if s.phones != nil {
		s.phones.Close()
	}
	if s.listener != nil {
		s.listener.Close()
	}
}

// lines say where to click.
func (s standIns) lines(base string) string {
	var b strings.Builder
	if s.phones != nil {
		fmt.Fprintf(&b, "  Chat with it on WhatsApp, as a guest and as the owner, side by side: %s%s\n", base, devPhone)
	}
	if s.payments != nil {
		fmt.Fprintf(&b, "  Pay: open its payment_url or its manage_url in a browser; what banks and shops do: %s%s\n", base, devPayments)
	}
	if s.mail != nil {
		fmt.Fprintf(&b, "  Read what guest and owner are written: %s%s\n", base, devMailbox)
	}
	return b.String()
}

// functions are those that show them.
func (s standIns) functions(r *resources) []function.Function {
	var shown []function.Function
	if s.payments != nil {
		shown = append(shown, s.providerFunction(), paymentsFunction(&demoPayments{provider: s.payments, now: r.now}))
	}
	if s.mail != nil {
		shown = append(shown, s.mailFunction())
	}
	if s.phones != nil {
		shown = append(shown, s.phonesFunction(r), picturesFunction())
	}
	return shown
}

// providerFunction mounts the provider: it is both what this process asks and where its guests pay.
func (s standIns) providerFunction() function.Function {
	spec := function.Spec{
		Name: "demo-mercadopago", Summary: "a Mercado Pago to play with: its API and its checkout pages",
		Routes:  []string{"GET " + devProvider + "/", "POST " + devProvider + "/", "PUT " + devProvider + "/"},
		Timeout: 30 * time.Second, Concurrency: 64, MaxBody: 1 << 20,
	}
	return function.Serve(spec, func(context.Context, struct{}) (http.Handler, error) {
		return http.StripPrefix(devProvider, s.payments.Handler()), nil
	})
}

func (s standIns) mailFunction() function.Function {
	spec := function.Spec{
		Name: "demo-mail", Summary: "the mailbox of everybody to whom this process writes",
		Routes: []string{"GET " + devMailbox}, Timeout: 10 * time.Second, Concurrency: 32, MaxBody: 1 << 10,
	}
	return function.Serve(spec, func(context.Context, struct{}) (http.Handler, error) {
		return http.StripPrefix(strings.TrimSuffix(devMailbox, "/"), s.mail.Handler()), nil
	})
}

//go:embed devpayments.html
var demoPaymentsPage string

// demoPayments is the page on which one does what guests, banks and owners do with payments elsewhere.
type demoPayments struct {
	provider *mptest.Server
	now      func() time.Time
	page     *template.Template
}

func paymentsFunction(d *demoPayments) function.Function {
	spec := function.Spec{
		Name: "demo-payments", Summary: "what became of the payments of the Mercado Pago to play with, and what else can become of them",
		Routes: []string{"GET " + devPayments, "POST " + devPayments}, Timeout: 30 * time.Second, Concurrency: 32, MaxBody: 16 << 10,
	}
	return function.Serve(spec, func(context.Context, struct{}) (http.Handler, error) {
		var err error
		funcs := template.FuncMap{"pesos": func(c money.Cents) string { return notice.Spanish.Money(c, "ARS") }}
		if d.page, err = template.New("payments").Funcs(funcs).Parse(demoPaymentsPage); err != nil {
			return nil, err
		}
		mux := http.NewServeMux()
		mux.HandleFunc("GET "+devPayments, d.show)
		mux.HandleFunc("POST "+devPayments, d.edit)
		return http.NewCrossOriginProtection().Handler(mux), nil
	})
}

func (d *demoPayments) show(w http.ResponseWriter, r *http.Request) {
	payments := d.provider.Payments("")
	slices.Reverse(payments)
	waiting := d.provider.Outbox()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	err := d.page.Execute(w, map[string]any{
		"Payments": payments[:min(len(payments), 50)], "Waiting": waiting, "Held": d.provider.Held(), "Error": r.URL.Query().Get("error"),
	})
	if err != nil {
		fmt.Fprintln(w, err)
	}
}

// edit does what a button of the page asks, and shows the page again.
func (d *demoPayments) edit(w http.ResponseWriter, r *http.Request) {
	target := devPayments
	if err := d.change(r); err != nil {
		target += "?error=" + template.URLQueryEscaper(err.Error())
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

func (d *demoPayments) change(r *http.Request) error {
	id := r.FormValue("payment")
	switch r.FormValue("do") {
	case "approve":
		return d.provider.Change(id, payment.Approved, "")
	case "reject":
		return d.provider.Change(id, payment.Rejected, "")
	case "expire":
		return d.provider.Change(id, payment.Cancelled, "expired")
	case "refund":
		_, err := d.provider.RefundFromPanel(id, 0)
		return err
	case "chargeback":
		return d.provider.Chargeback(id)
	case "hold":
		d.provider.Hold()
	case "release":
		d.provider.Release()
	case "lose":
		for _, waiting := range d.provider.Outbox() {
			if err := d.provider.Drop(waiting.ID); err != nil {
				return err
			}
		}
	default:
		return errors.New("there is no such button")
	}
	return nil
}
