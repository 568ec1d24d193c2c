package web

import "github.com/eevans-d/sist-cabanas/shared/civil"

// Nights is a stretch of nights as clients read it.
type Nights struct {
	From civil.Date `json:"from" required:"true" description:"The first night"`
	To   civil.Date `json:"to" required:"true" description:"The day after the last night"`
}

// ShowNights makes stretches of nights what clients read. No stretch is an empty list, never null.
func ShowNights(all []civil.Nights) []Nights {
	shown := make([]Nights, len(all))
	for i, n := range all {
		shown[i] = Nights(n)
	}
	return shown
}
