package command

import "github.com/eevans-d/sist-cabanas/shared/chat"

// Helped is all that can be said to the system.
func Helped() chat.Message {
	return say(`Podés escribirme así:
• *hoy*, *mañana*, *el viernes*: quién llega, quién se va, qué está por vencer
• *libre 3/1 al 8/1* (o *libre el finde para 4*): qué hay y a cuánto
• *bloquear cabaña 2 del 3 al 5/1 pintura*: las noches del 3 y del 4
• *desbloquear cabaña 2*
• *reserva K7M2QX*: todo sobre una reserva
• *aprobar K7M2QX*: llegó la plata, o aceptás el pedido
• *rechazar K7M2QX* y el motivo
• *responder K7M2QX* y el texto para el huésped
• *bot K7M2QX*: el bot vuelve a responderle`,
		press("Hoy", Say("hoy")), press("Mañana", Say("mañana")), press("Libre este finde", Say("libre este finde")))
}

// NotUnderstood is said to what is no command.
func NotUnderstood() chat.Message {
	return say("No te entendí. Probá con *hoy*, *mañana*, *libre 3/1 al 8/1*, *bloquear cabaña 2 del 3 al 5/1*, o *ayuda* para ver todo.",
		press("Hoy", Say("hoy")), press("Ayuda", Say("ayuda")))
}

// NotHeard is said to a voice note that nobody could make out.
func NotHeard() chat.Message { return say("No pude escuchar el audio. ¿Me lo escribís?") }

// Heard repeats what was made out of a voice note before it is answered, where there is room for it.
func Heard(text string, m chat.Message) chat.Message {
	body := "«" + clean(text, maxTold) + "»\n\n" + m.Body
	most := chat.MaxText
	if m.Kind != chat.FormText {
		most = chat.MaxBody
	}
	if chat.Cut(body, most) == body {
		m.Body = body
	}
	return m
}

// LeftAlone says that nothing was done.
func LeftAlone() chat.Message { return say("Listo, no hice nada.") }

// UseTheButton is said to a yes in words: it does not say to which question.
func UseTheButton() chat.Message {
	return say("Para confirmar, tocá el botón del mensaje: así no hay dudas de a qué decís que sí.")
}

// Unavailable says that something cannot be done for now.
func Unavailable() chat.Message {
	return say("No lo pude hacer ahora. Probá de nuevo en un ratito, o hacelo desde el panel.")
}
