package command_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/command"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// morning is when these tests happen: Tuesday, 24 November, 10 in the morning where the cabins are.
var morning = time.Date(2026, time.November, 24, 13, 0, 0, 0, time.UTC)

func at(now time.Time) command.Context {
	return command.Context{Now: now, Today: civil.New(2026, time.November, 24), Cabins: []command.Cabin{
		{1, "Cabaña del Lago"}, {2, "Cabaña del Bosque"}, {3, "Refugio de la Montaña"}, {4, "Casa Grande"},
	}}
}

func date(text string) civil.Date {
	d, err := civil.Parse(text)
	if text != "" && err != nil {
		panic(err)
	}
	return d
}

func nights(from, to string) civil.Nights { return civil.Nights{From: date(from), To: date(to)} }

func day(text string) command.Command {
	return command.Command{Verb: command.Agenda, Nights: nights(text, "")}
}

func free(from, to string, guests int) command.Command {
	return command.Command{Verb: command.Free, Nights: nights(from, to), Guests: guests}
}

func block(cabin int64, from, to, note string) command.Command {
	return command.Command{Verb: command.Block, Cabin: cabin, Nights: nights(from, to), Text: note}
}

func unblock(cabin int64, from, to string) command.Command {
	return command.Command{Verb: command.Unblock, Cabin: cabin, Nights: nights(from, to)}
}

func about(verb command.Verb, code string) command.Command {
	return command.Command{Verb: verb, Who: command.Who{Code: code}}
}

func received(code string, amount money.Cents, cash bool) command.Command {
	return command.Command{Verb: command.Approve, Who: command.Who{Code: code}, Amount: amount, Cash: cash}
}

func guessed(code string) command.Command {
	return command.Command{Verb: command.Approve, Who: command.Who{Code: code}, Unsure: true}
}

func because(code, reason string) command.Command {
	return command.Command{Verb: command.Reject, Who: command.Who{Code: code}, Text: reason}
}

func answer(who command.Who, text string) command.Command {
	return command.Command{Verb: command.Answer, Who: who, Text: text}
}

func code(c string) command.Who { return command.Who{Code: c} }

func only(verb command.Verb) command.Command { return command.Command{Verb: verb} }

func everywhere(from, to, note string) command.Command {
	return command.Command{Verb: command.Block, All: true, Nights: nights(from, to), Text: note}
}

func unclear(from, to string) command.Command {
	return command.Command{Verb: command.Block, Named: true, Nights: nights(from, to)}
}

func questioned(verb command.Verb, cabin int64, ask string) command.Command {
	c := command.Command{Verb: verb, Cabin: cabin}
	switch ask {
	case "past":
		c.Ask = "past_date"
	case "invalid":
		c.Ask = "invalid_date"
	}
	return c
}

type line struct {
	text string
	want command.Command
}

func agendaLines() []line {
	return []line{
		{"hoy", day("2026-11-24")},
		{"Hoy", day("2026-11-24")},
		{"HOY!!", day("2026-11-24")},
		{"  hoy  ", day("2026-11-24")},
		{"mañana", day("2026-11-25")},
		{"manana", day("2026-11-25")},
		{"MAÑANA", day("2026-11-25")},
		{"mañna", day("2026-11-25")},
		{"man\u0303ana", day("2026-11-25")},
		{"pasado mañana", day("2026-11-26")},
		{"el viernes", day("2026-11-27")},
		{"15/12", day("2026-12-15")},
		{"que hay hoy?", day("2026-11-24")},
		{"¿Qué tengo mañana?", day("2026-11-25")},
		{"quién llega mañana", day("2026-11-25")},
		{"llegadas", day("2026-11-24")},
		{"agenda del viernes", day("2026-11-27")},
		{"hola, buen día! hoy?", day("2026-11-24")},
		{"reservas de hoy", day("2026-11-24")},
	}
}

