package calendar_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/calendar"
	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// story makes up the history of a feed: what is sold and closed day by day, as a platform would list it, with what may go wrong
// in between.
type story struct {
	r        *rand.Rand
	name     string
	style    string // airbnb or booking
	now      time.Time
	stays    []calendar.Listed
	closure  civil.Nights // booking: what the host has not opened yet
	midnight int          // at which hour of UTC the host's day begins
	serial   int
	trace    []revision
}

func newStory(seed uint64, style string) *story {
	s := &story{name: fmt.Sprint(style, " ", seed), r: rand.New(rand.NewPCG(seed, 7)), style: style, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	s.midnight = 22 + s.r.IntN(4)
	if style == "booking" && s.r.IntN(2) == 0 {
		from := s.today().AddDays(100 + s.r.IntN(200))
		s.closure = civil.Nights{From: from, To: s.today().AddDays(400 + s.r.IntN(150))}
	}
	for range 3 + s.r.IntN(25) {
		s.book()
	}
	return s
}

func (s *story) today() civil.Date { return civil.Of(s.now, time.UTC) }

// book sells a stay in a gap.
func (s *story) book() {
	for range 50 {
		length := 1 + s.r.IntN(6)
		if s.r.IntN(12) == 0 {
			length += s.r.IntN(25)
		}
		from := s.today().AddDays(int(float64(170) * s.r.Float64() * s.r.Float64()))
		n := civil.Nights{From: from, To: from.AddDays(length)}
		free := !n.Overlaps(s.closure)
		for _, other := range s.stays {
			free = free && !n.Overlaps(other.Nights)
		}
		if free {
			s.serial++
			s.stays = append(s.stays, calendar.Listed{UID: fmt.Sprintf("1418fb94e984-%032x@airbnb.com", s.serial), Nights: n, Kind: calendar.Reserved, Sure: true})
			return
		}
	}
}

// cancel takes a stay away.
func (s *story) cancel() {
	if len(s.stays) > 1 {
		i := s.r.IntN(len(s.stays))
		s.stays = slices.Delete(s.stays, i, i+1)
	}
}

// alter moves a stay by some days, if there is room.
func (s *story) alter() {
	if len(s.stays) == 0 {
		return
	}
	i := s.r.IntN(len(s.stays))
	n := s.stays[i].Nights
	n.From, n.To = n.From.AddDays(s.r.IntN(5)-2), n.To.AddDays(s.r.IntN(5)-2)
	if !n.Valid() || n.Overlaps(s.closure) {
		return
	}
	for j, other := range s.stays {
		if j != i && n.Overlaps(other.Nights) {
			return
		}
	}
	s.stays[i].Nights = n
}

// listed is the calendar as the platform writes it now.
func (s *story) listed() []calendar.Listed {
	day := civil.Of(s.now.Add(time.Duration(24-s.midnight)*time.Hour), time.UTC)
	if s.style == "airbnb" {
		list := []calendar.Listed{
			{UID: "7f662ec65913-horizon@airbnb.com", Nights: civil.Nights{From: day.AddDays(365), To: day.AddDays(730)}, Kind: calendar.Blocked},
			{UID: "7f662ec65913-notice@airbnb.com", Nights: civil.Nights{From: day, To: day.AddDays(1)}, Kind: calendar.Blocked},
		}
		for _, e := range s.stays {
			if !e.Nights.To.Before(day) {
				list = append(list, e)
			}
		}
		return list
	}
	nights := []civil.Nights{s.closure}
	for _, e := range s.stays {
		nights = append(nights, e.Nights)
	}
	slices.SortFunc(nights, func(a, b civil.Nights) int { return a.From.Compare(b.From) })
	var list []calendar.Listed
	for _, n := range nights {
		if n.From.Before(day) {
			n.From = day
		}
		if last := len(list) - 1; last >= 0 && n.From == list[last].Nights.To && s.serial%2 == 0 {
			list[last].Nights.To = n.To
		} else if n.Valid() {
			list = append(list, calendar.Listed{Nights: n, Kind: calendar.Reserved})
		}
	}
	for i := range list {
		sum := sha256.Sum256([]byte(list[i].Nights.From.String()))
		list[i].UID = hex.EncodeToString(sum[:16]) + "@booking.com"
	}
	return list
}

// see writes down what a fetch sees now.
func (s *story) see(status string, events []calendar.Listed) {
	if last := len(s.trace) - 1; last >= 0 && s.trace[last].status == status && slices.Equal(s.trace[last].events, events) {
		s.trace[last].until = s.now
		return
	}
	r := revision{at: s.now, until: s.now, status: status, events: events}
	r.index()
	s.trace = append(s.trace, r)
}

func (s *story) seeAll() { s.see("ok", s.listed()) }

// wait lets time pass until the next fetch, and life go on.
func (s *story) wait(d time.Duration) { s.now = s.now.Add(d + time.Duration(s.r.IntN(60))*time.Second) }

// live goes on for some days, with a fetch every hour.
func (s *story) live(days int) {
	for end := s.now.AddDate(0, 0, days); s.now.Before(end); {
		s.wait(55 * time.Minute)
		s.stays = slices.DeleteFunc(s.stays, func(e calendar.Listed) bool { return e.Nights.To.Before(s.today().AddDays(-3)) })
		switch s.r.IntN(60) {
		case 0, 1:
			s.book()
		case 2:
			s.cancel()
		case 3:
			s.alter()
		case 4:
			if s.closure.Valid() {
				s.closure.To = s.today().AddDays(500)
			}
		}
		s.seeAll()
	}
}
