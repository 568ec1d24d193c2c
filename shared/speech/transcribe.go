package speech

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Heard is what a recording says.
type Heard struct {
	Text string // one line, never empty
	// Confidence is 0 to 1, or -1 where the endpoint does not tell.
	Confidence float64
}

// untold is the confidence of an endpoint that does not tell.
const untold = -1

// maxText is how long a text may be, in characters. Two minutes of hurried speech have some 2,500; more than this is a model
// that repeats itself.
const maxText = 4096

// The causes of ErrTooLong and ErrUnsure.
var (
	errBytes    = errors.New("too many bytes")
	errDuration = errors.New("lasts too long")
	errEmpty    = errors.New("there is nothing in it")
	errNoWords  = errors.New("no words, or only such as are made up out of silence")
	errDoubtful = errors.New("the endpoint is not sure")
	errEndless  = errors.New("more words than anybody says in that time")
	errTimeout  = errors.New("no answer in time")
)

// Transcribe has a recording written down. mime is its type as the messenger gives it ("audio/ogg; codecs=opus"). It asks
// once, twice only while it is not known whether the endpoint can tell how sure it is. Its errors are ErrOff, ErrTooLong,
// ErrUnsure, ErrTemporary and ErrRefused, for errors.Is.
func (c *Client) Transcribe(ctx context.Context, audio []byte, mime string) (Heard, error) {
	if !c.On() {
		return Heard{}, ErrOff
	}
	if err := fits(audio); err != nil {
		return Heard{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()
	body, err := c.askBoth(ctx, note{audio, kindOf(audio, mime)})
	if err != nil {
		return Heard{}, err
	}
	heard, err := read(body)
	if err != nil {
		return Heard{}, err
	}
	return heard, c.judge(&heard)
}

// fits decides by how long a recording is whether it is worth sending.
func fits(audio []byte) error {
	if len(audio) == 0 {
		return ErrUnsure.WithCause(errEmpty)
	}
	if len(audio) > MaxBytes {
		return ErrTooLong.WithCause(errBytes)
	}
	if d, ok := Duration(audio); ok && d > MaxDuration {
		return ErrTooLong.WithCause(errDuration)
	}
	return nil
}

// judge takes from a text what was made up, and refuses what is left if that is not worth acting on.
func (c *Client) judge(h *Heard) error {
	text := withoutInventions(oneLine(h.Text))
	confidence := h.Confidence
	*h = Heard{}
	switch {
	case text == "":
		return ErrUnsure.WithCause(errNoWords)
	case utf8.RuneCountInString(text) > maxText:
		return ErrUnsure.WithCause(errEndless)
	case confidence != untold && confidence < c.minimum:
		return ErrUnsure.WithCause(errDoubtful)
	}
	*h = Heard{Text: text, Confidence: confidence}
	return nil
}

// oneLine is a text without control characters, broken characters and line breaks: it goes into a conversation as a guest's.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// read decodes an answer that says yes: OpenAI's json, or its verbose_json. Errors of encoding/json may repeat what they read,
// so they are not passed on.
func read(body []byte) (Heard, error) {
	var answer struct {
		Text     *string         `json:"text"`
		Segments json.RawMessage `json:"segments"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Text == nil {
		return Heard{}, ErrRefused.WithCause(errUnreadable)
	}
	var segments []segment
	if json.Unmarshal(answer.Segments, &segments) != nil {
		segments = nil // the text is what matters
	}
	return Heard{Text: *answer.Text, Confidence: confidence(segments)}, nil
}

// segment is some seconds of a recording, in verbose_json. Self-run servers leave out what they do not know.
type segment struct {
	Start       float64  `json:"start"`
	End         float64  `json:"end"`
	Logprob     *float64 `json:"avg_logprob"`
	Compression float64  `json:"compression_ratio"`
	NoSpeech    float64  `json:"no_speech_prob"`
}

// confidence is how likely the model found its own words, segments weighted by how long they are.
func confidence(segments []segment) float64 {
	var sum, weight float64
	for _, s := range segments {
		// A model is never certain: 0 is written by servers that do not know.
		if s.Logprob == nil || *s.Logprob >= 0 {
			continue
		}
		w := s.End - s.Start
		if !(w > 0) || math.IsInf(w, 0) {
			w = 1e-3 // it counts where there is nothing else
		}
		weight += w
		if !s.dubious() {
			sum += w * math.Exp(*s.Logprob)
		}
	}
	if weight == 0 || math.IsInf(weight, 0) {
		return untold
	}
	return min(sum/weight, 1)
}

// dubious tells a segment in which nothing was said, or in which the model got caught in a loop. The first two limits are
// those at which Whisper's own decoder gives up (no_speech_threshold with logprob_threshold; compression_ratio_threshold):
// github.com/openai/whisper, transcribe.py. The third is ours, for silence of which it is sure.
func (s *segment) dubious() bool {
	return s.NoSpeech > 0.6 && *s.Logprob < -1 || s.Compression > 2.4 || s.NoSpeech > 0.9
}