func freeLines() []line {
	return []line{
		{"libre 3/1 al 8/1", free("2027-01-03", "2027-01-08", 0)},
		{"Libre del 3 al 8 de enero", free("2027-01-03", "2027-01-08", 0)},
		{"libres 28/12 al 2/1 para 4", free("2026-12-28", "2027-01-02", 4)},
		{"libre el finde", free("2026-11-27", "2026-11-29", 0)},
		{"hay algo libre mañana?", free("2026-11-25", "", 0)},
		{"que hay libre el finde largo?", free("2026-12-04", "2026-12-08", 0)},
		{"hay lugar del 10 al 12/12 para 6 personas", free("2026-12-10", "2026-12-12", 6)},
		{"disponibilidad 3/1 al 8/1", free("2027-01-03", "2027-01-08", 0)},
		{"disponible 2027-01-03 al 2027-01-08", free("2027-01-03", "2027-01-08", 0)},
		{"ver libre 3/1 al 8/1", free("2027-01-03", "2027-01-08", 0)},
		{"libre", only(command.Free)},
		{"livre 3/1 al 8/1", free("2027-01-03", "2027-01-08", 0)},
		{"libre cabaña 2 del 3 al 8/1", command.Command{Verb: command.Free, Cabin: 2, Nights: nights("2027-01-03", "2027-01-08")}},
		{"libre el lago del 3 al 8/1", command.Command{Verb: command.Free, Cabin: 1, Nights: nights("2027-01-03", "2027-01-08")}},
	}
}

func blockLines() []line {
	return []line{
		{"bloquear cabaña 2 del 3 al 5/1 pintura", block(2, "2027-01-03", "2027-01-05", "pintura")},
		{"BLOQUEAR CABAÑA 2 DEL 3 AL 5/1 PINTURA", block(2, "2027-01-03", "2027-01-05", "PINTURA")},
		{"bloquear cabana 2 del 3 al 5/1", block(2, "2027-01-03", "2027-01-05", "")},
		{"bloqueá la 2 del 3 al 5 de enero por pintura", block(2, "2027-01-03", "2027-01-05", "pintura")},
		{"Bloqueame la dos del 3 al 5/1", block(2, "2027-01-03", "2027-01-05", "")},
		{"blokear cab 2 3/1 al 5/1", block(2, "2027-01-03", "2027-01-05", "")},
		{"bloqear cabaña2 3/1-5/1", block(2, "2027-01-03", "2027-01-05", "")},
		{"bloquaer cabaña 2 3-5/1", block(2, "2027-01-03", "2027-01-05", "")},
		{"bloquear 2 del 3 al 5/1", block(2, "2027-01-03", "2027-01-05", "")},
		{"bloquear cabaña nro 2, del 3 al 5/1, arreglo del techo", block(2, "2027-01-03", "2027-01-05", "arreglo del techo")},
		{"bloquear cabaña 2 pintura del 3 al 5/1", block(2, "2027-01-03", "2027-01-05", "pintura")},
		{"bloquear lago del 28/12 al 2/1 viene mi hermana", block(1, "2026-12-28", "2027-01-02", "viene mi hermana")},
		{"bloquear la cabaña del bosque del 3 al 5/1", block(2, "2027-01-03", "2027-01-05", "")},
		{"bloquear el refugio de la montaña 3 noches desde el jueves pintar 2 piezas", block(3, "2026-11-26", "2026-11-29", "pintar 2 piezas")},
		{"bloquear casa grande el finde largo", block(4, "2026-12-04", "2026-12-08", "")},
		{"bloquear montana todo enero", block(3, "2027-01-01", "2027-02-01", "")},
		{"cerrar la dos el finde: mantenimiento de la pileta", block(2, "2026-11-27", "2026-11-29", "mantenimiento de la pileta")},
		{"che bot, porfa bloqueá la 2 del 3 al 5/1", block(2, "2027-01-03", "2027-01-05", "")},
		{"necesito bloquear la cabaña 2 del 3 al 5/1", block(2, "2027-01-03", "2027-01-05", "")},
		{"bloquear cabaña 2 el 5/1", block(2, "2027-01-05", "", "")},
		{"bloquear cabaña 2 mañana", block(2, "2026-11-25", "", "")},
		{"bloquear cabaña 2", block(2, "", "", "")},
		{"bloquear", block(0, "", "", "")},
		{"bloquear del 3 al 5/1", block(0, "2027-01-03", "2027-01-05", "")},
		{"bloquear todas las cabañas del 3 al 5/1 corte de luz", everywhere("2027-01-03", "2027-01-05", "corte de luz")},
		{"bloquear cabañas 2 y 3 del 5 al 8/1", unclear("2027-01-05", "2027-01-08")},
		{"bloquear cabaña 9 del 3 al 5/1", unclear("2027-01-03", "2027-01-05")},
		{"bloquear cabaña 3 al 5/1", block(0, "2027-01-03", "2027-01-05", "")},
		{"bloquear cabaña 2 del 3/11/2026 al 5/11/2026", questioned(command.Block, 2, "past")},
		{"bloquear cabaña 2 del 31/4 al 3/5", questioned(command.Block, 2, "invalid")},
		{"desbloquear cabaña 2 del 3 al 5/1", unblock(2, "2027-01-03", "2027-01-05")},
		{"desbloqueá la 2", unblock(2, "", "")},
		{"desbloqear lago", unblock(1, "", "")},
		{"liberar el lago del 28/12 al 2/1", unblock(1, "2026-12-28", "2027-01-02")},
		{"desbloquear", unblock(0, "", "")},
		{"abrir cabaña 2 el 3/1", unblock(2, "2027-01-03", "")},
	}
}

