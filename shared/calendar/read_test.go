package calendar_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the machine may have no zones of its own

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// own is how the events of cabin 7 are named.
var own = calendar.Own{CabinID: 7, Host: "cabins.example"}

// event writes an event from lines.
func event(lines ...string) string {
	return "BEGIN:VEVENT\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\n"
}

// text writes a calendar.
func text(prodID string, events ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:" + prodID + "\r\n" + strings.Join(events, "") + "END:VCALENDAR\r\n")
}

const (
	march10 = "DTSTART;VALUE=DATE:20260310\r\nDTEND;VALUE=DATE:20260313"
	march20 = "DTSTART;VALUE=DATE:20260320\r\nDTEND;VALUE=DATE:20260322"
)

func buenosAires(tb testing.TB) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation("America/Argentina/Buenos_Aires")
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

func TestEventsAreToldApartByTheirShape(t *testing.T) {
	t.Parallel()
	const hex32 = "0123456789abcdef0123456789abcdef"
	for _, test := range []struct {
		name, source, prodID string
		lines                []string
		kind                 calendar.Kind
		sure                 bool
	}{
		{"an Airbnb stay", "airbnb", "-//Airbnb Inc//Hosting Calendar 1.0//EN", []string{"UID:1418fb94e984-" + hex32 + "@airbnb.com", "SUMMARY:Reserved", `DESCRIPTION:Reservation URL: https://www.airbnb.com/hosting/reservations/details/HMABC\nPhone Number (Last 4 Digits): 1234`}, calendar.Reserved, true},
		{"an Airbnb stay in another language, told by its address", "airbnb", "x", []string{"UID:new-" + hex32 + "@airbnb.com", "SUMMARY:Varattu", "DESCRIPTION:https://www.airbnb.com.ar/hosting/reservations/details/HMABC"}, calendar.Reserved, true},
		{"an Airbnb stay, told by its UID", "other", "x", []string{"UID:1418fb94e984-" + hex32 + "@airbnb.com", "SUMMARY:?"}, calendar.Reserved, true},
		{"an Airbnb stay, told by its word", "airbnb", "x", []string{"UID:1", "SUMMARY:Reserved"}, calendar.Reserved, true},
		{"an Airbnb block", "airbnb", "x", []string{"UID:7f662ec65913-" + hex32 + "@airbnb.com", "SUMMARY:Airbnb (Not available)"}, calendar.Blocked, false},
		{"an Airbnb block of before 2025", "airbnb", "x", []string{"UID:6fec1092d3fa-" + hex32 + "@airbnb.com", "SUMMARY:Reserved"}, calendar.Blocked, false},
		{"an Airbnb block, told by its words", "airbnb", "x", []string{"UID:1", "SUMMARY:Airbnb (No disponible)"}, calendar.Blocked, false},
		{"something on Airbnb", "airbnb", "x", []string{"UID:1", "SUMMARY:Hmm"}, calendar.Reserved, false},
		{"Booking.com does not tell", "booking", "-//admin.booking.com//EN", []string{"UID:" + hex32 + "@booking.com", "SUMMARY:CLOSED - Not available"}, calendar.Reserved, false},
		{"a Vrbo stay", "vrbo", "-//HomeAway.com, Inc.//EN", []string{"UID:6f49cda7-479e-454b-a6a3-39fa7feee5ed", "SUMMARY:Reserved - Anna"}, calendar.Reserved, true},
		{"an Abritel stay", "other", "-//HomeAway.com, Inc.//EN", []string{"UID:6f49cda7-479e-454b-a6a3-39fa7feee5ed", "SUMMARY:Réservée - Anne"}, calendar.Reserved, true},
		{"a Vrbo stay without a name", "vrbo", "x", []string{"UID:6f49cda7", "SUMMARY:Reserved"}, calendar.Reserved, false},
		{"a Vrbo block", "vrbo", "x", []string{"UID:6f49cda7", "SUMMARY:Blocked"}, calendar.Blocked, false},
		{"an Abritel block", "abritel", "x", []string{"UID:02292020-0229-2020-0305-202003052020", "SUMMARY:Indisponible"}, calendar.Blocked, false},
		{"a Vrbo block, told by its UID", "vrbo", "x", []string{"UID:02292020-0229-2020-0305-202003052020", "SUMMARY:?"}, calendar.Blocked, false},
		{"an inquiry on Abritel", "vrbo", "x", []string{"UID:6f49cda7", "SUMMARY:Provisoire - Anne"}, calendar.Blocked, false},
		{"a date in Google's calendar", "google", "-//Google Inc//Google Calendar 70.9054//EN", []string{"UID:abc@google.com", "SUMMARY:Reserved for the family", "STATUS:CONFIRMED"}, calendar.Reserved, false},
		{"a tentative date", "google", "x", []string{"UID:abc@google.com", "SUMMARY:Painters", "STATUS:TENTATIVE"}, calendar.Blocked, false},
		{"a channel manager's block", "guesty", "x", []string{"UID:1", "SUMMARY:Blocked by Guesty"}, calendar.Blocked, false},
		{"anything else", "other", "x", []string{"UID:1", "SUMMARY:Not available"}, calendar.Reserved, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f, skipped := calendar.Read(text(test.prodID, event(append(test.lines, march10)...)), test.source, buenosAires(t), today, own)
			uid := strings.TrimPrefix(test.lines[0], "UID:")
			want := list(calendar.Listed{UID: uid, Nights: nights(8, 11), Kind: test.kind, Sure: test.sure})
			if diff := cmp.Diff(want, f); diff != "" || len(skipped) > 0 {
				t.Error(diff, skipped)
			}
		})
	}
}

