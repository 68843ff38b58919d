package iam_test

import (
	"testing"

	"sdtasktracker/infra/local/iam"
)

// The users and policies of AWS's documentation.
const (
	carlos = "arn:aws:iam::111122223333:user/carlossalazar"

	// "Policy evaluation for requests within a single account", the example.
	carlosPolicy = `{"Version": "2012-10-17", "Statement": [
		{"Sid": "AllowS3ListRead", "Effect": "Allow",
			"Action": ["s3:GetBucketLocation", "s3:GetAccountPublicAccessBlock", "s3:ListAccessPoints",
				"s3:ListAllMyBuckets"],
			"Resource": "arn:aws:s3:::*"},
		{"Sid": "AllowS3Self", "Effect": "Allow", "Action": "s3:*",
			"Resource": ["arn:aws:s3:::carlossalazar/*", "arn:aws:s3:::carlossalazar"]},
		{"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"}]}`
	carlosBucketPolicy = `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": "` + carlos + `"}, "Action": "s3:*",
			"Resource": ["arn:aws:s3:::carlossalazar-logs/*", "arn:aws:s3:::carlossalazar-logs",
				"arn:aws:s3:::carlossalazar-shared/*"]}]}`

	// "The difference between explicit and implicit denies".
	getListPolicy = `{"Version": "2012-10-17", "Statement": [
		{"Sid": "AllowGetList", "Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"},
		{"Sid": "DenyReports", "Effect": "Deny", "Action": "iam:*Report", "Resource": "*"}]}`

	// "IAM JSON policy elements: Action": wildcards.
	accessKeyPolicy = `{"Version": "2012-10-17", "Statement":
		{"Effect": "Allow", "Action": "iam:*AccessKey*", "Resource": "arn:aws:iam::111122223333:user/*"}}`

	// "IAM JSON policy elements: Resource": wildcards.
	segmentPolicy = `{"Version": "2012-10-17", "Statement":
		{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*"}}`
	objectPolicy = `{"Version": "2012-10-17", "Statement":
		{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/???/test/?.jpg"}}`
)

// TestDocumentedExamples evaluates the examples of the IAM User Guide.
func TestDocumentedExamples(t *testing.T) {
	const bucket = "arn:aws:s3:::amzn-s3-demo-bucket"
	for _, test := range []struct {
		name, identity, resource string
		action, on               string
		want                     iam.Effect
	}{
		{"identity policy allows", carlosPolicy, "", "s3:PutObject", "arn:aws:s3:::carlossalazar/a.txt", iam.Allow},
		{"identity policy doesn't name it", carlosPolicy, "", "s3:PutObject", bucket + "/a", iam.ImplicitDeny},
		{"identity policy allows a list of actions", carlosPolicy, "", "s3:GetBucketLocation", bucket, iam.Allow},
		{"explicit deny overrides the bucket's allow", carlosPolicy, carlosBucketPolicy, "s3:PutObject",
			"arn:aws:s3:::carlossalazar-logs/a", iam.ExplicitDeny},
		{"resource policy alone allows", carlosPolicy, carlosBucketPolicy, "s3:PutObject",
			"arn:aws:s3:::carlossalazar-shared/a", iam.Allow},
		{"implicitly denied action", getListPolicy, "", "iam:CreatePolicy", "*", iam.ImplicitDeny},
		{"allowed action", getListPolicy, "", "iam:GetUser", carlos, iam.Allow},
		{"explicitly denied action", getListPolicy, "", "iam:GetOrganizationsAccessReport", "*", iam.ExplicitDeny},
		{"action with wildcards", accessKeyPolicy, "", "iam:CreateAccessKey", carlos, iam.Allow},
		{"action is not case-sensitive", accessKeyPolicy, "", "IAM:listaccesskeys", carlos, iam.Allow},
		{"action does not match", accessKeyPolicy, "", "iam:CreateUser", carlos, iam.ImplicitDeny},
		{"* spans slashes", segmentPolicy, "", "s3:GetObject", bucket + "/1/2/test/3/object.jpg", iam.Allow},
		{"* is empty", segmentPolicy, "", "s3:GetObject", bucket + "/1///test///object.jpg", iam.Allow},
		{"* needs the rest", segmentPolicy, "", "s3:GetObject", bucket + "/1-test/object.jpg", iam.ImplicitDeny},
		{"* needs what comes before", segmentPolicy, "", "s3:GetObject", bucket + "/test/object.jpg", iam.ImplicitDeny},
		{"? is one character", objectPolicy, "", "s3:GetObject", bucket + "/üéå/test/1.jpg", iam.Allow},
		{"? is not none", objectPolicy, "", "s3:GetObject", bucket + "/123/test/.jpg", iam.ImplicitDeny},
		{"? is not two", objectPolicy, "", "s3:GetObject", bucket + "/123/test/12.jpg", iam.ImplicitDeny},
		{"resource is case-sensitive", objectPolicy, "", "s3:GetObject", bucket + "/123/TEST/1.jpg", iam.ImplicitDeny},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := iam.Request{Principal: iam.Principal{ARN: carlos}, Action: test.action, Resource: test.on}
			got := iam.Evaluate(request, parse(t, iam.Identity, test.identity), parse(t, iam.Resource, test.resource))
			if got.Effect != test.want {
				t.Errorf("got %+v, want effect %d", got, test.want)
			}
		})
	}
}

// TestParts: a wildcard stays inside its part of an ARN, except in the last
// ("IAM JSON policy elements: Resource").
func TestParts(t *testing.T) {
	for _, test := range []struct {
		pattern, arn string
		want         iam.Effect
	}{
		{"arn:aws:sqs:*:111122223333:a", "arn:aws:sqs:us-east-1:111122223333:a", iam.Allow},
		{"arn:aws:sqs:*:*:a", "arn:aws:sqs:us-east-1:1:a:b", iam.ImplicitDeny},
		{"arn:aws:logs:us-east-1:111122223333:log-group:*", "arn:aws:logs:us-east-1:111122223333:log-group:a:log-stream:b",
			iam.Allow},
		{"arn:aws:s3:::a*", "arn:aws:s3:::a", iam.Allow},
		{"arn:aws:s3:::a*b*", "arn:aws:s3:::axbyb!", iam.Allow},
		{"arn:aws:s3:::a*b", "arn:aws:s3:::axbyb", iam.Allow},
		{"arn:aws:s3:::a*b", "arn:aws:s3:::axbyc", iam.ImplicitDeny},
		{"arn:aws:s3:::a/*", "arn:aws:s3:::a", iam.ImplicitDeny},
		{"arn:aws:s3:::a", "*", iam.ImplicitDeny},
		{"*", "*", iam.Allow},
	} {
		t.Run(test.pattern+" "+test.arn, func(t *testing.T) {
			policies, err := iam.Parse("p", iam.Identity, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow",`+
				`"Action":"s3:GetObject","Resource":"`+test.pattern+`"}}`))
			if err != nil {
				t.Fatal(err)
			}
			request := iam.Request{Action: "s3:GetObject", Resource: test.arn}
			if got := iam.Evaluate(request, []iam.Policy{policies}, nil); got.Effect != test.want {
				t.Errorf("got %+v, want effect %d", got, test.want)
			}
		})
	}
}

func parse(t *testing.T, kind iam.Kind, document string) []iam.Policy {
	t.Helper()
	if document == "" {
		return nil
	}
	p, err := iam.Parse("p", kind, []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return []iam.Policy{p}
}
