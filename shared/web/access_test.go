package web_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

const (
	jwtSecret   = "a secret of more than thirty-two characters"
	guestSecret = "another secret of more than thirty-two chars"
)

var noon = time.Date(2026, 12, 4, 12, 0, 0, 0, time.UTC)

func gate(c web.AccessConfig) *web.Access { return web.NewAccess(c, func() time.Time { return noon }) }

func owners() *web.Access {
	return gate(web.AccessConfig{
		JWTSecret: jwtSecret, GuestSecret: guestSecret, Admins: []string{"Owner@Example.com", " second@example.com "},
	})
}

func TestAReservationsTokenOpensThatReservationOnly(t *testing.T) {
	t.Parallel()
	a := owners()
	token := a.GuestToken("ABC234")
	tests := map[string]struct {
		credentials web.Credentials
		code        string
		want        error
	}{
		"in the header":              {web.Credentials{GuestHeader: token}, "ABC234", nil},
		"in the link":                {web.Credentials{GuestQuery: token}, "ABC234", nil},
		"the header before the link": {web.Credentials{GuestHeader: token, GuestQuery: "old"}, "ABC234", nil},
		"a wrong header before a right link": {
			web.Credentials{GuestHeader: "old", GuestQuery: token}, "ABC234", web.ErrDenied,
		},
		"of another reservation":         {web.Credentials{GuestHeader: a.GuestToken("ABC235")}, "ABC234", web.ErrDenied},
		"cut":                            {web.Credentials{GuestHeader: token[:len(token)-1]}, "ABC234", web.ErrDenied},
		"longer":                         {web.Credentials{GuestHeader: token + "A"}, "ABC234", web.ErrDenied},
		"in other letters":               {web.Credentials{GuestHeader: strings.ToLower(token)}, "ABC234", web.ErrDenied},
		"none":                           {web.Credentials{}, "ABC234", web.ErrUnauthenticated},
		"none, and no such reservation":  {web.Credentials{}, "nope", web.ErrUnauthenticated},
		"wrong, and no such reservation": {web.Credentials{GuestQuery: token}, "nope", web.ErrDenied},
		"another scheme is no bearer":    {web.Credentials{Authorization: "Basic b3duZXI6eA==", GuestQuery: token}, "ABC234", nil},
		"a bad bearer beside it is judged first": {
			web.Credentials{Authorization: "Bearer nonsense", GuestHeader: token}, "ABC234", web.ErrUnauthenticated,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			actor, err := a.GuestOrAdmin(test.credentials, test.code)
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if err == nil && (actor != web.Guest || actor.IsAdmin()) {
				t.Errorf("the actor is %q", actor)
			}
		})
	}
}

func TestAReservationsTokenIsUnguessableAndAlwaysTheSame(t *testing.T) {
	t.Parallel()
	token := owners().GuestToken("ABC234")
	if token != owners().GuestToken("ABC234") {
		t.Error("it changes")
	}
	if bytes, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(bytes) < 16 {
		t.Errorf("%q has %d bytes: %v", token, len(bytes), err)
	}
	for _, secret := range []config.Secret{"", jwtSecret} {
		if gate(web.AccessConfig{GuestSecret: secret}).GuestToken("ABC234") == token {
			t.Errorf("the secret %d bytes long gives the same token", len(secret))
		}
	}
}

// signed is a bearer token made without Access.
func signed(t testing.TB, method jwt.SigningMethod, key any, claims jwt.MapClaims) web.Credentials {
	t.Helper()
	text, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return web.Credentials{Authorization: "Bearer " + text}
}

func TestOnlyAnOwnersSignedTokenMakesAnOwner(t *testing.T) {
	t.Parallel()
	later, earlier := noon.Add(time.Hour).Unix(), noon.Add(-time.Second).Unix()
	owner := jwt.MapClaims{"email": "owner@example.com", "exp": later}
	hs256, key := jwt.SigningMethodHS256, []byte(jwtSecret)
	good := signed(t, hs256, key, owner)
	tests := map[string]struct {
		credentials web.Credentials
		want        error
	}{
		"good":                 {good, nil},
		"in other letters":     {signed(t, hs256, key, jwt.MapClaims{"email": " OWNER@example.COM ", "exp": later}), nil},
		"scheme in any case":   {web.Credentials{Authorization: "bEARER" + good.Authorization[len("Bearer"):]}, nil},
		"beside a guest token": {web.Credentials{Authorization: good.Authorization, GuestHeader: "wrong", GuestQuery: "wrong"}, nil},
		"expired":              {signed(t, hs256, key, jwt.MapClaims{"email": "owner@example.com", "exp": earlier}), web.ErrUnauthenticated},
		"without an end":       {signed(t, hs256, key, jwt.MapClaims{"email": "owner@example.com"}), web.ErrUnauthenticated},
		"not yet good": {
			signed(t, hs256, key, jwt.MapClaims{"email": "owner@example.com", "exp": later, "nbf": later}), web.ErrUnauthenticated,
		},
		"not signed":      {signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, owner), web.ErrUnauthenticated},
		"HS384":           {signed(t, jwt.SigningMethodHS384, key, owner), web.ErrUnauthenticated},
		"HS512":           {signed(t, jwt.SigningMethodHS512, key, owner), web.ErrUnauthenticated},
		"another secret":  {signed(t, hs256, []byte(guestSecret), owner), web.ErrUnauthenticated},
		"an empty secret": {signed(t, hs256, []byte{}, owner), web.ErrUnauthenticated},
		"tampered with":   {web.Credentials{Authorization: good.Authorization[:len(good.Authorization)-2] + "AA"}, web.ErrUnauthenticated},
		"not an owner":    {signed(t, hs256, key, jwt.MapClaims{"email": "guest@example.com", "exp": later}), web.ErrDenied},
		"nobody":          {signed(t, hs256, key, jwt.MapClaims{"exp": later}), web.ErrDenied},
		"no text":         {signed(t, hs256, key, jwt.MapClaims{"email": []string{"owner@example.com"}, "exp": later}), web.ErrUnauthenticated},
		"garbage":         {web.Credentials{Authorization: "Bearer a.b.c"}, web.ErrUnauthenticated},
		"empty":           {web.Credentials{Authorization: "Bearer "}, web.ErrUnauthenticated},
		"no scheme":       {web.Credentials{Authorization: good.Authorization[len("Bearer "):]}, web.ErrUnauthenticated},
		"not there":       {web.Credentials{}, web.ErrUnauthenticated},
		"in the link":     {web.Credentials{GuestQuery: good.Authorization[len("Bearer "):]}, web.ErrUnauthenticated},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			actor, err := owners().Admin(test.credentials)
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if err == nil && (actor != "admin:owner@example.com" || !actor.IsAdmin()) {
				t.Errorf("the actor is %q", actor)
			}
			if _, ok := errors.AsType[*fault.Error](err); err != nil && !ok {
				t.Errorf("%v is no fault: it would be a 500", err)
			}
		})
	}
	if actor, err := owners().GuestOrAdmin(good, "ABC234"); err != nil || actor != "admin:owner@example.com" {
		t.Errorf("the owner looks at a reservation as %q: %v", actor, err)
	}
}

