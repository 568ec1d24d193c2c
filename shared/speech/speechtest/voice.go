package speechtest

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Note is a recording in which the server hears Text: its voice is in the comments, and what a player plays of it is silence.
type Note struct {
	Text string // of at most 4,000 bytes; the rest is cut off
	// Lasting is how long it plays, to the sample; 0: as long as it takes to say, a third of a second for a word and one second
	// at least.
	Lasting time.Duration
	// Confidence is how sure the server is of it; 0: quite. Below 0: it does not tell.
	Confidence float64
}

// Voice is the recording of a Note with nothing but a text, in OGG/Opus.
func Voice(text string) []byte { return Note{Text: text}.Audio() }

// A stream of Opus in Ogg: RFC 7845.
const (
	rate        = 48_000
	preSkip     = 312       // samples, as the encoder of libopus at this rate wants them
	perFrame    = rate / 50 // 20 ms
	perPage     = 50        // frames
	maxComment  = 4_000
	stream      = 0x5350_4348
	beginning   = 0x02
	ending      = 0x04
	transcript  = "TRANSCRIPT="
	sureness    = "CONFIDENCE="
	vendor      = "speechtest"
	tagsBegin   = "OpusTags"
	pageHeader  = 27
	granuleAt   = 6
	checksumAt  = 22
	fullSegment = 255
)

// silence is 20 ms of it, in one mono frame of CELT.
const silence = "\xf8\xff\xfe"

// Audio is the recording.
func (n Note) Audio() []byte {
	n.Text = cut(n.Text)
	lasting := cmp.Or(n.Lasting, max(time.Second, time.Duration(len(strings.Fields(n.Text)))*time.Second/3))
	w := &writer{}
	w.page(beginning, 0, head())
	w.page(0, 0, n.tags())
	end := preSkip + int64(lasting/time.Second)*rate + int64(lasting%time.Second)*rate/int64(time.Second)
	for at := int64(0); at < end; {
		frames := min(perPage, (end-at+perFrame-1)/perFrame)
		at += frames * perFrame
		var flags byte
		if at >= end {
			at, flags = end, ending // what is too much of the last frame is not played
		}
		w.page(flags, at, repeat(silence, int(frames))...)
	}
	return w.Bytes()
}

func repeat(packet string, n int) [][]byte {
	packets := make([][]byte, n)
	for i := range packets {
		packets[i] = []byte(packet)
	}
	return packets
}

func cut(text string) string {
	if len(text) <= maxComment {
		return text
	}
	end := maxComment
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// head is the identification header: mono, recorded at 16 kHz as WhatsApp does, no gain.
func head() []byte {
	h := append([]byte("OpusHead"), 1, 1)
	h = binary.LittleEndian.AppendUint16(h, preSkip)
	h = binary.LittleEndian.AppendUint32(h, 16_000)
	return append(h, 0, 0, 0)
}

// tags is the comment header.
func (n Note) tags() []byte {
	comments := []string{transcript + n.Text}
	if n.Confidence != 0 {
		comments = append(comments, sureness+strconv.FormatFloat(n.Confidence, 'g', -1, 64))
	}
	t := appendText([]byte(tagsBegin), vendor)
	t = binary.LittleEndian.AppendUint32(t, uint32(len(comments)))
	for _, c := range comments {
		t = appendText(t, c)
	}
	return t
}

func appendText(to []byte, text string) []byte {
	return append(binary.LittleEndian.AppendUint32(to, uint32(len(text))), text...)
}

// writer writes the pages of one stream: RFC 3533 §6.
type writer struct {
	bytes.Buffer

	pages uint32
}

// page writes one with whole packets on it. They fit: 255 segments of 255 bytes.
func (w *writer) page(flags byte, granule int64, packets ...[]byte) {
	var lacing []byte
	for _, p := range packets {
		lacing = append(lacing, bytes.Repeat([]byte{fullSegment}, len(p)/fullSegment)...)
		lacing = append(lacing, byte(len(p)%fullSegment))
	}
	b := append([]byte("OggS"), 0, flags)
	b = binary.LittleEndian.AppendUint64(b, uint64(granule))
	b = binary.LittleEndian.AppendUint32(b, stream)
	b = binary.LittleEndian.AppendUint32(b, w.pages)
	b = append(b, 0, 0, 0, 0, byte(len(lacing)))
	b = append(append(b, lacing...), bytes.Join(packets, nil)...)
	binary.LittleEndian.PutUint32(b[checksumAt:], checksum(b))
	w.Write(b)
	w.pages++
}

// checksum is Ogg's CRC-32, which is not that of hash/crc32: it is not reflected, and begins and ends with 0.
func checksum(page []byte) uint32 {
	var sum uint32
	for _, b := range page {
		sum ^= uint32(b) << 24
		for range 8 {
			if sum&(1<<31) != 0 {
				sum = sum<<1 ^ 0x04c1_1db7
			} else {
				sum <<= 1
			}
		}
	}
	return sum
}

// readNote reads what Audio wrote.
func readNote(audio []byte) (Note, bool) {
	at := bytes.Index(audio, []byte(tagsBegin+"\x0a\x00\x00\x00"+vendor))
	last := bytes.LastIndex(audio, []byte("OggS"))
	if at < 0 || last < at || len(audio) < last+pageHeader {
		return Note{}, false
	}
	rest := audio[at+len(tagsBegin):]
	if _, rest = text(rest); len(rest) < 4 {
		return Note{}, false
	}
	var n Note
	count := binary.LittleEndian.Uint32(rest)
	for rest = rest[4:]; count > 0 && len(rest) >= 4; count-- {
		var comment string
		comment, rest = text(rest)
		if said, ok := strings.CutPrefix(comment, transcript); ok {
			n.Text = said
		} else if sure, ok := strings.CutPrefix(comment, sureness); ok {
			n.Confidence, _ = strconv.ParseFloat(sure, 64) // 0: quite sure
		}
	}
	samples := int64(binary.LittleEndian.Uint64(audio[last+granuleAt:])) - preSkip
	n.Lasting = time.Duration(max(samples, 0)) * time.Second / rate
	return n, true
}

// text reads one, and what follows it.
func text(b []byte) (string, []byte) {
	if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
		return "", nil
	}
	end := 4 + int(binary.LittleEndian.Uint32(b))
	return string(b[4:end]), b[end:]
}
