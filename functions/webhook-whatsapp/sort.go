package webhookwhatsapp

import (
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/inbox"
)

// sort makes events of what a notification says, with the jobs that they ask for, and names what it was. What Meta has signed is
// kept whatever it is: refused, it would come again for a week.
func (h *handler) sort(body []byte) ([]inbox.Arrival, string, error) {
	var arrivals []inbox.Arrival
	batch, err := chat.Read(body)
	now, outcome := h.now(), "ignored"
	if err != nil {
		batch, outcome = chat.Batch{Others: []chat.Other{{Field: "unreadable", Raw: body}}}, "unreadable"
	}
	for _, m := range batch.Messages {
		if !h.ours(m.PhoneNumberID) {
			continue
		}
		one, err := inbox.Said(m, now)
		if err != nil {
			return nil, "", err
		}
		arrivals = append(arrivals, answerTo(one, m))
		outcome = "accepted"
	}
	for _, s := range batch.Statuses {
		if !h.ours(s.PhoneNumberID) {
			continue
		}
		one, err := inbox.News(s, now)
		if err != nil {
			return nil, "", err
		}
		arrivals = append(arrivals, fit(inbox.Arrival{Event: one, Job: conversation.Track{}}, s.Raw))
		outcome = "accepted"
	}
	for _, o := range batch.Others {
		if h.ours(o.PhoneNumberID) {
			arrivals = append(arrivals, fit(inbox.Arrival{Event: inbox.Else(o, now)}, o.Raw))
		}
	}
	return arrivals, outcome, nil
}

// ours reports whether something is told of our number, or of no number at all.
func (h *handler) ours(phone string) bool { return h.phone == "" || phone == "" || phone == h.phone }

// answerTo is a message with the job of answering it. What is said in a group is not said to us.
func answerTo(e inbox.Event, m chat.Inbound) inbox.Arrival {
	if m.GroupID != "" {
		e.Subject = ""
		return fit(inbox.Arrival{Event: e}, m.Raw)
	}
	return fit(inbox.Arrival{Event: e, Job: conversation.Talk{Key: m.From.Key(), Event: e.EventID}}, m.Raw)
}

// maxWord is how long a row's words may be, in bytes.
const maxWord = 200

// fit makes an event one that can be kept. One whose names are longer than any that Meta gives is kept as it came, and nobody
// looks at it: its neighbours in the same notification must not suffer for it.
func fit(a inbox.Arrival, raw []byte) inbox.Arrival {
	a.Topic, a.ResourceID = shorten(a.Topic), shorten(a.ResourceID)
	if len(a.EventID) <= maxWord && len(a.Subject) <= maxWord {
		return a
	}
	return inbox.Arrival{Event: inbox.Else(chat.Other{Field: "unfit", Raw: raw}, a.At)}
}

func shorten(word string) string {
	if len(word) <= maxWord {
		return word
	}
	end := maxWord
	for end > 0 && !utf8.RuneStart(word[end]) {
		end--
	}
	return word[:end]
}
