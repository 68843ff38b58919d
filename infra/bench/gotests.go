package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// result is one benchmark's line: its values by their unit, such as B/op.
type result struct {
	name   string // without the benchmark's own
	values map[string]float64
}

// benchmark runs a package's benchmark. The order of results is the benchmark's.
func benchmark(folder, name string) ([]result, error) {
	command := exec.Command("go", "test", "-tags", "lambda.norpc",
		"-run", "^$", "-bench", "^"+name+"$", "-benchmem", folder)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w\n%s%s", name, folder, err, output, &stderr)
	}
	results, err := readResults(string(output))
	if err != nil {
		return nil, fmt.Errorf("%s in %s: %w", name, folder, err)
	}
	return results, nil
}

// readResults reads what go test prints ("Go benchmark data format"): a name, a number of
// iterations, and pairs of a value and its unit.
func readResults(output string) (all []result, err error) {
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "Benchmark") || len(fields) < 4 {
			continue
		}
		name := fields[0]
		if at := strings.LastIndex(name, "-"); at > 0 { // GOMAXPROCS, unless that is 1
			if _, err := strconv.Atoi(name[at+1:]); err == nil {
				name = name[:at]
			}
		}
		_, name, _ = strings.Cut(name, "/")
		r := result{strings.ReplaceAll(name, "_", " "), map[string]float64{}}
		for i := 2; i+1 < len(fields); i += 2 {
			if r.values[fields[i+1]], err = strconv.ParseFloat(fields[i], 64); err != nil {
				return nil, err
			}
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil, errors.New("no results")
	}
	return all, nil
}

// allocations compares what a message allocates with what it takes at least. The first
// of each benchmark's results is the functions' way.
func (b *bench) allocations() error {
	for _, way := range []struct{ title, folder, benchmark string }{
		{"read a message", "./shared/announcement", "BenchmarkParse"},
		{"translate its context", "./shared/tasktable", "BenchmarkContext"},
		{"write its status", "./shared/tasktable", "BenchmarkRecord"},
	} {
		results, err := benchmark(way.folder, way.benchmark)
		if err != nil {
			return err
		}
		ours, least := results[0].values, results[1].values
		b.row(way.title, count(ours["allocs/op"]), kilobytes(ours["B/op"]), results[1].name,
			count(least["allocs/op"]), kilobytes(least["B/op"]), fmt.Sprintf("%.2f×", ours["B/op"]/least["B/op"]))
	}
	return nil
}

// redrive compares the rate of a redrive with what the functions' own time allows.
func (b *bench) redrive() error {
	results, err := benchmark("./functions/redrive", "BenchmarkRedrive")
	if err != nil {
		return err
	}
	v := results[0].values
	b.row(count(v["letters/s"]), count(v["ceiling/s"]), fmt.Sprintf("%.2f×", v["letters/s"]/v["ceiling/s"]),
		fmt.Sprintf("%.2f", v["SQS-requests/letter"]), count(900*v["letters/s"]))
	return nil
}

// reconcile compares the requests of a reconciliation with the pages that there are.
func (b *bench) reconcile() error {
	results, err := benchmark("./functions/reconcile", "BenchmarkMillionObjects")
	if err != nil {
		return err
	}
	v := results[0].values
	b.row(count(v["objects/s"]), count(1000*v["requests/1000-objects"]), "1000",
		fmt.Sprintf("%.2f×", v["requests/1000-objects"]), fmt.Sprintf("%.1f MB", v["peak-MB"]))
	return nil
}

func count(n float64) string { return fmt.Sprintf("%.0f", n) }

func kilobytes(n float64) string { return fmt.Sprintf("%.1f KB", n/1000) }
