package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestTagsRead(t *testing.T) {
	longKey, longValue := strings.Repeat("k", 128), strings.Repeat("v", 256)
	for name, test := range map[string]struct{ tags, want string }{ // want "": it is accepted
		"OKSeveral":            {"team=images, cost center=7,path=a/b:c@d+e-f_g.h", ""},
		"OKSignInValue":        {"formula=a=b", ""},
		"OKLongest":            {longKey + "=" + longValue, ""},
		"OKMost":               {manyTags(maxTags - 2), ""},
		"ErrNoSign":            {"team", `tags has "team": each must be KEY=VALUE`},
		"ErrNoKey":             {"=images", `tags has "=images": each must be KEY=VALUE`},
		"ErrNoValue":           {"team=", `tags has "team=": each must be KEY=VALUE`},
		"ErrQuote":             {`a="b"`, "each must be KEY=VALUE"},
		"ErrLongKey":           {longKey + "k=v", "a key has 1 to 128 characters"},
		"ErrLongValue":         {"k=v" + longValue, "a value 1 to 256"},
		"ErrReservedKey":       {"a=b,aws:x=y", "AWS reserves keys and values that begin with aws:"},
		"ErrReservedCapitals":  {"AWS:x=y", "AWS reserves keys and values that begin with aws:"},
		"ErrReservedValue":     {"x=aws:y", "AWS reserves keys and values that begin with aws:"},
		"ErrKeyTwice":          {"a=b,a=c", `tags has "a", but the stack has the tag "a" already`},
		"ErrKeyInAnotherCase":  {"team=a,Team=b", `tags has "Team", but the stack has the tag "team" already, and`},
		"ErrStacksKey":         {"project=x", `tags has "project", but the stack has the tag "project" already`},
		"ErrStacksKeyAsATitle": {"Version=1", `tags has "Version", but the stack has the tag "version" already`},
		"ErrTooMany":           {manyTags(maxTags - 1), "tags lists 49 tags, but at most 48 are possible"},
	} {
		t.Run(name, func(t *testing.T) {
			switch _, err := NewSettings(with(map[string]any{"tags": test.tags}), "", ""); {
			case test.want != "":
				wantError(t, err, test.want)
			case err != nil:
				t.Error(err)
			}
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
