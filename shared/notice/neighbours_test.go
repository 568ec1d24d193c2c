package notice_test

import (
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

func TestNeighboursReadAmountsDatesAndTimesInTheirWay(t *testing.T) {
	t.Parallel()
	today := civil.New(2026, time.November, 24)
	friday := civil.New(2026, time.December, 4)
	now := time.Date(2026, time.November, 24, 10, 0, 0, 0, time.FixedZone("ART", -3*60*60))
	pt, en := notice.Portuguese, notice.English
	for want, got := range map[string]string{
		"AR$ 120.000,50":     pt.Money(120_000_50, "ARS"),
		"AR$ 120,000.50":     en.Money(120_000_50, "ARS"),
		"R$ 99":              pt.Money(99_00, "BRL"),
		"sex 4/12":           pt.Date(friday, today),
		"sex 4/12/2026":      pt.Date(friday, civil.New(2027, time.January, 1)),
		"Fri 4 Dec":          en.Date(friday, today),
		"Fri 4 Dec 2026":     en.Date(friday, civil.New(2027, time.January, 1)),
		"14h":                pt.Clock(14 * time.Hour),
		"9h05":               pt.Clock(9*time.Hour + 5*time.Minute),
		"2 pm":               en.Clock(14 * time.Hour),
		"12:30 am":           en.Clock(30 * time.Minute),
		"12 pm":              en.Clock(12 * time.Hour),
		"às 10h30":           pt.Moment(now.Add(30*time.Minute), now, nil),
		"amanhã à 1h":        pt.Moment(now.Add(15*time.Hour), now, nil),
		"sex 4/12 às 10h":    pt.Moment(now.AddDate(0, 0, 10), now, nil),
		"10:30 am":           en.Moment(now.Add(30*time.Minute), now, nil),
		"tomorrow at 1 am":   en.Moment(now.Add(15*time.Hour), now, nil),
		"Fri 4 Dec at 10 am": en.Moment(now.AddDate(0, 0, 10), now, nil),
		"1 noite, 2 noites":  pt.Nights(1) + ", " + pt.Nights(2),
		"1 person, 2 people": en.Guests(1) + ", " + en.Guests(2),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
