package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/reconciliation"
)

// reconcile is the subcommand that has the reconcile function compare the output
// bucket with the task table and the delivery bucket.
type reconcile struct {
	Repair    bool        `xor:"repair" help:"Record and deliver what was missed."`
	DryRun    bool        `xor:"repair" help:"Only look; this is the default."`
	Restore   bool        `help:"With --repair: also deliver again what was delivered and removed since."`
	Since     *moment     `placeholder:"TIME" help:"Only runs that ended since then, as for list."`
	Until     *moment     `placeholder:"TIME" help:"Only runs that ended until then (default: an hour ago)."`
	Prefix    string      `placeholder:"PREFIX" help:"Only objects of the output bucket whose keys begin so."`
	Rate      float64     `placeholder:"N" help:"Repair with at most N invocations a second (default 100)."`
	Inventory string      `placeholder:"URI" help:"Take runs from an S3 Inventory in CSV, by its manifest.json."`
	Continue  resumeToken `placeholder:"TOKEN" help:"Continue where an interrupted reconcile said so."`
}

// Help is the rest of the help text.
func (reconcile) Help() string {
	return `The output bucket has the images and the raw output of every run, whether or not it was announced. Repaired
runs have the status, the images and the time of their end; context, runtime and start are lost unless the announcement
still comes. It may be run at any time, and as often as you like. Examples:

    sdtasks reconcile
    sdtasks reconcile --repair --since 7d
    sdtasks reconcile --inventory s3://my-inventories/images/all/2026-11-22T01-00Z/manifest.json --since 30d`
}

// callSeconds is how long the function works between two lines of progress.
const callSeconds = 10

// errNotRepaired makes the command exit with status 1, so that scripts notice.
var errNotRepaired = errors.New("some runs could not be repaired: run it again once the reasons are gone")

// reconcileOutputs has the outputs that reconciling needs.
type reconcileOutputs struct {
	Functions    map[string]string `env:"*_FUNCTION"`
	OutputBucket string            `env:"OUTPUT_BUCKET"`
}

// Run runs the subcommand.
func (c *reconcile) Run(ctx context.Context, s *session) error {
	request := c.request(s.now())
	if err := request.Validate(); err != nil {
		return usageError{err}
	}
	if c.Inventory != "" && len(c.Continue) > 0 {
		return usageError{errors.New("--inventory goes without --continue: what is repaired is not done again")}
	}
	cfg, err := s.config(ctx)
	if err != nil {
		return err
	}
	complete := func(o reconcileOutputs) bool { return o.Functions["reconcile"] != "" }
	outputs, err := lookUp(ctx, cfg, s.variables, s.StackName, complete, deployment.FunctionOutput("reconcile"))
	if err != nil {
		return err
	}
	function := newInvoker[reconciliation.Request, reconciliation.Answer](cfg, outputs.Functions["reconcile"])
	r := &reconciler{session: s, invoke: function, started: time.Now()}
	r.total.Kinds = map[reconciliation.Kind]int{}
	if c.Inventory == "" {
		err = r.run(ctx, request)
	} else {
		err = c.eachOutput(ctx, cfg, outputs.OutputBucket, request, func(outputs []string) error {
			request.Outputs = outputs
			return r.run(ctx, request)
		})
	}
	if err != nil {
		return r.interrupted(err)
	}
	return r.report(c.Repair)
}

// request is what the command line asks for.
func (c *reconcile) request(now time.Time) reconciliation.Request {
	r := reconciliation.Request{
		Repair: c.Repair, Restore: c.Restore, Prefix: c.Prefix, RatePerSecond: c.Rate,
		Seconds: callSeconds, Continue: c.Continue,
	}
	if c.Since != nil {
		r.Since = c.Since.time(now)
	}
	if c.Until != nil {
		r.Until = c.Until.time(now)
	}
	return r
}

// eachOutput reads the inventory, and calls do with the raw outputs in it, as many
// as one request takes.
func (c *reconcile) eachOutput(ctx context.Context, cfg aws.Config, bucket string, request reconciliation.Request,
	do func([]string) error,
) error {
	inventory, err := openInventory(ctx, cfg, c.Inventory, bucket)
	if err != nil {
		return err
	}
	var outputs []string
	for key, err := range inventory.outputs(ctx, request) {
		if err != nil {
			return err
		}
		if outputs = append(outputs, key); len(outputs) == reconciliation.MostOutputs {
			if err := do(outputs); err != nil {
				return err
			}
			outputs = nil
		}
	}
	if len(outputs) == 0 {
		return nil
	}
	return do(outputs)
}

// resumeToken is where to continue, as one word.
type resumeToken []reconciliation.Range

// MarshalText implements [encoding.TextMarshaler].
func (t resumeToken) MarshalText() ([]byte, error) {
	data, err := json.Marshal([]reconciliation.Range(t))
	return []byte(base64.RawURLEncoding.EncodeToString(data)), err
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (t *resumeToken) UnmarshalText(text []byte) error {
	data, err := base64.RawURLEncoding.DecodeString(string(text))
	if err == nil {
		err = json.Unmarshal(data, (*[]reconciliation.Range)(t))
	}
	if err != nil || len(*t) == 0 {
		return fmt.Errorf("%q is not what an interrupted reconcile printed", text)
	}
	return nil
}
