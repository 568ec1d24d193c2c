package conversation_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/conversation"
)

// TestDialogues plays every dialogue of testdata/dialogues*.txt. Dialogues are separated by an empty line; each line is one of
//
//	# title                      begins a dialogue
//	@ today 2026-11-24 10:00     what time it is (Buenos Aires); also "@ wait 15m"; each guest's line takes 20 seconds
//	@ sent 15m                   the guest's next line was written so long ago, and comes only now
//	@ taken 1 2027-01-03 2027-01-08
//	@ reservation 2 2027-01-10 2027-01-12 4 confirmed     the guest's (confirmed = deposit paid; pre_reserved, cancelled…)
//	@ somebody 2 2027-01-10 2027-01-12 4 confirmed        somebody else's; codes are AAA001, AAA002… as they are made
//	@ paid AAA001                the deposit has come ("@ paid AAA001 all": everything)
//	@ profile Juan               ("@ profile": none; Ana if nothing is said)     @ name Juan Pérez (known from before)
//	@ offline                    no online payments      @ no transfer     @ only 1 (cabins there are)     @ price 1 130000
//	@ fails hold unavailable     the next act of this kind is refused with this code
//	@ give back                  the owner gives the conversation back      @ answer 1 pool Climatizada.
//	> text                       the guest writes; "> a || b || c" is a burst
//	>[Reservar]                  he presses the newest button or row whose title has this; ">[old:Reservar]" the oldest
//	>{audio} text  >{audio}  >{image} caption  >{pdf}  >{sticker}  >{poll}  >{echo} text     (echo: the owner writes himself)
//	= search 2027-01-03 2027-01-08 4     acts expected, in order; arguments may be left out at the end. Besides them there may
//	                             be acts that only look (search, mine, look_paid, preview), and no others. "= none": none at all
//	< $ 600.000                  some reply has this, whatever its capitals, accents and *bold*; "< a | b": one of them
//	<! x                         no reply has this           <#1 so many messages are sent
func TestDialogues(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/dialogues*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no dialogues:", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for block := range strings.SplitSeq(strings.ReplaceAll(string(text), "\r", ""), "\n\n") {
			if block = strings.TrimSpace(block); block == "" || !strings.Contains(block, "\n") {
				continue
			}
			title, _, _ := strings.Cut(strings.TrimPrefix(block, "#"), "\n")
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+strings.TrimSpace(title), func(t *testing.T) {
				t.Parallel()
				newPhone(t).play(block)
			})
		}
	}
}

// phone is a guest's, on which a dialogue is played.
type phone struct {
	t       reporter
	w       *world
	state   conversation.State
	age     time.Duration
	n       int
	shown   []chat.Message // all that was sent
	replies []chat.Message // to the last line
	acts    []conversation.Act
	checked bool // the acts of the last line
	wanted  []string
	script  strings.Builder
}

// reporter is a *testing.T or a *rapid.T.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Failed() bool
	Log(args ...any)
}

func newPhone(t reporter) *phone {
	t.Helper()
	return &phone{t: t, w: newWorld()}
}

func (p *phone) play(block string) {
	p.t.Helper()
	for line := range strings.Lines(block) {
		line = strings.TrimSpace(line)
		fmt.Fprintln(&p.script, line)
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "@"):
			p.settle()
			p.direct(strings.Fields(line[1:]))
		case strings.HasPrefix(line, ">"):
			p.settle()
			p.guest(strings.TrimSpace(line[1:]))
		case strings.HasPrefix(line, "="):
			p.checked = true
			p.wanted = append(p.wanted, strings.TrimSpace(line[1:]))
		case strings.HasPrefix(line, "<"):
			p.reply(line[1:])
		default:
			p.fail("cannot read the line %q", line)
		}
	}
	p.settle()
	if p.t.Failed() || testing.Verbose() {
		p.t.Log("\n" + p.script.String())
	}
}

func (p *phone) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Errorf(format, args...)
	fmt.Fprintf(&p.script, "    !!! "+format+"\n", args...)
}

// reply checks what was answered.
func (p *phone) reply(want string) {
	var all []string
	for _, m := range p.replies {
		all = append(all, flat(visible(m)))
	}
	said := strings.Join(all, "\n")
	has := func(texts string) bool {
		return slices.ContainsFunc(strings.Split(texts, " | "), func(text string) bool { return strings.Contains(said, flat(text)) })
	}
	switch {
	case strings.HasPrefix(want, "#"):
		if n, err := strconv.Atoi(strings.TrimSpace(want[1:])); err != nil || n != len(p.replies) {
			p.fail("%d messages, want %s", len(p.replies), want[1:])
		}
	case strings.HasPrefix(want, "!"):
		if has(want[1:]) {
			p.fail("a reply has %q", want[1:])
		}
	case !has(want):
		p.fail("no reply has %q", strings.TrimSpace(want))
	}
}

