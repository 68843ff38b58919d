package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sdtasktracker/infra/local/stack"
	"sdtasktracker/infra/report"
	"sdtasktracker/shared/deployment"
)

// writePage writes report.html beside the logs, and returns its path.
func writePage(s *stack.Stack, tasks []task, o observation) (path string, err error) {
	page := report.Page{Title: s.Name + " on this machine", Made: time.Now()}
	bucket := "s3://" + s.Outputs[deployment.DeliveryBucket] + "/"
	for _, t := range tasks {
		found, ok := o.items[t.id]
		if !ok {
			continue
		}
		shown := report.Task{Task: found}
		for _, uri := range found.Delivered {
			content := o.objects[strings.TrimPrefix(uri, bucket)]
			shown.Images = append(shown.Images, report.Image{URI: uri, Source: report.Inline(content)})
		}
		page.Tasks = append(page.Tasks, shown)
	}
	for _, l := range o.letters {
		page.Letters = append(page.Letters, report.Letter{
			Queue: strings.TrimSuffix(l.queue, "Url"), Error: attribute(l.message, "ErrorMessage")})
	}
	path = filepath.Join(filepath.Dir(s.LogsDir), "report.html")
	file, err := os.Create(path)
	if err != nil {
		return "", fmt.Errorf("write the report: %w", err)
	}
	if err := report.Write(file, page); err != nil {
		return "", err
	}
	return path, file.Close()
}
