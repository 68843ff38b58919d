package main

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"sdtasktracker/shared/deadletter"
)

type output struct{ OutputKey, OutputValue string }

// describeStacks serves CloudFormation's DescribeStacks for one stack.
func describeStacks(t *testing.T, name string, outputs ...output) (endpoint string) {
	t.Helper()
	type description struct {
		StackName string
		Outputs   []output `xml:"Outputs>member"`
	}
	var answer struct {
		XMLName xml.Name      `xml:"http://cloudformation.amazonaws.com/doc/2010-05-15/ DescribeStacksResponse"`
		Stacks  []description `xml:"DescribeStacksResult>Stacks>member"`
	}
	answer.Stacks = []description{{name, outputs}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		if r.FormValue("Action") != "DescribeStacks" || r.FormValue("StackName") != name {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>` +
				`<Message>Stack with id ` + r.FormValue("StackName") + ` does not exist</Message></Error></ErrorResponse>`))
			return
		}
		_ = xml.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestFindsTheStack(t *testing.T) {
	d := deploy(t)
	outputs := []output{
		{"RecordFunction", "record"}, {"RedriveFunction", "redrive"}, {"TopicArn", "arn:aws:sns:us-east-1:000000000000:t"},
		{"RecordDlqUrl", d.urls[deadletter.FailedEvents("record")]},
		{"RecordSubscriptionDlqUrl", d.urls[deadletter.Undelivered("record")]},
	}
	isRedrive := func(o output) bool { return o.OutputKey == "RedriveFunction" }
	old := slices.DeleteFunc(slices.Clone(outputs), isRedrive)
	for name, test := range map[string]struct {
		outputs []output
		args    []string
		want    string
		code    int
	}{
		"OK":               {outputs, []string{"--stack-name", "Tracker"}, "record: 1 redriven, 0 failed again, 0 left", 0},
		"ErrNoStack":       {outputs, nil, "Stack with id SdTaskTracker does not exist", 1},
		"ErrOldDeployment": {old, []string{"--stack-name", "Tracker"}, "has no output RedriveFunction", 1},
	} {
		t.Run(name, func(t *testing.T) {
			if test.code == 0 {
				d.bury(t, deadletter.FailedEvents("record"), running("a"), "the table was down")
			}
			variables := append(d.endpoints, "AWS_ENDPOINT_URL_CLOUDFORMATION="+describeStacks(t, "Tracker", test.outputs...))
			got := command(t, variables, append(test.args, "--queue", "record")...)
			if got.code != test.code || !strings.Contains(got.progress, test.want) {
				t.Errorf("exit code %d:\n%s", got.code, got.progress)
			}
		})
	}
}
