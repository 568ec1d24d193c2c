package notice

import "strconv"

// portugueseManner is how Brazilians write what is not words. The peso is not called $ to somebody who thinks of other ones.
var portugueseManner = manner{
	tag:       "pt-BR",
	thousands: ".",
	decimal:   ",",
	signs:     map[string]string{"": "AR$", "ARS": "AR$", "USD": "US$", "BRL": "R$", "EUR": "€", "UYU": "$U"},
	weekdays:  [7]string{"dom", "seg", "ter", "qua", "qui", "sex", "sáb"},
	hello:     "Olá",
	cabin:     "a cabana",
	night:     "noite",
	nights:    "noites",
	guest:     "pessoa",
	guests:    "pessoas",
	today:     "%T",
	tomorrow:  "amanhã %T",
	day:       "%D %T",
	event: words("{{with .Code}}Reserva {{.}}\n{{end}}{{with .FromTime}}Entrada a partir das {{.}}\n{{end}}{{with .ToTime}}Saída até {{.}}\n{{end}}" +
		"{{with .Guests}}{{.}}\n{{end}}{{with .HostPhone}}Contato: {{.}}{{end}}"),
	clock:     portugueseClock,
	at:        portugueseAt,
	providers: map[string]string{"mercadopago": "Mercado Pago", "transfer": "transferência", "cash": "dinheiro"},
}

// portugueseClock writes "14h" and "14h30".
func portugueseClock(hour, minute int) string {
	text := strconv.Itoa(hour) + "h"
	if minute > 0 {
		text += strconv.Itoa(minute/10) + strconv.Itoa(minute%10)
	}
	return text
}

// portugueseAt puts the article before it: "às 14h", "à 1h".
func portugueseAt(hour int, clock string) string {
	if hour == 1 {
		return "à " + clock
	}
	return "às " + clock
}

// englishManner is how travellers from anywhere read what is not words: months have names, since 4/12 is April to some.
var englishManner = manner{
	tag:       "en",
	thousands: ",",
	decimal:   ".",
	signs:     map[string]string{"": "AR$", "ARS": "AR$", "USD": "US$", "BRL": "R$", "EUR": "€", "UYU": "$U"},
	weekdays:  [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	months:    []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	hello:     "Hi",
	cabin:     "the cabin",
	night:     "night",
	nights:    "nights",
	guest:     "person",
	guests:    "people",
	today:     "%T",
	tomorrow:  "tomorrow at %T",
	day:       "%D at %T",
	event: words("{{with .Code}}Booking {{.}}\n{{end}}{{with .FromTime}}Check-in from {{.}}\n{{end}}{{with .ToTime}}Check-out by {{.}}\n{{end}}" +
		"{{with .Guests}}{{.}}\n{{end}}{{with .HostPhone}}Contact: {{.}}{{end}}"),
	clock:     englishClock,
	at:        func(_ int, clock string) string { return clock },
	providers: map[string]string{"mercadopago": "Mercado Pago", "transfer": "bank transfer", "cash": "cash"},
}

// englishClock writes "2 pm" and "2:30 pm".
func englishClock(hour, minute int) string {
	half := " am"
	if hour >= 12 {
		half = " pm"
	}
	text := strconv.Itoa((hour+11)%12 + 1)
	if minute > 0 {
		text += ":" + strconv.Itoa(minute/10) + strconv.Itoa(minute%10)
	}
	return text + half
}
