package whatsapp

import "github.com/eevans-d/sist-cabanas/shared/chat"

const product = "whatsapp"

// outbound is a request that sends a message.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-phone-number/message-api
type outbound struct {
	Product       string       `json:"messaging_product"`
	RecipientType string       `json:"recipient_type"`
	To            string       `json:"to,omitempty"`        // a number
	Recipient     string       `json:"recipient,omitempty"` // a BSUID
	Type          string       `json:"type"`
	Context       *quoted      `json:"context,omitempty"`
	Data          string       `json:"biz_opaque_callback_data,omitempty"`
	Text          *text        `json:"text,omitempty"`
	Interactive   *interactive `json:"interactive,omitempty"`
	Image         *attachment  `json:"image,omitempty"`
	Document      *attachment  `json:"document,omitempty"`
	Location      *location    `json:"location,omitempty"`
	Template      *template    `json:"template,omitempty"`
}

type quoted struct {
	MessageID string `json:"message_id"`
}

// text is without a preview: to make one, Meta would open addresses that are meant for a guest alone.
type text struct {
	Body    string `json:"body"`
	Preview bool   `json:"preview_url"`
}

type attachment struct {
	Link     string `json:"link"`
	Caption  string `json:"caption,omitempty"`
	Filename string `json:"filename,omitempty"`
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

type interactive struct {
	Type   string   `json:"type"`
	Header *header  `json:"header,omitempty"`
	Body   worded   `json:"body"`
	Footer *worded  `json:"footer,omitempty"`
	Action *actions `json:"action"`
}

type header struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type worded struct {
	Text string `json:"text"`
}

type actions struct {
	Buttons    []button       `json:"buttons,omitempty"`
	Button     string         `json:"button,omitempty"`
	Sections   []chat.Section `json:"sections,omitempty"`
	Name       string         `json:"name,omitempty"`
	Parameters *linked        `json:"parameters,omitempty"`
}

type button struct {
	Type  string      `json:"type"`
	Reply chat.Button `json:"reply"`
}

type linked struct {
	Text string `json:"display_text"`
	URL  string `json:"url"`
}

type template struct {
	Name       string      `json:"name"`
	Language   language    `json:"language"`
	Components []component `json:"components,omitempty"`
}

// language has the only policy that is left: this language, or none.
type language struct {
	Code   string `json:"code"`
	Policy string `json:"policy"`
}

type component struct {
	Type       string      `json:"type"`
	SubType    string      `json:"sub_type,omitempty"`
	Index      string      `json:"index,omitempty"`
	Parameters []parameter `json:"parameters"`
}

type parameter struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// receipt is a request that marks a message as read.
type receipt struct {
	Product   string     `json:"messaging_product"`
	Status    string     `json:"status"`
	MessageID string     `json:"message_id"`
	Typing    *indicator `json:"typing_indicator,omitempty"`
}

type indicator struct {
	Type string `json:"type"`
}

// compose writes a message that fits as the API wants it.
func compose(m chat.Message, data, replyTo string) outbound {
	o := outbound{Product: product, RecipientType: "individual", Type: string(m.Kind), Data: data}
	if replyTo != "" {
		o.Context = &quoted{MessageID: replyTo}
	}
	switch m.Kind {
	case chat.FormButtons, chat.FormList, chat.FormLink:
		o.Type, o.Interactive = "interactive", composeInteractive(m)
	case chat.FormImage:
		o.Image = &attachment{Link: m.Image.URL, Caption: m.Body}
	case chat.FormDocument:
		o.Document = &attachment{Link: m.Document.URL, Caption: m.Body, Filename: m.Document.Filename}
	case chat.FormLocation:
		at := location(*m.Location)
		o.Location = &at
	case chat.FormTemplate:
		o.Template = composeTemplate(*m.Template)
	default:
		o.Text = &text{Body: m.Body}
	}
	return o
}

func composeInteractive(m chat.Message) *interactive {
	i := &interactive{Body: worded{m.Body}, Action: &actions{}}
	if m.Header != "" {
		i.Header = &header{Type: "text", Text: m.Header}
	}
	if m.Footer != "" {
		i.Footer = &worded{m.Footer}
	}
	switch m.Kind {
	case chat.FormButtons:
		i.Type = "button"
		for _, b := range m.Buttons {
			i.Action.Buttons = append(i.Action.Buttons, button{Type: "reply", Reply: b})
		}
	case chat.FormList:
		i.Type, i.Action.Button, i.Action.Sections = "list", m.List.Button, m.List.Sections
	case chat.FormLink:
		i.Type, i.Action.Name = "cta_url", "cta_url"
		i.Action.Parameters = &linked{Text: m.Link.Text, URL: m.Link.URL}
	}
	return i
}

func composeTemplate(t chat.Template) *template {
	made := &template{Name: t.Name, Language: language{Code: t.Language, Policy: "deterministic"}}
	if len(t.Parameters) > 0 {
		body := component{Type: "body"}
		for _, p := range t.Parameters {
			body.Parameters = append(body.Parameters, parameter{Type: "text", Text: p})
		}
		made.Components = append(made.Components, body)
	}
	if t.URLSuffix != "" {
		made.Components = append(made.Components, component{
			Type: "button", SubType: "url", Index: "0", Parameters: []parameter{{Type: "text", Text: t.URLSuffix}},
		})
	}
	return made
}
