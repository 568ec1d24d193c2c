package speech

import (
	"slices"
	"strings"
	"unicode"
)

// prompt tells the model which words to expect; it takes at most 224 tokens. It is a list, and no sentence that a guest may
// say: what is repeated of it is known to be made up.
const prompt = "Cabañas, reserva, disponibilidad, check-in, check-out, noches, finde largo, quincena, seña, alias, CBU, " +
	"Mercado Pago, transferencia, comprobante, mascota, cuna, parrilla, pileta, cochera, tenés, querés, cuánto sale." //nolint:misspell // Spanish

// credits begin sentences that models of the Whisper family, which learned from subtitled videos, write when nobody speaks.
// Nobody says them to a landlord. All are as plainWords leaves them.
var credits = []string{
	"subtitulos por", "subtitulos realizados por", "subtitulos creados por", "subtitulos hechos por", "subtitulos en espanol por",
	"subtitulos de la comunidad", "subtitulado por", "subtitulado en", "subtitulacion", "subtitulos amara",
	"transcripcion por", "transcrito por", "traduccion por", "traducido por", "traduccion y subtitulos", //nolint:misspell // Spanish
	"legendas pela comunidade", "legendas por", "legendado por", "legenda por", "transcricao e legendas",
	"subtitles by", "subtitled by", "captions by", "captioned by", "transcription by", "transcribed by", "translated by",
	"mas informacion www", "para mas informacion visita www", "copyright", //nolint:misspell // Spanish
}

// farewells are whole sentences of the same origin; longer ones that begin alike may be a guest's.
var farewells = []string{
	"gracias por ver", "gracias por ver el video", "gracias por ver este video", "gracias por ver mi video", "muchas gracias por ver el video",
	"muchas gracias por ver", "gracias por mirar", "gracias por mirar el video", "gracias por vernos",
	"gracias por ver y hasta la proxima", "nos vemos en el proximo video", "hasta el proximo video",
	"suscribete", "suscribete al canal", "suscribete a mi canal", "suscribete a nuestro canal",
	"suscribanse", "suscribanse al canal", "suscribite", "suscribite al canal", "no olvides suscribirte", "no olvides suscribirte al canal",
	"no te olvides de suscribirte", "no olviden suscribirse", "like y suscribete", "dale like y suscribete", "dale like",
	"si te ha gustado el video suscribete", "activa la campanita",
	"obrigado por assistir", "obrigada por assistir", "inscreva se no canal", "inscreva se", "ate o proximo video",
	"thanks for watching", "thank you for watching", "thank you so much for watching", "please subscribe", "like and subscribe",
	"see you in the next video", "subscribe to my channel", "you",
}

// sites are named by the same inventions, anywhere in a sentence.
var sites = []string{"amara org", "mooji org", "alimmenta com", "opensubtitles org"}

// withoutInventions is a text without the sentences that nobody has said. They come alone, on a silent recording, or at the
// end, where the guest has let go of the button too late.
func withoutInventions(text string) string {
	var said []string
	for sentence := range sentences(text) {
		sentence = strings.TrimSpace(sentence)
		if words := plainWords(sentence); words != "" && !isStageDirection(sentence) && !isInvented(words) {
			said = append(said, sentence)
		}
	}
	return strings.Join(said, " ")
}

// isStageDirection tells "[Música]", "(risas)", "*silencio*".
func isStageDirection(s string) bool {
	s = strings.TrimRight(s, ".")
	for _, around := range []string{"[]", "()", "**", "♪♪"} {
		opening, closing := []rune(around)[0], []rune(around)[1]
		if strings.HasPrefix(s, string(opening)) && strings.HasSuffix(s, string(closing)) {
			return true
		}
	}
	return false
}

func isInvented(words string) bool {
	if slices.Contains(farewells, words) || isPrompt(words) {
		return true
	}
	return slices.ContainsFunc(credits, func(c string) bool { return strings.HasPrefix(words+" ", c+" ") }) ||
		slices.ContainsFunc(sites, func(s string) bool { return strings.Contains(" "+words+" ", " "+s+" ") })
}

// isPrompt reports whether a sentence is a long part of what the model was told, which it may repeat when it hears nothing.
func isPrompt(words string) bool {
	return strings.Count(words, " ") >= 4 && strings.Contains(" "+plainWords(prompt)+" ", " "+words+" ")
}

// sentences cuts behind what ends one. A full stop within a word, as in an address, is none.
func sentences(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start, ended := 0, false
		for i, r := range text {
			if ended && unicode.IsSpace(r) {
				if !yield(text[start:i]) {
					return
				}
				start = i
			}
			ended = strings.ContainsRune(".!?…♪])", r) || ended && strings.ContainsRune(`"'»”*`, r)
		}
		if start < len(text) {
			yield(text[start:])
		}
	}
}

// plainWords is a text in small letters without accents and signs, words apart by one space.
func plainWords(s string) string {
	s = strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if plain, ok := unaccented(r); ok {
			return plain
		}
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		case unicode.Is(unicode.Mn, r): // an accent on its own
			return -1
		}
		return ' '
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// unaccented is the letter below an accent of Spanish or Portuguese.
func unaccented(r rune) (rune, bool) {
	const with, without = "áàâãéêíóôõúüñç", "aaaaeeiooouunc"
	for i, accented := range []rune(with) {
		if r == accented {
			return rune(without[i]), true
		}
	}
	return 0, false
}
