package understanding

// crowd is the most guests that a number may mean.
const crowd = 60

// part is a number of guests of one kind, or of all.
type part struct {
	kind     role // of what was counted; areRole and forRole for a total
	n        int  // how many guests that is
	at, end  int
	followed bool // by "y" or "más": what it is added to comes before it
	with     bool // after "con"
}

// party counts who comes. A total that was said ("somos 5") counts for all; what is added to it ("somos 2 y un nene") is more,
// and what is listed after it ("somos 5, 2 adultos y 3 nenes") is not. Babies are no guests.
func (r *reader) party() {
	r.pets()
	var parts []part
	for i := 0; i < len(r.tokens); {
		if r.tokens[i].use == unread {
			if p, ok := r.part(i); ok {
				p.followed, p.with = r.joined(i)
				parts = append(parts, p)
				r.take(i, p.end, asParty)
				i = p.end
				continue
			}
		}
		i++
	}
	if len(parts) == 1 && parts[0].kind == childRole && r.youth(parts[0]) {
		parts[0].kind = areRole
	}
	r.count(r.restated(parts))
}

// youth reports whether "somos 4 pibes" counts all who come: who says it is one of them.
func (r *reader) youth(p part) bool {
	return r.at(p.at-1).is(areRole) && r.at(p.at-1).text != "son" && r.at(p.at).number > 1
}

// joined looks at what stands before a part.
func (r *reader) joined(i int) (and, with bool) {
	for k := i - 1; k >= i-3; k-- {
		t := r.at(k)
		switch {
		case t.is(andRole|plusRole) || t.mark('+') || t.mark('&'):
			return true, false
		case t.is(withRole):
			return false, true
		case t.is(theRole | myRole), t.text == "las", t.text == "tambien":
		default:
			return false, false
		}
	}
	return false, false
}

func (r *reader) part(i int) (part, bool) {
	for _, read := range [...]func(int) (part, bool){r.total, r.altogether, r.listed, r.grouped, r.lonely, r.kin, r.trailing, r.oneBaby} {
		if p, ok := read(i); ok {
			return p, true
		}
	}
	return part{}, false
}

// quantity reads "3", "2 o 3", "4/5", "4 a 6": of two, the larger, as all shall have a bed.
func (r *reader) quantity(i int) (n, end int, ok bool) {
	n, ok = r.number(i)
	if !ok || n > crowd {
		return 0, 0, false
	}
	end = i + 1
	if r.at(end).is(orRole) || r.says(end, "a") || r.at(end).mark('/') || r.at(end).mark('-') || r.says(end, "ou") {
		if more, ok := r.number(end + 1); ok && more > n && more <= crowd && r.at(end+1).use == unread {
			return more, end + 2, true
		}
	}
	if plus := r.at(end); plus.mark('+') && !plus.gap && !r.at(end+1).gap {
		if more, ok := r.number(end + 1); ok && n+more <= crowd && !r.at(end+2).is(countedRole) {
			return n + more, end + 2, true // "somos 2+1"
		}
	}
	return n, end, true
}

// total: "somos 4", "vamos a ser cinco", "para 2", "x 4", "familia de 5", "cabaña de 4".
func (r *reader) total(i int) (part, bool) {
	t := r.at(i)
	kind, i := r.totals(i)
	if kind == 0 {
		return part{}, false
	}
	k := i + 1
	for n := 0; n < 4 && r.filler(k); n++ {
		k++
	}
	n, end, ok := r.quantity(k)
	if more, both := r.number(end + 1); ok && both && r.at(k-1).text == "entre" && r.at(end).is(andRole) && more > n && more <= crowd {
		n, end = more, end+2
	}
	if !ok || kind == forRole && vague(r.at(k)) || r.at(end).is(countedRole&^peopleRole|dayRole) || r.at(end).mark('/') && !r.at(end+1).is(countedRole) {
		return part{}, false
	}
	if r.at(end).is(plusRole) && (r.ends(end+1) || r.at(end+1).is(peopleRole)) || r.says(end, "menos") {
		return part{}, false // "vamos a ser dos más"
	}
	if vague(r.at(k)) && !(t.is(areRole) && r.at(end).is(personRoles)) && r.at(k).text != "uno" {
		return part{}, false // "son un amor"
	}
	if r.monthAt(end) != 0 || r.at(end).is(plusRole) && vague(r.at(k)) || r.at(k).text == "uno" && r.at(end).is(plusRole) || r.ordinalEnding(end) || r.at(end).is(orRole) && r.at(k).digits == 0 && t.is(inRole) {
		return part{}, false
	}
	if r.at(end).is(peopleRole) {
		end++
	}
	if many := r.at(i - 2).number; t.text == "familias" && many > 1 && many*n <= crowd {
		n *= many // "dos familias de cuatro"
	}
	return part{kind: kind, n: n, at: i, end: end}, true
}

