package web_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type booking struct {
	Code    string     `path:"code" json:"-" description:"As printed"`
	Key     string     `header:"Idempotency-Key" json:"-" validate:"omitempty,max=64,printascii"`
	Limit   int        `query:"limit" json:"-" validate:"omitempty,min=1,max=200"`
	Day     civil.Date `query:"day" json:"-" validate:"required" required:"true"`
	Ignored string     `json:"-"`
	web.Credentials
	bookingBody
}

type bookingBody struct {
	CheckIn civil.Date  `json:"check_in" validate:"required"`
	Guests  int         `json:"guests" validate:"gte=1,lte=100" required:"true"`
	Name    string      `json:"contact_name" validate:"required,max=100,line"`
	Email   string      `json:"contact_email,omitempty" validate:"omitempty,max=254,email"`
	Channel string      `json:"channel,omitempty" validate:"omitempty,oneof=web phone" description:"web if not said"`
	Budget  money.Cents `json:"budget"`
	Nick    *string     `json:"nick,omitempty" validate:"omitempty,max=9"`
	Tags    []string    `json:"tags,omitempty" validate:"max=3,dive,max=40"`
}

type booked struct {
	Code  string      `json:"code" required:"true"`
	Total money.Cents `json:"total" required:"true"`
}

var bookingDocs = []web.Doc{
	{
		Route: "POST /bookings/{code}", Summary: "Book", Status: http.StatusCreated, Request: booking{}, Response: web.Encoded[booked]{},
		Problems: []*fault.Error{fault.New(fault.Conflict, "dates_taken", "Somebody was faster.")}, Secured: web.GuestOrAdmin,
	},
	{Route: "POST /bookings/confirm", Status: http.StatusOK, Response: booked{}, Secured: web.AdminOnly},
	{Route: "GET /bookings", Status: http.StatusOK, Response: []booked{}, Cached: true},
	{Route: "GET /{$}", Status: http.StatusOK, Media: "text/html", Response: ""},
	{Route: "GET /health", Status: http.StatusOK, Response: booked{}, AlsoStatus: http.StatusServiceUnavailable},
}

// node is a part of a document.
type node struct{ value any }

// at descends by names of properties; where there is nothing, it stays nothing.
func (n node) at(path ...string) node {
	for _, name := range path {
		object, _ := n.value.(map[string]any)
		n = node{object[name]}
	}
	return n
}

// resolve follows a reference to what it stands for in the document.
func (n node) resolve(there node) node {
	path, ok := strings.CutPrefix(there.at("$ref").String(), "#/")
	if !ok {
		return there
	}
	return n.at(strings.Split(path, "/")...)
}

func (n node) exists() bool { return n.value != nil }

func (n node) list() []node {
	values, _ := n.value.([]any)
	all := make([]node, len(values))
	for i, v := range values {
		all[i] = node{v}
	}
	return all
}

func (n node) names() []string {
	object, _ := n.value.(map[string]any)
	return slices.Sorted(maps.Keys(object))
}

// String is the JSON of the node, or the text that it is.
func (n node) String() string {
	if text, ok := n.value.(string); ok {
		return text
	}
	text, _ := json.Marshal(n.value)
	return string(text)
}

// described is the document of some routes.
func described(t testing.TB, docs ...web.Doc) node {
	t.Helper()
	text, err := web.OpenAPI("/", docs)
	if err != nil {
		t.Fatal(err)
	}
	return node{decode[any](t, string(text))}
}

func TestTheRulesOfABodyAreItsSchema(t *testing.T) {
	t.Parallel()
	document := described(t, bookingDocs...)
	body := document.resolve(document.at("paths", "/bookings/{code}", "post", "requestBody", "content", "application/json", "schema"))
	tests := map[string]map[string]any{
		"check_in":      {"type": "string", "format": "date"},
		"guests":        {"type": "integer", "minimum": 1.0, "maximum": 100.0},
		"contact_name":  {"type": "string", "maxLength": 100.0},
		"contact_email": {"type": "string", "maxLength": 254.0, "format": "email"},
		"channel":       {"enum": []any{"web", "phone"}, "description": "web if not said"},
		"budget":        {"type": "string", "pattern": `^-?\d+\.\d{2}$`},
		"nick":          {"maxLength": 9.0, "minimum": nil, "maximum": nil},
		"tags":          {"maxItems": 3.0, "maximum": nil, "maxLength": nil},
	}
	for field, want := range tests {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			said := document.resolve(body.at("properties", field))
			if !said.exists() {
				t.Fatalf("it is not described: %s", body)
			}
			for key, value := range want {
				if d := cmp.Diff(value, said.at(key).value); d != "" {
					t.Errorf("%s: %s in %s", key, d, said)
				}
			}
		})
	}
	var required []string
	for _, r := range body.at("required").list() {
		required = append(required, r.String())
	}
	slices.Sort(required)
	if d := cmp.Diff([]string{"check_in", "contact_name", "guests"}, required); d != "" {
		t.Error(d)
	}
	for _, field := range []string{"code", "Code", "Key", "limit", "Ignored", "Authorization", "GuestQuery", "t"} {
		if body.at("properties", field).exists() {
			t.Errorf("the body is said to have %s", field)
		}
	}
}

