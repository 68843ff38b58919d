package deployment

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sdtasktracker/shared/awserror"
)

// problem is what can be wrong with a request.
type problem struct {
	// says is what is wrong, and do what to do about it.
	says, do string
	// passes reports whether the same request may succeed in a moment.
	passes bool
	// An error is this problem if the service's answer has a code of codes or a status of statuses, if the error's text
	// contains a text of texts, or if is reports true.
	codes    []string
	statuses []int
	texts    []string
	is       func(error) bool
}

// login is the command that most companies use to log in to AWS.
const login = "aws sso login"

// problems are tried in this order: an error about credentials may wrap a network error.
var problems = []problem{
	{says: "no Region is set", do: "set --region, AWS_REGION, or a region in the profile",
		texts: []string{"Missing Region", "an AWS region is required"}},
	{says: "the profile does not exist", do: "choose a --profile that aws configure list-profiles shows",
		texts: []string{"failed to get shared config profile"}},
	{says: "the login has expired", do: "log in again with {login}, and try again",
		codes: []string{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"},
		texts: []string{"the SSO session has expired", "refresh cached SSO token failed", "InvalidGrantException",
			"cached SSO token is expired", "failed to read cached SSO token", "ExpiredToken"}},
	{says: "this machine's clock is wrong", do: "set the clock (AWS accepts a difference of five minutes), and try again",
		codes: []string{"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"},
		texts: []string{"Signature expired", "Signature not yet current"}},
	{says: "the profile's role cannot be assumed", do: "check role_arn and source_profile, and the role's trust policy",
		texts: []string{"STS: AssumeRole, https response error StatusCode: 403"}},
	{says: "no credentials were found",
		do: "log in with {login}, choose a --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", is: isUnsigned},
	{says: "nothing answers at this endpoint", passes: true, is: isLocalConnection,
		do: "start the local stack again (make local), and source its .local/env; without a local stack, unset " +
			"AWS_ENDPOINT_URL and all variables that begin with AWS_ENDPOINT_URL_"},
	{says: "cannot connect to AWS", passes: true, is: isConnection,
		do: "check the network connection, the VPN or proxy (HTTPS_PROXY), and the name of the Region"},
	{says: "AWS does not accept the credentials",
		do: "check the access key; AWS_SESSION_TOKEN must come from the same login, or be unset; the Region must be " +
			"enabled for the account",
		codes: []string{"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken",
			"AuthFailure", "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature",
			"MissingAuthenticationToken", "MissingAuthenticationTokenException"}},
	{says: "access denied", do: "{rights}", statuses: []int{http.StatusForbidden, http.StatusUnauthorized},
		codes: []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError",
			"AuthorizationErrorException"}},
	{says: "the stack does not exist", texts: []string{"ValidationError: Stack with id"},
		do: "deploy it (README.md#1-deploy), or choose another with --stack-name, --region or --profile; for a local " +
			"stack, first type: . .local/env"},
	{says: "it is in another Region", do: "choose the Region with --region",
		codes:    []string{"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"},
		statuses: []int{http.StatusMovedPermanently}},
	{says: "it does not exist", do: "check the name, and --stack-name, --region and --profile",
		codes: []string{"ResourceNotFoundException", "NoSuchBucket", "NoSuchKey", "NotFound", "QueueDoesNotExist",
			"AWS.SimpleQueueService.NonExistentQueue"}},
	{says: "the table has no such index", texts: []string{"does not have the specified index"},
		do: "deploy the stack with the setting callerContext, which adds the index of callers"},
	{says: "AWS throttles the requests", passes: true, statuses: []int{http.StatusTooManyRequests},
		codes: slices.Collect(maps.Keys(retry.DefaultThrottleErrorCodes)),
		do: "wait a minute and try again; for a throttled function see infra/operator/README.md, A throttled " +
			"function"},
	{says: "the AWS service failed", passes: true,
		do: "wait a minute and try again; https://health.aws.amazon.com shows events",
		is: func(err error) bool { return awserror.Status(err) >= http.StatusInternalServerError }},
}

// diagnose returns the problem behind an error; the zero problem if the cause is not known.
func diagnose(err error) problem {
	code, status := awserror.Code(err), awserror.Status(err)
	for _, p := range problems {
		if slices.Contains(p.codes, code) || slices.Contains(p.statuses, status) || contains(err, p.texts...) ||
			p.is != nil && p.is(err) {
			return p
		}
	}
	return problem{}
}

func contains(err error, texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(err.Error(), text) })
}

// Diagnose returns what is wrong with a request that failed, and what to do about it; "" if that is not known. right is
// the IAM action that the request needs.
func Diagnose(err error, right string) (says, do string) {
	found := diagnose(err)
	return found.says, strings.NewReplacer("{rights}", "the credentials need "+right, "{login}", login).Replace(found.do)
}

// IsPassing reports whether the same request may succeed in a moment: the network or AWS failed, or AWS throttled it.
func IsPassing(err error) bool { return diagnose(err).passes }

// isConnection reports whether a request got no answer.
func isConnection(err error) bool {
	return errors.As(err, new(*smithyhttp.RequestSendError)) || errors.Is(err, context.DeadlineExceeded)
}

func isLocalConnection(err error) bool {
	return isConnection(err) && contains(err, "127.0.0.1", "localhost")
}

// isUnsigned reports whether a request could not be signed for lack of credentials. If a service such as STS should
// have issued them, a failed connection is the real problem. EC2's instance metadata is the exception: the SDK tries it
// last on every machine.
func isUnsigned(err error) bool {
	return contains(err, "failed to refresh cached credentials", "get credentials:", "static credentials are empty") &&
		(contains(err, "ec2imds", "EC2 IMDS") || !isConnection(err))
}
