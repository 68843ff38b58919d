package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestTagsAccepted(t *testing.T) {
	for name, tags := range map[string]string{
		"several":           "team=images, cost center=7,path=a/b:c@d+e-f_g.h",
		"a sign in value":   "formula=a=b",
		"the longest":       strings.Repeat("k", maxTagKey) + "=" + strings.Repeat("v", maxTagValue),
		"as many as can be": manyTags(maxTags - 2),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewSettings(with(map[string]any{"tags": tags}), "", ""); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTagsRefused(t *testing.T) {
	for name, test := range map[string]struct{ tags, want string }{
		"no sign":                  {"team", `tags has "team": each is KEY=VALUE`},
		"no key":                   {"=images", `tags has "=images": each is KEY=VALUE`},
		"no value":                 {"team=", `tags has "team=": each is KEY=VALUE, neither of them empty`},
		"a quote":                  {`a="b"`, "each is KEY=VALUE"},
		"a key too long":           {strings.Repeat("k", maxTagKey+1) + "=v", "a key has at most 128 characters"},
		"a value too long":         {"k=" + strings.Repeat("v", maxTagValue+1), "a value at most 256"},
		"AWS's key":                {"a=b,aws:x=y", "AWS reserves keys and values that begin with aws:"},
		"AWS's key in capitals":    {"AWS:x=y", "AWS reserves keys and values that begin with aws:"},
		"AWS's value":              {"x=aws:y", "AWS reserves keys and values that begin with aws:"},
		"a key twice":              {"a=b,a=c", `tags has "a" and "a"`},
		"a key in another case":    {"team=a,Team=b", `tags has "team" and "Team": IAM ignores the case`},
		"the stack's own key":      {"project=x", `tags has "project", a tag that the stack sets itself`},
		"the stack's key as Title": {"Version=1", `tags has "Version", a tag that the stack sets itself`},
		"too many":                 {manyTags(maxTags - 1), "tags lists 49 tags: at most 48"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewSettings(with(map[string]any{"tags": test.tags}), "", "")
			wantError(t, err, test.want)
		})
	}
}

// manyTags lists tags with different keys.
func manyTags(n int) string {
	var tags []string
	for i := range n {
		tags = append(tags, fmt.Sprintf("key%d=value", i))
	}
	return strings.Join(tags, ",")
}

// TestTags: every resource that can have tags has all of them, except dashboards.
func TestTags(t *testing.T) {
	untagged := []string{"AWS::CloudWatch::Dashboard", "AWS::IAM::Policy", "AWS::Lambda::EventInvokeConfig",
		"AWS::Lambda::Permission", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy",
		"AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule"}
	for _, name := range slices.Sorted(maps.Keys(contexts())) {
		for id, r := range synthOnce(t, name).Resources {
			tags := at(r.Properties, "Tags")
			switch has := strings.Contains(tags, "sd-task-tracker") && strings.Contains(tags, "version"); {
			case slices.Contains(untagged, r.Type) && tags != "null":
				t.Errorf("%s of %s has the tags %s", id, name, tags)
			case !slices.Contains(untagged, r.Type) && !has:
				t.Errorf("%s of %s lacks a tag: %s", id, name, tags)
			case name == "everything" && has && !strings.Contains(tags, "cost center"):
				t.Errorf("%s of %s lacks the user's tags: %s", id, name, tags)
			}
		}
	}
}
