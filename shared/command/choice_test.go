package command_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/command"
)

func questions() []command.Command {
	return []command.Command{
		because("K7M2QX", ""), because("K7M2QX", "no llegó: ni un peso"),
		received("K7M2QX", 6_000_000, false), received("K7M2QX", 50, true),
		{Verb: command.Unblock, Cabin: 2, Block: 17},
		block(2, "2027-01-03", "2027-01-05", "pintura: dos manos"), block(2, "2027-01-03", "2027-01-05", ""),
		everywhere("2027-01-03", "2027-01-05", ""),
	}
}

func TestAYesCarriesWhatItIsToAndForHowLong(t *testing.T) {
	t.Parallel()
	for _, asked := range questions() {
		id := command.Yes(asked, morning)
		for age, sure := range map[time.Duration]bool{0: true, 5 * time.Minute: true, 5*time.Minute + time.Second: false, -time.Hour: false} {
			want := asked
			want.Sure, want.Late = sure, !sure
			got := command.Parse("Sí", id, at(morning.Add(age)))
			if diff := cmp.Diff(want, got, cmp.Comparer(civil.Date.Equal)); diff != "" {
				t.Errorf("%s after %v:\n%s", id, age, diff)
			}
		}
	}
}

func TestAYesFitsIntoAButtonAndIntoARow(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ñandú ", 200)
	for _, c := range []command.Command{because("K7M2QX", long), block(2, "2027-01-03", "2027-01-05", long)} {
		id := command.Yes(c, morning)
		if len(id) > 2*chat.MaxRowID || len([]rune(id)) > chat.MaxRowID {
			t.Errorf("%d characters", len([]rune(id)))
		}
		if got := command.Parse("", id, at(morning)); !got.Sure || got.Verb != c.Verb || !strings.HasPrefix(got.Text, "ñandú ñandú") {
			t.Errorf("%+v", got)
		}
	}
}

func TestWhatSaysSomethingIsAsIfItHadBeenWritten(t *testing.T) {
	t.Parallel()
	if got := command.Parse("Ver", command.Say("aprobar K7M2QX"), at(morning)); !cmp.Equal(got, about(command.Approve, "K7M2QX")) {
		t.Errorf("%+v", got)
	}
}

func TestADamagedIDDoesNothing(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"owner:yes:", "owner:yes:reject", "owner:yes:reject:x:K7M2QX:", "owner:yes:reject:1795000000:k7m2qx:", "owner:yes:reject:1795000000::",
		"owner:yes:unblock:1795000000::2", "owner:yes:unblock:1795000000::-2:3", "owner:yes:block:1795000000::2:2027-01-05:2027-01-03:", "owner:yes:agenda:1795000000::",
		"owner:yes:approve:1795000000:K7M2QX:-5:", "owner:yes:block:1795000000::2:2027-01-05",
	} {
		if got := command.Parse("aprobar K7M2QX", id, at(morning)); !cmp.Equal(got, command.Command{}) {
			t.Errorf("%s: %+v", id, got)
		}
	}
	if got := command.Parse("hoy", "of:somebody:else", at(morning)); got.Verb != command.Agenda {
		t.Errorf("%+v", got)
	}
}
