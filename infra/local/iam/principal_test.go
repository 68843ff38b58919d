package iam_test

import (
	"testing"

	"sdtasktracker/infra/local/iam"
)

const (
	queue = "arn:aws:sqs:us-east-1:111122223333:letters"
	topic = "arn:aws:sns:us-east-1:111122223333:tasks"
	role  = "arn:aws:iam::111122223333:role/deliver"
)

var session = iam.Principal{ARN: "arn:aws:sts::111122223333:assumed-role/deliver/deliver", Role: role}

// TestPrincipals covers "AWS JSON policy elements: Principal".
func TestPrincipals(t *testing.T) {
	sns := iam.Principal{Service: "sns.amazonaws.com"}
	for _, test := range []struct {
		name, element string
		principal     iam.Principal
		want          iam.Effect
	}{
		{"everybody", `"*"`, session, iam.Allow},
		{"everybody in AWS", `{"AWS":"*"}`, session, iam.Allow},
		{"everybody includes services", `{"AWS":"*"}`, sns, iam.Allow},
		{"role", `{"AWS":"` + role + `"}`, session, iam.Allow},
		{"session", `{"AWS":["` + carlos + `","` + session.ARN + `"]}`, session, iam.Allow},
		{"another", `{"AWS":"` + carlos + `"}`, session, iam.ImplicitDeny},
		{"service", `{"Service":"sns.amazonaws.com"}`, sns, iam.Allow},
		{"one of several services", `{"Service":["events.amazonaws.com","sns.amazonaws.com"]}`, sns, iam.Allow},
		{"another service", `{"Service":"events.amazonaws.com"}`, sns, iam.ImplicitDeny},
		{"service is not the role", `{"Service":"sns.amazonaws.com"}`, session, iam.ImplicitDeny},
		{"either", `{"Service":"sns.amazonaws.com","AWS":"` + role + `"}`, session, iam.Allow},
	} {
		t.Run(test.name, func(t *testing.T) {
			policy := parse(t, iam.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Allow",`+
				`"Principal":`+test.element+`,"Action":"sqs:SendMessage","Resource":"`+queue+`"}}`)
			request := iam.Request{Principal: test.principal, Action: "sqs:SendMessage", Resource: queue}
			if got := iam.Evaluate(request, nil, policy); got.Effect != test.want {
				t.Errorf("got %+v, want effect %d", got, test.want)
			}
		})
	}
}

// TestConditions covers "IAM JSON policy elements: Condition operators", and
// "Conditions with multiple context keys or values": keys are ANDed, values
// are ORed, and a missing key meets no condition.
func TestConditions(t *testing.T) {
	const other = "arn:aws:sns:us-east-1:111122223333:other"
	context := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	both := `{"ArnLike":{"aws:SourceArn":"` + topic + `"},"StringEquals":{"aws:SourceAccount":"111122223333"}}`
	for _, test := range []struct {
		name, condition string
		context         map[string]string
		want            iam.Effect
	}{
		{"ArnEquals", `{"ArnEquals":{"aws:SourceArn":"` + topic + `"}}`, context(iam.SourceARN, topic), iam.Allow},
		{"another ARN", `{"ArnEquals":{"aws:SourceArn":"` + topic + `"}}`, context(iam.SourceARN, other), iam.ImplicitDeny},
		{"ArnEquals takes wildcards", `{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:*:111122223333:t?sks"}}`,
			context(iam.SourceARN, topic), iam.Allow},
		{"StringEquals takes none", `{"StringEquals":{"aws:SourceArn":"arn:aws:sns:*:111122223333:t?sks"}}`,
			context(iam.SourceARN, topic), iam.ImplicitDeny},
		{"key is not case-sensitive", `{"ArnLike":{"AWS:sourcearn":"` + topic + `"}}`,
			context(iam.SourceARN, topic), iam.Allow},
		{"value is case-sensitive", `{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:Tasks"}}`,
			context(iam.SourceARN, topic), iam.ImplicitDeny},
		{"one of several values", `{"ArnLike":{"aws:SourceArn":["` + other + `","` + topic + `"]}}`,
			context(iam.SourceARN, topic), iam.Allow},
		{"both keys", both, context(iam.SourceARN, topic, iam.SourceAccount, "111122223333"), iam.Allow},
		{"one of two keys", both, context(iam.SourceARN, topic, iam.SourceAccount, "444455556666"), iam.ImplicitDeny},
		{"missing key", both, context(iam.SourceARN, topic), iam.ImplicitDeny},
		{"Bool", `{"Bool":{"aws:SecureTransport":"true"}}`, context(iam.SecureTransport, "true"), iam.Allow},
		{"Bool as a boolean", `{"Bool":{"aws:SecureTransport":true}}`, context(iam.SecureTransport, "true"), iam.Allow},
		{"Bool differs", `{"Bool":{"aws:SecureTransport":"false"}}`,
			context(iam.SecureTransport, "true"), iam.ImplicitDeny},
	} {
		t.Run(test.name, func(t *testing.T) {
			policy := parse(t, iam.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",`+
				`"Action":"sqs:SendMessage","Resource":"`+queue+`","Condition":`+test.condition+`}}`)
			request := iam.Request{Principal: session, Action: "sqs:SendMessage", Resource: queue, Context: test.context}
			if got := iam.Evaluate(request, nil, policy); got.Effect != test.want {
				t.Errorf("got %+v, want effect %d", got, test.want)
			}
		})
	}
}

func TestReasons(t *testing.T) {
	denying := parse(t, iam.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*",`+
		`"Action":"sqs:*","Resource":"*"}}`)
	for _, test := range []struct {
		name      string
		principal iam.Principal
		resource  []iam.Policy
		want      string
	}{
		{"role", session, nil, "because no identity-based policy allows the sqs:SendMessage action"},
		{"service", iam.Principal{Service: "sns.amazonaws.com"}, nil,
			"because no resource-based policy allows the sqs:SendMessage action"},
		{"explicit deny", session, denying, "with an explicit deny in a resource-based policy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := iam.Request{Principal: test.principal, Action: "sqs:SendMessage", Resource: queue}
			if got := iam.Evaluate(request, nil, test.resource); got.Reason != test.want {
				t.Errorf("the reason is %q, want %q", got.Reason, test.want)
			}
		})
	}
}