// totals reads what stands before a total: areRole if it counts who comes, forRole if it says for how many, and the last token of it.
func (r *reader) totals(i int) (kind role, last int) {
	switch t := r.at(i); {
	case t.is(areRole) && !r.refuses(i), r.fits(i):
		return areRole, i
	case t.is(forRole) && r.at(i+1).mark('/') && !r.at(i+1).gap:
		return forRole, i + 1 // "p/ 2"
	case t.is(forRole):
		return forRole, i
	case t.is(familyRole) && r.at(i+1).is(ofRole):
		return areRole, i + 1
	case t.is(familyRole):
		return areRole, i
	case t.is(cabinRole) && r.at(i+1).is(ofRole):
		return forRole, i + 1
	default:
		return 0, i
	}
}

// fits: "entran 5?" beside a date says how many would come; without one it asks how big the cabin is.
func (r *reader) fits(i int) bool {
	switch r.at(i).text {
	case "entran", "caben", "duermen", "cabem", "cabrian", "entrarian":
		return len(r.items) > 0
	}
	return false
}

// altogether: "8 en total", "2 of us", "4 de nosotros", "nosotros dos", "los dos".
func (r *reader) altogether(i int) (part, bool) {
	if n, ok := r.number(i + 1); ok && (r.says(i, "nosotros") || r.says(i, "nosotras")) && !r.at(i+2).is(countedRole) {
		return part{kind: areRole, n: n, at: i, end: i + 2}, true
	}
	if p, ok := r.initials(i); ok {
		return p, true
	}
	n, end, ok := r.quantity(i)
	if !ok {
		return part{}, false
	}
	if p, ok := r.besides(i, n, end); ok {
		return p, true
	}
	if n == 1 {
		return part{}, false // "una de nosotras"
	}
	switch {
	case r.both(i-1) && n > 1 && r.ends(end) && (i == 1 || r.at(i-2).is(forRole|areRole) || r.at(i-2).kind == aMark):
		return part{kind: areRole, n: n, at: i, end: end}, true
	case n > 1 && r.ends(end) && (r.says(i-1, "mismos") || r.says(i-1, "mismas")):
		return part{kind: areRole, n: n, at: i, end: end}, true
	case r.at(end).is(inRole) && r.says(end+1, "total"), r.says(end, "of", "us"), r.says(end, "de", "nosotros"), r.says(end, "de", "nosotras"):
		return part{kind: areRole, n: n, at: i, end: end + 2}, true
	case r.says(end, "no", "total") && r.tongue == inPortuguese, r.says(end, "all", "together"):
		return part{kind: areRole, n: n, at: i, end: end + 2}, true
	case r.says(end, "total") || r.says(end, "totales"):
		return part{kind: areRole, n: n, at: i, end: end + 1}, true
	}
	return part{}, false
}

// initials: "2a 2n", where one letter counts adults and the other children.
func (r *reader) initials(i int) (part, bool) {
	n, ok := r.number(i)
	switch {
	case !ok:
	case r.lettered(i, "a") && (r.lettered(i+2, "n") || r.lettered(i+3, "n") || r.lettered(i+2, "m") || r.lettered(i+3, "m")):
		return part{kind: adultRole, n: n, at: i, end: i + 2}, true
	case (r.lettered(i, "n") || r.lettered(i, "m")) && (r.at(i-1).use == asParty || r.at(i-2).use == asParty):
		return part{kind: childRole, n: n, at: i, end: i + 2}, true
	}
	return part{}, false
}

// besides: "yo y 3 más", "pareja + 2".
func (r *reader) besides(i, n, end int) (part, bool) {
	if !r.at(i-1).is(andRole|plusRole) && !r.at(i-1).mark('+') || r.at(end).is(countedRole|dayRole) || r.monthAt(end) != 0 {
		return part{}, false
	}
	more := r.at(end).is(plusRole) && r.ends(end+1)
	if more {
		end++
	}
	if r.me(i-2) && (more || r.ends(end)) || r.at(i-2).use == asParty && r.at(i-2).is(coupleRole) && r.ends(end) {
		return part{kind: friendRole, n: n, at: i, end: end}, true
	}
	return part{}, false
}

// lettered reports whether a number with a letter right behind it is at i: "2a".
func (r *reader) lettered(i int, letter string) bool {
	return r.at(i).kind == aNumber && r.at(i+1).text == letter && !r.at(i+1).gap
}

// refuses: "no somos 4" says who does not come.
func (r *reader) refuses(i int) bool {
	return r.at(i-1).is(noRole) && (r.at(i-1).text != "no" || r.tongue != inPortuguese)
}

// filler may stand between "somos" and the number.
func (r *reader) filler(i int) bool {
	switch r.at(i).text {
	case "en", "total", "unos", "unas", "como", "aprox", "aproximadamente", "los", "nosotros", "a", "ser", "em", "about", "just", "only", "solo", "solamente", "nada", "un", "grupo", "de", "the", "seremos", "gente", ":", "of", "familia", "group", "family", "party", "mas", "menos", "tipo", "aca", "seriamos", "uma":
		if r.at(i).text == "un" || r.at(i).text == "uma" || r.at(i).text == "a" {
			return r.at(i+1).is(familyRole) || r.at(i+1).text == "ser"
		}
		return true
	}
	return false
}

