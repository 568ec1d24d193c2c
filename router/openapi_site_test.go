package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/kelseyhightower/envconfig"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/config"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

// service is the whole service without a network in front of it: the real functions over a database.
type service struct {
	http.Handler
	resources *resources
	access    *web.Access
}

// describes reports whether a function's routes are in the document: all are, but for the pages of guests, who are no programs.
func describes(f function.Function) bool { return f.Name != "site" }

const siteOwner = "owner@example.com"

// newSite builds a site over a database. environment goes over what all sites have; adjust may bend the functions' limits.
func newSite(t *testing.T, dsn string, environment map[string]string, adjust func(*function.Spec)) *service {
	t.Helper()
	variables := map[string]string{
		"DATABASE_URL": dsn, "JWT_SECRET": "a secret of the tests, long enough", "GUEST_TOKEN_SECRET": "another secret, as long as it has to be",
		"ADMIN_ALLOWED_EMAILS": siteOwner, "BASE_URL": "http://cabins.test", "RATE_LIMIT_ENABLED": "false",
	}
	maps.Copy(variables, environment)
	load := loadFrom(variables)
	var process processConfig
	var access web.AccessConfig
	if err := load(&process); err != nil {
		t.Fatal(err)
	}
	if err := load(&access); err != nil {
		t.Fatal(err)
	}
	r := newResources(process, io.Discard)
	t.Cleanup(r.close)
	all := functions(r)
	r.all = all
	for _, f := range all {
		if f.Trigger == function.Request {
			r.served = append(r.served, f)
		}
	}
	host := r.host()
	var err error
	if host.Public, err = r.public(); err != nil {
		t.Fatal(err)
	}
	mux := function.NewMux(host)
	for _, f := range r.served {
		f.Timeout = time.Minute // how busy the machine is that runs the tests is not what they are about
		if adjust != nil {
			adjust(&f.Spec)
		}
		handler, err := host.Handler(t.Context(), f, load)
		if err != nil {
			t.Fatal(err)
		}
		mux.Mount(f, handler)
	}
	return &service{Handler: mux, resources: r, access: web.NewAccess(access, time.Now)}
}

// loadFrom fills configurations from a map, so that sites of different minds can run side by side.
func loadFrom(variables map[string]string) config.Loader {
	return func(into any) error { return fill(reflect.ValueOf(into).Elem(), variables) }
}

func fill(v reflect.Value, variables map[string]string) error {
	for i := range v.NumField() {
		field, tag := v.Field(i), v.Type().Field(i).Tag
		name := tag.Get("envconfig")
		if name == "" {
			if field.Kind() == reflect.Struct {
				if err := fill(field, variables); err != nil {
					return err
				}
			}
			continue
		}
		text, ok := variables[name]
		if !ok {
			text = tag.Get("default")
		}
		if err := set(field, text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func set(field reflect.Value, text string) error {
	if d, ok := reflect.TypeAssert[envconfig.Decoder](field.Addr()); ok {
		return d.Decode(text)
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		field.SetInt(int64(n))
		return err
	case reflect.Int64:
		d, err := time.ParseDuration(text)
		field.SetInt(int64(d))
		return err
	case reflect.Bool:
		field.SetBool(text == "true")
	case reflect.Slice:
		if text != "" {
			return fmt.Errorf("a test that sets a %s has to teach this how", field.Type())
		}
	default:
		return fmt.Errorf("a %s cannot be set", field.Type())
	}
	return nil
}

// ask is a request to an operation.
type ask struct {
	route  string // the operation, as the document names it: "GET /api/v1/things/{id}"
	path   string // where exactly, with its query
	header map[string]string
	body   string
}

// to is an ask of a route with a query, and with values for the parameters of its path, as many as it has.
func to(route, query string, parameters ...string) ask {
	_, path, _ := strings.Cut(route, " ")
	for _, value := range parameters {
		before, rest, found := strings.Cut(path, "{")
		if _, after, _ := strings.Cut(rest, "}"); found {
			path = before + value + after
		}
	}
	if query != "" {
		path += "?" + query
	}
	return ask{route: route, path: path}
}

func (a ask) with(name, value string) ask {
	header := maps.Clone(a.header)
	if header == nil {
		header = make(map[string]string)
	}
	header[name] = value
	a.header = header
	return a
}

func (a ask) saying(body string) ask {
	a.body = body
	if a.header["Content-Type"] != "" {
		return a
	}
	return a.with("Content-Type", "application/json")
}

func (s *service) answer(t *testing.T, a ask) *httptest.ResponseRecorder {
	t.Helper()
	method, _, _ := strings.Cut(a.route, " ")
	r := httptest.NewRequestWithContext(t.Context(), method, a.path, strings.NewReader(a.body))
	for name, value := range a.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// owner is what an owner's request carries.
func (s *service) owner(t *testing.T) string {
	t.Helper()
	token, err := s.access.AdminToken(siteOwner, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + token
}

// stranger is the token of somebody whom the same secret once let in, and who is on the list no more.
func stranger(t *testing.T) string {
	t.Helper()
	c := web.AccessConfig{JWTSecret: "a secret of the tests, long enough", Admins: []string{"former@example.com"}}
	token, err := web.NewAccess(c, time.Now).AdminToken("former@example.com", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + token
}

// furnish gives a database an accommodation 1 with everything that an accommodation can have, and a 2 that costs more than
// any reservation can hold.
func furnish(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	mustExec(t, conn, `
		insert into accommodations (slug, name, type, description, capacity, included_guests, base_price, extra_guest_price, cleaning_fee,
			min_nights, max_nights, amenities, photos)
		values ('del-bosque', 'Cabaña del Bosque', 'cabin', 'Among pines.', 4, 2, 60000, 9000, 15000, 2, 30,
			'["wifi"]', '[{"url": "https://cabins.test/1.jpg", "caption": "The deck", "is_primary": true}]')`)
	mustExec(t, conn, `insert into accommodations (name, type, capacity, base_price) values ('Palacio', 'palace', 4, 9999999999.99)`)
	mustExec(t, conn, `insert into rates (accommodation_id, name, start_date, end_date, price, min_nights) values (1, 'Summer', $1, $2, 84000, 4)`,
		daysAhead(60), daysAhead(400))
}

// daysAhead is a date in the zone of the cabins.
func daysAhead(n int) string {
	zone := time.FixedZone("Buenos Aires", -3*60*60)
	return civil.Of(time.Now(), zone).AddDays(n).String()
}