func TestParametersAreDescribedWhereTheyAreRead(t *testing.T) {
	t.Parallel()
	document := described(t, bookingDocs...)
	got := make(map[string]node)
	for _, p := range document.at("paths", "/bookings/{code}", "post", "parameters").list() {
		got[p.at("in").String()+" "+p.at("name").String()] = p
	}
	if got["path code"].at("required").value != true || got["path code"].at("description").String() != "As printed" {
		t.Errorf("code: %s", got["path code"])
	}
	if got["header Idempotency-Key"].at("schema", "maxLength").value != 64.0 {
		t.Errorf("Idempotency-Key: %s", got["header Idempotency-Key"])
	}
	if limit := got["query limit"].at("schema"); limit.at("minimum").value != 1.0 || limit.at("maximum").value != 200.0 {
		t.Errorf("limit: %s", limit)
	}
	if day := got["query day"]; day.at("required").value != true || document.resolve(day.at("schema")).at("format").value != "date" {
		t.Errorf("day: %s", day)
	}
	for name := range got {
		if strings.Contains(name, "Authorization") || strings.Contains(name, "Guest") || strings.Contains(name, "contact") {
			t.Errorf("%s is a parameter", name)
		}
	}
}

func TestAnswersAreDescribedByStatusAndRefusalsAsProblems(t *testing.T) {
	t.Parallel()
	document := described(t, bookingDocs...)
	answers := document.at("paths", "/bookings/{code}", "post", "responses")
	if got := answers.at("201", "content", "application/json", "schema", "$ref").String(); !strings.HasSuffix(got, "Booked") {
		t.Errorf("a stored body is described as %q: %s", got, answers.at("201"))
	}
	for _, status := range []string{"401", "403", "409", "default"} {
		if !answers.at(status, "content", "application/problem+json", "schema").exists() {
			t.Errorf("%s is no problem document: %s", status, answers.at(status))
		}
	}
	if !strings.Contains(answers.at("409").String(), "dates_taken") {
		t.Errorf("409 does not name its code: %s", answers.at("409"))
	}
	list, health := document.at("paths", "/bookings", "get", "responses"), document.at("paths", "/health", "get", "responses")
	if list.at("401").exists() {
		t.Error("a public route is said to answer 401")
	}
	if !list.at("304").exists() || health.at("304").exists() {
		t.Error("304 is not described for the route that is cached, and for that alone")
	}
	if front := document.at("paths", "/", "get", "responses"); !front.at("200", "content", "text/html").exists() {
		t.Errorf("the front page is %s", front)
	}
	if !health.at("503", "content", "application/json").exists() {
		t.Errorf("the other status of health is %s", health)
	}
	problem := document.at("components", "schemas", "WebProblem", "properties")
	for _, field := range []string{"type", "title", "status", "code", "detail", "request_id", "errors"} {
		if !problem.at(field).exists() {
			t.Errorf("problems are described without %s: %s", field, problem)
		}
	}
}

func TestWhoMayCallIsDescribed(t *testing.T) {
	t.Parallel()
	document := described(t, bookingDocs...)
	if got := document.at("paths", "/bookings", "get", "security"); got.exists() {
		t.Errorf("a public route asks for %s", got)
	}
	var schemes []string
	for _, s := range document.at("paths", "/bookings/{code}", "post", "security").list() {
		schemes = append(schemes, s.names()...)
	}
	if len(schemes) < 2 {
		t.Errorf("the guest's token or the owner's: %v", schemes)
	}
	for _, name := range schemes {
		if !document.at("components", "securitySchemes", name).exists() {
			t.Errorf("%s is not declared", name)
		}
	}
	if got := document.at("paths", "/bookings/confirm", "post", "security").String(); got != `[{"ownerToken":[]}]` {
		t.Errorf("the owner alone: %s", got)
	}
}

func TestTheDocumentSaysWhatItIsAndIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	document := described(t, bookingDocs...)
	if got := document.at("openapi").String(); !strings.HasPrefix(got, "3.1") {
		t.Errorf("version %q", got)
	}
	first, err := web.OpenAPI("/", bookingDocs)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := web.OpenAPI("/", bookingDocs)
		if err != nil || string(first) != string(again) {
			t.Fatalf("it changes: %v\n%s\n%s", err, first, again)
		}
	}
}

func TestARouteThatCannotBeDescribedIsNamed(t *testing.T) {
	t.Parallel()
	_, err := web.OpenAPI("/", []web.Doc{{Route: "GET /a", Status: 200}, {Route: "GET /a", Status: 200}})
	if err == nil || !strings.Contains(err.Error(), "GET /a") {
		t.Errorf("got %v", err)
	}
}
