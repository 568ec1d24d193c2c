package ical_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/icalendar"
)

func TestAChannelReadsWhatIsTaken(t *testing.T) {
	t.Parallel()
	b := with(t, &fake{export: lists(2)})
	for _, path := range []string{
		feedPath, strings.TrimSuffix(feedPath, ".ics"), "/api/v1/ical/export/1/" + token, "/api/v1/ical/export/1/" + token + ".ics",
	} {
		a := b.get(path)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != "text/calendar; charset=utf-8" ||
			a.header.Get("Content-Disposition") != `inline; filename="bosque.ics"` || a.header.Get("Cache-Control") != "private, max-age=300" ||
			a.header.Get("Content-Length") != strconv.Itoa(len(a.body)) {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
		read, err := icalendar.Read([]byte(a.body), icalendar.Options{Zone: time.UTC, From: civil.New(2026, 1, 1), Until: civil.New(2028, 1, 1)})
		if err != nil || len(read.Skipped) > 0 || len(read.Events) != 3 {
			t.Fatalf("%v %+v\n%s", err, read, a.body)
		}
		first, last := read.Events[0], read.Events[2]
		if first.UID != "stay-a.1@cabins.test" || first.Summary != "Reservado" || first.Nights != nights(2026, 12, 4, 2) {
			t.Errorf("%+v", first)
		}
		if last.UID != "closed.1@cabins.test" || last.Summary != "Bloqueado" || last.Nights != nights(2027, 1, 10, 5) {
			t.Errorf("%+v", last)
		}
	}
}

func TestACabinWithoutANameInURLsIsCalledByItsNumber(t *testing.T) {
	t.Parallel()
	b := with(t, &fake{export: func(int64, string) (calendar.Export, error) {
		return calendar.Export{FeedID: 1, AccommodationID: 12}, nil
	}})
	a := b.get("/api/v1/ical/12/" + token + ".ics")
	if a.status != http.StatusOK || a.header.Get("Content-Disposition") != `inline; filename="12.ics"` || !strings.Contains(a.body, "BEGIN:VCALENDAR") {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
}

func TestWhoHasTheFeedAlreadyIsToldSo(t *testing.T) {
	t.Parallel()
	f := &fake{export: lists(1)}
	b := with(t, f)
	tag := b.get(feedPath).header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) || len(tag) < 10 {
		t.Fatalf("the tag is %s", tag)
	}
	for _, held := range [][]string{
		{tag}, {"W/" + tag}, {`"x", ` + tag}, {`"x",W/` + tag + `,"y"`}, {"*"}, {`"x"`, tag},
	} {
		var headers []string
		for _, value := range held {
			headers = append(headers, "If-None-Match", value)
		}
		a := b.get(feedPath, headers...)
		if a.status != http.StatusNotModified || a.body != "" || a.header.Get("ETag") != tag || a.header.Get("Cache-Control") == "" || a.header.Get("Content-Type") != "" {
			t.Errorf("%q: %d %v %q", held, a.status, a.header, a.body)
		}
	}
	for _, other := range []string{`"x"`, strings.ToUpper(tag), strings.Trim(tag, `"`)} {
		if a := b.get(feedPath, "If-None-Match", other); a.status != http.StatusOK {
			t.Errorf("%s: %d", other, a.status)
		}
	}
	b.clock.move(24 * time.Hour)
	if a := b.get(feedPath, "If-None-Match", tag); a.status != http.StatusNotModified {
		t.Errorf("a day later nothing has changed, but: %d\n%s", a.status, a.body)
	}
	f.export = lists(2)
	if a := b.get(feedPath, "If-None-Match", tag); a.status != http.StatusOK || a.header.Get("ETag") == tag {
		t.Errorf("what has changed is answered with %d %s", a.status, a.header.Get("ETag"))
	}
}

func TestNothingTellsWhatOfAnAddressIsWrong(t *testing.T) {
	t.Parallel()
	looks := 0
	f := &fake{export: func(cabin int64, asked string) (calendar.Export, error) {
		looks++
		return lists(1)(cabin, asked)
	}}
	b := with(t, f)
	want := b.get("/api/v1/ical/1/"+strings.Repeat("f", 32)+".ics").refusal(t, http.StatusNotFound, "not_found")
	for name, path := range map[string]string{
		"another cabin":       "/api/v1/ical/2/" + token + ".ics",
		"no number":           "/api/v1/ical/bosque/" + token + ".ics",
		"another spelling":    "/api/v1/ical/01/" + token + ".ics",
		"a sign":              "/api/v1/ical/+1/" + token + ".ics",
		"a very large number": "/api/v1/ical/99999999999999999999/" + token + ".ics",
		"a shorter token":     "/api/v1/ical/1/" + token[1:] + ".ics",
		"a longer token":      "/api/v1/ical/1/" + token + "0.ics",
		"large letters":       "/api/v1/ical/1/" + strings.ToUpper(token) + ".ics",
		"no token":            "/api/v1/ical/1/.ics",
		"twice the ending":    "/api/v1/ical/1/" + token + ".ics.ics",
		"another ending":      "/api/v1/ical/1/" + token + ".txt",
		"no text":             "/api/v1/ical/1/%00%ff" + token[4:] + ".ics",
		"the older way":       "/api/v1/ical/export/2/" + token,
	} {
		before := looks
		a := b.get(path)
		if got := a.refusal(t, http.StatusNotFound, "not_found"); got != want || a.header.Get("ETag") != "" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if looks != before+1 {
			t.Errorf("%s: the database was asked %d times", name, looks-before)
		}
	}
	if log := b.log.String(); strings.Contains(log, token) {
		t.Errorf("the log has a token: %s", log)
	}
}

func TestTroubleIsNoEmptyCalendar(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{"unavailable": fault.ErrUnavailable, "busy": fault.ErrBusy, "internal": errors.New("hunter2")} {
		b := with(t, &fake{export: func(int64, string) (calendar.Export, error) { return calendar.Export{}, err }})
		status := http.StatusServiceUnavailable
		if want == "internal" {
			status = http.StatusInternalServerError
		}
		if got := b.get(feedPath).refusal(t, status, want); strings.Contains(got, "hunter2") {
			t.Error(got)
		}
	}
}

func TestHeadTellsHowLongItWouldBe(t *testing.T) {
	t.Parallel()
	recorded := false
	b := with(t, &fake{export: lists(2), read: func(int64, time.Time) error { recorded = true; return nil }})
	a := b.do(t.Context(), http.MethodHead, feedPath, "")
	if a.status != http.StatusOK || a.body != "" || a.header.Get("ETag") == "" || recorded {
		t.Errorf("%d %v %q, recorded as read: %t", a.status, a.header, a.body, recorded)
	}
	if a.header.Get("Content-Length") != strconv.Itoa(len(b.get(feedPath).body)) {
		t.Errorf("%v", a.header)
	}
}

func TestAReadIsRecordedOnceAMinute(t *testing.T) {
	t.Parallel()
	var read []string
	f := &fake{export: lists(1), read: func(feedID int64, at time.Time) error {
		read = append(read, strconv.FormatInt(feedID, 10)+" "+at.Format(time.TimeOnly))
		return nil
	}}
	b := with(t, f)
	tag := b.get(feedPath).header.Get("ETag")
	b.get(feedPath)
	b.clock.move(time.Minute - 1)
	b.get(feedPath, "If-None-Match", tag)
	b.get("/api/v1/ical/1/" + strings.Repeat("f", 32) + ".ics")
	b.clock.move(1)
	b.get(feedPath, "If-None-Match", tag) // who has it already knows it all the same
	f.export = func(int64, string) (calendar.Export, error) {
		return calendar.Export{FeedID: 8, AccommodationID: 1}, nil
	}
	b.get("/api/v1/ical/1/" + strings.Repeat("e", 32) + ".ics")
	if got := strings.Join(read, ", "); got != "7 12:00:00, 7 12:01:00, 8 12:01:00" {
		t.Errorf("recorded are %s", got)
	}
}

func TestTheAnswerDoesNotWaitForTheRecord(t *testing.T) {
	t.Parallel()
	recording, over := make(chan struct{}), make(chan struct{})
	b := with(t, &fake{export: lists(1), read: func(int64, time.Time) error {
		close(recording)
		<-over
		return errors.New("hunter2 is too busy")
	}})
	server := start(t, b)
	response, err := server.Client().Get(server.URL + feedPath)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text := readAll(t, response.Body); !strings.HasSuffix(text, "END:VCALENDAR\r\n") || response.StatusCode != http.StatusOK {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	<-recording
	close(over)
	server.Close() // which waits for the handler
	if log := b.log.String(); !strings.Contains(log, "read_not_recorded") || !strings.Contains(log, `"status":200`) {
		t.Errorf("the log says %s", log)
	}
}

func TestAClientThatHasGoneIsNotOneThatHasRead(t *testing.T) {
	t.Parallel()
	b := with(t, &fake{export: func(int64, string) (calendar.Export, error) { return calendar.Export{}, context.Canceled }})
	gone, leave := context.WithCancel(t.Context())
	leave()
	if a := b.do(gone, http.MethodGet, feedPath, ""); a.status != 499 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
