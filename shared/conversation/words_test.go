package conversation_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

func languages() []notice.Language {
	return []notice.Language{notice.Spanish, notice.Portuguese, notice.English}
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func TestEveryLanguageHasEverySentence(t *testing.T) {
	t.Parallel()
	if conversation.Languages() != len(languages()) {
		t.Fatal("a language is not tested")
	}
	spanish := conversation.Sentences(notice.Spanish)
	for _, lang := range languages() {
		for i, s := range conversation.Sentences(lang) {
			if s.Text == "" {
				t.Errorf("%s has no %s", lang, s.Name)
			}
			got, want := placeholder.FindAllString(s.Text, -1), placeholder.FindAllString(spanish[i].Text, -1)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(slices.Compact(got), slices.Compact(want)) {
				t.Errorf("%s %s fills in %q, Spanish %q", lang, s.Name, got, want)
			}
		}
	}
}

func TestEveryLanguageHasALabelForEveryTopic(t *testing.T) {
	t.Parallel()
	spanish := conversation.Labels(notice.Spanish)
	for _, lang := range languages() {
		labels := conversation.Labels(lang)
		if len(labels) != len(spanish) {
			t.Errorf("%s has %d topics", lang, len(labels))
		}
		for topic := range spanish {
			if label := labels[topic]; label == "" || chat.Cut(label, 40) != label {
				t.Errorf("%s: the label of %s is %q", lang, topic, label)
			}
		}
	}
	for _, topic := range []understanding.Topic{understanding.TopicCheckIn, understanding.TopicLaundry, understanding.TopicServices} {
		if spanish[topic] == "" {
			t.Errorf("there is no label for %s", topic)
		}
	}
}

func TestEverythingFitsWhereWhatsAppShowsIt(t *testing.T) {
	t.Parallel()
	for _, lang := range languages() {
		title := false
		for _, s := range conversation.Sentences(lang) {
			title = title || s.Name == "MenuDates" // from there on they stand on buttons and rows
			most := 420
			switch {
			case title && strings.HasSuffix(s.Name, "More") && s.Name != "SeeMore":
				most = chat.MaxDescription
			case title:
				most = chat.MaxButtonTitle
			}
			if chat.Cut(s.Text, most) != s.Text {
				t.Errorf("%s %s is longer than %d: %q", lang, s.Name, most, s.Text)
			}
			if s.Name != "WithNights" {
				continue
			}
			for n := 1; n < 100; n++ {
				if on := conversation.Fill(s.Text, "nights", lang.Nights(n)); chat.Cut(on, most) != on {
					t.Errorf("%s: %q is longer than %d", lang, on, most)
				}
			}
		}
	}
}

func TestOnlyWhatIsClearlySpanishTurnsAConversationBackToIt(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(conversation.OnlySpanish()) {
		t.Error("the words are not in order")
	}
	for _, word := range conversation.OnlySpanish() {
		if conversation.Plain(word) != word {
			t.Errorf("%q is never found", word)
		}
	}
	for text, want := range map[string]bool{
		"gracias": true, "y cuanto sale?": true, "mañana": true, "¿hay?": true, "ok": false, "15/12": false, "obrigado": false, "somos 4": false, "thanks a lot": false,
		"sim, por favor": false, "de 3 a 8 de janeiro": false, "yes please": false, "tem vaga no dia 5?": false,
	} {
		if conversation.IsSpanish(text) != want {
			t.Errorf("isSpanish(%q) is not %t", text, want)
		}
	}
}

func TestANameIsOneThatAPersonWouldWrite(t *testing.T) {
	t.Parallel()
	for profile, want := range map[string]string{
		"Ana": "Ana", "ana pérez": "ana pérez", "Ana 🌸": "Ana", "*Ana*": "Ana", "🌻": "", "": "", ".": "", "A": "", "María-José O'Higgins": "María-José O'Higgins",
		"Juan@gmail.com": "", "+54 9 294 412 3456": "", "www.evil.example/x": "", "Cabañas 4x4": "", "J. Pérez": "J Pérez", "  Ana \n Paula ": "Ana Paula",
		"Se vende auto en buen estado muy barato": "", "Иван": "Иван",
	} {
		if got := conversation.PersonName(profile); got != want {
			t.Errorf("%q is called %q, want %q", profile, got, want)
		}
	}
}
