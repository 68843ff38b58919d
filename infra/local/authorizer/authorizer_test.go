package authorizer_test

import (
	"fmt"
	"strings"
	"testing"

	"sdtasktracker/infra/local/iam"
)

const (
	bucket = "arn:aws:s3:::out"
	topic  = "arn:aws:sns:us-east-1:" + account + ":tasks"
)

func attach(t *testing.T, g *guarded, arn, statement string) {
	t.Helper()
	document := `{"Version":"2012-10-17","Statement":{` + statement + `}}`
	policy, err := iam.Parse("policy of "+arn, iam.Resource, []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	g.Attach(arn, policy)
}

// TestSource: a request's context has the resource for which a service acts, and says that TLS is used.
func TestSource(t *testing.T) {
	const queue = "arn:aws:sqs:us-east-1:" + account + ":letters"
	sns := iam.Principal{Service: "sns.amazonaws.com"}
	g := newGuarded(t)
	attach(t, g, queue, `"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage",
		"Resource":"`+queue+`","Condition":{"ArnEquals":{"aws:SourceArn":"`+topic+`"},
		"StringEquals":{"aws:SourceAccount":"`+account+`"},"Bool":{"aws:SecureTransport":"true"}}`)
	if err := g.Authorize(sns, "sqs:SendMessage", queue, topic); err != nil {
		t.Error(err)
	}
	err := g.Authorize(sns, "sqs:SendMessage", queue, topic+"-2")
	if err == nil || !strings.Contains(err.Error(), "no resource-based policy allows") {
		t.Errorf("another topic: %v", err)
	}
	if err := g.Authorize(sns, "sqs:SendMessage", queue, ""); err == nil {
		t.Error("allowed on nobody's behalf")
	}
}

// TestBucketPolicy: a bucket's policy also applies to its objects.
func TestBucketPolicy(t *testing.T) {
	g := newGuarded(t)
	f := iam.Principal{ARN: session, Role: role}
	attach(t, g, bucket, `"Effect":"Allow","Principal":{"AWS":"`+role+`"},"Action":"s3:PutObject",
		"Resource":"`+bucket+`/a/*"`)
	if err := g.Authorize(f, "s3:PutObject", bucket+"/a/b", ""); err != nil {
		t.Error(err)
	}
	restore := g.Detach(bucket)
	if err := g.Authorize(f, "s3:PutObject", bucket+"/a/b", ""); err == nil {
		t.Error("allowed without the policy")
	}
	restore()
	if err := g.Authorize(f, "s3:PutObject", bucket+"/a/b", ""); err != nil {
		t.Error(err)
	}
}

// TestUnused: every grant that allowed no request is returned, and a grant with a
// wildcard always.
func TestUnused(t *testing.T) {
	f := iam.Principal{ARN: session, Role: role}
	g := newGuarded(t, `"Action":["s3:GetObject","s3:PutObject"],"Resource":"`+bucket+`/*"`,
		`"Action":"sqs:*","Resource":"*"`, `"Action":"s3:GetObject","Resource":"`+bucket+`/a/*"`)
	attach(t, g, bucket, `"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"`+bucket+`"`)
	for _, action := range []string{"s3:GetObject", "sqs:SendMessage"} {
		if err := g.Authorize(f, action, bucket+"/a/b", ""); err != nil {
			t.Error(err)
		}
	}
	var unused []string
	for _, grant := range g.Unused() {
		unused = append(unused, fmt.Sprint(grant.Policy, " ", grant.Action, " ", grant.Resource))
	}
	want := []string{"f s3:PutObject " + bucket + "/*", "f sqs:* *", "f s3:GetObject " + bucket + "/a/*",
		"policy of " + bucket + " s3:ListBucket " + bucket}
	if fmt.Sprint(unused) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", unused, want)
	}
}
