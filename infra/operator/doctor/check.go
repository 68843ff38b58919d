package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/smithy-go"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
)

// check is the result of checking one thing.
type check struct {
	Mark  string `json:"mark"`
	About string `json:"about"`
	Says  string `json:"says"`
	// Do is what to do, "" for nothing.
	Do string `json:"do,omitempty"`
}

// The marks of checks.
const (
	markRight   = "✓"
	markWrong   = "✗"
	markUnclear = "?"
)

// checkTimeout is how long each group of checks may take.
const checkTimeout = 10 * time.Second

func right(about, format string, args ...any) check {
	return check{Mark: markRight, About: about, Says: fmt.Sprintf(format, args...)}
}

func wrong(about, do, format string, args ...any) check {
	return check{markWrong, about, fmt.Sprintf(format, args...), do}
}

func unclear(about, do, format string, args ...any) check {
	return check{markUnclear, about, fmt.Sprintf(format, args...), do}
}

// failed is the check of something whose request failed. The action is the right that the request needs.
func failed(about, action string, err error) check {
	if errors.Is(err, context.DeadlineExceeded) {
		return unclear(about, "check the network connection and try again", "no answer within %v", checkTimeout)
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
	return unclear(about, do, "%s", reason)
}

// noSuchService is the check of something that the local stack does not have.
func noSuchService(about string) []check {
	return []check{unclear(about, "", "the local stack has no such service")}
}

func printChecks(p *output.Printer, checks []check) {
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
