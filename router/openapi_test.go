package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// nowhere is the address of a database that does not answer.
const nowhere = "postgres://nobody@127.0.0.1:1/none"

func TestTheDocumentDescribesEveryRouteAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newSite(t, nowhere, nil, nil)
	var served, described []string
	for _, f := range s.resources.served {
		if !describes(f) {
			continue
		}
		for _, route := range f.Routes {
			served = append(served, strings.TrimSuffix(route, "{$}"))
		}
	}
	for _, o := range readSpecification(t, s).operations() {
		described = append(described, o.route)
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(served, described) {
		t.Errorf("served are\n%s\ndescribed are\n%s", strings.Join(served, "\n"), strings.Join(described, "\n"))
	}
}

// TestTheDocumentIsOpenAPI measures the document against the OpenAPI initiative's own schema, which comes with the library
// that writes it, and every schema in it against JSON Schema 2020-12, which the former leaves out.
func TestTheDocumentIsOpenAPI(t *testing.T) {
	t.Parallel()
	d := readSpecification(t, newSite(t, nowhere, nil, nil))
	directory := strings.TrimSpace(goList(t, "-m", "-f", "{{.Dir}}", "github.com/swaggest/openapi-go"))
	file, err := os.Open(filepath.Join(directory, "resources", "schema", "openapi31.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	meta, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	const name = "https://spec.openapis.org/oas/3.1/schema/2022-10-07"
	if err := compiler.AddResource(name, meta); err != nil {
		t.Fatal(err)
	}
	rules, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := rules.Validate(d.root); err != nil {
		t.Error(err)
	}
	draft, err := compiler.Compile("https://json-schema.org/draft/2020-12/schema")
	if err != nil {
		t.Fatal(err)
	}
	for place, schema := range schemasOf(d.root, "") {
		if err := draft.Validate(schema); err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}
}

// schemasOf finds every schema of a document: what is called schema, and the components.
func schemasOf(v any, place string) map[string]any {
	found := make(map[string]any)
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			switch here := place + "/" + name; {
			case name == "schema", place == "/components/schemas":
				found[here] = inner
			default:
				maps.Copy(found, schemasOf(inner, here))
			}
		}
	case []any:
		for _, inner := range v {
			maps.Copy(found, schemasOf(inner, place+"/*"))
		}
	}
	return found
}

