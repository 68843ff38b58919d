// Command recording turns what a command prints into an SVG in which the lines appear
// as they came: make recording writes README's.
//
//	build/local-stack run | recording 'make run' > run.svg
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: COMMAND | recording TITLE > FILE")
		os.Exit(2)
	}
	lines, err := record(os.Stdin, time.Now)
	if err == nil {
		err = draw(os.Stdout, os.Args[1], hide(lines))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "recording:", err)
		os.Exit(1)
	}
}

// line is a line of text, and how long after the start it was complete.
type line struct {
	text string
	at   time.Duration
}

// record reads lines as they come.
func record(r io.Reader, now func() time.Time) (lines []line, err error) {
	start, scanner := now(), bufio.NewScanner(r)
	for scanner.Scan() {
		lines = append(lines, line{scanner.Text(), now().Sub(start)})
	}
	return lines, scanner.Err()
}

// hide replaces the project's directory, which is nobody's business.
func hide(lines []line) []line {
	dir, err := os.Getwd()
	if err != nil {
		return lines
	}
	for i := range lines {
		lines[i].text = strings.ReplaceAll(lines[i].text, dir, "…")
	}
	return lines
}

// The sizes of a character and of the margins, in pixels.
const (
	width, height = 7.8, 17
	margin, top   = 16, 44
)

// head has the animation: nobody who prefers less motion gets it.
const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" role="img"
  aria-label="%[3]s">
<style>
  rect { fill: #16181d; } circle { fill: #3a3f4b; }
  text { fill: #d7dae0; font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre; }
  .title { fill: #8b93a5; }
  @keyframes show { from { visibility: hidden; } to { visibility: visible; } }
  @media (prefers-reduced-motion: no-preference) { .line { animation: show 0s linear both; } }
</style>
<rect width="100%%" height="100%%" rx="8"/>
<circle cx="18" cy="18" r="5"/><circle cx="36" cy="18" r="5"/><circle cx="54" cy="18" r="5"/>
<text class="title" x="76" y="22">%[3]s</text>
`

// draw writes the SVG.
func draw(w io.Writer, title string, lines []line) error {
	longest := utf8.RuneCountInString(title) + 10
	for _, l := range lines {
		longest = max(longest, utf8.RuneCountInString(l.text))
	}
	var b strings.Builder
	fmt.Fprintf(&b, head, int(float64(longest)*width)+2*margin, top+len(lines)*height+margin, escape(title))
	for i, l := range lines {
		if strings.TrimSpace(l.text) == "" {
			continue
		}
		fmt.Fprintf(&b, "<text class=\"line\" style=\"animation-delay:%.1fs\" x=\"%d\" y=\"%d\">%s</text>\n",
			l.at.Seconds(), margin, top+i*height+height/2, escape(l.text))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// escape makes text safe for XML, which has no control characters.
func escape(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, text)
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}
