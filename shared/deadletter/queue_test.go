package deadletter_test

import (
	"slices"
	"testing"

	"sdtasktracker/shared/deadletter"
)

func TestQueue(t *testing.T) {
	for queue, want := range map[deadletter.Queue]struct{ name, function, output string }{
		deadletter.FailedEvents("record"): {"record", "record", "RecordDlqUrl"},
		deadletter.Undelivered("deliver"): {"deliver-subscription", "deliver", "DeliverSubscriptionDlqUrl"},
	} {
		if string(queue) != want.name || queue.Function() != want.function || queue.Output() != want.output {
			t.Errorf("%s is of function %s, with output %s; want %+v", queue, queue.Function(), queue.Output(), want)
		}
	}
}

func TestCompare(t *testing.T) {
	queues := []deadletter.Queue{"record-subscription", "record", "deliver-subscription", "deliver"}
	slices.SortFunc(queues, deadletter.Compare)
	want := []deadletter.Queue{"deliver", "record", "deliver-subscription", "record-subscription"}
	if !slices.Equal(queues, want) {
		t.Errorf("got %v, want %v", queues, want)
	}
}
