package cloudformation_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdtasktracker/infra/local/cloudformation"
)

func TestResolve(t *testing.T) {
	resolver := cloudformation.Resolver{
		Pseudo: map[string]string{"AWS::Region": "us-east-1"},
		Created: map[string]cloudformation.Physical{
			"Queue": {Ref: "http://queue", Attributes: map[string]string{"Arn": "arn:queue"}},
		},
	}
	for name, test := range map[string]struct{ in, want, problem string }{
		"OKPlain":  {in: `{"a":[1,true,"x",null]}`, want: `{"a":[1,true,"x",null]}`},
		"OKRef":    {in: `{"a":{"Ref":"Queue"}}`, want: `{"a":"http://queue"}`},
		"OKPseudo": {in: `{"Ref":"AWS::Region"}`, want: `"us-east-1"`},
		"OKGetAtt": {
			in:   `[{"Fn::GetAtt":["Queue","Arn"]},{"Fn::GetAtt":"Queue.Arn"}]`,
			want: `["arn:queue","arn:queue"]`,
		},
		"OKJoin": {in: `{"Fn::Join":["/",["a",{"Ref":"Queue"},3]]}`, want: `"a/http://queue/3"`},
		"OKSub": {
			in:   `{"Fn::Sub":"${AWS::Region}.${Queue.Arn}.${!literal}"}`,
			want: `"us-east-1.arn:queue.${literal}"`,
		},
		"ErrNotCreated":      {in: `{"Ref":"Table"}`, problem: `"Table"`},
		"ErrNoAttribute":     {in: `{"Fn::GetAtt":["Queue","Name"]}`, problem: `Name of "Queue"`},
		"ErrUnknownFunction": {in: `{"deep":[{"Fn::Cidr":[]}]}`, problem: "deep: Fn::Cidr"},
		"ErrSub":             {in: `{"Fn::Sub":"${Table}"}`, problem: `"Table"`},
	} {
		t.Run(name, func(t *testing.T) {
			var in any
			if err := json.Unmarshal([]byte(test.in), &in); err != nil {
				t.Fatal(err)
			}
			got, err := resolver.Resolve(in)
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Errorf("error is %v, want it to say %s", err, test.problem)
				}
				return
			}
			text, _ := json.Marshal(got)
			if err != nil || string(text) != test.want {
				t.Errorf("got %s, %v; want %s", text, err, test.want)
			}
		})
	}
}

func TestRead(t *testing.T) {
	const environment = "aws://000000000000/us-east-1"
	const stack = `"S":{"type":"aws:cloudformation:stack","environment":"` + environment + `",` +
		`"properties":{"templateFile":"t.json"}}`
	other := strings.Replace(stack, `"S"`, `"T"`, 1)
	for name, test := range map[string]struct{ manifest, template, problem string }{
		"OK":            {`{"artifacts":{` + stack + `}}`, `{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}},"Rules":{}}`, ""},
		"ErrNoManifest": {"", "", "make synth"},
		"ErrNoStack":    {`{"artifacts":{}}`, "", "has no stack"},
		"ErrTwoStacks":  {`{"artifacts":{` + stack + `,` + other + `}}`, `{}`, "more than one stack"},
		"ErrConditions": {`{"artifacts":{` + stack + `}}`, `{"Conditions":{}}`, "section Conditions"},
		"ErrAgnostic": {
			`{"artifacts":{` + strings.Replace(stack, environment, "x", 1) + `}}`, `{}`, "aws://ACCOUNT/REGION"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"manifest.json": test.manifest, "t.json": test.template} {
				if text != "" {
					if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
			template, err := cloudformation.Read(dir)
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Errorf("error is %v, want it to say %q", err, test.problem)
				}
				return
			}
			if err != nil || template.StackName != "S" || template.Region != "us-east-1" ||
				template.Resources["Q"].Type != "AWS::SQS::Queue" {
				t.Errorf("got %+v, %v", template, err)
			}
		})
	}
}
