package authorizer

import (
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"sdtasktracker/infra/local/iam"
)

// payloadHash is the signed header with the body's SHA-256.
const payloadHash = "X-Amz-Content-Sha256"

// credential has the access key ID, the Region and the service of a request's
// signature ("AWS Signature Version 4 for API requests").
var credential = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request,`)

// caller returns who signed a request.
func (a *Authorizer) caller(r *http.Request) (iam.Principal, error) {
	parts := credential.FindStringSubmatch(r.Header.Get("Authorization"))
	if parts == nil {
		return iam.Principal{}, fmt.Errorf("the request %s %s is not signed", r.Method, r.URL)
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	principal, ok := a.callers[parts[1]]
	if !ok {
		return iam.Principal{}, fmt.Errorf("the access key ID %s is no function's", parts[1])
	}
	return principal, nil
}

// signer re-signs the requests that it forwards.
type signer struct {
	credentials aws.Credentials
	next        http.RoundTripper
}

// S3 signs paths as they are, and the other services' need no escaping.
var signatures = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })

// RoundTrip replaces a request's signature, and sends the request.
func (s signer) RoundTrip(r *http.Request) (*http.Response, error) {
	parts := credential.FindStringSubmatch(r.Header.Get("Authorization"))
	r.Header.Del("Authorization")
	r.Header.Del("X-Amz-Security-Token")
	err := signatures.SignHTTP(r.Context(), s.credentials, r, r.Header.Get(payloadHash), parts[3], parts[2], time.Now())
	if err != nil {
		return nil, err
	}
	return s.next.RoundTrip(r)
}
