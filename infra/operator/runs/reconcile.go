// Package runs compares the runs in the output bucket with the task table and the delivery bucket.
package runs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	names "sdtasktracker/shared/deployment"
	"sdtasktracker/shared/reconciliation"
)

// Reconcile is the subcommand that compares the output bucket with the task table and the delivery bucket. It calls the
// reconcile function.
type Reconcile struct {
	Repair    bool           `xor:"repair" help:"Record and deliver what is missing."`
	DryRun    bool           `xor:"repair" help:"Report only, repair nothing; this is the default."`
	Restore   bool           `help:"With --repair: also deliver objects again that somebody removed."`
	Since     command.Moment `placeholder:"TIME" help:"Only runs that ended since this time: ${moments}."`
	Until     command.Moment `placeholder:"TIME" help:"Only runs that ended until this time; now includes the last hour."`
	Prefix    string         `placeholder:"PREFIX" help:"Only objects of the output bucket whose keys begin with PREFIX."`
	Rate      float64        `placeholder:"N" help:"Repair with at most N invocations a second (default 400)."`
	Inventory string         `placeholder:"URI" help:"Read the runs from an S3 Inventory in CSV, given its manifest.json."`
	Continue  resumeToken    `placeholder:"TOKEN" help:"Continue where an interrupted reconcile stopped."`
}

// Help is the rest of the help text.
func (Reconcile) Help() string {
	return `The output bucket has the images and the raw output of every run, whether or not the run was announced. A
repaired run has its status, its images and the time when it ended; its context, runtime and start are lost unless the
announcement still arrives. You can run reconcile at any time, and as often as you like. Examples:

    sdtasks reconcile
    sdtasks reconcile --repair --since 7d
    sdtasks reconcile --inventory s3://my-inventories/images/all/2026-11-22T01-00Z/manifest.json --since 30d`
}

// callSeconds is how many seconds each call of the function works, and so the time between two lines of progress.
const callSeconds = 10

// errNotRepaired has an exit code of its own, so that scripts notice.
var errNotRepaired = command.Verdictf("some runs could not be repaired: fix the reasons and run it again")

// Run runs the subcommand.
func (c *Reconcile) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	request := c.request(clock.Now())
	if err := request.Validate(); err != nil {
		return command.Usagef("%w", err)
	}
	if c.Inventory != "" && len(c.Continue) > 0 {
		return command.Usagef("--inventory cannot be combined with --continue: start again; repaired runs are skipped")
	}
	d, err := stack.Find(ctx, names.FunctionOutput("reconcile"))
	if err != nil {
		return err
	}
	r := &reconciler{
		options: c, p: p, clock: clock, line: d.Line, started: clock.Now(),
		invoke: deployment.NewInvoker[reconciliation.Request, reconciliation.Answer](d, "reconcile", p.Progressf),
	}
	r.total.Kinds = map[reconciliation.Kind]int{}
	if c.Inventory == "" {
		err = r.run(ctx, request)
	} else {
		err = r.runInventory(ctx, d, request)
	}
	if err != nil {
		return r.stopped(err)
	}
	r.print()
	if r.total.Failed > 0 {
		return errNotRepaired
	}
	return nil
}

// request returns the request to the reconcile function.
func (c *Reconcile) request(now time.Time) reconciliation.Request {
	return reconciliation.Request{
		Repair: c.Repair, Restore: c.Restore, Prefix: c.Prefix, Since: c.Since.Time(now), Until: c.Until.Time(now),
		RatePerSecond: c.Rate, Seconds: callSeconds, Continue: c.Continue,
	}
}

// resumeToken says where to continue. On the command line, it is a word without spaces.
type resumeToken []reconciliation.Range

// String returns the token as a word.
func (t resumeToken) String() string {
	data, _ := json.Marshal([]reconciliation.Range(t)) // texts always have a form in JSON
	return base64.RawURLEncoding.EncodeToString(data)
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *resumeToken) UnmarshalText(text []byte) error {
	data, err := base64.RawURLEncoding.DecodeString(string(text))
	if err == nil {
		err = json.Unmarshal(data, (*[]reconciliation.Range)(t))
	}
	if err != nil || len(*t) == 0 {
		return fmt.Errorf("%q is not a token that an interrupted reconcile printed", text)
	}
	return nil
}
