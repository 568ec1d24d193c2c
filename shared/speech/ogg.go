package speech

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"
)

// A page of Ogg: RFC 3533 §6. Numbers are little-endian.
const (
	pageHeader = 27 // bytes, before the table of segments
	capture    = "OggS"
	first      = 0x02 // the flag of a stream's first page
)

// The identification header of Opus: RFC 7845 §5.1.
const (
	opusHead    = "OpusHead"
	opusHeadLen = 19
	rate        = 48_000 // positions count samples at 48 kHz, whatever was recorded: RFC 7845 §4
)

// page is what matters of one.
type page struct {
	first    bool
	position int64 // of the last sample that ends on it, skipped ones included
	stream   uint32
	payload  []byte
}

// Duration is how long an OGG/Opus recording lasts, by its own account; false if it is something else. Streams one after the
// other are added up. A file that is cut off, or damaged, is measured by the pages that can be read.
func Duration(audio []byte) (time.Duration, bool) {
	var total int64 // samples
	var at struct {
		found        bool
		stream       uint32
		skip, played int64
	}
	for p, rest, ok := nextPage(audio); ok; p, rest, ok = nextPage(rest) {
		if skip, opus := opusSkip(p); opus {
			total = add(total, at.played)
			at.found, at.stream, at.skip, at.played = true, p.stream, skip, 0
		} else if at.found && p.stream == at.stream && p.position > at.skip { // -1 is a page on which no packet ends
			at.played = max(at.played, p.position-at.skip)
		}
	}
	total = add(total, at.played)
	return samples(total), at.found
}

// opusSkip reads how many samples at the beginning are not played, from a stream's first page.
func opusSkip(p page) (int64, bool) {
	if !p.first || len(p.payload) < opusHeadLen || !bytes.HasPrefix(p.payload, []byte(opusHead)) {
		return 0, false
	}
	return int64(binary.LittleEndian.Uint16(p.payload[10:])), true
}

// nextPage finds the next page that is whole, in time that grows with the data alone.
func nextPage(data []byte) (p page, rest []byte, ok bool) {
	for {
		i := bytes.Index(data, []byte(capture))
		if i < 0 {
			return page{}, nil, false
		}
		data = data[i:]
		if p, size := readPage(data); size > 0 {
			return p, data[size:], true
		}
		data = data[len(capture):]
	}
}

// readPage reads the page that data begins with; size is 0 if there is none. Its checksum is not looked at: whoever decodes
// the recording does that, and here nothing depends on it but whether it is sent.
func readPage(data []byte) (p page, size int) {
	if len(data) < pageHeader || data[4] != 0 || data[5] > 7 {
		return page{}, 0
	}
	body := pageHeader + int(data[26])
	if len(data) < body {
		return page{}, 0
	}
	size = body
	for _, segment := range data[pageHeader:body] {
		size += int(segment)
	}
	if len(data) < size {
		return page{}, 0
	}
	return page{
		first:    data[5]&first != 0,
		position: int64(binary.LittleEndian.Uint64(data[6:])), // signed, in two's complement
		stream:   binary.LittleEndian.Uint32(data[14:]),
		payload:  data[body:size],
	}, size
}

// add does not overflow; neither is negative.
func add(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// samples is how long so many last; more than can be said is the longest there is.
func samples(n int64) time.Duration {
	if n/rate >= math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(n/rate)*time.Second + time.Duration(n%rate)*time.Second/rate
}
