package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"sdtasktracker/infra/local/iam"
)

// TestParseRefuses: what isn't understood must not pass.
func TestParseRefuses(t *testing.T) {
	const good = `"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"`
	statement := func(elements string) string { return `{"Version":"2012-10-17","Statement":{` + elements + `}}` }
	condition := func(block string) string { return statement(good + `,"Principal":"*","Condition":` + block) }
	for name, test := range map[string]struct {
		kind           iam.Kind
		document, want string
	}{
		"ErrNotJSON":         {iam.Identity, `{`, "unexpected end"},
		"ErrOldVersion":      {iam.Identity, `{"Version":"2008-10-17","Statement":[]}`, "Version must be"},
		"ErrNoVersion":       {iam.Identity, `{"Statement":{` + good + `}}`, "Version must be"},
		"ErrPolicyID":        {iam.Identity, `{"Version":"2012-10-17","Id":"x","Statement":[]}`, `element "Id"`},
		"ErrNoStatement":     {iam.Identity, `{"Version":"2012-10-17","Statement":[]}`, "Statement must be"},
		"ErrNullStatement":   {iam.Identity, `{"Version":"2012-10-17","Statement":[null]}`, "Statement must be"},
		"ErrNotAction":       {iam.Identity, statement(`"Effect":"Allow","NotAction":"a:B","Resource":"*"`), `"NotAction"`},
		"ErrNotResource":     {iam.Identity, statement(good + `,"NotResource":"*"`), `"NotResource"`},
		"ErrNotPrincipal":    {iam.Resource, statement(good + `,"NotPrincipal":"*"`), `"NotPrincipal"`},
		"ErrCase":            {iam.Identity, statement(`"effect":"Allow"`), `"effect"`},
		"ErrEffect":          {iam.Identity, statement(`"Effect":"allow","Action":"a:B","Resource":"*"`), "Effect must be"},
		"ErrNoEffect":        {iam.Identity, statement(`"Action":"a:B","Resource":"*"`), "Effect must be"},
		"ErrNoAction":        {iam.Identity, statement(`"Effect":"Allow","Resource":"*"`), "Action: must be"},
		"ErrEmptyAction":     {iam.Identity, statement(`"Effect":"Allow","Action":[],"Resource":"*"`), "Action: must be"},
		"ErrServiceWildcard": {iam.Identity, statement(`"Effect":"Allow","Action":"s*:Get","Resource":"*"`), `"s*:Get"`},
		"ErrNoResource":      {iam.Identity, statement(`"Effect":"Allow","Action":"a:B"`), "Resource: must be"},
		"ErrNotAnARN":        {iam.Identity, statement(`"Effect":"Allow","Action":"a:B","Resource":"arn:aws"`), `"arn:aws"`},
		"ErrVariable": {iam.Identity, statement(`"Effect":"Allow","Action":"a:B",` +
			`"Resource":"arn:aws:s3:::b/${aws:username}"`), "policy variable"},
		"ErrIntrinsic": {iam.Identity, statement(`"Effect":"Allow","Action":"a:B","Resource":{"Ref":"Queue"}`),
			"Resource: must be"},
		"ErrSameSid": {iam.Identity, `{"Version":"2012-10-17","Statement":[{"Sid":"a",` + good + `},` +
			`{"Sid":"a",` + good + `}]}`, "statement 1: the Sid"},
		"ErrIdentityPrincipal": {iam.Identity, statement(good + `,"Principal":"*"`), "has no Principal"},
		"ErrNoPrincipal":       {iam.Resource, statement(good), "Principal: is missing"},
		"ErrTrustResource":     {iam.Trust, statement(good + `,"Principal":"*"`), "has no Resource"},
		"ErrAccountPrincipal":  {iam.Resource, statement(good + `,"Principal":{"AWS":"111122223333"}`), `"111122223333"`},
		"ErrRootPrincipal":     {iam.Resource, statement(good + `,"Principal":{"AWS":"arn:aws:iam::1:root"}`), ":root"},
		"ErrFederated":         {iam.Resource, statement(good + `,"Principal":{"Federated":"x"}`), `"Federated"`},
		"ErrNobody":            {iam.Resource, statement(good + `,"Principal":{}`), "names nobody"},
		"ErrOperator":          {iam.Resource, condition(`{"StringNotEquals":{"aws:SourceAccount":"1"}}`), "StringNotEquals"},
		"ErrIfExists":          {iam.Resource, condition(`{"BoolIfExists":{"aws:SecureTransport":"true"}}`), "BoolIfExists"},
		"ErrKey":               {iam.Resource, condition(`{"StringEquals":{"aws:PrincipalTag/a":"b"}}`), "PrincipalTag"},
		"ErrKeyOfAnother":      {iam.Resource, condition(`{"Bool":{"aws:SourceArn":"true"}}`), `"aws:SourceArn"`},
		"ErrBool":              {iam.Resource, condition(`{"Bool":{"aws:SecureTransport":"yes"}}`), `"yes"`},
		"ErrConditionARN":      {iam.Resource, condition(`{"ArnLike":{"aws:SourceArn":"topic"}}`), `"topic"`},
		"ErrNoKey":             {iam.Resource, condition(`{"Bool":{}}`), "has no key"},
		"ErrNoOperator":        {iam.Resource, condition(`{}`), "Condition must be"},
		"ErrNullCondition":     {iam.Resource, condition(`null`), "Condition must be"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := iam.Parse("p", test.kind, []byte(test.document))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want it to say %q", err, test.want)
			}
		})
	}
}

func TestGrants(t *testing.T) {
	policies := parse(t, iam.Identity, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Action":"sqs:*","Resource":"*"},
		{"Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage"],"Resource":["`+queue+`","`+queue+`-2"]}]}`)
	want := []iam.Grant{
		{"p", 1, "sqs:SendMessage", queue}, {"p", 1, "sqs:SendMessage", queue + "-2"},
		{"p", 1, "sqs:ReceiveMessage", queue}, {"p", 1, "sqs:ReceiveMessage", queue + "-2"},
	}
	if got := policies[0].Grants(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	trust := parse(t, iam.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
		"Principal":{"Service":"lambda.amazonaws.com"}}}`)
	got := iam.Evaluate(iam.Request{Principal: iam.Principal{Service: "lambda.amazonaws.com"},
		Action: "sts:AssumeRole", Resource: role}, nil, trust)
	if got.Effect != iam.Allow || got.Grant != trust[0].Grants()[0] {
		t.Errorf("got %+v, want the trust policy's grant", got)
	}
}

// FuzzParse: whatever the document, parsing ends, and what it took can be
// evaluated. Without an Allow, nothing is allowed.
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
		var identity, resource []iam.Policy
		if iam.Kind(kind) == iam.Identity {
			identity = []iam.Policy{policy}
		} else {
			resource = []iam.Policy{policy}
		}
		if got := iam.Evaluate(request, identity, resource); got.Effect == iam.Allow && len(policy.Grants()) == 0 {
			t.Errorf("allowed by a policy that grants nothing: %s", document)
		}
	})
}
