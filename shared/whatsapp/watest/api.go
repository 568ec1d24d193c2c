package watest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// maxBody is the longest request that is no file.
const maxBody = 1 << 20

// reply is an answer of the API: a body, or an error of Meta's, or a file.
type reply struct {
	status  int
	body    any
	code    int // with words: an error
	subcode int
	words   string
	file    *file
}

func yes(body any) reply { return reply{status: http.StatusOK, body: body} }

// refuse is an answer that says no, with the status that goes with the code.
func refuse(code int, words string) reply {
	status := http.StatusBadRequest
	switch {
	case code == 0, code == 190:
		status = http.StatusUnauthorized
	case code == 4, code == 80007, code == 130429, code == 131056:
		status = http.StatusTooManyRequests
	case code == 10, code >= 200 && code <= 299, code == 131005:
		status = http.StatusForbidden
	case code == 1, code == 2, code == 131000, code == 131016, code == 131057:
		status = http.StatusInternalServerError
	}
	return reply{status: status, code: code, words: words}
}

// Request is a message that was asked for and taken.
type Request struct {
	ID    string          // the wamid that was answered
	Phone string          // of whom it went to
	At    time.Time       //
	Data  string          // biz_opaque_callback_data
	Body  json.RawMessage // as it came
}

// Requests returns the messages that were taken, the oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{version}/{phone}/messages", s.messages)
	mux.HandleFunc("POST /{version}/{phone}/media", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, Upload, "", s.upload) })
	mux.HandleFunc("GET /{version}/{id}", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, GetMedia, "", s.describe) })
	mux.HandleFunc("GET /lookaside/{address}", func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, Download, "", s.download) })
	return mux
}

var versionForm = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,2}$`)

// messages takes what is sent to people, and what tells that theirs was read.
func (s *Server) messages(w http.ResponseWriter, r *http.Request) {
	// Whole, whatever becomes of it: only then is it noticed that the client hangs up.
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return
	}
	var aim struct{ To, Recipient, Status string }
	_ = json.Unmarshal(text, &aim) // what is wrong with it is told below
	if aim.Status != "" {
		s.serve(w, r, MarkRead, "", func(r *http.Request, _ *Fault) reply { return s.markRead(r, text) })
		return
	}
	phone := s.phoneOf(aim.To, aim.Recipient)
	s.serve(w, r, Send, phone, func(r *http.Request, f *Fault) reply { return s.send(r, text, f) })
}

// serve answers a request, or has it fail as it was told to.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, action Action, phone string, answer func(*http.Request, *Fault) reply) {
	fault, failing := s.note(action, phone)
	if !pause(r, s.config.Latency) {
		return
	}
	act := func() reply {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+s.config.Token:
			return refuse(190, "Invalid OAuth access token")
		case action != Download && !versionForm.MatchString(r.PathValue("version")):
			return refuse(2500, "Unknown path components")
		case (action == Send || action == MarkRead || action == Upload) && r.PathValue("phone") != s.config.PhoneID:
			no := refuse(100, "Unsupported post request. Object does not exist")
			no.subcode = 33
			return no
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		defer s.keep()
		return answer(r, &fault)
	}
	if !failing {
		send(w, act())
		return
	}
	var done reply
	if fault.After || !fault.fails() {
		done = act()
	}
	fault.befall(w, r, done)
}

func send(w http.ResponseWriter, r reply) {
	if r.file != nil {
		w.Header().Set("Content-Type", r.file.MIME)
		w.Write(r.file.Content) //nolint:errcheck // the client is gone
		return
	}
	body := r.body
	if r.words != "" {
		said := map[string]any{
			"message": "(#" + jsonText(r.code) + ") " + r.words, "type": "OAuthException", "code": r.code, "fbtrace_id": "Awatest_0000000000000000",
			"error_data": map[string]any{"messaging_product": "whatsapp", "details": r.words},
		}
		if r.subcode != 0 {
			said["error_subcode"] = r.subcode
		}
		body = map[string]any{"error": said}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	json.NewEncoder(w).Encode(body) //nolint:errcheck // the client is gone
}

func jsonText(v any) string {
	text, _ := json.Marshal(v) // of numbers and texts
	return string(text)
}

// markRead is called with the lock held.
func (s *Server) markRead(_ *http.Request, text []byte) reply {
	var body struct {
		Product   string `json:"messaging_product"`
		Status    string `json:"status"`
		MessageID string `json:"message_id"`
		Typing    *struct {
			Type string `json:"type"`
		} `json:"typing_indicator"`
	}
	if err := strict(text, &body); err != nil {
		return refuse(100, err.Error())
	}
	c, entry := s.entry(body.MessageID)
	switch {
	case body.Product != "whatsapp":
		return refuse(100, "The parameter messaging_product is required.")
	case body.Status != "read":
		return refuse(100, "Param status must be one of {read}")
	case entry == nil || entry.FromBusiness:
		return refuse(100, "Invalid parameter: message_id is of no message that came")
	case body.Typing != nil && body.Typing.Type != "text":
		return refuse(100, "Param typing_indicator.type must be one of {text}")
	}
	for _, e := range c.Entries { // and all before it
		if !e.FromBusiness {
			e.State = chat.Seen
		}
		if e == entry {
			break
		}
	}
	c.typing = time.Time{}
	if body.Typing != nil {
		c.typing = s.now().Add(25 * time.Second)
	}
	s.broadcast()
	return yes(map[string]bool{"success": true})
}

// strict decodes what has no field that is not known.
func strict(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
