package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestNoLinkOfThePagesLeadsNowhere(t *testing.T) {
	t.Parallel()
	c := newInterview(t)
	for _, page := range []string{"GET /", "GET /docs"} {
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			followed := 0
			for _, match := range regexp.MustCompile(`href="(/[^"]*)"`).FindAllStringSubmatch(c.answer(t, to(page, "")).Body.String(), -1) {
				path := html.UnescapeString(match[1])
				if w := c.answer(t, ask{route: "GET " + path, path: path}); w.Code != http.StatusOK {
					t.Errorf("%s answers %d", path, w.Code)
				}
				followed++
			}
			if followed < 6 {
				t.Errorf("there are only %d links", followed)
			}
		})
	}
}

// TestTheExamplesOfTheDocsWork does what a reader does who pastes them into a shell one after the other.
func TestTheExamplesOfTheDocsWork(t *testing.T) {
	t.Parallel()
	c := newInterview(t)
	page := c.answer(t, to("GET /docs", "")).Body.String()
	steps := preformatted(regexp.MustCompile(`(?s)<pre><code>(ANSWER=.*?)</code></pre>`).FindStringSubmatch(page))
	if steps == nil {
		t.Fatal("the page does not say where the tokens of its examples come from")
	}
	articles := regexp.MustCompile(`(?s)<h3 id="(\w+)">.*?<h4>Example</h4>\s*<pre><code>(.*?)</code></pre>`).FindAllStringSubmatch(page, -1)
	examples := make(map[string]string)
	for _, a := range articles {
		examples[a[1]] = html.UnescapeString(a[2])
	}
	for _, o := range c.document.operations() {
		id, _ := o.value["operationId"].(string)
		example := examples[id]
		if example == "" {
			t.Errorf("there is no example of %s", o.route)
			continue
		}
		variables := map[string]string{"OWNER_TOKEN": strings.TrimPrefix(c.owner(t), "Bearer ")}
		if strings.Contains(example, "$FEED") || strings.Contains(example, "$BLOCK") {
			c.keepCalendars(t, variables)
		}
		if strings.Contains(example, "$CODE") {
			// The page's own example may have cancelled what the steps held before.
			mustExec(t, c.conn, `update reservations set status = 'cancelled'`)
			c.takeSteps(t, steps[0], variables)
		}
		if strings.Contains(example, "$REFUND") {
			c.keepRefund(t, variables)
		}
		if strings.Contains(example, "$MESSAGE") {
			variables["MESSAGE"] = strconv.FormatInt(c.givenUp(t), 10)
		}
		if strings.Contains(example, "$CONTACT") {
			variables["CONTACT"] = c.meets(t, "5491155443000", "1 minute")
		}
		if o.route == transferRoute {
			mustExec(t, c.conn, `update accommodations set transfer_alias = 'bosque.mp'`)
		}
		if strings.HasSuffix(o.route, "/approve") {
			mustExec(t, c.conn, `update reservations set approval = 'waiting' where status = 'pre_reserved'`)
		}
		want := "200"
		switch {
		case strings.HasPrefix(o.route, "GET /pay/"):
			want = "303"
		case strings.HasPrefix(o.route, "GET /api/v1/webhooks/"):
			want = "403" // only Meta knows the token
		case strings.Contains(o.route, "webhook"):
			want = "401 signature_missing" // only the provider can sign
		case at(o.value, "responses", "201") != nil:
			want = "201"
		case at(o.value, "responses", "204") != nil:
			want = "204"
		}
		c.try(t, o, want, example, variables)
	}
}

// keepCalendars makes what the examples of owners are about: a feed and a closed night.
func (c *interview) keepCalendars(t *testing.T, variables map[string]string) {
	t.Helper()
	f := c.addFeed(t, `{"source":"other","url":"http://127.0.0.1:1/`+rand.Text()+`.ics"}`)
	variables["FEED"], variables["FEED_TOKEN"] = strconv.FormatInt(f.ID, 10), f.token()
	variables["BLOCK"] = strconv.FormatInt(c.closeNight(t), 10)
}

// keepRefund makes a refund that the owner has to give back by hand, of the stay that the examples are about.
func (c *interview) keepRefund(t *testing.T, variables map[string]string) {
	t.Helper()
	var got struct{ Refunds []struct{ ID int64 } }
	w := c.expect(t, "201", c.asOwner(t, "POST "+stayPayments, variables["CODE"]).saying(`{"provider":"cash","amount":"999999"}`))
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got.Refunds) != 1 {
		t.Fatalf("too much is answered with %s", w.Body)
	}
	variables["REFUND"] = strconv.FormatInt(got.Refunds[0].ID, 10)
}

func preformatted(match []string) []string {
	if match == nil {
		return nil
	}
	return []string{html.UnescapeString(match[1])}
}

