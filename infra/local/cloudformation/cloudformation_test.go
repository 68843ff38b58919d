package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdtasktracker/infra/local/cloudformation"
)

func TestResolve(t *testing.T) {
	resolver := cloudformation.Resolver{
		Pseudo: map[string]string{"AWS::Region": "us-east-1"},
		Resource: func(id string) (cloudformation.Physical, error) {
			if id != "Queue" {
				return cloudformation.Physical{}, fmt.Errorf("there is no %q", id)
			}
			return cloudformation.Physical{Ref: "http://queue", Attributes: map[string]string{"Arn": "arn:queue"}}, nil
		},
	}
	for name, test := range map[string]struct{ in, want, problem string }{
		"OKPlain":            {in: `{"a":[1,true,"x",null]}`, want: `{"a":[1,true,"x",null]}`},
		"OKRef":              {in: `{"a":{"Ref":"Queue"}}`, want: `{"a":"http://queue"}`},
		"OKPseudo":           {in: `{"Ref":"AWS::Region"}`, want: `"us-east-1"`},
		"OKGetAtt":           {in: `{"Fn::GetAtt":["Queue","Arn"]}`, want: `"arn:queue"`},
		"OKJoin":             {in: `{"Fn::Join":["/",["a",{"Ref":"Queue"},3]]}`, want: `"a/http://queue/3"`},
		"ErrRef":             {in: `{"Ref":"Table"}`, problem: `"Table"`},
		"ErrGetAtt":          {in: `{"Fn::GetAtt":["Table","Arn"]}`, problem: `"Table"`},
		"ErrJoin":            {in: `{"Fn::Join":["",[{"Ref":"Table"}]]}`, problem: `"Table"`},
		"ErrNoAttribute":     {in: `{"Fn::GetAtt":["Queue","Name"]}`, problem: `Name of "Queue"`},
		"ErrUnknownFunction": {in: `{"deep":[{"Fn::Cidr":[]}]}`, problem: "deep: Fn::Cidr"},
		"ErrJoinForm":        {in: `{"Fn::Join":["/"]}`, problem: "Fn::Join [/]"},
		"ErrForm":            {in: `{"Fn::GetAtt":"Queue.Arn"}`, problem: "Fn::GetAtt Queue.Arn"},
		"ErrCondition":       {in: `{"Condition":"IsChina"}`, problem: "Condition IsChina"},
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
	for name, test := range map[string]struct{ manifest, template, problem string }{
		"OK":            {`{"artifacts":{` + stack + `}}`, `{"Resources":{"Q":{"Type":"AWS::SQS::Queue"}},"Rules":{}}`, ""},
		"ErrNoManifest": {"", "", "make synth"},
		"ErrNoStack":    {`{"artifacts":{}}`, "", "has no stack"},
		"ErrConditions": {`{"artifacts":{` + stack + `}}`, `{"Conditions":{}}`, `"Conditions"`},
		"ErrCondition":  {`{"artifacts":{` + stack + `}}`, `{"Resources":{"Q":{"Condition":"C"}}}`, `"Condition"`},
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
			if err != nil || template.StackName != "S" || template.Region != "us-east-1" || template.Account != "000000000000" ||
				template.Resources["Q"].Type != "AWS::SQS::Queue" {
				t.Errorf("got %+v, %v", template, err)
			}
		})
	}
}
