package whatsapp

import (
	"context"
	"net/url"
)

// Number is what Meta says of ours.
type Number struct {
	ID      string `json:"id"`
	Shown   string `json:"display_phone_number"` // as people write it
	Name    string `json:"verified_name"`        // what guests see
	Quality string `json:"quality_rating"`       // GREEN, YELLOW, RED or UNKNOWN: what guests think of being written to
}

// Number asks for our number, which changes nothing: for who wants to know whether the token is good, and for this number. The
// error is an *Error.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-phone-number/whatsapp-business-account-phone-number-api
func (c *Client) Number(ctx context.Context) (Number, error) {
	var n Number
	return n, c.call(ctx, c.root+"/"+url.PathEscape(c.phone), nil, &n)
}
