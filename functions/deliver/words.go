package deliver

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/outbox"
)

// words are what is sent over WhatsApp now; not sayable: nothing is, and the ending says what becomes of the message instead. What
// a status told of an attempt before this one counts like an answer.
func (w *worker) words(t *outbox.Turn, now time.Time) (m chat.Message, e outbox.Ending, sayable bool) {
	action := chat.Action("")
	if t.ErrorCode != 0 {
		action = chat.Verdict(t.ErrorCode)
	}
	open := chat.WindowOpen(t.Person.LastInbound, now) && action != chat.ActionTemplate
	switch {
	case stale(t, now):
		return m, outbox.Ending{Class: classLate, Code: t.ErrorCode}, false
	case action != "" && action != chat.ActionTemplate && !action.Again():
		return m, elsewhere(t, string(action), t.ErrorCode), false
	case t.Body != nil && !open:
		return m, elsewhere(t, "window", t.ErrorCode), false
	case t.Body != nil && action == chat.ActionMedia && t.Attempts > 2:
		return chat.Message{Kind: chat.FormText, Body: t.Body.Plain()}, e, true
	case t.Body != nil:
		return *t.Body, e, true
	case open:
		return w.free(t), e, true
	}
	if m, ok := w.template(t); ok {
		return m, e, true
	}
	return m, elsewhere(t, "window", t.ErrorCode), false
}

// stale reports whether nobody needs to be told any more.
func stale(t *outbox.Turn, now time.Time) bool {
	if t.Kind == outbox.Reply && now.Sub(t.CreatedAt) >= chat.Window {
		return true
	}
	return t.Late(now)
}

// free is a message as it may be sent while the person can be answered freely. Where to pay is a button.
func (w *worker) free(t *outbox.Turn) chat.Message {
	f, lang := w.facts(t.Delivery), language(t)
	whole := notice.Render(lang, t.Kind, f).Text
	pay := f.Links.Pay
	f.Links.Pay = ""
	without := notice.Render(lang, t.Kind, f).Text
	if pay == "" || without == whole {
		return chat.Message{Kind: chat.FormText, Body: whole}
	}
	return chat.Message{Kind: chat.FormLink, Body: without, Link: &chat.Link{Text: payWords(lang), URL: pay}}
}

func payWords(lang notice.Language) string {
	switch lang {
	case notice.English:
		return "Pay"
	default:
		return "Pagar"
	}
}

// language is that of a guest, as far as messages are written in it.
func language(t *outbox.Turn) notice.Language {
	if t.Recipient == notice.Owner {
		return notice.Spanish
	}
	return notice.ParseLanguage(t.Person.Language)
}
