// Package storagetest is a small S3-compatible bucket service: it checks signatures and checksums, takes uploads in one
// piece and in parts, lists page by page, and fails on demand. Where services differ it is as strict as the strictest.
package storagetest

import (
	"crypto/md5" //nolint:gosec // an ETag, as the protocol wants it
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the server knows its one client by.
const (
	Bucket = "backups"
	Region = "auto"
	KeyID  = "tid_storagetest"
	Key    = "tsec_storagetest"
)

// Operations, by their names in S3.
const (
	PutObject      = "PutObject"
	GetObject      = "GetObject"
	HeadObject     = "HeadObject"
	DeleteObject   = "DeleteObject"
	ListObjects    = "ListObjectsV2"
	CreateUpload   = "CreateMultipartUpload"
	UploadPart     = "UploadPart"
	CompleteUpload = "CompleteMultipartUpload"
	AbortUpload    = "AbortMultipartUpload"
	ListUploads    = "ListMultipartUploads"
)

// Fault is what goes wrong with one request.
type Fault int

// The faults.
const (
	SlowDown   Fault = iota + 1 // 503, nothing is done
	Cut                         // the connection ends, nothing is done
	LostAnswer                  // it is done, but the connection ends before the answer
	Hang                        // no answer, until the client gives up
	Forbidden                   // 403 AccessDenied
	Corrupt                     // a byte is changed on its way in or out
	Truncate                    // half of an object comes back, under the length of the whole
	OKButError                  // 200 with an error in its body, as completing an upload may have
)

const (
	pageSize    = 3       // small, so that lists have pages
	minPartSize = 5 << 20 // of all parts but the last
)

// Server is one bucket.
type Server struct {
	URL string

	http    *httptest.Server
	mu      sync.Mutex
	objects map[string][]byte
	uploads map[string]*upload
	faults  map[string][]Fault
	seen    []string
	nextID  int
}

type upload struct {
	key   string
	parts map[int][]byte
	born  time.Time
}

// New starts a server with an empty bucket, which ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: make(map[string][]byte), uploads: make(map[string]*upload), faults: make(map[string][]Fault)}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	t.Cleanup(func() {
		s.http.CloseClientConnections()
		s.http.Close()
	})
	return s
}

// Fail makes the next requests of an operation go wrong, one fault each.
func (s *Server) Fail(operation string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[operation] = append(s.faults[operation], faults...)
}

// Object returns what is stored under a name, nil for nothing.
func (s *Server) Object(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.objects[name])
}

// Set stores an object behind everybody's back.
func (s *Server) Set(name string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[name] = slices.Clone(content)
}

// Uploads returns how many uploads have been neither completed nor aborted.
func (s *Server) Uploads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.uploads)
}

// Abandon leaves an upload that somebody began some time ago.
func (s *Server) Abandon(name string, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin(name, time.Now().Add(-age))
}

// Seen returns how often an operation was asked for.
func (s *Server) Seen(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, seen := range s.seen {
		if seen == operation {
			n++
		}
	}
	return n
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/"+Bucket)
	if !ok {
		refuse(w, http.StatusNotFound, "NoSuchBucket")
		return
	}
	operation := operationOf(r, strings.Trim(name, "/"))
	fault := s.note(operation)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	if code := verify(r, body); code != "" {
		refuse(w, http.StatusForbidden, code)
		return
	}
	if r.Header.Get("Content-Encoding") != "" {
		refuse(w, http.StatusBadRequest, "InvalidContentEncoding")
		return
	}
	switch fault {
	case SlowDown:
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
	case Forbidden:
		refuse(w, http.StatusForbidden, "AccessDenied")
	case Hang:
		<-r.Context().Done()
	case Cut:
		panic(http.ErrAbortHandler)
	case LostAnswer:
		s.act(httptest.NewRecorder(), r, operation, strings.Trim(name, "/"), body)
		panic(http.ErrAbortHandler)
	case OKButError:
		writeError(w, "InternalError")
	case Corrupt:
		s.corrupted(w, r, operation, strings.Trim(name, "/"), body)
	case Truncate:
		s.truncated(w, strings.Trim(name, "/"))
	default:
		s.act(w, r, operation, strings.Trim(name, "/"), body)
	}
}

func (s *Server) note(operation string) (fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, operation)
	if waiting := s.faults[operation]; len(waiting) > 0 {
		fault, s.faults[operation] = waiting[0], waiting[1:]
	}
	return fault
}

func (s *Server) corrupted(w http.ResponseWriter, r *http.Request, operation, name string, body []byte) {
	if len(body) > 0 {
		body[len(body)/2] ^= 1
		s.act(w, r, operation, name, body)
		return
	}
	content := s.Object(name)
	describe(w, content)
	content[len(content)/2] ^= 1
	_, _ = w.Write(content)
}

func describe(w http.ResponseWriter, content []byte) {
	w.Header().Set("ETag", etag(content))
	w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
}

func (s *Server) truncated(w http.ResponseWriter, name string) {
	content := s.Object(name)
	describe(w, content)
	_, _ = w.Write(content[:len(content)/2])
	panic(http.ErrAbortHandler)
}

func operationOf(r *http.Request, name string) string {
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodPost && query.Has("uploads"):
		return CreateUpload
	case r.Method == http.MethodPost && query.Has("uploadId"):
		return CompleteUpload
	case r.Method == http.MethodPut && query.Has("uploadId"):
		return UploadPart
	case r.Method == http.MethodDelete && query.Has("uploadId"):
		return AbortUpload
	case r.Method == http.MethodGet && query.Has("uploads"):
		return ListUploads
	case r.Method == http.MethodGet && name == "":
		return ListObjects
	case r.Method == http.MethodHead:
		return HeadObject
	}
	return map[string]string{http.MethodPut: PutObject, http.MethodGet: GetObject, http.MethodDelete: DeleteObject}[r.Method]
}

func etag(content []byte) string {
	sum := md5.Sum(content) //nolint:gosec // see the import
	return `"` + hex.EncodeToString(sum[:]) + `"`
}
