package page

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/objects"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Report is the subcommand that writes the page as one file.
type Report struct {
	File    string         `arg:"" optional:"" default:"sdtasks-report.html" help:"The file (default ${default})."`
	Since   command.Moment `default:"24h" placeholder:"TIME" help:"${updatedSince} (default ${default})."`
	Limit   int            `default:"2000" help:"At most the newest N tasks (default ${default})."`
	Inline  bool           `help:"Put the images into the file, up to 64 MB in all, instead of links to them."`
	Expires command.Span   `default:"1h" placeholder:"TIME" help:"How long links work, up to 7d (default ${default})."`
}

// Help is the rest of the help text.
func (Report) Help() string {
	return `The file is the page of sdtasks browse for somebody without access to the stack. Besides the tasks since then
it has those that are still queued or running. Its links are signed with your credentials and expire with them: until
then, anybody who has the file can see the images. If something could not be read, the page says so at its top, and the
exit code is 1. Examples:

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
	s.stack.Line.Program = "" // whoever reads the page has another machine
	page := s.newData(false)
	found, err := c.newest(ctx, s, &page)
	if err != nil {
		return err
	}
	e := &embedder{source: s, expires: c.Expires, inline: c.Inline}
	if err := e.addTasks(ctx, found, &page); err != nil {
		return err
	}
	dead := s.letters(ctx)
	page.Letters = &dead
	page.Problems = append(page.Problems, dead.missing()...)
	if ctx.Err() != nil { // what was read last may be incomplete
		return ctx.Err()
	}
	if err := writeFile(c.File, page, e.origins); err != nil {
		return err
	}
	p.Printf("%s has %s and %s.\n", c.File, output.Count(len(page.Tasks), "task"), dead.counted())
	if len(page.Problems) > 0 {
		return fmt.Errorf("%s is incomplete, and says so: %s", c.File, strings.Join(page.Problems, "\n"))
	}
	return nil
}

// newest reads the newest tasks, up to the limit, and the older ones that have not ended.
func (c *Report) newest(ctx context.Context, s *source, page *data) ([]tasktable.Task, error) {
	now := s.clock.Now()
	since := c.Since.Time(now)
	page.Since = since.UnixMilli()
	q := tasktable.Selection{Statuses: tasktable.Statuses, Since: since, Until: now.Add(tasktable.ClockSkew)}
	found, next, err := s.page(ctx, q, cursor{}, c.Limit)
	if err != nil {
		return nil, err
	}
	if next != nil {
		page.Notes = append(page.Notes, fmt.Sprintf("Only the newest %d tasks since %s are here.", c.Limit,
			announcement.FormatTime(since)))
	}
	q.Statuses, q.Since = []announcement.Status{announcement.Queued, announcement.Running}, time.Time{}
	q.Until = since.Add(-1)
	open, next, err := s.page(ctx, q, cursor{}, c.Limit)
	if err != nil {
		return nil, err
	}
	if next != nil {
		page.Notes = append(page.Notes, fmt.Sprintf("Of older tasks that have not ended, only %d are here.", c.Limit))
	}
	return slices.Concat(found, open), nil
}

// writeFile replaces a file once the page is complete. Only its owner may read it: it has links.
func writeFile(path string, page data, origins []string) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write the report: %s exists and is not a regular file: choose another", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".sdtasks-report-*.html")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	err = errors.Join(write(file, page, origins), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
