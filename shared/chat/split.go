package chat

import (
	"strings"
	"unicode"
)

// maxParts is how many messages one may become: what is longer than that is nothing to be read on a phone.
const maxParts = 10

// Split returns what has to be sent, in this order, so that nothing of a long body is lost; each is fit. What is longer than an
// interactive message may be comes before it as text, so that the buttons are at the end; what is longer than a caption may be
// comes after its picture.
func (m Message) Split() []Message {
	whole := m
	whole.Header, whole.Body, whole.Footer = oneLine(m.Header), trim(m.Body), oneLine(m.Footer)
	switch fit := m.Fit(); fit.Kind {
	case FormText:
		return texts(fit.textOf(whole))
	case FormButtons, FormList, FormLink:
		if units(whole.Body) <= MaxBody {
			return []Message{fit}
		}
		parts := pieces(whole.Body, MaxBody)
		fit.Body = parts[len(parts)-1]
		before := strings.TrimSpace(strings.TrimSuffix(whole.Body, fit.Body))
		return append(texts(before), fit)
	case FormImage, FormDocument:
		if units(whole.Body) <= MaxBody {
			return []Message{fit}
		}
		fit.Body = ""
		return append([]Message{fit}, texts(whole.Body)...)
	case FormLocation:
		return append(texts(whole.wholeText()), fit)
	default:
		return []Message{fit}
	}
}

// textOf is what a message that has become text says, whole: Fit may have added to the body, and has cut it.
func (m Message) textOf(whole Message) string {
	if units(m.Body) < MaxText-1 {
		return m.Body
	}
	return whole.wholeText()
}

func texts(text string) []Message {
	var messages []Message
	for _, piece := range pieces(text, MaxText) {
		messages = append(messages, Message{Kind: FormText, Body: piece})
	}
	return messages
}

// pieces parts a text where people would: between paragraphs, lines, sentences or words, and in a word only where it alone is
// too long. The last one is cut if there are too many.
func pieces(text string, most int) []string {
	var parts []string
	for text = strings.TrimSpace(text); text != ""; {
		head, rest := clip(text, most)
		switch {
		case rest == "":
		case len(parts) == maxParts-1:
			head, rest = Cut(text, most), ""
		case head == "":
			head, rest = Cut(text, most), "" // one character that is longer than a message
		default:
			at := lastBreak(head, rest)
			head, rest = text[:at], text[at:]
		}
		parts = append(parts, strings.TrimRightFunc(head, unicode.IsSpace))
		text = strings.TrimSpace(rest)
	}
	return parts
}

// lastBreak is where the part before rest had best end. It does not give up more than half of the room for a better place.
func lastBreak(head, rest string) int {
	if strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "\n") {
		return len(head)
	}
	for _, mark := range []string{"\n\n", "\n", ". ", " "} {
		if at := strings.LastIndex(head, mark); at > len(head)/2 {
			return at + len(mark)
		}
	}
	return len(head)
}
