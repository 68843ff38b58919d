package deployment

import (
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// contains recognizes errors that contain one of these texts.
func contains(texts ...string) func(symptoms) bool {
	return func(s symptoms) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(s.text, text) })
	}
}

// hasCode recognizes answers with one of these codes.
func hasCode(codes ...string) func(symptoms) bool {
	return func(s symptoms) bool { return slices.Contains(codes, s.code) }
}

// isExpired recognizes temporary credentials and SSO sessions that are over.
func isExpired(s symptoms) bool {
	return hasCode("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired")(s) ||
		contains("the SSO session has expired", "refresh cached SSO token failed", "InvalidGrantException",
			"cached SSO token is expired", "failed to read cached SSO token", "ExpiredToken")(s)
}

// isSkewed recognizes requests whose signature has another time than AWS's clock.
func isSkewed(s symptoms) bool {
	return hasCode("RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture")(s) ||
		contains("Signature expired", "Signature not yet current")(s)
}

// hasNoCredentials recognizes requests that could not be signed. Credentials that a service gives out need the network,
// so that their connection may be the problem; EC2's metadata are asked last, everywhere.
func hasNoCredentials(s symptoms) bool {
	ofEC2 := contains("ec2imds", "EC2 IMDS")(s)
	return contains("failed to refresh cached credentials", "get credentials:", "static credentials are empty")(s) &&
		(ofEC2 || !IsConnection(s.err))
}

// isUnknown recognizes credentials that AWS does not know, or that do not belong together.
func isUnknown(s symptoms) bool {
	return hasCode("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken",
		"AuthFailure", "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException")(s)
}

func isLocalConnection(s symptoms) bool {
	return IsConnection(s.err) && contains("127.0.0.1", "localhost")(s)
}

func isDenied(s symptoms) bool {
	return s.status == http.StatusForbidden || s.status == http.StatusUnauthorized ||
		hasCode("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError",
			"AuthorizationErrorException")(s)
}

func isNoStack(s symptoms) bool {
	return hasCode("ValidationError")(s) && contains("Stack with id")(s) && contains("does not exist")(s)
}

// isElsewhere recognizes S3's answers for a bucket in another Region.
func isElsewhere(s symptoms) bool {
	return s.status == http.StatusMovedPermanently || hasCode("PermanentRedirect", "AuthorizationHeaderMalformed",
		"IllegalLocationConstraintException")(s)
}

func isThrottled(s symptoms) bool {
	_, throttled := retry.DefaultThrottleErrorCodes[s.code]
	return throttled || s.status == http.StatusTooManyRequests
}
