package main

import (
	"reflect"
	"testing"
)

func TestReadResults(t *testing.T) {
	const output = `goos: linux
cpu: a 2-core
BenchmarkA/reads_a-line-2   	 1430	      82.5 ns/op	    5176 B/op
BenchmarkA/another          	    1	      0.5 letters/s
PASS
`
	want := []result{
		{"reads a-line", map[string]float64{"ns/op": 82.5, "B/op": 5176}},
		{"another", map[string]float64{"letters/s": 0.5}},
	}
	if got, err := readResults(output); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for name, output := range map[string]string{"ErrNoResults": "PASS\n", "ErrNoNumber": "BenchmarkA-2 1 many ns/op\n"} {
		t.Run(name, func(t *testing.T) {
			if got, err := readResults(output); err == nil {
				t.Errorf("got %v", got)
			}
		})
	}
}
