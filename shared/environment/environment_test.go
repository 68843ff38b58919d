package environment_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/environment"
)

// list is what os.Environ would return.
func list(variables map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		all = append(all, name+"="+variables[name])
	}
	return all
}

var deliver = environment.Deliver{
	Table:        environment.Table{TaskTable: "tasks", RetentionDays: 30},
	Metrics:      environment.Metrics{Namespace: "SdTaskTracker"},
	OutputBucket: "from", DeliveryBucket: "to", DeliveryRegion: "eu-west-1",
	DeliveryPrefix: "a=b/{task_id}/", DeliverOutput: true, FixExtensions: true,
}

// TestContract pins the variables' names and formats: a deployed function may be
// older or newer than the stack that configures it.
func TestContract(t *testing.T) {
	for name, test := range map[string]struct {
		settings any
		want     map[string]string
	}{
		"OKRecord": {
			environment.Record{Table: deliver.Table, Metrics: deliver.Metrics, Runtimes: []string{"sdruntime", "comfyui"}},
			map[string]string{"TASK_TABLE": "tasks", "RETENTION_DAYS": "30", "METRIC_NAMESPACE": "SdTaskTracker",
				"METRIC_RUNTIMES": "sdruntime,comfyui"},
		},
		"OKDeliver": {
			deliver,
			map[string]string{"TASK_TABLE": "tasks", "RETENTION_DAYS": "30", "METRIC_NAMESPACE": "SdTaskTracker",
				"OUTPUT_BUCKET": "from", "DELIVERY_BUCKET": "to", "DELIVERY_REGION": "eu-west-1",
				"DELIVERY_PREFIX": "a=b/{task_id}/", "DELIVER_OUTPUT": "true", "FIX_EXTENSIONS": "true"},
		},
		"OKRedrive": {
			environment.Redrive{
				Functions: map[string]string{"record": "Stack-Record", "deliver": "Stack-Deliver"},
				Queues:    map[deployment.Queue]string{deployment.Undelivered("record"): "https://queue"},
			},
			map[string]string{"FUNCTIONS": "deliver=Stack-Deliver,record=Stack-Record",
				"QUEUES": "record-subscription=https://queue"},
		},
		"OKEmpty": {environment.Deliver{OutputBucket: "from"}, map[string]string{
			"TASK_TABLE": "", "METRIC_NAMESPACE": "", "OUTPUT_BUCKET": "from", "DELIVERY_BUCKET": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := environment.Encode(test.settings); !maps.Equal(got, test.want) {
				t.Errorf("got  %v\nwant %v", got, test.want)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	t.Run("OKDeliver", func(t *testing.T) {
		got, err := environment.Decode[environment.Deliver](list(environment.Encode(deliver)))
		if err != nil || got != deliver {
			t.Errorf("got %+v, %v", got, err)
		}
		if got.Retention() != 30*24*time.Hour {
			t.Errorf("retention is %v", got.Retention())
		}
	})
	t.Run("OKRedrive", func(t *testing.T) {
		want := environment.Redrive{
			Functions: map[string]string{"record": "r", "task-events": "e"},
			Queues:    map[deployment.Queue]string{"record": "q1", "record-subscription": "q2"},
		}
		got, err := environment.Decode[environment.Redrive](list(environment.Encode(want)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestDecode(t *testing.T) {
	for name, test := range map[string]struct {
		variables []string
		want      []string // substrings of the error; none if it decodes
	}{
		"OK":                   {variables: []string{"TASK_TABLE=t", "METRIC_NAMESPACE=n", "METRIC_RUNTIMES=a,b", "HOME=/"}},
		"ErrEverythingMissing": {nil, []string{"TASK_TABLE is missing", "METRIC_NAMESPACE is missing", "CDK stack"}},
		"ErrEmpty":             {[]string{"TASK_TABLE=", "METRIC_NAMESPACE=n"}, []string{"TASK_TABLE is missing"}},
		"ErrNotANumber": {[]string{"TASK_TABLE=t", "RETENTION_DAYS=soon"},
			[]string{`RETENTION_DAYS can't be "soon"`, "METRIC_NAMESPACE is missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := environment.Decode[environment.Record](test.variables)
			if len(test.want) == 0 {
				want := environment.Record{Table: environment.Table{TaskTable: "t"},
					Metrics: environment.Metrics{Namespace: "n"}, Runtimes: []string{"a", "b"}}
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error is %v, want it to say %q", err, want)
				}
			}
		})
	}
	t.Run("ErrNotABoolean", func(t *testing.T) {
		variables := environment.Encode(deliver)
		variables["DELIVER_OUTPUT"] = "yes"
		if _, err := environment.Decode[environment.Deliver](list(variables)); err == nil ||
			!strings.Contains(err.Error(), `DELIVER_OUTPUT can't be "yes"`) {
			t.Errorf("error is %v", err)
		}
	})
	for name, test := range map[string]struct{ queues, want string }{
		"ErrNoQueues": {"", ": QUEUES is missing"},
		"ErrNoNames":  {"https://queue", `QUEUES can't be "https://queue", QUEUES is missing`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := environment.Decode[environment.Redrive]([]string{"FUNCTIONS=record=f", "QUEUES=" + test.queues})
			if err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("error is %v", err)
			}
		})
	}
}