func stayLines() []line {
	return []line{
		{"aprobar K7M2QX", about(command.Approve, "K7M2QX")},
		{"Aprobar k7m2qx", about(command.Approve, "K7M2QX")},
		{"aprobá la reserva k7m2qx", about(command.Approve, "K7M2QX")},
		{"apruebo k7m 2qx", about(command.Approve, "K7M2QX")},
		{"aprovar K7M-2QX", about(command.Approve, "K7M2QX")},
		{"aprobar #K7M2QX.", about(command.Approve, "K7M2QX")},
		{"confirmar XKWPTR", about(command.Approve, "XKWPTR")},
		{"aprobar xkwptr", about(command.Approve, "XKWPTR")},
		{"aprobar KOIL22", about(command.Approve, "K01122")},
		{"aprobar", about(command.Approve, "")},
		{"aprobar la transferencia de K7M2QX", about(command.Approve, "K7M2QX")},
		{"aprobar K7M2QX 60.000", received("K7M2QX", 6_000_000, false)},
		{"aprobar K7M2QX $45.500,50 en efectivo", received("K7M2QX", 4_550_050, true)},
		{"aprobar K7M2QX 50 mil", received("K7M2QX", 5_000_000, false)},
		{"llegó la transferencia de K7M2QX", guessed("K7M2QX")},
		{"recibí la seña de k7m2qx", guessed("K7M2QX")},
		{"Ana confirmó K7M2QX", guessed("K7M2QX")},
		{"rechazar K7M2QX", because("K7M2QX", "")},
		{"rechazá k7m2qx porque no llegó la plata", because("K7M2QX", "no llegó la plata")},
		{"recharzar K7M2QX", because("K7M2QX", "")},
		{"cancelar K7M2QX", because("K7M2QX", "")},
		{"reserva K7M2QX", about(command.Show, "K7M2QX")},
		{"ver K7M2QX", about(command.Show, "K7M2QX")},
		{"K7M2QX", about(command.Show, "K7M2QX")},
		{"bot K7M2QX", about(command.Resume, "K7M2QX")},
		{"devolver K7M2QX al bot", about(command.Resume, "K7M2QX")},
		{"Bot +54 9 2944 12-3456", command.Command{Verb: command.Resume, Who: command.Who{Phone: "5492944123456"}}},
		{"bot #12", command.Command{Verb: command.Resume, Who: command.Who{Contact: 12}}},
		{"bot", about(command.Resume, "")},
	}
}

