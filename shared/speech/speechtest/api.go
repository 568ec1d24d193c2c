package speechtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxFile  = 25 << 20 // bytes: platform.openai.com/docs/guides/speech-to-text
	maxField = 4 << 10
	sure     = 0.95 // the confidence of a Note that does not say
)

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	// Whole, whatever becomes of it: only then is it noticed that the client hangs up.
	arrived, no := s.read(w, r)
	f, failing := s.note(arrived)
	if !pause(r, s.config.Latency) {
		return
	}
	switch {
	case failing:
		f.befall(w, r, arrived)
	case no.status != 0:
		refuse(w, no.status, no.code, arrived.Complaint)
	default:
		s.answer(w, arrived)
	}
}

// models lists what there is. It is no request that counts, and none that a Fault befalls.
func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+s.config.Key {
		refuse(w, http.StatusUnauthorized, "invalid_api_key", "Incorrect API key provided")
		return
	}
	model := map[string]any{"id": cmp.Or(s.config.Model, "whisper-1"), "object": "model"}
	send(w, http.StatusOK, map[string]any{"object": "list", "data": []any{model}})
}

// pause waits, and reports whether the client has.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// no is a refusal; its words are the request's Complaint.
type no struct {
	status int
	code   string
}

// read takes a request apart, and says what is wrong with it.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (Request, no) {
	arrived := Request{Authorization: r.Header.Get("Authorization"), Fields: make(map[string]string)}
	complain := func(n no, words string) (Request, no) {
		arrived.Complaint = words
		return arrived, n
	}
	bad := no{http.StatusBadRequest, ""}
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || parameters["boundary"] == "" {
		return complain(bad, "the body is not multipart/form-data")
	}
	if r.ContentLength < 0 {
		return complain(no{http.StatusLengthRequired, ""}, "the body has no length")
	}
	words := arrived.take(multipart.NewReader(http.MaxBytesReader(w, r.Body, maxFile+1<<20), parameters["boundary"]))
	switch {
	case arrived.Authorization != "Bearer "+s.config.Key:
		return complain(no{http.StatusUnauthorized, "invalid_api_key"}, "Incorrect API key provided: "+arrived.Authorization)
	case words != "":
		return complain(bad, words)
	case len(arrived.Audio) > maxFile:
		return complain(no{http.StatusRequestEntityTooLarge, ""}, "Maximum content size limit exceeded")
	case s.config.Model != "" && arrived.Fields["model"] != "" && arrived.Fields["model"] != s.config.Model:
		return complain(no{http.StatusNotFound, "model_not_found"}, "there is no such model")
	case s.config.Plain && arrived.Fields["response_format"] == "verbose_json":
		return complain(no{http.StatusBadRequest, "unsupported_value"}, "response_format 'verbose_json' is not compatible with the model. Use 'json' or 'text' instead.")
	}
	if words := arrived.wrong(); words != "" {
		return complain(bad, words)
	}
	return arrived, no{}
}

// take reads the parts, and says what is wrong with them.
func (r *Request) take(parts *multipart.Reader) string {
	for {
		part, err := parts.NextRawPart() // as sent: nobody decodes quoted-printable for a client
		if errors.Is(err, io.EOF) {
			return ""
		}
		if err != nil {
			return "the body is no complete multipart"
		}
		limit := int64(maxField)
		if part.FormName() == "file" {
			limit = maxFile + 1
		}
		value, err := io.ReadAll(io.LimitReader(part, limit))
		switch _, twice := r.Fields[part.FormName()]; {
		case err != nil:
			return "the body is no complete multipart"
		case twice || part.FormName() == "file" && r.FileName != "":
			return part.FormName() + " comes twice"
		case part.FormName() == "file":
			r.FileName, r.Type, r.Audio = part.FileName(), part.Header.Get("Content-Type"), value
		case !slices.Contains([]string{"model", "language", "prompt", "response_format", "temperature"}, part.FormName()):
			return "Unrecognized request argument supplied: " + part.FormName()
		default:
			r.Fields[part.FormName()] = string(value)
		}
	}
}

// wrong says what is wrong with the values.
func (r *Request) wrong() string {
	temperature, err := strconv.ParseFloat(r.Fields["temperature"], 64)
	language, told := r.Fields["language"]
	known := []string{".flac", ".m4a", ".mp3", ".mp4", ".mpeg", ".mpga", ".oga", ".ogg", ".wav", ".webm"}
	switch {
	case r.Fields["model"] == "":
		return "you must provide a model parameter"
	case err != nil || temperature < 0 || temperature > 1:
		return "temperature must be between 0 and 1"
	case told && (len(language) != 2 || strings.Trim(language, "abcdefghijklmnopqrstuvwxyz") != ""):
		return "language must be ISO 639-1"
	case !slices.Contains([]string{"json", "verbose_json"}, r.Fields["response_format"]):
		return "response_format must be json or verbose_json" // the others are none of ours
	case len(r.Fields["prompt"]) > 4*224:
		return "the prompt has more than 224 tokens"
	case r.FileName == "":
		return "there is no file, or it has no name"
	case !slices.Contains(known, path.Ext(r.FileName)) || !strings.HasPrefix(r.Type, "audio/"):
		return "Invalid file format."
	case len(r.Audio) == 0:
		return "The audio file is empty."
	case path.Ext(r.FileName) == ".ogg" && !strings.HasPrefix(string(r.Audio), "OggS"):
		return "The audio file could not be decoded or its format is not supported."
	}
	return ""
}

// refuse is an answer that says no, in the API's form.
func refuse(w http.ResponseWriter, status int, code, words string) {
	said := map[string]any{"message": words, "type": "invalid_request_error", "param": nil, "code": nil}
	if code != "" {
		said["code"] = code
	}
	send(w, status, map[string]any{"error": said})
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) //nolint:errcheck // the client is gone
}

// answer says what was heard.
func (s *Server) answer(w http.ResponseWriter, r Request) {
	h := s.hear(r.Audio)
	said := map[string]any{"text": h.text}
	if r.Fields["response_format"] == "verbose_json" {
		said["task"], said["language"] = "transcribe", "spanish"
		seconds := 1.0
		if n, ok := readNote(r.Audio); ok {
			seconds = n.Lasting.Seconds()
		}
		said["duration"], said["segments"] = seconds, h.segments(seconds)
	}
	send(w, http.StatusOK, said)
}

// segments is what verbose_json tells of how it was heard: nothing, if it was told not to.
func (h hearing) segments(seconds float64) []map[string]any {
	if h.confidence < 0 {
		return []map[string]any{}
	}
	noSpeech := 0.02
	if h.text == "" {
		noSpeech = 0.97
	}
	return []map[string]any{{
		"id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": " " + h.text, "tokens": []int{50364, 22637, 50464}, "temperature": 0.0,
		"avg_logprob": math.Log(min(max(h.confidence, 1e-6), 0.9999)), "compression_ratio": 1.1, "no_speech_prob": noSpeech,
	}}
}
