package admin

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// ErrOutOfReach is the fault of writing to a guest who has not written for a day.
var ErrOutOfReach = fault.New(fault.Conflict, "out_of_reach",
	"WhatsApp takes nothing for this guest until he writes again: his last message is more than 24 hours old.")

// Conversations is who writes over WhatsApp, and who answers; see postgres.Conversations for what each method promises.
type Conversations interface {
	People(ctx context.Context, awaiting bool, before time.Time, limit int) ([]conversation.Person, error)
	Person(ctx context.Context, id int64) (conversation.Person, error)
	HandOver(ctx context.Context, id int64, until, now time.Time) error
	GiveBack(ctx context.Context, id int64, now time.Time) error
	Attended(ctx context.Context, id int64) error
	Say(ctx context.Context, id int64, messages []conversation.Outgoing, now time.Time) error
}

type conversationsRequest struct {
	Awaiting string `query:"awaiting" validate:"omitempty,oneof=true false" description:"true: only those who wait for a person"`
	web.Page
	web.Credentials
}

type conversationList struct {
	Conversations []talk `json:"conversations" required:"true" nullable:"false"`
	Next          string `json:"next,omitempty" description:"Give it as after to get the next page; absent: there is none"`
}

// talk is a conversation, without what is said in it.
type talk struct {
	ContactID       int64      `json:"contact_id" required:"true"`
	Name            string     `json:"name" required:"true" description:"What the guest calls himself; it may be empty"`
	Phone           string     `json:"phone,omitempty" description:"E.164; absent: WhatsApp does not show it"`
	LastMessageAt   *time.Time `json:"last_message_at,omitempty" description:"When the guest wrote last; for 24 hours from then on he can be written to"`
	HandedOverUntil *time.Time `json:"handed_over_until,omitempty" description:"Until when a person answers, and the bot does not; absent: the bot answers"`
	Awaiting        bool       `json:"awaiting" required:"true" description:"The guest waits for a person, and none has said anything yet"`
	TalkedAt        time.Time  `json:"talked_at" required:"true" description:"When something was last done in it, by anybody: the order of the list"`
}

func (h *handler) showTalk(p conversation.Person) talk {
	shown := talk{
		ContactID: p.ID, Name: p.Name, Phone: p.Phone, LastMessageAt: web.Instant(p.LastInbound), Awaiting: p.Awaiting, TalkedAt: p.TalkedAt.UTC(),
	}
	if p.HandedOver.After(h.Now()) {
		shown.HandedOverUntil = web.Instant(p.HandedOver)
	}
	return shown
}

// spare is for how many conversations of one and the same microsecond a page grows: they are never torn apart, since the next page
// comes after an instant.
const spare = 20

func (h *handler) conversations(ctx context.Context, r conversationsRequest) (conversationList, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return conversationList{}, err
	}
	var before time.Time
	if r.After > 0 {
		before = time.UnixMicro(r.After)
	}
	found, err := h.Conversations.People(ctx, r.Awaiting == "true", before, r.Size()+spare)
	if err != nil {
		return conversationList{}, err
	}
	page := r.Page
	for page.Limit = r.Size(); page.Limit < len(found) && found[page.Limit].TalkedAt.Equal(found[page.Limit-1].TalkedAt); {
		page.Limit++
	}
	var list conversationList
	list.Conversations, list.Next = web.CutPage(page, found, func(p conversation.Person) int64 { return p.TalkedAt.UnixMicro() }, h.showTalk)
	return list, nil
}

type contactRequest struct {
	ContactID int64 `path:"contact" json:"-" description:"The contact_id of the conversation"`
	web.Credentials
}

// giveBack has the bot answer a guest again.
func (h *handler) giveBack(ctx context.Context, r contactRequest) (talk, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return talk{}, err
	}
	if err := h.Conversations.GiveBack(ctx, r.ContactID, h.Now()); err != nil {
		return talk{}, err
	}
	return h.talkOf(ctx, r.ContactID)
}

func (h *handler) talkOf(ctx context.Context, contact int64) (talk, error) {
	p, err := h.Conversations.Person(ctx, contact)
	if err != nil {
		return talk{}, err
	}
	return h.showTalk(p), nil
}

type replyRequest struct {
	contactRequest
	Key  string `header:"Idempotency-Key" json:"-" validate:"omitempty,max=64,printascii" description:"Names the message among this guest's: the same again is sent once"`
	Text string `json:"text" required:"true" validate:"required,max=4096,text" description:"What the guest gets, as it is"`
}

// silence is for how long the bot says nothing to a guest to whom the owner has written, as where he does so from his own phone.
const silence = 12 * time.Hour

// reply sends a guest what the owner has written, while WhatsApp takes it, and leaves him to the owner.
func (h *handler) reply(ctx context.Context, r replyRequest) (talk, error) {
	if _, err := h.access.Admin(r.Credentials); err != nil {
		return talk{}, err
	}
	if strings.TrimSpace(r.Text) == "" {
		return talk{}, fault.InField("text", "must say something")
	}
	p, err := h.Conversations.Person(ctx, r.ContactID)
	if err != nil {
		return talk{}, err
	}
	now := h.Now().UTC().Truncate(time.Millisecond)
	if !chat.WindowOpen(p.LastInbound, now) {
		return talk{}, ErrOutOfReach
	}
	key := cmp.Or(r.Key, rand.Text())
	var said []conversation.Outgoing
	for n, m := range (chat.Message{Kind: chat.FormText, Body: r.Text}).Split() {
		said = append(said, conversation.Outgoing{Dedupe: fmt.Sprintf("owner:%d:%s:%d", p.ID, key, n), Message: m})
	}
	if err := h.Conversations.Say(ctx, p.ID, said, now); err != nil {
		return talk{}, err
	}
	if err := h.Conversations.HandOver(ctx, p.ID, now.Add(silence), now); err != nil {
		return talk{}, err
	}
	if err := h.Conversations.Attended(ctx, p.ID); err != nil {
		return talk{}, err
	}
	return h.talkOf(ctx, p.ID)
}
