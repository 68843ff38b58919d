package bench

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sdtasktracker/shared/function"
)

// BenchmarkFirstCall measures a sandbox's initialization, its first invocation and later
// ones, at 20 ms a round trip. From the first invocation on, the sandbox has the CPU time of
// its memory size; others have measured that Lambda gives initialization a full vCPU.
func BenchmarkFirstCall(b *testing.B) {
	for _, call := range []struct {
		function string
		images   int
	}{{"record", 4}, {"deliver", 4}, {"deliver", 32}, {"deliver", 300}} {
		for _, memory := range []int{128, 256, 512, 1024, function.WholeCPU} {
			b.Run(fmt.Sprintf("%s/%d_images/%d_MB", call.function, call.images, memory), func(b *testing.B) {
				firstCall(b, call.function, memory, completed(call.images))
			})
		}
	}
}

// firstCall measures some sandboxes, and reports medians.
func firstCall(b *testing.B, name string, memory int, event []byte) {
	const sandboxes, laterCalls = 5, 5
	var init, first, later []time.Duration
	var trips int64
	for b.Loop() {
		for range sandboxes {
			s := start(b, name, memory, newEndpoint(b, 20*time.Millisecond))
			limit(b, s.pid, memory)
			took, asked := s.invoke(b, event)
			init, first, trips = append(init, s.init), append(first, took), asked.trips
			for range laterCalls {
				took, _ := s.invoke(b, event)
				later = append(later, took)
			}
			_ = s.host.Close()
		}
	}
	b.ReportMetric(0, "ns/op") // hides it
	b.ReportMetric(median(init), "init-ms")
	b.ReportMetric(median(first), "first-ms")
	b.ReportMetric(float64(trips), "first-trips")
	b.ReportMetric(median(later), "later-ms")
}

// median returns the median in milliseconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Microseconds()) / 1000
}
