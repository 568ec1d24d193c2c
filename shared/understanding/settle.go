package understanding

import "github.com/eevans-d/sist-cabanas/shared/civil"

// settle makes one stay of what was said of dates and nights. It returns what was said of them at all, also when it is asked
// back.
func (r *reader) settle() (Dates, Ask) {
	var main []item
	nights := 0
	for _, it := range r.items {
		switch {
		case it.refused, it.existing, it.errand, it.sort == aMonth:
		case it.sort == aLength:
			if more := r.more(it); more != 0 {
				r.meaning.MoreNights = more
			} else if it.nights > 0 {
				nights = it.nights
			}
		case it.sort == aPeriod && it.period.vague:
		case it.sort == aDay && it.from.past && it.from.noon && !it.arrives && !r.at(it.at-1).is(forRole|fromRole) && len(r.tokens) > 2:
		default:
			main = append(main, it)
		}
	}
	r.nearestMonth(main)
	d, ask := r.choose(main)
	if ask != "" {
		return Dates{Nights: nights}, ask
	}
	return r.withNights(d, nights, main), ""
}

// nearestMonth takes, of months on their own, the last before a date, else the first: "estuvimos en julio, queremos ir en enero,
// del 10 al 17".
func (r *reader) nearestMonth(main []item) {
	if len(main) == 0 {
		return
	}
	for _, it := range r.items {
		if it.sort == aMonth && it.at < main[0].at {
			r.month, r.year = it.from.month, it.from.year
		}
	}
}

// more reads "una noche más", "dos días menos".
func (r *reader) more(it item) int {
	t := r.at(it.end)
	if r.at(it.at + 1).is(plusRole) {
		return it.nights // "2 more nights"
	}
	switch r.at(it.at - 1).text {
	case "agregar", "sumar", "agregamos", "sumamos", "agregarle", "sumarle", "agrego", "sumo", "add":
		return it.nights
	}
	switch {
	case t.is(plusRole) && !r.at(it.end+1).is(orRole), t.text == "extra", t.text == "adicional", t.text == "adicionales":
		return it.nights
	case t.text == "menos", t.text == "less", t.text == "fewer":
		return -it.nights
	default:
		return 0
	}
}

// withNights joins nights to dates. The dates that were said win over nights, but those of a named stretch do not: "el finde,
// 3 noches".
func (r *reader) withNights(d Dates, nights int, main []item) Dates {
	named := len(main) == 1 && main[0].sort == aPeriod
	switch {
	case nights == 0:
	case !d.CheckIn.IsZero() && (d.CheckOut.IsZero() || named):
		d.CheckOut = d.CheckIn.AddDays(nights)
	case d.CheckIn.IsZero() && !d.CheckOut.IsZero():
		if in := d.CheckOut.AddDays(-nights); !in.Before(r.Today) {
			d.CheckIn = in
		}
		d.Nights = nights
	case d.CheckIn.IsZero():
		d.Nights = nights
	}
	if !d.CheckIn.IsZero() && !d.CheckOut.IsZero() {
		d.Nights = d.CheckOut.Sub(d.CheckIn)
	}
	return d
}

// choose finds the stay among days, stretches and periods.
func (r *reader) choose(main []item) (Dates, Ask) {
	for i, it := range main {
		if it.or && i > 0 {
			return r.either(main[i-1], it)
		}
	}
	if n := r.corrected(main); n > 0 {
		main = main[n:]
	}
	for _, it := range main {
		if it.sort == aStretch {
			d, ask := r.span(it.from, it.to)
			if it.nightly && ask == "" {
				d.CheckOut, d.Nights = d.CheckOut.AddDays(1), d.Nights+1
			}
			return d, ask
		}
	}
	var named *item
	for i := range main {
		if main[i].sort == aPeriod {
			named = &main[i]
			break
		}
	}
	in, out := r.firstAndLast(main)
	switch {
	case named != nil && named.period.past:
		return Dates{}, PastDate
	case named != nil && in == nil && out == nil:
		return stay(named.period.from, named.period.to, "")
	case in == nil && out == nil:
		return Dates{}, ""
	case named != nil:
		return r.within(named.period, in, out)
	case in != nil && out != nil:
		return r.span(in.from, out.from)
	case out != nil && r.moves():
		return r.arrival(out.from) // "me lo cambian al 27?"
	case out != nil:
		return r.departure(out.from)
	default:
		return r.arrival(in.from)
	}
}

// firstAndLast finds the day on which a stay begins and that on which it ends. Two days that follow each other are those, too,
// unless the second is for want of the first: "si no hay el 10, el 17".
func (r *reader) firstAndLast(main []item) (in, out *item) {
	for i := range main {
		it := &main[i]
		if it.sort != aDay {
			continue
		}
		switch {
		case it.leaves && out == nil:
			out = it
		case !it.leaves && (in == nil || it.arrives && !in.arrives):
			in = it
		case !it.leaves && out == nil && !it.arrives && it.at-in.end <= 1 && !r.wanting(in.at):
			out = it
		}
	}
	return in, out
}

