package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/web"
)

// FuzzBind proves that no body and no query is ever our fault, and that every answer is JSON of a bounded size.
func FuzzBind(f *testing.F) {
	for _, body := range []string{
		goodStay, "", "null", "[]", "{}", `{"guests":1e400}`, `{"check_in":"2027-02-30"}`, `{"address":{"number":"x","floor":1}}`,
		`{"":0,"-":1,"contact_name":"\u202e\ud83d"}`, `{"a":` + strings.Repeat("[", 50), goodStay + goodStay, "\xff\xfe{}",
	} {
		f.Add(body, "application/json", "dry_run=1", "key")
	}
	f.Add(goodStay, "text/plain", "%zz=%00&dry_run=%ff", "\x00")
	f.Add(goodStay, "application/vnd.x+json; q", ";;&&==", "ключ")
	h := web.Mount(desk{}, deskOperations)
	f.Fuzz(func(t *testing.T, body, kind, query, key string) {
		r := request(t, http.MethodPost, "/stays/7", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header["Content-Type"], r.Header["Idempotency-Key"] = []string{kind}, []string{key}
		a := serve(t, h, r)
		switch a.Code {
		case http.StatusCreated:
			if !json.Valid([]byte(body)) {
				t.Errorf("%q was accepted", body)
			}
		case http.StatusBadRequest, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
			if a.Body.Len() > 16<<10 {
				t.Errorf("the refusal has %d bytes", a.Body.Len())
			}
			if p := a.problem(); p.Code == "invalid" && len(p.Errors) == 0 {
				t.Error("the refusal names no field")
			}
			return
		default:
			t.Errorf("got %d: %s", a.Code, a.Body)
		}
		if !json.Valid(a.Body.Bytes()) {
			t.Errorf("the answer is not JSON: %q", a.Body)
		}
	})
}
