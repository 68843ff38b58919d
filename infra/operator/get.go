package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sdtasktracker/shared/tasktable"
)

// get is the subcommand that shows all of one task.
type get struct {
	Task     string `arg:"" help:"The task's id."`
	Links    bool   `xor:"do" help:"Print links to the delivered objects, which anybody can open until they expire."`
	Expires  span   `default:"1h" placeholder:"TIME" help:"How long links work, up to 7d (default ${default})."`
	Download string `xor:"do" placeholder:"DIR" help:"Fetch the delivered objects into this folder instead."`
}

// Help is the rest of the help text.
func (get) Help() string {
	return `The links are signed with your credentials, and work no longer than those. --download overwrites nothing, and
leaves out what is there already: interrupted, run it again. Examples:

    sdtasks get 3f2c --links --expires 15m
    sdtasks get 3f2c --download images/`
}

// Run runs the subcommand.
func (c *get) Run(ctx context.Context, s *session) error {
	if err := checkExpires(c.Expires); err != nil {
		return err
	}
	cfg, outputs, err := s.tasks(ctx)
	if err != nil {
		return err
	}
	task, err := outputs.newTable(cfg).Get(ctx, c.Task)
	if err != nil {
		return err
	}
	if c.Download != "" {
		return s.download(ctx, cfg, outputs.deliveryRegion(), c.Download, task)
	}
	var links []link
	if c.Links {
		signer := newSigner(cfg, outputs.deliveryRegion())
		if links, err = sign(ctx, signer, task.Delivered, time.Duration(c.Expires), s.now()); err != nil {
			return err
		}
	}
	return s.printTask(task, links)
}

// printTask prints all of a task.
func (s *session) printTask(task tasktable.Task, links []link) error {
	d := newDocument(task, s.now())
	d.Links = links
	switch s.Output {
	case "json":
		return printJSON(s.out, []document{d})
	case "csv":
		rows := sheet{headings: []heading{{"attribute", ""}, {"value", ""}}}
		for _, p := range properties(task, d) {
			for _, value := range p.values {
				rows.rows = append(rows.rows, []any{p.name, value})
			}
		}
		return s.printCSV(rows)
	}
	for _, p := range properties(task, d) {
		s.printProperty(p)
	}
	return nil
}

// property is what is known of a task under one name: a value, several, or a
// document.
type property struct {
	heading
	values   []any
	document string
}

// printProperty prints a property; several values, and documents, on lines of
// their own.
func (s *session) printProperty(p property) {
	switch {
	case p.document != "":
		fmt.Fprintf(s.out, "%s:\n  %s\n", p.title, strings.ReplaceAll(p.document, "\n", "\n  "))
	case p.list():
		fmt.Fprintf(s.out, "%s:\n", p.title)
		for _, value := range p.values {
			fmt.Fprintf(s.out, "  %v\n", s.cell(value))
		}
	default:
		for _, value := range p.values {
			fmt.Fprintf(s.out, "%-*s %v\n", len("first started (UTC):"), p.title+":", s.cell(value))
		}
	}
}

func (p property) list() bool {
	return slices.Contains([]string{"image_url", "delivered", "empty_objects", "links"}, p.name)
}

// pretty is a document on several lines, for people; as it is if it is not valid
// JSON.
func pretty(value json.RawMessage, text string) string {
	var b bytes.Buffer
	if json.Indent(&b, value, "", "  ") != nil {
		return escape(text)
	}
	return escapeJSON(b.Bytes())
}
