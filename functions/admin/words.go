package admin

import "github.com/eevans-d/sist-cabanas/shared/calendar"

// What an owner reads, in the Spanish of Argentina. Nothing of this is done by itself: a guest is never turned away by a program.

// optionsOf is what an owner can do about a conflict, the least trouble for a guest first.
func optionsOf(c calendar.Conflict) []option {
	events := []calendar.Party{c.Event}
	if c.ReservationCode == "" {
		events = append(events, c.Other)
	}
	var closures, stays []option
	for _, e := range events {
		if e.Kind == calendar.Blocked {
			closures = append(closures, option{"open_on_channel", "Abrí esas noches en " + channelName(e.Source) + ": las tiene cerradas, y no hay ningún huésped de por medio."})
			continue
		}
		stays = append(stays, option{"cancel_on_channel", "Cancelá la estadía en " + channelName(e.Source) + ", según las reglas de ese sitio."})
	}
	options := closures
	if c.Severity == calendar.DoubleBooking {
		options = append(options, option{"move_guest", "Ofrecele a uno de los dos huéspedes otra cabaña que esté libre esas noches."})
	}
	if c.ReservationCode != "" {
		options = append(options, option{"cancel_reservation", "Cancelá la reserva " + c.ReservationCode + ", devolvé lo que se pagó y avisale al huésped."})
	}
	return append(options, stays...)
}

// channelName is what people call a channel.
func channelName(source string) string {
	switch source {
	case "airbnb":
		return "Airbnb"
	case "booking":
		return "Booking.com"
	case "vrbo":
		return "Vrbo"
	case "google":
		return "Google Calendar"
	case "":
		return "tu propio calendario"
	default:
		return source
	}
}