// listed: "2 adultos", "tres nenes", "dos parejas", "6 amigos", "4 personas mayores", "mis dos hijos".
func (r *reader) listed(i int) (part, bool) {
	n, end, ok := r.quantity(i)
	if !ok {
		return part{}, false
	}
	for skipped := 0; skipped < 1 && !r.at(end).is(personRoles) && r.at(end).kind == aWord && r.at(end+1).is(personRoles) && !r.at(end).is(forRole|ofRole|andRole|withRole|areRole|nightRole|weekRole|toRole|atRole|hourRole|moneyRole|petRole|petsRole|inRole|cabinRole); skipped++ {
		end++
	}
	t := r.at(end)
	if vague(r.at(i)) && t.is(kinRole) && !t.is(coupleRole|childRole) {
		return part{kind: friendRole, n: n, at: i, end: end + 1}, r.at(i - 1).is(withRole | andRole)
	}
	kind := t.roles() & personRoles
	if kind == 0 || vague(r.at(i)) && kind&familyRole != 0 || vague(r.at(i)) && kind&peopleRole != 0 && !r.at(i-1).is(forRole|areRole) && r.at(i-1).kind == aWord {
		return part{}, false // "con una persona": of whom nobody says that he comes
	}
	p := part{kind: kind & -kind, n: n, at: i, end: end + 1}
	if p.kind == peopleRole && r.at(end+1).is(adultRole) {
		p.kind, p.end = adultRole, end+2
	}
	if p.kind == childRole && r.inMonths(end+1) {
		p.kind = babyRole
	}
	if p.kind == coupleRole {
		p.n *= 2
	}
	if p.kind == familyRole {
		return part{}, false // "dos familias": nobody knows
	}
	return p, true
}

func (t *token) roles() role {
	if t.word == nil {
		return 0
	}
	return t.word.roles
}

// inMonths: "una nena de 8 meses" is a baby.
func (r *reader) inMonths(i int) bool {
	return r.at(i).is(ofRole) && r.at(i+1).number > 0 && (r.at(i+2).is(monthRole) || r.says(i+2, "meses"))
}

// grouped: "familia tipo", "pareja", "matrimonio", "pra casal": as many as that always is.
func (r *reader) grouped(i int) (part, bool) {
	t := r.at(i)
	switch {
	case t.is(familyRole) && r.says(i+1, "tipo"):
		return part{kind: areRole, n: 4, at: i, end: i + 2}, true
	case t.is(coupleRole) && !r.at(i-1).is(myRole) && !r.at(i-1).is(noRole) && t.text[len(t.text)-1] != 's':
		return part{kind: coupleRole, n: 2, at: i, end: i + 1}, true
	}
	return part{}, false
}

// lonely: "voy sola", "yo solo", "para mí solo", "just me".
func (r *reader) lonely(i int) (part, bool) {
	t := r.at(i)
	if !t.is(aloneRole) && t.text != "just" {
		return part{}, false
	}
	switch before := r.at(i - 1); {
	case t.text == "just" && r.says(i+1, "me") && !r.at(i+2).is(andRole):
		return part{kind: areRole, n: 1, at: i, end: i + 2}, true
	case t.text == "just":
		return part{}, false
	case r.at(i+1).is(meRole) && !r.at(i+2).is(andRole) && !r.kinFollows(i+2), before.is(meRole), before.text == "mi" || before.text == "mim",
		before.text == "voy", before.text == "viajo", before.text == "iria", before.text == "persona", before.text == "viajando", before.text == "vou", before.text == "estoy", before.text == "viajaria":
		return part{kind: areRole, n: 1, at: i, end: i + 1}, true
	}
	return part{}, false
}

func (r *reader) kinFollows(i int) bool { return r.at(i).is(andRole|withRole) && r.at(i+1).is(myRole) }

// trailing: "los chicos, que son tres", "nenes: 2".
func (r *reader) trailing(i int) (part, bool) {
	t := r.at(i)
	if !t.is(childRole | adultRole) {
		return part{}, false
	}
	k := i + 1
	for r.at(k).is(thatRole) || r.says(k, "son") || r.says(k, "are") || r.says(k, "sao") || r.says(k, "serian") || r.at(k).mark(',') || r.at(k).mark(':') {
		k++
	}
	if !r.at(k-1).is(areRole) && !r.at(k-1).mark(':') {
		return part{}, false
	}
	n, end, ok := r.quantity(k)
	if !ok || r.at(end).is(countedRole) {
		return part{}, false
	}
	return part{kind: t.roles() & (childRole | adultRole), n: n, at: i, end: end}, true
}

// oneBaby: "bebé" without a number, and "mi hijo".
func (r *reader) oneBaby(i int) (part, bool) {
	t, before := r.at(i), r.at(i-1)
	if t.is(babyRole) && t.text != "recien" && !r.at(i-1).is(forRole) && !r.at(i-1).is(noRole|withoutRole) {
		return part{kind: babyRole, n: 1, at: i, end: i + 1}, true
	}
	if t.is(childRole) && before.is(myRole) && before.text != "mis" && t.text[len(t.text)-1] != 's' && r.comesAlong(i-1) {
		return part{kind: childRole, n: 1, at: i, end: i + 1}, true
	}
	return part{}, false
}