// wanting reports whether a day is one that there may be no room on: "si no hay el 10", "si no tenés para el 10".
func (r *reader) wanting(at int) bool {
	for i := at - 1; i >= at-6; i-- {
		switch t := r.at(i); {
		case t.kind == aMark:
			return false
		case t.is(noRole):
			return r.says(i-1, "si") || r.says(i-1, "se") || r.says(i-1, "if")
		case t.text == "sino":
			return true
		}
	}
	return false
}

// corrected returns the place of the first item after a correction: "del 3 al 8, no, mejor del 5 al 8".
func (r *reader) corrected(main []item) int {
	for n := len(main) - 1; n > 0; n-- {
		if main[n].leaves {
			continue
		}
		for i := main[n-1].end; i < main[n].at || i == main[n].at && r.says(i, "por"); i++ {
			switch r.at(i).text {
			case "mejor", "sino", "perdon", "digo", "sorry", "melhor", "corrijo", "rather", "perdona", "equivoque", "instead", "por", "ponele", "desculpa", "change":
				if sino := r.at(i).text == "sino" && (r.at(i-1).is(andRole) || r.at(i-1).kind == aMark); !sino && (r.at(i).text != "por" || r.moves()) {
					return n
				}
			}
		}
	}
	return 0
}

// moves reports whether a text is about changing something, so that what comes after "por" is what is wanted.
func (r *reader) moves() bool {
	for i := range r.tokens {
		switch r.tokens[i].text {
		case "cambiar", "cambiame", "cambio", "cambiarlo", "cambiarla", "pasar", "mover", "modificar", "cambia", "cambian", "cambias", "pasan", "pasas", "change", "move", "mudar", "trocar", "alterar", "reprogramar":
			return true
		}
	}
	return false
}

// either asks which of two was meant.
func (r *reader) either(a, b item) (Dates, Ask) {
	if a.sort == aDay && b.sort == aDay && a.from.day > 0 && a.from.month == 0 && b.from.month != 0 {
		a.from.month, a.from.year = b.from.month, b.from.year
		a.from.bad = a.from.day > longestMonth(a.from.year, a.from.month)
	}
	lend(&a, b)
	lend(&b, a)
	var readings []Dates
	for _, it := range [2]item{a, b} {
		d, ask := r.choose([]item{{sort: it.sort, from: it.from, to: it.to, period: it.period, leaves: it.leaves}})
		if ask != "" {
			return Dates{}, ask
		}
		readings = append(readings, d)
	}
	if len(readings) == 2 && readings[0] == readings[1] {
		return readings[0], ""
	}
	r.meaning.Readings = readings
	return Dates{}, AmbiguousDate
}

// lend gives a stretch without a month that of another: "del 5 al 8 de enero o del 12 al 15".
func lend(a *item, b item) {
	if a.sort != aStretch || b.sort != aStretch || !a.from.bare() || !a.to.bare() || b.to.month == 0 {
		return
	}
	a.to.month, a.to.year = b.to.month, b.to.year
	a.to.bad = a.to.day > longestMonth(a.to.year, a.to.month)
}

// within takes a part of a named stretch: "el finde largo, desde el sábado".
func (r *reader) within(p period, in, out *item) (Dates, Ask) {
	from, to := p.from, p.to
	var ask Ask
	if in != nil {
		if from, ask = r.resolve(in.from, r.since(in.from)); ask != "" {
			return Dates{}, ask
		}
		if to.Before(from.AddDays(1)) || p.to.Sub(from) > 31 {
			to = civil.Date{}
		}
	}
	if out != nil {
		if to, ask = r.resolve(out.from, from.AddDays(1)); ask != "" {
			return Dates{}, ask
		}
	}
	if to.IsZero() {
		return Dates{CheckIn: from}, ""
	}
	return stay(from, to, "")
}

// arrival is a day alone. When it was asked until when, it is the departure.
func (r *reader) arrival(d day) (Dates, Ask) {
	if r.Asked == AskedCheckOut {
		return r.departure(d)
	}
	in, ask := r.resolve(d, r.since(d))
	if ask == AmbiguousDate {
		return Dates{}, ask
	}
	return Dates{CheckIn: in}, ask
}

// departure is the end of a stay of which the beginning is known already, or is not.
func (r *reader) departure(d day) (Dates, Ask) {
	since := r.Today.AddDays(1)
	if !r.CheckIn.IsZero() && !r.CheckIn.Before(r.Today) {
		since = r.CheckIn.AddDays(1)
	}
	out, ask := r.resolve(d, since)
	if ask != "" {
		return Dates{}, ask
	}
	return Dates{CheckOut: out}, ""
}