func otherLines() []line {
	return []line{
		{"responder K7M2QX Hola Ana, te espero a las 14", answer(code("K7M2QX"), "Hola Ana, te espero a las 14")},
		{"responder K7M2QX: *Hola*\n\n¡Te espero!", answer(code("K7M2QX"), "*Hola*\n\n¡Te espero!")},
		{"Respondé a K7M2QX:dale, bloqueá la 2", answer(code("K7M2QX"), "dale, bloqueá la 2")},
		{"responder K7M2QX no", answer(code("K7M2QX"), "no")},
		{"responder xkwptr el código es A1B2C3", answer(code("XKWPTR"), "el código es A1B2C3")},
		{"decile a K7M2QX que lo esperamos", answer(code("K7M2QX"), "que lo esperamos")},
		{"responder 2944 123456 hola", answer(command.Who{Phone: "5492944123456"}, "hola")},
		{"responder #12 hola", answer(command.Who{Contact: 12}, "hola")},
		{"responder K7M2QX", answer(code("K7M2QX"), "")},
		{"responder", answer(command.Who{}, "")},
		{"ayuda", only(command.Help)},
		{"Ayuda por favor", only(command.Help)},
		{"help", only(command.Help)},
		{"menú", only(command.Help)},
		{"sí", only(command.Agree)},
		{"dale", only(command.Agree)},
		{"no", only(command.Decline)},
		{"no gracias", only(command.Decline)},
		{"muchas gracias!", only(command.Courtesy)},
		{"hola", only(command.None)},
		{"", only(command.None)},
		{"👍", only(command.None)},
		{"no bloquees la 2 del 3 al 5/1", only(command.None)},
		{"todavía no llegó la transferencia de K7M2QX", only(command.None)},
		{"hoy se me rompió el auto en la ruta", only(command.None)},
		{"la pileta está verde", only(command.None)},
		{"se canceló el turno con el plomero", only(command.None)},
		{"la señora de ayer confirmó que viene", only(command.None)},
		{"te paso el presupuesto del pintor, son 200000", only(command.None)},
	}
}

func TestWhatOwnersWriteIsUnderstood(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]line{
		"agenda": agendaLines(), "free": freeLines(), "block": blockLines(), "stays": stayLines(), "other": otherLines(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, l := range lines {
				if diff := cmp.Diff(l.want, command.Parse(l.text, "", at(morning)), cmp.Comparer(civil.Date.Equal)); diff != "" {
					t.Errorf("%q:\n%s", l.text, diff)
				}
			}
		})
	}
}

func TestACabinIsTheOnlyOneWhereThereIsOne(t *testing.T) {
	t.Parallel()
	c := at(morning)
	c.Cabins = c.Cabins[1:2]
	if got := command.Parse("bloquear del 3 al 5/1", "", c); got.Cabin != 2 {
		t.Errorf("%+v", got)
	}
}

func TestANumberInANameGoesBeforeAnID(t *testing.T) {
	t.Parallel()
	c := at(morning)
	c.Cabins = []command.Cabin{{ID: 11, Name: "Cabaña 1"}, {ID: 12, Name: "Cabaña 2"}, {ID: 2, Name: "Cabaña Tres"}}
	for text, want := range map[string]int64{
		"bloquear cabaña 2 del 3 al 5/1": 12, "bloquear la uno del 3 al 5/1": 11, "bloquear cabaña 3 del 3 al 5/1": 2, "bloquear cabaña 4 del 3 al 5/1": 0,
	} {
		if got := command.Parse(text, "", c); got.Cabin != want || got.Nights != nights("2027-01-03", "2027-01-05") {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestALongTextToAGuestArrivesWhole(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("Hola, ¡qué lindo! ", 220))
	if got := command.Parse("responder K7M2QX "+long, "", at(morning)); got.Text != long || got.Who.Code != "K7M2QX" {
		t.Errorf("%d of %d bytes for %q", len(got.Text), len(long), got.Who.Code)
	}
}

func BenchmarkParse(b *testing.B) {
	c := at(morning)
	for name, text := range map[string]string{
		"short": "hoy", "usual": "bloquear cabaña 2 del 3 al 5/1 pintura", "long": "bloquear cabaña 2 del 3 al 5/1 " + strings.Repeat("pintar la pieza 2 ", 200),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				command.Parse(text, "", c)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, lines := range [][]line{agendaLines(), freeLines(), blockLines(), stayLines(), otherLines()} {
		for _, l := range lines {
			f.Add(l.text, "")
		}
	}
	f.Add("Sí", "owner:yes:block:1795000000::2:2027-01-03:2027-01-05:pintura")
	f.Fuzz(func(t *testing.T, text, choice string) {
		c := command.Parse(text, choice, at(morning))
		if c.Sure && (choice == "" || c.Late) {
			t.Errorf("%q, %q: %+v", text, choice, c)
		}
		if c.Verb == command.None && (!c.Who.IsZero() || c.Sure) {
			t.Errorf("%q: %+v", text, c)
		}
	})
}