func TestWhatClosesNothingIsNotListed(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{
		"cancelled":         {"UID:1", "STATUS:CANCELLED", march10},
		"free time":         {"UID:1", "TRANSP:TRANSPARENT", march10},
		"ours":              {"UID:8c4e.7@cabins.example", march10},
		"ours, in capitals": {"UID:8c4e.7@CABINS.example", march10},
		"long past":         {"UID:1", "DTSTART;VALUE=DATE:20260128", "DTEND;VALUE=DATE:20260131"},
		"far ahead":         {"UID:1", "DTSTART;VALUE=DATE:20280928", "DTEND;VALUE=DATE:20281001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := calendar.Read(text("x", event(lines...), event("UID:2", march20)), "other", buenosAires(t), today, own)
			if len(f.Listed) != 1 || f.Listed[0].UID != "2" || f.Broken != "" || len(f.Unreadable) > 0 {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestWhatAnotherCabinOfOursSellsIsListed(t *testing.T) {
	t.Parallel()
	for _, uid := range []string{calendar.Own{CabinID: 17, Host: own.Host}.UID("8c4e"), "8c4e@" + own.Host, "8c4e.7@other.example"} {
		f, _ := calendar.Read(text("x", event("UID:"+uid, "SUMMARY:Reservado", march10)), "other", buenosAires(t), today, own)
		if len(f.Listed) != 1 || f.Listed[0].Kind != calendar.Reserved {
			t.Errorf("%s: %+v", uid, f)
		}
	}
}

func TestWhatCabinsOfOursPassOnKeepsItsName(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{
		"": "8c4e.7@cabins.example", "a1.17@cabins.example": "a1.17@cabins.example", "a1.17@other.example": "8c4e.7@cabins.example",
	} {
		if got := own.Name(calendar.Entry{UID: "8c4e", Origin: origin}); got != want {
			t.Errorf("%q is called %s, want %s", origin, got, want)
		}
	}
}

func TestAnEventThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	f, skipped := calendar.Read(text("x", event("UID:1", "DTSTART;VALUE=DATE:20261399"), event("UID:2", march20), event("SUMMARY:x")), "other", buenosAires(t), today, own)
	if diff := cmp.Diff([]string{"1", ""}, f.Unreadable); diff != "" || len(skipped) != 2 || len(f.Listed) != 1 {
		t.Errorf("%+v, skipped %+v", f, skipped)
	}
}

func TestPagesAndMessagesWithStatus200AreNoCalendars(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<!DOCTYPE html><html><body>Sign in</body></html>", `{"code":500,"message":"x"}`, "OK", "\x00\x01\x02"} {
		f, _ := calendar.Read([]byte(body), "airbnb", buenosAires(t), today, own)
		if f.Broken == "" || !strings.HasSuffix(f.Broken, ".") || len(f.Listed) > 0 {
			t.Errorf("%q: %+v", body, f)
		}
		kept := newFeed(sold("a", 3, 6))
		kept.getFor(24*time.Hour, f)
		kept.expect(t, "3-6")
	}
}

// TestATextThatIsCutOffFreesNothing cuts a feed at every byte.
func TestATextThatIsCutOffFreesNothing(t *testing.T) {
	t.Parallel()
	whole := text("-//Airbnb Inc//Hosting Calendar 1.0//EN",
		event("UID:1418fb94e984-1@airbnb.com", march10, "SUMMARY:Reserved"), event("UID:1418fb94e984-2@airbnb.com", march20, "SUMMARY:Reserved"))
	zone := buenosAires(t)
	read := func(text []byte) calendar.Fetched {
		f, _ := calendar.Read(text, "airbnb", zone, today, own)
		return f
	}
	end := len(whole) - len("\r\n") // the last line is whole without its break
	for n := range end {
		f := newFeed()
		f.get(read(whole))
		f.getFor(8*time.Hour, read(whole[:n]))
		if f.closed() != "8-11 18-20" || !f.quarantined() {
			t.Fatalf("cut at byte %d of %d, closed are %q", n, len(whole), f.closed())
		}
		if f.get(read(whole)); f.quarantined() {
			t.Fatal("still in quarantine")
		}
	}
}

func TestNightsAreTheCabins(t *testing.T) {
	t.Parallel()
	f, _ := calendar.Read(text("x", event("UID:1", "DTSTART:20260311T010000Z", "DTEND:20260313T130000Z")), "other", buenosAires(t), today, own)
	if len(f.Listed) != 1 || f.Listed[0].Nights != (civil.Nights{From: civil.New(2026, time.March, 10), To: civil.New(2026, time.March, 13)}) {
		t.Errorf("%+v", f)
	}
}
