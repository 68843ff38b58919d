package doctor

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/operator/operatortest"
)

// answering serves what no local server does: CloudWatch's DescribeAlarms in CBOR,
// IAM's SimulatePrincipalPolicy and SNS's ListSubscriptionsByTopic in XML, Lambda's
// GetFunctionConfiguration in JSON, as their API references describe.
type answering struct {
	alarms                 []map[string]string // by name, state and target
	decision, subscription string
	state                  string
	denied                 bool
}

func (a *answering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	operation := r.Form.Get("Action")
	if strings.HasSuffix(r.URL.Path, "/operation/DescribeAlarms") {
		operation = "DescribeAlarms"
	}
	if a.denied {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	switch operation {
	case "DescribeAlarms":
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Header().Set("Content-Type", "application/cbor")
		_, _ = w.Write(cbor.Encode(a.describeAlarms()))
	case "SimulatePrincipalPolicy":
		fmt.Fprintf(w, `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
			<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member>
			<EvalActionName>%s</EvalActionName><EvalDecision>%s</EvalDecision><EvalResourceName>%s</EvalResourceName>
			</member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
			r.Form.Get("ActionNames.member.1"), a.decision, r.Form.Get("ResourceArns.member.1"))
	case "ListSubscriptionsByTopic":
		fmt.Fprintf(w, `<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
			<ListSubscriptionsByTopicResult><Subscriptions><member><Protocol>email</Protocol>
			<SubscriptionArn>%s</SubscriptionArn></member></Subscriptions></ListSubscriptionsByTopicResult>
			</ListSubscriptionsByTopicResponse>`, a.subscription)
	case "":
		if !strings.Contains(r.URL.Path, "/functions/") { // S3, DynamoDB and SQS
			_, _ = w.Write([]byte("{}"))
			return
		}
		fmt.Fprintf(w, `{"FunctionName": "f", "State": %q, "StateReason": "the reason", "LastUpdateStatus": "Successful",
			"Role": "arn:aws-cn:iam::000000000000:role/deliver"}`, a.state)
	}
}

func (a *answering) describeAlarms() cbor.Map {
	var all cbor.List
	for _, alarm := range a.alarms {
		actions := cbor.List{}
		if alarm["target"] != "" {
			actions = append(actions, cbor.String(alarm["target"]))
		}
		all = append(all, cbor.Map{"AlarmName": cbor.String(alarm["name"]), "StateValue": cbor.String(alarm["state"]),
			"AlarmActions": actions})
	}
	return cbor.Map{"MetricAlarms": all, "CompositeAlarms": cbor.List{}}
}

// TestDoctorOnAWS: what AWS says of alarms, rights and functions.
func TestDoctorOnAWS(t *testing.T) {
	const target = "arn:aws:sns:us-east-1:000000000000:alarms"
	healthy := answering{alarms: []map[string]string{{"name": "S-A", "state": "OK", "target": target}},
		decision: "allowed", subscription: target + ":1", state: "Active"}
	for name, test := range map[string]struct {
		change func(*answering)
		want   string
	}{
		"all is well":           {func(*answering) {}, "✓ alarms: none of 1 has gone off"},
		"somebody is told":      {func(*answering) {}, "✓ subscribers of alarms: alarms notifies 1"},
		"rights are enough":     {func(*answering) {}, "✓ rights of deliver"},
		"functions are there":   {func(*answering) {}, "✓ function deliver: S-DeliverFunction exists"},
		"an alarm has gone off": {func(a *answering) { a.alarms[0]["state"] = "ALARM" }, "✗ alarms: S-A"},
		"nobody is told":        {func(a *answering) { a.alarms[0]["target"] = "" }, "✗ subscribers of alarms: alarms"},
		"nobody has confirmed":  {func(a *answering) { a.subscription = "PendingConfirmation" }, "nobody has confirmed"},
		"there are no alarms":   {func(a *answering) { a.alarms = nil }, "✗ alarms: no alarm has a name that begins with S-"},
		"a right is missing": {func(a *answering) { a.decision = "implicitDeny" },
			"does not allow s3:ListBucket on arn:aws-cn:s3:::from"},
		"a function failed": {func(a *answering) { a.state = "Failed" }, "it is Failed: the reason"},
		"you may not ask":   {func(a *answering) { a.denied = true }, "→ the check needs cloudwatch:DescribeAlarms"},
	} {
		t.Run(name, func(t *testing.T) {
			a := healthy
			a.alarms = []map[string]string{{"name": "S-A", "state": "OK", "target": target}}
			test.change(&a)
			server := httptest.NewServer(&a)
			defer server.Close()
			stack := operatortest.DescribeStacks(t, "S", "TopicArn=arn:aws:sns:us-east-1:000000000000:topic",
				"TaskTable=tasks", "OutputBucket=from", "DeliveryBucket=to",
				"RecordFunction=S-RecordFunction", "DeliverFunction=S-DeliverFunction")
			variables := []string{
				"AWS_REGION=" + localtest.Region,
				"AWS_ACCESS_KEY_ID=test",
				"AWS_SECRET_ACCESS_KEY=test",
				"AWS_ENDPOINT_URL_CLOUDFORMATION=" + stack,
				"AWS_ENDPOINT_URL=" + server.URL,
				"AWS_MAX_ATTEMPTS=1",
			}
			got := doctor(t, variables, "--stack-name", "S")
			if !strings.Contains(got.Out, test.want) {
				t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
			}
		})
	}
}
