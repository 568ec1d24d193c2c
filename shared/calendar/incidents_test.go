package calendar_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// incident is something that goes wrong with a feed, or looks as if it did.
type incident struct {
	name   string
	styles string // which feeds it can happen to; "" = any
	happen func(s *story)
	// real: the nights are lost for good, and nobody can know it at first. The mirror may hold them in vain for six hours.
	real bool
}

// without lists the calendar for a while without the events that are lost.
func (s *story) without(d time.Duration, lost func(i int, e calendar.Listed) bool) {
	for end := s.now.Add(d); s.now.Before(end); {
		left := slices.DeleteFunc(s.listed(), func(e calendar.Listed) bool { return lost(e.Nights.To.Sub(epoch), e) })
		s.see("ok", left)
		s.wait(min(55*time.Minute, max(end.Sub(s.now)-time.Minute, time.Minute)))
	}
}

func all(int, calendar.Listed) bool { return true }

func incidents() []incident {
	list := []incident{
		{name: "nothing", happen: func(*story) {}},
		{name: "a wipe in steps", happen: func(s *story) {
			s.without(time.Hour, func(i int, _ calendar.Listed) bool { return i%5 < 2 })
			s.without(2*time.Hour, all)
		}},
		{name: "two wipes an hour apart", happen: func(s *story) {
			for range 2 {
				s.without(90*time.Minute, all)
				s.seeAll()
				s.wait(time.Hour)
			}
		}},
		{name: "a wipe that heals by parts", happen: func(s *story) {
			s.without(time.Hour, all)
			s.without(time.Hour, func(i int, _ calendar.Listed) bool { return i%2 == 0 })
			s.without(time.Hour, func(i int, _ calendar.Listed) bool { return i%4 == 0 })
		}},
		{name: "a wipe that heals by half and comes back for longer", happen: func(s *story) {
			s.without(4*time.Hour, all)
			s.without(time.Hour, func(i int, _ calendar.Listed) bool { return i%2 == 0 })
			s.without(4*time.Hour, all)
		}, real: true},
		{name: "a wipe in which life goes on", happen: func(s *story) {
			for i := range 4 {
				if i > 0 {
					s.alter()
					s.book()
				}
				s.without(time.Hour, func(i int, e calendar.Listed) bool { return i%4 != 0 })
			}
		}},
		{name: "errors for three hours, and an empty calendar for two", happen: func(s *story) {
			s.see("error", nil)
			s.wait(3 * time.Hour)
			s.without(2*time.Hour, all)
		}},
		{name: "a web page for five hours", happen: func(s *story) { s.see("html", nil); s.wait(5*time.Hour + 50*time.Minute) }},
		{name: "an error in the middle of a wipe", happen: func(s *story) {
			s.without(time.Hour, all)
			s.see("error", nil)
			s.wait(time.Hour)
			s.without(time.Hour, all)
		}},
		{name: "near stays lost", happen: func(s *story) {
			s.without(3*time.Hour, func(_ int, e calendar.Listed) bool { return e.Nights.From.Before(s.today().AddDays(60)) })
		}},
		{name: "far stays lost", happen: func(s *story) {
			s.without(3*time.Hour, func(_ int, e calendar.Listed) bool { return !e.Nights.From.Before(s.today().AddDays(30)) })
		}},
		{name: "a season that is opened", styles: "booking", happen: func(s *story) {
			s.closure = civil.Nights{From: s.today().AddDays(10 + s.r.IntN(30)), To: s.today().AddDays(420)}
			s.stays = slices.DeleteFunc(s.stays, func(e calendar.Listed) bool { return e.Nights.Overlaps(s.closure) })
			s.seeAll()
			s.wait(30 * time.Hour)
			closed := s.closure
			s.closure = civil.Nights{}
			for d := closed.From.AddDays(s.r.IntN(3)); d.Before(closed.To); d = d.AddDays(20 + s.r.IntN(40)) {
				s.stays = append(s.stays, calendar.Listed{UID: fmt.Sprint("bit", d), Nights: civil.Nights{From: d, To: d.AddDays(2)}, Kind: calendar.Reserved})
			}
		}},
		{name: "all UIDs made anew, for good", styles: "airbnb", happen: func(s *story) {
			for i := range s.stays {
				s.stays[i].UID = "again-" + s.stays[i].UID
			}
		}},
		{name: "all UIDs made anew at every fetch", happen: func(s *story) {
			for n := range 24 {
				list := s.listed()
				for i := range list {
					list[i].UID = fmt.Sprintf("%d-%s", n, list[i].UID)
				}
				s.see("ok", list)
				s.wait(time.Hour)
			}
		}},
		{name: "all a day late, for good", styles: "airbnb", happen: func(s *story) {
			for i := range s.stays {
				s.stays[i].Nights = shifted(s.stays[i].Nights, 1)
			}
		}},
		{name: "all a day late under new UIDs, for good", styles: "airbnb", happen: func(s *story) {
			for i := range s.stays {
				s.stays[i].Nights, s.stays[i].UID = shifted(s.stays[i].Nights, 1), "late-"+s.stays[i].UID
			}
		}},
		{name: "all a day late, for an hour", happen: func(s *story) {
			list := s.listed()
			for i := range list {
				list[i].Nights = shifted(list[i].Nights, 1)
			}
			s.see("ok", list)
			s.wait(time.Hour)
		}},
		{name: "one long stay lost, and the short ones not", styles: "airbnb", happen: func(s *story) {
			s.stays = slices.DeleteFunc(s.stays, func(e calendar.Listed) bool { return e.Nights.To.After(s.today().AddDays(30)) })
			n := civil.Nights{From: s.today().AddDays(60), To: s.today().AddDays(150)}
			s.stays = append(s.stays, calendar.Listed{UID: "long", Nights: n, Kind: calendar.Reserved, Sure: true})
			s.seeAll()
			s.wait(20 * time.Hour)
			s.without(3*time.Hour, func(_ int, e calendar.Listed) bool { return e.UID == "long" })
		}, real: true},
		{name: "a wipe of seven hours", happen: func(s *story) { s.without(7*time.Hour, all) }, real: true},
		{name: "most stays cancelled", styles: "airbnb", happen: func(s *story) { s.stays = s.stays[:len(s.stays)/3+1] }, real: true},
	}
	for _, d := range []time.Duration{16 * time.Minute, 31 * time.Minute, time.Hour, 2 * time.Hour, 5 * time.Hour, 5*time.Hour + 30*time.Minute} {
		list = append(list, incident{name: fmt.Sprintf("a wipe of %s", d), happen: func(s *story) { s.without(d, all) }})
		for _, share := range []int{2, 3, 4} {
			list = append(list, incident{name: fmt.Sprintf("one in %d is left for %s", share, d), happen: func(s *story) {
				s.without(d, func(i int, _ calendar.Listed) bool { return i%share != 0 })
			}})
		}
	}
	return list
}

func shifted(n civil.Nights, days int) civil.Nights {
	return civil.Nights{From: n.From.AddDays(days), To: n.To.AddDays(days)}
}