func TestReferencesOfTheDocumentLeadSomewhere(t *testing.T) {
	t.Parallel()
	d := readSpecification(t, newSite(t, nowhere, nil, nil))
	text, err := json.Marshal(d.root)
	if err != nil {
		t.Fatal(err)
	}
	referred := make(map[string]bool)
	for _, match := range regexp.MustCompile(`"\$ref":"([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
		path, ok := strings.CutPrefix(match[1], "#/")
		if !ok || at(d.root, strings.Split(path, "/")...) == nil {
			t.Errorf("%s leads nowhere", match[1])
		}
		referred[match[1]] = true
	}
	for name := range object(at(d.root, "components", "schemas")) {
		if !referred["#/components/schemas/"+name] {
			t.Errorf("nothing refers to %s", name)
		}
	}
}

func TestOperationsAreDescribedCompletely(t *testing.T) {
	t.Parallel()
	d := readSpecification(t, newSite(t, nowhere, nil, nil))
	ids := make(map[string]string)
	for _, o := range d.operations() {
		id, _ := o.value["operationId"].(string)
		if !regexp.MustCompile(`^[a-z][A-Za-z0-9]+$`).MatchString(id) || ids[id] != "" {
			t.Errorf("%s is called %q, and so is %q", o.route, id, ids[id])
		}
		ids[id] = o.route
		if summary, _ := o.value["summary"].(string); summary == "" || strings.HasSuffix(summary, ".") {
			t.Errorf("%s: the summary is %q", o.route, summary)
		}
		var declared []string
		parameters, _ := o.value["parameters"].([]any)
		for _, p := range parameters {
			if at(p, "in") == "path" {
				name, _ := at(p, "name").(string)
				declared = append(declared, "{"+name+"}")
			}
		}
		inPath := regexp.MustCompile(`\{\w+\}`).FindAllString(o.route, -1)
		slices.Sort(inPath)
		if slices.Sort(declared); !slices.Equal(declared, inPath) {
			t.Errorf("%s declares %v", o.route, declared)
		}
		for status, response := range object(o.value["responses"]) {
			if description, _ := at(response, "description").(string); description == "" {
				t.Errorf("%s: %s is not described", o.route, status)
			}
		}
		security, _ := o.value["security"].([]any)
		for _, way := range security {
			for scheme := range object(way) {
				if at(d.root, "components", "securitySchemes", scheme) == nil {
					t.Errorf("%s: there is no security scheme %s", o.route, scheme)
				}
			}
		}
	}
}

// TestOperationsKeepTheirNames is for the clients that were generated from the document: a name may be added here, and
// changed only knowing that theirs break.
func TestOperationsKeepTheirNames(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"GET /api/v1/accommodations":                                   "getV1Accommodations",
		"GET /api/v1/accommodations/{id}":                              "getV1AccommodationsById",
		"GET /api/v1/accommodations/{id}/availability":                 "getV1AccommodationsByIdAvailability",
		"GET /api/v1/accommodations/{id}/quote":                        "getV1AccommodationsByIdQuote",
		"GET /api/v1/availability":                                     "getV1Availability",
		"POST /api/v1/reservations":                                    "postV1Reservations",
		"POST /api/v1/reservations/pre-reserve":                        "postV1ReservationsPreReserve",
		"GET /api/v1/reservations/{code}":                              "getV1ReservationsByCode",
		"POST /api/v1/reservations/{code}/cancel":                      "postV1ReservationsByCodeCancel",
		"POST /api/v1/reservations/{code}/extend":                      "postV1ReservationsByCodeExtend",
		"POST /api/v1/reservations/{code}/approve":                     "postV1ReservationsByCodeApprove",
		"POST /api/v1/reservations/{code}/confirm":                     "postV1ReservationsByCodeConfirm",
		"GET /api/v1/ical/{id}/{file}":                                 "getV1IcalByIdByFile",
		"GET /api/v1/ical/export/{id}/{token}":                         "getV1IcalExportByIdByToken",
		"POST /api/v1/ical/import":                                     "postV1IcalImport",
		"GET /api/v1/admin/conflicts":                                  "getV1AdminConflicts",
		"GET /api/v1/admin/approvals":                                  "getV1AdminApprovals",
		"GET /api/v1/admin/accommodations/{id}/feeds":                  "getV1AdminAccommodationsByIdFeeds",
		"POST /api/v1/admin/accommodations/{id}/feeds":                 "postV1AdminAccommodationsByIdFeeds",
		"PATCH /api/v1/admin/accommodations/{id}/feeds/{feed}":         "patchV1AdminAccommodationsByIdFeedsByFeed",
		"DELETE /api/v1/admin/accommodations/{id}/feeds/{feed}":        "deleteV1AdminAccommodationsByIdFeedsByFeed",
		"POST /api/v1/admin/accommodations/{id}/feeds/{feed}/sync":     "postV1AdminAccommodationsByIdFeedsByFeedSync",
		"POST /api/v1/admin/accommodations/{id}/feeds/{feed}/rotate":   "postV1AdminAccommodationsByIdFeedsByFeedRotate",
		"GET /api/v1/admin/accommodations/{id}/blocks":                 "getV1AdminAccommodationsByIdBlocks",
		"POST /api/v1/admin/accommodations/{id}/blocks":                "postV1AdminAccommodationsByIdBlocks",
		"DELETE /api/v1/admin/accommodations/{id}/blocks/{block}":      "deleteV1AdminAccommodationsByIdBlocksByBlock",
		"GET /api/v1/reservations/{code}/cancel-preview":               "getV1ReservationsByCodeCancelPreview",
		"POST /api/v1/reservations/{code}/transfer":                    "postV1ReservationsByCodeTransfer",
		"GET /api/v1/admin/reservations/{code}/payments":               "getV1AdminReservationsByCodePayments",
		"POST /api/v1/admin/reservations/{code}/payments":              "postV1AdminReservationsByCodePayments",
		"POST /api/v1/admin/reservations/{code}/refunds/{refund}/done": "postV1AdminReservationsByCodeRefundsByRefundDone",
		"GET /api/v1/admin/payments":                                   "getV1AdminPayments",
		"GET /api/v1/admin/refunds":                                    "getV1AdminRefunds",
		"GET /api/v1/admin/messages":                                   "getV1AdminMessages",
		"POST /api/v1/admin/messages/{message}/again":                  "postV1AdminMessagesByMessageAgain",
		"GET /pay/{code}":                                              "getPayByCode",
		"POST /api/v1/webhooks/mercadopago":                            "postV1WebhooksMercadopago",
		"POST /api/v1/mercadopago/webhook":                             "postV1MercadopagoWebhook",
		"GET /healthz":                                                 "getHealthz",
		"GET /api/v1/healthz":                                          "getV1Healthz",
		"GET /readyz":                                                  "getReadyz",
		"GET /api/v1/readyz":                                           "getV1Readyz",
		"GET /metrics":                                                 "getMetrics",
		"GET /api/v1/metrics":                                          "getV1Metrics",
		"GET /api/v1/openapi.json":                                     "getV1OpenapiJson",
		"GET /docs":                                                    "getDocs",
		"GET /":                                                        "getRoot",
	}
	got := make(map[string]string)
	for _, o := range readSpecification(t, newSite(t, nowhere, nil, nil)).operations() {
		got[o.route], _ = o.value["operationId"].(string)
	}
	for route, id := range want {
		if got[route] != id {
			t.Errorf("%s is called %q, was %q", route, got[route], id)
		}
	}
}
