package conversation

import (
	"strconv"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// maxPhotos of a cabin are sent at once.
const maxPhotos = 3

// photos shows the cabin that is talked about, or asks which.
func (t *talk) photos() {
	t.understood()
	cabins := t.askedOf()
	if len(cabins) == 1 {
		t.picture(&cabins[0])
		return
	}
	t.cabins(cabins)
}

// cabins lists what cabins there are, to be looked at.
func (t *talk) cabins(cabins []Cabin) {
	if len(cabins) == 1 {
		t.picture(&cabins[0])
		return
	}
	if len(cabins) == 0 {
		t.sorry()
		return
	}
	var rows []chat.Row
	var list []string
	for i := range cabins[:min(len(cabins), chat.MaxRows)] {
		c := &cabins[i]
		room := fill(t.w.UpTo, "guests", t.lang.Guests(c.Capacity))
		list = append(list, fill(t.w.FromPrice, "cabin", t.boldName(c.ID), "price", t.money(lowest(c), c.Currency), "guests", t.lang.Guests(c.Capacity)))
		rows = append(rows, chat.Row{ID: id("photos", id64(c.ID)), Title: chat.Cut(t.cabinName(c.ID), chat.MaxRowTitle), Description: room})
	}
	if !t.open() {
		t.ask(AskedPhotos)
	}
	t.choose(paragraphs(lines(list...), t.w.AskPhotos), t.w.SeeCabins, rows)
}

// picture shows a cabin: what it is under its first picture, and a few more of them.
func (t *talk) picture(c *Cabin) {
	t.Topics = []understanding.Topic{topicPhotos}
	if t.Step == AskedPhotos {
		t.Step = Idle
	}
	next := t.w.AskDatesHere
	if t.Wanted.whole() && t.Wanted.Held == "" {
		next = t.w.SayBook
	}
	about := paragraphs(
		lines(t.boldName(c.ID), capital(fill(t.w.UpTo, "guests", t.lang.Guests(c.Capacity))), amenities(c, 12)),
		owners(c.Description, maxText), next)
	w := t.Wanted
	w.Cabin = c.ID
	photos := inOrder(c.Photos)
	if len(photos) == 0 {
		t.say(about, t.button(t.w.MenuDates, "want", w.code()))
		return
	}
	if t.Step != AskedBook && t.Step != AskedName {
		t.Wanted.Cabin = c.ID
	}
	for i, p := range photos[:min(len(photos), maxPhotos)] {
		caption := safe(p.Caption, maxPlace)
		if i == 0 {
			caption = about
		}
		t.replies = append(t.replies, chat.Message{Kind: chat.FormImage, Body: caption, Image: &chat.Image{URL: p.URL}})
	}
}

// inOrder is the photos with the one that the owner likes best before all others.
func inOrder(photos []booking.Photo) []booking.Photo {
	var first, others []booking.Photo
	for _, p := range photos {
		switch {
		case p.URL == "":
		case p.Primary:
			first = append(first, p)
		default:
			others = append(others, p)
		}
	}
	return append(first, others...)
}

func id64(n int64) string { return strconv.FormatInt(n, 10) }
