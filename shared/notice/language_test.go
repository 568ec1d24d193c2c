package notice_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

const es = notice.Spanish

func TestMoneyIsWrittenAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		amount   money.Cents
		currency string
		want     string
	}{
		{120_000_00, "ARS", "$ 120.000"},
		{120_000_50, "ARS", "$ 120.000,50"},
		{120_000_05, "ARS", "$ 120.000,05"},
		{120_000_00, "", "$ 120.000"},
		{0, "ARS", "$ 0"},
		{5, "ARS", "$ 0,05"},
		{999_00, "ARS", "$ 999"},
		{1_000_00, "ARS", "$ 1.000"},
		{1_234_567_89, "ARS", "$ 1.234.567,89"},
		{money.Max, "ARS", "$ 9.999.999.999,99"},
		{-1_500_00, "ARS", "-$ 1.500"},
		{100_00, "USD", "US$ 100"},
		{1_100_00, "BRL", "R$ 1.100"},
		{100_00, "CLP", "CLP 100"},
	}
	for _, test := range tests {
		if got := es.Money(test.amount, test.currency); got != test.want {
			t.Errorf("%d %s: got %q, want %q", test.amount, test.currency, got, test.want)
		}
	}
}

func TestMoneyCanBeReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := money.Cents(rapid.Int64Range(-int64(money.Max), int64(money.Max)).Draw(t, "cents"))
		text := es.Money(c, "ARS")
		plain := strings.NewReplacer("$ ", "", ".", "", ",", ".").Replace(text)
		if back, err := money.Parse(plain); err != nil || back != c {
			t.Fatalf("%d is written %q and read %d (%v)", c, text, back, err)
		}
		if units, _, _ := strings.Cut(text, ","); strings.Contains(text, ",") == (c%100 == 0) || len(units)-strings.LastIndex(units, ".") != 4 && strings.Contains(units, ".") {
			t.Fatalf("%q", text)
		}
	})
}

func TestDatesNameTheYearOnlyIfItIsAnother(t *testing.T) {
	t.Parallel()
	today := civil.New(2026, 11, 24)
	for want, d := range map[string]civil.Date{
		"vie 4/12": civil.New(2026, 12, 4), "mar 24/11": today, "jue 1/1": civil.New(2026, 1, 1), "mié 25/11": civil.New(2026, 11, 25),
		"sáb 28/11": civil.New(2026, 11, 28), "dom 29/11": civil.New(2026, 11, 29), "lun 4/1/2027": civil.New(2027, 1, 4), "": {},
	} {
		if got := es.Date(d, today); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestADateCanBeReadBack(t *testing.T) {
	t.Parallel()
	days := map[string]time.Weekday{"dom": 0, "lun": 1, "mar": 2, "mié": 3, "jue": 4, "vie": 5, "sáb": 6}
	rapid.Check(t, func(t *rapid.T) {
		today := civil.New(2026, 11, 24)
		d := today.AddDays(rapid.IntRange(-1000, 1000).Draw(t, "days"))
		text := es.Date(d, today)
		weekday, rest, _ := strings.Cut(text, " ")
		parts := strings.Split(rest, "/")
		year := 2026
		if len(parts) == 3 {
			year, _ = strconv.Atoi(parts[2])
		}
		day, _ := strconv.Atoi(parts[0])
		month, _ := strconv.Atoi(parts[1])
		if got := civil.New(year, time.Month(month), day); got != d || days[weekday] != d.Weekday() {
			t.Fatalf("%s is written %q", d, text)
		}
		if year == 2026 && len(parts) == 3 {
			t.Fatalf("%q names this very year", text)
		}
	})
}

func TestTimesAreTheCabinsOwn(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 17, 30, 59, 0, time.UTC)
	for want, got := range map[string]string{
		"14:30 h": es.Time(at, nil),
		"18:30 h": es.Time(at, rome),
		"14 h":    es.Time(at.Add(-30*time.Minute), nil),
		"0:05 h":  es.Clock(5 * time.Minute),
		"9 h":     es.Clock(9 * time.Hour),
		"10 h":    es.Clock(34 * time.Hour),
		"":        es.Time(time.Time{}, nil),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAMomentIsSaidAsAPersonWould(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 22, 0, 0, 0, time.UTC) // 19 h
	tests := []struct {
		in   time.Duration
		want string
	}{
		{30 * time.Minute, "las 19:30 h"},
		{5 * time.Hour, "mañana a las 0 h"},
		{6 * time.Hour, "mañana a la 1 h"},
		{14 * time.Hour, "mañana a las 9 h"},
		{10 * 24 * time.Hour, "el vie 4/12 a las 19 h"},
		{40 * 24 * time.Hour, "el dom 3/1/2027 a las 19 h"},
		{-24 * time.Hour, "el lun 23/11 a las 19 h"},
	}
	for _, test := range tests {
		if got := es.Moment(now.Add(test.in), now, nil); got != test.want {
			t.Errorf("%s: got %q, want %q", test.in, got, test.want)
		}
	}
	if got := es.Moment(time.Time{}, now, nil); got != "" {
		t.Errorf("no moment: %q", got)
	}
}

func TestCountsAgreeInNumber(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1 noche": es.Nights(1), "3 noches": es.Nights(3), "1 persona": es.Guests(1), "12 personas": es.Guests(12), "": es.Nights(0) + es.Guests(-1),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestALanguageWithoutWordsIsSpanish(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"", "es", "es-AR", "ES_ar", "pt-BR,pt;q=0.9", "en;q=0.8, es-AR", "*", ";;,,", "zz"} {
		if got := notice.ParseLanguage(tag); got != es {
			t.Errorf("%q: %q", tag, got)
		}
	}
	if notice.Render("pt", notice.Confirmed, everything()) != notice.Render(es, notice.Confirmed, everything()) {
		t.Error("without Portuguese words the message is not the Spanish one")
	}
	if got := notice.Language("zz").Money(120_000_00, "ARS"); got != "$ 120.000" {
		t.Errorf("got %q", got)
	}
}

func TestARejectionHasAReasonInWords(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"cc_rejected_insufficient_amount":      "no se pudo hacer: la tarjeta no tiene fondos suficientes.",
		"cc_rejected_bad_filled_security_code": "no se pudo hacer: el código de seguridad no es correcto.",
		"cc_rejected_bad_filled_other":         "no se pudo hacer: algún dato de la tarjeta no es correcto.",
		"cc_rejected_newly_invented":           "no se pudo hacer: la tarjeta no lo aprobó.",
		"expired":                              "no se pudo hacer: venció el plazo para pagarlo.",
		"whatever":                             "no se pudo hacer: el medio de pago no lo aprobó.",
		"":                                     "no se pudo hacer. No se te",
	} {
		f := everything()
		f.ReasonCode = code
		if m := notice.Render(es, notice.PaymentRejected, f); !strings.Contains(m.Text, want) {
			t.Errorf("%q: %s", code, m.Text)
		}
	}
}
