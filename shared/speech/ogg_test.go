package speech_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eevans-d/sist-cabanas/shared/speech"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
)

func TestARecordingTellsHowLongItLasts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(1, 150_000).Draw(t, "ms")) * time.Millisecond
		got, ok := speech.Duration(speechtest.Note{Text: rapid.StringN(0, 900, 3000).Draw(t, "text"), Lasting: want}.Audio())
		if !ok || got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// lastPosition is where the position of the last page of a recording is written.
func lastPosition(audio []byte) []byte { return audio[bytes.LastIndex(audio, []byte("OggS"))+6:] }

func TestADamagedRecordingIsMeasuredByWhatIsLeft(t *testing.T) {
	t.Parallel()
	whole := speechtest.Note{Text: "OggS OggS", Lasting: 4 * time.Second}.Audio()
	position := func(at int64) []byte {
		audio := slices.Clone(whole)
		binary.LittleEndian.PutUint64(lastPosition(audio), uint64(at))
		return audio
	}
	lastPage := bytes.LastIndex(whole, []byte("OggS"))
	// The pages before the last, of a second each, begin with 312 samples that are not played.
	const before = 4*time.Second - 312*time.Second/48_000
	tests := []struct {
		name  string
		audio []byte
		want  time.Duration
		ok    bool
	}{
		{"whole", whole, 4 * time.Second, true},
		{"garbage around it", slices.Concat([]byte("OggSOgg\x00"), whole, []byte("OggS\x00\x04")), 4 * time.Second, true},
		{"cut off in the last page", whole[:len(whole)-1], before, true},
		{"cut off before it", whole[:lastPage], before, true},
		{"cut off in the first", whole[:40], 0, false},
		{"a page on which nothing ends", position(-1), before, true},
		{"a negative position", position(math.MinInt64), before, true},
		{"a position less than what is skipped", position(5), before, true},
		{"an age", position(math.MaxInt64), math.MaxInt64, true},
		{"two, one after the other", slices.Concat(whole, whole), 8 * time.Second, true},
		{"two ages", slices.Concat(position(math.MaxInt64), position(math.MaxInt64)), math.MaxInt64, true},
		{"another codec", bytes.Replace(whole, []byte("OpusHead"), []byte("\x01vorbis\x00"), 1), 0, false},
		{"an unknown version of Ogg", bytes.ReplaceAll(whole, []byte("OggS\x00"), []byte("OggS\x01")), 0, false},
		{"a page of another stream", slices.Concat(whole, foreign(whole[lastPage:])), 4 * time.Second, true},
		{"nothing", nil, 0, false},
		{"no pages", []byte("RIFF....WAVEfmt "), 0, false},
		{"nothing but beginnings", bytes.Repeat([]byte("OggS"), 1000), 0, false},
	}
	for _, test := range tests {
		got, ok := speech.Duration(test.audio)
		if ok != test.ok || got != test.want {
			t.Errorf("%s: got %v %t, want %v", test.name, got, ok, test.want)
		}
	}
}

// foreign is a page as of another stream, a year into it.
func foreign(page []byte) []byte {
	page = slices.Clone(page)
	binary.LittleEndian.PutUint64(page[6:], 365*24*3600*48_000)
	page[14] ^= 0xff
	return page
}

// FuzzDuration: whatever comes, it is measured in time, is never negative, and more of it after the end makes it no shorter.
func FuzzDuration(f *testing.F) {
	whole := speechtest.Note{Text: "Hola", Lasting: 1500 * time.Millisecond}.Audio()
	f.Add(whole)
	f.Add(whole[:100])
	f.Add(slices.Concat([]byte("OggS"), whole, whole))
	f.Add([]byte("OggS\x00\x02"))
	f.Fuzz(func(t *testing.T, audio []byte) {
		d, ok := speech.Duration(audio)
		if d < 0 || !ok && d != 0 {
			t.Errorf("got %v %t", d, ok)
		}
		// Behind whole pages a whole recording is found again.
		more, found := speech.Duration(slices.Concat(whole, audio))
		if !found || more < 1500*time.Millisecond {
			t.Errorf("got %v %t", more, found)
		}
	})
}
