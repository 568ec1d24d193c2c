package storagetest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// verify checks an AWS signature, version 4, over the request and its body, and returns the code of what is wrong.
func verify(r *http.Request, body []byte) string {
	fields, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return "AccessDenied"
	}
	var credential, signed, signature string
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			credential = value
		case "SignedHeaders":
			signed = value
		case "Signature":
			signature = value
		}
	}
	id, scope, _ := strings.Cut(credential, "/")
	if id != KeyID {
		return "InvalidAccessKeyId"
	}
	claimed := r.Header.Get("X-Amz-Content-Sha256")
	// Unsigned bodies and those signed in chunks are allowed by some services only, bodies of other content by none.
	if actual := sha256.Sum256(body); claimed != hex.EncodeToString(actual[:]) && (len(body) > 0 || claimed != "UNSIGNED-PAYLOAD") {
		return "XAmzContentSHA256Mismatch"
	}
	if want := sign(scope, r.Header.Get("X-Amz-Date"), canonical(r, signed, claimed)); !hmac.Equal([]byte(want), []byte(signature)) {
		return "SignatureDoesNotMatch"
	}
	return ""
}

func canonical(r *http.Request, signed, claimed string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n" + strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20") + "\n")
	for name := range strings.SplitSeq(signed, ";") {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = r.Header.Get("Content-Length")
		}
		b.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	b.WriteString("\n" + signed + "\n" + claimed)
	return b.String()
}

func sign(scope, date, request string) string {
	hash := sha256.Sum256([]byte(request))
	key := []byte("AWS4" + Key)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n"+date+"\n"+scope+"\n"+hex.EncodeToString(hash[:])))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
