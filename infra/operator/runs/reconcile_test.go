package runs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
)

type subcommands struct {
	Reconcile Reconcile `cmd:""`
}

// reconciled is a stack with the functions record, deliver and reconcile, and the
// guidance's output bucket.
type reconciled struct {
	store     *localtest.ObjectStore
	functions *localtest.Lambda
	variables []string
}

// end is when the runs of these tests end.
var end = time.Date(2025, 11, 23, 12, 0, 0, 0, time.UTC)

func deployReconcile(t *testing.T) *reconciled {
	t.Helper()
	d := &reconciled{store: localtest.Buckets(t, "from", "to", "inventories")}
	table := localtest.Table(t)
	run := func(name string) lambdahost.Function {
		return lambdahost.Function{Bootstrap: localtest.Bootstrap(t, "functions/"+name), Environment: map[string]string{
			"TASK_TABLE": table.Name, "METRIC_NAMESPACE": "test", "OUTPUT_BUCKET": "from", "DELIVERY_BUCKET": "to",
			"AWS_ENDPOINT_URL_DYNAMODB": table.Proxy.URL, "AWS_ENDPOINT_URL_S3": d.store.Proxy.URL,
		}}
	}
	reconcile := run("reconcile")
	reconcile.Environment["FUNCTIONS"] = "record=record,deliver=deliver"
	d.functions = localtest.Functions(t, run("record"), run("deliver"), reconcile)
	d.variables = []string{
		"AWS_REGION=" + localtest.Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test-secret",
		"AWS_ENDPOINT_URL_LAMBDA=" + d.functions.Proxy.URL, "AWS_ENDPOINT_URL_S3=" + d.store.Proxy.URL,
		"RECONCILE_FUNCTION=reconcile", "OUTPUT_BUCKET=from",
	}
	for key, body := range map[string]string{
		"lost/lost-0f3c-1.png": "an image", "lost/lost-0f3c-2.png": "another", "lost/lost-0f3c.out": `{"code": 200}`,
		"failed/failed-9a41.out": `{"code": 500, "error": "it broke"}`,
		"odd/odd-1234-2.png":     "the second", "odd/odd-1234.out": `{"code": 200}`,
		"evil\x1b[31m/evil\x1b[31m-1234-1.png": "no end", "models/readme.txt": "not of the guidance",
	} {
		d.store.PutAt(t, end, "from", key, body)
	}
	return d
}

func (d *reconciled) run(t *testing.T, args string) operatortest.Outcome {
	t.Helper()
	return operatortest.RunWith[subcommands](t, d.variables, append([]string{"reconcile"}, strings.Fields(args)...)...)
}

// TestReconcile looks, repairs, and finds nothing more to do.
func TestReconcile(t *testing.T) {
	d := deployReconcile(t)
	for _, step := range []struct {
		name, args string
		code       int
	}{
		{"look", "", 0}, {"look.csv", "--output csv", 0}, {"look.json", "--output json", 0}, {"repair", "--repair", 0},
		{"again", "--repair", 0}, {"since", "--since 1h", 0}, {"below", "--prefix models/", 0},
	} {
		got := d.run(t, step.args)
		if got.Code != step.code || got.Progress != "" {
			t.Errorf("%s: exit code %d, progress %s", step.name, got.Code, got.Progress)
		}
		operatortest.Golden(t, "reconcile-"+step.name+".txt", got.Out)
	}
	if got := d.store.Get(t, "to", "lost/lost-0f3c-1.png"); got != "an image" {
		t.Errorf("delivered is %q", got)
	}
}

