package iam_test

import (
	"strings"
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
		want                     string
	}{
		{"OKIdentityPolicyAllows", carlosPolicy, "", "s3:PutObject", "arn:aws:s3:::carlossalazar/a.txt", allowed},
		{"ErrIdentityPolicyDoesntNameIt", carlosPolicy, "", "s3:PutObject", bucket + "/a", denied},
		{"OKIdentityPolicyAllowsAListOfActions", carlosPolicy, "", "s3:GetBucketLocation", bucket, allowed},
		{"ErrExplicitDenyOverridesTheBucketSAllow", carlosPolicy, carlosBucketPolicy, "s3:PutObject",
			"arn:aws:s3:::carlossalazar-logs/a", deniedExplicitly},
		{"OKResourcePolicyAloneAllows", carlosPolicy, carlosBucketPolicy, "s3:PutObject",
			"arn:aws:s3:::carlossalazar-shared/a", allowed},
		{"ErrImplicitlyDeniedAction", getListPolicy, "", "iam:CreatePolicy", "*", denied},
		{"OKAllowedAction", getListPolicy, "", "iam:GetUser", carlos, allowed},
		{"ErrExplicitlyDeniedAction", getListPolicy, "", "iam:GetOrganizationsAccessReport", "*", deniedExplicitly},
		{"OKActionWithWildcards", accessKeyPolicy, "", "iam:CreateAccessKey", carlos, allowed},
		{"OKActionIsNotCaseSensitive", accessKeyPolicy, "", "IAM:listaccesskeys", carlos, allowed},
		{"ErrActionDoesNotMatch", accessKeyPolicy, "", "iam:CreateUser", carlos, denied},
		{"OKAsteriskSpansSlashes", segmentPolicy, "", "s3:GetObject", bucket + "/1/2/test/3/object.jpg", allowed},
		{"OKAsteriskIsEmpty", segmentPolicy, "", "s3:GetObject", bucket + "/1///test///object.jpg", allowed},
		{"ErrAsteriskNeedsTheRest", segmentPolicy, "", "s3:GetObject", bucket + "/1-test/object.jpg", denied},
		{"ErrAsteriskNeedsWhatComesBefore", segmentPolicy, "", "s3:GetObject", bucket + "/test/object.jpg", denied},
		{"OKQuestionMarkIsOneCharacter", objectPolicy, "", "s3:GetObject", bucket + "/üéå/test/1.jpg", allowed},
		{"ErrQuestionMarkIsNotNone", objectPolicy, "", "s3:GetObject", bucket + "/123/test/.jpg", denied},
		{"ErrQuestionMarkIsNotTwo", objectPolicy, "", "s3:GetObject", bucket + "/123/test/12.jpg", denied},
		{"ErrResourceIsCaseSensitive", objectPolicy, "", "s3:GetObject", bucket + "/123/TEST/1.jpg", denied},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := iam.Request{Principal: iam.Principal{ARN: carlos}, Action: test.action, Resource: test.on}
			wantOutcome(t, request, parse(t, iam.Identity, test.identity), parse(t, iam.Resource, test.resource), test.want)
		})
	}
}

// TestParts: a wildcard stays inside its part of an ARN, except in the last
// ("IAM JSON policy elements: Resource").
func TestParts(t *testing.T) {
	for _, test := range []struct {
		pattern, arn string
		want         string
	}{
		{"arn:aws:sqs:*:111122223333:a", "arn:aws:sqs:us-east-1:111122223333:a", allowed},
		{"arn:aws:sqs:*:*:a", "arn:aws:sqs:us-east-1:1:a:b", denied},
		{"arn:aws:sqs:us*:111122223333:a", "arn:aws:sqs:us-east-1:x:111122223333:a", denied},
		{"arn:aws:sqs:us-east-1:*:b", "arn:aws:sqs:us-east-1:1:a:b", denied},
		{"arn:aws:s3:::a*", "arn:aws:s3:::a/b\nc", allowed},
		{"arn:aws:logs:us-east-1:111122223333:log-group:*", "arn:aws:logs:us-east-1:111122223333:log-group:a:log-stream:b",
			allowed},
		{"arn:aws:s3:::a*", "arn:aws:s3:::a", allowed},
		{"arn:aws:s3:::a*b*", "arn:aws:s3:::axbyb!", allowed},
		{"arn:aws:s3:::a*b", "arn:aws:s3:::axbyb", allowed},
		{"arn:aws:s3:::a*b", "arn:aws:s3:::axbyc", denied},
		{"arn:aws:s3:::a/*", "arn:aws:s3:::a", denied},
		{"arn:aws:s3:::a", "*", denied},
		{"*", "*", allowed},
	} {
		t.Run(test.pattern+" "+test.arn, func(t *testing.T) {
			policies, err := iam.Parse("p", iam.Identity, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow",`+
				`"Action":"s3:GetObject","Resource":"`+test.pattern+`"}}`))
			if err != nil {
				t.Fatal(err)
			}
			request := iam.Request{Action: "s3:GetObject", Resource: test.arn}
			wantOutcome(t, request, policies, nil, test.want)
		})
	}
}

// The outcomes: the beginnings of reasons.
const (
	allowed          = ""
	denied           = "because no "
	deniedExplicitly = "with an explicit deny in "
)

func wantOutcome(t *testing.T, request iam.Request, identity, resource iam.Policy, want string) {
	t.Helper()
	_, got := iam.Evaluate(request, identity, resource)
	if !strings.HasPrefix(got, want) || want == allowed && got != "" {
		t.Errorf("the reason is %q, want %q", got, want)
	}
}

func parse(t *testing.T, kind iam.Kind, document string) iam.Policy {
	t.Helper()
	if document == "" {
		return nil
	}
	p, err := iam.Parse("p", kind, []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
