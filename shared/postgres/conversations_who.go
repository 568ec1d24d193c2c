package postgres

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
)

// introduction is what messages say of who has sent them.
type introduction struct {
	bsuid, waID, oldBSUID, oldWaID *string
	name, username                 string
	inbound                        time.Time // the last of them that lets him be answered freely; zero = none
}

// introduce is what pending messages say, each identity once, in the order in which it was said. Of a key whose messages nobody can
// read it is the key that says it.
func introduce(key string, pending []conversation.Pending, now time.Time) []introduction {
	asSent(pending)
	var all []introduction
	for _, p := range pending {
		var m chat.Inbound
		if json.Unmarshal(p.Payload, &m) != nil || m.From.Key() == "" {
			continue
		}
		one := introductionOf(m)
		if m.OpensWindow() {
			one.inbound = earlier(p.At, now)
		}
		if n := len(all); n > 0 && one.same(all[n-1]) {
			all[n-1].add(one)
			continue
		}
		all = append(all, one)
	}
	if all == nil {
		all = []introduction{nobody(key)}
	}
	return all
}

func introductionOf(m chat.Inbound) introduction {
	one := introduction{
		bsuid: identity(m.From.BSUID), waID: identity(m.From.WaID),
		name: storable(m.From.Name, 200), username: storable(m.From.Username, 200),
	}
	if m.Previous.BSUID != m.From.BSUID {
		one.oldBSUID = identity(m.Previous.BSUID)
	}
	if m.Previous.WaID != m.From.WaID {
		one.oldWaID = identity(m.Previous.WaID)
	}
	return one
}

// nobody is somebody of whom nothing is known but a key; a BSUID has a dot after its country.
func nobody(key string) introduction {
	if strings.Contains(key, ".") {
		return introduction{bsuid: identity(key)}
	}
	return introduction{waID: identity(key)}
}

func identity(text string) *string {
	if text = storable(text, 200); text == "" {
		return nil
	}
	return &text
}

func (i introduction) same(o introduction) bool {
	return slices.EqualFunc(i.all(), o.all(), func(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b })
}

func (i introduction) all() []*string { return []*string{i.bsuid, i.waID, i.oldBSUID, i.oldWaID} }

// add is what the same person says later.
func (i *introduction) add(later introduction) {
	if later.name != "" {
		i.name = later.name
	}
	if later.username != "" {
		i.username = later.username
	}
	if later.inbound.After(i.inbound) {
		i.inbound = later.inbound
	}
}

// queue has the database know him; see the migration for what that does.
func (i introduction) queue(batch *pgx.Batch, now time.Time) {
	batch.Queue(`select know_contact($1, $2, $3, $4, $5, $6, $7, $8)`,
		i.bsuid, i.waID, i.oldBSUID, i.oldWaID, i.name, i.username, orNull(i.inbound), now)
}

// identities are all that people are known by.
func identities(who []introduction) []string {
	var all []string
	for _, one := range who {
		for _, id := range one.all() {
			if id != nil && !slices.Contains(all, *id) {
				all = append(all, *id)
			}
		}
	}
	return all
}

// asSent has messages in the order in which they were sent, by the provider's time, which is in seconds, and then in the order
// in which they came. At becomes that time; a message that does not say is of when it came.
func asSent(pending []conversation.Pending) {
	for n := range pending {
		var m struct {
			At time.Time `json:"at"`
		}
		if json.Unmarshal(pending[n].Payload, &m) == nil && !m.At.IsZero() {
			pending[n].At = m.At
		}
		pending[n].At = pending[n].At.UTC()
	}
	slices.SortStableFunc(pending, func(a, b conversation.Pending) int { return a.At.Compare(b.At) })
}

// lastInbound is when somebody wrote last, of what is known and what is pending, so that he may be answered freely.
func lastInbound(s conversation.Session, now time.Time) time.Time {
	last := s.LastInbound
	for _, p := range s.Pending {
		var m chat.Inbound
		if json.Unmarshal(p.Payload, &m) == nil && m.OpensWindow() {
			if m.At.IsZero() {
				m.At = p.At
			}
			if at := earlier(m.At, now).UTC(); at.After(last) {
				last = at
			}
		}
	}
	return last
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
