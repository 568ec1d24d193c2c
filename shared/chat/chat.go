// Package chat holds what is said over WhatsApp, as data: the webhooks that Meta sends and their signature, the messages that
// we send and the limits they have to keep, who somebody is, and what each error code asks for. It does no I/O.
package chat

import (
	"encoding/json"
	"errors"
	"time"
)

// Contact is a person as WhatsApp knows him. Since 2026 there may be no phone number: whoever has a user name need not show it.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
type Contact struct {
	BSUID       string `json:"bsuid,omitempty"`        // AR.1349…: one per person and business portfolio, a new one with a new number
	ParentBSUID string `json:"parent_bsuid,omitempty"` // AR.ENT.…: where portfolios are linked
	WaID        string `json:"wa_id,omitempty"`        // 5492944123456: the number without its plus, as Meta reports it
	Name        string `json:"name,omitempty"`         // of the profile, as he wrote it: foreign input, one line
	Username    string `json:"username,omitempty"`     // without the @
}

// Key is what a person is known by: the BSUID where there is one, else the number. Empty = nobody can tell who this is.
func (c Contact) Key() string {
	if c.BSUID != "" {
		return c.BSUID
	}
	return c.WaID
}

// Kind is what an inbound message is.
type Kind string

// The kinds of inbound messages.
const (
	KindText        Kind = "text"
	KindReply       Kind = "reply"       // a button, a row of a list, or the quick reply of a template was pressed
	KindAudio       Kind = "audio"       // Media.Voice tells a voice note from a file
	KindImage       Kind = "image"       //
	KindVideo       Kind = "video"       //
	KindDocument    Kind = "document"    //
	KindSticker     Kind = "sticker"     //
	KindLocation    Kind = "location"    //
	KindContacts    Kind = "contacts"    // Cards
	KindOrder       Kind = "order"       // from a catalogue; only Raw has it whole
	KindReaction    Kind = "reaction"    // Text is the emoji, "" = taken back; Context is what it is about
	KindSystem      Kind = "system"      // Previous became From; Text is Meta's sentence
	KindUnsupported Kind = "unsupported" // WhatsApp does not show it to businesses: a poll, a photo to be seen once
	KindRevoke      Kind = "revoke"      // Context was deleted by its sender
	KindEdit        Kind = "edit"        // Context now says Text
	KindWelcome     Kind = "welcome"     // the chat was opened for the first time, and nothing was said
	KindEcho        Kind = "echo"        // the business itself wrote to From, in the app on the owner's phone
	KindOther       Kind = "other"       // a type that is not known here; Type and Raw say what
)

// Media is a file that came with a message. Its address lives for five minutes, its id for seven days.
type Media struct {
	ID       string `json:"id"`
	MIME     string `json:"mime,omitempty"`     // audio/ogg; codecs=opus
	SHA256   string `json:"sha256,omitempty"`   // base64
	Filename string `json:"filename,omitempty"` // of documents; foreign input
	Caption  string `json:"caption,omitempty"`
	URL      string `json:"url,omitempty"`
	Voice    bool   `json:"voice,omitempty"` // recorded in the chat
}

// Location is a place on the earth.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
}

// Card is somebody whose contact was shared.
type Card struct {
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"` // as it was saved
	WaID  string `json:"wa_id,omitempty"` // "" = not on WhatsApp, as far as Meta says
}

// Problem is an error that Meta tells of in a webhook.
type Problem struct {
	Code    int    `json:"code"`
	Title   string `json:"title,omitempty"`
	Details string `json:"details,omitempty"`
}

// Inbound is a message from a guest, or something else that happened in his chat. It can be kept as JSON and read back.
type Inbound struct {
	ID            string          `json:"id"`              // the wamid: the same in every delivery
	PhoneNumberID string          `json:"phone_number_id"` // of ours, to which it came
	From          Contact         `json:"from"`            // the person whose chat it is, also of an echo
	At            time.Time       `json:"at"`              // to the second; zero = it does not say
	Kind          Kind            `json:"kind"`
	Type          string          `json:"type,omitempty"` // Meta's own word for it
	Text          string          `json:"text,omitempty"` // what was written; a caption; the title that was pressed
	ReplyID       string          `json:"reply_id,omitempty"`
	ReplyTitle    string          `json:"reply_title,omitempty"`
	Media         *Media          `json:"media,omitempty"`
	Location      *Location       `json:"location,omitempty"`
	Cards         []Card          `json:"cards,omitempty"`
	Context       string          `json:"context,omitempty"`  // the id of the message it is about
	GroupID       string          `json:"group_id,omitempty"` // "" = not in a group
	Forwarded     bool            `json:"forwarded,omitempty"`
	Previous      Contact         `json:"previous,omitzero"` // who From was before his number or BSUID changed
	Problems      []Problem       `json:"problems,omitempty"`
	Raw           json.RawMessage `json:"raw,omitempty"` // the message as it came, fit for jsonb
}

// State is how far a message of ours has come.
type State string

// The states. They only go up, whatever the order in which they come; failed may follow sent.
const (
	Sent      State = "sent"
	Delivered State = "delivered"
	Seen      State = "read"
	Played    State = "played"
	Failed    State = "failed"
	Deleted   State = "deleted"
)

// Status is news of a message of ours.
type Status struct {
	MessageID     string          `json:"message_id"`
	PhoneNumberID string          `json:"phone_number_id"`
	State         State           `json:"state"`
	At            time.Time       `json:"at"`
	Recipient     Contact         `json:"recipient"`
	Data          string          `json:"data,omitempty"` // biz_opaque_callback_data: what was given to Send
	Problems      []Problem       `json:"problems,omitempty"`
	Billable      bool            `json:"billable,omitempty"`
	Category      string          `json:"category,omitempty"` // marketing, utility, authentication, service…
	Raw           json.RawMessage `json:"raw,omitempty"`
}

// Other is something that is neither: news of a template or of the account, or what nobody could read.
type Other struct {
	Field         string          `json:"field"` // message_template_status_update…
	PhoneNumberID string          `json:"phone_number_id,omitempty"`
	Raw           json.RawMessage `json:"raw"`
}

// Batch is all that one webhook says.
type Batch struct {
	Messages []Inbound
	Statuses []Status
	Others   []Other
}

// File is a media file that was fetched.
type File struct {
	Bytes []byte
	MIME  string
}

// ErrTooLarge is the cause of a file that is larger than was asked for.
var ErrTooLarge = errors.New("the file is too large")
