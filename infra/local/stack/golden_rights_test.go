package stack

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"sdtasktracker/infra/local/iam"
)

const testKey = ":000000000000:key/11111111-2222-3333-4444-555555555555"

// goldenKeys are the KMS keys of the buckets that golden templates don't create,
// by the template's name.
var goldenKeys = map[string]struct{ output, delivery string }{
	"kms": {output: "arn:aws:kms:us-east-1" + testKey},
	"everything": {
		output:   "arn:aws:kms:us-east-1" + testKey,
		delivery: "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555",
	},
}

// TestGoldenRights checks that the policies of every synthesized variant allow exactly
// what its functions need. The end-to-end tests check that with the functions' real
// requests, but only with the default settings.
func TestGoldenRights(t *testing.T) {
	files, err := filepath.Glob("../../cdk/testdata/*.golden")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden templates: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".golden")
		t.Run(name, func(t *testing.T) {
			if err := checkGolden(t.Context(), name, goldenTemplate(t, name)); err != nil {
				t.Error(err)
			}
		})
	}
}

// checkGolden sends all requests of a golden template's functions. It returns what the
// policies deny, and what they allow but no request needs.
func checkGolden(ctx context.Context, name string, data []byte) error {
	g, err := readGolden(ctx, data)
	if err != nil {
		return err
	}
	if key := goldenKeys[name].output; key != "" {
		g.Authorizer.Encrypt(g.variable("deliver", "OUTPUT_BUCKET"), key)
	}
	if key := goldenKeys[name].delivery; key != "" {
		g.Authorizer.Encrypt(g.variable("deliver", "DELIVERY_BUCKET"), key)
	}
	return errors.Join(g.send(g.calls()), g.handOver(), g.unused(""))
}

// handOver does what Lambda, SNS and CloudWatch do on their own.
func (g *golden) handOver() error {
	var errs []error
	alarm := g.place().ARN("cloudwatch", "alarm:Golden-Alarm")
	for id, resource := range g.template.Resources {
		if strings.HasPrefix(id, "AlarmEmailTopic") && resource.Type == "AWS::SNS::Topic" {
			errs = append(errs, g.Authorizer.Authorize(cloudWatchService, "sns:Publish", g.created[id].Ref, alarm))
		}
	}
	for _, p := range g.subscriptions {
		if p.Protocol == "lambda" {
			errs = append(errs,
				g.Authorizer.Authorize(snsService, "lambda:InvokeFunction", g.FunctionARN(p.Endpoint), p.TopicArn),
				g.Authorizer.Authorize(snsService, "sqs:SendMessage", p.RedrivePolicy.DeadLetterTargetArn, p.TopicArn))
		}
	}
	return errors.Join(errs...)
}

// cloudWatchService is the service that sends alarms. The local stack has no alarms.
var cloudWatchService = iam.Principal{Service: "cloudwatch.amazonaws.com"}

// notRun is the role of the schedules, which the local stack doesn't run. The CDK app's tests check its rights.
const notRun = "ScheduleRole"

// unused returns the grants that no function used, except for the grants of one policy.
func (g *golden) unused(except string) error {
	var errs []error
	for _, grant := range g.Authorizer.Unused() {
		if grant.Policy != except && !strings.HasPrefix(grant.Policy, notRun) {
			errs = append(errs, fmt.Errorf("%s, statement %d: nothing needs %s on %s",
				grant.Policy, grant.Statement, grant.Action, grant.Resource))
		}
	}
	return errors.Join(errs...)
}

// TestGoldenBucketPolicies: the policy that an output gives for a delivery bucket
// in another account allows what the deliver function does there, and no more.
// There, the role's own policy is not enough ("Cross-account policy evaluation
// logic").
func TestGoldenBucketPolicies(t *testing.T) {
	for _, name := range []string{"existing-bucket", "everything"} {
		t.Run(name, func(t *testing.T) {
			g, err := readGolden(t.Context(), goldenTemplate(t, name))
			if err != nil {
				t.Fatal(err)
			}
			text, err := g.resolver.Resolve(g.template.Outputs["DeliveryBucketPolicy"].Value)
			if err != nil {
				t.Fatal(err)
			}
			policy, err := iam.Parse("DeliveryBucketPolicy", iam.Resource, []byte(fmt.Sprint(text)))
			if err != nil {
				t.Fatal(err)
			}
			output, deliver := g.bucketARN(g.variable("deliver", "OUTPUT_BUCKET")), g.function("deliver")
			source, err := iam.Parse("source", iam.Identity, fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":{
				"Effect":"Allow","Action":"s3:*","Resource":["%s","%s/*"]}}`, output, output))
			if err != nil {
				t.Fatal(err)
			}
			g.Authorizer = g.newAuthorizer() // without the role's own rights on the delivery bucket
			g.Authorizer.AddCaller(deliver, g.sessions[deliver])
			g.Authorizer.AddRole(g.sessions[deliver].Role, source)
			g.Authorizer.Attach(g.bucketARN(g.variable("deliver", "DELIVERY_BUCKET")), policy)
			if err := errors.Join(g.send(g.deliveries()), g.unused("source")); err != nil {
				t.Error(err)
			}
		})
	}
}
