package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/infra/report"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/tasktable"
)

// reportCommand is the subcommand that writes a page about tasks.
type reportCommand struct {
	Since   moment `default:"24h" placeholder:"TIME" help:"${sinceHelp} (default ${default})."`
	Limit   int    `default:"200" help:"The newest N tasks at most (default ${default})."`
	Expires span   `default:"1h" placeholder:"TIME" help:"How long its images can be seen, up to 7d (default ${default})."`
	File    string `default:"report.html" placeholder:"FILE" help:"The file to write (default ${default})."`
}

// Help is the rest of the help text.
func (reportCommand) Help() string {
	return `The page has the tasks, their images, when they ran, and the dead letters; it runs no script. Its images are
links signed with your credentials: whoever has the page sees them until they expire. Example:

    sdtasks report --since 24h --expires 8h`
}

// shownImages is how many images of a task the page shows.
const shownImages = 6

// Run runs the subcommand.
func (c *reportCommand) Run(ctx context.Context, s *session) error {
	if err := checkExpires(c.Expires); err != nil {
		return err
	}
	if c.Limit < 1 {
		return usageError{errors.New("--limit is not positive")}
	}
	cfg, outputs, err := s.tasks(ctx)
	if err != nil {
		return err
	}
	page := report.Page{Title: outputs.TaskTable, Made: s.now()}
	if err := c.addTasks(ctx, s, cfg, outputs, &page); err != nil {
		return err
	}
	s.addLetters(ctx, cfg, &page)
	if err := writeFile(c.File, page); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s has %d tasks and %d dead letters.\n", c.File, len(page.Tasks), len(page.Letters))
	return nil
}

// addTasks adds the newest tasks, with links to their images.
func (c *reportCommand) addTasks(
	ctx context.Context, s *session, cfg aws.Config, outputs taskOutputs, page *report.Page,
) error {
	table := outputs.newTable(cfg)
	all := newestFirst(ctx, table, statuses, c.Since.time(s.now()), s.now().Add(clockSkew))
	newest, more, err := (&list{Limit: c.Limit}).take(all)
	if err != nil {
		return err
	}
	if more {
		page.Notes = append(page.Notes, fmt.Sprintf("These are the newest %d tasks; there are more.", c.Limit))
	}
	signer := newSigner(cfg, outputs.deliveryRegion())
	for some := range slices.Chunk(newest, tasktable.MostInBatch) {
		var ids []string
		for _, t := range some {
			ids = append(ids, t.ID)
		}
		whole, err := table.Batch(ctx, ids)
		if err != nil {
			return err
		}
		for _, t := range some {
			shown := report.Task{Task: whole[t.ID].Task}
			links, err := sign(ctx, signer, shown.Delivered[:min(shownImages, len(shown.Delivered))],
				time.Duration(c.Expires), s.now())
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

// addLetters adds the first dead letters, or a note that they are not known.
func (s *session) addLetters(ctx context.Context, cfg aws.Config, page *report.Page) {
	stack, err := find(ctx, cfg, s.variables, s.StackName)
	var answer deadletter.Answer
	if err == nil {
		invoke := newInvoker[deadletter.Request, deadletter.Answer](cfg, stack.Functions["redrive"])
		answer, err = invoke(ctx, deadletter.Request{DryRun: true})
	}
	if err != nil {
		page.Notes = append(page.Notes, "The dead letters are not known: "+err.Error())
		return
	}
	for _, l := range answer.Letters {
		page.Letters = append(page.Letters, report.Letter{Queue: string(l.Queue), Task: identity(l), Error: l.Error})
	}
}

// writeFile replaces a file once the page is whole.
func writeFile(path string, page report.Page) (err error) {
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
