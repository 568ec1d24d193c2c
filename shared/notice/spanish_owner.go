package notice

// What many of the messages to owners have in common. Names of guests stand in the text, never in a subject, which lock
// screens show.
const (
	ownerLines = `Reserva: {{.Code}}
Fechas: {{.Dates}}
Estadía: {{.Nights}}{{if and .Nights .Guests}}, {{end}}{{.Guests}}
Huésped: {{.Name}}
Teléfono: {{.Phone}}
E-mail: {{.Email}}
`
	paymentLines = `{{with .Provider}}Medio: {{.}}{{end}}
Pago: {{.Payment}}
`
)

func toAdmin(s seen) string { return s.Admin }
func toCall(s seen) string  { return s.Call }

func toOwner(subject string, parts ...part) entry {
	return message(subject, append(parts, button("Abrir en el panel", toAdmin), url("Escribirle por WhatsApp", toCall))...)
}

// The messages to owners, who want to know what happened, what the system has done about it, and what is left to them.
var (
	ownerConfirmed = toOwner("Reserva confirmada: {{.Cabin}}{{with .Dates}}, {{.}}{{end}}",
		p("Hay una nueva reserva confirmada en {{.Cabin}}. {{with .Amount}}Entraron {{.}}{{with $.Provider}} por {{.}}{{end}}.{{end}}"),
		facts(ownerLines+paidLines+"Pidió: {{.Requests}}"))

	ownerPaymentReceived = toOwner("Pago recibido{{with .Amount}}: {{.}}{{end}}, {{.Cabin}}",
		p("Entró un pago{{with .Amount}} de {{.}}{{end}} de una reserva ya confirmada en {{.Cabin}}. {{if .InFull}}Con eso está todo pago.{{end}}"),
		facts(ownerLines+paidLines+paymentLines))

	ownerLateRefunded = toOwner("Pago fuera de término devuelto: {{.Cabin}}",
		p("Un huésped pagó{{with .Amount}} {{.}}{{end}} cuando su reserva ya había vencido y las fechas estaban ocupadas."),
		p("Le devolvemos todo{{with .Refund}} ({{.}}){{end}} y le ofrecimos otras fechas. No tenés que hacer nada."),
		facts(ownerLines+paymentLines))

	ownerCancelledRefunded = toOwner("Pago de una reserva cancelada devuelto: {{.Cabin}}",
		p("Llegó un pago{{with .Amount}} de {{.}}{{end}} de una reserva que ya estaba cancelada."),
		p("Le devolvemos todo{{with .Refund}} ({{.}}){{end}} al huésped. No tenés que hacer nada."),
		facts(ownerLines+paymentLines))

	ownerExcessRefunded = toOwner("Pago de más devuelto: {{.Cabin}}",
		p("Un huésped pagó más que el total de su estadía. Le devolvemos la diferencia{{with .Refund}} ({{.}}){{end}}. La reserva sigue igual."),
		facts(ownerLines+paidLines+paymentLines))

	ownerAmountWrong = toOwner("Revisá un pago: el importe no coincide ({{.Cabin}})",
		p("Llegó un pago{{with .Amount}} de {{.}}{{end}}{{with .Expected}} y esperábamos {{.}}{{end}}. La reserva no se confirmó."),
		p("Decidí vos: la confirmás igual, o le devolvés el pago."),
		facts(ownerLines+paymentLines))

	ownerTestPayment = toOwner("Llegó un pago de prueba: {{.Cabin}}",
		p("Llegó un pago de prueba{{with .Amount}} de {{.}}{{end}}: no es plata de verdad, así que no confirma nada."),
		p("Si no estabas probando el sistema, revisá las credenciales de Mercado Pago."),
		facts(ownerLines+paymentLines))

	ownerUnknownReference = toOwner("Llegó un pago que no sabemos de quién es{{with .Amount}}: {{.}}{{end}}",
		p("Llegó un pago{{with .Amount}} de {{.}}{{end}} que no corresponde a ninguna reserva. Quedó registrado y no se tocó nada."),
		p("Puede ser un cobro tuyo por fuera del sistema. Si no, buscalo en Mercado Pago por su número."),
		facts("Referencia: {{.Reference}}\n"+paymentLines))

	ownerPaymentRefunded = toOwner("Se devolvió un pago: {{.Cabin}}",
		p("En {{with .Provider}}{{.}}{{else}}el medio de pago{{end}} figura una devolución{{with .Refund}} de {{.}}{{end}}. Las fechas siguen ocupadas hasta que vos decidas."),
		facts(ownerLines+paidLines+paymentLines))

	ownerChargeback = toOwner("Contracargo{{with .Amount}} de {{.}}{{end}}: {{.Cabin}}",
		p("El titular de la tarjeta desconoció un pago{{with .Amount}} de {{.}}{{end}} y la plata quedó retenida. Las fechas siguen ocupadas hasta que vos decidas."),
		p("Entrá a Mercado Pago cuanto antes: hay pocos días para responder y presentar la reserva como prueba."),
		facts(ownerLines+paidLines+paymentLines))

	ownerCancelled = toOwner("Reserva cancelada: {{.Cabin}}{{with .Dates}}, {{.}}{{end}}",
		p("{{if .ByOwner}}La reserva se canceló de parte de la casa.{{else}}El huésped canceló su reserva.{{end}} Las fechas vuelven a estar libres."),
		p("{{if .Refund}}Se le devuelven {{.Refund}}.{{else if .Paid}}Según las condiciones de la reserva, no corresponde devolución.{{end}}"),
		p("{{with .Reason}}Motivo: «{{.}}»{{end}}"),
		facts(ownerLines+"Total: {{.Total}}"))

	ownerRefundFailing = toOwner("No se puede hacer una devolución{{with .Refund}} de {{.}}{{end}}",
		p("La devolución{{with .Refund}} de {{.}}{{end}} de una reserva en {{.Cabin}} no se pudo hacer todavía. Seguimos probando, y te avisamos cuando salga."),
		p("{{with .Reason}}Lo que responde el medio de pago: «{{.}}» {{end}}Fijate que haya saldo suficiente en la cuenta."),
		facts(ownerLines+paymentLines))

	ownerRefundDone = toOwner("Devolución hecha{{with .Refund}}: {{.}}{{end}}",
		p("La devolución{{with .Refund}} de {{.}}{{end}} de una reserva en {{.Cabin}} ya está hecha. Le avisamos al huésped."),
		facts(ownerLines+paymentLines))

	ownerTransferWaiting = toOwner("Viene una transferencia{{with .Amount}} de {{.}}{{end}}: {{.Cabin}}",
		p("Un huésped va a transferir{{with .Amount}} {{.}}{{end}}{{with .Until}}; le guardamos las fechas hasta {{.}}{{end}}. Cuando la veas acreditada, marcala como recibida y la reserva queda confirmada."),
		facts("Referencia: {{.Purpose}}\n"+ownerLines))

	ownerApprovalWaiting = toOwner("Te piden una reserva: {{.Cabin}}{{with .Dates}}, {{.}}{{end}}",
		p("Te piden una reserva en {{.Cabin}}. {{with .Until}}Tenés tiempo hasta {{.}} para contestar: mientras tanto las fechas quedan guardadas.{{end}}"),
		facts(ownerLines+priceLines+"Pidió: {{.Requests}}"))

	ownerDoubleBooking = toOwner("Urgente: posible doble reserva en {{.Cabin}}",
		p("Dos reservas se pisan en {{.Cabin}}. Revisalo cuanto antes: hay que mover o cancelar una."),
		facts("Una: {{with .Code}}{{.}} {{end}}{{with .Dates}}({{.}}){{end}}\nLa otra: {{with .Rival}}{{.}} {{end}}{{with .RivalDates}}({{.}}){{end}}\nHuésped: {{.Name}}\nTeléfono: {{.Phone}}"))

	ownerUnconfirmedRefunded = toOwner("Pago devuelto, la reserva no se confirmó: {{.Cabin}}",
		p("Se venció el plazo de una reserva que tenía plata{{with .Refund}} ({{.}}){{end}}, pero no llegó a confirmarse: faltaba parte de la seña o tu respuesta."),
		p("Le devolvemos todo al huésped. Las fechas vuelven a estar libres."),
		facts(ownerLines+paymentLines))

	ownerClashRefunded = toOwner("Reserva cancelada, las fechas se vendieron en otro canal: {{.Cabin}}",
		p("Un huésped pagó{{with .Amount}} {{.}}{{end}} fechas que mientras tanto se ocuparon en otro canal. Para no tener una doble reserva, la cancelamos."),
		p("Le devolvemos todo{{with .Refund}} ({{.}}){{end}} y le ofrecimos otras fechas. No tenés que hacer nada."),
		facts(ownerLines+paymentLines))

	ownerPaymentWaits = toOwner("Te piden una reserva y ya la pagaron: {{.Cabin}}{{with .Dates}}, {{.}}{{end}}",
		p("Entró un pago{{with .Amount}} de {{.}}{{end}} de una reserva que todavía no aceptaste. {{with .Until}}Tenés tiempo hasta {{.}} para contestar: si no, le devolvemos todo.{{end}}"),
		facts(ownerLines+paidLines+paymentLines))

	ownerMediation = toOwner("Reclamo por un pago{{with .Amount}} de {{.}}{{end}}: {{.Cabin}}",
		p("El huésped inició un reclamo por un pago{{with .Amount}} de {{.}}{{end}} y la plata quedó retenida. Las fechas siguen ocupadas hasta que vos decidas."),
		p("Entrá a Mercado Pago y respondé el reclamo: hay pocos días."),
		facts(ownerLines+paidLines+paymentLines))

	ownerDisputeOver = toOwner("Se resolvió a tu favor un pago{{with .Amount}} de {{.}}{{end}}: {{.Cabin}}",
		p("Terminó la disputa por un pago{{with .Amount}} de {{.}}{{end}}: la plata vuelve a estar disponible."),
		facts(ownerLines+paidLines+paymentLines))

	ownerFraudAlert = toOwner("Urgente: Mercado Pago avisa de un posible fraude{{with .Amount}} por {{.}}{{end}}",
		p("Mercado Pago cree que un pago{{with .Amount}} de {{.}}{{end}} puede ser un fraude, y pide que no se entregue lo que se pagó."),
		p("{{if .Code}}No tocamos nada: las fechas en {{.Cabin}} siguen ocupadas hasta que vos decidas.{{else}}Todavía no sabemos de qué reserva es.{{end}} Antes de recibir al huésped, buscá el pago en Mercado Pago por su número; si es un fraude, cancelá la reserva."),
		facts(ownerLines+paidLines+paymentLines))

	ownerRefundByHand = toOwner("Tenés que hacer una devolución{{with .Refund}} de {{.}}{{end}}: {{.Cabin}}",
		p("Hay que devolverle{{with .Refund}} {{.}}{{end}} al huésped y no lo podemos hacer nosotros: arreglalo con él y, cuando esté hecho, marcalo en el panel."),
		facts(ownerLines+paymentLines))

	ownerHandoff = toOwner("Un huésped quiere hablar con vos",
		p("{{with .Name}}{{.}}{{else}}Alguien{{end}} pidió por WhatsApp hablar con una persona. El bot no le contesta hasta que se lo devuelvas, o por 12 horas."),
		p("{{with .Reason}}Lo último que escribió: «{{.}}»{{end}}"),
		p("{{with .Chat}}Para contestarle por acá: «responder {{.}} …». Para devolvérselo al bot: «bot {{.}}».{{end}}"),
		facts(ownerLines))

	// It comes often, so it says nothing else.
	ownerGuestWrote = toOwner("Te escribió un huésped",
		p("{{with .Name}}{{.}}{{else}}Un huésped{{end}}{{with .Chat}} ({{.}}){{end}}{{with .Wrote}}: {{.}}{{else}} te escribió por WhatsApp.{{end}}"),
		p("{{with .Chat}}Para contestarle: «responder {{.}} …». Para devolvérselo al bot: «bot {{.}}».{{end}}"))

	ownerLoop = toOwner("Un chat de WhatsApp está dando vueltas",
		p("{{with .Name}}{{.}}{{else}}Alguien{{end}} escribe siempre lo mismo, o demasiado seguido: puede ser otro bot. Dejamos de contestarle por un rato."),
		p("{{with .Reason}}Lo último que escribió: «{{.}}»{{end}}"),
		facts(ownerLines))

	ownerReceipt = toOwner("Te mandaron un comprobante{{with .Code}} de la reserva {{.}}{{end}}",
		p("{{with .Name}}{{.}}{{else}}Un huésped{{end}} mandó por WhatsApp un comprobante de pago. Fijate que la plata haya entrado: hasta que vos lo digas, la reserva no se da por paga."),
		p("{{with .Reason}}Escribió: «{{.}}»{{end}}"),
		p("{{with .Code}}Si entró: «aprobar {{.}}».{{end}}"),
		facts(ownerLines+paidLines))

	ownerUnanswered = toOwner("Quedó un mensaje de WhatsApp sin contestar",
		p("{{with .Name}}{{.}}{{else}}Alguien{{end}} escribió por WhatsApp y el bot no le pudo contestar: el mensaje llegó muy tarde, o no se lo pudo leer. Contestale vos."),
		p("{{with .Reason}}Escribió: «{{.}}»{{end}}"),
		p("{{with .Chat}}Para contestarle por acá: «responder {{.}} …».{{end}}"),
		facts(ownerLines))

	ownerMessageFailed = toOwner("No le pudimos avisar a un huésped{{with .Code}} de la reserva {{.}}{{end}}",
		p("Un mensaje para {{with .Name}}{{.}}{{else}}un huésped{{end}} no llegó ni por WhatsApp ni por mail. Avisale vos; en el panel está qué decía."),
		facts(ownerLines))

	ownerWhatsAppDown = toOwner("WhatsApp no está funcionando",
		p("WhatsApp no acepta lo que mandamos. Los mensajes quedan en espera y salen solos cuando se arregle; te avisamos una vez por día."),
		p("Entrá a business.facebook.com y fijate si la cuenta, el número o el permiso de la aplicación tienen algún aviso."))

	ownerTemplateDown = toOwner("WhatsApp dio de baja una plantilla{{with .Reason}}: {{.}}{{end}}",
		p("Meta no deja usar la plantilla{{with .Reason}} «{{.}}»{{end}}: no existe en ese idioma, está en pausa o la deshabilitaron. A quien no escribió en las últimas 24 horas le avisamos por mail."),
		p("Fijate en el administrador de WhatsApp, en Plantillas de mensajes."))
)
