package speech

import (
	"bytes"
	"strings"
)

// kind is what a recording is sent as.
type kind struct {
	mime   string
	ending string // of the file's name
}

// The kinds that come over WhatsApp (developers.facebook.com/docs/whatsapp/cloud-api/reference/media), and those that the
// endpoints take beside them.
var (
	ogg  = kind{"audio/ogg", ".ogg"}
	m4a  = kind{"audio/mp4", ".m4a"}
	mp3  = kind{"audio/mpeg", ".mp3"}
	aac  = kind{"audio/aac", ".aac"}
	amr  = kind{"audio/amr", ".amr"}
	wav  = kind{"audio/wav", ".wav"}
	webm = kind{"audio/webm", ".webm"}
	flac = kind{"audio/flac", ".flac"}
)

// kindOf goes by what the messenger says, and by the first bytes only where that is nothing we know. What was said is never
// passed on itself.
func kindOf(audio []byte, mime string) kind {
	mime, _, _ = strings.Cut(mime, ";")
	switch strings.ToLower(strings.TrimSpace(mime)) {
	case "audio/ogg", "audio/opus", "application/ogg", "audio/oga":
		return ogg
	case "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/mp4a-latm", "video/mp4":
		return m4a
	case "audio/mpeg", "audio/mp3", "audio/mpeg3", "audio/x-mpeg":
		return mp3
	case "audio/aac", "audio/x-aac", "audio/aacp":
		return aac
	case "audio/amr", "audio/amr-nb", "audio/amr-wb", "audio/3gpp":
		return amr
	case "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave":
		return wav
	case "audio/webm", "video/webm":
		return webm
	case "audio/flac", "audio/x-flac":
		return flac
	}
	return kindInside(audio)
}

// kindInside knows a recording by its first bytes. A voice note is the most likely thing that we cannot tell.
func kindInside(audio []byte) kind {
	switch {
	case len(audio) > 8 && bytes.Equal(audio[4:8], []byte("ftyp")):
		return m4a
	case bytes.HasPrefix(audio, []byte("ID3")):
		return mp3
	case bytes.HasPrefix(audio, []byte("#!AMR")):
		return amr
	case bytes.HasPrefix(audio, []byte("RIFF")):
		return wav
	case bytes.HasPrefix(audio, []byte("\x1aE\xdf\xa3")):
		return webm
	case bytes.HasPrefix(audio, []byte("fLaC")):
		return flac
	case len(audio) > 1 && audio[0] == 0xff && audio[1]&0xf6 == 0xf0: // ADTS: layer 0
		return aac
	case len(audio) > 1 && audio[0] == 0xff && audio[1]&0xe0 == 0xe0: // MPEG audio frame
		return mp3
	default:
		return ogg
	}
}
