package understanding_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// flaw returns what is wrong with a meaning whatever the text was; "" if nothing is.
func flaw(m understanding.Meaning, today civil.Date) string {
	in, out := m.CheckIn, m.CheckOut
	switch {
	case !in.IsZero() && in.Before(today):
		return "it begins in the past"
	case !in.IsZero() && !out.IsZero() && !in.Before(out):
		return "it ends before it begins"
	case !in.IsZero() && !out.IsZero() && m.Nights != out.Sub(in):
		return "its nights are not those of its dates"
	case m.Nights < 0 || m.Nights > 400:
		return "nobody stays so long"
	case m.Ask != "" && !(in.IsZero() && out.IsZero()):
		return "it asks, and answers itself"
	case (m.Ask == understanding.AmbiguousDate) != (len(m.Readings) == 2):
		return "it is ambiguous without two readings"
	case m.Guests != nil && (*m.Guests < 1 || *m.Guests > 120):
		return "nobody comes, or everybody"
	case m.Intent == "" || m.Language == "":
		return "there is no intent, or no language"
	}
	for _, n := range []*int{m.Adults, m.Children, m.Babies, m.Pets} {
		if n != nil && (*n < 0 || *n > 600) {
			return "there are too many, or fewer than none"
		}
	}
	return ""
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"hola, tenés algo del 3 al 8 de enero para 4 y un perro?", "del 28/12 al 2/1", "31/2", "el 5 o el 6", "finde largo",
		"primera quincena de enero", "2026-12-15", "a las 15 hs", "$ 50.000", "soy Ana", "x@y.z", "4/5 personas", "de 10 a 18 hs",
		"\xff\xfe", "👍🏽", "ａｂｃ１２", "...---...", "1/1/1/1/1", "del al del al", "sábado, domingo, lunes y martes", "mañana y pasado",
	} {
		f.Add(text, 0, "")
		f.Add(text, 300, "guests")
	}
	f.Fuzz(func(t *testing.T, text string, days int, asked string) {
		today := monday.AddDays(days % 3000)
		m := understanding.Read(text, understanding.Context{Today: today, Asked: understanding.Question(asked), CheckIn: today.AddDays(3)})
		if wrong := flaw(m, today); wrong != "" {
			t.Errorf("%q on %s: %s: %+v", text, today, wrong, m)
		}
	})
}

// months of the calendar as guests write them.
var months = []string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}

func TestAStretchIsReadHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		today := monday.AddDays(rapid.IntRange(0, 2000).Draw(t, "today"))
		in := today.AddDays(rapid.IntRange(0, 300).Draw(t, "in"))
		out := in.AddDays(rapid.IntRange(1, 40).Draw(t, "nights"))
		_, m1, d1 := in.YMD()
		y2, m2, d2 := out.YMD()
		forms := []string{
			fmt.Sprintf("del %d/%d al %d/%d", d1, m1, d2, m2),
			fmt.Sprintf("desde el %d de %s hasta el %d de %s", d1, months[m1-1], d2, months[m2-1]),
			fmt.Sprintf("entramos el %d/%d y nos vamos el %d/%d", d1, m1, d2, m2),
			fmt.Sprintf("%02d-%02d-%d al %02d-%02d-%d", d1, m1, in.Time(time.UTC).Year(), d2, m2, y2),
			in.String() + " al " + out.String(),
			fmt.Sprintf("%d %s a %d %s", d1, months[m1-1][:3], d2, months[m2-1][:3]),
			fmt.Sprintf("%d noches desde el %d de %s", out.Sub(in), d1, months[m1-1]),
			strings.ToUpper(fmt.Sprintf("from %s %d to %s %d", m1, d1, m2, d2)),
			fmt.Sprintf("de %d/%d a %d/%d", d1, m1, d2, m2),
		}
		text := rapid.SampledFrom(forms).Draw(t, "form")
		m := understanding.Read(text, understanding.Context{Today: today})
		if m.CheckIn != in || m.CheckOut != out || m.Intent != understanding.Availability {
			t.Fatalf("%q on %s: %s to %s, %s; want %s to %s", text, today, m.CheckIn, m.CheckOut, m.Intent, in, out)
		}
	})
}

func TestReadingNeverFails(t *testing.T) {
	t.Parallel()
	words := strings.Fields(`del al el la 5 15 32 31 2/1 30/2 15/12/26 2026-12-15 de enero febrero viernes sábado finde largo semana santa quincena primera noches noche
		hoy mañana pasado ayer no mejor o y a hasta desde para x somos 4 dos personas pareja nenes bebé perro cabaña , . ? reserva pagué cancelar que viene próximo todo mes año nuevo`)
	rapid.Check(t, func(t *rapid.T) {
		today := monday.AddDays(rapid.IntRange(0, 1500).Draw(t, "today"))
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 14).Draw(t, "words"), " ")
		m := understanding.Read(text, understanding.Context{Today: today})
		if wrong := flaw(m, today); wrong != "" {
			t.Fatalf("%q on %s: %s: %+v", text, today, wrong, m)
		}
	})
}

func TestALongTextIsNoAttack(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"finde largo ", "1 ", "1/", "no ", "a ", "quiero ", "del 1 al 2 ", "cuanto ", "cancelar mi reserva ", "mi ", "viernes, ", "semana del ", "xqzwkv ", "cañabsa ", "@", "\n", "de ", "feriado del 3/3 "} {
		m := understanding.Read(strings.Repeat(word, 1+8192/len(word)), understanding.Context{Today: monday})
		if wrong := flaw(m, monday); wrong != "" {
			t.Errorf("%q: %s", word, wrong)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for _, text := range []string{
		"hola",
		"del 15 al 18 para 4",
		"hola, tenés algo del 3 al 8 de enero para 4 y un perro?",
		"holaa keria saver cuanto sale x noche pa 2 prsonas el finde larg, aseptan perros?",
		"hola como estas te molesto por una consulta nosotros somos una familia de cinco dos grandes y tres chicos y queriamos saber si tenes algo disponible para el fin de semana largo y cuanto saldria mas o menos y si tiene parrilla",
		strings.Repeat("del 1 al 2 finde largo cuanto sale cancelar mi reserva ", 80),
	} {
		b.Run(fmt.Sprint(len(text)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				understanding.Read(text, understanding.Context{Today: monday})
			}
		})
	}
}

// BenchmarkMessages reports the median over all messages of the tables, each at the best of a few tries.
func BenchmarkMessages(b *testing.B) {
	all := append(messages(b, "messages.jsonl"), messages(b, "cases.jsonl")...)
	best := make([]time.Duration, len(all))
	for b.Loop() {
		for i, m := range all {
			begin := time.Now()
			understanding.Read(m.Text, understanding.Context{Today: m.Today})
			if took := time.Since(begin); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	slices.Sort(best)
	b.ReportMetric(float64(best[len(best)/2].Nanoseconds()), "ns/median")
	b.ReportMetric(float64(best[len(best)*99/100].Nanoseconds()), "ns/p99")
}