// TestReconcilePending: a young run is never an all-clear, whatever the format, and the hint repairs it.
func TestReconcilePending(t *testing.T) {
	d := deployReconcile(t)
	d.store.Put(t, "from", "young/young-0f3c-1.png", "an image")
	d.store.Put(t, "from", "young/young-0f3c.out", `{"code": 200}`)
	for _, format := range output.Formats {
		got := d.run(t, "--repair --prefix young/ --output "+string(format))
		if got.Code != 0 || strings.Contains(got.Out, "Nothing to repair") || got.Progress !=
			"Not recorded or delivered yet: 1 run that ended in the last hour. Lambda may still be retrying. To repair now: "+
				"sdtasks reconcile --prefix young/ --output "+string(format)+" --repair --until now\n" {
			t.Errorf("%s: exit code %d:\n%s%s", format, got.Code, got.Out, got.Progress)
		}
	}
	if got := d.run(t, "--repair --prefix young/ --until now"); !strings.Contains(got.Out, "Repaired: 1.") {
		t.Errorf("until now: %+v", got)
	}
	if got := d.run(t, "--prefix young/"); !strings.Contains(got.Out, "Nothing to repair") || got.Progress != "" {
		t.Errorf("repaired: %+v", got)
	}
}

// denied is S3's answer to a request that is not allowed.
const denied = `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`

// TestReconcileFullDisk: results that can't be written are an error.
func TestReconcileFullDisk(t *testing.T) {
	d := deployReconcile(t)
	operatortest.AddEnvironment(t, d.variables...)
	s := cli.Surroundings{Variables: d.variables, Clock: command.SystemClock}
	operatortest.WantFullDisk[subcommands](t, s, output.Formats, "reconcile")
}

