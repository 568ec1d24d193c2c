package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/postgres/pgtest"
)

// buildDev compiles what `make run` runs, once per test process.
var buildDev = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(buildDir, "router-dev")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-tags", "dev", "-o", binary, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return binary, nil
})

const (
	aGuest   = "5491150010001"
	theOwner = "5492944123456"
)

// phones is a development environment, and its phones as a script uses them.
type phones struct {
	base string
	log  *lockedBuffer
}

func startPhones(t *testing.T, extra ...string) *phones {
	t.Helper()
	binary, err := buildDev()
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	p := &phones{base: fmt.Sprintf("http://localhost:%d", port), log: &lockedBuffer{}}
	c := exec.CommandContext(context.WithoutCancel(t.Context()), binary, "dev")
	c.Dir, c.Stdout, c.Stderr = t.TempDir(), p.log, p.log
	c.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "DATABASE_URL=" + pgtest.NewDSN(t), fmt.Sprint("PORT=", port), "METRICS_PORT=0", "NO_COLOR=1",
	}, extra...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		c.Wait() //nolint:errcheck // what it says tells
		close(ended)
	}()
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGINT) //nolint:errcheck // it may have ended
		<-ended
		if t.Failed() {
			t.Log(p.log)
		}
	})
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if status(p.base+"/readyz") == http.StatusOK {
			return p
		}
		select {
		case <-ended:
			t.Fatal("the development environment has ended")
		default:
		}
	}
	t.Fatal("the development environment does not serve")
	return nil
}

// said is a message as scripts read it.
type said struct {
	ID, From, Kind, Text, State, File, Said string
	Message                                 struct {
		Buttons []struct{ ID, Title string }
		Link    struct{ URL string }
		Image   struct{ URL string }
	}
}

// post asks for something with a body of JSON, and returns what of the answer is called so.
func (p *phones) post(t *testing.T, status int, path, field string, body map[string]any) string {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(p.base+"/dev/phone"+path, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer map[string]string
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != status {
		t.Fatalf("%s: %d %v: %v", path, response.StatusCode, answer, err)
	}
	return answer[field]
}

// look returns what is on a phone after a message; with wait, as soon as the business has answered it.
func (p *phones) look(t *testing.T, number, after, wait string) []said {
	t.Helper()
	response, err := http.Get(p.base + "/dev/phone/" + number + ".json?after=" + after + "&wait=" + wait)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var shown struct{ Messages []said }
	if err := json.NewDecoder(response.Body).Decode(&shown); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d: %v", response.StatusCode, err)
	}
	return shown.Messages
}

// answered does something on a phone, and returns the answer.
func (p *phones) answered(t *testing.T, number, act string, body map[string]any) said {
	t.Helper()
	id := p.post(t, http.StatusOK, "/"+number+"/"+act, "id", body)
	for _, m := range p.look(t, number, id, "20") {
		if m.From == "business" {
			return m
		}
	}
	t.Fatalf("%s %v of %s was not answered", act, body, number)
	return said{}
}

