package understanding

// animal is one or more that come along, and the token that says so.
type animal struct{ at, n int }

// pets: "un perro", "mi perrita", "2 gatos", "con mascota", "sin mascotas".
func (r *reader) pets() {
	for i := range r.tokens {
		t := &r.tokens[i]
		if !t.is(petRole|petsRole) || t.use != unread {
			continue
		}
		n, known := r.petsAt(i)
		if known {
			r.animals = append(r.animals, animal{at: i, n: n})
			t.use = asParty
			if r.at(i-1).number > 0 {
				r.at(i - 1).use = asParty
			}
		}
	}
	r.countPets(nil)
}

// countPets adds the animals up, but for those that a question is about.
func (r *reader) countPets(questions []hit) {
	count, said := 0, false
	for _, a := range r.animals {
		about := false
		for _, q := range questions {
			about = about || q.topic == TopicPets && q.weight >= questionWeight && q.at <= a.at && a.at < q.end
		}
		if !about {
			count, said = count+a.n, true
		}
	}
	r.meaning.Pets = nil
	if said {
		r.meaning.Pets = &count
	}
}

// petsInQuestions takes back animals that are only asked about: "se puede llevar un perro?" does not say that one comes.
func (r *reader) petsInQuestions() { r.countPets(r.hits) }

func (r *reader) petsAt(i int) (n int, known bool) {
	k := i - 1
	if t := r.at(k); t.kind == aWord && t.number == 0 && !t.is(andRole|withRole|myRole|withoutRole|theRole|noRole) && r.at(k-1).number > 0 && t.word == nil {
		k-- // "un lindo perro"
	}
	before := r.at(k)
	plural := r.at(i).text[len(r.at(i).text)-1] == 's'
	if count, ok := r.number(k); ok && count <= 9 {
		return count, true
	}
	switch {
	case before.is(withoutRole), before.is(theRole|myRole) && r.at(k-1).is(withoutRole), before.text == "la" && r.at(k-1).is(withoutRole), before.is(noRole) && before.text != "no", r.withoutPets(k):
		return 0, true
	case before.is(myRole) && !plural:
		return 1, true
	case before.is(withRole|andRole|plusRole) || before.mark('+') || before.mark(','), r.brings(k):
		if before.mark(',') && r.at(i+1).kind != aMark {
			return 0, false
		}
		return 1, !plural || r.at(i).is(petsRole) && !before.is(andRole)
	case before.text == "el" || before.text == "la" || before.text == "o":
		return 1, r.brings(k-1) && !plural
	}
	return 0, false
}

// withoutPets: "no llevamos mascotas", "no tengo perro".
func (r *reader) withoutPets(i int) bool {
	return r.brings(i) && r.at(i-1).is(noRole)
}

func (r *reader) brings(i int) bool {
	switch r.at(i).text {
	case "llevo", "llevamos", "llevaria", "llevariamos", "tengo", "tenemos", "viene", "va", "traigo", "levo", "levamos", "trago", "bring", "bringing", "viajo", "tenho", "temos", "have", "sumamos", "sumo", "agrego", "agregamos", "vienen":
		return true
	}
	return false
}
