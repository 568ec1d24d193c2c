package understanding

// mask marks the numbers that count nothing of ours: prices, hours, ages, telephones, addresses. What is left may be a day,
// nights, guests or a cabin.
func (r *reader) mask() {
	for i := range r.tokens {
		t := &r.tokens[i]
		if t.kind != aNumber && (t.number == 0 || vague(t)) || t.use != unread {
			continue
		}
		switch {
		case t.digits > 4, r.money(i), r.clock(i), r.measured(i), r.labelled(i), r.at(i-1).mark('+') && t.digits > 1, r.at(i + 1).mark('%'):
			t.use = asJunk
		}
	}
	r.telephones()
	r.ages()
}

// money: "$ 50.000", "50 mil", "u$s 100", "120.000".
func (r *reader) money(i int) bool {
	before, after := r.at(i-1), r.at(i+1)
	if before.mark('$') || before.says("usd") || before.says("ars") {
		r.thousands(i)
		return true
	}
	if after.mark('$') || after.is(moneyRole) && (after.text != "k" || !after.gap) {
		return r.at(i).kind == aNumber || after.says("mil") || after.says("lucas") || after.says("pesos") || after.says("palos")
	}
	return r.thousands(i)
}

// thousands takes the groups of three of "1.250.000".
func (r *reader) thousands(i int) bool {
	found := false
	for (r.at(i+1).mark('.') || r.at(i+1).mark(',')) && !r.at(i+1).gap && r.at(i+2).digits == 3 && !r.at(i+2).gap {
		r.take(i, i+3, asJunk)
		i, found = i+2, true
	}
	return found
}

// clock: "15 hs", "a las 15", "14:30", "de 10 a 18 hs".
func (r *reader) clock(i int) bool {
	t, before, after := r.at(i), r.at(i-1), r.at(i+1)
	if t.text == "24" && after.mark('/') && r.at(i+2).text == "7" && !before.is(theRole|toRole|fromRole|ofRole|dayRole) && before.kind == aWord {
		r.take(i, i+3, asJunk)
		return true
	}
	if after.mark(':') && !after.gap && r.at(i+2).kind == aNumber && !r.at(i+2).gap {
		r.take(i, i+3, asJunk)
		return true
	}
	if t.kind == aNumber && (after.is(hourRole) && (len(after.text) > 1 || !after.gap || after.text == "h")) {
		r.reach(i)
		return true
	}
	if before.is(atRole) && t.number <= 24 && !after.is(countedRole) && !after.mark('/') && !vague(t) {
		return true
	}
	return (before.says("las") || before.says("tipo") || before.says("la") && r.at(i-2).says("a")) && t.between(1, 24) && !after.is(countedRole) && !after.mark('/') && !vague(t) ||
		t.says("una") && before.says("la") && r.at(i-2).says("a")
}

// reach takes the beginning of a stretch whose end is at i: "de 10 a" 18 hs, "5 y" 7 años.
func (r *reader) reach(i int) {
	between := r.at(i - 1)
	if between.is(toRole|andRole|orRole) || between.mark('-') || between.mark('/') || between.mark(',') {
		if first := r.at(i - 2); first.kind == aNumber && first.number <= r.at(i).number {
			first.use = asJunk
		}
	}
}

// measured: "2 habitaciones", "65 años", "5 cuadras", "dos cabañas".
func (r *reader) measured(i int) bool {
	t, after := r.at(i), r.at(i+1)
	if after.text == "m" && (r.lettered(i-2, "a") || r.lettered(i-3, "a")) {
		return false // "2a 3m": adults and minors
	}
	if after.is(measureRole) && (len(after.text) > 2 || after.text == "km" || !after.gap) {
		r.reach(i)
		return true
	}
	return after.is(cabinRole) && after.text != "cab" && !r.at(i-1).is(cabinRole) && t.between(1, 20)
}

// labelled: "cel 1155554433", "DNI 30123456", "tengo 65", "av. San Martín 1200".
func (r *reader) labelled(i int) bool {
	t, before := r.at(i), r.at(i-1)
	if before.mark(':') || before.mark('.') || before.is(ofRole) {
		before = r.at(i - 2)
	}
	if vague(t) || r.at(i+1).is(countedRole) {
		return false
	}
	if before.is(numberRole) && t.digits <= 2 {
		return false
	}
	return before.is(labelRole) && !r.at(i-1).is(ofRole) || t.digits == 4 && t.number > 2100
}

// telephones: groups of digits that together are too many for a date.
func (r *reader) telephones() {
	for i := 0; i < len(r.tokens); i++ {
		if r.tokens[i].kind != aNumber {
			continue
		}
		end, digits := i, 0
		for end < len(r.tokens) && (r.tokens[end].kind == aNumber || r.tokens[end].mark('-') && end+1 < len(r.tokens) && r.tokens[end+1].kind == aNumber) {
			digits += int(r.tokens[end].digits)
			end++
		}
		if digits >= 9 {
			r.take(i, end, asJunk)
		}
		i = end
	}
}

// ages: "un nene de 3", "2 nenas (5 y 7)", "hijos de 4, 6 y 9".
func (r *reader) ages() {
	for i := range r.tokens {
		if !r.tokens[i].is(childRole | babyRole) {
			continue
		}
		k := i + 1
		for r.at(k).is(ofRole) || r.at(k).mark('(') || r.at(k).text == "tiene" || r.at(k).text == "tienen" || r.at(k).text == "con" && k > i+1 {
			k++
		}
		if k == i+1 {
			continue
		}
		for r.at(k).kind == aNumber && !r.at(k+1).is(countedRole&^measureRole) && !r.at(k+1).is(toRole) && r.monthAt(k+1) == 0 && !r.at(k+1).mark('/') {
			r.tokens[k].use = asJunk
			k++
			for r.at(k).is(andRole) || r.at(k).mark(',') || r.at(k).is(measureRole) {
				k++
			}
		}
	}
}

// monthAt returns the month named at i, perhaps after "de".
func (r *reader) monthAt(i int) int {
	if r.at(i).is(ofRole) {
		i++
	}
	if w := r.at(i).word; w != nil {
		return int(w.month)
	}
	return 0
}
