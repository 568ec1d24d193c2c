package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// OpenAPI returns the OpenAPI 3.1 document of the given routes, made from the very types that their handlers read and write.
func OpenAPI(baseURL string, docs []Doc) ([]byte, error) {
	r := newReflector(baseURL)
	for _, doc := range docs {
		if err := addOperation(r, doc); err != nil {
			return nil, fmt.Errorf("openapi: %s: %w", doc.Route, err)
		}
	}
	return json.Marshal(r.Spec)
}

const securityBearer, securityGuest, securityLink = "ownerToken", "guestToken", "guestLink"

func newReflector(baseURL string) *openapi31.Reflector {
	r := openapi31.NewReflector()
	r.Spec.Info.WithTitle("Cabañas").WithVersion("1").
		WithDescription("Reservations for a handful of cabins: availability, quotes, holds and what becomes of them. " +
			"Amounts are decimal strings, dates are YYYY-MM-DD in the cabin's time zone, nights are half-open: the day of check-out is free.")
	r.Spec.WithServers(*(&openapi31.Server{}).WithURL(baseURL))
	r.Spec.SetHTTPBearerTokenSecurity(securityBearer, "JWT", "An owner's token, as `router token EMAIL` prints it.")
	r.Spec.SetAPIKeySecurity(securityGuest, "X-Guest-Token", openapi.InHeader,
		"The reservation's own token, the t of its manage_url.")
	r.Spec.SetAPIKeySecurity(securityLink, "t", openapi.InQuery, "The same token, as manage_url and payment_url carry it.")
	schemas := r.JSONSchemaReflector()
	schemas.AddTypeMapping(civil.Date{}, textSchema("Date", "date", "", "2027-01-04"))
	schemas.AddTypeMapping(money.Cents(0), textSchema("Amount", "", `^-?\d+\.\d{2}$`, "34000.00"))
	schemas.AddTypeMapping(money.Factor(0), textSchema("Factor", "", `^-?\d+\.\d{2}$`, "1.20"))
	schemas.DefaultOptions = append(schemas.DefaultOptions, jsonschema.InterceptProp(constrain))
	return r
}

func textSchema(title, format, pattern string, example any) jsonschema.Schema {
	s := jsonschema.Schema{}
	s.AddType(jsonschema.String)
	s.WithTitle(title)
	if format != "" {
		s.WithFormat(format)
	}
	if pattern != "" {
		s.WithPattern(pattern)
	}
	return *s.WithExamples(example)
}

// credentials are described as security, which says the same better: OpenAPI ignores a parameter called Authorization.
var credentials = reflect.TypeFor[Credentials]()

// constrain gives a schema the limits of the field's validate tag, so that document and handler cannot disagree.
func constrain(p jsonschema.InterceptPropParams) error {
	if f, ok := credentials.FieldByName(p.Field.Name); ok && f.Tag == p.Field.Tag {
		return jsonschema.ErrSkipProperty
	}
	if !p.Processed {
		return nil
	}
	if strings.Contains(p.Field.Tag.Get("json"), ",omitempty") {
		p.PropertySchema.RemoveType(jsonschema.Null) // a pointer that is nil is left out
	}
	for rule := range strings.SplitSeq(p.Field.Tag.Get("validate"), ",") {
		name, param, _ := strings.Cut(rule, "=")
		switch name {
		case "required":
			requireProperty(p)
			if kindOf(p.Field.Type) == reflect.String {
				p.PropertySchema.WithMinLength(1)
			}
		case "email":
			p.PropertySchema.WithFormat("email")
		case "oneof":
			for value := range strings.FieldsSeq(param) {
				p.PropertySchema.Enum = append(p.PropertySchema.Enum, value)
			}
		case "dive":
			return nil // what follows is about the elements
		default:
			bound(p.PropertySchema, kindOf(p.Field.Type), name, param)
		}
	}
	return nil
}

func kindOf(t reflect.Type) reflect.Kind {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind()
}

// bound gives a schema the limit of one rule: of a number's value, a text's length or a list's.
func bound(s *jsonschema.Schema, kind reflect.Kind, rule, param string) {
	n, err := strconv.ParseInt(param, 10, 64)
	if err != nil {
		return
	}
	least, most := rule == "min" || rule == "gte", rule == "max" || rule == "lte"
	switch {
	case least && kind == reflect.String:
		s.WithMinLength(n)
	case most && kind == reflect.String:
		s.WithMaxLength(n)
	case least && kind == reflect.Slice:
		s.WithMinItems(n)
	case most && kind == reflect.Slice:
		s.WithMaxItems(n)
	case least:
		s.WithMinimum(float64(n))
	case most:
		s.WithMaximum(float64(n))
	}
}

func requireProperty(p jsonschema.InterceptPropParams) {
	if p.ParentSchema != nil && !slices.Contains(p.ParentSchema.Required, p.Name) {
		p.ParentSchema.Required = append(p.ParentSchema.Required, p.Name)
	}
}

