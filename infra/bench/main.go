// Command bench measures the compiled functions against what bounds them, in one table:
// most rows end in the ratio of a measurement to another of the same run, or to a count.
// The functions run as in Lambda, behind the Runtime API; AWS is an endpoint with TLS that
// answers after a latency. It runs in the project's directory, after make bench has built
// everything.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// latency is a round trip's, where a row says so.
const latency = 20 * time.Millisecond

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, table: tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)}
	for _, part := range []struct {
		title, columns string
		measure        func() error
	}{
		{
			"Initialization, from a process's start to its first request for an event",
			"function\twithout an endpoint\tagainst a bare handler\twith one, 20 ms a round trip\tagainst a bare handler",
			b.initialization,
		},
		{
			"First invocation, with the CPU of a memory size from then on; a round trip takes 20 ms",
			"function\tMB\tfirst\tround trips\tlater\tround trips\tfirst against later\tduration of a million later ones",
			b.firstCalls,
		},
		{
			"Images of a task, 32 at once: a sandbox's first delivery, and later ones against their round trips, 20 ms each",
			"images\tround trips\t256 MB: first\tlater\tagainst trips\t512 MB: first\tlater\tagainst trips\t" +
				"1024 MB: first\tlater\tagainst trips\t1769 MB: first\tlater\tagainst trips", b.images,
		},
		{"Requests of a message", "message\trecord\tdeliver\tat least\tratio", b.requests},
		{
			"Announcements a second, without latency",
			"sandboxes\trecord\ta bare handler\ta loop around the SDK\trecord against bare handler, then SDK", b.throughput,
		},
		{
			"Redrive, where a request to SQS or Lambda takes 15 ms",
			"letters a second\tten invocations at once allow\tratio\trequests to SQS a letter\tletters in 900 s", b.redrive,
		},
		{
			"Reconcile, a bucket of a million objects",
			"objects a second\trequests\tpages of a listing\tratio\tpeak of the heap", b.reconcile,
		},
		{
			"Allocations of a message, with a context of typical size",
			"to\tallocations\tbytes\tagainst\tallocations\tbytes\tratio of bytes", b.allocations,
		},
		{"Memory of record, in MiB", "after 1,000 messages\tafter 50,000\tratio", b.memory},
		{"Deployment packages", "function\tzip\tagainst a bare handler, both compiled for this machine", b.packages},
	} {
		fmt.Printf("\n%s\n\n", part.title)
		b.row(strings.Split(part.columns, "\t")...)
		if err := part.measure(); err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(part.title), err)
		}
		_ = b.table.Flush()
	}
	return nil
}

// bench is where a table is made.
type bench struct {
	dir   string
	table *tabwriter.Writer
}

func (b *bench) row(cells ...string) { fmt.Fprintln(b.table, "  "+strings.Join(cells, "\t")) }

// bare is a handler that does nothing.
var bare = []string{"build/local/infra/local/lambdahost/testdata/function/bootstrap"}

func compiled(name string) []string {
	return []string{filepath.Join("build/local/functions", name, "bootstrap")}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func ratio(x, y time.Duration) string { return fmt.Sprintf("%.2f×", float64(x)/float64(y)) }
