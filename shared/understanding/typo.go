package understanding

import "cmp"

// typos finds the keyword that a word in no table was meant to be: one slip away, or two in a long word. Words that are
// somebody's own are in the tables too, so that "cuando" never becomes "cuanto".
type typos struct {
	byLength [20][26][]*word // and by the first letter
	bySound  map[string]*word
}

const (
	shortestTypo = 4 // of the word as written; what it was meant to be has at least 5 letters
	longWord     = 9 // from here on two slips are forgiven, in a word that begins rightly
)

func (t *typos) add(w *word) {
	n := len(w.spelling)
	if n >= 4 {
		var buffer [24]byte
		if key := sound(buffer[:0], w.spelling); len(key) >= 3 {
			if _, taken := t.bySound[string(key)]; !taken {
				t.bySound[string(key)] = w
			}
		}
	}
	if n > shortestTypo && n < len(t.byLength) && w.keyword {
		if c := w.spelling[0] - 'a'; c < 26 {
			t.byLength[n][c] = append(t.byLength[n][c], w)
		}
	}
}

// find returns the keyword meant by text, or nil.
func (t *typos) find(text string) *word {
	n := len(text)
	if n < shortestTypo || n >= len(t.byLength)-1 {
		return nil
	}
	var buffer [24]byte
	key := sound(buffer[:0], text)
	alike := t.bySound[string(key)]
	if alike != nil && ((alike.keyword || alike.form) && len(key) >= 5 || alike.rank() > 0) {
		return alike
	}
	if w := t.near(text); w != nil && (alike == nil || w.rank() > 0) || alike != nil || n < longWord {
		return cmp.Or(w, alike)
	}
	for length := n - 2; length <= n+2 && length < len(t.byLength); length++ {
		for _, w := range t.byLength[length][text[0]-'a'] {
			if length >= longWord && slips(text, w.spelling, 2) {
				return w
			}
		}
	}
	return nil
}

// rank is how much a mended word would tell: 2 for a month, a weekday or a number, 1 for another word of dates and parties.
func (w *word) rank() int {
	switch {
	case w.month != 0 || w.weekday != 0 || w.number != 0:
		return 2
	case w.roles != 0:
		return 1
	default:
		return 0
	}
}

// near returns the keyword that is one slip away; of several, that which tells most.
func (t *typos) near(text string) *word {
	var near *word
	for length := len(text) - 1; length <= len(text)+1; length++ {
		for _, first := range [2]byte{text[0], text[1]} { // the first two may have changed places
			for _, w := range t.byLength[length][first-'a'] {
				if oneSlip(text, w.spelling) && (near == nil || w.rank() > near.rank()) {
					near = w
				}
			}
		}
	}
	return near
}

// oneSlip reports whether b was meant where a was written: a letter left out, two that changed places, the key beside the right
// one, or, in a long word, one letter too many. The first letter is hardly ever wrong, and other words begin with others.
func oneSlip(a, b string) bool {
	if len(a) < 2 || len(b) < 2 {
		return false
	}
	whole := a
	if a[0] != b[0] && !(a[0] == b[1] && a[1] == b[0]) {
		return false
	}
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	switch {
	case a == "":
		return len(b) == 1
	case b == "":
		return len(a) == 1 && len(whole) >= 8
	case len(a) == 1 && len(b) == 1:
		return len(whole) > shortestTypo && beside(a[0], b[0])
	default:
		return len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
	}
}

// keyboard is how far apart keys are: its rows, of which each is half a key further to the right than the one above.
const keyboard = "qwertyuiop|asdfghjkl|zxcvbnm"

// beside reports whether two letters are neighbours on a keyboard.
func beside(a, b byte) bool {
	rowA, columnA := key(a)
	rowB, columnB := key(b)
	switch rowB - rowA {
	case 0:
		return columnA-columnB == 1 || columnB-columnA == 1
	case 1:
		return columnA == columnB || columnA == columnB+1
	case -1:
		return columnA == columnB || columnB == columnA+1
	default:
		return false
	}
}

func key(letter byte) (row, column int) {
	for i := range len(keyboard) {
		switch keyboard[i] {
		case '|':
			row, column = row+1, 0
		case letter:
			return row, column
		default:
			column++
		}
	}
	return -2, 0
}

// slips reports whether b was meant by a, if what went wrong costs at most most: a letter left out, one of its neighbours on the
// keyboard, or one too many of those, costs 1, as do two that changed places; any other letter in its place costs 2, as another
// word is as likely then.
func slips(a, b string, most int) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	if a == "" || b == "" {
		return len(a)+len(b) <= most
	}
	if most == 0 {
		return false
	}
	other, extra := 2, 2
	if beside(a[0], b[0]) || lax(a[0], b[0]) {
		other = 1
	}
	if beside(a[0], b[0]) {
		extra = 1
	}
	return most >= other && slips(a[1:], b[1:], most-other) || most >= extra && slips(a[1:], b, most-extra) || slips(a, b[1:], most-1) ||
		len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] && slips(a[2:], b[2:], most-1)
}

// lax reports whether two letters are taken for each other by ear.
func lax(a, b byte) bool {
	switch string([]byte{min(a, b), max(a, b)}) {
	case "ei", "ou", "bv", "sz", "cs", "ck", "gj", "mn", "cz", "iy", "ly":
		return true
	}
	return false
}

func vowel(c byte) bool { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' }

// sound writes how a word sounds to whoever spells by ear in Argentina: no h, b for v, s for c and z, y for ll, k for qu.
func sound(key []byte, word string) []byte {
	for i := 0; i < len(word) && len(key) < 24; i++ {
		c, next := word[i], byte(0)
		if i+1 < len(word) {
			next = word[i+1]
		}
		if c == 'h' {
			continue
		}
		if next != 0 && (c == 'c' || c == 'p') && next == 'h' || c == 'q' && next == 'u' || c == 'l' && next == 'l' {
			i++
		}
		c = heard(c, next)
		if n := len(key); n > 0 && key[n-1] == c {
			continue
		}
		key = append(key, c)
	}
	return key
}

// heard is the sound of a letter before another; '+' is that of ch.
func heard(c, next byte) byte {
	soft := next == 'e' || next == 'i'
	switch {
	case c == 'v':
		return 'b'
	case c == 'z', c == 'x', c == 'c' && soft:
		return 's'
	case c == 'c' && next == 'h':
		return '+'
	case c == 'c', c == 'q':
		return 'k'
	case c == 'y' && !vowel(next):
		return 'i'
	case c == 'w':
		return 'u'
	case c == 'p' && next == 'h':
		return 'f'
	case c == 'l' && next == 'l':
		return 'y'
	case c == 'g' && soft:
		return 'j'
	case c == 'm' && (next == 'b' || next == 'p' || next == 'v'):
		return 'n'
	default:
		return c
	}
}
