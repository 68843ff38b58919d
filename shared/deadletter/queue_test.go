package deadletter_test

import (
	"slices"
	"testing"

	"sdtasktracker/shared/deadletter"
)

func TestQueue(t *testing.T) {
	for queue, want := range map[deadletter.Queue]struct {
		name, output string
		functions    []string
	}{
		deadletter.FailedEvents("record"): {"record", "RecordDlqUrl", []string{"record", "deliver"}},
		deadletter.Undelivered("record"): {
			"record-subscription", "RecordSubscriptionDlqUrl", []string{"record", "deliver"},
		},
		deadletter.FailedEvents("deliver"): {"deliver", "DeliverDlqUrl", []string{"deliver"}},
		deadletter.Undelivered("deliver"):  {"deliver-subscription", "DeliverSubscriptionDlqUrl", []string{"deliver"}},
	} {
		if string(queue) != want.name || queue.Output() != want.output ||
			!slices.Equal(queue.Functions(), want.functions) {
			t.Errorf("%s has output %s and functions %q; want %+v", queue, queue.Output(), queue.Functions(), want)
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
