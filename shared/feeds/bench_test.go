package feeds_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/feeds"
)

// BenchmarkFetch reads a feed of 200 KB over loopback: as it is, packed, and when it has not changed.
func BenchmarkFetch(b *testing.B) {
	var text strings.Builder
	for i := 0; text.Len() < 200<<10; i++ {
		fmt.Fprintf(&text, "BEGIN:VEVENT\r\nUID:%032x@airbnb.com\r\nDTSTART;VALUE=DATE:20260302\r\nDTEND;VALUE=DATE:20260305\r\nSUMMARY:Reserved\r\nEND:VEVENT\r\n", i*7919)
	}
	var small bytes.Buffer
	z := gzip.NewWriter(&small)
	if _, err := z.Write([]byte(text.String())); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("If-None-Match") != "":
			w.WriteHeader(http.StatusNotModified)
		case r.URL.Path == "/packed":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(small.Bytes()) //nolint:errcheck // the client would tell
		default:
			fmt.Fprint(w, text.String())
		}
	}))
	b.Cleanup(s.Close)
	client := feeds.New(feeds.Config{AllowPrivate: true})
	b.Cleanup(client.Close)
	for _, way := range []struct{ name, path, etag string }{{"plain", "/plain", ""}, {"packed", "/packed", ""}, {"unchanged", "/plain", `"a"`}} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				got, err := client.Fetch(b.Context(), s.URL+way.path, way.etag, "")
				if err != nil || got.NotModified != (way.etag != "") || way.etag == "" && len(got.Body) != text.Len() {
					b.Fatal(len(got.Body), err)
				}
			}
		})
	}
}