// TestReconcileFails tells of what can't be repaired, of a function that fails, and
// of wrong options.
func TestReconcileFails(t *testing.T) {
	d := deployReconcile(t)
	t.Run("ErrCopy", func(t *testing.T) {
		d.store.Proxy.Inject(faultproxy.Fault{
			Match: func(r faultproxy.Request) bool { return r.Method == http.MethodPut },
			Do:    faultproxy.Reply(403, "application/xml", denied),
		})
		defer d.store.Proxy.Reset()
		got := d.run(t, "--repair --prefix lost/")
		if got.Code != 3 || !strings.Contains(got.Out, "AccessDenied") || !strings.Contains(got.Out, "Not repaired: 1.") {
			t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
		}
	})
	t.Run("ErrListing", func(t *testing.T) {
		d.store.Proxy.Inject(faultproxy.Fault{
			Match: func(r faultproxy.Request) bool { return strings.Contains(r.Query, "list-type=2") },
			Do:    faultproxy.Reply(403, "application/xml", denied),
		})
		defer d.store.Proxy.Reset()
		got := d.run(t, "")
		if got.Code != 1 || !strings.Contains(got.Progress, "reconcile failed: list bucket from") {
			t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
		}
	})
	for _, response := range []string{"null", "{}", `{"login":"please"}`} {
		t.Run("ErrResponse"+response, func(t *testing.T) {
			d.functions.Proxy.Inject(faultproxy.Fault{Times: 1, Match: invokes,
				Do: faultproxy.Reply(http.StatusOK, "application/json", response)})
			got := d.run(t, "")
			if got.Code != 1 || !strings.Contains(got.Progress, "the response of the reconcile function has no kinds") {
				t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
			}
		})
	}
	for args, want := range map[string]string{
		"--restore":                      "restore needs repair",
		"--repair --dry-run":             "can't be used together",
		"--since 1h --until 2h":          "since is not before until",
		"--rate=-1":                      "ratePerSecond is -1",
		"--continue x":                   "is not a token that an interrupted reconcile printed",
		"--inventory from/manifest.json": "is not s3://BUCKET",
		"--inventory s3://a/m.json --continue W3siYWZ0ZXIiOiJhIn1d": "--inventory cannot be combined with --continue",
	} {
		if got := d.run(t, args); got.Code != 2 || !strings.Contains(got.Progress, want) {
			t.Errorf("%s: exit code %d: %s", args, got.Code, got.Progress)
		}
	}
	got := d.run(t, "--continue W3siYWZ0ZXIiOiJsb3N0LyJ9XQ")
	if got.Code != 0 || !strings.Contains(got.Out, "\n6 objects, 2 runs") {
		t.Errorf("continued: exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
	}
}

// inventory puts an inventory of the output bucket into its bucket, as S3 writes it.
func (d *reconciled) inventory(t *testing.T, manifest, lines string) {
	t.Helper()
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	if _, err := w.Write([]byte(lines)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d.store.Put(t, "inventories", "data/1.csv.gz", compressed.String())
	d.store.Put(t, "inventories", "manifest.json", manifest)
}

const testManifest = `{"sourceBucket": "from", "destinationBucket": "arn:aws:s3:::inventories", "version": "2016-11-30",
	"creationTimestamp": "1763884800000", "fileFormat": "CSV",
	"fileSchema": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag",
	"files": [{"key": "data/1.csv.gz", "size": 7, "MD5checksum": "0f3c"}]}`

// line is one of an inventory's.
func line(key, latest, deleted, modified string) string {
	return fmt.Sprintf("%q,%q,\"\",%q,%q,\"8\",%q,\"0f3c\"\n", "from", key, latest, deleted, modified)
}

// TestReconcileInventory takes the runs from an inventory.
func TestReconcileInventory(t *testing.T) {
	d := deployReconcile(t)
	d.store.PutAt(t, end, "from", "a b+c/a b+c-0f3c.out", `{"code": 200}`)
	lines := line("lost/lost-0f3c-1.png", "true", "false", "2025-11-23T12:00:00.000Z") +
		line("lost/lost-0f3c.out", "true", "false", "2025-11-23T12:00:00.000Z") +
		line("failed/failed-9a41.out", "false", "false", "2025-11-23T12:00:00.000Z") +
		line("failed/failed-9a41.out", "true", "true", "2025-11-23T12:00:00.000Z") +
		line("odd/odd-1234.out", "true", "false", "2025-11-22T12:00:00.000Z") +
		line("a%20b%2Bc/a+b%2Bc-0f3c.out", "true", "false", "2025-11-23T12:00:00.000Z")
	d.inventory(t, testManifest, lines)
	const args = "--inventory s3://inventories/manifest.json --since 2025-11-23T00:00:00Z --repair"
	got := d.run(t, args)
	if got.Code != 0 {
		t.Errorf("exit code %d: %s", got.Code, got.Progress)
	}
	operatortest.Golden(t, "reconcile-inventory.txt", got.Out)
	for name, test := range map[string]struct{ manifest, lines, want string }{
		"ErrAnotherBucket": {strings.Replace(testManifest, `"from"`, `"mine"`, 1), lines, `of bucket "mine", not of`},
		"ErrParquet":       {strings.Replace(testManifest, "CSV", "Parquet", 1), lines, `in the format "Parquet"`},
		"ErrNoKeys":        {strings.Replace(testManifest, "Key", "Name", 1), lines, "but no column Key"},
		"ErrNoManifest":    {"[", lines, "read s3://inventories/manifest.json"},
		"ErrShortLine":     {testManifest, "\"from\"\n", "wrong number of fields"},
		"ErrNotCSV":        {testManifest, "\"from", "data/1.csv.gz"},
		"ErrKeyNotEncoded": {testManifest, line("100%/.out", "true", "false", ""), "invalid URL escape"},
	} {
		t.Run(name, func(t *testing.T) {
			d.inventory(t, test.manifest, test.lines)
			if got := d.run(t, args); got.Code != 1 || !strings.Contains(got.Progress, test.want) {
				t.Errorf("exit code %d: %s", got.Code, got.Progress)
			}
		})
	}
	t.Run("ErrDamaged", func(t *testing.T) {
		d.inventory(t, testManifest, lines)
		file := d.store.Get(t, "inventories", "data/1.csv.gz")
		d.store.Put(t, "inventories", "data/1.csv.gz", file[:len(file)-8]+"checksum")
		if got := d.run(t, args); got.Code != 1 || !strings.Contains(got.Progress, "gzip: invalid checksum") {
			t.Errorf("exit code %d: %s", got.Code, got.Progress)
		}
	})
	got = d.run(t, "--inventory s3://inventories/none.json")
	if !strings.Contains(got.Progress, "none.json: it does not exist") {
		t.Errorf("got %s", got.Progress)
	}
}