func TestAScriptChatsOnAPhoneOfTheDevelopmentEnvironment(t *testing.T) {
	t.Parallel()
	p := startPhones(t)
	if menu := p.answered(t, aGuest, "say", map[string]any{"text": "hola"}); len(menu.Message.Buttons) == 0 || !strings.Contains(menu.Text, "Ana") {
		t.Errorf("the menu is %+v", menu)
	}
	cabins := p.answered(t, aGuest, "press", map[string]any{"choice": "Ver las cabañas"})
	picture := p.answered(t, aGuest, "press", map[string]any{"choice": "Casa Grande"})
	if picture.Kind != "image" {
		t.Fatalf("%+v is no picture; before it came %+v", picture, cabins)
	}
	if kind, content := p.fetch(t, strings.TrimPrefix(picture.Message.Image.URL, p.base)); kind != "image/png" || len(content) < 1000 {
		t.Errorf("the picture is %d bytes of %s", len(content), kind)
	}
	heard := p.answered(t, aGuest, "voice", map[string]any{"text": "¿Aceptan mascotas en la Casa Grande?"})
	if !strings.Contains(heard.Text, "hasta dos") {
		t.Errorf("a voice note is answered with %q", heard.Text)
	}
	if unsure := p.answered(t, aGuest, "voice", map[string]any{"text": "mmm", "confidence": 0.1}); !strings.Contains(strings.ToLower(unsure.Text), "escrib") {
		t.Errorf("a voice note that nobody can make out is answered with %q", unsure.Text)
	}
	for act, kind := range map[string]string{"picture": "image/jpeg", "document": "application/pdf"} {
		id := p.post(t, http.StatusOK, "/"+aGuest+"/"+act, "id", nil)
		for _, m := range p.look(t, aGuest, "", "0") {
			if got, _ := p.fetch(t, m.File); m.ID == id && got != kind {
				t.Errorf("a %s is %s", act, got)
			}
		}
	}
	p.post(t, http.StatusOK, "/"+aGuest+"/location", "id", nil)
	if orders := p.answered(t, theOwner, "say", map[string]any{"text": "ayuda"}); !strings.Contains(strings.ToLower(orders.Text), "bloquear") {
		t.Errorf("the owner is told %q", orders.Text)
	}
	if stranger := p.answered(t, aGuest, "say", map[string]any{"text": "bloquear cabaña 2 del 3 al 5/1"}); strings.Contains(strings.ToLower(stranger.Text), "bloque") {
		t.Errorf("a guest gives orders: %q", stranger.Text)
	}
}

func (p *phones) fetch(t *testing.T, path string) (kind string, content []byte) {
	t.Helper()
	if path == "" {
		return "", nil
	}
	response, err := http.Get(p.base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err = io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", path, response.StatusCode, err)
	}
	return response.Header.Get("Content-Type"), content
}

func TestGuestsComeAndGoOnThePhonesOfTheDevelopmentEnvironment(t *testing.T) {
	t.Parallel()
	p := startPhones(t)
	number := p.post(t, http.StatusCreated, "", "number", map[string]any{"name": "Rosa Quiroga", "hidden": true})
	if hello := p.answered(t, number, "say", map[string]any{"text": "buenas"}); !strings.Contains(hello.Text, "Rosa") {
		t.Errorf("who hides his number is answered %q", hello.Text)
	}
	p.post(t, http.StatusOK, "/"+number+"/off", "id", nil)
	if late := p.answered(t, number, "say", map[string]any{"text": "hola?"}); late.State != "sent" {
		t.Errorf("a phone that is off has got %+v", late)
	}
	p.post(t, http.StatusOK, "/"+number+"/on", "id", nil)
	p.post(t, http.StatusOK, "/"+number+"/read", "id", nil)
	for _, m := range p.look(t, number, "", "0") {
		if m.From == "business" && m.State != "read" {
			t.Errorf("not read: %+v", m)
		}
	}
	for path, body := range map[string]map[string]any{
		"/" + number + "/say": {"text": " "}, "/" + number + "/press": {"choice": "Nada"}, "/12/say": {"text": "hola"}, "/" + number + "/dance": nil, "": {"number": "1"},
	} {
		if why := p.post(t, http.StatusUnprocessableEntity, path, "error", body); why == "" {
			t.Errorf("%s %v is refused without a reason", path, body)
		}
	}
}

// ticks is the state of the last message that a guest has sent, as the page shows it.
const ticks = `[...document.querySelectorAll(".guest .mine .tick")].at(-1)?.getAttribute("aria-label")`