// takeSteps runs the lines that hold nights and take the tokens from the answer: the request here, the rest in a shell.
func (c *interview) takeSteps(t *testing.T, steps string, variables map[string]string) {
	t.Helper()
	command, rest, ok := strings.Cut(strings.TrimPrefix(steps, "ANSWER=$("), ")\n")
	if !ok {
		t.Fatalf("these are not the steps: %s", steps)
	}
	w := c.expect(t, "201", fromCurl(t, "POST /api/v1/reservations", command, nil))
	shell := exec.CommandContext(t.Context(), "sh", "-c", rest+"\n"+`printf '%s %s' "$CODE" "$GUEST_TOKEN"`)
	shell.Env = []string{"ANSWER=" + w.Body.String(), "PATH=/usr/local/bin:/usr/bin:/bin"}
	out, err := shell.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(string(out))
	if want := opened(t, w); len(got) != 2 || got[0] != want.code || got[1] != want.token {
		t.Fatalf("the shell understood %q of %s", out, w.Body)
	}
	variables["CODE"], variables["GUEST_TOKEN"] = got[0], got[1]
}

// try sends an example, having measured what it says against the document.
func (c *interview) try(t *testing.T, o describedOperation, want, example string, variables map[string]string) {
	t.Helper()
	a := fromCurl(t, o.route, example, variables)
	method, path, _ := strings.Cut(o.route, " ")
	method = strings.ToLower(method)
	if a.body != "" {
		c.document.validate(t, []byte(a.body), "the example of "+o.route, "paths", path, method, "requestBody", "content", "application/json", "schema")
	}
	target, err := url.Parse(a.path)
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	parameters, _ := o.value["parameters"].([]any)
	for i, p := range parameters {
		name, _ := at(p, "name").(string)
		known[name] = true
		if at(p, "in") != "query" || !target.Query().Has(name) {
			continue
		}
		text, _ := json.Marshal(target.Query().Get(name))
		if at(p, "schema", "type") == "integer" {
			text = []byte(target.Query().Get(name))
		}
		c.document.validate(t, text, name+" of "+o.route, "paths", path, method, "parameters", strconv.Itoa(i), "schema")
	}
	for name := range target.Query() {
		if !known[name] {
			t.Errorf("%s: the example has a parameter %s, which is not described", o.route, name)
		}
	}
	c.expect(t, want, a)
}

// fromCurl understands as much of a shell and of curl as the examples use.
func fromCurl(t *testing.T, route, command string, variables map[string]string) ask {
	t.Helper()
	words := shellWords(t, command, variables)
	if words[0] != "curl" {
		t.Fatalf("not a call of curl: %s", command)
	}
	a := ask{route: route}
	method := http.MethodGet
	header := make(map[string]string)
	for i := 1; i < len(words); i++ {
		switch word := words[i]; word {
		case "-s":
		case "-X", "-H", "-d":
			i++
			switch value := words[i]; word {
			case "-X":
				method = value
			case "-H":
				name, said, _ := strings.Cut(value, ": ")
				header[name] = said
			case "-d":
				a.body = value
			}
		default:
			path, ok := strings.CutPrefix(word, "http://cabins.test")
			if !ok || a.path != "" {
				t.Fatalf("the example calls %q", word)
			}
			a.path = path
		}
	}
	a.header = header
	if !strings.HasPrefix(route, method+" ") {
		t.Errorf("the example of %s uses %s", route, method)
	}
	return a
}

// shellWords splits a command as a POSIX shell does: quotes, backslashes, and $NAME where the shell would look.
func shellWords(t *testing.T, command string, variables map[string]string) []string {
	t.Helper()
	unit := regexp.MustCompile(`(?s)\\\n|\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)"|(\s+)|([^\s'"\\]+)`)
	expand := func(text string) string {
		return regexp.MustCompile(`\\(.)|\$(\w+)`).ReplaceAllStringFunc(text, func(found string) string {
			if name, ok := strings.CutPrefix(found, "$"); ok {
				value, ok := variables[name]
				if !ok {
					t.Errorf("the example needs $%s, of which only %q are known", name, slices.Sorted(maps.Keys(variables)))
				}
				return value
			}
			return found[1:]
		})
	}
	words, inWord := []string{}, false
	add := func(text string) {
		if !inWord {
			words = append(words, "")
		}
		inWord = true
		words[len(words)-1] += text
	}
	for _, m := range unit.FindAllStringSubmatch(command, -1) {
		switch {
		case m[0] == "\\\n":
		case m[4] != "":
			inWord = false
		case m[0][0] == '\'':
			add(m[2])
		case m[0][0] == '"':
			add(expand(m[3]))
		default:
			add(expand(fmt.Sprint(m[1], m[5])))
		}
	}
	return words
}
