package understanding

import (
	"strings"
	"sync"
)

// role is what a word can be in a date or a party. A word may have several.
type role uint64

const (
	theRole       role = 1 << iota // el, o, the: a day may follow
	ofRole                         // de, of
	fromRole                       // desde, from: an arrival may follow
	toRole                         // al, a, to: ends a stretch
	untilRole                      // hasta: a departure follows
	andRole                        // y, and
	orRole                         // o, or
	dayRole                        // día(s)
	nightRole                      // noche(s)
	weekRole                       // semana
	fortnightRole                  // quincena
	monthRole                      // mes
	weekendRole                    // finde
	endRole                        // fin, as in fin de semana
	longRole                       // largo
	thisRole                       // este
	nextRole                       // próximo, que viene
	otherRole                      // otro
	lastRole                       // último
	goneRole                       // pasado, after what is over
	thatRole                       // que, as in que viene
	comesRole                      // viene
	todayRole                      // hoy
	tomorrowRole                   // mañana
	afterRole                      // pasado (mañana)
	yesterdayRole                  // ayer
	allRole                        // todo
	forRole                        // para, x
	inRole                         // en, dentro
	arriveRole                     // llego, entrada
	leaveRole                      // salgo, salida
	withRole                       // con
	plusRole                       // más
	noRole                         // no
	cannotRole                     // puedo, sirve: with no before it, a date is refused
	errandRole                     // te confirmo, te llamo: a date beside it is not one of a stay
	myRole                         // mi, mis
	meRole                         // yo
	areRole                        // somos
	peopleRole                     // personas
	adultRole                      // adultos
	childRole                      // nenes
	babyRole                       // bebé
	coupleRole                     // pareja
	friendRole                     // amigos, who are counted, and of whom there may be one
	familyRole                     // familia
	kinRole                        // mi mujer: one more
	kinTwoRole                     // mis padres: two more
	petRole                        // perro
	petsRole                       // mascotas
	cabinRole                      // cabaña
	numberRole                     // número, nro
	hourRole                       // hs: what is before it is an hour
	atRole                         // las, tipo: what is after it may be an hour
	moneyRole                      // pesos, mil
	measureRole                    // años, cuadras, camas: what is before it counts neither guests nor nights
	labelRole                      // teléfono, calle: what is after it counts nothing
	stayRole                       // reserva, estadía
	aloneRole                      // solo
	insteadRole                    // vez, as in en vez de
	approxRole                     // mediados, principios
	withoutRole                    // sin
	movementRole                   // entrada, salida: a day follows without an article
	shortRole                      // a weekday or a month that is a word of its own: mar, sun, may
)

// counted are the roles of what a guest counts; the number before one of them is no day.
const (
	personRoles = peopleRole | adultRole | childRole | babyRole | coupleRole | friendRole | familyRole
	lengthRoles = nightRole | weekRole
	countedRole = personRoles | nightRole | weekRole | petRole | petsRole | hourRole | moneyRole | measureRole | cabinRole
)

// word is an entry of the tables.
type word struct {
	spelling string
	roles    role
	id       uint16
	number   int8 // 1 for uno, una, un
	ordinal  int8 // 1 for primera; -1 for última
	month    int8
	weekday  int8 // 1 for Sunday
	speaks   tongue
	named    bool // it may begin a stretch that has a name: navidad
	keyword  bool // a slip of the finger may be mended to it
	form     bool // one of a verb's, to which only what sounds alike is mended: they are too many
}

// tongue is a set of languages.
type tongue uint8

const (
	inSpanish tongue = 1 << iota
	inPortuguese
	inEnglish
)

// lexicon is all tables in one, made when the first text is read.
type lexicon struct {
	words   map[string]*word
	slab    []word // where they are made, many at once
	typos   typos
	cues    []cue
	starts  [][]uint16 // by a word's id: the cues that begin with it
	signed  []uint16   // the cues that begin with a date, a party or a cabin
	openers []uint16   // words after which a clause may begin: "hola", "bueno"
}

// manyWords is about how many there are.
const manyWords = 5632

var tables = sync.OnceValue(build)

func build() *lexicon {
	l := &lexicon{words: make(map[string]*word, manyWords), slab: make([]word, 0, manyWords)}
	for _, row := range roleTable {
		for text := range strings.FieldsSeq(row.words) {
			l.word(text).roles |= row.role
		}
	}
	for _, row := range valueTable {
		row.enter(l)
	}
	for _, w := range l.words {
		w.keyword = true
	}
	l.compile()
	for text := range strings.FieldsSeq(ordinary) {
		if _, there := l.words[text]; !there {
			l.word(text)
		}
	}
	for _, row := range tongueTable {
		for text := range strings.FieldsSeq(row.words) {
			l.word(text).speaks |= row.tongue
		}
	}
	for _, short := range [...]string{"q", "ke", "qe"} {
		l.words[short] = l.words["que"]
	}
	for _, short := range [...]string{"lnk", "lik", "likn", "linc", "linck", "linq", "ilnk"} {
		l.words[short] = l.words["link"]
	}
	l.typos.bySound = make(map[string]*word, len(l.words))
	l.index()
	return l
}

// index fills the tables of typos in an order that does not depend on the map's, as two words may sound alike: keywords first.
func (l *lexicon) index() {
	byID := make([]*word, len(l.words))
	for _, w := range l.words {
		byID[w.id] = w
	}
	for _, w := range byID {
		if w != nil {
			l.typos.add(w)
		}
	}
}

func (l *lexicon) word(text string) *word {
	w := l.words[text]
	if w == nil {
		if len(l.slab) == cap(l.slab) {
			l.slab = make([]word, 0, manyWords/4)
		}
		l.slab = append(l.slab, word{spelling: text, id: uint16(len(l.words))})
		w = &l.slab[len(l.slab)-1]
		l.words[text] = w
	}
	return w
}

// find returns the entry of a word as it was written, or of the one it was meant to be; nil if there is none.
func (l *lexicon) find(text string) *word {
	if w, ok := l.words[text]; ok {
		return w
	}
	var buffer [24]byte
	if single := undoubled(buffer[:0], text); len(single) < len(text) {
		if w, ok := l.words[string(single)]; ok {
			return w
		}
	}
	if w := l.stem(text); w != nil {
		return w
	}
	return l.typos.find(text)
}

// undoubled writes a word with every doubled letter once: "holaa".
func undoubled(to []byte, text string) []byte {
	for i := range min(len(text), cap(to)) {
		if i == 0 || text[i] != text[i-1] {
			to = append(to, text[i])
		}
	}
	if len(text) > cap(to) {
		return append(to, text[cap(to):]...)
	}
	return to
}

// when reports whether a date, or a length of stay, may begin with the word.
func (w *word) when() bool {
	return w != nil && (w.roles != 0 || w.named || w.number != 0 || w.ordinal != 0 || w.month != 0 || w.weekday != 0)
}

// value says what words of a table are worth.
type value struct {
	words                           string // separated by spaces
	named                           bool
	number, ordinal, month, weekday int8
}

func (v value) enter(l *lexicon) {
	for text := range strings.FieldsSeq(v.words) {
		w := l.word(text)
		w.named = w.named || v.named
		w.number = max(w.number, v.number)
		w.month = max(w.month, v.month)
		w.weekday = max(w.weekday, v.weekday)
		if v.ordinal != 0 {
			w.ordinal = v.ordinal
		}
	}
}
