package tasks

import (
	"regexp"
	"strings"
	"testing"

	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
)

type subcommands struct {
	List     List     `cmd:""`
	Stuck    Stuck    `cmd:""`
	Failures Failures `cmd:""`
	Get      Get      `cmd:""`
	Stats    Stats    `cmd:""`
	Watch    Watch    `cmd:""`
}

// run runs a subcommand at noon.
func run(h *operatortest.History, args ...string) operatortest.Outcome {
	return operatortest.Run[subcommands](h.T, h.Surroundings, args...)
}

// signature is what differs between two links to one object.
var signature = regexp.MustCompile(`X-Amz-(Date|Signature|Credential)=[0-9A-Za-z%_-]+`)

// TestGolden runs every subcommand that looks at tasks.
func TestGolden(t *testing.T) {
	h := operatortest.NewHistory(t)
	for name, args := range map[string]string{
		"list.txt":           "list",
		"list.json":          "list --output json --limit 2",
		"list.csv":           "list --output csv",
		"list-failed.txt":    "list --status failed --status running --since 2h",
		"list-delivery.txt":  "list --delivery failed",
		"list-none.txt":      "list --delivery none --runtime comfyui",
		"list-between.txt":   "list --since 2026-01-31T11:20:00Z --until 25m",
		"list-limit.txt":     "list --limit 3",
		"list-caller.txt":    "list --caller u-7",
		"list-caller.json":   "list --caller u-7 --status failed --output json",
		"failed-caller.txt":  "failures --since 1w --caller u-7",
		"stats-caller.txt":   "stats --since 1w --caller u-7",
		"list-reruns.csv":    "list --reruns --output csv",
		"failures-limit.txt": "failures --since 1w --limit 1",
		"stuck-limit.txt":    "stuck --for 1m --limit 1",
		"list-nothing.json":  "list --runtime other --output json",
		"list-nothing.txt":   "list --runtime other",
		"stuck.txt":          "stuck --for 10m",
		"stuck.json":         "stuck --for 10m --output json",
		"stuck.csv":          "stuck --for 1m --output csv",
		"failures.txt":       "failures --since 1w",
		"failures-day.csv":   "failures --output csv",
		"get.txt":            "get done --links --expires 15m",
		"get.json":           "get done --links --output json",
		"get.csv":            "get done --output csv",
		"get-running.txt":    "get crash",
		"get-denied.txt":     "get denied",
		"get-nan.txt":        "get none",
		"get-nan.json":       "get none --output json",
		"watch.txt":          "watch done none",
		"watch.json":         "watch done --output json",
		"stats.txt":          "stats",
		"stats.json":         "stats --since 1d --output json",
		"stats.csv":          "stats --output csv",
		"stats-nothing.txt":  "stats --since 2025-01-01T00:00:00Z --until 2025-02-01T00:00:00Z",
		"stats-nothing.json": "stats --since 1ms --output json",
	} {
		t.Run(name, func(t *testing.T) {
			got := run(h, strings.Fields(args)...)
			if got.Code != 0 {
				t.Fatalf("exit code %d: %s", got.Code, got.Progress)
			}
			operatortest.Golden(t, name, signature.ReplaceAllString(got.Progress+got.Out, "X-Amz-$1=…"))
		})
	}
}

// TestFullDisk: results that can't be written are an error.
func TestFullDisk(t *testing.T) {
	h := operatortest.NewHistory(t)
	for _, args := range []string{"list", "list --runtime other", "stuck --for 1m", "failures", "get done", "stats"} {
		operatortest.WantFullDisk[subcommands](t, h.Surroundings, output.Formats, strings.Fields(args)...)
	}
	for _, task := range []string{"done", "old"} { // a verdict is not the command's, if nobody can read it
		operatortest.WantFullDisk[subcommands](t, h.Surroundings, []output.Format{output.Table, output.JSON}, "watch", task)
	}
}

func TestHostileTask(t *testing.T) {
	h := operatortest.NewHistory(t)
	for _, format := range []string{"table", "json", "csv"} {
		t.Run(format, func(t *testing.T) {
			got := run(h, "get", operatortest.Hostile, "--output", format)
			if got.Code != 0 {
				t.Fatalf("exit code %d: %s", got.Code, got.Progress)
			}
			for _, r := range got.Out {
				if r != '\n' && output.Unsafe(r) {
					t.Fatalf("%U is printed as it is:\n%q", r, got.Out)
				}
			}
			operatortest.Golden(t, "get-hostile."+format, got.Out)
		})
	}
}
