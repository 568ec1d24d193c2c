package understanding

// kin: "mi mujer", "mis padres", "un amigo": people who come with whoever writes. They are counted where they come along, not
// where they are only spoken of.
func (r *reader) kin(i int) (part, bool) {
	if !r.at(i).is(myRole) {
		return part{}, false
	}
	t := r.at(i + 1)
	n := 0
	switch {
	case t.is(kinTwoRole):
		n = 2
	case t.is(kinRole):
		n = 1
	}
	if n == 0 || !r.comesAlong(i) {
		return part{}, false
	}
	return part{kind: kinRole, n: n, at: i, end: i + 2}, true
}

// comesAlong reports whether "con", "yo", "somos" or "para" is near a relative: "con mi mujer", "mi novia y yo".
func (r *reader) comesAlong(i int) bool {
	for k := i - 1; k >= i-3; k-- {
		t := r.at(k)
		if t.is(withRole) && r.talks(k-1) {
			return false
		}
		if t.is(withRole|meRole) && (t.text != "me" || r.tongue == inEnglish) || t.is(areRole) || t.is(forRole) && !t.is(inRole) || t.is(andRole) && (r.at(k-1).use == asParty || r.at(k-1).is(kinRole)) || t.mark(',') && r.at(k-1).use == asParty || t.mark('+') {
			return true
		}
		if t.kind == aNumber && t.use == unread || t.kind == aMark {
			break
		}
	}
	return r.meToo(i)
}

// talks: "lo charlo con mi marido".
func (r *reader) talks(i int) bool {
	switch r.at(i).text {
	case "charlo", "charlamos", "hablamos", "consultamos", "decidimos", "vimos", "hable", "hablo", "consulto", "converso", "veo", "hablar", "charlar", "consultar", "charle", "decido", "organizo", "arreglo", "verlo", "hablarlo", "charlarlo", "consultarlo":
		return true
	}
	return false
}

// meToo finds the "yo" of a list of relatives: "yo, mi esposa y mis hijos", "mi marido, mi hijo de 12 y yo".
func (r *reader) meToo(i int) bool {
	for k := i - 1; k >= i-4; k-- {
		if t := r.at(k); (t.text == "yo" || t.text == "eu") && (r.at(k+1).is(andRole) || r.at(k+1).mark(',')) {
			return true
		}
	}
	for k := i + 3; k <= i+10; k++ {
		if t := r.at(k); (t.is(meRole) && t.text != "me" || t.text == "me" && r.tongue == inEnglish) && (r.at(k-1).is(andRole) || r.at(k-1).mark(',')) {
			return true
		}
	}
	return false
}

// tally is what parts add up to.
type tally struct {
	total            int
	adults, children int
	babies           int
	couples, friends int
	kin              int
	more             int // what is added to the total
	said             role
}

// count adds the parts up.
func (r *reader) count(parts []part) {
	var t tally
	additive := false
	for i, p := range parts {
		whole := p.kind == areRole || p.kind == forRole || p.kind == peopleRole || p.kind == friendRole
		t.said |= p.kind
		switch p.kind {
		case areRole, forRole, peopleRole:
			t.add(p)
		case friendRole:
			t.friends += p.n
		case adultRole:
			t.adults += p.n
		case childRole:
			t.children += p.n
		case babyRole:
			t.babies += p.n
		case coupleRole:
			t.couples += p.n
		case kinRole:
			t.kin += p.n
		}
		if whole || i == 0 {
			additive = false
			continue
		}
		before := parts[i-1]
		beforeWhole := before.kind == areRole || before.kind == forRole || before.kind == peopleRole
		switch {
		case beforeWhole && p.with:
			additive = p.kind != babyRole && before.n-p.n < 2
		case beforeWhole:
			additive = p.followed
		}
		if additive && p.kind != babyRole {
			t.more += p.n
		}
	}
	r.conclude(t, parts)
}

// add takes a total: the last that was said with "somos", else with "para", else of "personas".
func (t *tally) add(p part) {
	rank := func(kind role) int {
		switch kind {
		case areRole:
			return 3
		case peopleRole:
			return 2
		default:
			return 1
		}
	}
	best := 0
	for _, kind := range [...]role{areRole, peopleRole, forRole} {
		if t.said&kind != 0 && kind != p.kind {
			best = max(best, rank(kind))
		}
	}
	if t.total == 0 || rank(p.kind) >= best {
		t.total = p.n
	}
}

func (r *reader) conclude(t tally, parts []part) {
	if len(parts) == 0 {
		return
	}
	guests := 0
	if last := parts[len(parts)-1]; t.friends > 0 && (r.at(last.end).is(andRole) && r.at(last.end+1).is(meRole) || r.at(parts[0].at-1).is(andRole|withRole|plusRole) && r.me(parts[0].at-2)) {
		t.friends++ // "3 amigos y yo", "para mí y un amigo"
	}
	switch listed := t.adults + t.children + t.couples + t.friends + r.relatives(t, parts); {
	case t.total > 0 && t.more > 0:
		guests = t.total + t.more
	case t.total > 0:
		guests = t.total
	case t.adults+t.couples+t.friends+t.kin > 0 || t.said&kinRole != 0:
		guests = listed
	case t.children > 0 && r.minePlus(parts):
		guests = listed + 1
	}
	if guests > 0 && guests <= 2*crowd && !r.uncounted(parts) {
		r.meaning.Guests = &guests
	}
	adults := t.adults + t.couples
	if t.children > 0 && t.kin > 0 && t.total == 0 {
		adults += r.relatives(t, parts)
	}
	if adults > 0 && (t.adults > 0 || t.children > 0) {
		r.meaning.Adults = &adults
	}
	if t.children > 0 {
		r.meaning.Children = &t.children
	}
	if t.babies > 0 {
		r.meaning.Babies = &t.babies
	}
}

// relatives counts whoever writes among the relatives, unless they go without him: "para mis padres".
func (r *reader) relatives(t tally, parts []part) int {
	if t.kin == 0 {
		return 0
	}
	for _, p := range parts {
		if p.kind == kinRole {
			if r.at(p.at-1).is(forRole) && !r.speaks() {
				return t.kin
			}
			break
		}
	}
	return t.kin + 1
}

// me reports whether whoever writes is named right at i: "yo", "para mí".
func (r *reader) me(i int) bool {
	t := r.at(i)
	return t.text == "yo" || t.text == "eu" || (t.text == "mi" || t.text == "mim" || t.text == "me") && r.at(i-1).is(forRole)
}

// speaks reports whether whoever writes says "yo".
func (r *reader) speaks() bool {
	for i := range r.tokens {
		if t := &r.tokens[i]; t.text == "yo" || t.text == "eu" || t.text == "mi" && r.at(i-1).is(forRole) && (r.at(i+1).kind != aWord || r.at(i+1).is(andRole)) {
			return true
		}
	}
	return false
}

// minePlus: "voy con mis dos hijos": whoever writes comes along.
func (r *reader) minePlus(parts []part) bool {
	for _, p := range parts {
		if p.kind == childRole && (p.with && (r.at(p.at-1).is(myRole) || r.at(p.at).is(myRole)) || r.at(p.end).is(andRole) && r.at(p.end+1).text == "yo") {
			return true
		}
	}
	return r.speaks()
}
