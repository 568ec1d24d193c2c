package speech_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/speech"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
)

// TestWhatNobodySaidIsNotHeard is about what models of the Whisper family write when a recording is silent.
func TestWhatNobodySaidIsNotHeard(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{}, speech.Config{})
	for _, text := range []string{
		"", " ", "\n", "...", "…", "¿?", "🎵",
		"Subtítulos por la comunidad de Amara.org", "Subtítulos realizados por la comunidad de Amara.org",
		" SUBTÍTULOS  POR LA COMUNIDAD\nDE AMARA.ORG. ", "Subti\u0301tulos por la comunidad",
		"Subtitulado por Juan Pérez", "Subtítulos en español de Amara.org", "Gracias por ver el video", "¡Gracias por ver el vídeo!", "Gracias por ver.",
		"¡Suscríbete al canal!", "Suscríbete. Gracias por ver el video.", "Más información www.alimmenta.com", "www.mooji.org",
		"Legendas pela comunidade Amara.org", "Obrigado por assistir!", "Thanks for watching!", "Thank you for watching.", "you", "Subtitles by the Amara.org community",
		"[Música]", "(música de fondo)", "*silencio*", "♪♪", "[BLANK_AUDIO]", "[Música] Subtítulos por la comunidad de Amara.org",
		"Cabañas, reserva, disponibilidad, check-in, check-out, noches, finde largo", "Mercado Pago, transferencia, comprobante, mascota, cuna.",
	} {
		endpoint.Say(text, -1)
		if got, err := c.Transcribe(t.Context(), speechtest.Voice(""), voiceNote); !errors.Is(err, speech.ErrUnsure) {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
}

func TestWhatAGuestSaysIsHeardAsHeSaysIt(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{}, speech.Config{})
	for said, want := range map[string]string{
		"Gracias.": "", "Gracias por ver si hay lugar": "", "Gracias por ver el video que te mandé de la pileta": "", "Sí": "", "No.": "", "3": "",
		"Quería saber si tiene subtítulos la tele": "", "¿Está libre del 3.1 al 8.1? Somos 4.": "", "Hasta la próxima": "", "Son 2.5 noches... o tres": "",
		"Cabaña, reserva y seña": "", "Hola, quería reservar una cabaña para el finde largo": "",
		"Nos vemos el viernes (llegamos tarde)": "", "Do you have a cabin?": "", "Reserva, noches.": "",
		"  Hola.\r\n\tSomos\x00 cuatro.\u2028Y un bebé ":                        "Hola. Somos cuatro. Y un bebé",
		"Hola, ¿tenés lugar el finde? Subtítulos por la comunidad de Amara.org": "Hola, ¿tenés lugar el finde?",
		"Somos cinco. ¡Gracias por ver el video!":                               "Somos cinco.",
		"[Música] Quiero reservar.":                                             "Quiero reservar.",
		"\ufffdHola\ufffd":                                                      "Hola",
	} {
		if want == "" {
			want = said
		}
		endpoint.Say(said, 0.9)
		if got, err := c.Transcribe(t.Context(), speechtest.Voice(""), voiceNote); err != nil || got.Text != want {
			t.Errorf("%q: got %q, %v", said, got.Text, err)
		}
	}
}

func TestAModelThatDoesNotStopIsNotListenedTo(t *testing.T) {
	t.Parallel()
	c, endpoint := listening(t, speechtest.Config{}, speech.Config{})
	for n, want := range map[int]error{4096: nil, 4097: speech.ErrUnsure} {
		endpoint.Say(strings.Repeat("ñ", n), -1)
		if _, err := c.Transcribe(t.Context(), speechtest.Voice(""), voiceNote); !errors.Is(err, want) {
			t.Errorf("%d: got %v", n, err)
		}
	}
}
