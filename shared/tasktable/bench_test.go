package tasktable

import (
	"os"
	"testing"

	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
)

// sample is an announcement with a context of typical size.
func sample(tb testing.TB) announcement.Announcement {
	tb.Helper()
	message, err := os.ReadFile("../announcement/testdata/v3-completed.json")
	if err != nil {
		tb.Fatal(err)
	}
	a, err := announcement.FromSNS(events.SNSEntity{
		MessageID: "m", Timestamp: time.Unix(1767225600, 0), Message: string(message),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// contextText is what a caller of the guidance sends along.
const contextText = `{"prompt":"a lighthouse at dusk, oil on canvas","seed":4130492385,"steps":28,
	"cfg":7.5,"size":[768,768],
	"lora":[{"name":"paper","weight":0.65},{"name":"ink","weight":-0.2}],"user":{"id":90071992547409931,"plan":"pro"}}`

func BenchmarkContext(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fromJSON([]byte(contextText)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUpdate(b *testing.B) {
	table, a := &Table{Name: "t"}, sample(b)
	b.ReportAllocs()
	for b.Loop() {
		u, _ := table.recordUpdate(a, plain, native)
		_ = u.expression()
	}
}

// TestAllocations: a message's way to a request stays light.
func TestAllocations(t *testing.T) {
	table, a := &Table{Name: "t"}, sample(t)
	for name, test := range map[string]struct {
		most float64
		do   func()
	}{
		"a context": {220, func() { _, _ = fromJSON([]byte(contextText)) }},
		"an update": {190, func() { u, _ := table.recordUpdate(a, plain, native); _ = u.expression() }},
	} {
		if got := testing.AllocsPerRun(100, test.do); got > test.most {
			t.Errorf("%s takes %.0f allocations, want at most %.0f", name, got, test.most)
		}
	}
}