// settle checks the acts of the last line.
func (p *phone) settle() {
	wanted, acts := p.wanted, p.acts
	checked := p.checked
	p.wanted, p.acts, p.checked = nil, nil, false
	if !checked {
		return
	}
	var said []string
	for _, a := range acts {
		said = append(said, describe(a))
	}
	if slices.Equal(wanted, []string{"none"}) {
		if slices.ContainsFunc(acts, func(a conversation.Act) bool { return a.Kind != conversation.Mine }) {
			p.fail("acts are %q, want none", said)
		}
		return
	}
	for i, a := range acts {
		if len(wanted) > 0 && (said[i] == wanted[0] || strings.HasPrefix(said[i], wanted[0]+" ")) {
			wanted = wanted[1:]
		} else if !onlyLooks(a.Kind) {
			p.fail("the act %q is not wanted", said[i])
		}
	}
	if len(wanted) > 0 {
		p.fail("acts are %q, missing %q", said, wanted)
	}
}

func onlyLooks(k conversation.ActKind) bool {
	return slices.Contains([]conversation.ActKind{conversation.Search, conversation.Mine, conversation.LookPaid, conversation.Preview}, k)
}

// guest does what a line says, and has it answered.
func (p *phone) guest(line string) {
	p.w.now = p.w.now.Add(20 * time.Second)
	p.replies, p.acts = nil, nil
	var batch []chat.Inbound
	for part := range strings.SplitSeq(line, "||") {
		batch = append(batch, p.inbound(strings.TrimSpace(part)))
	}
	p.age = 0
	for _, e := range conversation.Events(batch, p.w.now) {
		if e.Text != "" && e.Choice == "" {
			m := p.state.Understand(e.Text, p.w.facts(), p.w.now)
			text, _ := json.Marshal(m.Object())
			fmt.Fprintln(&p.script, "    ??", string(text), m.Also, m.Topics, m.Other, m.Photos, m.MoreNights, m.Name)
		}
		p.turn(e)
	}
	for _, m := range p.replies {
		fmt.Fprintln(&p.script, indent(visible(m)))
	}
	for _, a := range p.acts {
		fmt.Fprintln(&p.script, "    ->", describe(a))
	}
}

func (p *phone) inbound(text string) chat.Inbound {
	p.n++
	i := chat.Inbound{ID: "wamid." + strconv.Itoa(p.n), At: p.w.now.Add(-p.age), Kind: chat.KindText, Text: text}
	if name, ok := strings.CutPrefix(text, "["); ok {
		i.Kind, i.Text = chat.KindReply, ""
		i.ReplyID, i.ReplyTitle = p.find(strings.TrimSuffix(name, "]"))
	}
	if kind, ok := strings.CutPrefix(text, "{"); ok {
		name, said, _ := strings.Cut(kind, "}")
		i.Kind = map[string]chat.Kind{
			"audio": chat.KindAudio, "image": chat.KindImage, "pdf": chat.KindDocument, "sticker": chat.KindSticker,
			"poll": chat.KindUnsupported, "echo": chat.KindEcho, "video": chat.KindVideo, "location": chat.KindLocation, "reaction": chat.KindReaction,
		}[name]
		i.Text = strings.TrimSpace(said)
		if i.Kind == "" {
			p.fail("there are no messages of the kind %q", name)
		}
	}
	return i
}

// find is the button or row whose title has a text, from the newest message on.
func (p *phone) find(title string) (id, whole string) {
	messages := slices.Clone(p.shown)
	title, old := strings.CutPrefix(title, "old:")
	if !old {
		slices.Reverse(messages)
	}
	for _, m := range messages {
		for _, b := range m.Buttons {
			if strings.Contains(flat(b.Title), flat(title)) {
				return b.ID, b.Title
			}
		}
		if m.List == nil {
			continue
		}
		for _, s := range m.List.Sections {
			for _, r := range s.Rows {
				if strings.Contains(flat(r.Title+" "+r.Description), flat(title)) {
					return r.ID, r.Title
				}
			}
		}
	}
	p.fail("there is no button %q", title)
	return "", title
}

