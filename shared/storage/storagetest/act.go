package storagetest

import (
	"bytes"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// act does what is asked for.
func (s *Server) act(w http.ResponseWriter, r *http.Request, operation, name string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	switch operation {
	case PutObject:
		s.objects[name] = body
		w.Header().Set("ETag", etag(body))
	case GetObject, HeadObject:
		s.get(w, r, name)
	case DeleteObject:
		delete(s.objects, name)
		w.WriteHeader(http.StatusNoContent)
	case ListObjects:
		s.list(w, query.Get("prefix"), query.Get("continuation-token"))
	case CreateUpload:
		writeXML(w, initiated{Bucket: Bucket, Key: name, UploadID: s.begin(name, time.Now())})
	case ListUploads:
		s.listUploads(w)
	default:
		s.actOnUpload(w, operation, name, query.Get("uploadId"), query.Get("partNumber"), body)
	}
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, name string) {
	content, ok := s.objects[name]
	if !ok {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	w.Header().Set("ETag", etag(content))
	http.ServeContent(w, r, "", time.Now(), bytes.NewReader(content))
}

type (
	object struct {
		Key          string
		Size         int
		ETag         string
		LastModified string
	}
	listed struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Name, Prefix          string
		KeyCount, MaxKeys     int
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []object
	}
	initiated struct {
		XMLName     xml.Name `xml:"InitiateMultipartUploadResult"`
		Bucket, Key string
		UploadID    string `xml:"UploadId"`
	}
	completed struct {
		XMLName           xml.Name `xml:"CompleteMultipartUploadResult"`
		Bucket, Key, ETag string
	}
	begun struct {
		Key       string
		UploadID  string `xml:"UploadId"`
		Initiated string
	}
	uploadsListed struct {
		XMLName xml.Name `xml:"ListMultipartUploadsResult"`
		Bucket  string
		Upload  []begun
	}
	failure struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}
)

func (s *Server) list(w http.ResponseWriter, prefix, after string) {
	page := listed{Name: Bucket, Prefix: prefix, MaxKeys: pageSize}
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		if !strings.HasPrefix(name, prefix) || name <= after {
			continue
		}
		if len(page.Contents) == pageSize {
			page.IsTruncated = true
			page.NextContinuationToken = page.Contents[pageSize-1].Key
			break
		}
		content := s.objects[name]
		page.Contents = append(page.Contents, object{name, len(content), etag(content), time.Now().UTC().Format(time.RFC3339)})
	}
	page.KeyCount = len(page.Contents)
	writeXML(w, page)
}

func (s *Server) begin(name string, at time.Time) (id string) {
	s.nextID++
	id = "upload-" + strconv.Itoa(s.nextID)
	s.uploads[id] = &upload{key: name, parts: make(map[int][]byte), born: at}
	return id
}

func (s *Server) listUploads(w http.ResponseWriter) {
	answer := uploadsListed{Bucket: Bucket}
	for _, id := range slices.Sorted(maps.Keys(s.uploads)) {
		u := s.uploads[id]
		answer.Upload = append(answer.Upload, begun{u.key, id, u.born.UTC().Format(time.RFC3339)})
	}
	writeXML(w, answer)
}

func (s *Server) actOnUpload(w http.ResponseWriter, operation, name, id, number string, body []byte) {
	u := s.uploads[id]
	if u == nil || u.key != name {
		refuse(w, http.StatusNotFound, "NoSuchUpload")
		return
	}
	switch operation {
	case UploadPart:
		n, _ := strconv.Atoi(number)
		u.parts[n] = body
		w.Header().Set("ETag", etag(body))
	case CompleteUpload:
		s.complete(w, name, id, body)
	case AbortUpload:
		delete(s.uploads, id)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) complete(w http.ResponseWriter, name, id string, body []byte) {
	var request struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	if err := xml.Unmarshal(body, &request); err != nil || len(request.Part) == 0 {
		refuse(w, http.StatusBadRequest, "MalformedXML")
		return
	}
	var whole []byte
	for i, part := range request.Part {
		content := s.uploads[id].parts[part.PartNumber]
		switch {
		case strings.Trim(part.ETag, `"`) != strings.Trim(etag(content), `"`), part.PartNumber != i+1:
			refuse(w, http.StatusBadRequest, "InvalidPart")
			return
		case i < len(request.Part)-1 && len(content) < minPartSize:
			refuse(w, http.StatusBadRequest, "EntityTooSmall")
			return
		}
		whole = append(whole, content...)
	}
	s.objects[name] = whole
	delete(s.uploads, id)
	writeXML(w, completed{Bucket: Bucket, Key: name, ETag: etag(whole)})
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	writeError(w, code)
}

func writeError(w http.ResponseWriter, code string) {
	writeXML(w, failure{Code: code, Message: "the request of " + KeyID + " was refused"})
}

func writeXML(w http.ResponseWriter, value any) {
	_ = xml.NewEncoder(w).Encode(value) // the client may have gone
}
