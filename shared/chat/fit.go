package chat

import (
	"cmp"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// Fit returns the message as one that WhatsApp takes: what is too long is cut, what is there twice or blank is left out, and
// what lacks its buttons, its address or its place becomes plain text. More buttons than WhatsApp shows become a list. Only a
// message that says nothing at all cannot be made to fit; see Blank. What is cut off a long body is lost: see Split.
func (m Message) Fit() Message {
	m.Header, m.Body, m.Footer = oneLine(m.Header), trim(m.Body), oneLine(m.Footer)
	switch m.Kind {
	case FormButtons:
		return m.fitButtons()
	case FormList:
		return m.fitList()
	case FormLink:
		return m.fitLink()
	case FormImage:
		if m.Image != nil && isWebAddress(m.Image.URL) {
			return Message{Kind: FormImage, Body: Cut(m.Body, MaxBody), Image: &Image{URL: m.Image.URL}}
		}
	case FormDocument:
		if m.Document != nil && isWebAddress(m.Document.URL) {
			return Message{Kind: FormDocument, Body: Cut(m.Body, MaxBody), Document: &Document{
				URL: m.Document.URL, Filename: Cut(oneLine(m.Document.Filename), MaxFilename),
			}}
		}
	case FormLocation:
		return m.fitLocation()
	case FormTemplate:
		if m.Template != nil && len(m.Template.Name) <= 512 && templateName.MatchString(m.Template.Name) && templateLanguage.MatchString(m.Template.Language) {
			return m.fitTemplate()
		}
	}
	return m.text()
}

// Blank reports whether there is nothing to be sent.
func (m Message) Blank() bool {
	fit := m.Fit()
	return fit.Kind == FormText && fit.Body == ""
}

// text is the message without all that plain text has not.
func (m Message) text() Message {
	return Message{Kind: FormText, Body: Cut(m.wholeText(), MaxText)}
}

// wholeText is what text cuts.
func (m Message) wholeText() string { return paragraphs(m.Header, m.Body, m.Footer) }

// paragraphs puts blank lines between those that say something.
func paragraphs(parts ...string) string {
	var said []string
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, "\n\n")
}

func (m Message) fitButtons() Message {
	var buttons []Button
	ids, titles := make(map[string]bool), make(map[string]bool)
	for _, b := range m.Buttons {
		id, title := oneLine(b.ID), oneLine(b.Title)
		if title == "" || !usable(id, MaxButtonID) || ids[id] {
			continue
		}
		ids[id] = true
		buttons = append(buttons, Button{ID: id, Title: title})
	}
	switch {
	case len(buttons) == 0:
		return m.text()
	case len(buttons) > MaxButtons:
		return m.asList(buttons)
	}
	for i := range buttons {
		buttons[i].Title = distinct(buttons[i].Title, titles)
	}
	m = m.interactive(FormButtons, buttons[0].Title)
	m.Buttons = buttons
	return m
}

// asList shows more buttons than three: a menu is better than a choice that cannot be made.
func (m Message) asList(buttons []Button) Message {
	var rows []Row
	for _, b := range buttons {
		rows = append(rows, Row{ID: b.ID, Title: b.Title})
	}
	m.Kind, m.List = FormList, &List{Sections: []Section{{Rows: rows}}}
	return m.fitList()
}

// distinct is a title that none of the others has, whether in capitals or not.
func distinct(title string, taken map[string]bool) string {
	short := Cut(title, MaxButtonTitle)
	for n := 2; taken[strings.ToLower(short)]; n++ {
		number := " " + strconv.Itoa(n)
		short = Cut(title, MaxButtonTitle-len(number)) + number
	}
	taken[strings.ToLower(short)] = true
	return short
}

// usable reports whether something can be the id of a choice. One that is too long is not cut: it would be another one.
func usable(id string, most int) bool { return id != "" && units(id) <= most }

// interactive is the message with what every interactive one has, and nothing else. There has to be a body.
func (m Message) interactive(kind Form, otherwise string) Message {
	fit := Message{Kind: kind, Header: Cut(m.Header, MaxHeader), Body: Cut(m.Body, MaxBody), Footer: Cut(m.Footer, MaxFooter)}
	switch {
	case fit.Body == "" && fit.Header != "":
		fit.Body, fit.Header = fit.Header, ""
	case fit.Body == "" && fit.Footer != "":
		fit.Body, fit.Footer = fit.Footer, ""
	case fit.Body == "":
		fit.Body = otherwise
	}
	return fit
}

