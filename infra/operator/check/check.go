// Package check checks the guidance's topic and the buckets of a deployment, and prints the results of checks.
package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/smithy-go"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
)

// Result is the result of checking one thing.
type Result struct {
	Mark  string `json:"mark"`
	About string `json:"about"`
	Says  string `json:"says"`
	// Do is what to do next; "" for nothing.
	Do string `json:"do,omitempty"`
}

// The marks of checks.
const (
	MarkRight   = "✓"
	MarkWrong   = "✗"
	MarkUnclear = "?"
)

// Timeout is how long each group of checks may take.
const Timeout = 10 * time.Second

// Right is the result of a check that found nothing wrong.
func Right(about, format string, args ...any) Result {
	return Result{Mark: MarkRight, About: about, Says: fmt.Sprintf(format, args...)}
}

// Wrong is the result of a check that failed, and what to do about it.
func Wrong(about, do, format string, args ...any) Result {
	return Result{MarkWrong, about, fmt.Sprintf(format, args...), do}
}

// Unclear is the result of a check that found no answer, and what to do to get one; "" for nothing.
func Unclear(about, do, format string, args ...any) Result {
	return Result{MarkUnclear, about, fmt.Sprintf(format, args...), do}
}

// Failed is the result of a check whose request failed. The action is the IAM action that the request needs.
func Failed(about, action string, err error) Result {
	if errors.Is(err, context.DeadlineExceeded) {
		return Unclear(about, "check the network connection and try again", "no answer within %v", Timeout)
	}
	says, do := deployment.Diagnose(err, action)
	reason := err.Error()
	var api smithy.APIError
	if errors.As(err, &api) {
		reason = api.ErrorCode()
		if message := api.ErrorMessage(); message != "" && message != reason {
			reason += ": " + message
		}
	}
	if says != "" {
		reason = says + ": " + reason
	}
	return Unclear(about, do, "%s", reason)
}

// CountWrong returns how many checks failed.
func CountWrong(results []Result) (wrong int) {
	for _, r := range results {
		if r.Mark == MarkWrong {
			wrong++
		}
	}
	return wrong
}

// Print prints results in the format that the user has chosen.
func Print(p *output.Printer, checks []Result) {
	rows := output.NewSheet(output.Columns("mark", "about", "says", "do"))
	for _, c := range checks {
		rows.Add(c.Mark, c.About, c.Says, c.Do)
	}
	output.Print(p, checks, rows, func() {
		for _, c := range checks {
			p.Printf("%s %s: %s\n", c.Mark, output.Escape(c.About), output.Escape(c.Says))
			if c.Do != "" {
				p.Printf("  → %s\n", output.Escape(c.Do))
			}
		}
	})
}
