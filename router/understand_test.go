package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

func TestUnderstandPrintsAnObjectForEveryText(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	p := &program{out: &out, log: io.Discard, errors: &errs}
	code := p.run(t.Context(), []string{"understand", "--today", "2026-12-14", "hola, tenés algo del 3 al 8 de enero para 4 y un perro?", "el 31/2"})
	want := `{"language":"es","intent":"availability","check_in":"2027-01-03","check_out":"2027-01-08","nights":5,"guests":4,"adults":null,"children":null,"pets":1,"cabin":null,"ask":""}
{"language":"es","intent":"availability","check_in":null,"check_out":null,"nights":null,"guests":null,"adults":null,"children":null,"pets":null,"cabin":null,"ask":"invalid_date"}
`
	if code != exitOK || out.String() != want {
		t.Errorf("exit %d, %s%s", code, out.String(), errs.String())
	}
}

func TestUnderstandRefusesWhatIsNoDate(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--today", "14/12/2026", "hola"}, {"--today"}, {"--today=", "hola"}, {"--tody", "2026-12-14", "hola"}} {
		var errs bytes.Buffer
		p := &program{out: io.Discard, log: io.Discard, errors: &errs}
		if code := p.run(t.Context(), append([]string{"understand"}, args...)); code != exitUsage || errs.Len() == 0 {
			t.Errorf("%q: exit %d, %s", args, code, errs.String())
		}
	}
}

func TestUnderstandReadsTheDayAndTheTextsInAnyForm(t *testing.T) {
	t.Parallel()
	p := &program{load: func(any) error { return nil }}
	for _, args := range [][]string{{"--today=2026-12-14", "hoy"}, {"-today", "2026-12-14", "--", "hoy"}} {
		today, texts, err := p.understandArgs(args)
		if err != nil || today.String() != "2026-12-14" || len(texts) != 1 || texts[0] != "hoy" {
			t.Errorf("%q: %s, %q, %v", args, today, texts, err)
		}
	}
	if today, texts, err := p.understandArgs(nil); err != nil || today.IsZero() || len(texts) != 0 {
		t.Errorf("no arguments: %s, %q, %v", today, texts, err)
	}
}

func TestUnderstandAnswersTheLinesThatCanBeRead(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	in := `{"text":"mañana","today":"2027-01-04"}

{"text":"hola"
{"today":"2027-01-04"}
{"text":"hoy"}
`
	err := understandLines(strings.NewReader(in), understanding.Context{Today: civil.New(2026, 12, 14)}, json.NewEncoder(&out), func() error { return nil })
	if err == nil || !strings.Contains(err.Error(), "line 3") || !strings.Contains(err.Error(), "line 4") {
		t.Errorf("the broken lines are reported as %v", err)
	}
	if got := out.String(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "2027-01-05") || !strings.Contains(got, "2026-12-14") {
		t.Errorf("answered %s", got)
	}
}

func TestUnderstandKnowsTheOwnersHolidays(t *testing.T) {
	setEnvironment(t, map[string]string{"HOLIDAYS": "2027-05-24"})
	code, out, complaint := invoke(t, functions, "understand", "--today", "2027-05-03", "finde largo")
	if code != exitOK || !strings.Contains(out, `"check_in":"2027-05-21","check_out":"2027-05-25"`) {
		t.Errorf("exit %d, %s%s", code, out, complaint)
	}
}

func TestHolidaysThatNobodyCanReadAreRefused(t *testing.T) {
	for _, value := range []string{secretOfTests, "2027-02-30", "2027-05-24,24/5/2027", "2027-11-20:", "-2027-11-20:2027-11-22", "2027-11-20:2028-11-22", "-2027-05-26"} {
		t.Run(value, func(t *testing.T) {
			some := production()
			some["HOLIDAYS"] = value
			setEnvironment(t, some)
			expectRefusal(t, functions, []string{"check"}, "HOLIDAYS must be days separated by commas: 2027-05-24 adds a holiday")
			expectRefusal(t, functions, []string{"understand", "--today", "2027-05-03", "finde largo"}, "HOLIDAYS must be")
		})
	}
}
