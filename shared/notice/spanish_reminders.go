package notice

// What guests are told because its time has come.
var (
	holdExpiring = toGuest("Se vence tu reserva en {{.Cabin}}{{with .Until}}: tenés hasta {{.}}{{end}}",
		p("{{.Hello}}, te guardamos {{.Cabin}}"+until+". Después, las fechas{{with .Dates}} ({{.}}){{end}} se liberan solas."),
		button("Pagar {{if .Paid}}lo que falta de la seña{{else}}la seña{{with .Deposit}} de {{.}}{{end}}{{end}}", toPay),
		facts("Reserva: {{.Code}}"),
		spare("Si ya pagaste, quedate tranquilo: apenas nos llegue el pago te lo confirmamos."))

	balanceDue = toGuest("El saldo de tu estadía en {{.Cabin}}{{with .Owed}}: {{.}}{{end}}",
		p("{{.Hello}}, ya falta poco para tu estadía en {{.Cabin}}. {{if .InFull}}Está todo pago: solo queda venir.{{else}}{{with .Owed}}Quedan por pagar {{.}}.{{end}}{{end}}"),
		button("{{if not .InFull}}Pagar el saldo{{end}}", toPay),
		facts(stayLines+paidLines))

	preArrival = message("Te esperamos en {{.Cabin}}{{with .From}} el {{.}}{{end}}",
		p("{{.Hello}}, te esperamos en {{.Cabin}}{{with .From}} el {{.}}{{with $.FromTime}}, desde {{.}}{{end}}{{end}}. {{if .InFull}}Ya está todo pago: solo queda venir.{{else}}{{with .Owed}}Quedan por pagar {{.}}.{{end}}{{end}}"),
		facts(placeLines),
		url("Ver en el mapa", toMap),
		p("{{with .HostPhone}}Si te perdés o vas a llegar a otra hora, escribinos al {{.}}.{{end}}"),
		facts(stayLines),
		url("Ver tu reserva{{if .Owed}} y pagar{{end}}", toManage),
		p("¡Buen viaje!"),
		spare("{{.Host}}"))

	departureDay = message("Tu salida de {{.Cabin}}{{with .LeaveBy}}: hasta {{.}}{{end}}",
		p("{{.Hello}}, se termina tu estadía en {{.Cabin}}.{{with .LeaveBy}} La salida es hasta {{.}}.{{end}}"),
		p("{{with .HostPhone}}Si necesitás algo antes de irte, escribinos al {{.}}.{{end}}"),
		p("Gracias por haber venido. ¡Buen viaje!"),
		spare("{{.Host}}"))

	thanksReview = message("Gracias por tu visita a {{.Cabin}}",
		p("{{.Hello}}, gracias por haberte quedado en {{.Cabin}}. Ojalá la hayas pasado muy bien."),
		p("{{if .Review}}Si tenés un minuto, contanos cómo te fue: nos ayuda un montón, y también a quienes vengan después.{{else}}Si hay algo que podamos mejorar, contanos: nos ayuda un montón.{{end}}"),
		button("Dejar una opinión", toReview),
		p("Cuando quieras volver, acá te esperamos."),
		spare("{{.Host}}"))
)
