package function_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/function"
)

// flagged is a task with flags.
func flagged(flags ...function.Flag) function.Function {
	return task(function.Spec{Name: "sync", Summary: "s", Timeout: time.Second, Flags: flags}, nil)
}

var (
	feed = function.Flag{Name: "feed", Value: function.ID, Help: "h"}
	day  = function.Flag{Name: "from-day", Value: "DATE", Help: "h"}
	dry  = function.Flag{Name: "dry-run", Help: "h"}
)

func TestWhatIsSaidToATaskIsRead(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]function.Values{
		"":                                {},
		"--feed 3":                        {"feed": "3"},
		"--feed=3":                        {"feed": "3"},
		"-feed 3":                         {"feed": "3"},
		"-feed=3 -dry-run":                {"feed": "3", "dry-run": ""},
		"--dry-run --from-day 2026-12-04": {"dry-run": "", "from-day": "2026-12-04"},
		"--from-day=a=b --feed 0009":      {"from-day": "a=b", "feed": "0009"},
		"--feed 9223372036854775807":      {"feed": "9223372036854775807"},
	} {
		got, err := flagged(feed, day, dry).ParseArgs(strings.Fields(line))
		if err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%q: %v, %v", line, got, err)
		}
	}
	got, _ := flagged(feed, dry).ParseArgs([]string{"--feed", "12"})
	if got.ID("feed") != 12 || !got.Has("feed") || got.Has("dry-run") || got.ID("dry-run") != 0 || function.Values(nil).Has("feed") {
		t.Errorf("%v", got)
	}
}

func TestWhatATaskDoesNotTakeIsOneLineThatSaysWhatItTakes(t *testing.T) {
	t.Parallel()
	all := "it takes: --feed ID, --from-day DATE, --dry-run"
	for line, want := range map[string]string{
		"--fed 3":                     `sync does not take "--fed"; ` + all,
		"--feeds=3":                   `sync does not take "--feeds=3"; ` + all,
		"3":                           `sync does not take "3"; ` + all,
		"--feed 3 4":                  `sync does not take "4"; ` + all,
		"--help":                      `sync does not take "--help"; ` + all,
		"---feed 3":                   `sync does not take "---feed"; ` + all,
		"-- --feed 3":                 `sync does not take "--"; ` + all,
		"--feed":                      "sync: --feed lacks its value: --feed ID",
		"--feed --dry-run":            "sync: --feed lacks its value: --feed ID",
		"--feed=":                     `sync: --feed must be a whole number from 1 on, not ""`,
		"--feed three":                `sync: --feed must be a whole number from 1 on, not "three"`,
		"--feed 0":                    `sync: --feed must be a whole number from 1 on, not "0"`,
		"--feed=-3":                   `sync: --feed must be a whole number from 1 on, not "-3"`,
		"--feed 99999999999999999999": `sync: --feed must be a whole number from 1 on, not "99999999999999999999"`,
		"--from-day=":                 `sync: --from-day must be something, not ""`,
		"--feed 3 --feed 4":           "sync: --feed is given twice",
		"--dry-run --dry-run":         "sync: --dry-run is given twice",
		"--dry-run=false":             "sync: --dry-run takes no value; leave it out where it is not meant",
	} {
		if _, err := flagged(feed, day, dry).ParseArgs(strings.Fields(line)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", line, err, want)
		}
	}
	if _, err := flagged().ParseArgs([]string{"now"}); err == nil || err.Error() != `sync does not take "now"; it takes no arguments` {
		t.Errorf("got %v", err)
	}
	if _, err := flagged(feed).ParseArgs([]string{"--feed", "a\nb"}); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("not one line: %v", err)
	}
}

func TestFlagsThatNobodyCouldTypeAreNamed(t *testing.T) {
	t.Parallel()
	const form = "must have a name of lower-case letters and digits, with single hyphens in between"
	for _, test := range []struct {
		want  string
		flags []function.Flag
	}{
		{`"" ` + form, []function.Flag{{Help: "h"}}},
		{`"--feed" ` + form, []function.Flag{{Name: "--feed", Help: "h"}}},
		{`"Feed" ` + form, []function.Flag{{Name: "Feed", Help: "h"}}},
		{`"a=b" ` + form, []function.Flag{{Name: "a=b", Help: "h"}}},
		{`"feed" is there twice`, []function.Flag{feed, dry, feed}},
		{`"feed" does not say what it does`, []function.Flag{{Name: "feed", Value: "ID"}}},
		{`"feed" must have a value that is written in capitals, or none`, []function.Flag{{Name: "feed", Value: "an id", Help: "h"}}},
	} {
		if d := cmp.Diff([]string{"sync: flag " + test.want}, found(flagged(test.flags...))); d != "" {
			t.Error(d)
		}
	}
	if got := found(flagged(feed, day, dry)); got != nil {
		t.Errorf("got %q", got)
	}
	s := spec("reserve", "GET /a")
	s.Flags = []function.Flag{dry}
	if d := cmp.Diff([]string{"reserve: only tasks have flags"}, found(served(s, nothing))); d != "" {
		t.Error(d)
	}
}
