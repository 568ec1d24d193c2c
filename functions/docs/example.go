package docs

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// examples writes requests that work, pasted into a shell, where there is an accommodation 1 with its nights on sale.
type examples struct {
	document *document
	baseURL  string
	checkIn  civil.Date // a Monday: a stay from Monday to Friday is welcome nearly everywhere
}

const (
	// Far enough for the nights to be free as a rule, near enough to be on sale.
	exampleDaysAhead = 90
	// Long enough for the shortest stay of most seasons.
	exampleNights = 4
)

func newExamples(d *document, baseURL string, now time.Time) *examples {
	ahead := civil.Of(now, time.UTC).AddDays(exampleDaysAhead)
	return &examples{document: d, baseURL: baseURL, checkIn: ahead.AddDays(int(time.Monday-ahead.Weekday()+7) % 7)}
}

// samples are values by the name of what they are for. Those with a $ the reader's shell fills in. Anything else that an
// operation insists on gets a value from its schema.
func samples() map[string]any {
	return map[string]any{
		"id": "1", "accommodation_id": 1, "guests": 2, "code": "$CODE", "t": "$GUEST_TOKEN",
		"contact_name": "Ana Pérez", "contact_phone": "+54 9 11 5544-3322", "channel": "web", "reason": "We cannot come after all.",
		"text": "Hola Ana, te esperamos desde las 15 h.",
		"feed": "$FEED", "block": "$BLOCK", "refund": "$REFUND", "message": "$MESSAGE", "contact": "$CONTACT", "token": "$FEED_TOKEN", "file": "$FEED_TOKEN.ics",
	}
}

// curl is a command that calls an operation. Operations that change something get nights of their own, so that one example
// is not in the way of the next: shift says how many weeks later.
func (e *examples) curl(method, path string, o operation, shift int) string {
	checkIn := e.checkIn.AddDays(7 * shift)
	query := url.Values{}
	for _, p := range o.Parameters {
		value, known := samples()[p.Name]
		if !known && !p.Required {
			continue
		}
		if !known {
			value = e.value(p.Name, p.Schema, checkIn)
		}
		text := asText(value)
		switch p.In {
		case "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", text)
		case "query":
			query.Set(p.Name, text)
		}
	}
	target := e.baseURL + path
	if encoded := query.Encode(); encoded != "" {
		target += "?" + strings.ReplaceAll(encoded, "%24", "$")
	}
	words := []string{"curl"}
	if method != "GET" {
		words = append(words, "-X", method)
	}
	lines := []string{strings.Join(append(words, quote(target)), " ")}
	for _, header := range e.headers(o) {
		lines = append(lines, "-H "+quote(header))
	}
	if body := e.body(o, checkIn); body != "" {
		lines = append(lines, "-H 'Content-Type: application/json'", "-d "+quote(body))
	}
	return strings.Join(lines, " \\\n  ")
}

// headers are what shows who is asking: the guest's token where that is enough.
func (e *examples) headers(o operation) []string {
	for _, way := range o.Security {
		if _, ok := way["guestToken"]; ok {
			return []string{"X-Guest-Token: $GUEST_TOKEN"}
		}
	}
	if len(o.Security) > 0 {
		return []string{"Authorization: Bearer $OWNER_TOKEN"}
	}
	return nil
}

func (e *examples) body(o operation, checkIn civil.Date) string {
	if o.RequestBody == nil {
		return ""
	}
	media, ok := o.RequestBody.Content["application/json"]
	if !ok || media.Schema == nil {
		return ""
	}
	return asText(e.value("", media.Schema, checkIn))
}

// value is an example of a schema.
func (e *examples) value(name string, s *schema, checkIn civil.Date) any {
	_, target := e.document.resolve(s)
	if value, ok := samples()[name]; ok {
		return value
	}
	switch {
	case target.Format == "date" && slices.Contains([]string{"check_out", "to", "until", "end"}, name):
		return checkIn.AddDays(exampleNights)
	case target.Format == "date":
		return checkIn
	case len(target.Examples) > 0:
		return target.Examples[0]
	case len(target.Enum) > 0:
		return target.Enum[0]
	case target.Items != nil:
		return []any{e.value(name, target.Items, checkIn)}
	case target.is("object"):
		return e.object(target, checkIn)
	case target.is("integer"), target.is("number"):
		if target.Minimum != nil {
			return *target.Minimum
		}
		return 1
	case target.is("boolean"):
		return true
	default:
		return "text"
	}
}

// object is an example of an object: what it must have, and what else there is a sample of. It is JSON already, because a
// map would lose the order in which people read it.
func (e *examples) object(s *schema, checkIn civil.Date) json.RawMessage {
	var fields []string
	for _, name := range s.names() {
		_, sampled := samples()[name]
		if sampled || slices.Contains(s.Required, name) {
			fields = append(fields, asJSON(name)+":"+asJSON(e.value(name, s.Properties[name], checkIn)))
		}
	}
	return json.RawMessage("{" + strings.Join(fields, ",") + "}")
}

func asJSON(v any) string {
	encoded, _ := json.Marshal(v) // texts, numbers and dates always encode
	return string(encoded)
}

// asText is a value as it stands in a URL.
func asText(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return strings.Trim(asJSON(v), `"`)
}

var plainWord = regexp.MustCompile(`^[\w:/.@-]+$`)

// quote makes one word of a text for a POSIX shell, which still puts in the variables.
func quote(text string) string {
	switch {
	case plainWord.MatchString(text):
		return text
	case strings.Contains(text, "$"):
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`").Replace(text) + `"`
	default:
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
}

// tokenSteps are the commands after which the examples with $CODE and $GUEST_TOKEN work: they hold nights and take both
// from the answer.
func (e *examples) tokenSteps(holdPath string, shift int) string {
	hold, ok := e.document.Paths[holdPath]["post"]
	if !ok {
		return "" // another process holds nights
	}
	command := strings.Replace(e.curl("POST", holdPath, hold, shift), "curl ", "curl -s ", 1)
	return "ANSWER=$(" + command + ")\n" +
		`CODE=$(printf %s "$ANSWER" | sed 's/.*"code":"\([^"]*\)".*/\1/')` + "\n" +
		`GUEST_TOKEN=$(printf %s "$ANSWER" | sed 's/.*"manage_url":"[^"]*t=\([^"]*\)".*/\1/')`
}

// byPlace orders parameters as a URL has them.
func byPlace(a, b parameter) int {
	place := map[string]int{"path": 0, "query": 1, "header": 2}
	return cmp.Compare(place[a.In], place[b.In])
}
