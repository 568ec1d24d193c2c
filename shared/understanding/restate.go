package understanding

// grownRoles are of those who are no children.
const grownRoles = adultRole | coupleRole | friendRole | kinRole

// restated drops what a later and exact count says again: of "mi mujer y yo, con los dos chicos, o sea 2 adultos y 2 nenes" and
// "vamos con otra pareja, dos parejas" the last is what counts. What is added with "y", "con" or "más" says nothing again.
func (r *reader) restated(parts []part) []part {
	for n := len(parts) - 1; n > 0; n-- {
		p := parts[n]
		if p.followed || p.with || r.at(p.end).is(plusRole) || r.at(p.at).is(plusRole) {
			continue
		}
		switch grown := r.grown(parts[:n]); {
		case p.kind == adultRole && grown > 0 && p.n >= grown, p.kind == coupleRole && p.n >= 4 && grown > 0 && p.n >= grown:
			return r.without(parts, n, grownRoles)
		case p.kind == childRole && r.slip(parts[n-1].end, p.at):
			return r.without(parts, n, 0)
		}
	}
	return parts
}

// grown counts the adults among parts.
func (r *reader) grown(parts []part) int {
	sum, kin := 0, 0
	for _, p := range parts {
		switch {
		case p.kind == kinRole:
			kin += p.n
		case p.kind&grownRoles != 0:
			sum += p.n
		}
	}
	return sum + r.relatives(tally{kin: kin}, parts)
}

// without returns parts without those before n that were said again: the given kinds, and children where they are in the rest.
// A total that is less than the rest adds up to was that of a part.
func (r *reader) without(parts []part, n int, dropped role) []part {
	sum := 0
	for _, p := range parts[n:] {
		if p.kind == childRole {
			dropped |= childRole
		}
		if p.kind&(grownRoles|childRole) != 0 {
			sum += p.n
		}
	}
	kept := make([]part, 0, len(parts))
	for i, p := range parts {
		whole := p.kind&(areRole|forRole|peopleRole) != 0
		if i >= n || p.kind&dropped == 0 && !(whole && p.n < sum && dropped&grownRoles != 0) {
			kept = append(kept, p)
		}
	}
	return kept
}

// slip reports whether what stands between two counts puts the first right.
func (r *reader) slip(from, to int) bool {
	for i := from; i < to; i++ {
		switch r.at(i).text {
		case "perdon", "digo", "sorry", "mejor", "corrijo", "desculpa", "perdona":
			return true
		}
	}
	return false
}

// uncounted reports whether children come with those who were counted, and nobody says how many: "nosotros dos y los nenes".
func (r *reader) uncounted(parts []part) bool {
	i := parts[len(parts)-1].end
	if !r.at(i).is(andRole) && !r.at(i).mark('+') {
		return false
	}
	switch r.at(i + 1).text {
	case "los", "las", "mis", "nuestros", "nuestras", "unos", "os", "as", "the", "our", "my":
		t := r.at(i + 2)
		return t.is(childRole) && t.use == unread && t.text[len(t.text)-1] == 's' || r.says(i+2, "kids") || r.says(i+2, "children")
	}
	return false
}