func TestWithoutASecretOrAListNobodyIsAnOwner(t *testing.T) {
	t.Parallel()
	owner := jwt.MapClaims{"email": "owner@example.com", "exp": noon.Add(time.Hour).Unix()}
	noSecret := gate(web.AccessConfig{Admins: []string{"owner@example.com"}})
	if _, err := noSecret.Admin(signed(t, jwt.SigningMethodHS256, []byte{}, owner)); !errors.Is(err, web.ErrUnauthenticated) {
		t.Errorf("no secret: %v", err)
	}
	nobody := jwt.MapClaims{"email": " ", "exp": noon.Add(time.Hour).Unix()}
	for _, admins := range [][]string{nil, {""}, {" "}} {
		list := gate(web.AccessConfig{JWTSecret: jwtSecret, Admins: admins})
		for _, claims := range []jwt.MapClaims{owner, nobody} {
			if _, err := list.Admin(signed(t, jwt.SigningMethodHS256, []byte(jwtSecret), claims)); !errors.Is(err, web.ErrDenied) {
				t.Errorf("admins %q, %v: %v", admins, claims, err)
			}
		}
	}
}

func TestATokenForAnOwnerIsGoodForAsLongAsItSays(t *testing.T) {
	t.Parallel()
	now := noon
	a := web.NewAccess(web.AccessConfig{JWTSecret: jwtSecret, Admins: []string{"owner@example.com"}}, func() time.Time { return now })
	token, err := a.AdminToken(" Owner@example.com", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	credentials := web.Credentials{Authorization: "Bearer " + token}
	for after, want := range map[time.Duration]error{0: nil, 59 * time.Minute: nil, time.Hour: web.ErrUnauthenticated} {
		now = noon.Add(after)
		if _, err := a.Admin(credentials); !errors.Is(err, want) {
			t.Errorf("after %s: %v", after, err)
		}
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var said map[string]any
	if err := json.Unmarshal(payload, &said); err != nil || said["email"] != "owner@example.com" || said["exp"] == nil {
		t.Errorf("it says %s: %v", payload, err)
	}
}

func TestTokensAreNotMadeForOthersOrWithoutASecret(t *testing.T) {
	t.Parallel()
	if token, err := owners().AdminToken("guest@example.com", time.Hour); !errors.Is(err, web.ErrDenied) || token != "" {
		t.Errorf("not an owner: %q, %v", token, err)
	}
	noSecret := gate(web.AccessConfig{Admins: []string{"owner@example.com"}})
	if token, err := noSecret.AdminToken("owner@example.com", time.Hour); err == nil || !strings.Contains(err.Error(), "JWT_SECRET") || token != "" {
		t.Errorf("no secret: %q, %v", token, err)
	}
}

func TestProductionRefusesToStartWithoutItsSecrets(t *testing.T) {
	t.Setenv("ENVIRONMENT", "production")
	t.Setenv("JWT_SECRET", "too short")
	for _, name := range []string{"ADMIN_ALLOWED_EMAILS", "GUEST_TOKEN_SECRET"} {
		t.Setenv(name, "")
	}
	var c web.AccessConfig
	err := config.FromEnvironment()(&c)
	if err == nil {
		t.Fatal("it starts")
	}
	for _, name := range []string{"JWT_SECRET", "ADMIN_ALLOWED_EMAILS", "GUEST_TOKEN_SECRET"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "too short a") || strings.Contains(err.Error(), `"too short"`) {
		t.Errorf("the value is repeated: %v", err)
	}
}

func TestTheListOfOwnersMayHaveSpacesAfterItsCommas(t *testing.T) {
	t.Setenv("ENVIRONMENT", "development")
	t.Setenv("JWT_SECRET", jwtSecret)
	t.Setenv("ADMIN_ALLOWED_EMAILS", "first@example.com, Second@example.com")
	var c web.AccessConfig
	if err := config.FromEnvironment()(&c); err != nil {
		t.Fatal(err)
	}
	if _, err := gate(c).AdminToken("second@example.com", time.Hour); err != nil {
		t.Error(err)
	}
}
