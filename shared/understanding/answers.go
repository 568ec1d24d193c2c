package understanding

// answers reads a number that stands alone in the light of what was asked: guests or nights. Days and cabins are read so where
// they are found.
func (r *reader) answers() {
	if len(r.tokens) > 6 {
		return
	}
	switch r.Asked {
	case AskedGuests:
		if n := r.lonelyNumber(); n > 0 && n <= crowd && r.meaning.Guests == nil {
			r.meaning.Guests = &n
		}
	case AskedNights:
		if n := r.lonelyNumber(); n > 0 && n <= 60 && len(r.items) == 0 {
			r.items = append(r.items, item{sort: aLength, nights: n, at: len(r.tokens), end: len(r.tokens)})
		}
	}
}

// lonelyNumber returns the only number that was read as nothing, or the sum of "2 y 2"; 0 if there is none.
func (r *reader) lonelyNumber() int {
	sum, last := 0, -1
	for i := range r.tokens {
		n, ok := r.number(i)
		if !ok {
			continue
		}
		if last >= 0 && !(r.at(i-1).is(andRole|plusRole) || r.at(i-1).mark('+')) {
			return 0
		}
		sum, last = sum+n, i
	}
	return sum
}

// alone reports whether a text is hardly more than an answer to a question about dates.
func (r *reader) alone() bool {
	return len(r.tokens) <= 4 && (r.Asked == AskedDates || r.Asked == AskedCheckOut)
}
