package web_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

func TestAGoodRequestReachesTheActWhole(t *testing.T) {
	t.Parallel()
	body := `{"check_in":"2026-12-04","guests":2,"contact_name":"Ana","price":"340.50","pets":true,"address":{"street":"Sur","number":3}}`
	a := ask(t, web.Mount(desk{}, deskOperations), http.MethodPost, "/stays/7?dry_run=yes", body, "Idempotency-Key", "k-1").is(http.StatusCreated)
	want := echo{ID: 7, Key: "k-1", DryRun: "yes", Body: stayBody{
		CheckIn: civil.New(2026, 12, 4), Guests: 2, Name: "Ana", Price: money.Cents(34050), Pets: true, Address: &address{"Sur", 3},
	}}
	if d := cmp.Diff(want, decode[echo](t, a.Body.String()), cmp.AllowUnexported(civil.Date{})); d != "" {
		t.Error(d)
	}
}

func TestBodiesThatCannotBeReadAreMalformed(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"not JSON":          `check_in=2026-12-04`,
		"cut off":           goodStay[:len(goodStay)-3],
		"a comma too many":  `{"guests":2,}`,
		"spaces only":       "  \n\t ",
		"single quotes":     `{'guests':2}`,
		"trailing data":     goodStay + `{"guests":3}`,
		"trailing garbage":  goodStay + `x`,
		"a byte order mark": "\ufeff" + goodStay,
		"NaN":               `{"guests":NaN}`,
		"nested too deeply": strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
		"a deep field":      `{"address":` + strings.Repeat(`{"a":`, 20_000) + `1` + strings.Repeat(`}`, 20_000) + `}`,
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p := post(t, body).is(http.StatusBadRequest).problem(); p.Code != "malformed" || p.Errors != nil {
				t.Errorf("got %+v", p)
			}
		})
	}
}

func TestBodiesThatAreNoObjectAreInvalid(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`null`, " null\n", `[]`, `[` + goodStay + `]`, `"guests"`, `7`, `true`} {
		p := post(t, body).is(http.StatusUnprocessableEntity).problem()
		if got := fields(p)["body"]; got != "must be a JSON object" {
			t.Errorf("%s: got %+v", body, p)
		}
	}
}

// tip is a request that may be left empty.
type tip struct {
	Reason string `json:"reason,omitempty" validate:"omitempty,max=5"`
}

func TestAnAbsentBodyIsJudgedByTheRulesOfItsFields(t *testing.T) {
	t.Parallel()
	got := fields(post(t, "").is(http.StatusUnprocessableEntity).problem())
	want := map[string]string{"check_in": "is required", "guests": "must be at least 1", "contact_name": "is required"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	optional := one(web.Doc{Route: "POST /tip", Status: http.StatusOK}, func(r tip) (string, error) { return "<" + r.Reason + ">", nil })
	if got := ask(t, optional, http.MethodPost, "/tip", "").is(200).Body.String(); got != "\"<>\"\n" {
		t.Errorf("got %s", got)
	}
	// Without a body there is nothing that the type could be wrong of.
	ask(t, optional, http.MethodPost, "/tip", "", "Content-Type", "text/plain").is(200)
}

func TestEveryWrongFieldIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want map[string]string
	}{
		"Feb 30": {`{"check_in":"2027-02-30","guests":2,"contact_name":"Ana"}`, map[string]string{
			"check_in": civil.ErrFormat.Error(),
		}},
		"an unknown field": {`{"check_in":"2026-12-04","guests":2,"contact_name":"Ana","price_override":1}`, map[string]string{
			"price_override": "is not a field of this request",
		}},
		"all sorts": {`{"check_in":"soon","guests":"two","contact_name":7,"pets":"no","price":"1,5","nonsense":null,"":1,"-":1}`, map[string]string{
			"check_in": civil.ErrFormat.Error(), "guests": "must be a whole number", "contact_name": "must be a string",
			"pets": "must be true or false", "price": money.ErrFormat.Error(), "nonsense": "is not a field of this request",
			"": "is not a field of this request", "-": "is not a field of this request",
		}},
		"numbers that are none of ours": {`{"guests":2.5}`, map[string]string{"guests": "must be a whole number"}},
		"numbers that overflow":         {`{"guests":99999999999999999999999}`, map[string]string{"guests": "must be a whole number"}},
		"a huge exponent":               {`{"guests":1e999999}`, map[string]string{"guests": "must be a whole number"}},
		"inside of an object": {`{"address":{"number":"three"}}`, map[string]string{
			"address.number": "must be a whole number",
		}},
		"unknown inside of an object": {`{"address":{"floor":2}}`, map[string]string{
			"address": `has a field that is not one of this request: "floor"`,
		}},
		"an object for a string": {`{"contact_name":{"first":"Ana"}}`, map[string]string{"contact_name": "must be a string"}},
		"a list for an object":   {`{"address":[]}`, map[string]string{"address": "must be of another type"}},
		"a field of the header, not of the body": {`{"Key":"k","DryRun":"yes","ID":9}`, map[string]string{
			"Key": "is not a field of this request", "DryRun": "is not a field of this request", "ID": "is not a field of this request",
		}},
		"several rules": {`{"check_in":null,"guests":99,"contact_name":"","contact_email":"ana@","channel":"fax"}`, map[string]string{
			"check_in": "is required", "guests": "must be at most 6", "contact_name": "is required",
			"contact_email": "must be an e-mail address", "channel": "must be one of: web, phone",
		}},
		"none and less": {`{"check_in":"2026-12-04","guests":-1,"contact_name":"Ana"}`, map[string]string{"guests": "must be at least 1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := post(t, test.body).is(http.StatusUnprocessableEntity).problem()
			if d := cmp.Diff(test.want, fields(p)); d != "" || p.Code != "invalid" {
				t.Errorf("%s %s", p.Code, d)
			}
		})
	}
}

