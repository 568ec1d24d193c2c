package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/web"
)

// BenchmarkPost is a small body decoded, checked and answered.
func BenchmarkPost(b *testing.B) {
	h := web.Mount(desk{}, deskOperations)
	r := request(b, http.MethodPost, "/stays/7", nil)
	r.Header.Set("Content-Type", "application/json")
	body := strings.NewReader(goodStay)
	r.Body = rewound{body}
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(goodStay)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusCreated {
			b.Fatal(w.Body)
		}
	}
}

// BenchmarkGet is a question by query, answered with an ETag.
func BenchmarkGet(b *testing.B) {
	h := windows()
	r := request(b, http.MethodGet, "/windows?from=2027-01-04&limit=3", nil)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

type rewound struct{ *strings.Reader }

func (rewound) Close() error { return nil }
