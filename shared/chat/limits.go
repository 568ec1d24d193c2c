package chat

// Limits of messages, in characters, and of what they are made of. Where Meta's documentation and its OpenAPI description differ
// it is the smaller one: the body of a list has 4096 in one and 1024 in the other.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-reply-buttons-messages
const (
	MaxText        = 4096
	MaxBody        = 1024 // of interactive messages, and of captions
	MaxHeader      = 60
	MaxFooter      = 60
	MaxButtons     = 3
	MaxButtonTitle = 20 // also of a list's button, and of a link's
	MaxButtonID    = 256
	MaxRows        = 10 // of all sections together
	MaxRowID       = 200
	MaxRowTitle    = 24 // also of a section's
	MaxDescription = 72
	MaxURL         = 2000
	MaxParameter   = 500 // of one parameter of a template; all of them and the template's own words have 1024
	MaxParameters  = 900 // of all of them
	MaxData        = 512 // biz_opaque_callback_data
	MaxFilename    = 240
	MaxPlace       = 256 // of the name and of the address of a location; not documented
)
