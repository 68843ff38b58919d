package main

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/regioninfo"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// place is where something is in AWS; the account is "" if any does.
type place struct{ partition, region, account string }

func (p place) String() string {
	text := "Region " + p.region + " of partition " + p.partition
	if p.account != "" {
		text += " in account " + p.account
	}
	return text
}

// checkPlaces checks that ARNs are where the stack needs them. The stack goes to the topic's account and Region, which
// must be the CDK CLI's account and region.
func (r *contextReader) checkPlaces(s Settings, account, region string) {
	r.refuse(region != "" && region != s.Region, "the topic is in Region %[1]s, but this deploys to %[2]s: SNS needs "+
		"both in one Region. Set AWS_REGION=%[1]s", s.Region, region)
	r.refuse(account != "" && account != s.Account, "the topic is in account %s, but the credentials are account %s's: "+
		"use a profile of the topic's account", s.Account, account)
	stack := place{s.Partition, s.Region, s.Account}
	r.within("inputTopicArn", s.InputTopicARN, stack)
	r.within("taskTable", s.TaskTable, stack)
	// CloudWatch notifies topics of other accounts too, but only of the alarm's Region. S3 needs a key in its bucket's
	// Region, and does not copy between partitions.
	region = cmp.Or(s.DeliveryRegion, s.Region)
	r.within("alarmTopicArn", s.AlarmTopicARN, place{s.Partition, s.Region, ""})
	r.within("outputKeyArn", s.OutputKeyARN, place{s.Partition, s.Region, ""})
	r.within("deliveryKeyArn", s.DeliveryKeyARN, place{s.Partition, region, ""})
	if s.DeliveryRegion == "" {
		return
	}
	// CDK knows no partition of a Region that is newer than itself.
	if partition := regioninfo.RegionInfo_Get(&region).Partition(); partition != nil {
		r.refuse(*partition != s.Partition,
			"deliveryRegion %s is in another partition than %s: S3 does not copy between them", region, s.Region)
	}
}

// within refuses an ARN of another place.
func (r *contextReader) within(setting, value string, where place) {
	parsed, err := arn.Parse(value)
	if err != nil {
		return // a name
	}
	is := place{parsed.Partition, parsed.Region, parsed.AccountID}
	if where.account == "" {
		is.account = ""
	}
	r.refuse(is != where, "%s is in %s, but must be in %s", setting, is, where)
}

// lastPart is the name in an ARN, or the name itself.
func lastPart(nameOrARN string) string {
	return nameOrARN[strings.LastIndexAny(nameOrARN, ":/")+1:]
}

// otherBucket is how names end that S3 gives to what is not a general purpose bucket ("General purpose bucket naming
// rules", Amazon S3 User Guide).
var otherBucket = regexp.MustCompile(`(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$`)

// checkTogether checks settings that depend on others, and lengths.
func (r *contextReader) checkTogether(s Settings) {
	for _, name := range []string{s.OutputBucket, s.DeliveryBucket} {
		r.refuse(otherBucket.MatchString(name), "%s is not the name of a general purpose bucket", name)
	}
	r.refuse(s.InputTopicARN != "" && s.InputTopicARN == s.TopicARN,
		"inputTopicArn is the topic that announces tasks: it must be %s", inputTopicForm.name)
	r.refuse(s.AlarmTopicARN != "" && (s.AlarmTopicARN == s.TopicARN || s.AlarmTopicARN == s.InputTopicARN),
		"alarmTopicArn is the guidance's topic: each alarm there would become a dead letter, and raise another; "+
			"name another topic")
	r.refuse(s.DeliveryBucket != "" && s.DeliveryBucket == s.OutputBucket && s.DeliveryPrefix == "",
		"deliveryBucket is the output bucket itself: name another bucket, or leave it out to have one created")
	r.refuse(s.DeliveryBucketEvents && s.DeliveryBucket != "", "deliveryBucketEvents is for a bucket that the stack "+
		"creates: leave out deliveryBucket, or have your bucket send its events itself")
	r.refuse(s.DeliveryRegion != "" && s.DeliveryBucket == "", "deliveryRegion is for an existing bucket: name it as "+
		"deliveryBucket (the bucket that is created otherwise is in the stack's Region)")
	r.refuse(len(s.DeliveryPrefix) > maxPrefixBytes,
		"deliveryPrefix has %d bytes: at most %d, since S3 keys have 1,024 in all", len(s.DeliveryPrefix), maxPrefixBytes)
	r.refuse(len(s.Runtimes) > maxRuntimes, "runtimes lists %d names: at most %d, since each is billed as several metrics",
		len(s.Runtimes), maxRuntimes)
}
