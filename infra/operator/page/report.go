// Package page writes a page about tasks.
package page

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/objects"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/infra/report"
	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
	"sdtasktracker/shared/tasktable"
)

// Report is the subcommand that writes a page about tasks.
type Report struct {
	Since   command.Moment `default:"24h" placeholder:"TIME" help:"${updatedSince} (default ${default})."`
	Limit   int            `default:"200" help:"At most the newest N tasks (default ${default})."`
	Expires command.Span   `default:"1h" placeholder:"TIME" help:"How long its links work, up to 7d (default ${default})."`
	File    string         `default:"report.html" placeholder:"FILE" help:"The file to write (default ${default})."`
}

// Help is the rest of the help text.
func (Report) Help() string {
	return `The page has the tasks, their images, when they ran, and the dead letters; it runs no script. If the dead
letters can't be read, no page is written. If it can't show all of them, it says so, and the exit code is 1. Its images
are links signed with your credentials: anybody who has the page can see the images until the links expire. Example:

    sdtasks report --since 24h --expires 8h`
}

// maxImages is how many images of a task the page shows at most.
const maxImages = 6

// Run runs the subcommand.
func (c *Report) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	if err := objects.CheckExpires(c.Expires); err != nil {
		return err
	}
	if c.Limit < 1 {
		return command.Usagef("--limit must be at least 1")
	}
	d, err := stack.FindTable(ctx)
	if err != nil {
		return err
	}
	page := report.Page{Title: d.TaskTable, Made: clock.Now()}
	if err := c.addTasks(ctx, d, &page); err != nil {
		return err
	}
	waiting, err := addLetters(ctx, p, d, &page)
	if err != nil {
		return fmt.Errorf("read the dead letters, without which no page is written: %w", err)
	}
	if err := writeFile(c.File, page); err != nil {
		return err
	}
	tasks, letters := output.Count(len(page.Tasks), "task"), output.Count(len(page.Letters), "dead letter")
	if waiting <= len(page.Letters) {
		p.Printf("%s has %s and %s.\n", c.File, tasks, letters)
		return nil
	}
	p.Printf("%s has %s and %d of about %s.\n", c.File, tasks, len(page.Letters), output.Count(waiting, "dead letter"))
	return fmt.Errorf("%s does not have all dead letters: %v lists more", c.File, d.Line.For("redrive", "--dry-run"))
}

// addTasks adds the newest tasks, with links to their images.
func (c *Report) addTasks(ctx context.Context, d *deployment.Deployment, page *report.Page) error {
	newest, err := c.newest(ctx, d, page)
	if err != nil {
		return err
	}
	client := d.DeliveryClient()
	for ids := range slices.Chunk(newest, tasktable.MostInBatch) {
		whole, err := d.Table().Batch(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			state, found := whole[id]
			if !found { // it has expired since
				continue
			}
			shown := report.Task{Task: state.Task}
			delivered := shown.Task.Delivered
			links, err := objects.Sign(ctx, client, delivered[:min(maxImages, len(delivered))], c.Expires, page.Made)
			if err != nil {
				return err
			}
			for _, l := range links {
				shown.Images = append(shown.Images, report.Image{URI: l.URI, Source: report.Link(l.URL)})
			}
			page.Tasks = append(page.Tasks, shown)
		}
	}
	return nil
}

// newest are the ids of the newest tasks, up to the limit. It adds a note if there are more.
func (c *Report) newest(ctx context.Context, d *deployment.Deployment, page *report.Page) (ids []string, err error) {
	selected := tasktable.Selection{Statuses: tasktable.Statuses, Since: c.Since.Time(page.Made),
		Until: page.Made.Add(tasktable.ClockSkew)}
	for task, err := range d.Table().NewestFirst(ctx, selected) {
		if err != nil {
			return nil, err
		}
		if len(ids) == c.Limit {
			page.Notes = append(page.Notes, fmt.Sprintf("Only the newest %d tasks are shown.", c.Limit))
			break
		}
		ids = append(ids, task.ID)
	}
	return ids, nil
}

// addLetters adds the first dead letters, and a note if there are more. It returns how many there are, about.
func addLetters(ctx context.Context, p *output.Printer, d *deployment.Deployment, page *report.Page) (waiting int,
	err error,
) {
	if d.Functions["redrive"] == "" {
		return 0, errors.New("the stack has no output " + names.FunctionOutput("redrive"))
	}
	invoke := deployment.NewInvoker[deadletter.Request, deadletter.Answer](d, "redrive", p.Progressf)
	answer, err := invoke(ctx, deadletter.Request{DryRun: true})
	if err != nil {
		return 0, err
	}
	for _, counts := range answer.Queues {
		waiting += max(counts.Left, counts.Listed)
	}
	if answer.More {
		waiting = max(waiting, len(answer.Letters)+1)
	}
	if waiting > 0 && len(answer.Letters) == 0 {
		return 0, fmt.Errorf("about %s hidden by another reader of the queues: try again in a minute",
			output.Count(waiting, "dead letter"))
	}
	for _, l := range answer.Letters {
		page.Letters = append(page.Letters, report.Letter{Queue: string(l.Queue), Task: l.Subject(), Error: l.Error})
	}
	if waiting > len(page.Letters) {
		page.Notes = append(page.Notes, fmt.Sprintf("Incomplete: only %d of about %s are shown.", len(page.Letters),
			output.Count(waiting, "dead letter")))
	}
	return waiting, nil
}

// writeFile replaces a file once the page is complete.
func writeFile(path string, page report.Page) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write the report: %s exists and is not a regular file: choose another --file", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".report-*.html")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	err = errors.Join(report.Write(file, page), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
