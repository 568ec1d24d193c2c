package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

type window struct {
	From  civil.Date `query:"from" validate:"required"`
	Limit int        `query:"limit" validate:"omitempty,min=1,max=200"`
	After int64      `query:"after"`
	Name  string     `query:"name" validate:"omitempty,line"`
	Token string     `header:"X-Token"`
}

type shownWindow struct {
	From  civil.Date `json:"from"`
	Limit int        `json:"limit"`
	After int64      `json:"after"`
	Name  string     `json:"name"`
	Token string     `json:"token"`
}

func windows() http.Handler {
	return one(web.Doc{Route: "GET /windows", Status: http.StatusOK}, func(r window) (shownWindow, error) { return shownWindow(r), nil })
}

func TestQueryAndHeadersReachTheAct(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		target string
		want   shownWindow
	}{
		"all":                  {"/windows?from=2027-01-04&limit=3&after=9&name=Jos%C3%A9+P.", shownWindow{civil.New(2027, 1, 4), 3, 9, "José P.", "tk"}},
		"empty is not said":    {"/windows?from=2027-01-04&limit=&after=&name=", shownWindow{From: civil.New(2027, 1, 4), Token: "tk"}},
		"the first counts":     {"/windows?from=2027-01-04&limit=3&limit=4", shownWindow{From: civil.New(2027, 1, 4), Limit: 3, Token: "tk"}},
		"others are not ours":  {"/windows?from=2027-01-04&utm_source=mail", shownWindow{From: civil.New(2027, 1, 4), Token: "tk"}},
		"halves of an escape":  {"/windows?from=2027-01-04&name=%zz&limit=3", shownWindow{From: civil.New(2027, 1, 4), Limit: 3, Token: "tk"}},
		"the largest number":   {"/windows?from=2027-01-04&after=9223372036854775807", shownWindow{civil.New(2027, 1, 4), 0, 9223372036854775807, "", "tk"}},
		"a right-to-left name": {"/windows?from=2027-01-04&name=%D7%A9%D7%A8%D7%94", shownWindow{civil.New(2027, 1, 4), 0, 0, "שרה", "tk"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := decode[shownWindow](t, ask(t, windows(), http.MethodGet, test.target, "", "X-Token", "tk").is(200).Body.String())
			if d := cmp.Diff(test.want, got, cmp.AllowUnexported(civil.Date{})); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWrongQueriesAreInvalidAndEveryFieldIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query string
		want  map[string]string
	}{
		"several": {"from=2027-02-30&limit=many&after=1.5", map[string]string{
			"from": civil.ErrFormat.Error(), "limit": "must be a whole number", "after": "must be a whole number",
		}},
		"numbers that overflow": {"from=2027-01-04&limit=99999999999999999999&after=-9223372036854775809", map[string]string{
			"limit": "must be a whole number", "after": "must be a whole number",
		}},
		"missing":            {"", map[string]string{"from": "is required"}},
		"out of range":       {"from=2027-01-04&limit=201", map[string]string{"limit": "must be at most 200"}},
		"below its range":    {"from=2027-01-04&limit=-1", map[string]string{"limit": "must be at least 1"}},
		"no UTF-8":           {"from=2027-01-04&name=%ff", map[string]string{"name": "must be text in UTF-8"}},
		"a NUL":              {"from=2027-01-04&name=a%00b", map[string]string{"name": "must be text in UTF-8"}},
		"control characters": {"from=2027-01-04&name=a%0d%0ab", map[string]string{"name": "must not contain control characters"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := ask(t, windows(), http.MethodGet, "/windows?"+test.query, "").is(http.StatusUnprocessableEntity).problem()
			if d := cmp.Diff(test.want, fields(p)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAPathThatCannotNameAnythingIsNotFound(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"99999999999999999999", "-99999999999999999999", "seven", "7.0", "0x7", "7%00", "%ff", "%20"} {
		p := ask(t, web.Mount(desk{}, deskOperations), http.MethodPost, "/stays/"+id, goodStay).is(http.StatusNotFound).problem()
		if p.Code != "not_found" || p.Errors != nil {
			t.Errorf("%s: got %+v", id, p)
		}
	}
}

type slug struct {
	Slug string `path:"slug"`
}

func TestATextInThePathThatIsNoTextIsNotFound(t *testing.T) {
	t.Parallel()
	h := one(web.Doc{Route: "GET /cabins/{slug}", Status: http.StatusOK}, func(r slug) (string, error) { return r.Slug, nil })
	if got := ask(t, h, http.MethodGet, "/cabins/caba%C3%B1a", "").is(200).Body.String(); got != "\"cabaña\"\n" {
		t.Errorf("got %s", got)
	}
	for _, wrong := range []string{"%00", "%ff", "a%c3"} {
		ask(t, h, http.MethodGet, "/cabins/"+wrong, "").is(http.StatusNotFound)
	}
}

func TestHeadersAreJudgedUnderTheirOwnNames(t *testing.T) {
	t.Parallel()
	for value, message := range map[string]string{
		strings.Repeat("k", 9): "must have at most 8 characters", "ключ": "must be printable ASCII", "\xff": "must be text in UTF-8",
	} {
		a := ask(t, web.Mount(desk{}, deskOperations), http.MethodPost, "/stays/7", goodStay, "Idempotency-Key", value)
		if got := fields(a.is(http.StatusUnprocessableEntity).problem())["Idempotency-Key"]; got != message {
			t.Errorf("%q: got %q", value, got)
		}
	}
}

type open struct {
	Code  string `path:"code"`
	Token string `header:"Authorization"`
	Why   string `json:"why"`
}

type odd struct {
	When []string `query:"when"`
}

func TestRequestsThatCannotBeBoundSafelyAreFoundWhenTheyAreMounted(t *testing.T) {
	t.Parallel()
	mount := map[string]func(){
		"need json:\"-\": Code, Token": func() {
			one(web.Doc{Route: "POST /open/{code}"}, func(open) (string, error) { return "", nil })
		},
		"cannot be a []string": func() {
			one(web.Doc{Route: "GET /odd"}, func(odd) (string, error) { return "", nil })
		},
	}
	for want, build := range mount {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, want) {
					t.Errorf("got %q", text)
				}
			}()
			build()
		})
	}
}
