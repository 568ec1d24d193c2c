package notice

import "strconv"

// catalogue is every message in every language. Spanish is whole; tests see to it.
var catalogue = map[Language]map[Kind]entry{Spanish: spanish}

// spanishManner is how Argentina writes what is not words.
var spanishManner = manner{
	tag:       "es-AR",
	thousands: ".",
	decimal:   ",",
	signs:     map[string]string{"": "$", "ARS": "$", "USD": "US$", "BRL": "R$", "EUR": "€", "UYU": "$U"},
	weekdays:  [7]string{"dom", "lun", "mar", "mié", "jue", "vie", "sáb"},
	hello:     "Hola",
	cabin:     "la cabaña",
	night:     "noche",
	nights:    "noches",
	guest:     "persona",
	guests:    "personas",
	today:     "%T",
	tomorrow:  "mañana a %T",
	day:       "el %D a %T",
	event: words("{{with .Code}}Reserva {{.}}\n{{end}}{{with .FromTime}}Entrada desde {{.}}\n{{end}}{{with .ToTime}}Salida hasta {{.}}\n{{end}}" +
		"{{with .Guests}}{{.}}\n{{end}}{{with .HostPhone}}Contacto: {{.}}{{end}}"),
	clock:     spanishClock,
	at:        spanishAt,
	providers: map[string]string{"mercadopago": "Mercado Pago", "transfer": "transferencia", "cash": "efectivo"},
	// https://www.mercadopago.com.ar/developers/es/docs/checkout-api-payments/response-handling/collection-results
	reasons: map[string]string{
		"":                                     "el medio de pago no lo aprobó",
		"cc_rejected_bad_filled_card_number":   "el número de la tarjeta no es correcto",
		"cc_rejected_bad_filled_date":          "la fecha de vencimiento no es correcta",
		"cc_rejected_bad_filled_security_code": "el código de seguridad no es correcto",
		"cc_rejected_bad_filled":               "algún dato de la tarjeta no es correcto",
		"cc_rejected_insufficient_amount":      "la tarjeta no tiene fondos suficientes",
		"insufficient_amount":                  "no hay fondos suficientes",
		"cc_rejected_call_for_authorize":       "el banco te pide que autorices el pago: llamalo y probá de nuevo",
		"cc_rejected_card_disabled":            "la tarjeta no está activada: llamá al banco y probá de nuevo",
		"cc_rejected_duplicated_payment":       "ya hiciste un pago por ese importe",
		"cc_rejected_high_risk":                "no pasó los controles de seguridad: probá con otro medio de pago",
		"rejected_high_risk":                   "no pasó los controles de seguridad: probá con otro medio de pago",
		"cc_rejected_max_attempts":             "se llegó al límite de intentos: probá con otra tarjeta",
		"cc_rejected_invalid_installments":     "la tarjeta no acepta esa cantidad de cuotas",
		"cc_rejected_card_type_not_allowed":    "no se acepta ese tipo de tarjeta",
		"cc_amount_rate_limit_exceeded":        "supera el límite de la tarjeta",
		"cc_rejected":                          "la tarjeta no lo aprobó",
		"rejected_by_bank":                     "el banco no lo aprobó",
		"bank_error":                           "hubo un problema en el banco",
		"expired":                              "venció el plazo para pagarlo",
		"by_payer":                             "lo cancelaste antes de terminar",
		"by_collector":                         "fue cancelado",
		"by_admin":                             "fue cancelado",
	},
}

// spanishClock writes "14 h" and "14:30 h".
func spanishClock(hour, minute int) string {
	text := strconv.Itoa(hour)
	if minute > 0 {
		text += ":" + strconv.Itoa(minute/10) + strconv.Itoa(minute%10)
	}
	return text + " h"
}

// spanishAt puts the article before it: "las 14 h", "la 1 h".
func spanishAt(hour int, clock string) string {
	if hour == 1 {
		return "la " + clock
	}
	return "las " + clock
}

// What many of the messages to guests have in common.
const (
	stayLines = `Reserva: {{.Code}}
{{with .From}}Entrada: {{.}}{{with $.FromTime}}, desde {{.}}{{end}}{{end}}
{{with .To}}Salida: {{.}}{{with $.ToTime}}, hasta {{.}}{{end}}{{end}}
Estadía: {{.Nights}}{{if and .Nights .Guests}}, {{end}}{{.Guests}}
`
	priceLines = `Total: {{.Total}}
Seña: {{.Deposit}}
`
	paidLines = `Total: {{.Total}}
{{with .Paid}}Pagado: {{.}}{{end}}
{{if and .Paid .Owed}}Resta pagar: {{.Owed}}{{end}}
`
	dueWord    = "{{if $.Whole}}el total{{else}}la seña{{end}}"
	payDue     = "Pagar " + dueWord + "{{with .Deposit}} de {{.}}{{else}}{{if .Whole}} de {{.Total}}{{end}}{{end}}"
	placeLines = "Cómo llegar: {{.Place}}"
	until      = "{{with .Until}} hasta {{.}}{{end}}"
	refundTime = "Según el medio de pago, puede tardar unos días en verse en tu cuenta."
)

func toPay(s seen) string     { return s.Pay }
func toManage(s seen) string  { return s.Manage }
func toSite(s seen) string    { return s.Site }
func toVoucher(s seen) string { return s.Voucher }
func toMap(s seen) string     { return s.Map }
func toReview(s seen) string  { return s.Review }

// toGuest ends a message as a person would.
func toGuest(subject string, parts ...part) entry {
	return message(subject, append(parts,
		url("Ver tu reserva", toManage),
		spare("{{with .HostPhone}}Por cualquier cosa, escribinos al {{.}}.{{end}}"),
		spare("{{.Host}}"))...)
}
