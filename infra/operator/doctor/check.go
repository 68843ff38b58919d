package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/smithy-go"

	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/awserror"
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
	var api smithy.APIError
	status := awserror.Status(err)
	switch {
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return unclear(about, "the check needs "+action, "not allowed: %s", awserror.Code(err))
	case errors.As(err, &api):
		return unclear(about, "", "%s: %s", api.ErrorCode(), api.ErrorMessage())
	case errors.Is(err, context.DeadlineExceeded):
		return unclear(about, "check the network connection and try again", "no answer within %v", checkTimeout)
	}
	return unclear(about, "check the network connection and try again", "%v", err)
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