func TestTenThousandUnknownFieldsGiveABoundedAnswer(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	body.WriteString("{")
	for i := range 10_000 {
		fmt.Fprintf(&body, `"x%s%05d":%d,`, strings.Repeat("ñ", 40), i, i)
	}
	body.WriteString(goodStay[1:])
	a := post(t, body.String()).is(http.StatusUnprocessableEntity)
	if a.Body.Len() > 8<<10 {
		t.Errorf("the answer has %d bytes", a.Body.Len())
	}
	names := slices.Sorted(maps.Keys(fields(a.problem())))
	if len(names) == 0 || strings.ContainsRune(names[0], '\ufffd') {
		t.Errorf("names are cut within a letter: %q", names)
	}
}

func TestBodiesAreReadAsJSONOrNotAtAll(t *testing.T) {
	t.Parallel()
	tests := map[string]int{
		"application/json": 201, "application/json; charset=utf-8": 201, "APPLICATION/JSON": 201, "": 201,
		"application/vnd.cabanas+json": 201, "application/problem+json; charset=UTF-8": 201,
		"text/plain": 415, "application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415, "application/jsonp": 415,
		"application/xml": 415, "json": 415, ";;": 415, "application/json; charset": 415,
	}
	for kind, status := range tests {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			a := ask(t, web.Mount(desk{}, deskOperations), http.MethodPost, "/stays/7", goodStay, "Content-Type", kind).is(status)
			if status == http.StatusUnsupportedMediaType && a.problem().Code != "unsupported_media_type" {
				t.Errorf("got %s", a.Body)
			}
		})
	}
}

func TestABodyOverTheLimitIsRefusedAndOneOfTheLimitIsNot(t *testing.T) {
	t.Parallel()
	limited := http.MaxBytesHandler(web.Mount(desk{}, deskOperations), int64(len(goodStay)))
	ask(t, limited, http.MethodPost, "/stays/7", goodStay).is(http.StatusCreated)
	p := ask(t, limited, http.MethodPost, "/stays/7", goodStay+" ").is(http.StatusRequestEntityTooLarge).problem()
	if p.Code != "too_large" || !strings.Contains(p.Detail, fmt.Sprint(len(goodStay))) {
		t.Errorf("got %+v", p)
	}
}

func TestABodyThatBreaksOffIsMalformed(t *testing.T) {
	t.Parallel()
	r := request(t, http.MethodPost, "/stays/7", nil)
	r.Body = broken{}
	if p := serve(t, web.Mount(desk{}, deskOperations), r).is(http.StatusBadRequest).problem(); p.Code != "malformed" {
		t.Errorf("got %+v", p)
	}
}

func TestAWrongValueBehindATwinIsNamedAndNotQuoted(t *testing.T) {
	t.Parallel()
	status, body := postTwin(t, `{"guests":42424242424242424242,"guests":1}`)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, `"field":"guests"`) || strings.Contains(body, "4242") {
		t.Errorf("got %d: %s", status, body)
	}
}

func postTwin(t *testing.T, body string) (int, string) {
	t.Helper()
	type request struct {
		Guests int `json:"guests"`
	}
	operation := web.Act(web.Doc{Route: "POST /twin", Status: http.StatusOK},
		func(struct{}, context.Context, request) (struct{}, error) { return struct{}{}, nil })
	recorder := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/twin", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	web.Mount(struct{}{}, []web.Operation[struct{}]{operation}).ServeHTTP(recorder, r)
	return recorder.Code, recorder.Body.String()
}
