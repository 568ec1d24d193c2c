package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

// What Meta and the site have agreed on, in these tests.
const (
	appSecret   = "the app's secret, of these tests only"
	verifyToken = "the token, of these tests only"
)

// signedByMeta is a body with Meta's signature.
func signedByMeta(a ask, body string) ask {
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write([]byte(body))
	return a.saying(body).with("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
}

// whatsapp has Meta shake hands and tell of a message.
func (c *interview) whatsapp(t *testing.T) {
	t.Helper()
	const shake, tell = "GET /api/v1/webhooks/whatsapp", "POST /api/v1/webhooks/whatsapp"
	c.expect(t, "200", to(shake, "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="+strings.ReplaceAll(verifyToken, " ", "+")))
	c.expect(t, "403", to(shake, "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=guessed"))
	const said = `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messages":[` +
		`{"from":"5491155443322","id":"wamid.1","timestamp":"1796126400","type":"text","text":{"body":"hola"}}]}}]}]}`
	c.expect(t, "200", signedByMeta(to(tell, ""), said))
	c.expect(t, "200", signedByMeta(to(tell, ""), said))
	c.expect(t, "401 signature_missing", to(tell, "").saying(said))
	c.expect(t, "401 signature_malformed", to(tell, "").saying(said).with("X-Hub-Signature-256", "yours truly"))
	c.expect(t, "401 signature_mismatch", signedByMeta(to(tell, ""), said+" ").saying(said))
	c.expect(t, "413 too_large", signedByMeta(to(tell, ""), strings.Repeat(" ", 4<<20)))
}

// meets makes somebody known who wrote so long ago and waits for a person; who is known already has written again.
func (c *interview) meets(t *testing.T, number, ago string) (id string) {
	t.Helper()
	if err := c.conn.QueryRow(t.Context(), `
		with c as (
			insert into contacts (wa_id, name, last_inbound_at, created_at) values ($1, 'Ana', now() - $2::interval, now())
			on conflict (wa_id) do update set last_inbound_at = excluded.last_inbound_at returning id)
		insert into conversations (contact_id, handed_over_until, awaiting_owner, updated_at)
		select id, now() + interval '1 hour', true, now() from c
		on conflict (contact_id) do update set awaiting_owner = true returning contact_id::text`, number, ago).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// conversations has an owner look at who writes, write to him, and give him back.
func (c *interview) conversations(t *testing.T) {
	t.Helper()
	const list, reply, back = "GET /api/v1/admin/conversations", "POST /api/v1/admin/conversations/{contact}/reply", "POST /api/v1/admin/conversations/{contact}/give-back"
	ana, bruno := c.meets(t, "5491155443001", "1 hour"), c.meets(t, "5491155443002", "2 days")
	c.strangers(t, to(list, ""))
	for _, query := range []string{"", "awaiting=true", "awaiting=false&limit=1", "after=1"} {
		c.expect(t, "200", to(list, query).with("Authorization", c.owner(t)))
	}
	c.expect(t, "422 invalid", to(list, "awaiting=perhaps").with("Authorization", c.owner(t)))
	const words = `{"text":"Hola"}`
	write := c.asOwner(t, reply, ana)
	c.strangers(t, write.saying(words))
	c.badBodies(t, write, 20<<10)
	c.expect(t, "404 not_found", c.asOwner(t, reply, "777777").saying(words))
	c.expect(t, "409 out_of_reach", c.asOwner(t, reply, bruno).saying(words))
	c.expect(t, "200", write.saying(words).with("Idempotency-Key", "k"))
	c.expect(t, "422 invalid", write.saying(words).with("Idempotency-Key", strings.Repeat("k", 65)))
	give := c.asOwner(t, back, ana)
	c.strangers(t, give)
	c.expect(t, "404 not_found", c.asOwner(t, back, "777777"))
	c.expect(t, "200", give)
	c.expect(t, "200", give)
}
