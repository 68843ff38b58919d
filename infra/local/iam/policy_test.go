package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"sdtasktracker/infra/local/iam"
)

// TestParseRefuses: an unsupported element is an error.
func TestParseRefuses(t *testing.T) {
	const good = `"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"`
	statement := func(elements string) string { return `{"Version":"2012-10-17","Statement":{` + elements + `}}` }
	condition := func(block string) string { return statement(good + `,"Principal":"*","Condition":` + block) }
	for name, test := range map[string]struct {
		kind           iam.Kind
		document, want string
	}{
		"ErrNotJSON":         {iam.Identity, `{`, "unexpected end of JSON input"},
		"ErrOldVersion":      {iam.Identity, `{"Version":"2008-10-17","Statement":[]}`, "Version must be"},
		"ErrNoVersion":       {iam.Identity, `{"Statement":{` + good + `}}`, "Version must be"},
		"ErrPolicyID":        {iam.Identity, `{"Version":"2012-10-17","Id":"x","Statement":[]}`, `"Id"`},
		"ErrNoStatement":     {iam.Identity, `{"Version":"2012-10-17","Statement":[]}`, "must be a Statement"},
		"ErrNullStatement":   {iam.Identity, `{"Version":"2012-10-17","Statement":[null]}`, "Effect must be"},
		"ErrNotAction":       {iam.Identity, statement(`"Effect":"Allow","NotAction":"a:B","Resource":"*"`), `"NotAction"`},
		"ErrNotResource":     {iam.Identity, statement(good + `,"NotResource":"*"`), `"NotResource"`},
		"ErrNotPrincipal":    {iam.Resource, statement(good + `,"NotPrincipal":"*"`), `"NotPrincipal"`},
		"ErrEffect":          {iam.Identity, statement(`"Effect":"allow","Action":"a:B","Resource":"*"`), "Effect must be"},
		"ErrNoEffect":        {iam.Identity, statement(`"Action":"a:B","Resource":"*"`), "Effect must be"},
		"ErrNoAction":        {iam.Identity, statement(`"Effect":"Allow","Resource":"*"`), "has no Action"},
		"ErrEmptyAction":     {iam.Identity, statement(`"Effect":"Allow","Action":[],"Resource":"*"`), "has no Action"},
		"ErrServiceWildcard": {iam.Identity, statement(`"Effect":"Allow","Action":"s*:Get","Resource":"*"`), `"s*:Get"`},
		"ErrNoResource":      {iam.Identity, statement(`"Effect":"Allow","Action":"a:B"`), "a trust policy has no Resource"},
		"ErrNotAnARN":        {iam.Identity, statement(`"Effect":"Allow","Action":"a:B","Resource":"arn:aws"`), `"arn:aws"`},
		"ErrVariable": {iam.Identity, statement(`"Effect":"Allow","Action":"a:B",` +
			`"Resource":"arn:aws:s3:::b/${aws:username}"`), "${aws:username}"},
		"ErrIntrinsic": {iam.Identity, statement(`"Effect":"Allow","Action":"a:B","Resource":{"Ref":"Queue"}`),
			"Statement.Resource"},
		"ErrIdentityPrincipal": {iam.Identity, statement(good + `,"Principal":"*"`), "an identity policy has no Principal"},
		"ErrNoPrincipal":       {iam.Resource, statement(good), "every other policy has one"},
		"ErrTrustResource":     {iam.Trust, statement(good + `,"Principal":"*"`), "a trust policy has no Resource"},
		"ErrAccountPrincipal":  {iam.Resource, statement(good + `,"Principal":{"AWS":"111122223333"}`), `"111122223333"`},
		"ErrRootPrincipal":     {iam.Resource, statement(good + `,"Principal":{"AWS":"arn:aws:iam::1:root"}`), ":root"},
		"ErrPrincipalWildcard": {iam.Resource, statement(good + `,"Principal":{"AWS":"` + role + `*"}`), "deliver*"},
		"ErrAccount":           {iam.Resource, condition(`{"StringEquals":{"aws:SourceAccount":"root"}}`), `"root"`},
		"ErrFederated":         {iam.Resource, statement(good + `,"Principal":{"Federated":"x"}`), `"Federated"`},
		"ErrNobody":            {iam.Resource, statement(good + `,"Principal":{}`), "every other policy has one"},
		"ErrOperator":          {iam.Resource, condition(`{"StringNotEquals":{"aws:SourceAccount":"1"}}`), "StringNotEquals"},
		"ErrIfExists":          {iam.Resource, condition(`{"BoolIfExists":{"aws:SecureTransport":"true"}}`), "BoolIfExists"},
		"ErrKey":               {iam.Resource, condition(`{"StringEquals":{"aws:PrincipalTag/a":"b"}}`), "PrincipalTag"},
		"ErrKeyOfAnother":      {iam.Resource, condition(`{"Bool":{"aws:SourceArn":"true"}}`), "Bool on aws:SourceArn"},
		"ErrBool":              {iam.Resource, condition(`{"Bool":{"aws:SecureTransport":"yes"}}`), `"yes"`},
		"ErrConditionARN":      {iam.Resource, condition(`{"ArnLike":{"aws:SourceArn":"topic"}}`), `"topic"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := iam.Parse("p", test.kind, []byte(test.document))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want it to say %q", err, test.want)
			}
		})
	}
}

// TestParseRefusesOddities: AWS refuses them or reads them in another way, so nothing may be concluded from them.
func TestParseRefusesOddities(t *testing.T) {
	const elements = `"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"`
	const principal = elements + `,"Principal":"*"`
	for name, test := range map[string]struct {
		kind             iam.Kind
		statements, want string
	}{
		"ErrNullCondition":  {iam.Resource, `{` + principal + `,"Condition":null}`, "no operator"},
		"ErrEmptyCondition": {iam.Resource, `{` + principal + `,"Condition":{}}`, "no operator"},
		"ErrNoKey":          {iam.Resource, `{` + principal + `,"Condition":{"Bool":{}}}`, "no key"},
		"ErrNullKeys":       {iam.Resource, `{` + principal + `,"Condition":{"Bool":null}}`, "no key"},
		"ErrNoValue":        {iam.Resource, `{` + principal + `,"Condition":{"ArnLike":{"aws:SourceArn":[]}}}`, "no value"},
		"ErrNullValue":      {iam.Resource, `{` + principal + `,"Condition":{"ArnLike":{"aws:SourceArn":null}}}`, `""`},
		"ErrElementCase":    {iam.Identity, `{` + elements + `,"condition":{"Bool":{}}}`, `"condition"`},
		"ErrPrincipalCase":  {iam.Resource, `{` + elements + `,"Principal":{"aws":"*"}}`, `"aws"`},
		"ErrSidTwice":       {iam.Identity, `[{"Sid":"A",` + elements + `},{"Sid":"A",` + elements + `}]`, `"A" is another`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := iam.Parse("p", test.kind, []byte(`{"Version":"2012-10-17","Statement":`+test.statements+`}`))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want it to say %q", err, test.want)
			}
		})
	}
}

func TestGrants(t *testing.T) {
	policy := parse(t, iam.Identity, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Action":"sqs:*","Resource":"*"},
		{"Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage"],"Resource":["`+queue+`","`+queue+`-2"]}]}`)
	want := []iam.Grant{
		{"p", 1, "sqs:SendMessage", queue}, {"p", 1, "sqs:SendMessage", queue + "-2"},
		{"p", 1, "sqs:ReceiveMessage", queue}, {"p", 1, "sqs:ReceiveMessage", queue + "-2"},
	}
	if got := policy.Grants(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	resource := parse(t, iam.Resource, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",
		"Action":"sqs:SendMessage","Resource":"*"}}`)
	request := iam.Request{Principal: session, Action: "sqs:SendMessage", Resource: queue}
	if got, reason := iam.Evaluate(request, policy[1:], resource); got != want[0] || reason != "" {
		t.Errorf("got %+v, %q, want the identity policy's grant", got, reason)
	}
	trust := parse(t, iam.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
		"Principal":{"Service":"lambda.amazonaws.com"}}}`)
	got, reason := iam.Evaluate(iam.Request{Principal: iam.Principal{Service: "lambda.amazonaws.com"},
		Action: "sts:AssumeRole", Resource: role}, nil, trust)
	if reason != "" || got != trust.Grants()[0] {
		t.Errorf("got %+v, %q, want the trust policy's grant", got, reason)
	}
}

// FuzzParse: parsing any document ends, and an accepted policy can be evaluated.
// Without an Allow, nothing is allowed.
func FuzzParse(f *testing.F) {
	for _, document := range []string{carlosPolicy, carlosBucketPolicy, getListPolicy, accessKeyPolicy, `{}`, `[`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*",` +
			`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}}`,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",` +
			`"Principal":{"Service":"lambda.amazonaws.com"}}}`} {
		for kind := range 3 {
			f.Add(kind, document)
		}
	}
	f.Fuzz(func(t *testing.T, kind int, document string) {
		if kind < 0 || kind > int(iam.Trust) {
			return
		}
		policy, err := iam.Parse("p", iam.Kind(kind), []byte(document))
		if err != nil {
			return
		}
		request := iam.Request{Principal: session, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k",
			Context: map[string]string{iam.SecureTransport: "true"}}
		identity, resource := policy, iam.Policy(nil)
		if iam.Kind(kind) != iam.Identity {
			identity, resource = resource, identity
		}
		if _, reason := iam.Evaluate(request, identity, resource); reason == "" && len(policy.Grants()) == 0 {
			t.Errorf("allowed by a policy that grants nothing: %s", document)
		}
	})
}
