// Package costs computes what the deployment costs, from sizes and requests that
// it measures and from AWS's list prices, and keeps the documents' figures right:
//
//	go test ./infra/costs -update
package costs

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/shared/metrics"
)

var update = flag.Bool("update", false, "rewrite the figures in the documents")

// Around what this test writes.
const (
	opening = "<!-- written by go test ./infra/costs -update -->\n"
	closing = "<!-- end -->"
)

// TestDocuments compares the documents' figures with the computed ones.
func TestDocuments(t *testing.T) {
	s := readStack(t)
	plain, running := measure(t, s, false), measure(t, s, true)
	for path, want := range map[string]string{
		"README.md":       summary(plain, s),
		"infra/README.md": table(plain, running, s) + "\n" + notes(plain, s),
	} {
		t.Run(path, func(t *testing.T) {
			file := filepath.Join(prepare.Root(), path)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			before, rest, begins := strings.Cut(string(text), opening)
			got, after, ends := strings.Cut(rest, closing)
			switch {
			case !begins || !ends:
				t.Fatalf("there is no place for the figures: %s…%s", opening, closing)
			case got == want:
			case *update:
				if err := os.WriteFile(file, []byte(before+opening+want+closing+after), 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				t.Errorf("the figures are out of date: go test ./infra/costs -update\ngot\n%swant\n%s", got, want)
			}
		})
	}
}

// BenchmarkMillionTasks reports each item that a million tasks are billed for.
func BenchmarkMillionTasks(b *testing.B) {
	s := readStack(b)
	u := measure(b, s, false)
	sum := total(processing, u, s) + total(monitoring, u, s)
	report := func(what string, cost float64) {
		b.Run(what, func(b *testing.B) {
			b.ReportMetric(cost, "$")
			b.ReportMetric(cost/sum, "of-all")
		})
	}
	for _, section := range []section{processing, monitoring} {
		for _, l := range lines {
			if cost := l.cost(u, s); l.section == section && cost > 0 {
				report(l.what, cost)
			}
		}
		report(string(section)+" in all", total(section, u, s))
	}
	report("Processing and monitoring", sum)
	report("Storing all of it for a month", total(storage, u, s))
}

func table(plain, running usage, s stack) string {
	out := "| item | price | quantity | cost | with `running` |\n|---|---|---|---|---|\n"
	for _, section := range sections {
		for _, l := range lines {
			if l.section != section || l.cost(running, s) == 0 {
				continue
			}
			out += fmt.Sprintf("| %s | %s | %s | %s | %s |\n", l.what, l.rate(), l.amount(plain, s),
				dollars(l.cost(plain, s)), dollars(l.cost(running, s)))
		}
		out += fmt.Sprintf("| **%s** | | | **%s** | **%s** |\n", section,
			dollars(total(section, plain, s)), dollars(total(section, running, s)))
	}
	return out
}

func (l line) rate() string {
	rate := "$" + strconv.FormatFloat(l.price, 'f', -1, 64)
	if l.price < 1 && l.price*100 == math.Trunc(l.price*100) {
		rate = dollars(l.price)
	}
	switch {
	case l.per == million:
		return strings.TrimSpace(rate + " a million " + l.unit)
	case l.unit == "each":
		return rate + " each"
	case l.section == storage:
		return rate + " a GB-month"
	}
	return rate + " a " + l.unit
}

func (l line) amount(u usage, s stack) string {
	quantity := l.quantity(u, s)
	switch {
	case l.unit == "GB" && quantity >= 100:
		return fmt.Sprintf("%.0f GB", quantity)
	case l.unit == "GB":
		return fmt.Sprintf("%.2g GB", quantity)
	case l.unit == "each":
		return fmt.Sprintf("%.0f", quantity)
	case l.unit == "":
		return fmt.Sprintf("%g million", quantity/million)
	}
	return fmt.Sprintf("%.0f %s", quantity, l.unit)
}

func dollars(amount float64) string { return fmt.Sprintf("$%.2f", amount) }

// notes name the measured sizes, and what the default settings leave out.
func notes(u usage, s stack) string {
	requests := 2 * u.copies * tasks
	return fmt.Sprintf("Measured: with a context of %d bytes, such a task's item has %.0f bytes, "+
		"its entry in the index %.0f, and its log\nlines, Lambda's own included, %.0f. ",
		len(taskContext), u.itemBytes, u.indexBytes, u.logBytes) +
		fmt.Sprintf("There are at most %d custom metrics, if everything occurs. With `outputKeyArn` and\n"+
			"`deliveryKeyArn`, and without S3 Bucket Keys, %.0f million KMS requests cost %s more.\n",
			mostMetrics(s), requests/million, dollars(requests*kmsRequest))
}

// mostMetrics is how many custom metrics there are if everything occurs: each
// status, and each runtime that metrics distinguish, "other" and "none".
func mostMetrics(s stack) (count int) {
	values := map[string]int{metrics.Status: 3, metrics.Runtime: s.runtimes + 2}
	for _, metric := range metrics.All {
		if metric.Dimensions == nil {
			count++
		}
		for _, set := range metric.Dimensions {
			combinations := 1
			for _, dimension := range set {
				combinations *= values[dimension]
			}
			count += combinations
		}
	}
	return count
}

func summary(u usage, s stack) string {
	return fmt.Sprintf("At us-east-1's list prices, a million tasks with four images of 1.5 MB each cost about "+
		"$%.0f to process and $%.0f to\nmonitor. "+
		"Storing their images and items costs $%.0f for every month that they are kept.\n",
		total(processing, u, s), total(monitoring, u, s), total(storage, u, s))
}