// menuSign is on a list's button that has no words.
const menuSign = "☰"

func (m Message) fitList() Message {
	if m.List == nil {
		return m.text()
	}
	var sections []Section
	ids, left, titled := make(map[string]bool), MaxRows, true
	for _, s := range m.List.Sections {
		rows := fitRows(s.Rows, ids, left)
		if len(rows) == 0 {
			continue
		}
		left -= len(rows)
		title := Cut(oneLine(s.Title), MaxRowTitle)
		titled = titled && title != ""
		sections = append(sections, Section{Title: title, Rows: rows})
	}
	if len(sections) == 0 {
		return m.text()
	}
	if len(sections) > 1 && !titled { // each needs a title where there are several
		sections = []Section{{Rows: joinRows(sections)}}
	}
	button := cmp.Or(Cut(oneLine(m.List.Button), MaxButtonTitle), menuSign)
	m = m.interactive(FormList, sections[0].Rows[0].Title)
	m.List = &List{Button: button, Sections: sections}
	return m
}

// fitRows keeps at most so many rows whose ids were not there before.
func fitRows(rows []Row, ids map[string]bool, most int) []Row {
	var kept []Row
	for _, r := range rows {
		id, title, description := oneLine(r.ID), oneLine(r.Title), oneLine(r.Description)
		if title == "" || !usable(id, MaxRowID) || ids[id] || len(kept) == most {
			continue
		}
		ids[id] = true
		if description == "" && units(title) > MaxRowTitle {
			description = title // there is room for the rest of it
		}
		kept = append(kept, Row{ID: id, Title: Cut(title, MaxRowTitle), Description: Cut(description, MaxDescription)})
	}
	return kept
}

func joinRows(sections []Section) []Row {
	var rows []Row
	for _, s := range sections {
		rows = append(rows, s.Rows...)
	}
	return rows
}

func (m Message) fitLink() Message {
	if m.Link == nil || !isWebAddress(m.Link.URL) {
		return m.text()
	}
	title := Cut(oneLine(m.Link.Text), MaxButtonTitle)
	if title == "" {
		m.Body = paragraphs(m.Body, m.Link.URL)
		return m.text()
	}
	address := m.Link.URL
	m = m.interactive(FormLink, title)
	m.Link = &Link{Text: title, URL: address}
	return m
}

func isWebAddress(text string) bool {
	address, err := url.Parse(text)
	return err == nil && (address.Scheme == "https" || address.Scheme == "http") && address.Host != "" && units(text) <= MaxURL &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}

func (m Message) fitLocation() Message {
	l := m.Location
	if l == nil || !onEarth(l.Latitude, l.Longitude) {
		if l != nil {
			m.Body = paragraphs(m.Body, oneLine(l.Name), oneLine(l.Address))
		}
		return m.text()
	}
	return Message{Kind: FormLocation, Location: &Location{
		Latitude: l.Latitude, Longitude: l.Longitude, Name: Cut(oneLine(l.Name), MaxPlace), Address: Cut(oneLine(l.Address), MaxPlace),
	}}
}

var (
	templateName     = regexp.MustCompile(`^[a-z0-9_]+$`)
	templateLanguage = regexp.MustCompile(`^[a-z]{2,3}(_[A-Z]{2,3})?$`)
	suffixForm       = regexp.MustCompile(`^[!-~]+$`) // what an address may have, and no blanks
)

// fitTemplate makes parameters that Meta takes: neither blank nor with new lines, tabs, or more than four blanks in a row.
func (m Message) fitTemplate() Message {
	t := *m.Template
	var parameters []string
	left := MaxParameters
	for i, p := range t.Parameters {
		others := len(t.Parameters) - i - 1 // each of which needs room for something
		p = cmp.Or(Cut(oneLine(p), min(MaxParameter, max(left-others, 1))), "-")
		left -= units(p)
		parameters = append(parameters, p)
	}
	t.Parameters = parameters
	if len(t.URLSuffix) > MaxURL || !suffixForm.MatchString(t.URLSuffix) {
		t.URLSuffix = ""
	}
	return Message{Kind: FormTemplate, Body: Cut(m.wholeText(), MaxText), Template: &t}
}

// trim takes away control characters, and blanks around the whole and at the ends of lines.
func trim(text string) string {
	lines := strings.Split(clean(text), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
