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
		"OK":              {func(*answering) {}, "✓ alarms: none of 1 is in the state ALARM"},
		"OKSubscribed":    {func(*answering) {}, "✓ subscribers of alarms: alarms has 1 confirmed subscription"},
		"OKRights":        {func(*answering) {}, "✓ permissions of deliver"},
		"OKFunctions":     {func(*answering) {}, "✓ function deliver: S-DeliverFunction exists"},
		"ErrAlarm":        {func(a *answering) { a.alarms[0]["state"] = "ALARM" }, "✗ alarms: in the state ALARM: S-A"},
		"ErrNoTarget":     {func(a *answering) { a.alarms[0]["target"] = "" }, "✗ subscribers of alarms: alarms"},
		"ErrNotConfirmed": {func(a *answering) { a.subscription = "PendingConfirmation" }, "nobody has confirmed"},
		"ErrNoAlarms":     {func(a *answering) { a.alarms = nil }, "✗ alarms: no alarm has a name that begins with S-"},
		"ErrNoRight": {func(a *answering) { a.decision = "implicitDeny" },
			"does not allow s3:ListBucket on arn:aws-cn:s3:::from"},
		"ErrFunctionFailed": {func(a *answering) { a.state = "Failed" }, "it is Failed: the reason"},
		"ErrDenied":         {func(a *answering) { a.denied = true }, "→ the credentials need cloudwatch:DescribeAlarms"},
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

// TestBucketSays: the answer to a HEAD request that S3 refuses has no reason. Doctor finds it, and does not take every
// refusal for another Region.
func TestBucketSays(t *testing.T) {
	for name, test := range map[string]struct {
		status     int
		code, want string
	}{
		"ErrOtherLogin":   {400, "InvalidToken", "? output bucket: AWS does not accept the credentials"},
		"ErrExpiredToken": {400, "ExpiredToken", "? output bucket: the login has expired: ExpiredToken"},
		"ErrClock":        {403, "RequestTimeTooSkewed", "? output bucket: this machine's clock is wrong"},
		"ErrNoRight":      {403, "AccessDenied", "→ the credentials need s3:ListBucket of images"},
		"ErrOtherRegion":  {400, "AuthorizationHeaderMalformed", "✗ output bucket: images is not in us-east-1"},
		"ErrMoved":        {301, "PermanentRedirect", "✗ output bucket: images is not in us-east-1"},
		"ErrMissing":      {404, "NoSuchBucket", "✗ output bucket: images does not exist"},
		"ErrS3":           {500, "InternalError", "? output bucket: the AWS service failed: "},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(test.status)
				if r.Method != http.MethodHead {
					fmt.Fprintf(w, "<Error><Code>%s</Code><Message>the reason</Message></Error>", test.code)
				}
			}))
			defer server.Close()
			got := doctor(t, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
				"AWS_MAX_ATTEMPTS=1", "AWS_ENDPOINT_URL=" + server.URL}, "--output-bucket", "images")
			if !strings.Contains(got.Out, test.want) {
				t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
			}
		})
	}
}

// TestUnknownNumbers: a queue that does not say how many messages it has is not empty.
func TestUnknownNumbers(t *testing.T) {
	server := httptest.NewServer(&answering{})
	defer server.Close()
	stack := operatortest.DescribeStacks(t, "S", "TaskTable=tasks", "TopicArn=arn:aws:sns:us-east-1:000000000000:topic",
		"DeliverDlqUrl="+server.URL+"/queue")
	got := doctor(t, []string{"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_MAX_ATTEMPTS=1", "AWS_ENDPOINT_URL_CLOUDFORMATION=" + stack, "AWS_ENDPOINT_URL=" + server.URL},
		"--stack-name", "S")
	if strings.Contains(got.Out, "are empty") || !strings.Contains(got.Out, "? dead letters of deliver: ") {
		t.Errorf("exit code %d:\n%s%s", got.Code, got.Out, got.Progress)
	}
}
