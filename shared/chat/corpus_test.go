package chat_test

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// corpus is a folder of webhooks and signatures from elsewhere, which the tests below are about where it is given.
func corpus(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("WEBHOOK_CORPUS")
	if folder == "" {
		t.Skip("WEBHOOK_CORPUS names no folder of webhooks and signatures")
	}
	return folder
}

func TestWebhooksOfTheCorpus(t *testing.T) {
	t.Parallel()
	counts := make(map[chat.Kind]int)
	err := filepath.WalkDir(corpus(t), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		counts["files"]++
		b, err := chat.Read(body)
		if (err == nil) != json.Valid(body) || err == nil && len(b.Messages)+len(b.Statuses)+len(b.Others) == 0 {
			t.Errorf("%s: got %+v, %v", path, b, err)
		}
		for _, m := range b.Messages {
			counts[m.Kind]++
			if m.Kind == chat.KindOther || m.Kind == chat.KindText && m.Text == "" || m.At.IsZero() {
				t.Logf("%s: a %s of the type %s", filepath.Base(path), m.Kind, m.Type)
			}
		}
		counts["statuses"] += len(b.Statuses)
		counts["others"] += len(b.Others)
		isMessage := strings.Contains(string(body), `"whatsapp_business_account"`) && (strings.Contains(string(body), `"messages":`) || strings.Contains(string(body), `"statuses":`))
		if isMessage && len(b.Messages)+len(b.Statuses) == 0 {
			t.Errorf("%s: got only %+v", path, b.Others)
		}
		return nil
	})
	if err != nil || counts["files"] == 0 {
		t.Fatalf("%v: %v", counts, err)
	}
	t.Log(counts)
}

func TestSignaturesOfTheCorpus(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(corpus(t), "signature_vectors.json"))
	if err != nil {
		t.Skip(err)
	}
	var vectors []struct {
		Name      string
		Secret    string `json:"app_secret"`
		Body      string `json:"body_base64"`
		Signature string `json:"x_hub_signature_256"`
		Valid     *bool  // null: either answer will do
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) == 0 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		body, err := base64.StdEncoding.DecodeString(v.Body)
		if err != nil {
			t.Fatal(err)
		}
		got := chat.Verify(v.Signature, body, v.Secret)
		if v.Valid != nil && (got == nil) != *v.Valid {
			t.Errorf("%s: got %v", v.Name, got)
		}
	}
	t.Logf("%d vectors", len(vectors))
}
