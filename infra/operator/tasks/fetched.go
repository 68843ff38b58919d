package tasks

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/output"
)

// printFetched prints the files and their sum. It fails if an object could not be fetched, or if the item does not name
// all of them.
func printFetched(ctx context.Context, p *output.Printer, files []fetched, unnamed int, line command.Line) error {
	rows := output.NewSheet(output.Columns("file", "bytes", "result", "uri"))
	table := output.NewSheet(output.Columns("file", "bytes", "result"))
	here, bytes := map[string]int{}, int64(0)
	var first error // of an object
	for _, f := range files {
		var size any
		if f.Size != nil {
			size = int(*f.Size)
		}
		rows.Add(f.File, size, f.Result, f.URI)
		table.Add(f.File, size, f.Result)
		if f.Result == resultFetched || f.Result == resultThere {
			here[f.Result]++
			bytes += aws.ToInt64(f.Size)
		}
		if f.err != nil && first == nil {
			first = fmt.Errorf("fetch %s: %w", f.URI, f.err)
		}
	}
	missing := len(files) - here[resultFetched] - here[resultThere]
	sum := fmt.Sprintf("%s: %d fetched, %d already there, %d not fetched; %d bytes are here", output.Count(len(files),
		"file"), here[resultFetched], here[resultThere], missing, bytes)
	output.Print(p, files, rows, func() {
		p.PrintTable(table)
		p.Printf("%s.\n", sum)
	})
	switch {
	case missing > 0 && ctx.Err() != nil:
		return &command.StoppedError{Err: ctx.Err(), Done: sum, Resume: line}
	case missing > 0:
		return fmt.Errorf("%d of %s could not be fetched (run it again for the rest), the first of them: %w", missing,
			output.Count(len(files), "object"), first)
	case unnamed > 0:
		return unnamedError(files, unnamed)
	}
	return nil
}

// unnamedError is the error for objects that the item doesn't name.
func unnamedError(files []fetched, unnamed int) error {
	advice := "look for them in the delivery bucket"
	if len(files) > 0 {
		uri := files[0].URI
		advice = fmt.Sprintf("aws s3 sync %q DIR fetches everything in their folder", uri[:strings.LastIndex(uri, "/")+1])
	}
	return fmt.Errorf("%s could not be fetched, because the item has no room for their names: %s",
		output.Count(unnamed, "more object"), advice)
}
