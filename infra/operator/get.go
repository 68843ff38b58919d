package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/objects"
	"sdtasktracker/infra/operator/output"
	names "sdtasktracker/shared/deployment"
	"sdtasktracker/shared/tasktable"
)

// Get is the subcommand that shows all of one task.
type Get struct {
	Task     string       `arg:"" help:"The task's id."`
	Links    bool         `xor:"do" help:"Print links to the delivered objects, which anybody can open until they expire."`
	Expires  command.Span `default:"1h" placeholder:"TIME" help:"How long links work, up to 7d (default ${default})."`
	Download string       `xor:"do" placeholder:"DIR" help:"Fetch the delivered objects into this folder instead."`
}

// Help is the rest of the help text.
func (Get) Help() string {
	return `The links are signed with your credentials, and work no longer than those. --download overwrites nothing, and
leaves out what is there already: interrupted, run it again. Examples:

    sdtasks get 3f2c --links --expires 15m
    sdtasks get 3f2c --download images/`
}

// Run runs the subcommand.
func (c *Get) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	if err := objects.CheckExpires(c.Expires); err != nil {
		return err
	}
	d, err := stack.Find(ctx, names.TaskTable)
	if err != nil {
		return err
	}
	task, err := d.Table().Get(ctx, c.Task)
	if err != nil {
		return err
	}
	if c.Download != "" {
		return download(ctx, p, d, c.Download, task)
	}
	shown := newDocument(task, clock.Now())
	if c.Links {
		shown.Links, err = objects.Sign(ctx, d.DeliveryClient(), task.Delivered, c.Expires, clock.Now())
		if err != nil {
			return err
		}
	}
	printTask(p, task, shown)
	return nil
}

// printTask prints all of a task.
func printTask(p *output.Printer, task tasktable.Task, shown document) {
	all := properties(task, shown)
	rows := output.NewSheet(output.Columns("attribute", "value"))
	for _, property := range all {
		for _, value := range property.values {
			rows.Add(property.heading.Name, value)
		}
	}
	output.Print(p, []document{shown}, rows, func() {
		for _, property := range all {
			printProperty(p, property)
		}
	})
}

// property is what is known of a task under one name: a value, several, or a
// document.
type property struct {
	heading  output.Column
	values   []any
	document string
}

// printProperty prints a property; several values, and documents, on lines of
// their own.
func printProperty(p *output.Printer, it property) {
	switch {
	case it.document != "":
		p.Printf("%s:\n  %s\n", it.heading.Title, strings.ReplaceAll(it.document, "\n", "\n  "))
	case it.list():
		p.Printf("%s:\n", it.heading.Title)
		for _, value := range it.values {
			p.Printf("  %v\n", p.Cell(value))
		}
	default:
		for _, value := range it.values {
			p.Printf("%-*s %v\n", len("first started (UTC):"), it.heading.Title+":", p.Cell(value))
		}
	}
}

func (it property) list() bool {
	return slices.Contains([]string{"image_url", "delivered", "empty_objects", "links"}, it.heading.Name)
}

// pretty is a document on several lines, for people; as it is if it is not valid
// JSON.
func pretty(value json.RawMessage, text string) string {
	var b bytes.Buffer
	if json.Indent(&b, value, "", "  ") != nil {
		return output.Escape(text)
	}
	return output.EscapeJSON(b.Bytes())
}
