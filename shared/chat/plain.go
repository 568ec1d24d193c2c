package chat

import (
	"fmt"
	"strings"
)

// Plain is what the message says in plain text: for the owner's page, an e-mail in its stead, and whatever else shows no buttons.
func (m Message) Plain() string {
	var choices []string
	for _, b := range m.Buttons {
		choices = append(choices, "• "+oneLine(b.Title))
	}
	if m.List != nil {
		choices = append(choices, m.List.plain()...)
	}
	return paragraphs(oneLine(m.Header), trim(m.Body), m.attached(), strings.Join(choices, "\n"), oneLine(m.Footer))
}

func (l *List) plain() []string {
	var lines []string
	for _, s := range l.Sections {
		if title := oneLine(s.Title); title != "" {
			lines = append(lines, title+":")
		}
		for _, r := range s.Rows {
			line := "• " + oneLine(r.Title)
			if d := oneLine(r.Description); d != "" {
				line += ": " + d
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// attached is what is there beside the words.
func (m Message) attached() string {
	switch {
	case m.Link != nil:
		return strings.TrimPrefix(oneLine(m.Link.Text)+": "+m.Link.URL, ": ")
	case m.Image != nil:
		return m.Image.URL
	case m.Document != nil:
		return strings.TrimSpace(oneLine(m.Document.Filename) + " " + m.Document.URL)
	case m.Location != nil:
		l := m.Location
		// The form that every map understands.
		where := fmt.Sprintf("https://maps.google.com/?q=%.6f,%.6f", l.Latitude, l.Longitude)
		return strings.Join(nonBlank(oneLine(l.Name), oneLine(l.Address), where), "\n")
	case m.Template != nil && strings.TrimSpace(m.Body) == "":
		return strings.Join(nonBlank(append([]string{m.Template.Name}, m.Template.Parameters...)...), " · ")
	}
	return ""
}

func nonBlank(texts ...string) []string {
	var said []string
	for _, text := range texts {
		if text != "" {
			said = append(said, text)
		}
	}
	return said
}
