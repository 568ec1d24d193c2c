package watest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxUpload   = 100 << 20
	addressLife = 5 * time.Minute
	inboundLife = 7 * 24 * time.Hour
)

// file is one that was sent, by anybody.
type file struct {
	MIME     string
	Content  []byte
	Filename string    `json:",omitempty"`
	At       time.Time // when it was sent
	address  string    // where it is to be fetched now
	until    time.Time
}

// attach has somebody send a file.
func (s *Server) attach(phone, kind, shown string, f *file, extra map[string]any) string {
	s.mu.Lock()
	id := s.store(f)
	address := s.addressOf(f)
	s.mu.Unlock()
	sum := sha256.Sum256(f.Content)
	fields := map[string]any{"id": id, "mime_type": f.MIME, "sha256": base64.StdEncoding.EncodeToString(sum[:]), "url": address}
	maps.Copy(fields, extra)
	e := &Entry{Kind: kind, Text: shown, MediaID: id, MIME: f.MIME, Filename: f.Filename}
	return s.hear(phone, e, map[string]any{kind: fields})
}

// store is called with the lock held.
func (s *Server) store(f *file) string {
	n, _ := strconv.ParseUint(hex.EncodeToString([]byte(rand.Text()[:7])), 16, 64)
	id := strconv.FormatUint(n, 10)
	f.At = s.now()
	s.files[id] = f
	return id
}

// addressOf gives a file an address for five minutes. It is called with the lock held.
func (s *Server) addressOf(f *file) string {
	if f.address == "" || !s.now().Before(f.until) {
		f.address, f.until = rand.Text(), s.now().Add(addressLife)
	}
	return s.config.PublicURL + "/lookaside/" + f.address
}

// Content returns a file of a chat, whoever has sent it.
func (s *Server) Content(mediaID string) (content []byte, mimeType string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[mediaID]
	if f == nil {
		return nil, "", false
	}
	return f.Content, f.MIME, true
}

// Corrupt changes a file after its digest was told.
func (s *Server) Corrupt(mediaID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.files[mediaID]; f != nil {
		f.Filename = corrupted
	}
}

const corrupted = "\x00"

// describe says where a file is, or what the number is that is written to. It is called with the lock held.
func (s *Server) describe(r *http.Request, _ *Fault) reply {
	id := r.PathValue("id")
	if id == s.config.PhoneID {
		return yes(map[string]any{"id": id, "display_phone_number": "+" + s.config.Number, "verified_name": "Cabañas", "quality_rating": "GREEN"})
	}
	f := s.files[id]
	phone := r.URL.Query().Get("phone_number_id")
	if f == nil || s.now().Sub(f.At) >= inboundLife || phone != "" && phone != s.config.PhoneID {
		no := refuse(invalid, "Unsupported get request. Object does not exist")
		no.subcode = 33
		return no
	}
	sum := sha256.Sum256(f.Content)
	return yes(map[string]any{
		"messaging_product": "whatsapp", "id": id, "url": s.addressOf(f), "mime_type": f.MIME,
		"sha256": hex.EncodeToString(sum[:]), "file_size": strconv.Itoa(len(f.Content)),
	})
}

// download is called with the lock held.
func (s *Server) download(r *http.Request, _ *Fault) reply {
	for _, f := range s.files {
		if f.address == "" || f.address != r.PathValue("address") || !s.now().Before(f.until) {
			continue
		}
		if f.Filename == corrupted {
			return reply{file: &file{MIME: f.MIME, Content: append([]byte("x"), f.Content...)}}
		}
		return reply{file: f}
	}
	return reply{status: http.StatusNotFound}
}

// upload takes a file. It is called with the lock held, which is no matter for tests.
func (s *Server) upload(r *http.Request, _ *Fault) reply {
	r.Body = http.MaxBytesReader(nil, r.Body, maxUpload)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return refuse(invalid, "a file must come as multipart/form-data")
	}
	part, head, err := r.FormFile("file")
	if err != nil || r.FormValue("messaging_product") != "whatsapp" {
		return refuse(invalid, "The parameters file and messaging_product are required.")
	}
	defer part.Close() //nolint:errcheck // it was only read
	content, err := io.ReadAll(part)
	if err != nil {
		return refuse(invalid, "the file cannot be read")
	}
	kind := r.FormValue("type")
	if kind == "" {
		kind = head.Header.Get("Content-Type")
	}
	if limit := limitOf(kind); len(content) > limit {
		return refuse(131053, "Media upload error: the file is too large")
	}
	return yes(map[string]any{"id": s.store(&file{MIME: kind, Content: content, Filename: head.Filename})})
}

// limitOf is how large a file of a kind may be.
func limitOf(kind string) int {
	switch {
	case strings.HasPrefix(kind, "image/webp"):
		return 500 << 10
	case strings.HasPrefix(kind, "image/"):
		return 5 << 20
	case strings.HasPrefix(kind, "audio/"), strings.HasPrefix(kind, "video/"):
		return 16 << 20
	default:
		return maxUpload
	}
}
