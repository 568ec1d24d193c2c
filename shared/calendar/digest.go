package calendar

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// Digest stands for what a feed lists: two lists have the same one if they hold the same events, in whatever order. It is 32
// bytes long, also that of a list without events.
func Digest(listed []Listed) []byte {
	sum := sha256.New()
	var b []byte
	for _, l := range tidy(listed, civil.Date{}) {
		b = binary.AppendUvarint(b[:0], uint64(len(l.UID)))
		b = append(b, l.UID...)
		b = append(b, l.Nights.From.String()...)
		b = append(b, l.Nights.To.String()...)
		b = append(b, byte('0'+l.rank()))
		sum.Write(b)
	}
	return sum.Sum(nil)
}

// Digest is that of what the feed listed at the latest good fetch, as far as it is held.
func (s State) Digest() []byte {
	listed := make([]Listed, 0, len(s.Held))
	for _, h := range s.Held {
		if !h.Gone {
			listed = append(listed, h.Listed)
		}
	}
	return Digest(listed)
}
