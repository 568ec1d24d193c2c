package mailtest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Message is one message as it was sent, and in parts.
type Message struct {
	ID      int
	At      time.Time
	From    string // of the envelope, as are the recipients
	To      []string
	User    string // who had signed in
	Private bool   // whether the connection was encrypted

	Header  mail.Header
	Subject string // decoded, as is all that follows
	Text    string
	HTML    string
	Files   []File
	Raw     []byte // with \n at the ends of lines
}

// File is a part that goes along.
type File struct {
	Name    string
	Type    string // with its parameters
	Content []byte
}

const maxDepth = 5

var errTooDeep = errors.New("parts within parts within parts")

func parse(raw []byte) (Message, error) {
	m := Message{Raw: raw}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, err
	}
	m.Header = parsed.Header
	m.Subject = decode(m.Header.Get("Subject"))
	return m, m.part(textproto.MIMEHeader(parsed.Header), parsed.Body, maxDepth)
}

// decode reads encoded words, RFC 2047.
func decode(text string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(text)
	if err != nil {
		return text
	}
	return decoded
}

// part takes a part and what is in it. The first text and the first HTML are the message, everything else goes along.
func (m *Message) part(header textproto.MIMEHeader, body io.Reader, depth int) error {
	if depth == 0 {
		return errTooDeep
	}
	kind, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain" // RFC 2045 §5.2
	}
	if strings.HasPrefix(kind, "multipart/") {
		return m.parts(multipart.NewReader(body, parameters["boundary"]), depth)
	}
	content, err := io.ReadAll(decoded(header, body))
	if err != nil {
		return err
	}
	how, more, _ := mime.ParseMediaType(header.Get("Content-Disposition")) // "" where there is none
	switch {
	case how != "attachment" && kind == "text/plain" && m.Text == "":
		m.Text = string(content)
	case how != "attachment" && kind == "text/html" && m.HTML == "":
		m.HTML = string(content)
	default:
		name := more["filename"]
		if name == "" {
			name = parameters["name"]
		}
		m.Files = append(m.Files, File{Name: decode(name), Type: header.Get("Content-Type"), Content: content})
	}
	return nil
}

func (m *Message) parts(parts *multipart.Reader, depth int) error {
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.part(part.Header, part, depth-1); err != nil {
			return err
		}
	}
}

func decoded(header textproto.MIMEHeader, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(header.Get("Content-Transfer-Encoding"))) {
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	default:
		return body
	}
}
