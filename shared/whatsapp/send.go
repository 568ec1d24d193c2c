package whatsapp

import (
	"context"
	"errors"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

var (
	errNobody = errors.New("there is nobody to send it to")
	errBlank  = errors.New("there is nothing to send")
)

// Send sends a message, made to fit, and returns its wamid. data comes back in the statuses of the message; replyTo is the
// wamid of the message that is quoted, "" = none. The error is an *Error.
//
// Whoever has a BSUID is addressed by it. A test number that does not know a recipient (131030) is asked once more without the
// 9 of Argentina, and what cannot go to a BSUID (131062) goes to the number, if there is one.
func (c *Client) Send(ctx context.Context, to chat.Contact, m chat.Message, data, replyTo string) (string, error) {
	fit := m.Fit()
	switch {
	case to.Key() == "":
		return "", &Error{Action: chat.ActionBug, Cause: errNobody}
	case fit.Kind == chat.FormText && fit.Body == "":
		return "", &Error{Action: chat.ActionBug, Cause: errBlank}
	case len(data) > chat.MaxData:
		data = "" // half of it would match nothing
	}
	body := compose(fit, data, replyTo)
	if body.Recipient = to.BSUID; body.Recipient == "" {
		body.To = to.WaID
	}
	id, err := c.send(ctx, body)
	failure, failed := errors.AsType[*Error](err)
	if !failed {
		return id, err
	}
	if failure.Action == chat.ActionAskPhone && body.Recipient != "" && to.WaID != "" {
		body.Recipient, body.To = "", to.WaID
		id, err = c.send(ctx, body)
		failure, _ = errors.AsType[*Error](err)
	}
	if failure != nil && failure.Action == chat.ActionWithout9 {
		if other, ok := chat.Alternative(to.WaID); ok {
			body.Recipient, body.To = "", other
			return c.send(ctx, body)
		}
	}
	return id, err
}

func (c *Client) send(ctx context.Context, body outbound) (string, error) {
	var answer struct {
		Messages []struct {
			ID string `json:"id"`
		} `json:"messages"`
	}
	if err := c.call(ctx, c.messages(), body, &answer); err != nil {
		return "", err
	}
	if len(answer.Messages) == 0 || answer.Messages[0].ID == "" {
		return "", &Error{Status: 200, Action: chat.ActionRetry, Ambiguous: true, Cause: errUnreadable}
	}
	return answer.Messages[0].ID, nil
}

func (c *Client) messages() string { return c.root + "/" + c.phone + "/messages" }

// Read marks a message, and all before it, as read. typing shows that an answer is being written, until it comes or 25 seconds
// have passed. The error is an *Error; nothing depends on it.
func (c *Client) Read(ctx context.Context, messageID string, typing bool) error {
	body := receipt{Product: product, Status: "read", MessageID: messageID}
	if typing {
		body.Typing = &indicator{Type: "text"}
	}
	var answer struct{}
	return c.call(ctx, c.messages(), body, &answer)
}
