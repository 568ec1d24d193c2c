package chat_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

func TestEveryCodeHasItsVerdict(t *testing.T) {
	t.Parallel()
	for want, codes := range map[chat.Action][]int{
		chat.ActionTokenDead:     {0, 190},
		chat.ActionAlarm:         {3, 10, 200, 250, 299, 368, 131005, 131031, 131037, 131042, 131045, 131048, 133010, 133016},
		chat.ActionRateLimited:   {4, 80007, 130429},
		chat.ActionPairLimited:   {131056},
		chat.ActionRetry:         {1, 2, 131000, 131016, 131057, 999999},
		chat.ActionBug:           {100, 131008, 131009, 132000, 132012},
		chat.ActionTemplate:      {131047},
		chat.ActionUndeliverable: {131026, 130497},
		chat.ActionWithout9:      {131030},
		chat.ActionAskPhone:      {131062},
		chat.ActionMedia:         {131052, 131053},
		chat.ActionHeldBack:      {131049, 130472},
		chat.ActionStopped:       {131050},
		chat.ActionTemplateDown:  {132001, 132007, 132015, 132016},
		chat.ActionNever:         {131021, 131051, 132005},
	} {
		for _, code := range codes {
			if got := chat.Verdict(code); got != want {
				t.Errorf("%d: got %s, want %s", code, got, want)
			}
		}
		if want.Again() && want.Elsewhere() {
			t.Errorf("%s is both waited for and given up", want)
		}
	}
}

func TestPausesGrowAndEnd(t *testing.T) {
	t.Parallel()
	for _, action := range []chat.Action{chat.ActionRetry, chat.ActionRateLimited, chat.ActionPairLimited, chat.ActionTokenDead} {
		before := time.Duration(-1)
		for attempt := range 100 {
			pause := action.Pause(attempt)
			if pause < before || pause > time.Hour {
				t.Errorf("%s: %v before attempt %d", action, pause, attempt)
			}
			before = pause
		}
	}
	if p := chat.ActionPairLimited.Pause(2); p < 6*time.Second {
		t.Errorf("the pair's limit is paid back in %v", p)
	}
	if p := chat.ActionPairLimited.Pause(4); p != 64*time.Second {
		t.Errorf("got %v", p)
	}
}

func TestAFailureSaysWhatItIs(t *testing.T) {
	t.Parallel()
	f := &chat.Failure{Code: 131047, Subcode: 2, Status: 400, Action: chat.ActionTemplate, Trace: "Az", Ambiguous: true, Cause: io.EOF}
	if got := f.Error(); got != "whatsapp: template, status 400, code 131047/2 (trace Az), perhaps done: EOF" || !errors.Is(f, io.EOF) {
		t.Errorf("got %q", got)
	}
}

func TestTheWindowIsOpenFor24Hours(t *testing.T) {
	t.Parallel()
	now := sentAt
	for ago, want := range map[time.Duration]bool{0: true, 24*time.Hour - time.Second: true, 24 * time.Hour: false, 48 * time.Hour: false, -time.Minute: true} {
		if got := chat.WindowOpen(now.Add(-ago), now); got != want {
			t.Errorf("%v ago: got %v", ago, got)
		}
	}
	if chat.WindowOpen(time.Time{}, now) {
		t.Error("open to who has never written")
	}
}

func TestABacklogIsNotAnsweredAsIfItWereNew(t *testing.T) {
	t.Parallel()
	for ago, want := range map[time.Duration]chat.Age{
		-time.Hour: chat.Fresh, 0: chat.Fresh, 10 * time.Minute: chat.Fresh, 11 * time.Minute: chat.Late, 24*time.Hour - 1: chat.Late, 24 * time.Hour: chat.Stale, 96 * time.Hour: chat.Stale,
	} {
		if got := chat.AgeOf(sentAt.Add(-ago), sentAt); got != want {
			t.Errorf("%v ago: got %v", ago, got)
		}
	}
	if got := chat.AgeOf(time.Time{}, sentAt); got != chat.Fresh {
		t.Errorf("no time at all: got %v", got)
	}
}

func TestNewsThatComesLateChangesNothing(t *testing.T) {
	t.Parallel()
	const none = chat.State("")
	for _, test := range []struct {
		now, before chat.State
		want        bool
	}{
		{chat.Sent, none, true},
		{chat.Seen, none, true},
		{chat.Delivered, chat.Sent, true},
		{chat.Sent, chat.Delivered, false},
		{chat.Seen, chat.Delivered, true},
		{chat.Delivered, chat.Seen, false},
		{chat.Played, chat.Seen, true},
		{chat.Seen, chat.Seen, false},
		{chat.Failed, none, true},
		{chat.Failed, chat.Sent, true},
		{chat.Failed, chat.Delivered, false},
		{chat.Sent, chat.Failed, false},
		{chat.Delivered, chat.Failed, true},
		{chat.Deleted, chat.Seen, true},
		{chat.Seen, chat.Deleted, false},
	} {
		if got := test.now.After(test.before); got != test.want {
			t.Errorf("%s after %q: got %v", test.now, test.before, got)
		}
	}
}

func TestOnlyWhatAGuestSaysOpensTheWindow(t *testing.T) {
	t.Parallel()
	for kind, want := range map[chat.Kind]bool{
		chat.KindText: true, chat.KindReply: true, chat.KindAudio: true, chat.KindUnsupported: true, chat.KindOther: true,
		chat.KindReaction: false, chat.KindSystem: false, chat.KindEcho: false, chat.KindRevoke: false,
	} {
		if got := (chat.Inbound{Kind: kind}).OpensWindow(); got != want {
			t.Errorf("%s: got %v", kind, got)
		}
	}
	if (chat.Inbound{Kind: chat.KindText, GroupID: "G"}).OpensWindow() {
		t.Error("a group is nobody's window")
	}
	if (chat.Contact{BSUID: "AR.1", WaID: "54"}).Key() != "AR.1" || (chat.Contact{WaID: "54"}).Key() != "54" || (chat.Contact{Name: "Ana"}).Key() != "" {
		t.Error("somebody is known by something else")
	}
}