// turn is an event and all that follows from it.
func (p *phone) turn(e conversation.Event) {
	var said []chat.Message
	first := e
	for round := 0; ; round++ {
		if round > conversation.MaxRounds {
			p.fail("it goes round for ever")
			return
		}
		before := p.state
		turn := p.state.Next(e, p.w.facts(), p.w.now)
		p.explicit(before, turn.Act, first)
		said = append(said, turn.Replies...)
		p.state = p.kept(turn.State)
		if turn.Act.Kind == conversation.None {
			break
		}
		p.acts = append(p.acts, turn.Act)
		if turn.Act.Kind == conversation.HandOver || turn.Act.Kind == conversation.TellLoop {
			break
		}
		e = conversation.Event{ID: e.ID, Kind: conversation.Done, At: e.At, Files: e.Files, Outcome: p.w.do(turn.Act)}
	}
	if len(said) > 3 {
		p.fail("%d messages at once", len(said))
	}
	for _, m := range said {
		if diff := cmp.Diff(m, m.Fit()); diff != "" || m.Blank() {
			p.fail("a message does not fit: %s", diff)
		}
		if strings.ContainsAny(visible(m), "{}") {
			p.fail("a sentence is not filled in: %s", visible(m))
		}
	}
	p.shown, p.replies = append(p.shown, said...), append(p.replies, said...)
}

// explicit checks that nothing is booked or cancelled but by the guest's own word, which is not one that was only heard.
func (p *phone) explicit(before conversation.State, a conversation.Act, e conversation.Event) {
	switch a.Kind {
	case conversation.Hold:
		s := before.Shown
		if e.Kind == conversation.Heard || s.Cabin != a.Cabin || s.Nights != a.Stay.Nights || s.Guests != a.Stay.Guests || s.Total != a.Total {
			p.fail("held %s, and %+v was shown, by %s %q", describe(a), s, e.Kind, e.Choice)
		}
	case conversation.Cancel:
		if e.Kind == conversation.Heard || before.Step != conversation.AskedCancel || before.Code != a.Code {
			p.fail("cancelled %s at %q with %q, by %s %q", a.Code, before.Step, before.Code, e.Kind, e.Choice)
		}
	}
	if a.Code != "" && !slices.Contains(before.Codes, a.Code) && a.Kind != conversation.HandOver && before.Doing.For == "" {
		p.fail("acted upon %s, which nobody has said to be his", a.Code)
	}
}

// kept is a state as it is stored and read back.
func (p *phone) kept(s conversation.State) conversation.State {
	text, err := json.Marshal(s)
	if err != nil || len(text) > 8<<10 {
		p.fail("a state of %d bytes: %v", len(text), err)
	}
	var back conversation.State
	if err := json.Unmarshal(text, &back); err != nil {
		p.fail("a state cannot be read back: %v", err)
	}
	return back
}

// direct changes the world.
func (p *phone) direct(args []string) {
	rest := strings.Join(args[1:], " ")
	switch args[0] {
	case "today":
		now, err := time.ParseInLocation("2006-01-02 15:04", rest, art)
		if err != nil {
			p.fail("the time %q", rest)
			return
		}
		p.w.now = now
	case "wait", "sent":
		d, err := time.ParseDuration(rest)
		if err != nil {
			p.fail("the time %q", rest)
		} else if args[0] == "sent" {
			p.age = d
		} else {
			p.w.now = p.w.now.Add(d)
		}
	case "cabins":
	case "taken":
		p.w.blocks = append(p.w.blocks, block{int64(p.number(args[1])), p.nights(args[2], args[3])})
	case "reservation":
		p.w.stays = append(p.w.stays, p.reservation(args))
	case "somebody":
		p.w.others = append(p.w.others, p.reservation(args))
	case "paid":
		p.w.pay(args[1], len(args) > 2)
	default:
		p.directLess(args, rest)
	}
}

func (p *phone) directLess(args []string, rest string) {
	switch args[0] {
	case "profile":
		p.w.profile = rest
	case "name":
		p.w.contact.Name = rest
	case "offline":
		p.w.offline = true
	case "no":
		for i := range p.w.cabins {
			p.w.cabins[i].Transfer = false
		}
	case "only":
		p.w.cabins = p.w.cabins[p.number(args[1])-1 : p.number(args[1])]
	case "price":
		p.w.cabins[p.number(args[1])-1].BasePrice = 100 * moneyOf(p.number(args[2]))
	case "fails":
		p.w.refuse[conversation.ActKind(args[1])] = args[2]
	case "give":
		p.state = p.state.GivenBack()
	case "answer":
		p.w.cabins[p.number(args[1])-1].Answers[args[2]] = strings.Join(args[3:], " ")
	default:
		p.fail("cannot read the directive %q", args)
	}
}

func (p *phone) reservation(args []string) *conversation.Stay {
	stay := booking.Stay{Nights: p.nights(args[2], args[3]), Guests: p.number(args[4])}
	return p.w.reserve(int64(p.number(args[1])), stay, booking.Status(args[5]))
}

func (p *phone) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		p.fail("the number %q", text)
	}
	return n
}

func (p *phone) nights(from, to string) civil.Nights {
	a, err := civil.Parse(from)
	b, err2 := civil.Parse(to)
	if err != nil || err2 != nil {
		p.fail("the dates %q %q", from, to)
	}
	return civil.Nights{From: a, To: b}
}
