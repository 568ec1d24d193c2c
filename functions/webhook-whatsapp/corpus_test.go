package webhookwhatsapp_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	webhookwhatsapp "github.com/eevans-d/sist-cabanas/functions/webhook-whatsapp"
	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// TestWebhookCorpus posts every JSON of the folder WEBHOOK_CORPUS, signed: each is answered with 200 and what it says is kept
// once, however often it comes.
func TestWebhookCorpus(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("WEBHOOK_CORPUS")
	if folder == "" {
		t.Skip("WEBHOOK_CORPUS names no folder")
	}
	if _, err := os.Stat(folder); err != nil && !filepath.IsAbs(folder) {
		folder = filepath.Join("..", "..", folder) // as seen from the root of the module
	}
	b := setup(t, func(c *webhookwhatsapp.Config) { c.PhoneID = "" })
	files, events := 0, map[string]bool{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.EqualFold(filepath.Ext(path), ".json") {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for _, id := range eventsOf(body) {
			events[id] = true
		}
		for range 2 {
			b.send(t, string(body))
			if n := b.kept(t, "true"); n != len(events) {
				t.Errorf("%s: %d are kept, want %d", filepath.Base(path), n, len(events))
			}
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("%d files in %s: %v", files, folder, err)
	}
	if strings.Contains(b.log.String(), `"level":"error"`) {
		t.Error(b.log)
	}
	t.Logf("%d files, %d events, %d jobs", files, len(events), len(b.jobs(t)))
}

// eventsOf names all that a body says.
func eventsOf(body []byte) []string {
	batch, err := chat.Read(body)
	if err != nil {
		batch.Others = []chat.Other{{Field: "unreadable", Raw: body}}
	}
	var ids []string
	for _, m := range batch.Messages {
		ids = append(ids, "message "+m.EventID())
	}
	for _, s := range batch.Statuses {
		ids = append(ids, "status "+s.EventID())
	}
	for _, o := range batch.Others {
		ids = append(ids, "other "+o.EventID())
	}
	return ids
}
