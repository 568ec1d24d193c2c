package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
)

// Faults of access.
var (
	ErrUnauthenticated = fault.New(fault.Unauthenticated, "unauthenticated", "Say who you are: the reservation's token, or an owner's bearer token.")
	ErrDenied          = fault.New(fault.Denied, "denied", "That token does not open this.")
)

// AccessConfig is what decides who may do what.
type AccessConfig struct {
	config.Environment
	JWTSecret   config.Secret `envconfig:"JWT_SECRET" validate:"needed,key"`
	Admins      config.List   `envconfig:"ADMIN_ALLOWED_EMAILS" validate:"needed,dive,email"`
	GuestSecret config.Secret `envconfig:"GUEST_TOKEN_SECRET" validate:"needed,key"`
}

// Access knows the guest by the token of his reservation and the owner by a signed bearer token.
type Access struct {
	jwtSecret, guestSecret []byte
	admins                 []string
	now                    func() time.Time
}

// developmentGuestSecret signs guests' links where no secret was set; production refuses to start without one.
const developmentGuestSecret = "development only, guessable on purpose"

// NewAccess returns the gate that c describes. Without JWT_SECRET nobody is an owner.
func NewAccess(c AccessConfig, now func() time.Time) *Access {
	a := &Access{jwtSecret: []byte(c.JWTSecret.Reveal()), guestSecret: []byte(c.GuestSecret.Reveal()), now: now}
	if len(a.guestSecret) == 0 {
		a.guestSecret = []byte(developmentGuestSecret)
	}
	for _, email := range c.Admins {
		if email = canonicalEmail(email); email != "" { // a token that names nobody must match nobody
			a.admins = append(a.admins, email)
		}
	}
	return a
}

func canonicalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// Credentials are what a request brings to show who is asking; request structs embed it.
type Credentials struct {
	Authorization string `header:"Authorization" json:"-"`
	GuestHeader   string `header:"X-Guest-Token" json:"-"`
	GuestQuery    string `query:"t" json:"-"`
}

func (c Credentials) guestToken() string {
	if c.GuestHeader != "" {
		return c.GuestHeader
	}
	return c.GuestQuery
}

func (c Credentials) bearer() (string, bool) {
	scheme, token, ok := strings.Cut(c.Authorization, " ")
	return token, ok && strings.EqualFold(scheme, "Bearer")
}

// Actor is who acts, as the audit trail names him: "guest", or "admin:" and an e-mail address.
type Actor string

// Guest is the actor who holds the reservation's token.
const Guest Actor = "guest"

// IsAdmin reports whether the actor is an owner.
func (a Actor) IsAdmin() bool { return a != Guest }

// GuestOrAdmin returns who asks about a reservation: the owner if a bearer token says so, else the holder of its guest token.
// The answer does not depend on whether the code exists, so that codes cannot be probed.
func (a *Access) GuestOrAdmin(c Credentials, code string) (Actor, error) {
	if _, ok := c.bearer(); ok {
		return a.Admin(c)
	}
	switch token := c.guestToken(); {
	case token == "":
		return "", ErrUnauthenticated
	case hmac.Equal([]byte(token), []byte(a.GuestToken(code))):
		return Guest, nil
	default:
		return "", ErrDenied
	}
}

// GuestToken is the token that opens the reservation of a code: unguessable, and the same every time.
func (a *Access) GuestToken(code string) string {
	mac := hmac.New(sha256.New, a.guestSecret)
	mac.Write([]byte("guest:" + code))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

type claims struct {
	Email string `json:"email"`
	jwt.RegisteredClaims
}

// Admin returns the owner who asks. The list of owners is consulted every time, so that taking an address off it takes
// effect at once.
func (a *Access) Admin(c Credentials) (Actor, error) {
	text, ok := c.bearer()
	if !ok || len(a.jwtSecret) == 0 {
		return "", ErrUnauthenticated
	}
	var said claims
	_, err := jwt.ParseWithClaims(text, &said, func(*jwt.Token) (any, error) { return a.jwtSecret, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(a.now))
	if err != nil {
		return "", ErrUnauthenticated.WithDetail("The bearer token is not valid or has expired.")
	}
	email := canonicalEmail(said.Email)
	if !slices.Contains(a.admins, email) {
		return "", ErrDenied.WithDetail("That address is not one of the owners'.")
	}
	return Actor("admin:" + email), nil
}

// AdminToken signs a bearer token for an owner, good for ttl.
func (a *Access) AdminToken(email string, ttl time.Duration) (string, error) {
	email = canonicalEmail(email)
	if len(a.jwtSecret) == 0 {
		return "", fault.New(fault.Invalid, "no_secret", "JWT_SECRET is missing.")
	}
	if !slices.Contains(a.admins, email) {
		return "", ErrDenied.WithDetail("That address is not in ADMIN_ALLOWED_EMAILS.")
	}
	said := claims{Email: email, RegisteredClaims: jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(a.now().Add(ttl))}}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, said).SignedString(a.jwtSecret)
}