func TestSomebodyChatsInABrowser(t *testing.T) {
	t.Parallel()
	chromium(t)
	p := startPhones(t)
	b := openBrowser(t, p.base+"/dev/phone", 1440, 900)
	b.shoot(t, "1-empty")
	b.click(t, ".guest .write input")
	b.write(t, "hola *mundo* <b>& https://example.com/a_b_c.")
	b.key(t, "Enter")
	b.wait(t, `document.querySelectorAll(".guest .theirs .choices button").length === 3`)
	b.wait(t, ticks+` === "Leído"`)
	want := `hola <b>mundo</b> &lt;b&gt;&amp; <a href="https://example.com/a_b_c" target="_blank" rel="noopener noreferrer">https://example.com/a_b_c</a>.`
	if got := b.eval(t, `document.querySelector(".guest .mine .text").innerHTML`); got != want {
		t.Errorf("it is shown as %v", got)
	}
	b.shoot(t, "2-menu")
	b.click(t, ".guest .theirs .choices button:nth-of-type(2)")
	b.wait(t, `document.querySelector(".guest details.list") !== null`)
	b.click(t, ".guest details.list summary")
	b.wait(t, `document.activeElement.closest(".sheet") !== null`)
	b.shoot(t, "3-sheet")
	b.key(t, "Escape")
	b.wait(t, `document.querySelector("details[open]") === null && document.activeElement.matches("summary")`)
	b.key(t, "Enter")
	b.wait(t, `document.activeElement.closest(".sheet") !== null`)
	b.key(t, "Enter") // the first row has the focus
	b.wait(t, `document.querySelector(".guest .photo img")?.naturalWidth > 100`)
	b.wait(t, `document.activeElement.matches(".guest .write input")`)
	b.shoot(t, "4-photo")
	b.click(t, ".owner .write input")
	b.write(t, "ayuda")
	b.key(t, "Enter")
	b.wait(t, `document.querySelector(".owner .theirs .text") !== null`)
	b.click(t, ".guest .power")
	b.wait(t, `document.querySelector(".guest .power.off") !== null`)
	p.answered(t, aGuest, "say", map[string]any{"text": "gracias"})
	b.wait(t, `[...document.querySelectorAll(".guest .row")].at(-1).textContent.includes("gracias")`)
	b.shoot(t, "9-off")
	b.click(t, ".guest .power")
	b.wait(t, `[...document.querySelectorAll(".guest .row")].at(-1).matches(".theirs")`)
	b.wait(t, `document.querySelector(".guest [data-unread]").dataset.unread === "0"`)
	b.isCurrent(t)
	b.isFlawless(t)
}

// tap taps the last thing on a phone that is called so: a button or a link.
func (b *browser) tap(t *testing.T, phone, title string) {
	t.Helper()
	b.wait(t, fmt.Sprintf(`(() => {
		document.querySelector("[data-tap]")?.removeAttribute("data-tap");
		const found = [...document.querySelectorAll(%q)].filter(e => e.textContent.trim() === %q).at(-1);
		found?.setAttribute("data-tap", "");
		return !!found;
	})()`, "."+phone+" .log .choice", title))
	b.click(t, "[data-tap]")
}

// isCurrent fails the test unless the page has come to what it would be if it were opened now.
func (b *browser) isCurrent(t *testing.T) {
	t.Helper()
	b.wait(t, `fetch(location.href).then(a => a.text()).then(text => {
		const shown = page => [...page.querySelectorAll(".log > li, .people > li")].map(e => e.id + e.textContent.trim()).join();
		return shown(new DOMParser().parseFromString(text, "text/html")) === shown(document);
	})`)
}

// say types a message on a phone, and sends it.
func (b *browser) say(t *testing.T, phone, text string) {
	t.Helper()
	b.click(t, "."+phone+" .write input")
	b.write(t, text)
	b.key(t, "Enter")
}

// reads waits until the last thing that the system has said to a phone contains a text.
func (b *browser) reads(t *testing.T, phone, text string) {
	t.Helper()
	b.wait(t, fmt.Sprintf("[...document.querySelectorAll(%q)].slice(-2).some(e => e.textContent.toLowerCase().includes(%q))", "."+phone+" .theirs .text", text))
}

