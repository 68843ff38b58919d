package deployment

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sdtasktracker/shared/awserror"
)

// symptoms are what a problem is recognized by.
type symptoms struct {
	code   string // of the service's answer; "" if there was none
	status int    // of the service's answer; 0 if there was none
	text   string
	err    error
}

// problem is what can be wrong with a request.
type problem struct {
	// says is what is wrong, and do what to do about it.
	says, do string
	is       func(symptoms) bool
}

// problems are tried in this order: an error of the credentials may wrap one of the network.
var problems = []problem{
	{"no Region is set", "set --region, AWS_REGION, or a region in the profile",
		contains("Missing Region", "an AWS region is required")},
	{"the profile does not exist", "choose a --profile that aws configure list-profiles shows",
		contains("failed to get shared config profile")},
	{"the login has expired", "log in again with {login}, and try again", isExpired},
	{"this machine's clock is wrong", "set the clock (AWS accepts a difference of five minutes), and try again", isSkewed},
	{"the profile's role cannot be assumed", "check role_arn and source_profile, and the role's trust policy",
		contains("STS: AssumeRole, https response error StatusCode: 403")},
	{"no credentials were found",
		"log in with {login}, choose a --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", hasNoCredentials},
	{"nothing answers at this endpoint", "start the local stack again (make local), and source its .local/env; without " +
		"a local stack, unset AWS_ENDPOINT_URL and the variables that begin with it", isLocalConnection},
	{"there is no connection to AWS",
		"check the network connection, the VPN or proxy (HTTPS_PROXY), and the name of the Region",
		func(s symptoms) bool { return IsConnection(s.err) }},
	{"AWS does not accept the credentials", "check the access key; AWS_SESSION_TOKEN must be of the same login, or " +
		"unset; the account must have the Region enabled", isUnknown},
	{"access denied", "{rights}", isDenied},
	{"the stack does not exist",
		"deploy it (README.md#1-deploy), or choose another with --stack-name, --region or --profile; for a local stack, " +
			"first type: . .local/env", isNoStack},
	{"it is in another Region", "choose the Region with --region", isElsewhere},
	{"it does not exist", "check the name, and --stack-name, --region and --profile", hasCode(
		"ResourceNotFoundException", "NoSuchBucket", "NoSuchKey", "NotFound", "QueueDoesNotExist",
		"AWS.SimpleQueueService.NonExistentQueue")},
	{"the table has no such index", "callers are known once the stack is deployed with the setting callerContext",
		contains("does not have the specified index")},
	{"AWS throttles the requests", "wait a minute and try again; for a throttled function see " +
		"infra/operator/README.md, A throttled function", isThrottled},
	{"AWS has failed", "wait a minute and try again; https://health.aws.amazon.com shows events",
		func(s symptoms) bool { return s.status >= http.StatusInternalServerError }},
}

// diagnose finds the problem behind an error; the zero problem if it is none of them.
func diagnose(err error) problem {
	s := newSymptoms(err)
	i := slices.IndexFunc(problems, func(p problem) bool { return p.is(s) })
	if i < 0 {
		return problem{}
	}
	return problems[i]
}

func newSymptoms(err error) symptoms {
	return symptoms{awserror.Code(err), awserror.Status(err), err.Error(), err}
}

// Diagnose says what is wrong with a request that failed, and what to do about it; "" if that is not known. The right
// is what the request needs.
func Diagnose(err error, right string) (says, do string) {
	found := diagnose(err)
	return found.says, strings.NewReplacer("{rights}", "the credentials need "+right, "{login}", login).Replace(found.do)
}

// login logs in to AWS, in most companies.
const login = "aws sso login"

// IsConnection reports whether an error means that no answer came.
func IsConnection(err error) bool {
	return errors.As(err, new(*smithyhttp.RequestSendError)) || errors.Is(err, context.DeadlineExceeded)
}

// IsPassing reports whether the same request may succeed in a moment: the network, a throttle or AWS itself failed.
func IsPassing(err error) bool {
	s := newSymptoms(err)
	return !hasNoCredentials(s) && !isExpired(s) &&
		(IsConnection(err) || isThrottled(s) || s.status >= http.StatusInternalServerError)
}
