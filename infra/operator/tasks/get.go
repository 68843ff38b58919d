package tasks

import (
	"context"
	"slices"
	"strings"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/fields"
	"sdtasktracker/infra/operator/objects"
	"sdtasktracker/infra/operator/output"
)

// Get is the subcommand that shows everything known about a task.
type Get struct {
	Task     string       `arg:"" help:"The task's id, or the beginning of it."`
	Links    bool         `xor:"do" help:"Print links to the delivered objects. Anybody can open them until they expire."`
	Expires  command.Span `default:"1h" placeholder:"TIME" help:"How long links work, up to 7d (default ${default})."`
	Download string       `xor:"do" placeholder:"DIR" help:"Fetch the delivered objects into this folder."`
}

// Help is the rest of the help text.
func (Get) Help() string {
	return `The links are signed with your credentials and expire with them. --download overwrites nothing and skips files
that it has already fetched: if it is interrupted, run it again. Put an id that begins with a hyphen last, after --.
Examples:

    sdtasks get 3f2c --links --expires 15m
    sdtasks get 3f2c --download images/
    sdtasks get -- -5`
}

// Run runs the subcommand.
func (c *Get) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock,
	line command.Line,
) error {
	if err := objects.CheckExpires(c.Expires); err != nil {
		return err
	}
	d, err := stack.FindTable(ctx)
	if err != nil {
		return err
	}
	details, err := find(ctx, p, d.Table(), c.Task, clock.Now(), maxSearched)
	if err != nil {
		return err
	}
	if c.Download != "" {
		return download(ctx, p, d, c.Download, details.Task, line)
	}
	v := newView(details, clock.Now())
	earlier, note := earlierRuns(ctx, d, details.Task)
	v.add("earlier_runs", earlier, len(earlier) > 0)
	v.add("earlier_runs_note", note, note != "")
	if c.Links {
		uris := slices.Concat(details.Task.Delivered, earlier)
		signed, err := objects.Sign(ctx, d.DeliveryClient(), uris, c.Expires, clock.Now())
		if err != nil {
			return err
		}
		v.add("links", links(signed), len(signed) > 0)
	}
	v.print(p)
	return nil
}

// print prints everything known about a task.
func (v view) print(p *output.Printer) {
	rows := output.NewSheet(output.Columns("attribute", "value"))
	for _, f := range fields.All {
		switch value := v.of(f).(type) {
		case nil:
		case []string:
			for _, element := range value {
				rows.Add(f.Name, element)
			}
		case links:
			for _, url := range value.urls() {
				rows.Add(f.Name, url)
			}
		default:
			rows.Add(f.Name, value)
		}
	}
	output.Print(p, []view{v}, rows, func() {
		for _, f := range fields.All {
			printField(p, f.Title, v.of(f))
		}
	})
}

// titleWidth is the width of the longest title of a field that is printed on one line.
const titleWidth = len("first started (UTC):")

// printField prints a value for people, a list or a document on lines of its own.
func printField(p *output.Printer, title string, value any) {
	switch value := value.(type) {
	case nil:
	case document:
		p.Printf("%s:\n  %s\n", title, strings.ReplaceAll(output.Document(value), "\n", "\n  "))
	case []string:
		printList(p, title, value)
	case links:
		printList(p, "links until "+p.Time(value[0].ExpiresAt)+" ("+p.Zone()+")", value.urls())
	case time.Time:
		p.Printf("%-*s %s\n", titleWidth, title+" ("+p.Zone()+"):", p.TimeAndAge(value))
	default:
		p.Printf("%-*s %v\n", titleWidth, title+":", p.Cell(value))
	}
}

func printList(p *output.Printer, title string, values []string) {
	p.Printf("%s:\n", title)
	for _, value := range values {
		p.Printf("  %v\n", p.Cell(value))
	}
}
