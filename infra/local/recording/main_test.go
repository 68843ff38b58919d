package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// texts are the lines of an SVG, which must be XML.
func texts(t *testing.T, svg io.Reader) (all []string) {
	t.Helper()
	decoder := xml.NewDecoder(svg)
	for inside := false; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inside = token.Name.Local == "text"
		case xml.EndElement:
			inside = false
		case xml.CharData:
			if inside {
				all = append(all, string(token))
			}
		}
	}
}

// TestRecording: every line comes when it came, whatever is in it.
func TestRecording(t *testing.T) {
	at := time.Unix(0, 0)
	now := func() time.Time { at = at.Add(time.Second / 2); return at }
	lines, err := record(strings.NewReader("one\n\n  <two> & \"three\" \x1b[31m│ 画\n"), now)
	if err != nil {
		t.Fatal(err)
	}
	var svg strings.Builder
	if err := draw(&svg, "make <run>", lines); err != nil {
		t.Fatal(err)
	}
	got := texts(t, strings.NewReader(svg.String()))
	if want := "make <run>|one|  <two> & \"three\" [31m│ 画"; strings.Join(got, "|") != want {
		t.Errorf("got %q", got)
	}
	for _, want := range []string{"animation-delay:0.5s", "animation-delay:1.5s"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("no %s in %s", want, svg.String())
		}
	}
}

// TestReadmesRecording: it has what make run prints at its beginning and end, and no
// path of the machine that it was made on.
func TestReadmesRecording(t *testing.T) {
	file, err := os.Open("run.svg")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := strings.Join(texts(t, file), "\n")
	for _, want := range []string{
		"make run", "Deploying cdk.out/ to this machine …", "All as expected: 8 tasks, 7 objects",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("it has no %q: make recording writes it anew", want)
		}
	}
	for _, unwanted := range []string{"/work/", "/home/", "/Users/"} {
		if strings.Contains(all, unwanted) {
			t.Errorf("it has %s", unwanted)
		}
	}
}
