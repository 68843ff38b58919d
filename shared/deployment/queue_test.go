package deployment_test

import (
	"slices"
	"testing"

	"sdtasktracker/shared/deployment"
)

func TestQueue(t *testing.T) {
	for queue, want := range map[deployment.Queue]struct {
		name, output string
		functions    []string
	}{
		deployment.FailedEvents("record"): {"record", "RecordDlqUrl", []string{"record", "deliver"}},
		deployment.Undelivered("record"): {
			"record-subscription", "RecordSubscriptionDlqUrl", []string{"record", "deliver"},
		},
		deployment.UndeliveredRequests("record"): {
			"record-input-subscription", "RecordInputSubscriptionDlqUrl", []string{"record"},
		},
		deployment.FailedEvents("deliver"): {"deliver", "DeliverDlqUrl", []string{"deliver"}},
		deployment.Undelivered("deliver"):  {"deliver-subscription", "DeliverSubscriptionDlqUrl", []string{"deliver"}},
	} {
		if string(queue) != want.name || queue.Output() != want.output ||
			!slices.Equal(queue.Functions(), want.functions) {
			t.Errorf("%s has output %s and functions %q; want %+v", queue, queue.Output(), queue.Functions(), want)
		}
	}
}

func TestCompareQueues(t *testing.T) {
	queues := []deployment.Queue{"record-subscription", "record", "deliver-subscription", "deliver"}
	slices.SortFunc(queues, deployment.CompareQueues)
	want := []deployment.Queue{"deliver", "record", "deliver-subscription", "record-subscription"}
	if !slices.Equal(queues, want) {
		t.Errorf("got %v, want %v", queues, want)
	}
}
