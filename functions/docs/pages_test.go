package docs_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// tokens reads a page. Ours are written so that a reader of XML understands them, which also finds tags that do not match.
func tokens(t *testing.T, page string) []xml.Token {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = false
	d.AutoClose = []string{"meta", "link", "wbr", "br"}
	d.Entity = xml.HTMLEntity
	var all []xml.Token
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		all = append(all, xml.CopyToken(token))
	}
}

// text is what a page shows, every run of white space as one blank.
func text(t *testing.T, page string) string {
	t.Helper()
	var shown strings.Builder
	inHead := true
	for _, token := range tokens(t, page) {
		switch v := token.(type) {
		case xml.StartElement:
			inHead = inHead && v.Name.Local != "body"
		case xml.CharData:
			if !inHead {
				shown.Write(v)
			}
		case xml.EndElement:
			if !slices.Contains([]string{"wbr", "a", "code"}, v.Name.Local) {
				shown.WriteString(" ")
			}
		}
	}
	return strings.Join(strings.Fields(shown.String()), " ")
}

// attributes lists the values of an attribute of the elements of a name, or of all elements.
func attributes(t *testing.T, page, element, attribute string) []string {
	t.Helper()
	var values []string
	for _, token := range tokens(t, page) {
		if start, ok := token.(xml.StartElement); ok && (element == "" || start.Name.Local == element) {
			for _, a := range start.Attr {
				if a.Name.Local == attribute {
					values = append(values, a.Value)
				}
			}
		}
	}
	return values
}

// elements lists the text of the elements of a name.
func elements(t *testing.T, page, name string) []string {
	t.Helper()
	var all []string
	inside := false
	for _, token := range tokens(t, page) {
		switch v := token.(type) {
		case xml.StartElement:
			if v.Name.Local == name {
				inside = true
				all = append(all, "")
			}
		case xml.EndElement:
			inside = inside && v.Name.Local != name
		case xml.CharData:
			if inside {
				all[len(all)-1] += string(v)
			}
		}
	}
	return all
}

func bothPages(t *testing.T, check func(t *testing.T, path, page string)) {
	t.Helper()
	for _, path := range []string{"/", "/docs"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			check(t, path, page(t, path))
		})
	}
}

func TestPagesMayDoNothingButBeShown(t *testing.T) {
	t.Parallel()
	bothPages(t, func(t *testing.T, path, page string) {
		t.Helper()
		_, rest, _ := strings.Cut(page, "<style>")
		style, _, ok := strings.Cut(rest, "</style>")
		if !ok {
			t.Fatal("there is no stylesheet")
		}
		sum := sha256.Sum256([]byte(style))
		want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; " +
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
		if policy := get(t, path).Header().Get("Content-Security-Policy"); policy != want {
			t.Errorf("policy\n%s, want\n%s", policy, want)
		}
		if kind := get(t, path).Header().Get("Content-Type"); kind != "text/html; charset=utf-8" {
			t.Errorf("content type %q", kind)
		}
	})
}

func TestPagesAskNothingOfOtherHosts(t *testing.T) {
	t.Parallel()
	bothPages(t, func(t *testing.T, _, page string) {
		t.Helper()
		for _, attribute := range []string{"src", "srcset", "action", "style", "onclick", "onload"} {
			if found := attributes(t, page, "", attribute); found != nil {
				t.Errorf("there is a %s: %q", attribute, found)
			}
		}
		for _, target := range append(attributes(t, page, "a", "href"), attributes(t, page, "link", "href")...) {
			if !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "#") && !strings.HasPrefix(target, "data:image/svg+xml,") {
				t.Errorf("there is a link to %q", target)
			}
		}
		if slices.ContainsFunc([]string{"<script", "@import", "url("}, func(s string) bool { return strings.Contains(page, s) }) {
			t.Error("the page loads or runs something")
		}
	})
}

func TestLinksWithinAPageArrive(t *testing.T) {
	t.Parallel()
	bothPages(t, func(t *testing.T, _, page string) {
		t.Helper()
		ids := attributes(t, page, "", "id")
		seen := make(map[string]bool)
		for _, id := range ids {
			if seen[id] {
				t.Errorf("two elements are called %q", id)
			}
			seen[id] = true
		}
		for _, target := range attributes(t, page, "a", "href") {
			if id, ok := strings.CutPrefix(target, "#"); ok && !seen[id] {
				t.Errorf("#%s leads nowhere", id)
			}
		}
		for _, label := range attributes(t, page, "", "aria-labelledby") {
			if !seen[label] {
				t.Errorf("the label %q is not there", label)
			}
		}
	})
}

func TestPagesCanBeReadAloud(t *testing.T) {
	t.Parallel()
	bothPages(t, func(t *testing.T, _, page string) {
		t.Helper()
		if language := attributes(t, page, "html", "lang"); !slices.Equal(language, []string{"en"}) {
			t.Errorf("the language is %q", language)
		}
		level := 0
		count := make(map[string]int)
		for _, token := range tokens(t, page) {
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			name := start.Name.Local
			count[name]++
			if len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6' {
				if next := int(name[1] - '0'); next > level+1 {
					t.Errorf("a heading of level %d follows one of level %d", next, level)
				} else {
					level = next
				}
			}
			if name == "th" && !slices.ContainsFunc(start.Attr, func(a xml.Attr) bool { return a.Name.Local == "scope" }) {
				t.Error("a table header does not say what it is the header of")
			}
		}
		if count["h1"] != 1 || count["main"] != 1 || count["header"] != 1 || count["nav"] != 1 || count["title"] != 1 {
			t.Errorf("landmarks: %v", count)
		}
		if count["caption"] != count["table"] {
			t.Errorf("%d tables have %d captions", count["table"], count["caption"])
		}
	})
}

var (
	declaration = regexp.MustCompile(`--([a-z]+): (#[0-9a-f]{6})`)
	darkRules   = regexp.MustCompile(`(?s)@media \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}`)
)

func TestColoursCanBeToldApart(t *testing.T) {
	t.Parallel()
	style := page(t, "/docs")
	light := make(map[string]string)
	for _, d := range declaration.FindAllStringSubmatch(darkRules.ReplaceAllString(style, ""), -1) {
		light[d[1]] = d[2]
	}
	dark := make(map[string]string)
	for _, d := range declaration.FindAllStringSubmatch(darkRules.FindString(style), -1) {
		dark[d[1]] = d[2]
	}
	for scheme, colours := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, front := range []string{"ink", "quiet", "link", "get", "post"} {
			for _, back := range []string{"paper", "card", "code"} {
				if ratio := contrast(t, colours[front], colours[back]); ratio < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f", scheme, front, back, ratio)
				}
			}
		}
	}
}

// contrast is the ratio of WCAG 2.2 §1.4.3.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		t.Fatalf("%q is not a colour", colour)
	}
	channel := func(shift int) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

func TestWhatFunctionsSayOfThemselvesIsNotTakenForMarkup(t *testing.T) {
	t.Parallel()
	bothPages(t, func(t *testing.T, _, page string) {
		t.Helper()
		if strings.Contains(page, "<b>thing") || !strings.Contains(page, "&lt;b&gt;thing") {
			t.Error("a summary became markup")
		}
	})
}
