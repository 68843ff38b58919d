package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/version"
)

// Tag is a tag of every resource that can have one.
type Tag struct{ Key, Value string }

// ownTags are the stack's own.
var ownTags = []Tag{{"project", "sd-task-tracker"}, {"version", version.Version}}

// addTags tags the resources of a stack. Dashboards stay without tags: not every
// Region knows the property yet, and CloudFormation refuses a property that it
// doesn't know.
func addTags(stack awscdk.Stack, users []Tag) {
	tags := awscdk.Tags_Of(stack)
	for _, tag := range slices.Concat(ownTags, users) {
		tags.Add(jsii.String(tag.Key), jsii.String(tag.Value), &awscdk.TagProps{
			ExcludeResourceTypes: jsii.Strings("AWS::CloudWatch::Dashboard"),
		})
	}
}

// What all services accept ("Tag naming limits and requirements", Tagging AWS
// Resources User Guide, and "Tags for AWS Identity and Access Management
// resources", IAM User Guide).
const (
	maxTags     = 50 // of a resource
	maxTagKey   = 128
	maxTagValue = 256
)

var tagText = regexp.MustCompile(`^[a-zA-Z0-9 _.:/=+@-]*$`)

// tags takes a comma-separated list of KEY=VALUE.
func (r *contextReader) tags(name string) (tags []Tag) {
	list := r.text(name, "")
	if list == "" {
		return nil
	}
	for pair := range strings.SplitSeq(list, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || key == "" || len(key) > maxTagKey || len(value) > maxTagValue || !tagText.MatchString(key+value) {
			r.problem("%s has %q: each is KEY=VALUE, of letters, digits, spaces and _.:/=+@-; a key has at most %d "+
				"characters, a value at most %d", name, pair, maxTagKey, maxTagValue)
			continue
		}
		r.tagConflicts(name, tags, Tag{key, value})
		tags = append(tags, Tag{key, value})
	}
	if most := maxTags - len(ownTags); len(tags) > most {
		r.problem("%s lists %d tags: at most %d, since AWS allows %d and the stack sets %d itself",
			name, len(tags), most, maxTags, len(ownTags))
	}
	return tags
}

// tagConflicts refuses a tag that AWS reserves, and a key that another tag has. IAM
// ignores the case of a role's tag keys, and so two tags whose keys differ only in
// case fail the deployment, or one replaces the other.
func (r *contextReader) tagConflicts(name string, others []Tag, tag Tag) {
	for _, text := range []string{tag.Key, tag.Value} {
		if strings.HasPrefix(strings.ToLower(text), "aws:") {
			r.problem("%s has %q: AWS reserves keys and values that begin with aws:", name, text)
		}
	}
	same := func(other Tag) bool { return strings.EqualFold(other.Key, tag.Key) }
	if slices.ContainsFunc(ownTags, same) {
		r.problem("%s has %q, a tag that the stack sets itself: use another key", name, tag.Key)
	}
	if i := slices.IndexFunc(others, same); i >= 0 {
		r.problem("%s has %q and %q: IAM ignores the case of a role's tag keys; use different keys",
			name, others[i].Key, tag.Key)
	}
}
