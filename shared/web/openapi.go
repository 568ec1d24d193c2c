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

const securityBearer, securityGuest = "ownerToken", "guestToken"

func newReflector(baseURL string) *openapi31.Reflector {
	r := openapi31.NewReflector()
	r.Spec.Info.WithTitle("Cabañas").WithVersion("1").
		WithDescription("Reservations for a handful of cabins: availability, quotes, holds and what becomes of them. " +
			"Amounts are decimal strings, dates are YYYY-MM-DD in the cabin's time zone, nights are half-open: the day of check-out is free.")
	r.Spec.WithServers(*(&openapi31.Server{}).WithURL(baseURL))
	r.Spec.SetHTTPBearerTokenSecurity(securityBearer, "JWT", "An owner's token, as `router token EMAIL` prints it.")
	r.Spec.SetAPIKeySecurity(securityGuest, "X-Guest-Token", openapi.InHeader,
		"The reservation's own token, the t of its manage_url; the query parameter t does as well.")
	schemas := r.JSONSchemaReflector()
	schemas.AddTypeMapping(civil.Date{}, textSchema("date", "", "2027-01-04"))
	schemas.AddTypeMapping(money.Cents(0), textSchema("", `^-?\d+\.\d{2}$`, "34000.00"))
	schemas.DefaultOptions = append(schemas.DefaultOptions, jsonschema.InterceptProp(constrain))
	return r
}

func textSchema(format, pattern string, example any) jsonschema.Schema {
	s := jsonschema.Schema{}
	s.AddType(jsonschema.String)
	if format != "" {
		s.WithFormat(format)
	}
	if pattern != "" {
		s.WithPattern(pattern)
	}
	return *s.WithExamples(example)
}

// constrain gives a schema the limits of the field's validate tag, so that document and handler cannot disagree.
func constrain(p jsonschema.InterceptPropParams) error {
	if !p.Processed {
		return nil
	}
	rules := strings.Split(p.Field.Tag.Get("validate"), ",")
	text := p.Field.Type.Kind() == reflect.String
	for _, rule := range rules {
		name, param, _ := strings.Cut(rule, "=")
		n, err := strconv.ParseInt(param, 10, 64)
		switch {
		case name == "required":
			requireProperty(p)
		case name == "email":
			p.PropertySchema.WithFormat("email")
		case name == "oneof":
			for value := range strings.FieldsSeq(param) {
				p.PropertySchema.Enum = append(p.PropertySchema.Enum, value)
			}
		case err != nil:
		case name == "min" && text:
			p.PropertySchema.WithMinLength(n)
		case name == "max" && text:
			p.PropertySchema.WithMaxLength(n)
		case name == "min":
			p.PropertySchema.WithMinimum(float64(n))
		case name == "max":
			p.PropertySchema.WithMaximum(float64(n))
		}
	}
	return nil
}

func requireProperty(p jsonschema.InterceptPropParams) {
	if p.ParentSchema != nil && !slices.Contains(p.ParentSchema.Required, p.Name) {
		p.ParentSchema.Required = append(p.ParentSchema.Required, p.Name)
	}
}

func addOperation(r *openapi31.Reflector, doc Doc) error {
	method, path, _ := strings.Cut(doc.Route, " ")
	operation, err := r.NewOperationContext(method, strings.TrimSuffix(path, "{$}"))
	if err != nil {
		return err
	}
	operation.SetSummary(doc.Summary)
	if doc.Request != nil {
		operation.AddReqStructure(doc.Request)
	}
	addSuccess(operation, doc)
	for status, problems := range byStatus(doc) {
		operation.AddRespStructure(Problem{}, openapi.WithHTTPStatus(status),
			openapi.WithContentType("application/problem+json"), describe(codes(problems)))
	}
	operation.AddRespStructure(Problem{}, openapi.WithContentType("application/problem+json"),
		describe("Any other refusal: too_large, unsupported_media_type, too_many_requests, busy, timeout, internal"),
		func(u *openapi.ContentUnit) { u.IsDefault = true })
	switch doc.Secured {
	case GuestOrAdmin:
		operation.AddSecurity(securityGuest)
		operation.AddSecurity(securityBearer)
	case AdminOnly:
		operation.AddSecurity(securityBearer)
	case Public:
	}
	return r.AddOperation(operation)
}

func addSuccess(operation openapi.OperationContext, doc Doc) {
	response, media := doc.Response, doc.Media
	if e, ok := response.(encoded); ok {
		response = e.documented()
	}
	if media == "" {
		media = "application/json"
	}
	operation.AddRespStructure(response, openapi.WithHTTPStatus(doc.Status), openapi.WithContentType(media))
	if doc.AlsoStatus != 0 {
		operation.AddRespStructure(response, openapi.WithHTTPStatus(doc.AlsoStatus), openapi.WithContentType(media))
	}
	if doc.Cached {
		operation.AddRespStructure(nil, openapi.WithHTTPStatus(http.StatusNotModified), describe("If-None-Match names the current ETag."))
	}
}

func describe(text string) openapi.ContentOption {
	return func(u *openapi.ContentUnit) { u.Description = text }
}

// byStatus groups the refusals of a route, those of its security and its body included.
func byStatus(doc Doc) map[int][]*fault.Error {
	problems := slices.Clone(doc.Problems)
	if doc.Secured != Public {
		problems = append(problems, ErrUnauthenticated, ErrDenied)
	}
	groups := make(map[int][]*fault.Error)
	for _, p := range problems {
		status := StatusOf(p.Kind)
		groups[status] = append(groups[status], p)
	}
	return groups
}

func codes(problems []*fault.Error) string {
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = "`" + p.Code + "`: " + p.Detail
	}
	return strings.Join(lines, "\n\n")
}
