package notice

import (
	"html/template"
	"strings"
	texttemplate "text/template"
)

// entry is one message in one language: a subject and parts, each of which is left out if it turns out empty.
type entry struct {
	subject *texttemplate.Template
	parts   []part
}

// part is a paragraph, a list of lines, or a link with its label.
type part struct {
	words *texttemplate.Template
	link  func(seen) string // of a link
	lines bool              // one fact per line, "label: value"; an empty line is left out
	main  bool              // the link that the message is about
	spare bool              // may be left out of a text that gets too long
}

// said is a part in words.
type said struct {
	Text  string
	Lines []line
	Link  string
	Main  bool
	spare bool
}

type line struct{ Label, Value string }

// message, p, facts, button and url are what a catalogue is written with.
func message(subject string, parts ...part) entry { return entry{words(subject), parts} }

func words(text string) *texttemplate.Template {
	return texttemplate.Must(texttemplate.New("").Parse(text))
}

func p(text string) part     { return part{words: words(text)} }
func spare(text string) part { return part{words: words(text), spare: true} }
func facts(text string) part { return part{words: words(text), lines: true} }

func button(label string, link func(seen) string) part {
	return part{words: words(label), link: link, main: true}
}

func url(label string, link func(seen) string) part { return part{words: words(label), link: link} }

// say fills in what is seen. A template of ours fails only where it names what is not there, which tests look for: then what
// came before that is better than nothing.
func say(t *texttemplate.Template, v seen) string {
	var b strings.Builder
	_ = t.Execute(&b, v)
	return strings.TrimSpace(b.String())
}

func (e entry) compose(v seen) []said {
	var out []said
	for _, part := range e.parts {
		text := say(part.words, v)
		one := said{Text: text, Main: part.main, spare: part.spare}
		switch {
		case text == "":
			continue
		case part.link != nil:
			if one.Link = part.link(v); one.Link == "" {
				continue
			}
		case part.lines:
			one.Text = ""
			if one.Lines = split(text); one.Lines == nil {
				continue
			}
		}
		out = append(out, one)
	}
	return out
}

// split reads "label: value" lines; one without a value says nothing and is left out, one without a label is all value.
func split(text string) []line {
	var lines []line
	for one := range strings.Lines(text) {
		label, value, ok := strings.Cut(strings.TrimSpace(one), ": ")
		switch {
		case ok:
			lines = append(lines, line{label, strings.TrimSpace(value)})
		case label != "" && !strings.HasSuffix(label, ":"):
			lines = append(lines, line{"", label})
		}
	}
	return lines
}

// plain is the parts as text. Where that gets too long, first what can be spared goes, the last first, then the end.
func plain(parts []said) string {
	text := join(parts)
	for i := len(parts) - 1; i >= 0 && length(text) > MaxText; i-- {
		if parts[i].spare {
			parts = append(parts[:i:i], parts[i+1:]...)
			text = join(parts)
		}
	}
	if length(text) > MaxText {
		text = string([]rune(text)[:MaxText-1]) + "…"
	}
	return text
}

func join(parts []said) string {
	paragraphs := make([]string, len(parts))
	for i, part := range parts {
		switch {
		case part.Link != "":
			paragraphs[i] = part.Text + ":\n" + part.Link
		case part.Lines != nil:
			lines := make([]string, len(part.Lines))
			for j, line := range part.Lines {
				lines[j] = line.Value
				if line.Label != "" {
					lines[j] = line.Label + ": " + line.Value
				}
			}
			paragraphs[i] = strings.Join(lines, "\n")
		default:
			paragraphs[i] = part.Text
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// page is the parts as a document for mail readers: no style sheet, which some of them drop, and nothing from elsewhere.
func page(lang Language, subject string, parts []said) string {
	var b strings.Builder
	_ = layout.Execute(&b, struct { // into memory; see say
		Lang, Subject string
		Parts         []said
	}{lang.manner().tag, subject, parts})
	return b.String()
}

var layout = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Subject}}</title>
</head>
<body style="margin:0;padding:24px 16px;font:17px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif">
<div style="max-width:36em;margin:0 auto">
{{range .Parts -}}
{{if .Link -}}
{{if .Main -}}
<p style="margin:24px 0"><a href="{{.Link}}" style="display:inline-block;padding:12px 22px;border-radius:8px;background:#1f6f54;color:#ffffff;text-decoration:none;font-weight:600">{{.Text}}</a></p>
{{else -}}
<p style="margin:0 0 16px"><a href="{{.Link}}" style="color:#2a8a69">{{.Text}}</a></p>
{{end -}}
{{else if .Lines -}}
<table role="presentation" style="border-collapse:collapse;margin:0 0 16px">
{{range .Lines -}}
<tr>{{if .Label}}<td style="padding:3px 18px 3px 0;vertical-align:top;opacity:.7">{{.Label}}</td><td style="padding:3px 0;font-weight:600">{{.Value}}</td>{{else}}<td colspan="2" style="padding:3px 0;font-weight:600">{{.Value}}</td>{{end}}</tr>
{{end -}}
</table>
{{else -}}
<p style="margin:0 0 16px">{{.Text}}</p>
{{end -}}
{{end -}}
</div>
</body>
</html>
`))
