package conversation_test

import (
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/conversation"
)

// BenchmarkNext is one round: what a text, or the outcome of a search, comes to.
func BenchmarkNext(b *testing.B) {
	w := newWorld()
	f := w.facts()
	asked := conversation.Event{ID: "a", Kind: conversation.Said, Text: "hola, tenés algo del 3 al 8 de enero para 4 y un perro?", At: w.now}
	first := conversation.State{}.Next(asked, f, w.now)
	found := conversation.Event{ID: "a", Kind: conversation.Done, At: w.now, Outcome: w.do(first.Act)}
	hello := conversation.Event{ID: "b", Kind: conversation.Said, Text: "hola", At: w.now}
	question := conversation.Event{ID: "c", Kind: conversation.Said, Text: "a qué hora es el check in?", At: w.now.Add(time.Minute)}
	for _, c := range []struct {
		name  string
		state conversation.State
		event conversation.Event
	}{
		{"greeting", conversation.State{}, hello},
		{"everything at once", conversation.State{}, asked},
		{"offers", first.State, found},
		{"question", conversation.State{}, question},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.state.Next(c.event, f, w.now)
			}
		})
	}
}
