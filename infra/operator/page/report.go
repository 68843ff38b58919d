package page

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/objects"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Report is the subcommand that writes the page to a file.
type Report struct {
	File    string         `arg:"" optional:"" default:"sdtasks-report.html" help:"The file (default ${default})."`
	Since   command.Moment `default:"24h" placeholder:"TIME" help:"${updatedSince} (default ${default})."`
	Limit   int            `default:"2000" help:"At most the newest N tasks (default ${default})."`
	Inline  bool           `help:"Embed the images in the file, up to 64 MB in all, instead of linking to them."`
	Expires command.Span   `default:"1h" placeholder:"TIME" help:"How long links work, up to 7d (default ${default})."`
}

// Help is the rest of the help text.
func (Report) Help() string {
	return `The file is the page of sdtasks browse, for people without access to the stack. It also has older tasks that
are still queued or running. Its links are signed with your credentials and expire with them: until then, anybody who
has the file can see the images. If something could not be read, the page says so at its top, and the exit code is 1.
Examples:

    sdtasks report --since 24h --expires 8h
    sdtasks report --inline failures.html`
}

// Run runs the subcommand.
func (c *Report) Run(ctx context.Context, p *output.Printer, finder *deployment.Finder, clock command.Clock) error {
	if err := objects.CheckExpires(c.Expires); err != nil {
		return err
	}
	if c.Limit < 1 {
		return command.Usagef("--limit must be at least 1")
	}
	s, err := open(ctx, "report", finder, clock)
	if err != nil {
		return err
	}
	s.stack.Line.Program = "" // the page's readers start the command in another way
	page := s.newData(false)
	found, err := c.newest(ctx, s, &page)
	if err != nil {
		return err
	}
	if err := c.addTasks(ctx, s, found, &page); err != nil {
		return err
	}
	dead := s.letters(ctx)
	page.Letters = &dead
	page.Problems = append(page.Problems, dead.missing()...)
	if ctx.Err() != nil { // the data may be incomplete
		return ctx.Err()
	}
	if err := writeFile(c.File, page); err != nil {
		return err
	}
	p.Printf("%s has %s and %s.\n", c.File, output.Count(len(page.Tasks), "task"), dead.counted())
	if len(page.Problems) > 0 {
		return fmt.Errorf("%s is incomplete, and says so: %s", c.File, strings.Join(page.Problems, "\n"))
	}
	return nil
}

// newest returns the ids of the newest tasks, up to the limit, and of older tasks that have not ended.
func (c *Report) newest(ctx context.Context, s *source, page *data) (ids []string, err error) {
	now := s.clock.Now()
	since := c.Since.Time(now)
	open := []announcement.Status{announcement.Queued, announcement.Running}
	for _, part := range []struct {
		selection tasktable.Selection
		note      string // for more tasks than the limit
	}{
		{tasktable.Selection{Statuses: tasktable.Statuses, Since: since, Until: now.Add(tasktable.ClockSkew)},
			fmt.Sprintf("Only the newest %d tasks since %s are here.", c.Limit, announcement.FormatTime(since))},
		{tasktable.Selection{Statuses: open, Until: since.Add(-1)},
			fmt.Sprintf("Of older tasks that have not ended, only %d are here.", c.Limit)},
	} {
		found, older, err := s.newest(ctx, part.selection, c.Limit)
		if err != nil {
			return nil, err
		}
		if !older.IsZero() || len(found) > c.Limit {
			page.Notes = append(page.Notes, part.note)
		}
		for _, task := range found[:min(c.Limit, len(found))] {
			ids = append(ids, task.ID)
		}
	}
	return ids, nil
}

// addTasks reads the tasks with these ids, and adds them with their objects, as links or as embedded images.
func (c *Report) addTasks(ctx context.Context, s *source, ids []string, page *data) error {
	client := s.stack.DeliveryClient()
	for some := range slices.Chunk(ids, tasktable.MaxInBatch) {
		whole, err := s.stack.Table().BatchDetails(ctx, some)
		if err != nil {
			return err
		}
		for _, id := range some {
			details, found := whole[id]
			if !found { // the item has expired since
				continue
			}
			added := newEntry(details)
			if added["objects"], err = c.link(ctx, client, details.Task, page); err != nil {
				return err
			}
			page.Tasks = append(page.Tasks, added)
		}
	}
	if c.Inline {
		s.inline(ctx, page)
	}
	if len(page.origins()) == 0 {
		page.Until = 0 // the page has no links
	}
	return nil
}

// link signs links to a task's objects.
func (c *Report) link(ctx context.Context, client *s3.Client, task tasktable.Task, page *data) ([]object, error) {
	links, err := objects.Sign(ctx, client, task.Delivered, c.Expires, time.UnixMilli(page.Made))
	if err != nil {
		return nil, err
	}
	linked := []object{}
	for i, uri := range task.Delivered {
		o := newObject(uri, task)
		if !o.Empty {
			o.URL = links[i].URL
			page.Until = cmp.Or(page.Until, links[i].ExpiresAt.UnixMilli()) // the first links expire first
		}
		linked = append(linked, o)
	}
	return linked, nil
}

// writeFile replaces a file once the page is complete. Only its owner may read the file: it has links.
func writeFile(path string, page data) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write the report: %s exists and is not a regular file: choose another", path)
	}
	if err := output.ReplaceFile(path, 0o600, func(w io.Writer) error { return write(w, page) }); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