func TestAStayIsBookedPaidAndCancelledByChattingAlone(t *testing.T) {
	t.Parallel()
	chromium(t)
	p := startPhones(t)
	b := openBrowser(t, p.base+"/dev/phone", 1440, 900)
	b.say(t, "owner", "ayuda")
	b.reads(t, "owner", "bloquear")
	from := time.Now().AddDate(0, 0, 120)
	b.say(t, "guest", "hola, quiero reservar el Refugio de Montaña del "+from.Format("2/1/2006")+" al "+from.AddDate(0, 0, 5).Format("2/1/2006")+" para 2")
	b.tap(t, "guest", "Reservar")
	b.wait(t, `document.querySelector(".guest a.choice[href*='/pay/']") !== null`)
	b.shoot(t, "10-held")
	pay := b.eval(t, `document.querySelector(".guest a.choice[href*='/pay/']").href`).(string)
	b.visit(t, pay)
	b.wait(t, `[...document.querySelectorAll("button")].some(e => e.textContent.trim() === "Aprobar")`)
	b.eval(t, `[...document.querySelectorAll("button")].find(e => e.textContent.trim() === "Aprobar").click()`)
	b.wait(t, `location.pathname.startsWith("/r/") || location.href.includes("reserva")`)
	b.visit(t, p.base+"/dev/phone")
	b.reads(t, "guest", "confirmada")
	b.reads(t, "owner", "ana pérez")
	b.shoot(t, "11-paid")
	b.say(t, "guest", "quiero cancelar mi reserva")
	b.reads(t, "guest", "¿")
	b.shoot(t, "12-cancel")
	b.tap(t, "guest", "Sí, cancelar")
	b.reads(t, "guest", "cancel")
	b.isCurrent(t)
	b.shoot(t, "13-cancelled")
	b.isFlawless(t)
}

func TestThePhonesFitOnAPhone(t *testing.T) {
	t.Parallel()
	chromium(t)
	p := startPhones(t)
	b := openBrowser(t, p.base+"/dev/phone", 390, 844)
	b.click(t, ".guest .hints button")
	b.wait(t, `document.querySelectorAll(".guest .theirs .choices button").length === 3`)
	b.shoot(t, "5-narrow")
	for _, menu := range []string{"Adjuntar", "Mandar un audio"} {
		b.click(t, `.guest summary[title="`+menu+`"]`)
		b.wait(t, `document.activeElement.closest(".sheet") !== null`)
		b.shoot(t, "6-narrow-"+strings.ToLower(menu))
		b.key(t, "Escape")
	}
	b.click(t, `label[for="view-owner"]`)
	b.wait(t, `document.querySelector(".owner .screen").getBoundingClientRect().width === 390 && document.querySelector(".guest").offsetParent === null`)
	b.shoot(t, "7-narrow-owner")
	b.click(t, `label[for="view-people"]`)
	b.click(t, ".new button")
	b.wait(t, `document.querySelectorAll(".people li").length === 2`)
	b.click(t, `label[for="view-people"]`)
	b.shoot(t, "8-narrow-people")
	small := `[...document.querySelectorAll("button, summary, .tabs label")].filter(e => e.offsetParent && e.getBoundingClientRect().height < 36).map(e => e.textContent)`
	if got := b.eval(t, small+".length"); got != 0.0 {
		t.Errorf("too small for a finger: %v", b.eval(t, small))
	}
	b.isFlawless(t)
}

func TestAPageThatWaitsIsToldWhatIsNew(t *testing.T) {
	t.Parallel()
	p := startPhones(t)
	seen := p.live(t, "")
	waiting := make(chan string, 1)
	go func() { waiting <- p.live(t, seen) }()
	id := p.post(t, http.StatusOK, "/"+aGuest+"/say", "id", map[string]any{"text": "hola"})
	if now := <-waiting; now == seen || id == "" {
		t.Errorf("the page is told nothing of %s", id)
	}
}

// live waits for news as the page does.
func (p *phones) live(t *testing.T, seen string) string {
	t.Helper()
	response, err := http.Get(p.base + "/dev/phone/live?seen=" + seen)
	if err != nil {
		t.Error(err)
		return seen
	}
	defer response.Body.Close()
	var news struct{ Seen string }
	if err := json.NewDecoder(response.Body).Decode(&news); err != nil {
		t.Error(err)
	}
	return news.Seen
}
