package chat

// Form is what a message of ours looks like.
type Form string

// The forms.
const (
	FormText     Form = "text"
	FormButtons  Form = "buttons" // 1 to 3
	FormList     Form = "list"    // 1 to 10 rows behind a button
	FormLink     Form = "link"    // one button that opens an address
	FormImage    Form = "image"   // by address; Body is the caption
	FormDocument Form = "document"
	FormLocation Form = "location"
	FormTemplate Form = "template" // approved by Meta in advance; Body is what it says, for whoever reads it elsewhere
)

// Message is something that we say. It is kept as JSON and read back; Fit makes it one that WhatsApp takes.
type Message struct {
	Kind     Form      `json:"kind"`
	Header   string    `json:"header,omitempty"`
	Body     string    `json:"body,omitempty"`
	Footer   string    `json:"footer,omitempty"`
	Buttons  []Button  `json:"buttons,omitempty"`
	List     *List     `json:"list,omitempty"`
	Link     *Link     `json:"link,omitempty"`
	Image    *Image    `json:"image,omitempty"`
	Document *Document `json:"document,omitempty"`
	Location *Location `json:"location,omitempty"`
	Template *Template `json:"template,omitempty"`
}

// Button is one that a guest may press; ID comes back as Inbound.ReplyID, perhaps days later.
type Button struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// List is a menu that opens with a button.
type List struct {
	Button   string    `json:"button"`
	Sections []Section `json:"sections"`
}

// Section is a part of a list.
type Section struct {
	Title string `json:"title,omitempty"`
	Rows  []Row  `json:"rows"`
}

// Row is one choice of a list.
type Row struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// Link is a button that opens an address.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

// Image is a JPEG or PNG of at most 5 MB, at an address from which Meta fetches it.
type Image struct {
	URL string `json:"url"`
}

// Document is a file of at most 100 MB, the same way.
type Document struct {
	URL      string `json:"url"`
	Filename string `json:"filename,omitempty"`
}

// Template is a message that Meta has approved. Parameters fill {{1}}, {{2}}… of its body; URLSuffix fills the address of its
// first button, if it has one.
type Template struct {
	Name       string   `json:"name"`
	Language   string   `json:"language"` // es_AR: exactly the approved one
	Parameters []string `json:"parameters,omitempty"`
	URLSuffix  string   `json:"url_suffix,omitempty"`
}
