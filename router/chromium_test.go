package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// browser is a page in a real Chromium, driven over its debugging pipe: a message is JSON that ends with a zero byte.
// https://chromedevtools.github.io/devtools-protocol/
type browser struct {
	in      *os.File
	out     *bufio.Reader
	from    *os.File
	session string
	calls   int
	errors  []string // that the page's script, or its policy, has raised
}

// chromium finds the browser, or skips the test.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Skip("there is no Chromium here; CHROMIUM may say where it is")
	return ""
}

// openBrowser opens a page at an address, on a screen of this size.
func openBrowser(t *testing.T, url string, width, height int) *browser {
	t.Helper()
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.MkdirTemp("", "chromium-*") //nolint:usetesting // its processes may end a little later than the test
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(context.WithoutCancel(t.Context()), chromium(t), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--remote-debugging-pipe", "--user-data-dir="+profile, "--lang=es", "about:blank")
	c.ExtraFiles = []*os.File{theirIn, theirOut}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	t.Cleanup(func() {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL) //nolint:errcheck // it may have ended
		c.Wait()                                      //nolint:errcheck // it was killed
		in.Close()
		from.Close()
		os.RemoveAll(profile) //nolint:errcheck // what a process that is ending holds is left to the system
	})
	b := &browser{in: in, out: bufio.NewReader(from), from: from}
	var target struct{ TargetID string }
	b.call(t, "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call(t, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page.enable", "Runtime.enable", "Log.enable"} {
		b.call(t, domain, nil, nil)
	}
	b.resize(t, width, height)
	b.visit(t, url)
	return b
}

func (b *browser) resize(t *testing.T, width, height int) {
	t.Helper()
	b.call(t, "Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
	}, nil)
}

func (b *browser) visit(t *testing.T, url string) {
	t.Helper()
	b.call(t, "Page.navigate", map[string]any{"url": url}, nil)
	b.wait(t, `document.readyState === "complete" && location.href !== "about:blank"`)
}

// call asks the browser for something, and remembers what it complains of in between.
func (b *browser) call(t *testing.T, method string, params map[string]any, into any) {
	t.Helper()
	b.calls++
	request := map[string]any{"id": b.calls, "method": method, "params": params}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.in.Write(append(text, 0)); err != nil {
		t.Fatal(err)
	}
	b.from.SetReadDeadline(time.Now().Add(time.Minute)) //nolint:errcheck // a pipe has deadlines
	for {
		answer, err := b.out.ReadBytes(0)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		var m struct {
			ID     int
			Method string
			Params struct {
				Entry            struct{ Level, Text string }
				ExceptionDetails struct{ Text string }
			}
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(bytes.TrimSuffix(answer, []byte{0}), &m); err != nil {
			t.Fatal(err)
		}
		switch {
		case m.Method == "Runtime.exceptionThrown", m.Method == "Log.entryAdded" && m.Params.Entry.Level == "error":
			b.errors = append(b.errors, m.Params.Entry.Text+m.Params.ExceptionDetails.Text)
		case m.ID == b.calls && m.Error != nil:
			t.Fatalf("%s: %s", method, m.Error.Message)
		case m.ID == b.calls:
			if into != nil {
				if err := json.Unmarshal(m.Result, into); err != nil {
					t.Fatal(err)
				}
			}
			return
		}
	}
}

// eval returns what an expression is on the page.
func (b *browser) eval(t *testing.T, expression string) any {
	t.Helper()
	var got struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Exception struct{ Description string } }
	}
	b.call(t, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &got)
	if got.ExceptionDetails != nil {
		t.Fatalf("%s: %s", expression, got.ExceptionDetails.Exception.Description)
	}
	return got.Result.Value
}

// wait waits until something is so on the page.
func (b *browser) wait(t *testing.T, condition string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if b.eval(t, condition) == true {
			return
		}
	}
	t.Fatalf("it never came to this: %s\n%v", condition, b.eval(t, "document.body.innerText"))
}

// write types a text where the focus is.
func (b *browser) write(t *testing.T, text string) {
	t.Helper()
	b.call(t, "Input.insertText", map[string]any{"text": text}, nil)
}

// key presses a key.
func (b *browser) key(t *testing.T, name string) {
	t.Helper()
	press := map[string]any{"type": "keyDown", "key": name, "code": name}
	switch name {
	case "Enter":
		press["text"], press["windowsVirtualKeyCode"] = "\r", 13
	case "Tab":
		press["windowsVirtualKeyCode"] = 9
	case "Escape":
		press["windowsVirtualKeyCode"] = 27
	}
	b.call(t, "Input.dispatchKeyEvent", press, nil)
	b.call(t, "Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name, "code": name}, nil)
}

// click clicks in the middle of what a selector finds first, as a finger would: what lies over it gets the click.
func (b *browser) click(t *testing.T, selector string) {
	t.Helper()
	found := fmt.Sprintf("document.querySelector(%q)", selector)
	b.wait(t, found+" !== null")
	at := b.eval(t, "(() => { const e = "+found+`; e.scrollIntoView({block: "nearest"}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`)
	point, ok := at.([]any)
	if !ok || len(point) != 2 {
		t.Fatalf("%s is nowhere: %v", selector, at)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call(t, "Input.dispatchMouseEvent", map[string]any{"type": kind, "x": point[0], "y": point[1], "button": "left", "clickCount": 1}, nil)
	}
}

// shoot keeps a picture of the page in the folder SHOTS, if there is one.
func (b *browser) shoot(t *testing.T, name string) {
	t.Helper()
	folder := os.Getenv("SHOTS")
	if folder == "" {
		return
	}
	time.Sleep(250 * time.Millisecond) // until sheets have risen
	var shot struct{ Data string }
	b.call(t, "Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	picture, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// isFlawless fails the test if the page has raised an error, or is wider than the screen.
func (b *browser) isFlawless(t *testing.T) {
	t.Helper()
	if len(b.errors) > 0 {
		t.Errorf("the page complains: %s", strings.Join(b.errors, "\n"))
	}
	if wide := b.eval(t, "document.documentElement.scrollWidth - innerWidth"); wide != 0.0 {
		t.Errorf("the page is %v pixels too wide", wide)
	}
}
