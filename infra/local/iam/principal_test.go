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
		want          string
	}{
		{"OKEverybody", `"*"`, session, allowed},
		{"OKEverybodyInAWS", `{"AWS":"*"}`, session, allowed},
		{"OKEverybodyIncludesServices", `{"AWS":"*"}`, sns, allowed},
		{"OKRole", `{"AWS":"` + role + `"}`, session, allowed},
		{"OKSession", `{"AWS":["` + carlos + `","` + session.ARN + `"]}`, session, allowed},
		{"ErrAnother", `{"AWS":"` + carlos + `"}`, session, denied},
		{"OKService", `{"Service":"sns.amazonaws.com"}`, sns, allowed},
		{"OKOneOfSeveralServices", `{"Service":["events.amazonaws.com","sns.amazonaws.com"]}`, sns, allowed},
		{"ErrAnotherService", `{"Service":"events.amazonaws.com"}`, sns, denied},
		{"ErrServiceIsNotTheRole", `{"Service":"sns.amazonaws.com"}`, session, denied},
		{"OKEither", `{"Service":"sns.amazonaws.com","AWS":"` + role + `"}`, session, allowed},
	} {
		t.Run(test.name, func(t *testing.T) {
			policy := parse(t, iam.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Allow",`+
				`"Principal":`+test.element+`,"Action":"sqs:SendMessage","Resource":"`+queue+`"}}`)
			request := iam.Request{Principal: test.principal, Action: "sqs:SendMessage", Resource: queue}
			wantOutcome(t, request, nil, policy, test.want)
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
		want            string
	}{
		{"OKArnEquals", `{"ArnEquals":{"aws:SourceArn":"` + topic + `"}}`, context(iam.SourceARN, topic), allowed},
		{"ErrAnotherARN", `{"ArnEquals":{"aws:SourceArn":"` + topic + `"}}`, context(iam.SourceARN, other), denied},
		{"OKArnEqualsTakesWildcards", `{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:*:111122223333:t?sks"}}`,
			context(iam.SourceARN, topic), allowed},
		{"ErrStringEqualsTakesNone", `{"StringEquals":{"aws:SourceArn":"arn:aws:sns:*:111122223333:t?sks"}}`,
			context(iam.SourceARN, topic), denied},
		{"ErrValueIsCaseSensitive", `{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:Tasks"}}`,
			context(iam.SourceARN, topic), denied},
		{"OKOneOfSeveralValues", `{"ArnLike":{"aws:SourceArn":["` + other + `","` + topic + `"]}}`,
			context(iam.SourceARN, topic), allowed},
		{"OKBothKeys", both, context(iam.SourceARN, topic, iam.SourceAccount, "111122223333"), allowed},
		{"ErrOneOfTwoKeys", both, context(iam.SourceARN, topic, iam.SourceAccount, "444455556666"), denied},
		{"ErrMissingKey", both, context(iam.SourceARN, topic), denied},
		{"OKBool", `{"Bool":{"aws:SecureTransport":"true"}}`, context(iam.SecureTransport, "true"), allowed},
		{"ErrBoolDiffers", `{"Bool":{"aws:SecureTransport":"false"}}`,
			context(iam.SecureTransport, "true"), denied},
	} {
		t.Run(test.name, func(t *testing.T) {
			policy := parse(t, iam.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",`+
				`"Action":"sqs:SendMessage","Resource":"`+queue+`","Condition":`+test.condition+`}}`)
			request := iam.Request{Principal: session, Action: "sqs:SendMessage", Resource: queue, Context: test.context}
			wantOutcome(t, request, nil, policy, test.want)
		})
	}
}

func TestReasons(t *testing.T) {
	denying := parse(t, iam.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*",`+
		`"Action":"sqs:*","Resource":"*"}}`)
	for _, test := range []struct {
		name      string
		principal iam.Principal
		resource  iam.Policy
		want      string
	}{
		{"ErrNoIdentityPolicy", session, nil, "because no identity-based policy allows the sqs:SendMessage action"},
		{"ErrNoResourcePolicy", iam.Principal{Service: "sns.amazonaws.com"}, nil,
			"because no resource-based policy allows the sqs:SendMessage action"},
		{"ErrExplicitDeny", session, denying, "with an explicit deny in a resource-based policy"},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := iam.Request{Principal: test.principal, Action: "sqs:SendMessage", Resource: queue}
			wantOutcome(t, request, nil, test.resource, test.want)
		})
	}
}
