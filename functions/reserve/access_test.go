package reserve_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eevans-d/sist-cabanas/functions/reserve"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// acts are the routes of a reservation that exists.
var acts = map[string]string{
	"": http.MethodGet, "/cancel": http.MethodPost, "/extend": http.MethodPost, "/approve": http.MethodPost, "/confirm": http.MethodPost,
	"/cancel-preview": http.MethodGet, "/transfer": http.MethodPost,
}

func ownersOnly(act string) bool { return act == "/approve" || act == "/confirm" }

func TestGuestTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	held := b.held(t, nil)
	other := b.held(t, nights("2026-12-10", "2026-12-12"))
	before := b.contents(t)
	t.Cleanup(func() {
		if after := b.contents(t); after != before {
			t.Errorf("something was written:\nbefore %s\nafter  %s", before, after)
		}
	})
	own := held.asGuest(t)[1]
	swapped := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, own)
	for name, token := range map[string]string{
		"another guest's": other.asGuest(t)[1],
		"one letter less": own[1:],
		"one letter more": own + "A",
		"padded":          own + "=",
		"in other case":   swapped,
		"with a space":    own[:5] + " " + own[5:],
		"the code itself": held.Code,
		"nonsense":        "x",
		"no text":         "\xff\xfe",
		"very long":       strings.Repeat(own, 100),
	} {
		t.Run("a token opens nothing that is "+name, func(t *testing.T) {
			t.Parallel()
			for act, method := range acts {
				a := b.do(t, method, held.path(act), "", "X-Guest-Token", token)
				switch {
				case ownersOnly(act) && name != "no text":
					a.refusal(t, http.StatusUnauthorized, "unauthenticated")
				case name == "no text":
					a.refusal(t, http.StatusUnprocessableEntity, "invalid", "X-Guest-Token")
				default:
					a.refusal(t, http.StatusForbidden, "denied")
				}
				if strings.Contains(string(a.body), "Ana") || strings.Contains(string(a.body), "34000.00") {
					t.Errorf("%s", a.body)
				}
			}
		})
	}

	t.Run("a code alone opens nothing, and does not tell whether it exists", func(t *testing.T) {
		t.Parallel()
		for act, method := range acts {
			for _, code := range []string{held.Code, "ZZZZZZ", "nonsense"} {
				a := b.do(t, method, reservations+"/"+code+act, "")
				a.refusal(t, http.StatusUnauthorized, "unauthenticated")
				if a.header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%v", a.header)
				}
				if !ownersOnly(act) {
					b.do(t, method, reservations+"/"+code+act, "", "X-Guest-Token", other.asGuest(t)[1]).refusal(t, http.StatusForbidden, "denied")
				}
			}
		}
	})
}

func TestOwnersTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	held := b.held(t, nil)
	before := b.contents(t)
	t.Cleanup(func() {
		if after := b.contents(t); after != before {
			t.Errorf("something was written:\nbefore %s\nafter  %s", before, after)
		}
	})
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	said := func(change jwt.MapClaims) jwt.MapClaims {
		claims := jwt.MapClaims{"email": owner, "exp": noon.Add(time.Hour).Unix()}
		for name, value := range change {
			claims[name] = value
			if value == nil {
				delete(claims, name)
			}
		}
		return claims
	}
	sign := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
		token, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + token
	}
	secret := []byte(jwtSecret)
	good := sign(jwt.SigningMethodHS256, secret, said(nil))
	tampered := []byte(good)
	tampered[len(tampered)/2] ^= 1

	for name, c := range map[string]struct {
		header string
		status int
		code   string
	}{
		"none at all":            {"", 401, "unauthenticated"},
		"empty":                  {"Bearer ", 401, "unauthenticated"},
		"nonsense":               {"Bearer nonsense", 401, "unauthenticated"},
		"basic":                  {"Basic b3duZXI6c2VjcmV0", 401, "unauthenticated"},
		"without the word":       {strings.TrimPrefix(good, "Bearer "), 401, "unauthenticated"},
		"of another key":         {sign(jwt.SigningMethodHS256, []byte("another key of at least 32 letters"), said(nil)), 401, "unauthenticated"},
		"of the empty key":       {sign(jwt.SigningMethodHS256, []byte{}, said(nil)), 401, "unauthenticated"},
		"unsigned":               {sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, said(nil)), 401, "unauthenticated"},
		"of HS512":               {sign(jwt.SigningMethodHS512, secret, said(nil)), 401, "unauthenticated"},
		"of RS256":               {sign(jwt.SigningMethodRS256, foreign, said(nil)), 401, "unauthenticated"},
		"tampered":               {string(tampered), 401, "unauthenticated"},
		"without its signature":  {good[:strings.LastIndex(good, ".")+1], 401, "unauthenticated"},
		"that expires now":       {sign(jwt.SigningMethodHS256, secret, said(jwt.MapClaims{"exp": noon.Unix()})), 401, "unauthenticated"},
		"that expired":           {sign(jwt.SigningMethodHS256, secret, said(jwt.MapClaims{"exp": noon.Add(-time.Hour).Unix()})), 401, "unauthenticated"},
		"that never expires":     {sign(jwt.SigningMethodHS256, secret, said(jwt.MapClaims{"exp": nil})), 401, "unauthenticated"},
		"that expires in words":  {sign(jwt.SigningMethodHS256, secret, said(jwt.MapClaims{"exp": "tomorrow"})), 401, "unauthenticated"},
		"that is not valid yet":  {sign(jwt.SigningMethodHS256, secret, said(jwt.MapClaims{"nbf": noon.Add(time.Minute).Unix()})), 401, "unauthenticated"},
		"of nobody":              {sign(jwt.SigningMethodHS256, secret, said(jwt.MapClaims{"email": nil})), 403, "denied"},
		"of a stranger":          {sign(jwt.SigningMethodHS256, secret, said(jwt.MapClaims{"email": "guest@example.com"})), 403, "denied"},
		"of many":                {sign(jwt.SigningMethodHS256, secret, said(jwt.MapClaims{"email": []string{owner}})), 401, "unauthenticated"},
		"of a longer address":    {sign(jwt.SigningMethodHS256, secret, said(jwt.MapClaims{"email": owner + ".evil.example"})), 403, "denied"},
		"the guest's, as bearer": {"Bearer " + held.asGuest(t)[1], 401, "unauthenticated"},
	} {
		t.Run("the owner's token is not one that is "+name, func(t *testing.T) {
			t.Parallel()
			for act, method := range acts {
				b.do(t, method, held.path(act), "", "Authorization", c.header).refusal(t, c.status, c.code)
			}
		})
	}

	t.Run("a bad bearer token is not made up for by a guest's", func(t *testing.T) {
		t.Parallel()
		b.get(t, held.link(t), "Authorization", "Bearer nonsense").refusal(t, http.StatusUnauthorized, "unauthenticated")
	})

	t.Run("how the word Bearer and the address are spelled does not matter", func(t *testing.T) {
		t.Parallel()
		for _, header := range []string{
			good, "bearer" + strings.TrimPrefix(good, "Bearer"),
			sign(jwt.SigningMethodHS256, secret, said(jwt.MapClaims{"email": " Owner@Example.COM "})),
		} {
			if seen := b.get(t, held.path(""), "Authorization", header).reservation(t, http.StatusOK); seen.Contact == nil {
				t.Errorf("%s: not the owner", header)
			}
		}
	})
}

func TestWithoutASecretNobodyIsOwner(t *testing.T) {
	t.Parallel()
	b := serve(t, &fake{})
	handler, err := reserve.New(reserve.Config{SiteConfig: web.SiteConfig{Port: 8080}}, reserve.Deps{Bookings: &fake{}, Now: b.clock.now, Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	b.mux = handler
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"email": "", "exp": noon.Add(time.Hour).Unix()}).SignedString([]byte{})
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"Bearer " + token, "Bearer "} {
		if a := b.direct(http.MethodPost, reservations+"/ABCDEF/confirm", nil, "Authorization", header); a.status != http.StatusUnauthorized {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
}
