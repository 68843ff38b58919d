package e2e

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// BenchmarkInvoke measures the overhead of an invocation: cold, including a new
// sandbox's process and setup, and warm. The function rejects the event before it
// sends any request. Compare the two within one run: the machine's speed is in both.
func BenchmarkInvoke(b *testing.B) {
	start(b)
	for _, output := range []string{recordFunction, deliverFunction, redriveFunction} {
		function := local.Outputs[output]
		invoke := func() {
			// Every function refuses it, which is an answer too.
			_, _ = local.Host.Invoke(b.Context(), function, uuid.NewString(), []byte(`{"Records":7,"none":true}`))
		}
		b.Run(output+"/cold", func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				killAll(b, function)
				b.StartTimer()
				invoke()
			}
		})
		b.Run(output+"/warm", func(b *testing.B) {
			for b.Loop() {
				invoke()
			}
		})
	}
}

// BenchmarkRecord measures one announcement through the compiled function, and
// counts its requests.
func BenchmarkRecord(b *testing.B) {
	start(b)
	proxies["DYNAMODB"].Reset()
	defer proxies["DYNAMODB"].Reset()
	function := local.Outputs[recordFunction]
	announced := 0
	for b.Loop() {
		id := uuid.NewString()
		if _, err := local.Host.Invoke(b.Context(), function, id, snsEvent(id, time.Now(), running(id))); err != nil {
			b.Fatal(err)
		}
		announced++
	}
	b.ReportMetric(float64(len(proxies["DYNAMODB"].Requests(nil)))/float64(announced), "requests/op")
}