func addOperation(r *openapi31.Reflector, doc Doc) error {
	method, path, _ := strings.Cut(doc.Route, " ")
	path = strings.TrimSuffix(path, "{$}")
	operation, err := r.NewOperationContext(method, path)
	if err != nil {
		return err
	}
	operation.SetID(operationID(method, path))
	operation.SetSummary(doc.Summary)
	request := lookAt(doc.Request)
	if doc.Request != nil {
		operation.AddReqStructure(doc.Request, openapi.WithCustomize(func(body openapi.ContentOrReference) {
			if b, ok := body.(*openapi31.RequestBodyOrReference); ok && request.bodyNeeded {
				b.RequestBody.WithRequired(true)
			}
		}))
	}
	addSuccess(operation, doc)
	addProblems(operation, doc, request)
	switch doc.Secured {
	case GuestOrAdmin:
		operation.AddSecurity(securityGuest)
		operation.AddSecurity(securityLink)
		operation.AddSecurity(securityBearer)
	case AdminOnly:
		operation.AddSecurity(securityBearer)
	case Public:
	}
	return r.AddOperation(operation)
}

// operationID names an operation for generated clients, for as long as its route stays what it is: getV1AccommodationsById.
func operationID(method, path string) string {
	id := strings.ToLower(method)
	if path == "/" {
		return id + "Root"
	}
	separator := func(r rune) bool { return strings.ContainsRune("/-._", r) }
	for part := range strings.FieldsFuncSeq(strings.TrimPrefix(path, "/api"), separator) {
		name := strings.Trim(part, "{}")
		if name != part {
			id += "By"
		}
		id += strings.ToUpper(name[:1]) + name[1:]
	}
	return id
}

func addSuccess(operation openapi.OperationContext, doc Doc) {
	response, media := doc.Response, doc.Media
	if e, ok := response.(encoded); ok {
		response = e.documented()
	}
	if media == "" && response != nil {
		media = "application/json"
	}
	operation.AddRespStructure(response, openapi.WithHTTPStatus(doc.Status), openapi.WithContentType(media))
	if doc.AlsoStatus != 0 {
		operation.AddRespStructure(response, openapi.WithHTTPStatus(doc.AlsoStatus), openapi.WithContentType(media))
	}
	if doc.Cached {
		operation.AddRespStructure(nil, openapi.WithHTTPStatus(http.StatusNotModified), func(u *openapi.ContentUnit) {
			u.Description = "If-None-Match names the current ETag."
		})
	}
}

// requestShape is what the type of a request says about the ways in which it can be wrong.
type requestShape struct{ body, bodyNeeded, rules bool }

func lookAt(request any) requestShape {
	var s requestShape
	if request == nil {
		return s
	}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(request)) {
		rule := f.Tag.Get("validate")
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			s.body, s.rules = true, true
			s.bodyNeeded = s.bodyNeeded || f.Tag.Get("required") == "true" || strings.Contains(rule, "required")
		} else if f.Tag.Get("query") != "" || f.Tag.Get("header") != "" {
			s.rules = s.rules || rule != "" || f.Type.Kind() != reflect.String
		}
	}
	return s
}

// addProblems describes the refusals of a route by status, and under default those that any route may give. A status that
// is described has to name the general ones that share it: default is for the other statuses.
func addProblems(operation openapi.OperationContext, doc Doc, request requestShape) {
	groups := make(map[int][]*fault.Error)
	add := func(p *fault.Error) {
		status := StatusOf(p.Kind)
		if !slices.Contains(codes(groups[status]), p.Code) {
			groups[status] = append(groups[status], p)
		}
	}
	for _, p := range specific(doc, request) {
		add(p)
	}
	var others []*fault.Error
	for _, p := range general(request) {
		if status := StatusOf(p.Kind); groups[status] != nil || status == doc.AlsoStatus {
			add(p)
		} else {
			others = append(others, p)
		}
	}
	for status, problems := range groups {
		operation.AddRespStructure(Problem{}, openapi.WithHTTPStatus(status), problemsUnit(problems), func(u *openapi.ContentUnit) {
			if status == doc.AlsoStatus {
				u.Description = "The same as a success tells, or a problem.\n\n" + u.Description
			}
		})
	}
	operation.AddRespStructure(Problem{}, problemsUnit(others), func(u *openapi.ContentUnit) { u.IsDefault = true })
}

// specific are the refusals of a route: those it declares, and those of its security and of its request's type.
func specific(doc Doc, request requestShape) []*fault.Error {
	problems := slices.Clone(doc.Problems)
	if request.body {
		problems = append(problems, ErrMalformed)
	}
	if request.rules {
		problems = append(problems, fault.ErrInvalid)
	}
	if doc.Secured != Public {
		problems = append(problems, ErrUnauthenticated, ErrDenied)
	}
	return problems
}

// general are the refusals that any route may give.
func general(request requestShape) []*fault.Error {
	problems := []*fault.Error{ErrTooMany, fault.ErrBusy, ErrTimeout, fault.ErrUnavailable, errInternal}
	if request.body {
		problems = append(problems, ErrTooLarge, ErrUnsupportedMedia)
	}
	return problems
}

// problemsUnit is a problem document of one of the given codes: prose for people, an enumeration for programs.
func problemsUnit(problems []*fault.Error) openapi.ContentOption {
	const media = "application/problem+json"
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = "`" + p.Code + "`: " + p.Detail
	}
	return func(u *openapi.ContentUnit) {
		u.ContentType, u.Description = media, strings.Join(lines, "\n\n")
		u.Customize = func(answer openapi.ContentOrReference) {
			if a, ok := answer.(*openapi31.ResponseOrReference); ok {
				a.Response.Content[media].Schema["properties"] = map[string]any{"code": map[string]any{"enum": codes(problems)}}
			}
		}
	}
}

func codes(problems []*fault.Error) []string {
	all := make([]string, len(problems))
	for i, p := range problems {
		all[i] = p.Code
	}
	return all
}
